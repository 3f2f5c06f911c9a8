//! Reaping: every orphan comes to us and is waited for, however many, and none costs the child's own status.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{DumbInit, Pausa, Subject, Tini, original, supervisors};
use crate::harness::syscall;
use crate::harness::trial::{Named, expecting_bug, trial};
use libc::SIGTERM;
use libtest_mimic::Trial;
use nix::unistd::Pid;
use std::time::Duration;

const TOPIC: &str = "reaping";

type Check = fn(Subject, Place);

pub fn trials() -> Vec<Trial> {
    let rows: [Named<Check>; 4] = [
        ("an orphan is adopted and reaped", adopts_and_reaps),
        ("20,000 orphans leave no zombie, and the child's 7", reaps_many),
        ("orphans that live do not keep it from ending", ends_with_the_child),
        ("zombies of before are not the child", knows_its_child),
    ];
    let mut trials = Vec::new();
    for place in PLACES {
        // dumb-init cannot adopt unless it is PID 1.
        for &subject in supervisors().iter().filter(|&&subject| place == AsPid1 || subject != DumbInit) {
            let at = (subject, place);
            trials.extend(rows.map(|(name, check)| trial(TOPIC, at, name, move || check(subject, place))));
            // Without a SIGCHLD nobody looks; tini does, each second.
            let stay = expecting_bug(subject != Tini, move || reaps_what_was_there(subject, place));
            trials.push(trial(TOPIC, at, "zombies of before are reaped at once", stay));
        }
    }
    if !original() {
        trials.push(trial(TOPIC, (Pausa, AsPid1), "-v names each orphan", names_the_reaped));
    }
    trials
}

/// A child, an orphan of its making, and the orphan's pid as seen from outside.
fn with_an_orphan(subject: Subject, place: Place) -> (Running, Pid) {
    let mut running = Launch::supervising(subject, place, &[]).payload("orphan-that-outlives 7").start();
    let orphan = running.handshake("orphan");
    (running, orphan)
}

fn adopts_and_reaps(subject: Subject, place: Place) {
    let (mut running, orphan) = with_an_orphan(subject, place);
    let pid = running.pid();
    running.until("the orphan to be adopted", |_| Process::of(orphan).filter(|orphan| orphan.parent == pid));
    syscall::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    running.until("the orphan to be reaped", |_| Process::of(orphan).is_none().then_some(()));
    running.say("exit 42");
    assert_eq!(running.wait(), Code(7), "the payload ends with its row's code");
}

fn reaps_many(subject: Subject, place: Place) {
    let launch =
        Launch::supervising(subject, place, &[]).payload("orphans 20000").patience(Duration::from_secs(120));
    let mut running = launch.start();
    running.expect_line("made 20000");
    running.until_reaped(1);
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
}

fn ends_with_the_child(subject: Subject, place: Place) {
    let (mut running, orphan) = with_an_orphan(subject, place);
    running.say("exit 0");
    assert_eq!(running.ended(), Code(7));
    let survives = Process::of(orphan).is_some_and(|orphan| orphan.state != 'Z');
    assert_eq!(
        survives,
        place == AsSubreaper,
        "the kernel ends those of a PID namespace, and nobody the others"
    );
}

fn reaps_what_was_there(subject: Subject, place: Place) {
    let launch = Launch::supervising(subject, place, &[]).payload("ready").with_zombies(3);
    let mut running = launch.start();
    running.handshake("ready");
    running.until("no zombies", |running| (running.zombies() == 0).then_some(()));
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

fn knows_its_child(subject: Subject, place: Place) {
    let running = Launch::supervising(subject, place, &[]).payload("exit 7").with_zombies(3).start();
    assert_eq!(running.wait(), Code(7));
}

fn names_the_reaped() {
    let mut running = Launch::supervising(Pausa, AsPid1, &["-v"]).payload("orphan-that-outlives 7").start();
    let line = running.stdout_line();
    let inner = line.strip_prefix("orphan ").expect("`orphan PID`");
    let orphan = running.outside(Pid::from_raw(inner.parse().expect("a pid")));
    syscall::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    let named = |line: &String| line.split(|c: char| !c.is_ascii_digit()).any(|number| number == inner);
    while !named(&running.stderr_line()) {}
    running.say("exit");
    running.close_stdin();
    assert_eq!(running.wait(), Code(7));
}
