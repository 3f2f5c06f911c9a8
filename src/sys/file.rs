//! Files and terminals: writing what must be told, and the foreground.

use core::ffi::c_int;
use core::mem::zeroed;
use core::ptr;

use crate::arch::{syscall1, syscall2, syscall3, syscall4, syscall5, syscall6};
use crate::errno::Errno;
use crate::process::Pid;
use crate::signal::SignalSet;

/// A file descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fd(pub(super) c_int);

impl Fd {
    pub const STDIN: Self = Self(0);
    pub const STDOUT: Self = Self(1);
    pub const STDERR: Self = Self(2);
    /// The first one that is no standard stream.
    pub const FIRST_OTHER: Self = Self(3);
}

/// Writes all of it, and waits for the reader where there is one: write(2).
///
/// # Errors
/// As write(2); what was written before stays written.
pub fn write_all(fd: Fd, bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(fd, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Writes a short line if that is possible without waiting for anybody, and raises no SIGPIPE.
///
/// O_NONBLOCK is no way to this: it belongs to the open file, which the child and others share. So ask
/// first: a file that can be sought has no reader to wait for; a pipe that poll(2) calls writable takes a line
/// of less than PIPE_BUF bytes. Between the question and the write another writer may fill it: RWF_NOWAIT
/// (pwritev2(2), pipes since Linux 6.5) closes that gap where the kernel has it.
///
/// # Errors
/// EAGAIN: it is full. EPIPE: nobody reads it any more. Else as write(2).
pub fn write_now(fd: Fd, line: &[u8]) -> Result<(), Errno> {
    const RWF_NOWAIT: usize = 8;
    // SAFETY: takes numbers.
    let place = Errno::check(unsafe {
        syscall3(libc::SYS_lseek as usize, fd.0 as usize, 0, libc::SEEK_CUR as usize)
    });
    // A log of more than 2 GiB has a place, too, which a number of 32 bits cannot tell.
    if place.is_ok() || place == Err(Errno::OVERFLOW) {
        return write(fd, line).map(drop);
    }
    if !is_writable(fd) {
        return Err(Errno::AGAIN);
    }
    let part = libc::iovec { iov_base: line.as_ptr() as *mut _, iov_len: line.len() };
    let (part, nowhere) = (ptr::from_ref(&part) as usize, usize::MAX);
    // SAFETY: one iovec, which describes `line`; the kernel only reads it. The position -1 is the current one.
    let result = unsafe {
        syscall6(libc::SYS_pwritev2 as usize, fd.0 as usize, part, 1, nowhere, nowhere, RWF_NOWAIT)
    };
    match Errno::check(result) {
        Ok(_) => Ok(()),
        Err(errno @ (Errno::AGAIN | Errno::PIPE)) => Err(errno),
        // The kernel or this kind of file does not know the flag; a terminal does not, and calls itself writable
        // when it has room for a byte.
        Err(_) => write_reopened(fd, line),
    }
}

/// The same through an open file of our own, whose O_NONBLOCK is nobody else's. Where /proc is not there, or
/// not open to us, what poll(2) has said must do.
fn write_reopened(fd: Fd, line: &[u8]) -> Result<(), Errno> {
    let mut path = *b"/proc/self/fd/0\0";
    path[14] += fd.0 as u8;
    match open(&path, libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY) {
        Ok(own) => {
            let written = write(own, line);
            close(own);
            written.map(drop)
        }
        Err(_) => write(fd, line).map(drop),
    }
}

fn write(fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads `bytes` and no more.
    Errno::check(unsafe {
        syscall3(libc::SYS_write as usize, fd.0 as usize, bytes.as_ptr() as usize, bytes.len())
    })
}

/// Whether a write would find room, and a reader: ppoll(2) with no time to wait.
fn is_writable(fd: Fd) -> bool {
    let mut question = libc::pollfd { fd: fd.0, events: libc::POLLOUT, revents: 0 };
    // SAFETY: numbers only; all zeroes is a value of it, and means at once.
    let mut at_once: libc::timespec = unsafe { zeroed() };
    let (place, limit) = (ptr::from_mut(&mut question) as usize, ptr::from_mut(&mut at_once) as usize);
    // SAFETY: one pollfd is read and written, one timespec read and written; a null mask changes none.
    unsafe { syscall5(libc::SYS_ppoll as usize, place, 1, limit, 0, size_of::<SignalSet>()) };
    question.revents == libc::POLLOUT
}

/// Reads the beginning of a file, as much as fits, in one read(2); what there is if that fails is nothing.
/// `path` ends with a NUL.
pub fn read_file<'b>(path: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let Ok(fd) = open(path, libc::O_RDONLY) else { return &[] };
    // SAFETY: the kernel writes into the buffer and no more.
    let result = unsafe {
        syscall3(libc::SYS_read as usize, fd.0 as usize, buffer.as_mut_ptr() as usize, buffer.len())
    };
    close(fd);
    Errno::check(result).ok().and_then(|count| buffer.get(..count)).unwrap_or(&[])
}

/// Links by nature (`/dev/stderr` is `/proc/self/fd/2`).
const STREAMS: [&[u8]; 2] = [b"/dev/stderr\0", b"/dev/stdout\0"];

/// Writes to a file that is there already, in one write(2); never through a symbolic link, unless it is one
/// of the standard streams. `path` ends with a NUL.
///
/// # Errors
/// ENOENT: not there; ELOOP: a symbolic link; else as open(2) and write(2).
pub fn write_file(path: &[u8], bytes: &[u8]) -> Result<(), Errno> {
    // An older message goes, a log that a standard stream leads to stays.
    let how = if STREAMS.contains(&path) { libc::O_APPEND } else { libc::O_NOFOLLOW | libc::O_TRUNC };
    let fd = open(path, libc::O_WRONLY | libc::O_NOCTTY | libc::O_NONBLOCK | how)?;
    let written = write(fd, bytes);
    close(fd);
    written.map(drop)
}

fn open(path: &[u8], flags: c_int) -> Result<Fd, Errno> {
    if path.last() != Some(&0) {
        return Err(Errno::NAMETOOLONG);
    }
    let (here, flags) = (libc::AT_FDCWD as usize, (flags | libc::O_CLOEXEC | libc::O_LARGEFILE) as usize);
    // SAFETY: the path ends with a NUL, as just checked; the kernel only reads it.
    Errno::check(unsafe { syscall4(libc::SYS_openat as usize, here, path.as_ptr() as usize, flags, 0) })
        .map(|fd| Fd(fd as c_int))
}

/// Opens the terminal that controls this session: tty(4). Closed on exec.
///
/// # Errors
/// ENXIO: there is none; ENOENT: there is no /dev/tty.
pub fn open_controlling_terminal() -> Result<Fd, Errno> {
    open(b"/dev/tty\0", libc::O_RDWR | libc::O_NOCTTY)
}

/// The process group in the terminal's foreground: TIOCGPGRP(2const).
///
/// # Errors
/// ENOTTY: not our controlling terminal.
pub fn foreground(terminal: Fd) -> Result<Pid, Errno> {
    let mut group: libc::pid_t = 0;
    let place = ptr::from_mut(&mut group) as usize;
    // SAFETY: the kernel writes one pid_t.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.0 as usize, libc::TIOCGPGRP as usize, place)
    })?;
    Ok(Pid::new(group))
}

/// Puts a process group into the terminal's foreground: TIOCSPGRP(2const). SIGTTOU must be blocked.
///
/// # Errors
/// ENOTTY: not our controlling terminal; EPERM, ESRCH: no such group in this session.
pub fn set_foreground(terminal: Fd, group: Pid) -> Result<(), Errno> {
    let group = group.raw();
    let place = ptr::from_ref(&group) as usize;
    // SAFETY: the kernel reads one pid_t.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.0 as usize, libc::TIOCSPGRP as usize, place)
    })
    .map(drop)
}

pub(super) fn close(fd: Fd) {
    // SAFETY: takes a number, and the caller is done with it.
    unsafe { syscall1(libc::SYS_close as usize, fd.0 as usize) };
}

/// Closes every descriptor from `first` on: close_range(2).
///
/// # Errors
/// ENOSYS before Linux 5.9.
pub fn close_from(first: Fd) -> Result<(), Errno> {
    let last = u32::MAX as usize;
    // SAFETY: takes numbers; `Fd` is not a claim to an open file, so nobody relies on those.
    Errno::check(unsafe { syscall3(libc::SYS_close_range as usize, first.0 as usize, last, 0) }).map(drop)
}

/// Goes to the root directory: chdir(2).
pub fn leave_directory() {
    // SAFETY: the path is a C string, which the kernel only reads. It is always there.
    unsafe { syscall1(libc::SYS_chdir as usize, c"/".as_ptr() as usize) };
}

/// Gives up the controlling terminal: TIOCNOTTY(2const). From a session leader it goes to nobody, and the
/// foreground gets SIGHUP and SIGCONT.
///
/// # Errors
/// ENOTTY: it is not ours.
pub fn give_up_terminal(terminal: Fd) -> Result<(), Errno> {
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_ioctl as usize, terminal.0 as usize, libc::TIOCNOTTY as usize) })
        .map(drop)
}

/// Makes a terminal the controlling one of our session, which has none: TIOCSCTTY(2const).
pub fn take_terminal(terminal: Fd) {
    // SAFETY: takes numbers. Not a terminal, or somebody else's: then there is none.
    unsafe { syscall3(libc::SYS_ioctl as usize, terminal.0 as usize, libc::TIOCSCTTY as usize, 0) };
}
