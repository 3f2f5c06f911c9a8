//! Holding: the contract of Kubernetes' pause to the letter under that name, and the same deed under our own.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::is_paused;
use crate::harness::running::Ended::{Code, Signal};
use crate::harness::running::Running;
use crate::harness::signals;
use crate::harness::subject::{Pausa, Pause, original};
use crate::harness::syscall::set_of;
use crate::harness::trial::{Named, expecting_bug, trial};
use libc::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2};
use libtest_mimic::Trial;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::os::fd::OwnedFd;

const WARNING: &str = "Warning: pause should be the first process";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        let at = (Pause, place);
        let rows: [Named<fn(Place)>; 4] = [
            ("handles INT, TERM and CHLD, blocks nothing, keeps the ignored", has_exactly_these_signals),
            ("arguments other than -v mean nothing", holds_whatever_the_arguments),
            ("warns only when it is not the first process", warns_only_when_not_first),
            ("a stop from outside is no end", survives_stop_and_continue),
        ];
        trials.extend(rows.map(|(name, check)| trial("hold", at, name, move || check(place))));
        for arguments in [&["-v"][..], &["-V"], &["x", "-V"], &["--", "-v", "-x"], &["-h", "", "-v"]] {
            let name = format!("{arguments:?} prints the version");
            trials.push(trial("hold", at, name, move || prints_version(place, arguments)));
        }
        for (signal, said) in [(SIGTERM, "Terminated"), (SIGINT, "Interrupt")] {
            let name = format!("{said} says so and ends with 0");
            trials.push(trial("hold", at, name, move || ends_well(place, signal, said)));
        }
        for signal in [SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, 34, 64] {
            let name = format!("{} has its default action", signals::name(signal));
            trials.push(trial("hold", at, name, move || leaves_to_default(place, signal)));
        }
        for (what, stderr) in BAD_STDERR {
            // stdio in the original's handlers waits for the reader or dies of SIGPIPE, which PID 1 ignores.
            let bug = *what == "full" || (*what == "broken" && place == AsSubreaper);
            let check = expecting_bug(bug, move || survives_stderr(place, *stderr));
            trials.push(trial("hold", at, format!("stderr that is {what} does no harm"), check));
        }
        let zombies = expecting_bug(true, move || reaps_what_was_there(place));
        trials.push(trial("hold", at, "zombies of before are reaped at once", zombies));
    }
    trials.push(trial("hold", (Pause, AsPid1), "orphans are reaped", reaps_orphans));
    if !original() {
        trials.extend(trials_of_ours());
    }
    trials
}

fn trials_of_ours() -> Vec<Trial> {
    let pause = (Pause, AsPid1);
    let mut trials = vec![
        trial("hold", pause, "SIGTERM that is pending at the start is not lost", obeys_pending),
        trial("hold", pause, "SIGTERM at the first moment is not lost, 100 times", obeys_at_once),
        trial("hold", AsPid1, "pausa -v names each process that it reaps", pausa_names_the_reaped),
        trial("hold", AsPid1, "pausa without -v reaps silently", pausa_reaps_silently),
    ];
    trials.extend(
        PLACES.map(|place| trial("hold", place, "pausa without a command holds", move || pausa_holds(place))),
    );
    trials
}

/// Started, and in pause(2).
fn held(launch: Launch) -> Running {
    let mut running = launch.start();
    until_paused(&mut running);
    running
}

/// Waits until the subject waits for signals: the state that holding is.
pub fn until_paused(running: &mut Running) {
    running.until("the subject to be in pause(2)", |running| is_paused(running.pid()).then_some(()));
}

/// The lines that a whole run has on stderr.
fn stderr_of(place: Place, lines: &[&str]) -> String {
    let warning = [WARNING].into_iter().filter(|_| place == AsSubreaper);
    warning.chain(lines.iter().copied()).map(|line| format!("{line}\n")).collect()
}

fn prints_version(place: Place, arguments: &[&str]) {
    let (ended, stdout, stderr) = Launch::of(Pause, place).args(arguments).start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(0), ""));
    assert!(
        stdout.starts_with("pause.c ") && stdout.ends_with('\n') && stdout.lines().count() == 1,
        "{stdout:?}"
    );
}

fn has_exactly_these_signals(place: Place) {
    let running = held(Launch::of(Pause, place).ignoring(&[SIGHUP, SIGUSR2]));
    let seen = ["SigCgt", "SigBlk", "SigIgn"].map(|field| running.status().signals(field));
    assert_eq!(seen, [set_of(&[SIGINT, SIGTERM, SIGCHLD]), 0, set_of(&[SIGHUP, SIGUSR2])]);
    assert_eq!(seen[0], 0x14002, "the set that pause.c shows");
}

fn holds_whatever_the_arguments(place: Place) {
    let running =
        held(Launch::of(Pause, place).args(["--help", "-vv", "--version", "sh", "-c", "exit 3", ""]));
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
}

fn warns_only_when_not_first(place: Place) {
    let running = held(Launch::of(Pause, place));
    running.kill(SIGTERM);
    let expected = stderr_of(place, &["Shutting down, got signal: Terminated"]);
    assert_eq!(running.wait_with_output(), (Code(0), String::new(), expected));
}

fn ends_well(place: Place, signal: i32, said: &str) {
    let running = held(Launch::of(Pause, place));
    running.kill(signal);
    let expected = stderr_of(place, &[&format!("Shutting down, got signal: {said}")]);
    assert_eq!(running.wait_with_output(), (Code(0), String::new(), expected));
}

/// The kernel keeps from a PID 1 whatever it has no handler for (pid_namespaces(7)).
fn leaves_to_default(place: Place, signal: i32) {
    let running = held(Launch::of(Pause, place));
    running.kill(signal);
    if place == AsPid1 {
        running.kill(SIGTERM);
        assert_eq!(running.wait(), Code(0));
    } else {
        assert_eq!(running.wait(), Signal(signal));
    }
}

fn survives_stop_and_continue(place: Place) {
    let mut running = held(Launch::of(Pause, place));
    running.kill(SIGSTOP);
    running.until_state(running.pid(), "T");
    running.kill(SIGCONT);
    running.until_state(running.pid(), "S");
    until_paused(&mut running);
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
}

type BadStderr = (&'static str, fn(Launch) -> (Launch, Option<OwnedFd>));

/// What can be wrong with descriptor 2, and how a row gets it, with the end that must stay open.
const BAD_STDERR: &[BadStderr] = &[
    ("closed", |launch| (launch.closed(&[2]), None)),
    ("broken", |launch| {
        let (_, write) = nix::unistd::pipe().expect("pipe");
        (launch.stderr(write), None)
    }),
    ("full", |launch| {
        let (read, write) = nix::unistd::pipe().expect("pipe");
        fcntl(&write, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("O_NONBLOCK");
        for chunk in [&[b'.'; 4096][..], b"."] {
            while nix::unistd::write(&write, chunk).is_ok() {}
        }
        fcntl(&write, FcntlArg::F_SETFL(OFlag::empty())).expect("blocking again");
        (launch.stderr(write), Some(read))
    }),
];

fn survives_stderr(place: Place, spoil: fn(Launch) -> (Launch, Option<OwnedFd>)) {
    let (launch, _reader) = spoil(Launch::of(Pause, place));
    let running = held(launch);
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
}

fn reaps_what_was_there(place: Place) {
    let mut running = held(Launch::of(Pause, place).with_zombies(3));
    running.until("no zombies", |running| running.processes().is_empty().then_some(()));
}

fn reaps_orphans() {
    let mut running = held(Launch::of(Pause, AsPid1));
    for _ in 0..3 {
        assert_eq!(
            running.enter().payload("orphans 5").stdin(std::process::Stdio::null()).start().wait(),
            Code(0)
        );
    }
    running.until("no zombies", |running| running.processes().is_empty().then_some(()));
    until_paused(&mut running);
}

fn obeys_pending() {
    let running = Launch::of(Pause, AsPid1).blocking(&[SIGTERM]).start();
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
}

/// The first moment is when the kernel shows a mask or a handler: before that, it drops what is sent to a PID 1.
fn obeys_at_once() {
    for _ in 0..100 {
        let mut running = Launch::of(Pause, AsPid1).start();
        running.until("the first sign of life", |running| {
            let status = running.status();
            (status.signals("SigBlk") | status.signals("SigCgt") != 0).then_some(())
        });
        running.kill(SIGTERM);
        assert_eq!(running.wait(), Code(0));
    }
}

fn pausa_holds(place: Place) {
    for signal in [SIGTERM, SIGINT] {
        let running = held(Launch::of(Pausa, place).with_zombies(2));
        assert_eq!(running.zombies(), 0);
        running.kill(signal);
        assert_eq!(running.wait(), Code(0));
    }
}

fn pausa_names_the_reaped() {
    let mut running = held(Launch::of(Pausa, AsPid1).args(["-v"]));
    assert_eq!(running.stderr_line(), "pausa: holding until SIGTERM or SIGINT");
    for _ in 0..2 {
        let orphan = reap_one_in(&running);
        let said = running.stderr_line();
        assert!(said.contains(&orphan), "{said:?} does not name {orphan}");
    }
}

fn pausa_reaps_silently() {
    let mut running = held(Launch::of(Pausa, AsPid1));
    reap_one_in(&running);
    running.until("no zombies", |running| running.processes().is_empty().then_some(()));
    running.kill(libc::SIGKILL);
    assert_eq!(running.wait_with_output(), (Signal(libc::SIGKILL), String::new(), String::new()));
}

/// Makes one orphan in the subject's namespace and ends it; its pid there.
fn reap_one_in(running: &Running) -> String {
    let mut maker = running.enter().payload("orphan-that-outlives 0").start();
    let line = maker.stdout_line();
    let inner = line.strip_prefix("orphan ").expect("`orphan PID`").to_owned();
    let orphan = running.outside(nix::unistd::Pid::from_raw(inner.parse().expect("a pid")));
    maker.close_stdin();
    assert_eq!(maker.ended(), Code(0));
    crate::harness::syscall::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    inner
}
