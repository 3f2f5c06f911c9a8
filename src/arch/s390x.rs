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
        start = sym crate::start::start,
    )
}

#[inline(always)]
pub(crate) unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the caller vouches for the call; the kernel keeps the rest.
    unsafe { asm!("svc 0", in("r1") number, lateout("r2") result, options(nostack)) }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall1(number: usize, a: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe { asm!("svc 0", in("r1") number, inlateout("r2") a => result, options(nostack)) }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall2(number: usize, a: usize, b: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe { asm!("svc 0", in("r1") number, inlateout("r2") a => result, in("r3") b, options(nostack)) }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!("svc 0", in("r1") number, inlateout("r2") a => result, in("r3") b, in("r4") c, options(nostack))
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall4(number: usize, a: usize, b: usize, c: usize, d: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!("svc 0", in("r1") number, inlateout("r2") a => result, in("r3") b, in("r4") c, in("r5") d, options(nostack))
    }
    result
}

#[inline(always)]
pub(crate) unsafe fn syscall5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> usize {
    let result;
    // SAFETY: as syscall0.
    unsafe {
        asm!("svc 0", in("r1") number, inlateout("r2") a => result, in("r3") b, in("r4") c, in("r5") d, in("r6") e, options(nostack))
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
        asm!("svc 0", in("r1") number, inlateout("r2") a => result, in("r3") b, in("r4") c, in("r5") d, in("r6") e, in("r7") f, options(nostack))
    }
    result
}

#[unsafe(naked)]
pub(crate) unsafe extern "C" fn vfork(
    child: unsafe extern "C" fn(*const ()) -> !,
    argument: *const (),
) -> usize {
    naked_asm!(
        "lgr %r4, %r2",    // The kernel keeps r4 and r5; without CLONE_*TID it does not look at them.
        "lgr %r5, %r3",
        "lghi %r2, 0",     // The same stack; here it comes before the flags (clone(2), C library/kernel differences).
        "lghi %r3, {flags}",
        "lghi %r1, {clone}",
        "svc 0",
        "ltgr %r2, %r2",
        "je 2f",
        "br %r14",         // The parent: the child has called execve or ended.
        "2:",
        "lgr %r2, %r5",    // The child.
        "aghi %r15, -160", // Its callee saves registers below what ours may save.
        "basr %r14, %r4",
        ".short 0",
        flags = const libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
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
