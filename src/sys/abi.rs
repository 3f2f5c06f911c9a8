//! Structures as the kernel has them, where libc's crate has only glibc's.

use core::ffi::c_int;

use super::arch;
use crate::model::signal::SignalSet;

/// `struct sigaction` of the kernel (`include/linux/signal_types.h`). glibc's has the mask in second place
/// and 128 bytes of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Sigaction {
    handler: usize,
    flags: usize,
    /// Only where the architecture defines SA_RESTORER (`include/linux/signal_types.h`).
    #[cfg(not(target_arch = "riscv64"))]
    restorer: Option<unsafe extern "C" fn()>,
    /// In words, as the kernel has it: a set of 8 bytes would be aligned to them on 32-bit machines, too.
    mask: [usize; 8 / size_of::<usize>()],
}

/// Not in libc's crate for every architecture; the same number on all (`include/linux/signal_types.h`).
const SA_RESTORER: usize = 0x0400_0000;

impl Sigaction {
    /// SIG_DFL or SIG_IGN. Nothing returns from them, so there is nothing to restore.
    pub(super) const fn plain(handler: usize) -> Self {
        Self {
            handler,
            flags: 0,
            #[cfg(not(target_arch = "riscv64"))]
            restorer: None,
            mask: [0; 8 / size_of::<usize>()],
        }
    }

    pub(super) const fn is(&self, handler: usize) -> bool {
        self.handler == handler
    }

    /// SA_SIGINFO is always set: without it, some architectures build an older frame, which needs another sigreturn
    /// than the restorer's.
    ///
    /// The mask is full: one handler runs at a time, so one frame of stack is enough.
    pub(super) const fn new(handler: usize, flags: c_int) -> Self {
        let restorer = if arch::RESTORER.is_some() { SA_RESTORER } else { 0 };
        Self {
            handler,
            flags: flags as usize | libc::SA_SIGINFO as usize | restorer,
            #[cfg(not(target_arch = "riscv64"))]
            restorer: arch::RESTORER,
            mask: [usize::MAX; 8 / size_of::<usize>()],
        }
    }
}

const _: () = assert!(size_of::<SignalSet>() == 8);

#[cfg(test)]
mod tests {
    use crate::model::siginfo::Siginfo;
    use std::mem::{offset_of, size_of, zeroed};

    #[test]
    fn siginfo_is_laid_out_as_libc_has_it() {
        // SAFETY: numbers only.
        let mut libc_info: libc::siginfo_t = unsafe { zeroed() };
        assert_eq!(size_of::<Siginfo>(), size_of::<libc::siginfo_t>());
        assert_eq!(offset_of!(Siginfo, code), offset_of!(libc::siginfo_t, si_code));
        // SAFETY: the same size, as just seen, and numbers only.
        let ours = unsafe { &mut *(&raw mut libc_info).cast::<Siginfo>() };
        (ours.pid, ours.uid) = (41, 42);
        // SAFETY: these fields are numbers.
        let (pid, uid) = (unsafe { libc_info.si_pid() }, unsafe { libc_info.si_uid() });
        assert_eq!((pid, uid), (41, 42));
    }
}
