//! Processes as numbers, and whom of them a signal is for. Pure.

use core::ffi::c_int;

use crate::signal::decimal;
use crate::split::split_once;

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

    /// As it is written: no process has a number below 0.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
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

/// The processes in a text of /proc (`children`, proc_pid_task(5)): numbers, each with a blank behind it. What
/// stands behind the last blank is the beginning of one that did not fit, and would be somebody else.
pub fn listed(text: &[u8]) -> impl Iterator<Item = Pid> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (number, behind) = split_once(rest, b' ');
        rest = behind?;
        decimal(number).map(|number| Pid::new(number as c_int))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_did_not_fit_is_nobody() {
        for (text, pids) in
            [(&b"12 345 "[..], &[12, 345][..]), (b"23227 23228 23", &[23227, 23228]), (b"1", &[]), (b"", &[])]
        {
            assert_eq!(listed(text).map(Pid::raw).collect::<Vec<_>>(), pids, "{}", text.escape_ascii());
        }
    }
}
