//! Collects what wait4(2) has to say of children, ours or adopted. Async-signal-safe.

use crate::process::Pid;
use crate::status::WaitStatus;
use crate::sys;

/// Every child that has ended or stopped by now; ended ones are then gone. One SIGCHLD may stand for many
/// (signal(7)), so whoever gets one takes them all.
pub fn changed() -> impl Iterator<Item = (Pid, WaitStatus)> {
    core::iter::from_fn(|| sys::wait_any().ok().flatten())
}
