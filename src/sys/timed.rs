//! Calls that take or give a time. Their times have 64 bits, also where a machine word has 32.
//!
//! A machine with words of 32 bits has each of these calls twice: the old one has a time that ends in 2038, the one
//! since Linux 5.1 has not. The new one is tried first. A kernel without it says ENOSYS, an engine with an older
//! seccomp filter says EPERM; no call here has another reason to say either.

use core::ptr;

#[cfg(target_pointer_width = "32")]
use crate::model::errno::Errno;
use crate::time::Nanoseconds;

/// `struct __kernel_timespec` (`include/uapi/linux/time_types.h`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

impl Timespec {
    pub(super) const fn new(time: Nanoseconds) -> Self {
        Self { seconds: time.seconds() as i64, nanoseconds: time.subseconds() as i64 }
    }

    pub(super) const fn get(self) -> Nanoseconds {
        Nanoseconds::new(self.seconds as u64 * Nanoseconds::SECOND.get() + self.nanoseconds as u64)
    }
}

/// The number of a call, and where that has a narrow time the number of its wide twin, which is the same on all such
/// machines (`include/uapi/asm-generic/unistd.h`).
#[derive(Clone, Copy)]
pub(super) struct Timed {
    number: usize,
    #[cfg(target_pointer_width = "32")]
    wide: usize,
}

pub(super) const CLOCK_GETTIME: Timed = Timed {
    number: libc::SYS_clock_gettime as usize,
    #[cfg(target_pointer_width = "32")]
    wide: 403,
};
pub(super) const PPOLL: Timed = Timed {
    number: libc::SYS_ppoll as usize,
    #[cfg(target_pointer_width = "32")]
    wide: 414,
};
pub(super) const RT_SIGTIMEDWAIT: Timed = Timed {
    number: libc::SYS_rt_sigtimedwait as usize,
    #[cfg(target_pointer_width = "32")]
    wide: 421,
};

impl Timed {
    /// Has `call` do it: it gets the number and the address of `time`, and gives the kernel's word.
    #[cfg(target_pointer_width = "64")]
    pub(super) fn call(self, time: &mut Timespec, call: impl Fn(usize, usize) -> usize) -> usize {
        call(self.number, ptr::from_mut(time) as usize)
    }

    /// Has `call` do it: it gets a number and the address of `time` as that call has it, and gives the kernel's word.
    #[cfg(target_pointer_width = "32")]
    pub(super) fn call(self, time: &mut Timespec, call: impl Fn(usize, usize) -> usize) -> usize {
        let word = call(self.wide, ptr::from_mut(time) as usize);
        if !matches!(Errno::check(word), Err(Errno::NOSYS | Errno::PERM)) {
            return word;
        }
        let mut narrow = [
            // Long waits do not fit. A caller that wakes early asks again.
            time.seconds.min(i64::from(i32::MAX)) as i32,
            time.nanoseconds as i32,
        ];
        let word = call(self.number, ptr::from_mut(&mut narrow) as usize);
        let [seconds, nanoseconds] = narrow.map(i64::from);
        *time = Timespec { seconds, nanoseconds };
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_what_it_is() {
        for time in [0, 1, 999_999_999, 1_000_000_000, 600_000 * 3_600_000_000_000] {
            assert_eq!(Timespec::new(Nanoseconds::new(time)).get(), Nanoseconds::new(time));
        }
    }
}
