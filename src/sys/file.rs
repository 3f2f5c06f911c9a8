//! Files that are there already: facts to read, a message to leave, descriptors to close.
//!
//! The program that we supervise may have put anything at a path, so nothing here waits for a reader or a writer, and
//! no link leads us to a file that the program may not change. A file system that hangs in open(2), such as FUSE, is
//! not guarded against: to put one there takes the right to mount.

use core::ffi::c_int;
use core::ptr;

use super::arch::{syscall1, syscall2, syscall3, syscall4};
use super::stream::{ALWAYS, close, kind, kind_and_size, open_anywhere, terminated, write_all, write_line};
use crate::bytes::number_behind;
use crate::model::errno::Errno;
use crate::model::process::{Fd, Pid};

/// Reads the beginning of a regular file, as much as fits, in one read(2). `path` ends with a NUL.
///
/// # Errors
/// EINVAL: it is no regular file; else as open(2) and read(2).
pub fn read_file<'b>(path: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let fd = open_to_read(path)?;
    let result = read(fd, buffer);
    close(fd);
    Ok(buffer.get(..result?).unwrap_or(&[]))
}

/// Visits our children, ended ones included, in the order in which they became ours: `children` of
/// proc_pid_task(5), numbers with a blank behind each. They are those of the PID namespace for which /proc was mounted.
///
/// # Errors
/// ENOENT: no /proc, or a kernel without CONFIG_PROC_CHILDREN.
pub fn each_listed_child(visit: &mut dyn FnMut(Pid)) -> Result<(), Errno> {
    /// 4,194,304 processes (PID_MAX_LIMIT of `include/linux/threads.h`) of up to 8 bytes each. A list that is longer
    /// is not the kernel's.
    const READS: usize = (4_194_304 * 8) / 512;
    let fd = open_to_read(b"/proc/thread-self/children\0")?;
    let mut buffer = [0; 512];
    let mut number = 0u32;
    let mut result = Ok(1);
    for _ in 0..READS {
        result = read(fd, &mut buffer);
        let Ok(count @ 1..) = result else { break };
        for &byte in buffer.iter().take(count) {
            if byte.is_ascii_digit() {
                number = number.wrapping_mul(10).wrapping_add(u32::from(byte - b'0'));
            } else if number > 0 {
                visit(Pid::new(number as c_int));
                number = 0;
            }
        }
    }
    close(fd);
    result.map(drop)
}

/// Links by nature (`/dev/stderr` is `/proc/self/fd/2`). Opened again, a file would be written to from its
/// beginning, and a socket not at all (ENXIO): so it is the descriptor itself that is written to.
const STREAMS: [(&[u8], Fd); 2] = [(b"/dev/stderr\0", Fd::STDERR), (b"/dev/stdout\0", Fd::STDOUT)];

/// Opens a regular file that is there, to read it and to replace what it has. `path` ends with a NUL.
///
/// No part of the path may be a symbolic link, not even one of its directories (openat2(2), RESOLVE_NO_SYMLINKS): the
/// program may own one of these while we are root, and would choose which file is emptied. Links of the
/// image, such as /var/run, are refused as well, because the kernel does not say who made a link. Before Linux 5.6,
/// or where a seccomp filter does not know openat2, that holds for the last part alone.
///
/// # Errors
/// ESPIPE: no regular file, but a stream; ENXIO: a pipe without a reader; ENOENT: not there; ELOOP: a symbolic link; else
/// as open(2).
pub fn open_message(path: &[u8]) -> Result<Fd, Errno> {
    const FLAGS: c_int = libc::O_NONBLOCK | libc::O_NOCTTY;
    if stream_at(path).is_some() {
        return Err(Errno::SPIPE);
    }
    let fd = match open_without_links(path, libc::O_RDWR | FLAGS) {
        // What the program writes there cannot be kept then.
        Err(Errno::ACCES) => open_without_links(path, libc::O_WRONLY | FLAGS),
        opened => opened,
    }?;
    if [libc::S_IFREG, 0].contains(&kind(fd)) {
        return Ok(fd);
    }
    close(fd);
    Err(Errno::SPIPE)
}

/// Replaces what an open file has by the first `length` bytes of `page`; behind these, `page` has only what may stand
/// behind them.
///
/// It is done in place, since a file that is mounted cannot be renamed over, and so that whoever is killed at any moment
/// leaves the old or the new: one write(2) from the beginning, within one page of the file, which no signal
/// interrupts (`generic_perform_write` of mm/filemap.c looks for one between pages). It covers as much of the old as it
/// can, and what is behind the new is cut off afterwards.
///
/// # Errors
/// ENOSPC, EFBIG: no room, or not for all of it; else as lseek(2), write(2) and ftruncate(2).
pub fn replace(fd: Fd, page: &[u8], length: usize) -> Result<(), Errno> {
    let old = match kind_and_size(fd) {
        // Nothing is known of it: as if it were long.
        (0, _) => u64::MAX,
        (_, size) => size,
    };
    seek(fd, 0, libc::SEEK_SET)?;
    write_all(fd, page.get(..length.max(old.min(page.len() as u64) as usize)).unwrap_or(page))?;
    if old <= length as u64 {
        return Ok(());
    }
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_ftruncate as usize, fd.raw() as usize, length) }).map(drop)
}

/// Reads from some place in a regular file, as much as fits. `path` ends with a NUL.
///
/// # Errors
/// As [`read_file`] and lseek(2).
pub fn read_file_at<'b>(path: &[u8], offset: u64, buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let fd = open_to_read(path)?;
    let result = seek(fd, offset as isize, libc::SEEK_SET).and_then(|()| read(fd, buffer));
    close(fd);
    Ok(buffer.get(..result?).unwrap_or(&[]))
}

/// Reads the end of an open file, as much as fits.
///
/// # Errors
/// As read(2).
pub fn read_end(fd: Fd, buffer: &mut [u8]) -> Result<&mut [u8], Errno> {
    // A file that is shorter refuses it, and is read from its beginning.
    let back = (buffer.len() as isize).wrapping_neg();
    if seek(fd, back, libc::SEEK_END).is_err() {
        let _ = seek(fd, 0, libc::SEEK_SET);
    }
    let count = read(fd, buffer)?;
    Ok(buffer.get_mut(..count).unwrap_or(&mut []))
}

fn seek(fd: Fd, offset: isize, whence: c_int) -> Result<(), Errno> {
    let (fd, whence) = (fd.raw() as usize, whence as usize);
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall3(libc::SYS_lseek as usize, fd, offset as usize, whence) }).map(drop)
}

/// Gives a file the first number that is not a standard stream's, and closes whatever had it.
///
/// # Errors
/// As fcntl(2), F_DUPFD_CLOEXEC; the file is closed then.
pub fn move_down(fd: Fd) -> Result<Fd, Errno> {
    if fd.raw() == Fd::FIRST_OTHER.raw() {
        return Ok(fd);
    }
    close(Fd::FIRST_OTHER);
    duplicate(fd)
}

/// Writes to what is no regular file, without waiting for a reader: a line to a standard stream as [`write_line`] does, or
/// to whatever else is at `path`, which ends with a NUL. Links are refused as by [`open_message`].
///
/// # Errors
/// As there; EINVAL: it is a regular file; EAGAIN: no room; ENXIO: a pipe without a reader.
pub fn write_stream(path: &[u8], bytes: &[u8]) -> Result<(), Errno> {
    if let Some(fd) = stream_at(path) {
        return write_line(fd, bytes);
    }
    let fd = open_without_links(path, libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY)?;
    // It was none before the start: the program has put somebody's file there.
    let written = if kind(fd) == libc::S_IFREG { Err(Errno::INVAL) } else { write_all(fd, bytes) };
    close(fd);
    written
}

/// The standard stream that this path means.
fn stream_at(path: &[u8]) -> Option<Fd> {
    STREAMS.iter().find(|(stream, _)| path == *stream).map(|&(_, fd)| fd)
}

/// Closes every descriptor from `first` on: close_range(2), and before Linux 5.9, or where a seccomp filter does not
/// know that one, one by one, as many as the kernel keeps room for: `FDSize` of proc_pid_status(5).
///
/// # Errors
/// ENOENT: an older kernel, and no /proc.
pub fn close_from(first: Fd) -> Result<(), Errno> {
    let last = u32::MAX as usize;
    // SAFETY: takes numbers; `Fd` is not a claim to an open file, so no code relies on those.
    let result = unsafe { syscall3(libc::SYS_close_range as usize, first.raw() as usize, last, 0) };
    if Errno::check(result).is_err() {
        let mut buffer = [0; 512];
        let status = read_file(b"/proc/self/status\0", &mut buffer)?;
        let room = number_behind(b"FDSize:\t", status).unwrap_or(0);
        for number in first.raw()..room as c_int {
            close(Fd::new(number));
        }
    }
    Ok(())
}

/// Opens a regular file. Anything else is refused, without waiting for it or reading it.
fn open_to_read(path: &[u8]) -> Result<Fd, Errno> {
    let fd = open(path, libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY)?;
    // Where the kernel does not say what it is, O_NONBLOCK must do.
    if [libc::S_IFREG, 0].contains(&kind(fd)) {
        return Ok(fd);
    }
    close(fd);
    Err(Errno::INVAL)
}

fn open_without_links(path: &[u8], flags: c_int) -> Result<Fd, Errno> {
    let flags = flags | libc::O_NOFOLLOW;
    let checked = terminated(path)?;
    // `struct open_how` of openat2(2): flags, mode, resolve.
    let how = [u64::from((flags | ALWAYS) as u32), 0, libc::RESOLVE_NO_SYMLINKS];
    let (here, place) = (libc::AT_FDCWD as usize, ptr::from_ref(&how) as usize);
    // SAFETY: the path ends with a NUL, as `terminated` says; the kernel only reads it and `how`.
    let result = unsafe { syscall4(libc::SYS_openat2 as usize, here, checked, place, size_of_val(&how)) };
    match Errno::check(result) {
        Ok(fd) => above_streams(Fd::new(fd as c_int)),
        Err(Errno::NOSYS | Errno::PERM) => open(path, flags),
        Err(errno) => Err(errno),
    }
}

/// Opens a file, and gives it a number that is not a standard stream's: if stderr is closed, what we open for ourselves
/// must not become the log.
pub(super) fn open(path: &[u8], flags: c_int) -> Result<Fd, Errno> {
    open_anywhere(path, flags).and_then(above_streams)
}

/// Moves an open file from 0, 1 or 2 to the next free number.
fn above_streams(fd: Fd) -> Result<Fd, Errno> {
    if fd.raw() >= Fd::FIRST_OTHER.raw() { Ok(fd) } else { duplicate(fd) }
}

/// Moves an open file to the first free number that is not a standard stream's: fcntl(2), F_DUPFD_CLOEXEC.
fn duplicate(fd: Fd) -> Result<Fd, Errno> {
    let (how, least) = (libc::F_DUPFD_CLOEXEC as usize, Fd::FIRST_OTHER.raw() as usize);
    // SAFETY: takes numbers.
    let moved = Errno::check(unsafe { syscall3(libc::SYS_fcntl as usize, fd.raw() as usize, how, least) });
    close(fd);
    moved.map(|fd| Fd::new(fd as c_int))
}

pub(super) fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes into the buffer and no more.
    Errno::check(unsafe {
        syscall3(libc::SYS_read as usize, fd.raw() as usize, buffer.as_mut_ptr() as usize, buffer.len())
    })
}

/// Goes to the root directory: chdir(2).
pub fn leave_directory() {
    // SAFETY: the path is a C string, which the kernel only reads. It is always there.
    unsafe { syscall1(libc::SYS_chdir as usize, c"/".as_ptr() as usize) };
}

/// Whether what has this name is a directory. It is looked up, and not opened: O_PATH of open(2). `path` ends with a
/// NUL.
///
/// # Errors
/// As open(2): ENOENT, EACCES and so on.
pub fn is_directory(path: &[u8]) -> Result<bool, Errno> {
    let (fd, answer) = match open(path, libc::O_PATH | libc::O_DIRECTORY) {
        Ok(fd) => (fd, true),
        Err(Errno::NOTDIR) => (open(path, libc::O_PATH)?, false),
        Err(errno) => return Err(errno),
    };
    close(fd);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::process::{Command, Stdio};

    #[test]
    fn a_file_is_read_as_far_as_it_fits() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml\0").as_bytes();
        let mut buffer = [b'x'; 8];
        assert_eq!(read_file(path, &mut buffer), Ok(&b"[package"[..]));
        assert_eq!(read_file(b"/dev/null\0", &mut buffer), Err(Errno::INVAL), "no regular file");
        assert_eq!(read_file(b"/dev/null", &mut buffer), Err(Errno::NAMETOOLONG), "it has no NUL");
        assert_eq!(read_file(b"/nope\0", &mut buffer), Err(Errno::NOENT));
        assert_eq!(read_file(path, &mut []), Ok(&b""[..]));
    }

    #[test]
    fn a_file_is_replaced_whole_and_read_from_its_end() {
        let path = std::env::temp_dir().join(format!("pausa-file-{}", std::process::id()));
        let name = format!("{}\0", path.display());
        let name = name.as_bytes();
        let (mut buffer, mut page) = ([0; 8], [b'\n'; 4096]);
        assert_eq!(open_message(name), Err(Errno::NOENT), "it is never made");
        page[..9].copy_from_slice(b"the words");
        for old in ["", "a", "longer than the new one", &"huge".repeat(3000)] {
            std::fs::write(&path, old).expect("write");
            let fd = open_message(name).expect("it is there");
            for _ in 0..2 {
                assert_eq!(replace(fd, &page, 9), Ok(()));
                assert_eq!(std::fs::read(&path).expect("read"), b"the words", "{}", old.len());
                assert_eq!(read_end(fd, &mut buffer).as_deref(), Ok(&b"he words"[..]));
            }
            let mut room = [0; 20];
            assert_eq!(read_end(fd, &mut room).as_deref(), Ok(&b"the words"[..]));
            close(fd);
        }
        assert_eq!(write_stream(name, b"x"), Err(Errno::INVAL), "no stream");
        std::fs::remove_file(&path).expect("remove");
        std::os::unix::fs::symlink("/etc/hostname", &path).expect("link");
        assert_eq!(open_message(name), Err(Errno::LOOP));
        std::fs::remove_file(&path).expect("remove");
        for stream in [&b"/dev/null\0"[..], b"/dev/stderr\0"] {
            assert_eq!(open_message(stream), Err(Errno::SPIPE));
        }
        assert_eq!(write_stream(b"/dev/null\0", b"x"), Ok(()));
        assert_eq!(write_stream(b"/dev/full\0", b"x"), Err(Errno::NOSPC));
    }

    #[test]
    fn children_are_visited_in_order() {
        // More than fit into one read.
        let mut children: Vec<_> = (0..100)
            .map(|_| {
                Command::new("/bin/cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("cat")
            })
            .collect();
        let mut visited = Vec::new();
        each_listed_child(&mut |child| visited.push(child.number())).expect("CONFIG_PROC_CHILDREN");
        let started: Vec<u32> = children.iter().map(std::process::Child::id).collect();
        let ours: BTreeSet<u32> = started.iter().copied().collect();
        // Another thread may have children of its own; this one has no others.
        visited.retain(|child| ours.contains(child));
        assert_eq!(visited, started);
        for child in &mut children {
            drop(child.stdin.take());
            child.wait().expect("it ends with its input");
        }
    }
}
