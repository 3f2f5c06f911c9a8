//! `Errno`: the one place that tells a result from an error in what a syscall returned, and the words for
//! the errors that starting a program can meet. Pure.

use core::num::NonZero;

use crate::words::{Text, Words, words};

/// An error number of the kernel (errno(3)), 1 to 4095. Never 0, so that `Result<(), Errno>` is one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(NonZero<u32>);

impl Errno {
    pub const PERM: Self = Self::of(libc::EPERM);
    pub const NOENT: Self = Self::of(libc::ENOENT);
    pub const SRCH: Self = Self::of(libc::ESRCH);
    pub const INTR: Self = Self::of(libc::EINTR);
    pub const NOEXEC: Self = Self::of(libc::ENOEXEC);
    pub const CHILD: Self = Self::of(libc::ECHILD);
    pub const AGAIN: Self = Self::of(libc::EAGAIN);
    pub const ACCES: Self = Self::of(libc::EACCES);
    pub const NODEV: Self = Self::of(libc::ENODEV);
    pub const NOTDIR: Self = Self::of(libc::ENOTDIR);
    pub const OVERFLOW: Self = Self::of(libc::EOVERFLOW);
    pub const PIPE: Self = Self::of(libc::EPIPE);
    pub const NAMETOOLONG: Self = Self::of(libc::ENAMETOOLONG);
    pub const STALE: Self = Self::of(libc::ESTALE);
    pub const TIMEDOUT: Self = Self::of(libc::ETIMEDOUT);

    /// Splits the kernel's word: -4095..0 are negated error numbers, all else is the result
    /// (`include/linux/err.h`, MAX_ERRNO).
    ///
    /// # Errors
    /// The error number, when the word holds one.
    pub const fn check(word: usize) -> Result<usize, Self> {
        if word < -4095isize as usize { Ok(word) } else { Err(Self::of((word as i32).wrapping_neg())) }
    }

    const fn of(number: i32) -> Self {
        Self(match NonZero::new(number as u32) {
            Some(number) => number,
            // No error at all is not asked for.
            None => NonZero::<u32>::MIN,
        })
    }

    /// The number as libc's constants have it.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// What strerror(3) says in glibc and musl, for the errors of fork(2), execve(2), kill(2) and of the
    /// terminal; empty for any other.
    #[must_use]
    pub fn text(self) -> Text {
        let index = match self.0.get() as i32 {
            number @ 1..=14 => number - 1,
            number @ 19..=28 => number - 5,
            libc::EPIPE => 24,
            libc::ENAMETOOLONG => 25,
            libc::ENOSYS => 26,
            libc::ELOOP => 27,
            _ => return Text::EMPTY,
        };
        TEXTS.nth(index as usize)
    }
}

pub(crate) const TEXTS: Words = words![
    "Operation not permitted",
    "No such file or directory",
    "No such process",
    "Interrupted system call",
    "Input/output error",
    "No such device or address",
    "Argument list too long",
    "Exec format error",
    "Bad file descriptor",
    "No child processes",
    "Resource temporarily unavailable",
    "Cannot allocate memory",
    "Permission denied",
    "Bad address",
    "No such device",
    "Not a directory",
    "Is a directory",
    "Invalid argument",
    "Too many open files in system",
    "Too many open files",
    "Inappropriate ioctl for device",
    "Text file busy",
    "File too large",
    "No space left on device",
    "Broken pipe",
    "File name too long",
    "Function not implemented",
    "Too many levels of symbolic links",
];

#[cfg(test)]
mod tests {
    use super::{Errno, Text};
    use crate::line::Line;

    #[test]
    fn only_the_last_4095_words_are_errors() {
        assert_eq!(Errno::check(0), Ok(0));
        assert_eq!(Errno::check(isize::MAX as usize), Ok(isize::MAX as usize));
        assert_eq!(Errno::check(-4096isize as usize), Ok(-4096isize as usize));
        assert_eq!(Errno::check(-4095isize as usize), Err(Errno::of(4095)));
        assert_eq!(Errno::check(-1isize as usize), Err(Errno::PERM));
    }

    #[test]
    fn words_are_those_of_libc() {
        for number in 1..=133 {
            let mut line = Line::new();
            let ours = line.text(Errno::of(number).text()).as_bytes();
            let theirs = std::io::Error::from_raw_os_error(number).to_string();
            let theirs = theirs.rsplit_once(" (os error").unwrap().0;
            assert!(
                ours.is_empty() || ours == theirs.as_bytes(),
                "{number}: {} is not {theirs}",
                ours.escape_ascii()
            );
        }
        assert_ne!(Errno::NOENT.text(), Text::EMPTY);
    }
}
