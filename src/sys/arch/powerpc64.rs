//! powerpc64le: entry, syscall; the kernel brings the restorer. Sources: OpenPOWER ELF V2 ABI (2.2.2, the
//! stack frame; 2.3.1, the TOC); the kernel's `Documentation/arch/powerpc/syscall64-abi.rst`: an error is a
//! positive number and the flag SO in cr0, and r0, r3 to r12, ctr, xer and cr0 are not kept.

use core::arch::{asm, naked_asm};

/// The first instruction of the program.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!(
        "mr 3, 1",        // First argument: the stack as the kernel laid it out, 16-byte aligned.
        "li 0, 0",
        "stdu 0, -32(1)", // A frame without a caller, for what `start` saves in it.
        "bcl 20, 31, 2f", // Where are we? From here the linker knows the way to the TOC, by which code finds data.
        "2:",
        "mflr 12",
        "addis 2, 12, .TOC.-2b@ha",
        "addi 2, 2, .TOC.-2b@l",
        "bl {start}",
        "nop",
        "trap",           // `start` does not return.
        start = sym crate::sys::entry::start,
    )
}

#[inline(always)]
pub(crate) unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the caller vouches for the call; the clobbers are the kernel's.
    unsafe {
        asm!(
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            lateout("r3") result,
            lateout("r4") _,
            lateout("r5") _,
            lateout("r6") _,
            lateout("r7") _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            lateout("r4") _,
            lateout("r5") _,
            lateout("r6") _,
            lateout("r7") _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            inlateout("r4") b => _,
            lateout("r5") _,
            lateout("r6") _,
            lateout("r7") _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            lateout("r6") _,
            lateout("r7") _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            inlateout("r6") d => _,
            lateout("r7") _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            inlateout("r6") d => _,
            inlateout("r7") e => _,
            lateout("r8") _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
            "sc",
            "bns+ 2f",
            "neg 3, 3",
            "2:",
            inlateout("r0") number => _,
            inlateout("r3") a => result,
            inlateout("r4") b => _,
            inlateout("r5") c => _,
            inlateout("r6") d => _,
            inlateout("r7") e => _,
            inlateout("r8") f => _,
            lateout("r9") _,
            lateout("r10") _,
            lateout("r11") _,
            lateout("r12") _,
            lateout("ctr") _,
            lateout("xer") _,
            lateout("cr0") _,
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
        "stdu 1, -64(1)", // A frame, for three registers that the kernel keeps.
        "std 29, 40(1)",
        "std 30, 48(1)",
        "std 31, 56(1)",
        "mr 29, 4",
        "mr 30, 5",
        "mr 31, 6",
        "li 4, 0",        // No stack: the child moves to its own, below.
        "li 0, {clone}",
        "sc",
        "bns+ 2f",
        "neg 3, 3",       // The error, as on other machines.
        "2:",
        "cmpdi 3, 0",
        "beq 3f",
        "ld 31, 56(1)",   // The parent.
        "ld 30, 48(1)",
        "ld 29, 40(1)",
        "addi 1, 1, 64",
        "blr",
        "3:",
        "mr 1, 31",       // The child.
        "li 0, 0",
        "stdu 0, -32(1)", // A frame without a caller, for what the function saves in it.
        "mr 12, 29",      // A function that is called by address wants it in r12.
        "mtctr 12",
        "mr 3, 30",
        "bctrl",
        "trap",
        clone = const libc::SYS_clone,
    )
}

/// The kernel returns from a handler by its vdso (`arch/powerpc/kernel/signal_64.c`).
pub(crate) const RESTORER: Option<unsafe extern "C" fn()> = None;
