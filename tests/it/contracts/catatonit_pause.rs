//! catatonit -P: hold the namespaces of a pod, or as nobody's init those of a rootless user. SIGTERM and SIGINT end it,
//! and nothing else does.

use crate::harness::launch::{AsPid1, Launch, PLACES, Place};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals;
use crate::harness::subject::Catatonit;
use crate::harness::syscall::set_of;
use crate::harness::trial::{expecting_bug, trial};
use libc::{SIGABRT, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGINT, SIGSEGV, SIGSYS, SIGTERM, SIGTRAP};
use libtest_mimic::Trial;
use std::process::Stdio;

/// Whatever else stands there is ignored.
const CALLS: &[&[&str]] =
    &[&["-P"], &["-gP"], &["-P", "false"], &["-P", "--", "false", "-x"], &["false", "-P"]];

const NAME: &str = "catatonit";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        for &arguments in CALLS {
            let name = format!("{arguments:?} holds until SIGTERM");
            trials.push(trial(NAME, place, name, move || holds(place, arguments, SIGTERM)));
        }
        trials.push(trial(NAME, place, "-P holds until SIGINT", move || holds(place, &["-P"], SIGINT)));
        let faults = [SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS];
        for signal in signals::forwardable()
            .filter(|signal| ![SIGTERM, SIGINT].contains(signal))
            // glibc leaves its own two out of every set.
            .filter(|signal| ![32, 33].contains(signal))
            .filter(|signal| place == AsPid1 || !faults.contains(signal))
        {
            let name = format!("-P holds on through {}", signals::name(signal));
            trials.push(trial(NAME, place, name, move || holds_on(place, signal)));
        }
        let zombies = expecting_bug(true, move || reaps_what_was_there(place));
        trials.push(trial(NAME, place, "-P reaps zombies of before at once", zombies));
        let name = "-P reaps with SIGCHLD ignored before";
        trials.push(trial(NAME, place, name, move || ignores_no_children(place)));
    }
    trials.push(trial(NAME, AsPid1, "-P reaps orphans", reaps_orphans));
    trials
}

/// Waiting: for a signal, or on a descriptor that tells of one.
fn held(launch: Launch) -> Running {
    let mut running = launch.start();
    running.until("the subject to wait for signals", |running| {
        let status = running.status();
        let sets = ["SigBlk", "SigCgt"].map(|field| status.signals(field));
        let call = std::fs::read_to_string(format!("/proc/{}/syscall", running.pid())).ok()?;
        (sets[0] | sets[1] != 0 && call.starts_with(|c: char| c.is_ascii_digit())).then_some(())
    });
    running
}

fn holds(place: Place, arguments: &[&str], end: i32) {
    let running = held(Launch::of(Catatonit, place).args(arguments));
    assert!(running.processes().is_empty(), "it runs nothing");
    running.kill(end);
    assert_eq!(running.wait_with_output(), (Code(0), String::new(), String::new()));
}

fn holds_on(place: Place, signal: i32) {
    let mut running = held(Launch::of(Catatonit, place).args(["-P"]));
    running.kill(signal);
    // Taken, or dropped by the kernel: no more pending, and it waits again.
    running.until("the signal to be taken", |running| {
        let pending = running.status().signals("ShdPnd");
        let state = crate::harness::process::Process::of(running.pid())?.state;
        (pending & set_of(&[signal]) == 0 && state == 'S').then_some(())
    });
    running.kill(SIGTERM);
    assert_eq!(running.wait_with_output(), (Code(0), String::new(), String::new()));
}

fn reaps_what_was_there(place: Place) {
    let launch = Launch::of(Catatonit, place).args(["-P"]).with_zombies(3);
    held(launch).until("no zombies", |running| running.processes().is_empty().then_some(()));
}

fn ignores_no_children(place: Place) {
    let running = held(Launch::of(Catatonit, place).args(["-P"]).ignoring(&[SIGCHLD]));
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
}

fn reaps_orphans() {
    let mut running = held(Launch::of(Catatonit, AsPid1).args(["-P"]));
    let maker = running.enter().payload("orphans 5").stdin(Stdio::null());
    assert_eq!(maker.start().wait(), Code(0));
    running.until("no zombies", |running| running.processes().is_empty().then_some(()));
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
}
