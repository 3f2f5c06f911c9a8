//! Collects what wait4(2) has to say of children, ours or adopted. Async-signal-safe.

use crate::sys::{self, Change};

/// The next child that has ended or stopped; an ended one is then gone. One SIGCHLD may stand for many of
/// them (signal(7)), so whoever gets one asks until there is no more.
pub fn changed() -> Option<Change> {
    sys::wait_any().ok().flatten()
}
