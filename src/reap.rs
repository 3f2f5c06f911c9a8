//! Collects what wait4(2) has to say of children, ours or adopted. Async-signal-safe.

use crate::sys::{self, Change};

/// The next child that has ended or stopped; an ended one is then gone. One SIGCHLD may stand for many of
/// them (signal(7)), so whoever gets one asks until there is no more.
pub fn changed() -> Option<Change> {
    sys::wait_any().ok().flatten()
}

/// Whether there is nobody left to wait for. Somebody who changes meanwhile says so by SIGCHLD, too.
pub fn is_childless() -> bool {
    sys::has_no_children()
}
