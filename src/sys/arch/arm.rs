//! arm, version 7, EABI: entry, syscall; the kernel brings the restorer. Sources: AAPCS32 (6.2, the stack);
//! the kernel's `arch/arm/kernel/entry-common.S`, which keeps every register but r0.

use core::arch::{asm, naked_asm};

/// The first instruction of the program.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!(
        "mov r11, #0", // Mark the outermost frame.
        "mov lr, #0",
        "mov r0, sp",  // First argument: the stack as the kernel laid it out, 8-byte aligned.
        "bl {start}",
        "udf #0",      // `start` does not return.
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
            in("r7") number,
            lateout("r0") result,
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
            in("r7") number,
            inlateout("r0") a => result,
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
            in("r7") number,
            inlateout("r0") a => result,
            in("r1") b,
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
            in("r7") number,
            inlateout("r0") a => result,
            in("r1") b,
            in("r2") c,
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
            in("r7") number,
            inlateout("r0") a => result,
            in("r1") b,
            in("r2") c,
            in("r3") d,
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
            in("r7") number,
            inlateout("r0") a => result,
            in("r1") b,
            in("r2") c,
            in("r3") d,
            in("r4") e,
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
            in("r7") number,
            inlateout("r0") a => result,
            in("r1") b,
            in("r2") c,
            in("r3") d,
            in("r4") e,
            in("r5") f,
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
        "push {{r4, r7}}", // Both are the caller's.
        "mov r4, r1",      // The kernel keeps all but r0; it looks at none of r2, r3 and r4 for these flags.
        "mov r1, #0",      // No stack: the child moves to its own, below.
        "mov r7, #{clone}",
        "svc #0",
        "cmp r0, #0",
        "beq 2f",
        "pop {{r4, r7}}",  // The parent.
        "bx lr",
        "2:",
        "mov r11, #0",     // The child: mark the outermost frame.
        "mov sp, r3",
        "mov r0, r2",
        "blx r4",
        "udf #0",
        clone = const libc::SYS_clone,
    )
}

/// The kernel returns from a handler by its signal page (`arch/arm/kernel/signal.c`).
pub(crate) const RESTORER: Option<unsafe extern "C" fn()> = None;
