//! A subject whose system calls fail as a row says: strace(1) attaches to it, and to none of its children, before its
//! first instruction. So the first call that is counted is the subject's own, also where it is PID 1.
//!
//! The subject begins as this test binary, as `held-back FIFO PROGRAM ARGUMENT…`. It waits in poll(2), which pausa
//! never calls, until strace says that it is attached and the harness has written to the FIFO. Then it executes the
//! program.

use crate::harness::launch::{AsSubreaper, Launch, Place};
use crate::harness::running::Running;
use crate::harness::subject::{Subject, directory};
use crate::harness::syscall;
use crate::harness::trial::STRACE;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Which of the calls of one name fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Nth(usize),
    /// From the first one on.
    Always,
}

#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub call: &'static str,
    pub error: Errno,
    pub when: When,
}

impl Fault {
    fn option(self) -> String {
        let when = match self.when {
            When::Nth(number) => number.to_string(),
            When::Always => "1+".to_owned(),
        };
        format!("inject={}:error={:?}:when={when}", self.call, self.error)
    }
}

/// A run with a fault.
pub struct Injected {
    pub running: Running,
    tracer: Running,
    record: PathBuf,
}

impl Injected {
    /// Starts `subject` with `arguments`, as `adapt` says.
    pub fn start(subject: Subject, place: Place, fault: Fault, adapt: impl FnOnce(Launch) -> Launch) -> Self {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let run = RUNS.fetch_add(1, Relaxed);
        let [fifo, record] =
            ["fifo", "record"].map(|name| directory().join(format!("injected-{name}-{run}")));
        unistd::mkfifo(&fifo, Mode::S_IRWXU).expect("make a FIFO");
        let [held_at, noted_at, program] =
            [&fifo, &record, &subject.path()].map(|path| path.to_str().expect("UTF-8").to_owned());
        let exe = std::env::current_exe().expect("the test binary knows its path");
        let mut running = adapt(Launch::program(exe, place).args(["held-back", &held_at, &program])).start();
        // Without a reader there is nobody to open it for (fifo(7), ENXIO): then the subject is not in poll(2) yet.
        let mut opening = File::options();
        opening.write(true).custom_flags(libc::O_NONBLOCK);
        let mut fifo = running.until("the subject to be held back", |_| opening.open(&fifo).ok());
        let (inject, pid) = (fault.option(), running.pid().to_string());
        let tracer = Launch::program(STRACE, AsSubreaper);
        let mut tracer = tracer.args(["-o", &noted_at, "-e", &inject, "-p", &pid]).start();
        assert_eq!(tracer.stderr_line(), format!("{STRACE}: Process {pid} attached"));
        fifo.write_all(b"\n").expect("let it go");
        Self { running, tracer, record }
    }

    /// What strace has seen so far.
    pub fn record(&self) -> String {
        fs::read_to_string(&self.record).unwrap_or_default()
    }

    /// Waits until a call was made to fail.
    pub fn until_injected(&mut self) {
        let record = self.record.clone();
        let look = |_: &Running| fs::read_to_string(&record).ok()?.contains("(INJECTED)").then_some(());
        self.running.until("a call that fails", look);
    }

    /// The whole record, once the subject has ended and strace with it.
    pub fn whole_record(mut self) -> String {
        self.tracer.ended();
        let record = self.record();
        let _ = fs::remove_file(&self.record);
        record
    }
}

/// The subject until it is let go.
pub fn main(words: &[String]) -> ! {
    let text = |word: &String| CString::new(word.as_bytes()).expect("no NUL in arguments");
    let argv: Vec<CString> = words[1..].iter().map(text).collect();
    // Rust's runtime ignores it.
    syscall::set_disposition(libc::SIGPIPE, libc::SIG_DFL);
    // To write, too, so that this does not wait for the harness.
    let fifo = File::options().read(true).write(true).open(&words[0]).expect("open the FIFO");
    let _ = poll(&mut [PollFd::new(fifo.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
    let Err(error) = unistd::execv(&argv[0], &argv);
    panic!("execute {:?}: {error}", argv[0]);
}
