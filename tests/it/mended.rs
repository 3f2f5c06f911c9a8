//! Bugs of the peers that nobody can depend on, and that ours does not have under any name. Each row fails on the original
//! that has the bug, and must: `expecting_bug`.
//!
//! More of them are where their behaviour is: SIGCHLD ignored before (`exit_status`), EPERM and the mask of the child
//! (`forwarding`), zombies of before (`reaping`, `pausing`), Ctrl-Z below tini (`terminal`).

use crate::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place, expecting_bug};
use crate::process::Process;
use crate::pty::{CTRL_Z, Terminal};
use crate::running::Ended::Code;
use crate::running::Running;
use crate::shared::PEERS;
use crate::signals::{RTMAX, RTMIN};
use crate::subject::{Catatonit, DumbInit, Subject, Tini, original};
use libc::{SIGTERM, SIGUSR1};
use libtest_mimic::Trial;
use std::time::Duration;

/// Options, and whether the original loses a SIGTERM that is sent when the child has just appeared: its group is not there
/// yet, or it still has the handlers that do nothing.
const EARLY: &[(Subject, &[&str], bool)] = &[
    (DumbInit, &[], true),
    (DumbInit, &["-c"], true),
    (Tini, &[], false),
    (Tini, &["-g"], true),
    (Catatonit, &[], false),
    (Catatonit, &["-g"], true),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for &(subject, options, loses) in EARLY {
        let name = format!("{}: {options:?} loses none of 1,000 early SIGTERMs", subject.name());
        trials.push(AsPid1.trial(name, expecting_bug(loses, move || loses_nothing(subject, options))));
    }
    for place in PLACES {
        for subject in PEERS {
            let mut row = |name: &str, row: Box<dyn FnOnce() + Send>| {
                trials.push(place.trial(format!("{}: {name} ({})", subject.name(), place.words()), row));
            };
            // It wakes up each second, for ever.
            let polls = expecting_bug(subject == Tini, move || waits_without_a_limit(subject, place));
            row("it waits without a limit of time", Box::new(polls));
            // It takes a stdin that is no terminal for a reason to end, unless it is open.
            let dies = expecting_bug(subject == Tini, move || bears_closed_stdin(subject, place));
            row("stdin that is closed", Box::new(dies));
            // The shell inherits SIGTSTP blocked, and so do its jobs.
            let deaf = expecting_bug(subject == Catatonit, move || stops_a_job(subject, place));
            row("Ctrl-Z stops a job of an interactive shell below it", Box::new(deaf));
        }
        // It looks them up behind the end of a table of 32. In the distribution's build that happens to do no harm.
        let name = format!("dumb-init: -v loses no real-time signal ({})", place.words());
        trials.push(place.trial(name, move || passes_real_time(place)));
    }
    trials
}

fn supervising(subject: Subject, place: Place) -> Launch {
    let options = if place == AsSubreaper { subject.adopting() } else { &[] };
    Launch::of(subject, place).args(options).args(["--"])
}

/// The child leaves SIGTERM at its default, so whenever the signal comes to it, 143 is the end.
fn loses_nothing(subject: Subject, options: &[&str]) {
    // A lost signal is a run that does not end.
    let patience = Duration::from_secs(if original() { 2 } else { 30 });
    for round in 0..1000 {
        let launch =
            Launch::of(subject, AsPid1).args(options).args(["--"]).payload("wait").patience(patience);
        let mut running = launch.start();
        let pid = running.pid();
        running.at_the_first_moment("a child", |_| Process::has_children(pid));
        running.kill(SIGTERM);
        assert_eq!(running.wait(), Code(128 + SIGTERM), "round {round}");
    }
}

/// Either it reads a descriptor, or it waits for a signal: sigtimedwait(2), whose limit is the third argument.
fn waits_without_a_limit(subject: Subject, place: Place) {
    let mut running = supervising(subject, place).payload("ready").start();
    running.handshake("ready");
    running.kill(SIGUSR1);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 10 "), "{line}");
    let (number, limit) = running.until("the subject to wait in a call", |running| {
        let call = std::fs::read_to_string(format!("/proc/{}/syscall", running.pid())).ok()?;
        let mut words = call.split_ascii_whitespace();
        let number: libc::c_long = words.next()?.parse().ok()?;
        let limit = words.nth(2)?.to_owned();
        [libc::SYS_rt_sigtimedwait, libc::SYS_read].contains(&number).then_some((number, limit))
    });
    assert!(number == libc::SYS_read || limit == "0x0", "it waits until {limit}");
}

fn bears_closed_stdin(subject: Subject, place: Place) {
    let launch = supervising(subject, place).args(["sh", "-c", "exit 7"]).closed(&[0]);
    assert_eq!(launch.start().wait_with_output(), (Code(7), String::new(), String::new()));
}

const PROMPT: &str = "prompt> ";

fn stops_a_job(subject: Subject, place: Place) {
    let (mut terminal, programs_end) = Terminal::open();
    if original() {
        terminal.patience(Duration::from_secs(5));
    }
    let shell = ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"];
    let launch =
        supervising(subject, place).args(shell).env("PS1", PROMPT).env("PS2", "").env("HISTFILE", "");
    let running: Running = launch.on_terminal(&programs_end).start();
    terminal.expect(PROMPT);
    let exe = std::env::current_exe().expect("the test binary knows its path");
    terminal.type_in(&format!("{} payload wait\n", exe.display()));
    terminal.expect("ready ");
    terminal.expect("\r\n");
    terminal.type_in(CTRL_Z);
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    terminal.type_in("fg\n");
    terminal.expect("payload wait");
    terminal.type_in("exit 5\n");
    terminal.expect(PROMPT);
    terminal.type_in("exit $?\n");
    assert_eq!(running.wait(), Code(5));
}

fn passes_real_time(place: Place) {
    let mut running = Launch::of(DumbInit, place).args(["-v", "--"]).payload("ready").start();
    running.handshake("ready");
    for signal in RTMIN..=RTMAX {
        running.kill(signal);
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    }
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}
