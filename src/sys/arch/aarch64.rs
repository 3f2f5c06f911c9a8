//! aarch64: entry, syscall; the kernel brings the restorer. Sources: AAPCS64 (6.2, the stack; 6.4,
//! the frame record); the kernel's `arch/arm64/kernel/entry.S`, which keeps every register but x0.

use core::arch::{asm, naked_asm};

/// The first instruction of the program.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!(
        "mov x29, xzr", // Mark the outermost frame.
        "mov x30, xzr",
        "mov x0, sp",   // First argument: the stack as the kernel laid it out, 16-byte aligned.
        "bl {start}",
        "brk #1",       // `start` does not return.
        start = sym crate::sys::entry::start,
    )
}

#[inline(always)]
pub(crate) unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the caller vouches for the call; the kernel keeps the rest.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            lateout("x0") result,
            options(nostack),
        );
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall1(number: usize, a: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            options(nostack),
        );
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall2(number: usize, a: usize, b: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            options(nostack),
        );
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            options(nostack),
        );
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall4(number: usize, a: usize, b: usize, c: usize, d: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
            options(nostack),
        );
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall6(
    number: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
            in("x5") f,
            options(nostack),
        );
    }
    result
}

#[unsafe(naked)]
pub(crate) unsafe extern "C" fn clone(
    flags: usize,
    child: unsafe extern "C" fn(*const ()) -> !,
    argument: *const (),
    stack: *mut u8,
) -> usize {
    naked_asm!(
        "mov x9, x1",   // The kernel keeps all but x0; it looks at neither x2 nor x3 for these flags.
        "mov x1, xzr",  // No stack: the child moves to its own, below.
        "mov x8, #{clone}",
        "svc #0",
        "cbz x0, 2f",
        "ret",          // The parent.
        "2:",
        "mov x29, xzr", // The child: mark the outermost frame.
        "mov sp, x3",
        "mov x0, x2",
        "blr x9",
        "brk #1",
        clone = const libc::SYS_clone,
    )
}

/// The kernel returns from a handler by its vdso (`arch/arm64/kernel/signal.c`).
pub(crate) const RESTORER: Option<unsafe extern "C" fn()> = None;
