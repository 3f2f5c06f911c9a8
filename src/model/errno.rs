//! `Errno`: the one place that tells a result from an error in what a syscall returned. Pure.

use core::num::NonZero;

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
    pub const FBIG: Self = Self::of(libc::EFBIG);
    pub const NOTTY: Self = Self::of(libc::ENOTTY);
    pub const INVAL: Self = Self::of(libc::EINVAL);
    pub const NXIO: Self = Self::of(libc::ENXIO);
    pub const NOSYS: Self = Self::of(libc::ENOSYS);
    pub const NOMEM: Self = Self::of(libc::ENOMEM);
    pub const NOSPC: Self = Self::of(libc::ENOSPC);
    pub const LOOP: Self = Self::of(libc::ELOOP);
    pub const NODEV: Self = Self::of(libc::ENODEV);
    pub const NOTDIR: Self = Self::of(libc::ENOTDIR);
    pub const ISDIR: Self = Self::of(libc::EISDIR);
    pub const OVERFLOW: Self = Self::of(libc::EOVERFLOW);
    pub const ROFS: Self = Self::of(libc::EROFS);
    pub const SPIPE: Self = Self::of(libc::ESPIPE);
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

    /// The error that libc calls so, 1 to 4095.
    #[must_use]
    pub const fn of(number: i32) -> Self {
        Self(match NonZero::new(number as u32) {
            Some(number) => number,
            // Not reached: 0 is not an error number.
            None => NonZero::<u32>::MIN,
        })
    }

    /// The number as libc's constants have it.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn only_the_last_4095_words_are_errors() {
        assert_eq!(Errno::check(0), Ok(0));
        assert_eq!(Errno::check(isize::MAX as usize), Ok(isize::MAX as usize));
        assert_eq!(Errno::check(-4096isize as usize), Ok(-4096isize as usize));
        assert_eq!(Errno::check(-4095isize as usize), Err(Errno::of(4095)));
        assert_eq!(Errno::check(-1isize as usize), Err(Errno::PERM));
    }
}
