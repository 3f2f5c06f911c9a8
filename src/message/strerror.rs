//! The texts of strerror(3) for the errors that pausa can meet. Pure.

use crate::message::text::{Text, Texts, texts};
use crate::model::errno::Errno;

/// What strerror(3) says in glibc, for the errors of fork(2), execve(2), kill(2), of the terminal and of files.
#[must_use]
pub fn strerror(errno: Errno) -> Option<Text> {
    let number = u8::try_from(errno.number()).ok().filter(u8::is_ascii)?;
    TEXTS.find(number)
}

const TEXTS: Texts = texts![
    (libc::EPERM, "Operation not permitted"),
    (libc::ENOENT, "No such file or directory"),
    (libc::ESRCH, "No such process"),
    (libc::EINTR, "Interrupted system call"),
    (libc::EIO, "Input/output error"),
    (libc::ENXIO, "No such device or address"),
    (libc::E2BIG, "Argument list too long"),
    (libc::ENOEXEC, "Exec format error"),
    (libc::EBADF, "Bad file descriptor"),
    (libc::ECHILD, "No child processes"),
    (libc::EAGAIN, "Resource temporarily unavailable"),
    (libc::ENOMEM, "Cannot allocate memory"),
    (libc::EACCES, "Permission denied"),
    (libc::ENODEV, "No such device"),
    (libc::ENOTDIR, "Not a directory"),
    (libc::EISDIR, "Is a directory"),
    (libc::EINVAL, "Invalid argument"),
    (libc::ENFILE, "Too many open files in system"),
    (libc::EMFILE, "Too many open files"),
    (libc::ENOTTY, "Inappropriate ioctl for device"),
    (libc::ETXTBSY, "Text file busy"),
    (libc::EFBIG, "File too large"),
    (libc::ENOSPC, "No space left on device"),
    (libc::EROFS, "Read-only file system"),
    (libc::EPIPE, "Broken pipe"),
    (libc::ENAMETOOLONG, "File name too long"),
    (libc::ENOSYS, "Function not implemented"),
    (libc::ELOOP, "Too many levels of symbolic links"),
    (libc::EDQUOT, "Disk quota exceeded"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_libc() {
        let mut known = 0;
        for number in 1..=4095 {
            let Some(ours) = strerror(Errno::of(number)) else { continue };
            let theirs = std::io::Error::from_raw_os_error(number).to_string();
            let theirs = theirs.rsplit_once(" (os error").unwrap().0;
            assert_eq!(ours.0.escape_ascii().to_string(), theirs, "{number}");
            known += 1;
        }
        assert_eq!(known, TEXTS.0.iter().filter(|&&byte| byte == 0).count());
    }
}
