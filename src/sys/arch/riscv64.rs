//! riscv64: entry, syscall; the kernel brings the restorer. Sources: RISC-V ELF psABI, integer calling
//! convention; the kernel's `arch/riscv/kernel/entry.S`, which keeps every register but a0 (and vectors, which
//! this target has not).

use core::arch::{asm, naked_asm};

/// The first instruction of the program.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!(
        "mv s0, zero",  // Mark the outermost frame.
        "mv ra, zero",
        "mv a0, sp",    // First argument: the stack as the kernel laid it out, 16-byte aligned.
        "call {start}", // No gp is needed: `link.ld` defines no place for it, so nothing is relaxed to it.
        "unimp",        // `start` does not return.
        start = sym crate::sys::entry::start,
    )
}

#[inline(always)]
pub(crate) unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the caller vouches for the call; the kernel keeps the rest.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            lateout("a0") result,
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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b,
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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b,
            in("a2") c,
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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b,
            in("a2") c,
            in("a3") d,
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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
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
            "ecall",
            in("a7") number,
            inlateout("a0") a => result,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            in("a4") e,
            in("a5") f,
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
        "mv t0, a1",   // The kernel keeps all but a0; it looks at neither a2 nor a3 for these flags.
        "li a1, 0",    // No stack: the child moves to its own, below.
        "li a7, {clone}",
        "ecall",
        "beqz a0, 2f",
        "ret",         // The parent.
        "2:",
        "mv s0, zero", // The child: mark the outermost frame.
        "mv sp, a3",
        "mv a0, a2",
        "jalr t0",
        "unimp",
        clone = const libc::SYS_clone,
    )
}

/// There is no such field: the kernel returns by its vdso (`arch/riscv/kernel/signal.c`).
pub(crate) const RESTORER: Option<unsafe extern "C" fn()> = None;
