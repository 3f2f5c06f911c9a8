//! s390x: entry, syscall, restorer. Sources: s390x ELF ABI (1.2.1, the stack frame and its 160 bytes for the
//! callee); the kernel's `arch/s390/kernel/entry.S`, which keeps every register but r2.

use core::arch::{asm, naked_asm};

/// The first instruction of the program.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!(
        "lgr %r2, %r15",         // First argument: the stack as the kernel laid it out, 8-byte aligned.
        "aghi %r15, -160",       // Where `start` saves registers.
        "xc 0(8,%r15), 0(%r15)", // Mark the outermost frame.
        "brasl %r14, {start}",
        ".short 0",              // No instruction: `start` does not return.
        start = sym crate::sys::entry::start,
    )
}

#[inline(always)]
pub(crate) unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the caller vouches for the call; the kernel keeps the rest.
    unsafe {
        asm!(
            "svc 0",
            in("r1") number,
            lateout("r2") result,
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
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
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
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
            in("r3") b,
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
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
            in("r3") b,
            in("r4") c,
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
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
            in("r3") b,
            in("r4") c,
            in("r5") d,
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
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
            in("r3") b,
            in("r4") c,
            in("r5") d,
            in("r6") e,
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
            "svc 0",
            in("r1") number,
            inlateout("r2") a => result,
            in("r3") b,
            in("r4") c,
            in("r5") d,
            in("r6") e,
            in("r7") f,
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
        "lgr %r0, %r3",          // The kernel keeps all but r2; it looks at neither r4 nor r5 for these flags.
        "lgr %r3, %r2",          // The flags come second here (clone(2), C library/kernel differences).
        "lghi %r2, 0",           // No stack: the child moves to its own, below.
        "lghi %r1, {clone}",
        "svc 0",
        "ltgr %r2, %r2",
        "je 2f",
        "br %r14",               // The parent.
        "2:",
        "lgr %r15, %r5",         // The child.
        "aghi %r15, -160",       // Where its callee saves registers.
        "xc 0(8,%r15), 0(%r15)", // Mark the outermost frame.
        "lgr %r2, %r4",
        "lgr %r1, %r0",          // A branch takes r0 for none.
        "basr %r14, %r1",
        ".short 0",
        clone = const libc::SYS_clone,
    )
}

/// Older kernels would put an instruction onto the stack, which cannot be executed
/// (`arch/s390/kernel/signal.c`).
pub(crate) const RESTORER: Option<unsafe extern "C" fn()> = Some(restorer);

#[unsafe(naked)]
unsafe extern "C" fn restorer() {
    naked_asm!("svc {rt_sigreturn}", rt_sigreturn = const libc::SYS_rt_sigreturn)
}
