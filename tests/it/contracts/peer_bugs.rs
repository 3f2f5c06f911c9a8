//! Bugs of the peers that nobody can depend on, and that ours does not have under any name. Each row fails on the
//! original that has the bug, and must: `expecting_bug`.
//!
//! More of them are in `behaviour/`: SIGCHLD ignored before (`exit_status`), EPERM and the mask of the child
//! (`forwarding`), zombies of before (`reaping`, and here in `catatonit_pause`), Ctrl-Z below tini (`terminal`).

use crate::contracts::peers::PEERS;
use crate::harness::launch::{AsPid1, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::pty::{CTRL_Z, Terminal};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::{RTMAX, RTMIN};
use crate::harness::subject::{Catatonit, DumbInit, Subject, Tini};
use crate::harness::trial::{expecting_bug, trial};
use libc::{SIGTERM, SIGUSR1};
use libtest_mimic::Trial;

/// Options, and whether the original loses a SIGTERM that is sent when the child has just appeared: its group is not
/// there yet, or it still has the handlers that do nothing.
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
        let name = format!("{options:?} loses none of 1,000 early SIGTERMs");
        let check = expecting_bug(loses, move || loses_nothing(subject, options));
        trials.push(trial(subject.name(), AsPid1, name, check));
    }
    for place in PLACES {
        for subject in PEERS {
            let topic = subject.name();
            // It wakes up each second, for ever.
            let polls = expecting_bug(subject == Tini, move || waits_without_a_limit(subject, place));
            trials.push(trial(topic, place, "it waits without a limit of time", polls));
            // It takes a stdin that is no terminal for a reason to end, unless it is open.
            let dies = expecting_bug(subject == Tini, move || bears_closed_stdin(subject, place));
            trials.push(trial(topic, place, "stdin that is closed", dies));
            // The shell inherits SIGTSTP blocked, and so do its jobs.
            let deaf = expecting_bug(subject == Catatonit, move || stops_a_job(subject, place));
            let name = "Ctrl-Z stops a job of an interactive shell below it";
            trials.push(trial(topic, place, name, deaf));
        }
        // It looks them up behind the end of a table of 32. In the distribution's build that happens to do no harm.
        let name = "-v loses no real-time signal";
        trials.push(trial("dumb-init", place, name, move || passes_real_time(place)));
    }
    trials
}

/// The child leaves SIGTERM at its default, so whenever the signal comes to it, 143 is the end. One that is lost is a
/// run that does not end.
fn loses_nothing(subject: Subject, options: &[&str]) {
    for round in 0..1000 {
        let mut running = Launch::supervising(subject, AsPid1, options).payload("wait").start();
        let pid = running.pid();
        running.at_the_first_moment("a child", |_| Process::has_children(pid));
        running.kill(SIGTERM);
        assert_eq!(running.wait(), Code(128 + SIGTERM), "round {round}");
    }
}

/// Either it reads a descriptor, or it waits for a signal: sigtimedwait(2), whose limit is the third argument.
fn waits_without_a_limit(subject: Subject, place: Place) {
    let mut running = Launch::supervising(subject, place, &[]).payload("ready").start();
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
    let launch = Launch::supervising(subject, place, &[]).args(["sh", "-c", "exit 7"]).closed(&[0]);
    assert_eq!(launch.start().wait_with_output(), (Code(7), String::new(), String::new()));
}

const PROMPT: &str = "prompt> ";

fn stops_a_job(subject: Subject, place: Place) {
    let (mut terminal, programs_end) = Terminal::open();
    let shell = ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"];
    let launch = Launch::supervising(subject, place, &[])
        .args(shell)
        .env("PS1", PROMPT)
        .env("PS2", "")
        .env("HISTFILE", "");
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
    let mut running = Launch::supervising(DumbInit, place, &["-v"]).payload("ready").start();
    running.handshake("ready");
    for signal in RTMIN..=RTMAX {
        running.kill(signal);
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    }
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}
