//! What an init does not pass on, what that does to itself, and to whom orphans go: by contract of tini, dumb-init and
//! catatonit. What they pass on is in `behaviour/forwarding.rs`.

use crate::behaviour::keeps;
use crate::contracts::peers::PEERS;
use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::running::Ended::{Code, Signal};
use crate::harness::running::Running;
use crate::harness::signals::{RTMAX, name};
use crate::harness::subject::{Catatonit, DumbInit, Subject, Tini};
use crate::harness::trial::{Named, trial};
use libc::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGSYS, SIGTERM, SIGTRAP, SIGUSR1};
use libtest_mimic::Trial;
use nix::unistd::Pid;

/// What the kernel raises for a fault of the program itself.
const FAULTS: [i32; 7] = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS];

/// Options, variables, whether something comes of them.
type Wish = (Subject, &'static [&'static str], &'static [(&'static str, &'static str)], bool);

/// Whether it adopts orphans when it is not PID 1.
const ADOPTIONS: &[Wish] = &[
    (Tini, &[], &[], false),
    (Tini, &["-s"], &[], true),
    (Tini, &[], &[("TINI_SUBREAPER", "")], true),
    (DumbInit, &[], &[], false),
    (DumbInit, &["-c"], &[], false),
    (Catatonit, &[], &[], true),
];

/// Whether a grandchild in the child's group hears of a signal.
const GROUPS: &[Wish] = &[
    (Tini, &[], &[("TINI_KILL_PROCESS_GROUP", "")], true),
    (Tini, &["-sg"], &[], true),
    (DumbInit, &[], &[("DUMB_INIT_SETSID", "0")], false),
    (DumbInit, &[], &[("DUMB_INIT_SETSID", "1")], true),
    (DumbInit, &[], &[("DUMB_INIT_SETSID", "no")], true),
    (DumbInit, &[], &[("DUMB_INIT_SETSID", "")], true),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        for subject in PEERS.into_iter().filter(|&subject| subject != DumbInit) {
            let check = move || keeps_to_itself(subject, place);
            trials.push(trial(subject.name(), place, "what is not for the child", check));
        }
        for &(subject, options, variables, reaches) in GROUPS {
            let name = format!("{options:?} with {variables:?}, and the group");
            let check = move || reaches_the_group(subject, place, options, variables, reaches);
            trials.push(trial(subject.name(), place, name, check));
        }
    }
    for subject in [Tini, Catatonit] {
        trials.extend(FAULTS.map(|fault| {
            let title = format!("{} ends it where it is not PID 1", name(fault));
            trial(subject.name(), AsSubreaper, title, move || dies_of(subject, fault))
        }));
    }
    for &(subject, options, variables, adopts) in ADOPTIONS {
        let name = format!("{options:?} with {variables:?}, and orphans");
        let check = move || adopts_or_not(subject, options, variables, adopts);
        trials.push(trial(subject.name(), AsSubreaper, name, check));
    }
    let rows: [Named<fn()>; 2] = [
        ("no warning where it is a subreaper already", tini_is_a_subreaper_already),
        ("-p is for itself, and goes on to the child", tini_hears_of_its_parents_death),
    ];
    trials.extend(rows.map(|(name, check)| trial("tini", AsSubreaper, name, check)));
    trials
}

fn start(launch: Launch) -> Running {
    let mut running = launch.payload("ready").start();
    running.handshake("ready");
    running
}

/// The faults only of PID 1, which the kernel spares.
fn keeps_to_itself(subject: Subject, place: Place) {
    let mut running = start(Launch::of(subject, place).args(["--"]));
    let kept = keeps(subject, place);
    assert!(!kept.is_empty());
    for signal in kept.into_iter().filter(|signal| place == AsPid1 || !FAULTS.contains(signal)) {
        running.kill(signal);
    }
    // The fence: the highest number, so whatever came before it is told before it.
    running.kill(RTMAX);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 64 "), "{line}");
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

fn dies_of(subject: Subject, fault: i32) {
    let running = start(Launch::supervising(subject, AsSubreaper, &[]));
    running.kill(fault);
    assert_eq!(running.wait(), Signal(fault));
}

fn reaches_the_group(
    subject: Subject,
    place: Place,
    options: &[&str],
    variables: &[(&str, &str)],
    reaches: bool,
) {
    let launch = Launch::of(subject, place).args(options).args(["--"]).envs(variables);
    let mut running = launch.payload("group").start();
    for _ in 0..2 {
        let line = running.stdout_line();
        assert!(line.starts_with("ready ") || line.starts_with("grandchild "), "{line}");
    }
    for signal in [SIGUSR1, RTMAX] {
        running.kill(signal);
        let mut heard: Vec<String> =
            (0..if reaches { 2 } else { 1 }).map(|_| running.stdout_line()).collect();
        heard.sort();
        let last = heard.pop().expect("the child's line");
        assert!(last.starts_with(&format!("signal {signal} ")), "{last}");
        assert!(
            heard.iter().all(|line| line.starts_with(&format!("grandchild signal {signal} "))),
            "{heard:?}"
        );
    }
    running.say("exit 42");
    let (ended, stdout, _) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(42), ""), "and nobody else has heard of it");
}

fn adopts_or_not(subject: Subject, options: &[&str], variables: &[(&str, &str)], adopts: bool) {
    let launch = Launch::of(subject, AsSubreaper).args(options).args(["--"]).envs(variables);
    let mut running = launch.payload("orphan-that-outlives 7").start();
    let line = running.stdout_line();
    let number = line.strip_prefix("orphan ").and_then(|number| number.parse().ok());
    let orphan = Pid::from_raw(number.expect("`orphan PID`"));
    // Without a namespace between, its pid is what we see; above the init is the helper, a subreaper too.
    let init = running.pid();
    let above = Process::of(init).expect("the init lives").parent;
    let adopter = running.until("the orphan to be adopted", |_| {
        Process::of(orphan).map(|orphan| orphan.parent).filter(|&parent| parent == init || parent == above)
    });
    assert_eq!(adopter == init, adopts);
    crate::harness::syscall::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    running.say("exit");
    running.close_stdin();
    assert_eq!(running.wait(), Code(7));
}

fn tini_is_a_subreaper_already() {
    let launch = Launch::of(Tini, AsSubreaper).already_subreaper().args(["true"]);
    assert_eq!(launch.start().wait_with_output(), (Code(0), String::new(), String::new()));
}

/// A shell starts tini and dies of SIGKILL.
fn tini_hears_of_its_parents_death() {
    let path = Tini.path();
    let launch = Launch::program("/bin/sh", AsSubreaper).args(["-c", "\"$@\" & wait", "sh"]);
    let mut running = launch.args(path.to_str()).args(["-s", "-p", "SIGUSR1", "--"]).payload("ready").start();
    running.handshake("ready");
    running.kill(SIGKILL);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 10 "), "{line}");
}
