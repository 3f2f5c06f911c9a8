//! Terminals and job control, on real ptys and below a real interactive shell.

use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::pty::{CTRL_C, CTRL_Z, Terminal};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{DumbInit, Pausa, Subject, Tini, original, supervisors};
use crate::harness::trial::{Named, expecting_bug, trial};
use libc::{SIGHUP, SIGINT};
use libtest_mimic::Trial;
use nix::unistd::Pid;

const TOPIC: &str = "terminal";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        for &subject in supervisors() {
            let at = (subject, place);
            let foreground = move || hands_over(subject, place);
            trials.push(trial(TOPIC, at, "the child is in the foreground", foreground));
            trials.push(trial(TOPIC, at, "Ctrl-C reaches the child", move || interrupts(subject, place)));
            // The child stops, nobody continues it, and no key reaches it any more.
            let wedges = expecting_bug(subject == Tini, move || survives_ctrl_z(subject, place));
            trials.push(trial(TOPIC, at, "Ctrl-Z does not wedge it where no shell is above", wedges));
            if subject != DumbInit {
                let name = "a terminal that goes away is SIGHUP for the child";
                trials.push(trial(TOPIC, at, name, move || hangs_up(subject, place)));
            }
        }
    }
    if !original() {
        let rows: [Named<fn()>; 12] = [
            ("below a shell, Ctrl-C reaches the child and the shell goes on", interrupted_below_a_shell),
            ("below a shell, Ctrl-Z stops it, fg continues it in the foreground", stopped_and_fg),
            ("below a shell, bg continues it, and reading stops it again", stopped_and_bg),
            ("below a shell, a pipeline stops and goes on as one", pipeline_stops_as_one),
            ("below a shell, both ends of a pipeline read the keyboard's lines", reads_through_a_pipeline),
            ("below a shell, what pausa is piped into reads the terminal", pages_our_output),
            ("below a shell, Ctrl-C reaches the child once", interrupts_once),
            ("below a shell, a shell as the child has its own job control", shell_below_a_shell),
            ("below a shell, SIGTSTP by kill stops the job too", stopped_by_kill),
            ("a job in the background takes no foreground", background_stays_there),
            ("a script reads on after us: the foreground is given back", gives_back),
            ("a script reads on after a child that was killed", gives_back_after_kill),
        ];
        trials.extend(rows.map(|(name, check)| trial(TOPIC, AsSubreaper, name, check)));
    }
    trials
}

/// A subject that is a session's leader on a terminal of its own.
fn leading(subject: Subject, place: Place, payload: &str) -> (Terminal, Running) {
    let (terminal, programs_end) = Terminal::open();
    let launch = Launch::supervising(subject, place, &[]).payload(payload).on_terminal(&programs_end);
    (terminal, launch.start())
}

/// The only child of a process.
fn child_of(running: &Running, parent: Pid) -> Process {
    let child = running.processes().into_iter().find(|process| process.parent == parent);
    child.unwrap_or_else(|| panic!("{parent} has no child"))
}

fn hands_over(subject: Subject, place: Place) {
    let (mut terminal, running) = leading(subject, place, "report");
    terminal.expect("foreground");
    let child = child_of(&running, running.pid());
    assert_eq!((child.group, terminal.foreground()), (child.pid, child.pid));
    terminal.type_in("exit 42\n");
    assert_eq!(running.wait(), Code(42));
}

fn interrupts(subject: Subject, place: Place) {
    let (mut terminal, running) = leading(subject, place, "wait");
    terminal.expect("ready");
    terminal.type_in(CTRL_C);
    assert_eq!(running.wait(), Code(128 + SIGINT));
}

fn survives_ctrl_z(subject: Subject, place: Place) {
    let (mut terminal, running) = leading(subject, place, "idle");
    terminal.expect("ready");
    for _ in 0..3 {
        terminal.type_in(CTRL_Z);
        // dumb-init's child is a session of its own, whose leader's group the kernel does not stop; catatonit's has the
        // signal blocked. These two have nothing to continue.
        if [Pausa, Tini].contains(&subject) {
            terminal.expect("continued");
        }
    }
    terminal.type_in(CTRL_C);
    assert_eq!(running.wait(), Code(128 + SIGINT));
}

fn hangs_up(subject: Subject, place: Place) {
    let (mut terminal, running) = leading(subject, place, "idle");
    terminal.expect("ready");
    drop(terminal);
    assert_eq!(running.wait(), Code(128 + SIGHUP));
}

// --------------------------------------------------------------------------------------------- below a shell

const PROMPT: &str = "prompt> ";

/// An interactive bash that is ready for a command, and the words that run a payload below pausa.
fn shell() -> (Terminal, Running, String) {
    let (mut terminal, programs_end) = Terminal::open();
    let bash = Launch::program("/bin/bash", AsSubreaper).args(["--norc", "--noprofile", "--noediting", "-i"]);
    let running =
        bash.env("PS1", PROMPT).env("PS2", "").env("HISTFILE", "").on_terminal(&programs_end).start();
    terminal.expect(PROMPT);
    (terminal, running, command())
}

fn command() -> String {
    let exe = std::env::current_exe().expect("the test binary knows its path");
    format!("{} -- {} payload", Pausa.path().display(), exe.display())
}

/// What the shell says of the last command.
fn expect_status(terminal: &mut Terminal, status: i32) {
    terminal.type_in("echo status $?.\n");
    terminal.expect(&format!("status {status}."));
    terminal.expect(PROMPT);
}

/// Waits until the child below pausa runs in the foreground, with the rest of its job.
fn until_foreground(terminal: &Terminal, running: &mut Running, child: Pid) {
    running.until("the child to run in the foreground", |_| {
        let process = Process::of(child).filter(|process| process.state != 'T')?;
        (terminal.foreground() == process.group).then_some(())
    });
}

fn interrupted_below_a_shell() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} wait\n"));
    let child = terminal.expect_number("ready");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in(CTRL_C);
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 130);
}

fn stopped_and_fg() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} wait\n"));
    let child = terminal.expect_number("ready");
    for _ in 0..2 {
        until_foreground(&terminal, &mut running, child);
        // It gets the terminal first, as from a shell, and SIGCONT then, which would take a Ctrl-Z in between away (signal(7)).
        running.until_state(child, "S");
        terminal.type_in(CTRL_Z);
        terminal.expect("Stopped");
        terminal.expect(PROMPT);
        assert_eq!(Process::of(child).expect("the child lives").state, 'T');
        terminal.type_in("fg\n");
    }
    until_foreground(&terminal, &mut running, child);
    terminal.type_in("exit 42\n");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 42);
}

fn stopped_and_bg() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} wait\n"));
    let child = terminal.expect_number("ready");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in(CTRL_Z);
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    terminal.type_in("bg\n");
    terminal.expect(PROMPT);
    // It is still reading, and the terminal is not its own now.
    running.until_state(child, "T");
    let pausa = Process::of(child).expect("the child lives").parent;
    running.until_state(pausa, "T");
    terminal.type_in("jobs\n");
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    terminal.type_in("fg\n");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in("exit 42\n");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 42);
}

fn pipeline_stops_as_one() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} wait | cat\n"));
    let child = terminal.expect_number("ready");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in(CTRL_Z);
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    let cat = running.processes().into_iter().find(|process| process.name == "cat").expect("cat").pid;
    running.until_state(cat, "T");
    terminal.type_in("fg\n");
    until_foreground(&terminal, &mut running, child);
    running.until_state(cat, "S");
    terminal.type_in("exit 0\n");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 0);
}

/// The first reads the keyboard, so the pipeline must keep the foreground as a whole.
fn reads_through_a_pipeline() {
    let (mut terminal, _running, _) = shell();
    terminal.type_in(&format!("cat | {} sed -u s/^/heard./\n", Pausa.path().display()));
    terminal.type_in("hello\n");
    terminal.expect("heard.hello");
    terminal.type_in("\x04");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 0);
}

/// A pager reads its keys from the terminal, while the text comes from us.
fn pages_our_output() {
    let (mut terminal, _running, _) = shell();
    let pager = "sh -c 'cat >/dev/null; read key </dev/tty; echo pressed.$key'";
    terminal.type_in(&format!("{} sh -c 'echo text; exec true' | {pager}\n", Pausa.path().display()));
    terminal.type_in("q\n");
    terminal.expect("pressed.q");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 0);
}

/// The terminal sends it to the whole job; from us, it would come a second time.
fn interrupts_once() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} ready\n"));
    let child = terminal.expect_number("ready");
    until_foreground(&terminal, &mut running, child);
    for _ in 0..2 {
        terminal.type_in(CTRL_C);
        terminal.expect("signal 2 ");
    }
    // What is sent now comes behind all that was sent before.
    let pausa = Process::of(child).expect("the child lives").parent;
    crate::harness::syscall::send(pausa.as_raw(), libc::SIGWINCH).expect("pausa is there");
    let between = terminal.expect("signal 28 ");
    assert!(!between.contains("signal 2 "), "{between:?}");
    terminal.type_in("exit 42\n");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 42);
}

fn shell_below_a_shell() {
    let (mut terminal, mut running, pausa) = shell();
    let inner = format!("PS1='inner> ' {} bash --norc --noprofile --noediting -i\n", Pausa.path().display());
    terminal.type_in(&inner);
    terminal.expect("inner> ");
    terminal.type_in(&format!("{pausa} wait\n"));
    let child = terminal.expect_number("ready");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in(CTRL_Z);
    terminal.expect("Stopped");
    terminal.expect("inner> ");
    terminal.type_in("fg\n");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in("exit 5\n");
    terminal.expect("inner> ");
    terminal.type_in("exit 6\n");
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 6);
}

fn stopped_by_kill() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} wait\n"));
    let child = terminal.expect_number("ready");
    until_foreground(&terminal, &mut running, child);
    let pausa = Process::of(child).expect("the child lives").parent;
    crate::harness::syscall::send(pausa.as_raw(), libc::SIGTSTP).expect("pausa is there");
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    assert_eq!(Process::of(child).expect("the child lives").state, 'T');
    terminal.type_in("fg\n");
    until_foreground(&terminal, &mut running, child);
    terminal.type_in(CTRL_C);
    terminal.expect(PROMPT);
    expect_status(&mut terminal, 130);
}

fn background_stays_there() {
    let (mut terminal, mut running, pausa) = shell();
    terminal.type_in(&format!("{pausa} report &\n"));
    terminal.expect("foreground ");
    // It goes on to read, which stops it; so it has had every chance by then.
    let bash = running.pid();
    let stopped = running.until("the job to stop", |running| {
        running.processes().into_iter().find(|process| process.parent != bash && process.state == 'T')
    });
    assert_eq!(terminal.foreground(), bash);
    assert_ne!(stopped.group, bash);
    terminal.type_in("echo still here.\n");
    terminal.expect("still here.");
}

/// A script has no job control: all that it runs is in its own group, which must have the foreground to read on.
fn reads_on_after(script: &str) {
    let (mut terminal, programs_end) = Terminal::open();
    let bash = Launch::program("/bin/bash", AsSubreaper).args(["-c", script]).on_terminal(&programs_end);
    let running = bash.start();
    terminal.expect("listening");
    assert_eq!(terminal.foreground(), running.pid());
    terminal.type_in("hello\n");
    terminal.expect("heard hello");
    assert_eq!(running.wait(), Code(0));
}

fn gives_back() {
    reads_on_after(&format!("{} exit 0; echo listening; read line; echo heard $line", command()));
}

fn gives_back_after_kill() {
    reads_on_after(&format!("{} die 9; echo listening; read line; echo heard $line", command()));
}
