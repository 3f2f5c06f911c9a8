//! A start that fails: no new process, a program that the kernel refuses, a child that is killed before it runs one.
//!
//! strace(1) makes the calls fail that never fail by themselves.

use crate::harness::launch::{AsSubreaper, Launch};
use crate::harness::running::Ended::{self, Code};
use crate::harness::subject::{Pausa, directory, original};
use crate::harness::trial::{STRACE, traced_trial, trial};
use libtest_mimic::Trial;
use nix::errno::Errno;

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
    let mut row = |name: String, check: Box<dyn FnOnce() + Send>| {
        trials.push(traced_trial("failed start", AsSubreaper, name, check));
    };
    for errno in [Errno::EAGAIN, Errno::ENOMEM] {
        row(format!("fork fails by {errno:?}: one line, 125"), Box::new(move || cannot_fork(errno)));
    }
    for (errno, code) in REFUSALS {
        let name = format!("execve fails by {errno:?}: one line, {code}");
        row(name, Box::new(move || cannot_execute(errno, code)));
    }
    row("waiting for signals fails: one line, 125".into(), Box::new(cannot_wait));
    row("the child is killed before it runs its program: 137".into(), Box::new(is_killed_before_exec));
    trials.push(trial("failed start", AsSubreaper, "a log that may not grow: 127", cannot_tell));
    trials
}

/// SIGXFSZ for the child's own line is not the child's end (setrlimit(2), RLIMIT_FSIZE).
fn cannot_tell() {
    let log = directory().join("full-log");
    std::fs::write(&log, [0; 1024]).expect("write a log");
    let stderr = std::fs::File::options().append(true).open(&log).expect("open the log");
    let script = "ulimit -f 1 && exec \"$0\" -- /nope";
    let launch = Launch::program("/bin/sh", AsSubreaper).args(["-c", script]).args(Pausa.path().to_str());
    assert_eq!(launch.stderr(stderr).start().wait(), Code(127));
    assert_eq!(std::fs::read(log).expect("read the log"), [0; 1024]);
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
    // The command is there all the same, which pausa takes for a missing interpreter.
    let plain = stderr.replace(" (the file is there; the interpreter or loader that it names is not)", "");
    assert!(told.contains(&plain), "{stderr:?} is none of {told:?}");
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
///
/// A child that had ended before the first wait would leave nothing to wait for. This one lives until its stdin ends;
/// and strace, which would stay with it, looks at pausa alone.
fn cannot_wait() {
    let launch = Launch::program(STRACE, AsSubreaper).args(["-o", "/dev/null"]);
    let launch = launch.args(["-e", "inject=rt_sigtimedwait:error=EPERM"]).args(Pausa.path().to_str());
    let mut running = launch.args(["--"]).payload("wait").start();
    assert_eq!(running.ended(), Code(125));
    running.close_stdin();
    let (_, _, stderr) = running.wait_with_output();
    let told = "pausa: cannot wait for signals: Operation not permitted; pausa exits\n";
    assert_eq!(stderr, told);
}

fn is_killed_before_exec() {
    let (ended, stderr) = bent(&["-P", COMMAND, "-e", "inject=execve:signal=KILL"]);
    assert_eq!((ended, stderr.as_str()), (Code(137), ""));
}
