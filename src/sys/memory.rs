//! Memory that is given back, and the clock.

use core::marker::PhantomData;
use core::ptr;

use super::arch::{syscall2, syscall3};
use super::timed::{CLOCK_GETTIME, Timespec};
use crate::model::errno::Errno;
use crate::time::Nanoseconds;

/// Proof that the caller runs on the stack of the process, below which there is nothing but what finished calls have
/// left. It stays with one thread, since it is neither `Send` nor `Sync`; so it cannot reach the child of
/// [`clone`](super::clone), whose stack has frames of the parent below it.
#[derive(Debug)]
pub struct MainStack(PhantomData<*mut ()>);

impl MainStack {
    /// # Safety
    /// The caller runs on the stack that execve(2) has made.
    pub(super) const unsafe fn new() -> Self {
        Self(PhantomData)
    }
}

/// Gives back the memory that a hold has used on its way: the stack below the caller's page, which finished
/// calls and signal frames have left, and the mapping of all the code that is not for holding (`link.ld`).
/// Memory that is used again is faulted in. MADV_DONTNEED of madvise(2), twice.
pub fn release_memory(_: &MainStack) {
    const PAGE: usize = 4096;
    const REACH: usize = 16 * PAGE;
    unsafe extern "C" {
        static pausa_cold_start: u8;
        static pausa_cold_end: u8;
    }
    let here = 0_u8;
    // Further down than any red zone reaches (128 bytes on x86_64, 288 on powerpc64).
    let stack = (ptr::from_ref(&here) as usize - 1024) & !(PAGE - 1);
    let cold = (&raw const pausa_cold_start as usize) & !(PAGE - 1);
    let cold_end = &raw const pausa_cold_end as usize;
    // SAFETY: on this stack nothing lives below the stack pointer and its red zone, and `stack` is below both.
    unsafe { give_back(stack - REACH, REACH) };
    // SAFETY: these pages are the file's, unchanged, and come back from it.
    unsafe { give_back(cold, cold_end - cold) };
}

/// MADV_DONTNEED of madvise(2).
///
/// # Safety
/// What the pages hold is not needed any more, or they are a file's and have not been written to. The same is true of
/// the rest of the last page. (Where pages are larger than 4 KiB, the kernel refuses a start within one.)
unsafe fn give_back(start: usize, length: usize) {
    // SAFETY: the caller vouches for the pages.
    unsafe { syscall3(libc::SYS_madvise as usize, start, length, libc::MADV_DONTNEED as usize) };
}

/// The time since some start, which no change of the date moves: clock_gettime(2), CLOCK_MONOTONIC.
///
/// # Errors
/// What a seccomp filter says: most programs never make this call, since the vDSO has the clock for them (vdso(7)).
pub fn clock() -> Result<Nanoseconds, Errno> {
    time_of(libc::CLOCK_MONOTONIC)
}

/// The time since the beginning of 1970, UTC, as far as the machine knows: CLOCK_REALTIME.
///
/// # Errors
/// As [`clock`].
pub fn calendar() -> Result<Nanoseconds, Errno> {
    time_of(libc::CLOCK_REALTIME)
}

fn time_of(clock: libc::clockid_t) -> Result<Nanoseconds, Errno> {
    let mut time = Timespec::new(Nanoseconds::ZERO);
    let result = CLOCK_GETTIME.call(&mut time, |number, place| {
        // SAFETY: the kernel writes one timespec.
        unsafe { syscall2(number, clock as usize, place) }
    });
    Errno::check(result).map(|_| time.get())
}
