//! Processes as numbers, and whom of them a signal is for. Pure.

use core::ffi::c_int;

/// A process, or the group it leads, as this PID namespace numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pid(c_int);

impl Pid {
    /// The first process of a PID namespace (pid_namespaces(7)); as the sender of a signal, 0 is the kernel
    /// or somebody outside of the namespace.
    pub const INIT: Self = Self(1);

    #[must_use]
    pub const fn new(raw: c_int) -> Self {
        Self(raw)
    }

    #[must_use]
    pub const fn raw(self) -> c_int {
        self.0
    }
}

/// Whom a signal is for, in the words of kill(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipient {
    Process(Pid),
    /// The process group that this process leads, or has led.
    Group(Pid),
    /// Our own process group.
    OwnGroup,
    /// Every process that we may signal, except ourselves and PID 1.
    Everyone,
}
