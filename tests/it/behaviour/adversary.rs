//! Promises that hold when somebody works against them: floods, processes that leave group and session, users that
//! pausa may not signal. Each row names what the adversary does.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::RTMAX;
use crate::harness::subject::{DumbInit, Pausa, Subject, original};
use crate::harness::syscall;
use crate::harness::trial::{Named, traced_trial, trial};
use libc::{SIGCONT, SIGSTOP, SIGTERM, SIGTSTP, SIGWINCH};
use libtest_mimic::Trial;
use nix::unistd::Pid;

const TOPIC: &str = "adversary";

pub fn trials() -> Vec<Trial> {
    if original() {
        // None of them promises any of this.
        return Vec::new();
    }
    let rows: [Named<fn(Place)>; 11] = [
        ("a flood of signals does not keep -k from its deadline", floods_the_deadline),
        ("a flood for its thread does not keep a stop signal from pausa", floods_the_stop),
        ("a flood of signals does not hide the end of the child", floods_the_end),
        ("orphans without end do not keep -k from its deadline", forks_without_end),
        ("-k reaches processes two sessions below", kills_two_sessions_below),
        ("-D asks a grandchild when it is adopted", asks_a_grandchild),
        ("-D -k0 kills at once", |place| drains_in_time(place, &["-D", "-k0"])),
        ("-D -S TERM:100ms kills after that time", |place| {
            drains_in_time(place, &["-D", "-S", "TERM:100ms"])
        }),
        ("-D -S KILL kills at once", |place| drains_in_time(place, &["-D", "-S", "KILL"])),
        ("-g and a ladder reach a child that has left its group", climbs_after_a_deserter),
        ("dumb-init -c -r 20:19 continues what it has stopped", continues_a_single_child),
    ];
    let mut trials = Vec::new();
    for place in PLACES {
        trials.extend(rows.map(|(name, check)| trial(TOPIC, place, name, move || check(place))));
    }
    for options in ["-k50ms", "-S TERM:50ms,KILL", "-D -k50ms"] {
        let name = format!("without CAP_KILL, {options} ends a child of another user");
        trials.push(trial(TOPIC, AsPid1, name, move || ends_what_it_cannot_kill(options)));
    }
    for place in PLACES {
        for options in ["-v", "-vg"] {
            let name = format!("without CAP_KILL, {options} signals a child of another user");
            trials.push(trial(TOPIC, place, name, move || signals_another_user(place, options)));
        }
        let name = "without CAP_KILL, -k kills a child of another user";
        trials.push(trial(TOPIC, place, name, move || kills_another_user(place)));
    }
    for (subject, options) in [(DumbInit, &[][..]), (Pausa, &["-D"])] {
        let name = format!("{} {options:?} signals the group of a child that ends unseen", subject.name());
        trials.push(traced_trial(TOPIC, AsSubreaper, name, move || signals_group_first(subject, options)));
    }
    trials.push(trial(TOPIC, AsPid1, "-t all continues all that it has stopped", continues_everybody));
    trials
}

fn pausa(place: Place, options: &[&str], payload: &str) -> Running {
    Launch::supervising(Pausa, place, options).payload(payload).start()
}

fn until_dead(running: &mut Running, pid: Pid) {
    let is_dead = |process: Option<Process>| process.is_none_or(|process| process.state == 'Z');
    running.until(&format!("the end of {pid}"), |_| is_dead(Process::of(pid)).then_some(()));
}

/// The flood has no end, so only a deadline that holds ends the run.
fn floods_the_deadline(place: Place) {
    let mut running = pausa(place, &["-k500ms"], "flood");
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(137));
}

/// The kernel hands out signals for a thread before those for a process: many of the first are pending when a stop
/// signal comes. All lines about them fit into the pipe.
fn floods_the_stop(place: Place) {
    let mut running = pausa(place, &["-k0", "-v"], "deaf");
    running.handshake("ready");
    running.kill(SIGSTOP);
    running.until_state(running.pid(), "T");
    for _ in 0..500 {
        let queue = |running: &Running| syscall::queue_to_thread(running.pid(), RTMAX).ok();
        running.until("room for a signal", queue);
    }
    running.kill(SIGTERM);
    running.kill(SIGCONT);
    let (ended, _, stderr) = running.wait_with_output();
    assert_eq!(ended, Code(137));
    let before =
        stderr.lines().filter(|line| line.contains("received")).position(|line| line.contains("SIGTERM"));
    assert!(before.is_some_and(|before| before <= 127), "{before:?} others were taken before it");
}

fn floods_the_end(place: Place) {
    let mut running = pausa(place, &[], "flood");
    running.handshake("ready");
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
}

fn forks_without_end(place: Place) {
    let mut running = pausa(place, &["-k100ms"], "breed");
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(137));
}

fn kills_two_sessions_below(place: Place) {
    let mut running = pausa(place, &["-k50ms"], "generations 1");
    let family = ["child's child", "its child"].map(|word| running.handshake(word));
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    for pid in family {
        // Not after a while: when pausa has ended, they have.
        assert!(Process::of(pid).is_none_or(|process| process.state == 'Z'), "{pid} has outlived pausa");
    }
}

/// Its parent lives until SIGTERM, and then it is adopted.
fn asks_a_grandchild(place: Place) {
    let mut running = pausa(place, &["-D"], "generations 0");
    let [_, grandchild] = ["child's child", "its child"].map(|word| running.handshake(word));
    running.handshake("ready");
    running.say("exit 7");
    running.expect_line("asked");
    until_dead(&mut running, grandchild);
    assert_eq!(running.wait(), Code(7));
}

fn drains_in_time(place: Place, options: &[&str]) {
    let mut running = pausa(place, options, "stubborn");
    let family = ["member", "orphan", "stranger", "ready"].map(|word| running.handshake(word));
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    for pid in family {
        until_dead(&mut running, pid);
    }
}

/// Upwards, and the first time without an end: a child that is slow may find both pending and take the lower number
/// first (signal(7)), or be killed before it has told of them.
fn climbs_after_a_deserter(place: Place) {
    for (ladder, code) in [("USR1:50ms,TERM:50ms", 7), ("USR1:50ms,KILL", 137)] {
        let mut running = pausa(place, &["-v", "-g", "-S", ladder], "deserter");
        running.handshake("ready");
        running.kill(SIGTERM);
        if code == 7 {
            for signal in [10, 15] {
                let line = running.stdout_line();
                assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
            }
            running.say("exit 7");
        }
        let (ended, _, stderr) = running.wait_with_output();
        assert_eq!(ended, Code(code));
        assert!(!stderr.contains("cannot"), "{stderr}");
    }
}

fn continues_a_single_child(place: Place) {
    let mut running = Launch::supervising(DumbInit, place, &["-c", "-r", "20:19"]).payload("idle").start();
    let child = running.handshake("ready");
    running.kill(SIGTSTP);
    running.until_state(child, "T");
    if place == AsSubreaper {
        // It stops itself as well.
        let own = running.pid();
        running.until_state(own, "T");
    }
    running.kill(SIGCONT);
    running.expect_line("continued");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(128 + SIGTERM));
}

/// The kernel passes over whom we may not signal, and says nothing of it.
fn ends_what_it_cannot_kill(options: &str) {
    let options: Vec<&str> = options.split(' ').collect();
    let launch = Launch::supervising(Pausa, AsPid1, &options).payload("nobody 1000");
    let mut running = launch.without_cap_kill().start();
    let child = running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    until_dead(&mut running, child);
}

/// As under gosu in a container that drops all capabilities but SETUID and SETGID.
fn signals_another_user(place: Place, options: &str) {
    let launch = Launch::supervising(Pausa, place, &[options]).payload("nobody 1000");
    let mut running = launch.without_cap_kill().start();
    running.handshake("ready");
    for signal in [SIGTERM, SIGWINCH, SIGTERM] {
        running.kill(signal);
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    }
    running.say("exit 7");
    let (ended, _, stderr) = running.wait_with_output();
    assert_eq!(ended, Code(7));
    assert!(!stderr.contains("cannot"), "{stderr}");
}

fn kills_another_user(place: Place) {
    let launch = Launch::supervising(Pausa, place, &["-k50ms"]).payload("nobody 1000");
    let mut running = launch.without_cap_kill().start();
    let child = running.handshake("ready");
    running.kill(SIGTERM);
    assert!(running.stdout_line().starts_with("signal 15 "));
    assert_eq!(running.ended(), Code(137));
    until_dead(&mut running, child);
}

fn continues_everybody() {
    let mut running = pausa(AsPid1, &["-t", "all"], "idlers");
    let family = ["other", "ready"].map(|word| running.handshake(word));
    running.kill(SIGTSTP);
    for pid in family {
        running.until_state(pid, "T");
    }
    running.kill(SIGCONT);
    for pid in family {
        running.until_state(pid, "S");
    }
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(128 + SIGTERM));
}

/// The first look at the children takes a second to come back, and meanwhile the child ends: it must not be reaped on
/// the strength of that look.
fn signals_group_first(subject: Subject, options: &[&str]) {
    const SCRIPT: &str =
        "(trap 'echo asked; exit' TERM; echo ready; while :; do sleep 0.01; done) & read line";
    let launch = Launch::program("/usr/bin/strace", AsSubreaper)
        .args([
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=waitid",
            "-e",
            "inject=waitid:delay_exit=1000000:when=1",
        ])
        .args(subject.path().to_str())
        .args(options)
        .args(["--", "sh", "-c", SCRIPT]);
    let mut running = launch.start();
    running.expect_line("ready");
    running.close_stdin();
    running.expect_line("asked");
}
