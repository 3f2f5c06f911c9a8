//! Starts an init as PID 1 of a new PID namespace, with an empty environment, and watches it from outside.
//!
//! `clone` rather than `unshare`: a process that has unshared its PID namespace gets one PID 1 out of it and can then
//! start nothing more (unshare(2)). As another user than root it takes a user namespace along, unmapped: nothing here
//! needs an id inside.

use super::field::Init;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, clone};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, dup2_stderr, dup2_stdin, dup2_stdout, execve, geteuid, pipe2, read};
use std::ffi::{CStr, CString, OsStr};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// A PID 1 that runs. Dropped, it is killed, and the kernel takes its namespace down with it.
pub struct Pid1 {
    pub pid: Pid,
    output: OwnedFd,
    is_reaped: bool,
}

impl Pid1 {
    /// Starts `init FLAGS -- COMMAND` (without the dashes if there is no command), stdout in a pipe of ours, stdin and
    /// stderr nowhere. It dies with this process, if only by the bound on its time.
    ///
    /// # Errors
    /// No pipe, or no new PID namespace.
    pub fn start(init: &Init, command: &[&OsStr]) -> io::Result<Self> {
        super::bound();
        let program = CString::new(init.program.as_os_str().as_bytes())?;
        let argv0 = init.argv0.map_or(init.program.as_os_str(), OsStr::new);
        let dashes = if command.is_empty() { "" } else { "--" };
        let flags = init.flags.iter().copied().chain(Some(dashes));
        let flags = flags.filter(|flag| !flag.is_empty()).map(OsStr::new);
        let argv: Vec<CString> = std::iter::once(argv0)
            .chain(flags)
            .chain(command.iter().copied())
            .map(|word| CString::new(word.as_bytes()))
            .collect::<Result<_, _>>()?;
        let null = File::options().read(true).write(true).open("/dev/null")?;
        let (output, input) = pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
        let become_init = || -> isize {
            let _ = set_pdeathsig(Signal::SIGKILL);
            // Rust's runtime ignores SIGPIPE and exec would hand that on; a container runtime starts PID 1 without it.
            // SAFETY: SIG_DFL is no handler, so nothing can be called at a bad time.
            let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
            let _ = (dup2_stdin(&null), dup2_stdout(&input), dup2_stderr(&null));
            let _ = execve::<&CStr, &CStr>(
                &program,
                &argv.iter().map(CString::as_c_str).collect::<Vec<_>>(),
                &[],
            );
            127
        };
        let mut flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
        if !geteuid().is_root() {
            flags |= CloneFlags::CLONE_NEWUSER;
        }
        let mut stack = vec![0u8; 64 * 1024];
        // SAFETY: without CLONE_VM the child works on a copy of this process, which has one thread, so no lock is held
        // by a thread that the copy lacks.
        let pid = unsafe { clone(Box::new(become_init), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }?;
        Ok(Self { pid, output, is_reaped: false })
    }

    /// The same, and waits until the child says that it runs.
    ///
    /// # Errors
    /// Those of [`Pid1::start`], and a child that says nothing.
    pub fn start_with_child(init: &Init, command: &[&OsStr]) -> io::Result<Self> {
        let running = Self::start(init, command)?;
        match running.answers()? {
            true => Ok(running),
            false => Err(io::Error::other(format!("{} did not start its child", init.name))),
        }
    }

    /// Waits for one byte from the child, the sign that it runs. False: all of them are gone, or five seconds are.
    ///
    /// # Errors
    /// Those of poll(2) and read(2).
    pub fn answers(&self) -> io::Result<bool> {
        Ok(matches!(self.hears(5000)?, Heard::Byte))
    }

    /// What comes out of the pipe first within `milliseconds`.
    ///
    /// # Errors
    /// Those of poll(2) and read(2).
    pub fn hears(&self, milliseconds: u16) -> io::Result<Heard> {
        let mut wanted = [PollFd::new(self.output.as_fd(), PollFlags::POLLIN)];
        if poll(&mut wanted, PollTimeout::from(milliseconds))? == 0 {
            return Ok(Heard::Silence);
        }
        Ok(if read(&self.output, &mut [0])? == 1 { Heard::Byte } else { Heard::End })
    }

    /// All that is still written until the last writer is gone.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn last_words(&self) -> io::Result<String> {
        io::read_to_string(File::from(self.output.try_clone()?))
    }

    /// # Errors
    /// Those of kill(2).
    pub fn send(&self, signal: Signal) -> io::Result<()> {
        Ok(kill(self.pid, signal)?)
    }

    /// Waits for the end and says how it was, as a shell would: 128+n for a signal.
    ///
    /// # Errors
    /// Those of waitpid(2).
    pub fn status(mut self) -> io::Result<i32> {
        let status = waitpid(self.pid, None)?;
        self.is_reaped = true;
        Ok(match status {
            WaitStatus::Exited(_, code) => code,
            WaitStatus::Signaled(_, signal, _) => 128 + signal as i32,
            other => panic!("waitpid without options said {other:?}"),
        })
    }

    /// True once there is a child. One read of a small file of /proc, to be called in a bounded loop.
    pub fn has_child(&self) -> bool {
        fs::read(format!("/proc/{0}/task/{0}/children", self.pid)).is_ok_and(|list| !list.is_empty())
    }

    /// A file of this process's directory in /proc.
    ///
    /// # Errors
    /// Those of open(2) and read(2).
    pub fn proc(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.pid))
    }

    /// The number behind `key:` in a file of /proc; `kB` and the like are left out.
    ///
    /// # Errors
    /// Those of [`Pid1::proc`], and `NotFound` for a missing key.
    pub fn number(&self, file: &str, key: &str) -> io::Result<f64> {
        let text = self.proc(file)?;
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{key} in /proc/{}/{file}", self.pid))
        })
    }
}

pub enum Heard {
    Byte,
    /// Nobody is left who could write.
    End,
    Silence,
}

impl Drop for Pid1 {
    fn drop(&mut self) {
        if !self.is_reaped {
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = waitpid(self.pid, None::<WaitPidFlag>);
        }
    }
}
