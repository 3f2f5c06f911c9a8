//! Reaping: every orphan comes to us and is waited for, however many, and none costs the child's own status.

use crate::kernel;
use crate::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place, expecting_bug};
use crate::process::Process;
use crate::running::Ended::Code;
use crate::running::Running;
use crate::subject::{DumbInit, Pausa, Subject, Tini, original, supervisors};
use libc::SIGTERM;
use libtest_mimic::Trial;
use nix::unistd::Pid;
use std::time::Duration;

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        // dumb-init cannot adopt unless it is PID 1.
        for &subject in supervisors().iter().filter(|&&subject| place == AsPid1 || subject != DumbInit) {
            let mut row = |name: &str, row: Box<dyn FnOnce() + Send>| {
                trials.push(
                    place.trial(format!("reaping: {name} ({}, {})", subject.name(), place.words()), row),
                );
            };
            row("an orphan is adopted and reaped", Box::new(move || adopts_and_reaps(subject, place)));
            row(
                "20,000 orphans leave no zombie, and the child's 7",
                Box::new(move || reaps_many(subject, place)),
            );
            row(
                "orphans that live do not keep it from ending",
                Box::new(move || ends_with_the_child(subject, place)),
            );
            // Without a SIGCHLD nobody looks; tini does, each second.
            let stay = expecting_bug(subject != Tini, move || reaps_what_was_there(subject, place));
            row("zombies of before are reaped at once", Box::new(stay));
            row("zombies of before are not the child", Box::new(move || knows_its_child(subject, place)));
        }
    }
    if !original() {
        trials.push(AsPid1.trial("reaping: -v names each orphan (pausa)".into(), names_the_reaped));
    }
    trials
}

fn supervising(subject: Subject, place: Place) -> Launch {
    let options = if place == AsSubreaper { subject.adopting() } else { &[] };
    Launch::of(subject, place).args(options).args(["--"])
}

/// A child, an orphan of its making, and the orphan's pid as seen from outside.
fn with_an_orphan(subject: Subject, place: Place) -> (Running, Pid) {
    let mut running = supervising(subject, place).payload("orphan-that-outlives 7").start();
    let orphan = running.handshake("orphan");
    (running, orphan)
}

fn adopts_and_reaps(subject: Subject, place: Place) {
    let (mut running, orphan) = with_an_orphan(subject, place);
    let pid = running.pid();
    running.until("the orphan to be adopted", |_| Process::of(orphan).filter(|orphan| orphan.parent == pid));
    kernel::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    running.until("the orphan to be reaped", |_| Process::of(orphan).is_none().then_some(()));
    running.say("exit 42");
    assert_eq!(running.wait(), Code(7), "the payload ends with its row's code");
}

fn reaps_many(subject: Subject, place: Place) {
    let launch = supervising(subject, place).payload("orphans 20000").patience(Duration::from_secs(120));
    let mut running = launch.start();
    running.expect_line("made 20000");
    running.until("no zombies", |running| (running.processes().len() == 1).then_some(()));
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
    let launch = supervising(subject, place).payload("ready").with_zombies(3);
    let mut running = launch.patience(Duration::from_secs(3)).start();
    running.handshake("ready");
    running.until("no zombies", |running| (running.zombies() == 0).then_some(()));
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

fn knows_its_child(subject: Subject, place: Place) {
    let running = supervising(subject, place).payload("exit 7").with_zombies(3).start();
    assert_eq!(running.wait(), Code(7));
}

fn names_the_reaped() {
    let mut running = Launch::of(Pausa, AsPid1).args(["-v", "--"]).payload("orphan-that-outlives 7").start();
    let line = running.stdout_line();
    let inner = line.strip_prefix("orphan ").expect("`orphan PID`");
    let orphan = running.outside(Pid::from_raw(inner.parse().expect("a pid")));
    kernel::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    let named = |line: &String| line.split(|c: char| !c.is_ascii_digit()).any(|number| number == inner);
    while !named(&running.stderr_line()) {}
    running.say("exit");
    running.close_stdin();
    assert_eq!(running.wait(), Code(7));
}
