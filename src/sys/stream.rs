//! The standard streams: a line to a reader, without waiting for a reader who is slow or gone.
//!
//! A hold writes from its signal handlers, so this file is on its hot page (`link.ld`). `file` has what only a
//! supervisor needs.

use core::ffi::c_int;
use core::mem::zeroed;
use core::ptr;

use super::arch::{syscall1, syscall3, syscall4, syscall5, syscall6};
use super::signals::take_pending;
use super::timed::{PPOLL, Timespec};
use crate::model::errno::Errno;
use crate::model::process::Fd;
use crate::model::signal::{Signal, SignalSet};
use crate::time::Nanoseconds;

/// Writes all of it, and waits for the reader where there is one: write(2).
///
/// # Errors
/// As write(2), for whichever part was refused; what was written before stays written. EAGAIN also if the
/// kernel takes nothing and names no error.
pub fn write_all(fd: Fd, bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(fd, rest) {
            Ok(0) => return Err(Errno::AGAIN),
            Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Writes a line of less than PIPE_BUF bytes if that is possible without waiting for anybody, and leaves no
/// SIGPIPE and no SIGXFSZ behind.
///
/// A regular file has no reader to wait for. A pipe and a socket take the line whole or not at all, so long as
/// they have room: poll(2) says whether they do, and RWF_NOWAIT (pwritev2(2); pipes since Linux 6.5, sockets
/// since 6.4) keeps another writer from taking that room in between. A terminal calls itself writable when it
/// has room for one byte, so it is written to through an open file of our own. O_NONBLOCK on the file that
/// we were given is no way to any of this: it would be on for the child and for others, too.
///
/// A terminal may take only the beginning of a line. The rest is dropped: to keep it would take memory, and the next
/// line is of more use.
///
/// # Errors
/// EAGAIN: there is no room, or only for the beginning; EPIPE: it has no reader any more; else as write(2).
pub fn write_line(fd: Fd, line: &[u8]) -> Result<(), Errno> {
    let kind = kind(fd);
    if kind == libc::S_IFREG {
        return write_all(fd, line);
    }
    if !has_room(fd, Nanoseconds::ZERO) {
        return Err(Errno::AGAIN);
    }
    let result = match kind {
        // No statx(2): the answer of poll(2) must do.
        0 => write(fd, line),
        kind => match write_now(fd, line) {
            result @ (Ok(_) | Err(Errno::AGAIN | Errno::PIPE)) => result,
            // The kernel or this kind of file does not know the flag.
            Err(_) => write_reopened(fd, kind, line),
        },
    };
    match result? {
        count if count < line.len() => Err(Errno::AGAIN),
        _ => Ok(()),
    }
}

/// Writes what can be written without waiting: pwritev2(2) with RWF_NOWAIT.
fn write_now(fd: Fd, line: &[u8]) -> Result<usize, Errno> {
    const RWF_NOWAIT: usize = 8;
    let part = libc::iovec { iov_base: line.as_ptr() as *mut _, iov_len: line.len() };
    let (part, nowhere) = (ptr::from_ref(&part) as usize, usize::MAX);
    // SAFETY: one iovec, which describes `line`; the kernel only reads it. The position -1 is the current one.
    written(unsafe {
        syscall6(libc::SYS_pwritev2 as usize, fd.raw() as usize, part, 1, nowhere, nowhere, RWF_NOWAIT)
    })
}

/// Writes through an open file of our own, so that O_NONBLOCK is on for us alone. Where /proc is missing, or we may not
/// open the file, the answer of poll(2) must do for a pipe and a socket, and a terminal gets nothing.
fn write_reopened(fd: Fd, kind: u32, line: &[u8]) -> Result<usize, Errno> {
    let mut path = *b"/proc/self/fd/0\0";
    path[14] += fd.raw() as u8;
    match open_anywhere(&path, libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY) {
        Ok(own) => {
            let written = write(own, line);
            close(own);
            written
        }
        Err(_) if kind == libc::S_IFCHR => Err(Errno::AGAIN),
        Err(_) => write(fd, line),
    }
}

fn write(fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads `bytes` and no more.
    written(unsafe {
        syscall3(libc::SYS_write as usize, fd.raw() as usize, bytes.as_ptr() as usize, bytes.len())
    })
}

/// The result of a write. A refused write has raised SIGPIPE or SIGXFSZ (write(2), EPIPE, EFBIG), which is pending
/// here, because all signals are blocked where anything is written. It was raised for this thread, so it comes before a
/// signal that was sent to the process (signal(7)), and taking one takes just that.
fn written(word: usize) -> Result<usize, Errno> {
    let result = Errno::check(word);
    match result {
        Err(Errno::PIPE) => drop(take_pending(SignalSet::only(Signal::PIPE))),
        Err(Errno::FBIG) => drop(take_pending(SignalSet::only(Signal::XFSZ))),
        _ => {}
    }
    result
}

/// Whether a write would find room, and a reader; waits for them as long as `limit` at the most: ppoll(2).
pub fn has_room(fd: Fd, limit: Nanoseconds) -> bool {
    let mut question = libc::pollfd { fd: fd.raw(), events: libc::POLLOUT, revents: 0 };
    let place = ptr::from_mut(&mut question) as usize;
    PPOLL.call(&mut Timespec::new(limit), |number, limit| {
        // SAFETY: one pollfd is read and written, one timespec read and written; a null mask changes none.
        unsafe { syscall5(number, place, 1, limit, 0, size_of::<SignalSet>()) }
    });
    question.revents == libc::POLLOUT
}

/// What a file is, as `S_IFMT` of its mode. 0 if the kernel does not say.
pub(super) fn kind(fd: Fd) -> u32 {
    kind_and_size(fd).0
}

/// What a file is, and how many bytes it has: statx(2), which has one structure for all architectures. 0 and 0 if the
/// kernel does not say: before Linux 4.11, or by a seccomp filter.
pub(super) fn kind_and_size(fd: Fd) -> (u32, u64) {
    // SAFETY: numbers only; all zeroes is a value of it.
    let mut found: libc::statx = unsafe { zeroed() };
    let (nothing, place) = (c"".as_ptr() as usize, ptr::from_mut(&mut found) as usize);
    let (itself, wanted) = (libc::AT_EMPTY_PATH as usize, (libc::STATX_TYPE | libc::STATX_SIZE) as usize);
    // SAFETY: the path is a C string, which the kernel only reads; it writes one statx.
    unsafe { syscall5(libc::SYS_statx as usize, fd.raw() as usize, nothing, itself, wanted, place) };
    (u32::from(found.stx_mode) & libc::S_IFMT, found.stx_size)
}

/// What every file is opened with.
pub(super) const ALWAYS: c_int = libc::O_CLOEXEC | libc::O_LARGEFILE;

/// Opens a file under the lowest free number: openat(2). For one that is closed before anything else is written.
pub(super) fn open_anywhere(path: &[u8], flags: c_int) -> Result<Fd, Errno> {
    let (here, path, flags) = (libc::AT_FDCWD as usize, terminated(path)?, (flags | ALWAYS) as usize);
    // SAFETY: the path ends with a NUL, as `terminated` says; the kernel only reads it.
    Errno::check(unsafe { syscall4(libc::SYS_openat as usize, here, path, flags, 0) })
        .map(|fd| Fd::new(fd as c_int))
}

/// The address of a path, which ends with a NUL.
///
/// # Errors
/// ENAMETOOLONG: it does not, since it did not fit into whatever it was put together in.
pub(super) fn terminated(path: &[u8]) -> Result<usize, Errno> {
    if path.last() == Some(&0) { Ok(path.as_ptr() as usize) } else { Err(Errno::NAMETOOLONG) }
}

pub(super) fn close(fd: Fd) {
    // SAFETY: takes a number, and the caller is done with it.
    unsafe { syscall1(libc::SYS_close as usize, fd.raw() as usize) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_line_goes_where_there_is_room() {
        let (mut reader, writer) = std::io::pipe().expect("pipe");
        let fd = Fd::new(writer.as_raw_fd());
        let line = [b'l'; 4096];
        let mut count = 0;
        while write_line(fd, &line).is_ok() {
            count += 1;
        }
        assert_eq!(write_line(fd, &line), Err(Errno::AGAIN), "full, after {count} lines");
        drop(writer);
        let mut text = Vec::new();
        reader.read_to_end(&mut text).expect("read");
        assert_eq!(text.len(), count * line.len());
    }
}
