//! A copy of this program in another place.

use core::ffi::c_long;

use super::arch::{syscall1, syscall5};
use super::file::{open, read};
use super::stream::{terminated, write_all};
use crate::model::errno::Errno;
use crate::model::process::Fd;

/// Opens the file that this process runs: `/proc/self/exe` (proc_pid_exe(5)).
///
/// # Errors
/// ENOENT: no /proc; else as open(2).
pub fn open_own_file() -> Result<Fd, Errno> {
    open(b"/proc/self/exe\0", libc::O_RDONLY)
}

/// Goes to a directory: chdir(2). `path` ends with a NUL.
///
/// # Errors
/// ENOTDIR: it is none; else as chdir(2).
pub fn enter_directory(path: &[u8]) -> Result<(), Errno> {
    let path = terminated(path)?;
    // SAFETY: the path ends with a NUL, as `terminated` says; the kernel only reads it.
    Errno::check(unsafe { syscall1(libc::SYS_chdir as usize, path) }).map(drop)
}

/// Copies `own` to `path` in one step, for all to read and to execute: under the name `new`, which nobody has, until all of
/// it is on the disk (rename(2)). A failure leaves what was there. Both paths end with a NUL.
/// The files stay open.
///
/// # Errors
/// EACCES: not ours to write to, or the file system is mounted noexec; EISDIR: `path` is a directory; else as open(2),
/// write(2), fchmod(2), fsync(2), access(2) and rename(2).
pub fn install(own: Fd, new: &[u8], path: &[u8]) -> Result<(), Errno> {
    let copy = open(new, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW)?;
    let (here, new, path) = (libc::AT_FDCWD as usize, terminated(new)?, terminated(path)?);
    let result = fill(own, copy)
        // SAFETY: takes numbers. Until here its mode was 0.
        .and_then(|()| unsafe { call(libc::SYS_fchmod, copy.raw() as usize, 0o755, 0, 0) })
        // What finds no room may be told of as late as here, and a loss of power must not leave half a file.
        // SAFETY: takes a number.
        .and_then(|()| unsafe { call(libc::SYS_fsync, copy.raw() as usize, 0, 0, 0) })
        // SAFETY: the path ends with a NUL, as `terminated` says; the kernel only reads it.
        .and_then(|()| unsafe { call(libc::SYS_faccessat, here, new, libc::X_OK as usize, 0) })
        // A link of that name is replaced, and not followed.
        // SAFETY: as above, for both paths.
        .and_then(|()| unsafe { call(libc::SYS_renameat2, here, new, here, path) });
    if result.is_err() {
        // SAFETY: as above.
        let _ = unsafe { call(libc::SYS_unlinkat, here, new, 0, 0) };
    }
    result
}

fn fill(own: Fd, copy: Fd) -> Result<(), Errno> {
    let mut buffer = [0; 4096];
    loop {
        match read(own, &mut buffer)? {
            0 => return Ok(()),
            count => write_all(copy, buffer.get(..count).unwrap_or(&[]))?,
        }
    }
}

/// # Safety
/// Where the call takes an address, that is of what the kernel reads.
// 100 bytes less.
#[inline(never)]
unsafe fn call(number: c_long, one: usize, two: usize, three: usize, four: usize) -> Result<(), Errno> {
    // SAFETY: the caller vouches for the addresses. The last argument is no flag of any of these calls but rename's: none.
    Errno::check(unsafe { syscall5(number as usize, one, two, three, four, 0) }).map(drop)
}
