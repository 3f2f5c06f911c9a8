//! x86_64: entry, syscall, restorer. Sources: System V psABI, process initialization (3.4); the kernel's
//! `arch/x86/entry/entry_64.S`, which keeps every register but rax, rcx and r11.

use core::arch::{asm, naked_asm};

/// The first instruction of the program.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn pausa_entry() -> ! {
    naked_asm!(
        "xor ebp, ebp", // Mark the outermost frame, as the psABI asks.
        "mov rdi, rsp", // First argument: the stack as the kernel laid it out, 16-byte aligned.
        "call {start}", // Leaves the stack misaligned by 8, as a function expects it.
        "ud2",          // `start` does not return.
        start = sym crate::sys::entry::start,
    )
}

#[inline(always)]
pub(crate) unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the caller vouches for the call; the clobbers are the kernel's.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            in("r9") f,
            lateout("rcx") _,
            lateout("r11") _,
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
        "mov r8, rsi",  // The kernel keeps r8 and r9 (entry_64.S); it looks at neither for these flags.
        "mov r9, rcx",
        "xor esi, esi", // No stack: the child moves to its own, below.
        "mov eax, {clone}",
        "syscall",
        "test eax, eax",
        "jz 2f",
        "ret",          // The parent.
        "2:",
        "xor ebp, ebp", // The child: mark the outermost frame.
        "mov rsp, r9",  // 16-byte aligned; the call leaves it misaligned by 8, as a function expects it.
        "mov rdi, rdx",
        "call r8",
        "ud2",
        clone = const libc::SYS_clone,
    )
}

/// x86_64 is the one architecture whose kernel insists on a restorer (`arch/x86/kernel/signal_64.c`).
pub(crate) const RESTORER: Option<unsafe extern "C" fn()> = Some(restorer);

#[unsafe(naked)]
unsafe extern "C" fn restorer() {
    naked_asm!(
        "mov eax, {rt_sigreturn}", // The frame that the kernel built is at the stack pointer.
        "syscall",                 // Does not return here.
        rt_sigreturn = const libc::SYS_rt_sigreturn,
    )
}
