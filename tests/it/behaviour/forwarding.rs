//! Forwarding: every signal arrives, none is lost, real-time ones keep value and order; and what the child inherits.

use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::{Process, Status};
use crate::harness::running::Ended::{Code, Signal};
use crate::harness::running::Running;
use crate::harness::signals::{self, RTMAX, RTMIN, name};
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Pause, Subject, Tini, original, supervisors};
use crate::harness::syscall::set_of;
use crate::harness::trial::{expecting_bug, trial};
use libc::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU};
use libc::{SIGCONT, SIGHUP, SIGKILL, SIGPIPE, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2};
use libtest_mimic::Trial;

const TOPIC: &str = "forwarding";

pub fn trials() -> Vec<Trial> {
    let places = PLACES.iter().flat_map(|&place| supervisors().iter().map(move |&subject| (subject, place)));
    let mut trials: Vec<Trial> = places.flat_map(|(subject, place)| trials_of(subject, place)).collect();
    if !original() {
        trials.extend(trials_of_ours());
    }
    trials
}

fn trials_of(subject: Subject, place: Place) -> Vec<Trial> {
    let at = (subject, place);
    let mut trials = Vec::new();
    for signal in signals::forwardable().filter(|signal| !keeps(subject, place).contains(signal)) {
        // glibc leaves its own two out of every set, so a program linked with it drops them, or dies of them.
        let reaches =
            expecting_bug(signal == 32 || signal == 33, move || reaches_the_child(subject, place, signal));
        trials.push(trial(TOPIC, at, format!("{} reaches the child", name(signal)), reaches));
    }
    // They send with kill(2), which knows no value.
    let no_values = subject != Pausa;
    for signal in [SIGUSR1, RTMIN, RTMIN + 7, RTMAX] {
        let queued = expecting_bug(no_values, move || keeps_values(subject, place, signal));
        let name = format!("{} keeps its queued values and their order", name(signal));
        trials.push(trial(TOPIC, at, name, queued));
    }
    let all = expecting_bug(no_values, move || keeps_everything_queued(subject, place));
    trials.push(trial(TOPIC, at, "all real-time signals at once keep values and order", all));
    // The child and all below it cannot be stopped from the keyboard then.
    let blocks = expecting_bug(subject == Catatonit, move || hands_down(subject, place));
    trials.push(trial(TOPIC, at, "the child's mask and dispositions", blocks));
    // catatonit signals its child with 0 at the start, so whether it lives through this is a race.
    if nix::unistd::getuid().is_root() && !(subject == Catatonit && original()) {
        // It takes every failure of kill(2) for its own.
        let dies = expecting_bug(subject == Tini, move || survives_eperm(subject, place));
        trials.push(trial(TOPIC, at, "a child that may not be signalled is no reason to end", dies));
    }
    trials
}

fn trials_of_ours() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        let at = (Pausa, place);
        for target in ["--to=child", "--to=group"] {
            let name = format!("a rewritten signal keeps queued values with {target}");
            trials.push(trial(TOPIC, at, name, move || keeps_rewritten(place, target)));
        }
        for options in [&[][..], &["-g"]] {
            for moment in [Moment::MaskIsSet, Moment::ChildIsThere] {
                let name = format!("no SIGTERM is lost when {moment:?}, 200 times, {options:?}");
                trials.push(trial(TOPIC, at, name, move || loses_nothing(place, options, moment)));
            }
        }
        for signal in [SIGKILL, SIGSTOP] {
            let name = format!("{} is not for us", name(signal));
            trials.push(trial(TOPIC, at, name, move || leaves_to_the_kernel(place, signal)));
        }
    }
    trials
}

/// What a program does not pass on, by contract.
pub fn keeps(subject: Subject, place: Place) -> Vec<i32> {
    let faults = [SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS];
    match subject {
        Pausa | Pause => vec![],
        Tini => [&faults[..], &[SIGTTIN, SIGTTOU]].concat(),
        Catatonit => [&faults[..], &[SIGTSTP, SIGTTIN, SIGTTOU]].concat(),
        // It passes these on, and then stops itself, unless it is PID 1, which cannot stop.
        DumbInit if place == AsSubreaper => vec![SIGTSTP, SIGTTIN, SIGTTOU],
        DumbInit => vec![],
    }
}

/// A subject that signals the child alone, ready for the command.
fn to_the_child(subject: Subject, place: Place) -> Launch {
    Launch::supervising(subject, place, if subject == DumbInit { &["-c"] } else { &[] })
}

/// With a child that echoes signals.
fn echoing(subject: Subject, place: Place) -> Running {
    let mut running = to_the_child(subject, place).payload("ready").start();
    running.handshake("ready");
    running
}

fn reaches_the_child(subject: Subject, place: Place, signal: i32) {
    let mut running = to_the_child(subject, place).payload("ready").start();
    running.handshake("ready");
    running.kill(signal);
    let line = running.stdout_line();
    assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    running.say("exit 42");
    let (ended, stdout, _) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(42), ""), "once, and nothing else");
}

/// The number of the signal and the value, from a line of the payload.
fn number_and_value(line: &str) -> (i32, i32) {
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!(words.first(), Some(&"signal"), "{line}");
    (words[1].parse().expect("a number"), words[words.len() - 1].parse().expect("a value"))
}

/// To a group, the number within the siginfo must be the new one (pidfd_send_signal(2), Linux 6.9).
fn keeps_rewritten(place: Place, target: &str) {
    let options = [target, "-r", "USR1:RTMIN+3"];
    let mut running = Launch::supervising(Pausa, place, &options).payload("ready").start();
    running.handshake("ready");
    for value in [7, -1, i32::MAX, i32::MIN] {
        running.queue(SIGUSR1, value);
        assert_eq!(number_and_value(&running.stdout_line()), (RTMIN + 3, value));
    }
}

fn keeps_values(subject: Subject, place: Place, signal: i32) {
    let mut running = echoing(subject, place);
    for value in [7, -1, i32::MAX, i32::MIN] {
        running.queue(signal, value);
        assert_eq!(number_and_value(&running.stdout_line()), (signal, value));
    }
    if signal < RTMIN {
        // Standard signals merge while they are pending.
        return;
    }
    for value in 0..100 {
        running.queue(signal, value);
    }
    for value in 0..100 {
        assert_eq!(number_and_value(&running.stdout_line()), (signal, value));
    }
}

/// Stopped meanwhile, so that it finds all of them pending, and in the kernel's order: by number, then by age.
fn keeps_everything_queued(subject: Subject, place: Place) {
    let mut running = echoing(subject, place);
    running.kill(SIGSTOP);
    running.until_state(running.pid(), "T");
    let queued: Vec<(i32, i32)> =
        (RTMIN..=RTMAX).flat_map(|signal| [(signal, 30), (signal, 10), (signal, 20)]).collect();
    for &(signal, value) in &queued {
        running.queue(signal, value);
    }
    running.kill(SIGCONT);
    let heard: Vec<(i32, i32)> = std::iter::repeat_with(|| number_and_value(&running.stdout_line()))
        .filter(|&(signal, _)| signal != SIGCONT)
        .take(queued.len())
        .collect();
    assert_eq!(heard, queued);
}

fn hands_down(subject: Subject, place: Place) {
    let (blocked, ignored) = (set_of(&[SIGUSR1, SIGTTOU, RTMIN]), set_of(&[SIGHUP, SIGPIPE, SIGUSR2]));
    let expected = match subject {
        // By contract: it unblocks everything, and its handlers make exec reset what was ignored.
        DumbInit => (0, 0),
        _ => (blocked, ignored),
    };
    let launch = to_the_child(subject, place).args(["cat", "/proc/self/status"]);
    let launch = launch.blocking(&[SIGUSR1, SIGTTOU, RTMIN]).ignoring(&[SIGHUP, SIGPIPE, SIGUSR2]);
    let (ended, stdout, _) = launch.start().wait_with_output();
    let seen = Status::from_text(stdout);
    assert_eq!((ended, seen.signals("SigCgt"), seen.signals("SigPnd")), (Code(0), 0, 0));
    assert_eq!((seen.signals("SigBlk"), seen.signals("SigIgn")), expected);
}

/// As root without CAP_KILL, whose child has become somebody else.
fn survives_eperm(subject: Subject, place: Place) {
    let mut running = to_the_child(subject, place).payload("nobody 65534").without_cap_kill().start();
    running.handshake("ready");
    for signal in [SIGUSR1, SIGHUP] {
        running.kill(signal);
        if !original() {
            // Sent as the child's own user.
            let heard = running.stdout_line();
            assert!(heard.starts_with(&format!("signal {signal} ")), "{heard}");
        }
    }
    running.say("exit 42");
    let (ended, stdout, _) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(42), ""));
}

/// When the harness sends SIGTERM.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// As soon as the kernel shows that the init runs: before that, it drops what is sent to a PID 1.
    MaskIsSet,
    /// As soon as there is a child: not yet a group leader, not yet executed, its mask not yet restored.
    ChildIsThere,
}

/// The child leaves SIGTERM at its default, so whenever the signal comes to it, 143 is the end.
fn loses_nothing(place: Place, options: &[&str], moment: Moment) {
    for round in 0..200 {
        let mut running = Launch::supervising(Pausa, place, options).payload("wait").start();
        let pid = running.pid();
        running.at_the_first_moment("the moment to send", |running| match moment {
            Moment::MaskIsSet => {
                // While it waits for signals, the kernel shows them as not blocked; by then there is a child.
                running.status().signals("SigBlk") & set_of(&[SIGTERM]) != 0 || Process::has_children(pid)
            }
            Moment::ChildIsThere => Process::has_children(pid),
        });
        running.kill(SIGTERM);
        assert_eq!(running.wait(), Code(128 + SIGTERM), "round {round}");
    }
}

fn leaves_to_the_kernel(place: Place, signal: i32) {
    let mut running = echoing(Pausa, place);
    running.kill(signal);
    if signal == SIGSTOP {
        running.until_state(running.pid(), "T");
        running.kill(SIGKILL);
    }
    assert_eq!(running.wait(), Signal(SIGKILL));
}
