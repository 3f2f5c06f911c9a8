//! How processes end: `WaitStatus`, what the kernel says of a child, and `ExitStatus`, what pausa says of
//! itself. Pure.
//!
//! | status | meaning |
//! |---|---|
//! | 0 to 255 | the child exited with it |
//! | 128 + n | signal n ended the child: 137 SIGKILL, 139 SIGSEGV, 143 SIGTERM, 162 SIGRTMIN |
//! | 124 | the child ran longer than `--timeout` says |
//! | 125 | pausa itself failed: bad options, no fork |
//! | 126 | the command was found, but could not be run |
//! | 127 | the command was not found |
//!
//! The numbers are those of the shells (POSIX XCU 2.8.2), env(1), timeout(1) and docker-run(1).
//! 128 + n loses something, as execline's `exitcodes` page says well: a child that exits with 143 by itself looks the
//! same as one that SIGTERM ended. The reports and the termination message show the difference.

use core::ffi::c_int;

use crate::model::signal::Signal;

/// The word that wait4(2) stores. Only one of the questions below has an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitStatus(c_int);

impl WaitStatus {
    #[must_use]
    pub const fn new(raw: c_int) -> Self {
        Self(raw)
    }

    /// What the kernel says of a process that `signal` has killed, without a core dump.
    #[must_use]
    pub const fn killed_by(signal: Signal) -> Self {
        Self(signal.number() as c_int)
    }

    /// The exit code; 0 if it has not exited.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        if self.0 & 0x7f == 0 { (self.0 >> 8) as u8 } else { 0 }
    }

    /// The signal that ended it, if one did.
    #[must_use]
    pub const fn term_signal(self) -> Option<Signal> {
        // 0x7f is not a signal but the mark of a stopped process.
        Signal::new(self.0 & 0x7f)
    }

    /// Whether the kernel dumped core; meaningful only with [`Self::term_signal`].
    #[must_use]
    pub const fn dumped_core(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// The signal that stopped it, if it is stopped and not ended.
    #[must_use]
    pub const fn stop_signal(self) -> Option<Signal> {
        if self.0 & 0xff == 0x7f { Signal::new(self.0 >> 8 & 0xff) } else { None }
    }
}

/// What pausa exits with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitStatus(pub u8);

impl ExitStatus {
    pub const SUCCESS: Self = Self(0);
    pub const TIMED_OUT: Self = Self(124);
    pub const OWN_FAILURE: Self = Self(125);
    pub const NOT_RUNNABLE: Self = Self(126);
    pub const NOT_FOUND: Self = Self(127);
    /// By SIGKILL.
    pub const KILLED: Self = Self(137);

    /// The child's code, or 128 + the signal that ended it.
    #[must_use]
    pub const fn of(ended: WaitStatus) -> Self {
        match ended.term_signal() {
            Some(signal) => Self(128 + signal.number()),
            None => Self(ended.exit_code()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_agrees_with_libc_over_every_word() {
        for raw in 0..=0xffff {
            let wait = WaitStatus::new(raw);
            let code = if libc::WIFEXITED(raw) { libc::WEXITSTATUS(raw) as u8 } else { 0 };
            assert_eq!(wait.exit_code(), code, "{raw:#x}");
            let stopped = (libc::WIFSTOPPED(raw)).then(|| Signal::new(libc::WSTOPSIG(raw))).flatten();
            assert_eq!(wait.stop_signal(), stopped, "{raw:#x}");
            if let Some(signal) = Signal::new(raw) {
                assert_eq!(WaitStatus::killed_by(signal), wait, "{raw:#x}");
            }
            if libc::WIFSIGNALED(raw) && libc::WTERMSIG(raw) <= 64 {
                assert_eq!(wait.term_signal().unwrap().number(), libc::WTERMSIG(raw) as u8, "{raw:#x}");
                assert_eq!(wait.dumped_core(), libc::WCOREDUMP(raw), "{raw:#x}");
            }
        }
    }

    #[test]
    fn an_end_becomes_a_status() {
        for (raw, status) in
            [(0x0000, 0), (0x0700, 7), (0xff00, 255), (9, 137), (15, 143), (0x8b, 139), (34, 162), (64, 192)]
        {
            assert_eq!(ExitStatus::of(WaitStatus::new(raw)), ExitStatus(status), "{raw:#x}");
        }
    }
}
