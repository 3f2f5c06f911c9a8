//! What the kernel says of a process: proc_pid_stat(5) and proc_pid_status(5), read from outside its namespace.

use crate::harness::subject::foreign;
use crate::harness::syscall::SignalSet;
use nix::unistd::Pid;
use std::fmt;
use std::fs;

/// One line of /proc/PID/stat.
#[derive(Clone, Debug)]
pub struct Process {
    pub pid: Pid,
    pub name: String,
    /// `R`, `S`, `T` (stopped), `Z` (zombie) and so on.
    pub state: char,
    pub parent: Pid,
    pub group: Pid,
}

impl Process {
    /// Nothing if there is no such process (any more).
    pub fn of(pid: Pid) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may hold blanks and parentheses itself.
        let (open, close) = (stat.find('(')?, stat.rfind(')')?);
        let mut rest = stat[close + 1..].split_ascii_whitespace();
        let state = rest.next()?.chars().next()?;
        let mut number = || Some(Pid::from_raw(rest.next()?.parse().ok()?));
        let (parent, group) = (number()?, number()?);
        Some(Self { pid, name: stat[open + 1..close].to_owned(), state, parent, group })
    }

    /// Everything below `root` in the tree of processes, without `root`.
    pub fn descendants_of(root: Pid) -> Vec<Self> {
        let all: Vec<Self> = fs::read_dir("/proc")
            .expect("read /proc")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|number| Self::of(Pid::from_raw(number)))
            .collect();
        let mut family = vec![root];
        let mut found: Vec<Self> = Vec::new();
        while let Some(parent) = family.pop() {
            let children = all.iter().filter(|process| process.parent == parent);
            found.extend(children.cloned().inspect(|child| family.push(child.pid)));
        }
        found
    }

    /// The quickest look there is, for rows that race.
    pub fn has_children(pid: Pid) -> bool {
        !children(pid).is_empty()
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({}) child of {}, group {}",
            self.state, self.pid, self.name, self.parent, self.group
        )
    }
}

/// /proc/PID/status.
pub struct Status(String);

impl Status {
    /// # Panics
    /// If there is no such process.
    pub fn of(pid: Pid) -> Self {
        Self(fs::read_to_string(format!("/proc/{pid}/status")).expect("the process exists"))
    }

    /// The text of another process's own report, such as the output of `cat /proc/self/status`.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    pub fn field(&self, name: &str) -> &str {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("/proc/PID/status has no {name} in {:?}", self.0)).trim()
    }

    /// One of SigPnd, ShdPnd, SigBlk, SigIgn, SigCgt.
    pub fn signals(&self, name: &str) -> SignalSet {
        SignalSet::from_str_radix(self.field(name), 16).expect("a set in hexadecimal")
    }
}

/// The children that the kernel lists, of a process that has one thread.
pub fn children(pid: Pid) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_ascii_whitespace().filter_map(|number| Some(Pid::from_raw(number.parse().ok()?))).collect()
}

/// The signals that are sent to `pid` as a whole and not taken yet; nothing if it is gone.
pub fn pending(pid: Pid) -> Option<SignalSet> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"))?;
    SignalSet::from_str_radix(line.trim(), 16).ok()
}

/// The number that `pid` has in its innermost PID namespace.
pub fn inner(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    Some(Pid::from_raw(line.split_ascii_whitespace().last()?.parse().ok()?))
}

/// Whether `pid` waits for a signal now; if so, whether for ever: a null pointer for a limit (sigtimedwait(2)).
pub fn waits_for_ever(pid: Pid) -> Option<bool> {
    let text = fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
    let words: Vec<&str> = text.split(' ').collect();
    (words[0] == libc::SYS_rt_sigtimedwait.to_string()).then(|| words[3] == "0x0")
}

/// Whether `pid` waits in pause(2) for a signal: the state that holding is.
pub fn is_paused(pid: Pid) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let number = call.split_ascii_whitespace().next().and_then(|number| number.parse().ok());
    number.is_some_and(is_pause)
}

/// Newer architectures have no pause(2), and wait in ppoll(2) without descriptors instead. An emulator waits for
/// either in a way of its own: qemu-user in rt_sigsuspend(2).
fn is_pause(number: libc::c_long) -> bool {
    #[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
    let native = [libc::SYS_ppoll];
    #[cfg(not(any(target_arch = "aarch64", target_arch = "riscv64")))]
    let native = [libc::SYS_pause];
    let emulated = [libc::SYS_ppoll, libc::SYS_rt_sigsuspend];
    if foreign().is_some() { emulated.contains(&number) } else { native.contains(&number) }
}
