//! A copy of this program in another place.

use super::arch::{syscall2, syscall3, syscall5};
use super::file::{open, read};
use super::stream::{close, terminated, write_all};
use crate::model::errno::Errno;
use crate::model::process::Fd;

/// Opens the file that this process runs: `/proc/self/exe` (proc_pid_exe(5)).
///
/// # Errors
/// ENOENT: no /proc; else as open(2).
pub fn open_own_file() -> Result<Fd, Errno> {
    open(b"/proc/self/exe\0", libc::O_RDONLY)
}

/// Copies `own` to `path` in one step, for all to read and to execute: under the name `new`, which nobody has, until all of
/// it is on the disk (rename(2)). A failure leaves what was there. Both paths end with a NUL.
///
/// # Errors
/// EACCES: not ours to write to, or the file system is mounted noexec; EISDIR: `path` is a directory; else as open(2),
/// write(2), fchmod(2), fsync(2), access(2) and rename(2).
pub fn install(own: Fd, new: &[u8], path: &[u8]) -> Result<(), Errno> {
    let copy = open(new, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW)?;
    let result = fill(own, copy).and_then(|()| rename(new, path));
    close(copy);
    if result.is_err() {
        let (here, new) = (libc::AT_FDCWD as usize, terminated(new)?);
        // SAFETY: the path ends with a NUL, as `terminated` says; the kernel only reads it.
        unsafe { syscall3(libc::SYS_unlinkat as usize, here, new, 0) };
    }
    result
}

/// Until here its mode is 0.
fn fill(own: Fd, copy: Fd) -> Result<(), Errno> {
    let mut buffer = [0; 4096];
    loop {
        match read(own, &mut buffer)? {
            0 => break,
            count => write_all(copy, buffer.get(..count).unwrap_or(&[]))?,
        }
    }
    // SAFETY: takes numbers.
    Errno::check(unsafe { syscall2(libc::SYS_fchmod as usize, copy.raw() as usize, 0o755) })?;
    // What finds no room may be told of as late as here, and a loss of power must not leave a file that is half there.
    // SAFETY: takes a number.
    Errno::check(unsafe { syscall2(libc::SYS_fsync as usize, copy.raw() as usize, 0) }).map(drop)
}

/// Asks whether it could be executed, and renames it. A rename over a link takes the place of the link.
fn rename(new: &[u8], path: &[u8]) -> Result<(), Errno> {
    let (here, new, path) = (libc::AT_FDCWD as usize, terminated(new)?, terminated(path)?);
    // SAFETY: the path ends with a NUL, as `terminated` says; the kernel only reads it.
    Errno::check(unsafe { syscall3(libc::SYS_faccessat as usize, here, new, libc::X_OK as usize) })?;
    // SAFETY: as above, for both paths.
    Errno::check(unsafe { syscall5(libc::SYS_renameat2 as usize, here, new, here, path, 0) }).map(drop)
}
