//! Others see that PID 1 listens: /proc/1/status shows a handler for each signal that is forwarded, and the child has
//! none of them. Kata's agent sends SIGKILL in place of a signal that is not shown there (rustjail,
//! `is_signal_handled`).

use crate::harness::launch::{AsPid1, Launch};
use crate::harness::running::Ended::Code;
use crate::harness::signals::forwardable;
use crate::harness::subject::{Subject, original, supervisors};
use libc::{SIGPIPE, SIGUSR1};
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let rows = supervisors().iter().flat_map(|&subject| {
        let name = |what: &str| format!("listening: {what} ({}, as PID 1)", subject.name());
        [
            AsPid1.trial(name("/proc/PID/status shows what is forwarded as caught"), move || shows(subject)),
            AsPid1.trial(name("the child catches nothing, and ignores what it did"), move || leaves(subject)),
        ]
    });
    rows.collect()
}

fn shows(subject: Subject) {
    let mut running = Launch::of(subject, AsPid1).args(["--"]).payload("idle").start();
    // dumb-init and catatonit leave some signals alone; SIGTERM and SIGHUP none of them.
    let wanted: Vec<i32> = match subject {
        Subject::Pausa => forwardable().collect(),
        _ => vec![libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1],
    };
    running.until("the handlers", |running| {
        let caught = running.status().signals("SigCgt");
        wanted.iter().all(|signal| caught >> (signal - 1) & 1 == 1).then_some(())
    });
}

fn leaves(subject: Subject) {
    let launch = Launch::of(subject, AsPid1).ignoring(&[SIGUSR1, SIGPIPE]).args(["--"]);
    let (ended, status, _) = launch.args(["/bin/cat", "/proc/self/status"]).start().wait_with_output();
    assert_eq!(ended, Code(0));
    let status = crate::harness::process::Status::from_text(status);
    assert_eq!(status.signals("SigCgt"), 0);
    let ignored = if subject == Subject::DumbInit { 0 } else { 1 << (SIGUSR1 - 1) | 1 << (SIGPIPE - 1) };
    assert_eq!(status.signals("SigIgn"), ignored);
}
