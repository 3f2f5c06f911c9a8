//! What /proc tells of a process in one line or in `status` (proc_pid_stat(5), proc_pid_status(5)). Pure.

use crate::bytes::{decimal, hexadecimal, integer, line_behind, split};
use crate::model::process::Pid;
use crate::model::signal::{Signal, SignalSet};

/// The name that a process shows, up to 15 bytes, and NULs behind it (TASK_COMM_LEN).
pub type Comm = [u8; 16];

/// One process, as far as `stat` tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    pub pid: Pid,
    pub comm: Comm,
    /// A letter: `R`, `S`, `D`, `T`, `t`, `Z` and so on.
    pub state: u8,
    /// 0 if it is outside of our PID namespace.
    pub parent: Pid,
    pub threads: u32,
    /// Since the start of the machine, in clock ticks.
    pub started: u64,
}

impl Stat {
    /// Of no process.
    pub const NONE: Self =
        Self { pid: Pid::new(0), comm: [0; 16], state: b'X', parent: Pid::new(0), threads: 0, started: 0 };

    /// `None`: it is cut, or not what the kernel writes.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        // The name may have parentheses and newlines of its own; behind it there are only numbers.
        let begin = line.iter().position(|&byte| byte == b'(')?;
        let end = line.iter().rposition(|&byte| byte == b')')?;
        let pid = decimal(line.get(..begin)?.trim_ascii_end())?;
        let mut stat = Self { pid: Pid::new(pid as i32), ..Self::NONE };
        for (place, &byte) in stat.comm.iter_mut().zip(line.get(begin + 1..end)?) {
            *place = byte;
        }
        // From the third on, as the manual page counts.
        for (number, field) in (3..=22).zip(split(line.get(end + 2..)?, b' ')) {
            match number {
                3 => stat.state = *field.first()?,
                4 => stat.parent = Pid::new(decimal(field)? as i32),
                20 => stat.threads = decimal(field)?,
                22 => {
                    stat.started = u64::try_from(integer(field)?.0).ok()?;
                    return Some(stat);
                }
                _ => {}
            }
        }
        None
    }

    /// Whether it has ended, and its parent has not waited for it. A leader that ended before its threads looks the same but
    /// for their number.
    #[must_use]
    pub const fn is_zombie(&self) -> bool {
        self.state == b'Z' && self.threads <= 1
    }

    /// Its name without the NULs.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        split(&self.comm, 0).next().unwrap_or(&[])
    }
}

/// A set of signals behind `label` in `status`, or in the `fdinfo` of a signalfd(2).
#[must_use]
pub fn signals(label: &[u8], status: &[u8]) -> Option<SignalSet> {
    hexadecimal(line_behind(label, status)?).map(SignalSet::from_bits)
}

/// Whether a process with the first `status` may signal the one with the other (kill(2)): a user in common, or CAP_KILL.
/// `None`: that is not known.
#[must_use]
pub fn may_signal(sender: &[u8], target: &[u8]) -> Option<bool> {
    const CAP_KILL: u64 = 1 << 5;
    // Real, effective, saved, for files.
    fn user(status: &[u8], index: usize) -> Option<u32> {
        u32::try_from(integer(split(line_behind(b"Uid:\t", status)?, b'\t').nth(index)?)?.0).ok()
    }
    let capable = hexadecimal(line_behind(b"CapEff:\t", sender)?)? & CAP_KILL != 0;
    let (real, effective) = (user(sender, 0)?, user(sender, 1)?);
    let theirs = [user(target, 0)?, user(target, 2)?];
    Some(capable || theirs.contains(&real) || theirs.contains(&effective))
}

/// Whether a signal's default action ends a process: `None` if it stops or continues it, or has no effect (signal(7)).
#[must_use]
pub const fn ends_by_default(signal: Signal) -> bool {
    const OTHERS: SignalSet = SignalSet::of(&[
        Signal::CHLD,
        Signal::CONT,
        Signal::URG,
        Signal::WINCH,
        Signal::STOP,
        Signal::TSTP,
        Signal::TTIN,
        Signal::TTOU,
    ]);
    !OTHERS.contains(signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &[u8] = b" 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 7777 8 9";

    #[test]
    fn a_name_may_look_like_anything() {
        for (line, name, state) in [
            (&b"7 (sh) S"[..], &b"sh"[..], b'S'),
            (b"7 (a) Z 1 (b) R", b"a) Z 1 (b", b'R'),
            (b"7 (two words\n) T", b"two words\n", b'T'),
            (b"7 () D", b"", b'D'),
        ] {
            let stat = Stat::parse(&[line, TAIL].concat()).expect("a whole line");
            assert_eq!((stat.name(), stat.state, stat.threads, stat.started), (name, state, 3, 7777));
            assert_eq!((stat.pid.raw(), stat.parent.raw()), (7, 1));
        }
        for cut in [&b""[..], b"7", b"7 (sh", b"7 (sh)", b"7 (sh) ", b"7 (sh) S 1 2 3", b"x (sh) S 1"] {
            assert_eq!(Stat::parse(cut), None, "{}", cut.escape_ascii());
        }
    }

    #[test]
    fn a_leader_without_its_threads_is_no_zombie() {
        let zombie = Stat { state: b'Z', threads: 1, ..Stat::NONE };
        assert!(zombie.is_zombie());
        assert!(!Stat { threads: 2, ..zombie }.is_zombie());
        assert!(!Stat { state: b'S', ..zombie }.is_zombie());
    }

    #[test]
    fn users_and_a_capability_decide_who_may_signal() {
        let status = |uids: &str, capabilities: &str| format!("Uid:\t{uids}\nCapEff:\t{capabilities}\n");
        let none = "0000000000000000";
        for (sender, capabilities, target, may) in [
            ("0\t0\t0\t0", none, "0\t0\t0\t0", Some(true)),
            ("0\t0\t0\t0", none, "1000\t1000\t1000\t1000", Some(false)),
            ("0\t0\t0\t0", "0000000000000020", "1000\t1000\t1000\t1000", Some(true)),
            ("0\t0\t0\t0", none, "1000\t1000\t0\t1000", Some(true)),
            ("0\t0\t0\t0", none, "1000\t0\t1000\t1000", Some(false)),
            ("5\t1000700000\t5\t5", none, "1000700000\t7\t7\t7", Some(true)),
            ("0", none, "0\t0\t0\t0", None),
        ] {
            let (sender, target) = (status(sender, capabilities), status(target, none));
            assert_eq!(may_signal(sender.as_bytes(), target.as_bytes()), may, "{sender} {target}");
        }
        assert_eq!(may_signal(b"", b""), None);
    }
}
