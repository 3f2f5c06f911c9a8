//! A subject that runs: what it says, what the kernel says of it, how it ended; and the watchdog over all waiting.

use crate::harness::launch::{AsSubreaper, Launch};
use crate::harness::process::{self, Process, Status};
use crate::harness::reader::Reader;
use crate::harness::syscall;
use nix::errno::Errno;
use nix::poll::poll;
use nix::unistd::Pid;
use std::fmt::Write as _;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin};
use std::time::{Duration, Instant};

/// How a process ended, as its parent sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Code(i32),
    Signal(i32),
}

impl Ended {
    fn from_raw(status: i32) -> Self {
        if libc::WIFEXITED(status) {
            Self::Code(libc::WEXITSTATUS(status))
        } else {
            Self::Signal(libc::WTERMSIG(status))
        }
    }
}

/// The streams of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Channel,
    Stdout,
    Stderr,
}

/// Dropping it ends the subject, its namespace and its helper.
pub struct Running {
    helper: Child,
    /// Closing it allows the helper to end.
    channel: Option<UnixStream>,
    readers: [Option<Reader>; 3],
    stdin: Option<ChildStdin>,
    pid: Pid,
    ended: Option<Ended>,
    deadline: Instant,
}

impl Running {
    /// # Errors
    /// The helper's reason why the subject does not run.
    pub fn from_helper(mut helper: Child, channel: UnixStream, patience: Duration) -> Result<Self, String> {
        let readers = [
            Some(Reader::at(channel.try_clone().expect("duplicate the channel"))),
            helper.stdout.take().map(Reader::at),
            helper.stderr.take().map(Reader::at),
        ];
        let stdin = helper.stdin.take();
        let (channel, deadline) = (Some(channel), Instant::now() + patience);
        let mut running =
            Self { helper, channel, readers, stdin, pid: Pid::from_raw(0), ended: None, deadline };
        match running.line(Stream::Channel) {
            Some(line) if line.starts_with("pid ") => {
                running.pid = Pid::from_raw(line[4..].parse().expect("a pid"))
            }
            Some(line) => return Err(line),
            None => return Err(format!("the helper died: {}", running.rest(Stream::Stderr))),
        }
        Ok(running)
    }

    /// The subject's pid as seen from outside.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    // ------------------------------------------------------------------------------------------------ what it says

    /// The next line on stdout.
    ///
    /// # Panics
    /// At the end of file.
    pub fn stdout_line(&mut self) -> String {
        self.line(Stream::Stdout).unwrap_or_else(|| self.give_up("a line on stdout, but it ended"))
    }

    /// The next line on stderr.
    ///
    /// # Panics
    /// At the end of file.
    pub fn stderr_line(&mut self) -> String {
        self.line(Stream::Stderr).unwrap_or_else(|| self.give_up("a line on stderr, but it ended"))
    }

    /// Waits for exactly this line on stdout.
    pub fn expect_line(&mut self, line: &str) {
        assert_eq!(self.stdout_line(), line);
    }

    /// Waits for the payload's `WORD PID` and answers the pid as seen from outside.
    pub fn handshake(&mut self, word: &str) -> Pid {
        let line = self.stdout_line();
        let Some(number) = line.strip_prefix(word).and_then(|rest| rest.trim().parse().ok()) else {
            panic!("expected `{word} PID`, heard {line:?}")
        };
        self.outside(Pid::from_raw(number))
    }

    /// Writes a line to its stdin.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is a pipe");
        stdin.write_all(format!("{line}\n").as_bytes()).expect("somebody reads stdin");
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// All that the subject, which has ended, has said on stderr: others may have the pipe open still.
    pub fn said_on_stderr(&mut self) -> String {
        self.ended();
        let Some(reader) = &mut self.readers[Stream::Stderr as usize] else { return String::new() };
        // What is in the pipe is there at once.
        while !reader.finished && reader.hear(Instant::now()) {}
        String::from_utf8_lossy(&reader.heard).into_owned()
    }

    fn line(&mut self, stream: Stream) -> Option<String> {
        loop {
            let reader = self.readers[stream as usize].as_mut().expect("this stream is a pipe");
            if let Some(line) = reader.take_line() {
                return Some(line);
            }
            if reader.finished {
                return None;
            }
            if !reader.hear(self.deadline) {
                self.give_up(["the helper", "a line on stdout", "a line on stderr"][stream as usize]);
            }
        }
    }

    fn rest(&mut self, stream: Stream) -> String {
        let mut text = String::new();
        while let Some(line) = self.line(stream) {
            writeln!(text, "{line}").expect("a string takes everything");
        }
        text
    }

    // ------------------------------------------------------------------------------------------ what the kernel says

    /// kill(2) from outside.
    pub fn kill(&self, signal: i32) {
        syscall::send(self.pid.as_raw(), signal).expect("the subject is there");
    }

    /// sigqueue(3) from outside, as soon as the kernel has room for it: RLIMIT_SIGPENDING is per user (signal(7)), and
    /// so others may have filled it.
    pub fn queue(&self, signal: i32, value: i32) {
        while let Err(error) = syscall::queue(self.pid, signal, value) {
            assert_eq!(error, Errno::EAGAIN, "the subject is there");
            assert!(Instant::now() < self.deadline, "no room for a signal with a value");
            let _ = nix::sched::sched_yield();
        }
    }

    pub fn status(&self) -> Status {
        Status::of(self.pid)
    }

    /// Everything below the subject, orphans that it adopted included.
    pub fn processes(&self) -> Vec<Process> {
        Process::descendants_of(self.pid)
    }

    pub fn zombies(&self) -> usize {
        self.processes().iter().filter(|process| process.state == 'Z').count()
    }

    /// Waits until so many processes are left below the subject, zombies included.
    ///
    /// The subject's own list is a quick look, which leaves out who is below a child, and may miss somebody while
    /// others end (proc_pid_task(5), `children`). So all processes are looked through, too, but only when that list is
    /// short.
    pub fn until_reaped(&mut self, left: usize) {
        self.until(&format!("{left} processes to be left"), |running| {
            let few = process::children(running.pid).len() <= left;
            (few && running.processes().len() == left).then_some(())
        });
    }

    /// The pid as seen from outside of a process below the subject that calls itself `inner`.
    pub fn outside(&self, inner: Pid) -> Pid {
        // Who is just being adopted may be seen below a parent that is not seen any more.
        loop {
            let is_it = |process: &Process| process::inner(process.pid) == Some(inner);
            if let Some(found) = self.processes().into_iter().find(is_it) {
                return found.pid;
            }
            assert!(Instant::now() < self.deadline, "no process below the subject calls itself {inner}");
            look_again();
        }
    }

    /// Looks again and again until the kernel shows something.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        loop {
            if let Some(seen) = look(self) {
                return seen;
            }
            if Instant::now() > self.deadline {
                self.give_up(what);
            }
            look_again();
        }
    }

    /// The same without a pause between two looks, for rows that race with what they look at. Such a wait is short.
    pub fn at_the_first_moment(&mut self, what: &str, mut look: impl FnMut(&Self) -> bool) {
        while !look(self) {
            if Instant::now() > self.deadline {
                self.give_up(what);
            }
            let _ = nix::sched::sched_yield();
        }
    }

    /// Waits until a process is in a state of `states`, such as `T` for stopped.
    pub fn until_state(&mut self, pid: Pid, states: &str) {
        let what = format!("state {states} of process {pid}");
        self.until(&what, |_| Process::of(pid).filter(|process| states.contains(process.state)));
    }

    /// A program that joins the subject's namespaces, as `kubectl exec` and app containers of a pod do.
    pub fn enter(&self) -> Launch {
        let own_user: &[&str] =
            if nix::unistd::getuid().is_root() { &[] } else { &["-U", "--preserve-credentials"] };
        let pid = self.pid.to_string();
        Launch::program("/usr/bin/nsenter", AsSubreaper)
            .args(["-t", &pid, "-p", "-m"])
            .args(own_user)
            .args(["--"])
    }

    // ----------------------------------------------------------------------------------------------- how it ended

    /// Waits for the end of the subject. What it left behind stays until the run is dropped.
    pub fn ended(&mut self) -> Ended {
        if self.ended.is_none() {
            let line = self.line(Stream::Channel).unwrap_or_else(|| self.give_up("the helper, but it died"));
            let status = line.strip_prefix("ended ").expect("`ended STATUS`").parse().expect("a wait status");
            self.ended = Some(Ended::from_raw(status));
        }
        self.ended.expect("it has just ended")
    }

    /// Waits for the end of the subject, and ends the run.
    pub fn wait(mut self) -> Ended {
        self.ended()
    }

    /// The same, with all that it said on stdout and stderr and that was not taken yet.
    pub fn wait_with_output(mut self) -> (Ended, String, String) {
        let ended = self.ended();
        (ended, self.rest(Stream::Stdout), self.rest(Stream::Stderr))
    }

    /// Says what was seen, and fails.
    fn give_up(&mut self, what: &str) -> ! {
        let mut seen = format!("waited in vain for {what}\nsubject: {:?}", Process::of(self.pid));
        for process in self.processes() {
            let _ = write!(seen, "\n  {process}");
        }
        for (name, reader) in ["helper", "stdout", "stderr"].iter().zip(&self.readers) {
            let heard = reader.as_ref().map(|reader| String::from_utf8_lossy(&reader.heard).into_owned());
            let _ = write!(seen, "\n{name}: {heard:?}");
        }
        panic!("{seen}");
    }
}

/// Nothing tells of a change in /proc, so this only keeps the looks from filling a processor.
fn look_again() {
    let _ = poll(&mut [], 2u8);
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() && self.pid.as_raw() > 0 {
            // Its namespace dies with a PID 1; whatever else is left, the helper kills when the channel closes.
            let _ = syscall::send(self.pid.as_raw(), libc::SIGKILL);
        }
        self.readers = [None, None, None];
        self.channel = None;
        // The helper waits for nothing but processes that were killed.
        let _ = self.helper.wait();
    }
}
