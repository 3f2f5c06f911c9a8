//! The border to the processor. Each architecture is one flat file that defines the same names in the
//! same order:
//!
//! - `pausa_entry`: the first instruction. It marks the outermost frame, hands the kernel's stack
//!   (`argc`, `argv`, `envp`) to [`crate::sys::entry::start`] and never returns.
//! - `syscall0` to `syscall6`: enter the kernel with a number and that many arguments, and return its
//!   word as Linux gives it on most machines: a value, or a negated error number in -4095..0. An
//!   architecture that reports errors by a flag turns them into this form itself.
//! - `clone`: clone(2) with these flags and no stack, which gives parent and child the same stack pointer. The parent
//!   returns the kernel's word. The child writes nothing before it has moved to `stack`, which grows down and is
//!   aligned to 16 bytes; there it calls `child(argument)`, which must not return. This cannot be written in Rust: the
//!   compiler may touch the stack anywhere in between. Giving the kernel no stack keeps its address out of the call,
//!   so that a seccomp profile can name all that is allowed, on s390x too, where it comes before the flags. The flags
//!   must ask for no thread-local storage and store no thread's number: the registers of those arguments are not set.
//! - `RESTORER`: the code a signal handler returns to, or `None` where the kernel brings its own.
//!
//! Only `sys` names this module.

#[cfg_attr(target_arch = "x86_64", path = "arch/x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "arch/aarch64.rs")]
#[cfg_attr(target_arch = "arm", path = "arch/arm.rs")]
#[cfg_attr(target_arch = "riscv64", path = "arch/riscv64.rs")]
#[cfg_attr(target_arch = "powerpc64", path = "arch/powerpc64.rs")]
#[cfg_attr(target_arch = "s390x", path = "arch/s390x.rs")]
mod chosen;
pub(crate) use chosen::*;

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64",
    target_arch = "powerpc64",
    target_arch = "s390x",
)))]
compile_error!("pausa has no entry and no syscall for this architecture; add a file to src/sys/arch");
