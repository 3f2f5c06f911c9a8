//! The seam: all that the loop, the job control, the drain and the reports ask of the kernel.
//!
//! `Linux` is the real one: it has no size, and the compiler inlines it away. The tests have a simulated one, with
//! processes, groups, sessions, dispositions, queues, a clock and faults (`tests/lives`). Spawning and the
//! handlers of a hold stay on this side of the seam.

use super::{file, memory, process, signals, stream, terminal};
use crate::model::errno::Errno;
use crate::model::process::{Change, Fd, Pid, Recipient};
use crate::model::siginfo::Received;
use crate::model::signal::{Signal, SignalSet};
use crate::time::Nanoseconds;

/// The kernel, as far as a supervisor needs it. Each method is one system call, or a few that belong together;
/// the errors are those of its manual page. A handle: it is copied freely.
pub trait Kernel: Copy {
    /// The time since some start: clock_gettime(2), CLOCK_MONOTONIC.
    ///
    /// # Errors
    /// What a seccomp filter says.
    fn now(self) -> Result<Nanoseconds, Errno>;

    /// The time since the beginning of 1970, UTC: CLOCK_REALTIME.
    ///
    /// # Errors
    /// As [`Self::now`].
    fn date(self) -> Result<Nanoseconds, Errno>;

    fn own_pid(self) -> Pid;
    fn own_group(self) -> Pid;

    /// The process group of another process.
    ///
    /// # Errors
    /// ESRCH: there is no such process.
    fn group_of(self, process: Pid) -> Result<Pid, Errno>;

    /// Takes the next of `signals` from the queue, and waits for it as long as `limit` at the most:
    /// sigtimedwait(2). `None`: none came, or we were stopped and continued.
    ///
    /// # Errors
    /// What a seccomp filter says.
    fn wait_signal(self, signals: SignalSet, limit: Option<Nanoseconds>) -> Result<Option<Received>, Errno>;

    /// Takes `signal` if it is pending, and says whether it was.
    fn take_pending(self, signal: Signal) -> bool;

    /// kill(2). For [`Recipient::Everyone`] success says nothing: the kernel skips processes that we may not signal.
    ///
    /// # Errors
    /// ESRCH: no such process or group; EPERM: we may not signal it.
    fn kill(self, to: Recipient, signal: Signal) -> Result<(), Errno>;

    /// [`Self::kill`] as `user`, by a process that takes on that user for it, and ends with 0 or with the number of the
    /// error. Comes back with that process, which is a child of ours.
    ///
    /// # Errors
    /// As clone(2).
    fn kill_as(self, user: u32, to: Recipient, signal: Signal) -> Result<Pid, Errno>;

    /// Passes a queued signal on as `signal`, with the sender and value that it came with.
    ///
    /// # Errors
    /// As [`Self::kill`]; EAGAIN: the queue of the recipient is full, or no such call for this recipient; ENOSYS,
    /// EINVAL and, from a seccomp filter, EPERM on an older kernel or engine.
    fn requeue(self, to: Recipient, signal: Signal, received: &Received) -> Result<(), Errno>;

    /// Sends `signal`, one of a terminal's stop signals, to ourselves or to our process group, and unblocks it for a
    /// moment. Returns when we are continued, or at once if the kernel does not stop us.
    fn stop(self, whom: Recipient, signal: Signal);

    /// Asks for a child that has ended or stopped, for `of` alone if that is named, and does not wait for one: wait4(2). An
    /// ended one is then gone. `None`: there are children, but none has changed.
    ///
    /// # Errors
    /// ECHILD: there is no child at all, or `of` is none.
    fn next_change(self, of: Option<Pid>) -> Result<Option<Change>, Errno>;

    /// A child that has ended or stopped. It stays so until [`Self::next_change`] tells of it: waitid(2) with WNOWAIT.
    ///
    /// # Errors
    /// As [`Self::next_change`].
    fn next_changed(self) -> Result<Option<Pid>, Errno>;

    /// Whether this child has ended and has not been waited for: waitid(2) with WNOWAIT.
    ///
    /// # Errors
    /// ECHILD: it is no child of ours.
    fn has_ended(self, child: Pid) -> Result<bool, Errno>;

    /// Visits our children, ended ones included, in the order in which they became ours
    /// (proc_pid_task(5), `children`). Whom the list names by mistake, and waitid(2) does not know, is passed over.
    ///
    /// # Errors
    /// ENOENT: there is no such list, without /proc or CONFIG_PROC_CHILDREN.
    fn each_child(self, visit: impl FnMut(Pid)) -> Result<(), Errno>;

    /// Writes a short line if that is possible without waiting, and leaves no signal behind.
    ///
    /// # Errors
    /// EAGAIN: there is no room; EPIPE: it has no reader any more; else as write(2).
    fn write_line(self, fd: Fd, line: &[u8]) -> Result<(), Errno>;

    /// Opens the regular file that is to have the message. `path` ends with a NUL.
    ///
    /// # Errors
    /// ESPIPE: it is no regular file, but a stream; ENXIO: a pipe without a reader; else as open(2).
    fn open_message(self, path: &[u8]) -> Result<Fd, Errno>;

    /// Replaces what an open file has by the first `length` bytes of `page`, so that a kill at any moment leaves the old or
    /// the new; behind these, `page` has only what may stand behind them.
    ///
    /// # Errors
    /// As write(2) and ftruncate(2).
    fn replace(self, fd: Fd, page: &[u8], length: usize) -> Result<(), Errno>;

    /// Writes to a stream, without waiting for a reader. `path` ends with a NUL.
    ///
    /// # Errors
    /// As open(2) and write(2).
    fn write_stream(self, path: &[u8], bytes: &[u8]) -> Result<(), Errno>;

    /// Reads the end of an open file, as much as fits.
    ///
    /// # Errors
    /// As read(2).
    fn read_end(self, fd: Fd, buffer: &mut [u8]) -> Result<&mut [u8], Errno>;

    /// Reads the beginning of a file, as much as fits. `path` ends with a NUL.
    ///
    /// # Errors
    /// As open(2) and read(2).
    fn read_file<'b>(self, path: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno>;

    /// Opens the terminal that controls our session: `None` if there is none.
    fn open_terminal(self) -> Option<Fd>;

    /// The process group in the terminal's foreground.
    ///
    /// # Errors
    /// ENOTTY: not our controlling terminal.
    fn foreground(self, terminal: Fd) -> Result<Pid, Errno>;

    /// Puts a process group into the terminal's foreground.
    ///
    /// # Errors
    /// ENOTTY: not our controlling terminal; EPERM, ESRCH: no such group in this session.
    fn set_foreground(self, terminal: Fd, group: Pid) -> Result<(), Errno>;
}

/// The real one.
#[derive(Clone, Copy, Debug)]
pub struct Linux;

impl Kernel for Linux {
    fn now(self) -> Result<Nanoseconds, Errno> {
        memory::clock()
    }

    fn date(self) -> Result<Nanoseconds, Errno> {
        memory::calendar()
    }

    fn own_pid(self) -> Pid {
        process::getpid()
    }

    fn own_group(self) -> Pid {
        process::own_group()
    }

    fn group_of(self, process: Pid) -> Result<Pid, Errno> {
        process::group_of(process)
    }

    fn wait_signal(self, signals: SignalSet, limit: Option<Nanoseconds>) -> Result<Option<Received>, Errno> {
        signals::wait_signal(signals, limit)
    }

    fn take_pending(self, signal: Signal) -> bool {
        signals::take_pending(SignalSet::only(signal))
    }

    fn kill(self, to: Recipient, signal: Signal) -> Result<(), Errno> {
        signals::kill(to, signal)
    }

    fn kill_as(self, user: u32, to: Recipient, signal: Signal) -> Result<Pid, Errno> {
        process::kill_as(user, to, signal)
    }

    fn requeue(self, to: Recipient, signal: Signal, received: &Received) -> Result<(), Errno> {
        match to {
            Recipient::Process(pid) => signals::requeue(pid, signal, received),
            Recipient::Group(leader) => signals::requeue_to_group(leader, signal, received),
            Recipient::OwnGroup | Recipient::Everyone => Err(Errno::AGAIN),
        }
    }

    fn stop(self, whom: Recipient, signal: Signal) {
        signals::stop(whom, signal);
    }

    fn next_change(self, of: Option<Pid>) -> Result<Option<Change>, Errno> {
        process::next_change(of)
    }

    fn next_changed(self) -> Result<Option<Pid>, Errno> {
        process::next_changed()
    }

    fn has_ended(self, child: Pid) -> Result<bool, Errno> {
        process::has_ended(child)
    }

    fn each_child(self, mut visit: impl FnMut(Pid)) -> Result<(), Errno> {
        file::each_listed_child(&mut |number| {
            // A /proc of another PID namespace numbers them its own way, and here such a number is a stranger's.
            if process::has_ended(number) != Err(Errno::CHILD) {
                visit(number);
            }
        })
    }

    fn write_line(self, fd: Fd, line: &[u8]) -> Result<(), Errno> {
        stream::write_line(fd, line)
    }

    fn open_message(self, path: &[u8]) -> Result<Fd, Errno> {
        file::open_message(path)
    }

    fn replace(self, fd: Fd, page: &[u8], length: usize) -> Result<(), Errno> {
        file::replace(fd, page, length)
    }

    fn write_stream(self, path: &[u8], bytes: &[u8]) -> Result<(), Errno> {
        file::write_stream(path, bytes)
    }

    fn read_end(self, fd: Fd, buffer: &mut [u8]) -> Result<&mut [u8], Errno> {
        file::read_end(fd, buffer)
    }

    fn read_file<'b>(self, path: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
        file::read_file(path, buffer)
    }

    fn open_terminal(self) -> Option<Fd> {
        let stdin = || terminal::foreground(Fd::STDIN).is_ok().then_some(Fd::STDIN);
        // If /dev/tty opens, it is the one (tty(4)), also where a seccomp filter refuses ioctl.
        terminal::open_controlling_terminal().ok().or_else(stdin)
    }

    fn foreground(self, terminal: Fd) -> Result<Pid, Errno> {
        terminal::foreground(terminal)
    }

    fn set_foreground(self, terminal: Fd, group: Pid) -> Result<(), Errno> {
        terminal::set_foreground(terminal, group)
    }
}
