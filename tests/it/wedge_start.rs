//! A start that fails: no new process, a program that the kernel refuses, a child that is killed before it runs one.
//!
//! strace(1) makes the calls fail that never fail by themselves.

use crate::launch::{AsSubreaper, Launch};
use crate::running::Ended::{self, Code};
use crate::subject::{Pausa, original};
use libtest_mimic::Trial;
use nix::errno::Errno;
use std::path::Path;

const STRACE: &str = "/usr/bin/strace";
const COMMAND: &str = "/usr/bin/env";

/// All that execve(2) documents, and the code that follows.
const REFUSALS: [(Errno, i32); 20] = [
    (Errno::E2BIG, 126),
    (Errno::EACCES, 126),
    (Errno::EAGAIN, 126),
    (Errno::EFAULT, 126),
    (Errno::EINVAL, 126),
    (Errno::EIO, 126),
    (Errno::EISDIR, 126),
    (Errno::ELIBBAD, 126),
    (Errno::ELOOP, 126),
    (Errno::EMFILE, 126),
    (Errno::ENAMETOOLONG, 126),
    (Errno::ENFILE, 126),
    (Errno::ENOENT, 127),
    (Errno::ENOEXEC, 126),
    (Errno::ENOMEM, 126),
    (Errno::ENOTDIR, 126),
    (Errno::EPERM, 126),
    (Errno::ETXTBSY, 126),
    (Errno::ENODEV, 126),
    (Errno::ESTALE, 126),
];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    let mut trial = |name: String, row: Box<dyn FnOnce() + Send>| {
        // CI installs it, so there it is not missed in silence.
        let needed = Path::new(STRACE).exists() || std::env::var("CI").is_ok_and(|ci| ci == "true");
        trials.push(AsSubreaper.trial(format!("wedge: {name}"), row).with_ignored_flag(!needed));
    };
    for errno in [Errno::EAGAIN, Errno::ENOMEM] {
        trial(format!("fork fails by {errno:?}: one line, 125"), Box::new(move || cannot_fork(errno)));
    }
    for (errno, code) in REFUSALS {
        let name = format!("execve fails by {errno:?}: one line, {code}");
        trial(name, Box::new(move || cannot_execute(errno, code)));
    }
    trial("waiting for signals fails: one line, 125".into(), Box::new(cannot_wait));
    trial("the child is killed before it runs its program: 137".into(), Box::new(is_killed_before_exec));
    trials
}

/// Runs `COMMAND` below pausa, of whose calls strace bends some.
fn bent(options: &[&str]) -> (Ended, String) {
    let launch = Launch::program(STRACE, AsSubreaper).args(["-f", "-o", "/dev/null"]).args(options);
    let launch = launch.args(Pausa.path().to_str()).args(["--", COMMAND]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    (ended, stderr)
}

/// One line, with the error in words, or by its number if it has none here.
fn assert_one_line(stderr: &str, begin: &str, errno: Errno) {
    let number = errno as i32;
    let words = std::io::Error::from_raw_os_error(number).to_string();
    let words = words.split(" (os error").next().expect("split gives a part").to_owned();
    let told = [words, format!("error {number}")].map(|words| format!("{begin}: {words}\n"));
    assert!(told.iter().any(|told| told == stderr), "{stderr:?} is none of {told:?}");
}

fn cannot_fork(errno: Errno) {
    let (ended, stderr) = bent(&["-e", &format!("inject=vfork,clone,clone3,fork:error={errno:?}")]);
    assert_one_line(&stderr, "pausa: cannot fork", errno);
    assert_eq!(ended, Code(125));
}

/// Only where the call names the command, since pausa is executed too.
fn cannot_execute(errno: Errno, code: i32) {
    let (ended, stderr) = bent(&["-P", COMMAND, "-e", &format!("inject=execve:error={errno:?}")]);
    assert_one_line(&stderr, &format!("pausa: cannot run '{COMMAND}'"), errno);
    assert_eq!(ended, Code(code));
}

/// As under a seccomp filter that does not know it: no busy loop that hears nothing, not even the end of its child.
fn cannot_wait() {
    let (ended, stderr) = bent(&["-e", "inject=rt_sigtimedwait:error=EPERM"]);
    assert_eq!(stderr, "pausa: cannot wait for signals: rt_sigtimedwait(2) is refused\n");
    assert_eq!(ended, Code(125));
}

fn is_killed_before_exec() {
    let (ended, stderr) = bent(&["-P", COMMAND, "-e", "inject=execve:signal=KILL"]);
    assert_eq!((ended, stderr.as_str()), (Code(137), ""));
}
