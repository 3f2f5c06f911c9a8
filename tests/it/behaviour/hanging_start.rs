//! A program whose execve(2) does not come back: a file system that hangs, an image that is pulled on demand, a scanner
//! that thinks. What an init is for goes on meanwhile: signals, deadlines, orphans.
//!
//! A fanotify(7) group that never answers a permission event stands in for all of them. It needs CAP_SYS_ADMIN.

use crate::harness::launch::{Launch, PLACES, Place};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, Subject, directory, foreign, original, supervisors};
use libc::{SIGTERM, SIGUSR1};
use libtest_mimic::Trial;
use nix::fcntl::AT_FDCWD;
use nix::sys::fanotify::{EventFFlags, Fanotify, InitFlags, MarkFlags, MaskFlags};
use nix::unistd::Pid;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub fn trials() -> Vec<Trial> {
    if original() {
        // dumb-init loses what comes before its child has a session (docs/parity.md).
        return Vec::new();
    }
    // An emulator opens the program itself.
    if foreign().is_some() {
        return Vec::new();
    }
    let is_missing = group().is_err() && !std::env::var("CI").is_ok_and(|ci| ci == "true");
    let mut trials = Vec::new();
    for place in PLACES {
        let mut trial = |name: &str, subject: Subject, row: Box<dyn FnOnce() + Send>| {
            let name = format!("hanging start: {name} ({}, {})", subject.name(), place.words());
            let trial = place.trial(name, row);
            let is_ignored = trial.has_ignored_flag() || is_missing;
            trials.push(trial.with_ignored_flag(is_ignored));
        };
        for &subject in supervisors() {
            trial("SIGTERM ends it", subject, Box::new(move || ends(subject, place, SIGTERM)));
            trial("SIGUSR1 ends it", subject, Box::new(move || ends(subject, place, SIGUSR1)));
            trial("orphans are reaped", subject, Box::new(move || reaps(subject, place)));
        }
        if supervisors().contains(&Pausa) {
            trial("-k ends it where SIGTERM is ignored", Pausa, Box::new(move || is_killed(place)));
        }
    }
    trials
}

fn group() -> nix::Result<Fanotify> {
    Fanotify::init(
        InitFlags::FAN_CLASS_CONTENT | InitFlags::FAN_CLOEXEC | InitFlags::FAN_NONBLOCK,
        EventFFlags::O_RDONLY | EventFFlags::O_CLOEXEC,
    )
}

/// A program that nobody gets to run as long as this lives.
struct Hanging {
    group: Fanotify,
    program: PathBuf,
}

impl Hanging {
    fn new() -> Self {
        static PROGRAMS: AtomicUsize = AtomicUsize::new(0);
        let program = directory().join(format!("hanging-{}", PROGRAMS.fetch_add(1, Relaxed)));
        fs::copy("/bin/true", &program).expect("copy a program");
        let group = group().expect("CAP_SYS_ADMIN");
        let added =
            group.mark(MarkFlags::FAN_MARK_ADD, MaskFlags::FAN_OPEN_EXEC_PERM, AT_FDCWD, Some(&program));
        added.expect("mark the program");
        Self { group, program }
    }

    /// Starts it, and comes back with the process that hangs in execve(2).
    fn start(&self, launch: Launch) -> (Running, Pid) {
        let mut running = launch.args([self.program.to_str().expect("UTF-8")]).start();
        let asked = |_: &Running| self.group.read_events().ok()?.first().map(|event| event.pid());
        let pid = running.until("an execve that hangs", asked);
        (running, Pid::from_raw(pid))
    }
}

fn ends(subject: Subject, place: Place, signal: i32) {
    let hanging = Hanging::new();
    let (running, child) = hanging.start(Launch::of(subject, place).args(["--"]));
    assert!(running.processes().iter().any(|process| process.pid == child));
    running.kill(signal);
    assert_eq!(running.wait(), Code(128 + signal));
}

fn reaps(subject: Subject, place: Place) {
    let hanging = Hanging::new();
    let (mut running, _) = hanging.start(Launch::of(subject, place).with_zombies(3).args(["--"]));
    running.until("the zombies to be reaped", |running| (running.zombies() == 0).then_some(()));
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(128 + SIGTERM));
}

fn is_killed(place: Place) {
    let hanging = Hanging::new();
    let (running, _) =
        hanging.start(Launch::of(Pausa, place).ignoring(&[SIGTERM]).args(["-k", "500ms", "--"]));
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(128 + libc::SIGKILL));
}
