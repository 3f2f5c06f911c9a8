//! The first Rust after the entry: the kernel's stack becomes `Args` and `Env`, and the status that comes of them is
//! the end.

use core::ffi::c_char;
use core::slice;

use super::{MainStack, exit, set_mask};
use crate::args::{Args, Env, Spare};
use crate::model::signal::SignalSet;

/// Called by `arch`'s entry, once, with the stack as execve(2) leaves it: a count, so many pointers to
/// arguments and a null, pointers to the environment and a null (System V psABI 3.4.1).
///
/// # Safety
/// `stack` must be that.
pub(crate) unsafe extern "C" fn start(stack: *mut usize) -> ! {
    // Before anything else: signals that come from now on are kept until they can be dealt with.
    let inherited = set_mask(SignalSet::ALL);
    // SAFETY: the first word is the count.
    let count = unsafe { *stack };
    let argv = stack.wrapping_add(1).cast::<*const c_char>();
    let envp = argv.wrapping_add(count + 1);
    let mut variables = 0;
    // SAFETY: reads up to the null pointer and no further.
    while !unsafe { *envp.wrapping_add(variables) }.is_null() {
        variables += 1;
    }
    // SAFETY: `count` pointers and a null one. The memory is the process's own, lives as long as it does, and nothing
    // else refers to it.
    let argv = unsafe { slice::from_raw_parts_mut(argv, count + 1) };
    // SAFETY: the same, with the number of variables just counted.
    let envp = unsafe { slice::from_raw_parts_mut(envp, variables + 1) };
    // SAFETY: an `argv` of execve(2), whose strings live as long.
    let args = unsafe { Args::new(argv) };
    let spare = Spare::default();
    // SAFETY: an `envp` of execve(2), whose strings live as long.
    let env = unsafe { Env::new(envp, &spare) };
    // SAFETY: the entry has called this function on the kernel's stack.
    let stack = unsafe { MainStack::new() };
    exit(crate::run(args, env, inherited, &stack))
}
