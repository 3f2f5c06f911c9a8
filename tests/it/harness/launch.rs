//! How a row says what to run: `Launch::supervising(Pausa, AsPid1, &["-g"]).payload("ready").start()`.
//!
//! The environment of a subject is PATH and what the row adds, its descriptors are three pipes unless the row says
//! otherwise, and nothing is ignored or blocked: what the developer's shell has does not reach it. Its directory is the
//! run's own, where a core may fall.

use crate::harness::emulated;
use crate::harness::namespace::Orders;
use crate::harness::running::Running;
use crate::harness::subject::{self, Subject};
use crate::harness::trial;
use libtest_mimic::Trial;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use std::ffi::OsString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Where the subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// PID 1 of a PID namespace.
    AsPid1,
    /// Some other process; what it adopts, it adopts as a child subreaper.
    AsSubreaper,
}

pub use Place::{AsPid1, AsSubreaper};

pub const PLACES: [Place; 2] = [AsPid1, AsSubreaper];

impl Place {
    pub fn words(self) -> &'static str {
        match self {
            AsPid1 => "as PID 1",
            AsSubreaper => "not PID 1",
        }
    }

    /// A trial that runs here.
    pub fn trial(self, name: String, check: impl FnOnce() + Send + 'static) -> Trial {
        trial::unless(move || self.missing(), name, check)
    }

    /// Why nothing can run here on this machine, if so.
    pub fn missing(self) -> Option<String> {
        static MISSING: OnceLock<Option<String>> = OnceLock::new();
        let why = || Launch::program("/bin/true", AsPid1).try_start().map(Running::wait).err();
        match self {
            AsPid1 => MISSING.get_or_init(why).as_ref().map(|why| format!("no PID namespace: {why}")),
            AsSubreaper => None,
        }
    }
}

/// A row's wish, until `start`.
pub struct Launch {
    program: PathBuf,
    argv: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: PathBuf,
    orders: Orders,
    stdio: [Stdio; 3],
    patience: Duration,
}

impl Launch {
    /// A subject that adopts orphans, with options of the row's, ready for the command.
    pub fn supervising(subject: Subject, place: Place, options: &[&str]) -> Self {
        let adopting = if place == AsSubreaper { subject.adopting() } else { &[] };
        Self::of(subject, place).args(adopting).args(options).args(["--"])
    }

    /// The program under test.
    pub fn of(subject: Subject, place: Place) -> Self {
        Self::program(subject.path(), place)
    }

    /// Any program, by its path.
    pub fn program(path: impl AsRef<Path>, place: Place) -> Self {
        Self {
            program: path.as_ref().to_owned(),
            argv: vec![path.as_ref().into()],
            environment: emulated::environment().chain([("PATH".into(), "/usr/bin:/bin".into())]).collect(),
            directory: subject::directory().to_owned(),
            orders: Orders { pid_1: place == AsPid1, ..Orders::default() },
            stdio: [Stdio::piped(), Stdio::piped(), Stdio::piped()],
            patience: trial::patience(),
        }
    }

    /// argv[0], if it is not the path.
    pub fn called(mut self, name: &str) -> Self {
        self.argv[0] = name.into();
        self
    }

    pub fn args<S: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.argv.extend(arguments.into_iter().map(|argument| argument.as_ref().into()));
        self
    }

    /// The command is this test binary with a row of `payload`, e.g. `exit 7`.
    pub fn payload(self, words: &str) -> Self {
        let exe = std::env::current_exe().expect("the test binary knows its path");
        let exe = exe.to_str().expect("a path in UTF-8").to_owned();
        self.args([exe.as_str(), "payload"]).args(words.split_ascii_whitespace())
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    pub fn envs(self, variables: &[(&str, &str)]) -> Self {
        variables.iter().fold(self, |launch, (name, value)| launch.env(name, value))
    }

    /// Not even PATH.
    pub fn without_environment(mut self) -> Self {
        self.environment.clear();
        self
    }

    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.directory = path.as_ref().to_owned();
        self
    }

    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.stdio[0] = stdin.into();
        self
    }

    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stdio[2] = stderr.into();
        self
    }

    /// A session of its own on this terminal, which becomes its controlling terminal and all three descriptors.
    pub fn on_terminal(mut self, terminal: &OwnedFd) -> Self {
        self.orders.session = true;
        self.stdio = std::array::from_fn(|_| terminal.try_clone().expect("duplicate the terminal").into());
        self
    }

    /// Descriptors 0 to 2 that are not open at all.
    pub fn closed(mut self, numbers: &[i32]) -> Self {
        self.orders.closed = numbers.to_vec();
        self
    }

    /// Signals that are ignored when the subject starts.
    pub fn ignoring(mut self, signals: &[i32]) -> Self {
        self.orders.ignored = signals.to_vec();
        self
    }

    /// Signals that are blocked when the subject starts.
    pub fn blocking(mut self, signals: &[i32]) -> Self {
        self.orders.blocked = signals.to_vec();
        self
    }

    /// So many zombies that are its children when the subject starts.
    pub fn with_zombies(mut self, number: usize) -> Self {
        self.orders.zombies = number;
        self
    }

    /// A child subreaper before it asks.
    pub fn already_subreaper(mut self) -> Self {
        self.orders.subreaper = true;
        self
    }

    pub fn without_cap_kill(mut self) -> Self {
        self.orders.without_cap_kill = true;
        self
    }

    /// The watchdog's deadline for the whole run, if the usual one does not fit.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// # Panics
    /// With the helper's reason, if the program cannot be started.
    pub fn start(self) -> Running {
        self.try_start().unwrap_or_else(|why| panic!("cannot start the subject: {why}"))
    }

    /// # Errors
    /// The helper's reason.
    pub fn try_start(self) -> Result<Running, String> {
        let (ours, theirs) = UnixStream::pair().expect("socketpair");
        let number = theirs.as_raw_fd();
        let mut helper = Command::new(std::env::current_exe().expect("the test binary knows its path"));
        helper
            .arg("namespace")
            .arg(number.to_string())
            .args(self.orders.to_arguments())
            .arg("--")
            .arg(&self.program);
        helper.args(&self.argv).env_clear().envs(self.environment).current_dir(&self.directory);
        let [stdin, stdout, stderr] = self.stdio;
        helper.stdin(stdin).stdout(stdout).stderr(stderr);
        // SAFETY: between fork and exec this makes one fcntl, which is async-signal-safe, and allocates nothing.
        unsafe {
            helper.pre_exec(move || {
                let theirs = std::os::fd::BorrowedFd::borrow_raw(number);
                fcntl(theirs, FcntlArg::F_SETFD(FdFlag::empty()))?;
                Ok(())
            });
        }
        let child = helper.spawn().expect("start the helper");
        drop(theirs);
        Running::from_helper(child, ours, self.patience)
    }
}
