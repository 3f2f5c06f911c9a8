//! The child's end becomes ours: its code, or 128+N for signal N; and what is said when there never was a child.

use crate::harness::launch::{AsPid1, Launch, PLACES, Place};
use crate::harness::process::{Process, Status};
use crate::harness::running::Ended::Code;
use crate::harness::signals;
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Subject, Tini, directory, original, supervisors};
use crate::harness::syscall::set_of;
use crate::harness::trial::{expecting_bug, trial};
use libc::{SIGABRT, SIGCHLD, SIGCONT, SIGQUIT, SIGSEGV};
use libtest_mimic::Trial;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const TOPIC: &str = "exit status";

pub fn trials() -> Vec<Trial> {
    let places = PLACES.iter().flat_map(|&place| supervisors().iter().map(move |&subject| (subject, place)));
    let mut trials: Vec<Trial> = places.flat_map(|(subject, place)| trials_of(subject, place)).collect();
    if !original() {
        trials.extend(PLACES.map(|place| {
            let name = "the child still sees SIGCHLD ignored";
            trial(TOPIC, (Pausa, place), name, move || passes_on_ignored_sigchld(place))
        }));
        trials.extend(UNRUNNABLE.iter().map(|(what, make, _)| {
            let name = format!("stderr names the command that is {what}");
            trial(TOPIC, (Pausa, AsPid1), name, || names_the_command(*make))
        }));
    }
    trials
}

fn trials_of(subject: Subject, place: Place) -> Vec<Trial> {
    let at = (subject, place);
    let mut trials = Vec::new();
    let mut becoming = |name: String, payload: String, code: i32| {
        trials.push(trial(TOPIC, at, name, move || becomes(subject, place, &payload, code)));
    };
    for code in [0, 1, 2, 7, 42, 125, 126, 127, 128, 255] {
        becoming(format!("{code} of the child comes through"), format!("exit {code}"), code);
    }
    for signal in signals::deadly() {
        let name = format!("{} of the child is {}", signals::name(signal), 128 + signal);
        becoming(name, format!("die {signal}"), 128 + signal);
    }
    for signal in [SIGQUIT, SIGSEGV, SIGABRT] {
        let name = format!("{} of the child is {} with a core too", signals::name(signal), 128 + signal);
        becoming(name, format!("die-with-core {signal}"), 128 + signal);
    }
    let name = "a stopped and continued child has not ended";
    trials.push(trial(TOPIC, at, name, move || stop_is_no_end(subject, place)));
    // Both see ECHILD, since the kernel has reaped the child, and wait for ever.
    let hangs = [Tini, Catatonit].contains(&subject);
    let ignored = expecting_bug(hangs, move || survives_ignored_sigchld(subject, place));
    trials.push(trial(TOPIC, at, "SIGCHLD that was ignored before does not cost it", ignored));
    for (what, make, codes) in UNRUNNABLE {
        let (_, code) = codes.iter().find(|(name, _)| *name == subject).expect("a code for each subject");
        let name = format!("a command that is {what} gives {code}");
        trials.push(trial(TOPIC, at, name, move || cannot_run(subject, place, *make, *code)));
    }
    trials
}

fn becomes(subject: Subject, place: Place, payload: &str, code: i32) {
    let (ended, stdout, _) =
        Launch::supervising(subject, place, &[]).payload(payload).start().wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(code), ""));
}

fn stop_is_no_end(subject: Subject, place: Place) {
    let mut running = Launch::supervising(subject, place, &[]).payload("stop-self").start();
    let child = running.handshake("ready");
    for round in 0..3 {
        running.until_state(child, "T");
        running.kill(SIGCONT);
        if round == 0 {
            running.expect_line("continued");
        } else {
            running.until_state(child, "SR");
        }
        if round < 2 {
            crate::harness::syscall::send(child.as_raw(), libc::SIGSTOP).expect("the child is there");
        }
    }
    assert!(Process::of(child).is_some_and(|child| child.state != 'Z'), "the child lives on");
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

fn survives_ignored_sigchld(subject: Subject, place: Place) {
    let launch = Launch::supervising(subject, place, &[]).payload("exit 7").ignoring(&[SIGCHLD]);
    assert_eq!(launch.start().wait(), Code(7));
}

fn passes_on_ignored_sigchld(place: Place) {
    let launch =
        Launch::supervising(Pausa, place, &[]).args(["cat", "/proc/self/status"]).ignoring(&[SIGCHLD]);
    let (ended, stdout, _) = launch.start().wait_with_output();
    let seen = Status::from_text(stdout);
    assert_eq!((ended, seen.signals("SigIgn")), (Code(0), set_of(&[SIGCHLD])));
}

type Unrunnable = (&'static str, fn() -> PathBuf, &'static [(Subject, i32)]);

/// What keeps a command from running, how to make it so, and each program's code for it.
///
/// The originals run a text file by /bin/sh, as glibc's execvp does; pausa under its own name starts no shell.
const UNRUNNABLE: &[Unrunnable] = &[
    ("not found", || "no-such-command".into(), &[(Pausa, 127), (Tini, 127), (DumbInit, 2), (Catatonit, 1)]),
    (
        "a path to nothing",
        || "/no/such/command".into(),
        &[(Pausa, 127), (Tini, 127), (DumbInit, 2), (Catatonit, 1)],
    ),
    ("an empty name", PathBuf::new, &[(Pausa, 127), (Tini, 127), (DumbInit, 2), (Catatonit, 1)]),
    ("a directory", || directory().into(), &[(Pausa, 126), (Tini, 126), (DumbInit, 2), (Catatonit, 1)]),
    (
        "not executable",
        || script("plain", "#!/bin/sh\nexit 7\n", 0o644),
        &[(Pausa, 126), (Tini, 126), (DumbInit, 2), (Catatonit, 1)],
    ),
    (
        "a text file",
        || script("text", "exit 7\n", 0o755),
        &[(Pausa, 126), (Tini, 7), (DumbInit, 7), (Catatonit, 7)],
    ),
    (
        "a script for no shell",
        || script("orphaned", "#!/no/such/shell\n", 0o755),
        &[(Pausa, 127), (Tini, 127), (DumbInit, 2), (Catatonit, 1)],
    ),
    (
        "under a file",
        || script("file", "", 0o644).join("x"),
        &[(Pausa, 126), (Tini, 1), (DumbInit, 2), (Catatonit, 1)],
    ),
];

/// A new file of this run with these bytes and mode.
///
/// A shell writes it: were it open for writing here, a helper that another thread forks at that moment would hold it
/// open a little longer, and execve would answer ETXTBSY.
pub fn script(name: &str, text: &str, mode: u32) -> PathBuf {
    static UNIQUE: AtomicU32 = AtomicU32::new(0);
    let path = directory().join(format!("{name}-{}", UNIQUE.fetch_add(1, Ordering::Relaxed)));
    let write = Command::new("sh").args(["-c", r#"printf %s "$1" >"$2""#, "sh", text]).arg(&path).status();
    assert!(write.expect("run sh").success());
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("chmod a script");
    path
}

fn cannot_run(subject: Subject, place: Place, make: fn() -> PathBuf, code: i32) {
    let command = make();
    let (ended, stdout, _) =
        Launch::supervising(subject, place, &[]).args(command.to_str()).start().wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(code), ""));
}

fn names_the_command(make: fn() -> PathBuf) {
    let command = make().to_str().expect("UTF-8").to_owned();
    let (_, _, stderr) = Launch::supervising(Pausa, AsPid1, &[]).args([&command]).start().wait_with_output();
    assert!(
        stderr.starts_with("pausa: ") && stderr.contains(&command) && stderr.lines().count() == 1,
        "{stderr:?}"
    );
}
