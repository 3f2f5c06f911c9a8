//! What `--inspect` has found. Pure data, in tables of a fixed size.

use crate::bytes::{split, split_once};
use crate::model::process::Pid;
use crate::model::signal::Signal;
use crate::model::stat::Stat;
use crate::policy::disposition::{Stop, Verdict};

/// A table of up to `N`.
#[derive(Clone, Copy, Debug)]
pub struct List<T, const N: usize> {
    items: [T; N],
    count: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    #[must_use]
    pub const fn new(nothing: T) -> Self {
        Self { items: [nothing; N], count: 0 }
    }

    /// `false`: there is no room.
    pub fn push(&mut self, item: T) -> bool {
        let Some(place) = self.items.get_mut(self.count) else { return false };
        *place = item;
        self.count += 1;
        true
    }

    #[must_use]
    pub fn all(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or(&[])
    }

    pub fn all_mut(&mut self) -> &mut [T] {
        self.items.get_mut(..self.count).unwrap_or(&mut [])
    }
}

/// How many of a kind are told.
pub const MOST: usize = 16;

/// The beginning of a command line, blanks between its words.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub bytes: [u8; 160],
    pub length: usize,
}

/// A process that a signal reaches, or would.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pub stat: Stat,
    pub words: Words,
    pub verdict: Verdict,
}

impl Process {
    pub const NONE: Self =
        Self { stat: Stat::NONE, words: Words { bytes: [0; 160], length: 0 }, verdict: Verdict::GONE };

    /// Empty for a process that has none: a zombie, or one that waits uninterruptibly and was not asked.
    #[must_use]
    pub fn words(&self) -> &[u8] {
        self.words.bytes.get(..self.words.length).unwrap_or(&[])
    }
}

/// The main process of a container, and the first child of an init.
#[derive(Clone, Copy, Debug)]
pub struct Main {
    pub process: Process,
    pub child: Option<Process>,
    pub stop: Stop,
    /// What the stop ends with, where that is known.
    pub exit_status: Option<u8>,
}

impl Main {
    pub const NONE: Self =
        Self { process: Process::NONE, child: None, stop: Stop::Unknown, exit_status: None };
}

/// A process whose children have ended and are not waited for.
#[derive(Clone, Copy, Debug)]
pub struct Careless {
    pub parent: Pid,
    pub comm: [u8; 16],
    pub count: u32,
}

/// What a cgroup tells. `None`: it is not visible, or there is no limit.
#[derive(Clone, Copy, Default, Debug)]
pub struct Limits {
    pub frozen: Option<bool>,
    pub pids: Option<u64>,
    pub pids_max: Option<u64>,
    pub pids_hits: Option<u64>,
    pub memory: Option<u64>,
    pub memory_max: Option<u64>,
    pub oom_kills: Option<u64>,
    pub oom_group: Option<u64>,
}

/// What could not be seen.
#[derive(Clone, Copy, Default, Debug)]
pub struct Unseen {
    /// Whom the limits are of, if they are not visible.
    pub limits_of: Option<Pid>,
    /// A table was full.
    pub more: bool,
    /// /proc hides processes of other users.
    pub hidden: bool,
}

/// All of it.
#[derive(Clone, Copy, Debug)]
pub struct Inspection {
    pub namespace: u64,
    pub signal: Signal,
    /// The first one is PID 1.
    pub mains: List<Main, MOST>,
    pub entered: List<Process, MOST>,
    pub zombies: List<Careless, MOST>,
    pub stopped: List<Stat, MOST>,
    pub uninterruptible: List<Stat, MOST>,
    pub limits: Limits,
    pub unseen: Unseen,
}

impl Inspection {
    #[must_use]
    pub const fn new(namespace: u64, signal: Signal) -> Self {
        let limits = Limits {
            frozen: None,
            pids: None,
            pids_max: None,
            pids_hits: None,
            memory: None,
            memory_max: None,
            oom_kills: None,
            oom_group: None,
        };
        Self {
            namespace,
            signal,
            mains: List::new(Main::NONE),
            entered: List::new(Process::NONE),
            zombies: List::new(Careless { parent: Pid::new(0), comm: [0; 16], count: 0 }),
            stopped: List::new(Stat::NONE),
            uninterruptible: List::new(Stat::NONE),
            limits,
            unseen: Unseen { limits_of: None, more: false, hidden: false },
        }
    }
}

/// Whether two processes are in one container, by their `cgroup` (proc_pid_cgroup(5)): the same path in each hierarchy, or one
/// below the other, as a program may have moved itself there. From another cgroup namespace, a path that is not below
/// ours begins with `/..` (cgroup_namespaces(7)).
#[must_use]
pub fn share_container(a: &[u8], b: &[u8]) -> bool {
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let mut others = split(b, b'\n');
    for line in split(a, b'\n') {
        let Some(other) = others.next() else { return false };
        let ((number, rest), (other_number, other_rest)) = (split_once(line, b':'), split_once(other, b':'));
        let (Some(rest), Some(other_rest)) = (rest, other_rest) else { continue };
        let (one, two) =
            (split_once(rest, b':').1.unwrap_or(b""), split_once(other_rest, b':').1.unwrap_or(b""));
        if number != other_number || !(is_below(one, two) || is_below(two, one)) {
            return false;
        }
    }
    true
}

/// Whether `path` is `top`, or in it.
fn is_below(path: &[u8], top: &[u8]) -> bool {
    let top = top.strip_suffix(b"/").unwrap_or(top);
    path.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with(b"/") && !rest.starts_with(b"/..")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_a_cgroup_and_what_is_below() {
        for (a, b, share) in [
            ("0::/\n", "0::/\n", true),
            ("0::/\n", "0::/init\n", true),
            ("0::/\n", "0::/../other\n", false),
            ("0::/../one\n", "0::/../two\n", false),
            ("0::/docker/a\n", "0::/docker/ab\n", false),
            ("0::/docker/a\n", "0::/docker/a/b\n", true),
            ("2:memory:/a\n1:pids:/a\n", "2:memory:/a\n1:pids:/a\n", true),
            ("2:memory:/a\n1:pids:/a\n", "2:memory:/b\n1:pids:/a\n", false),
            ("2:memory:/a\n", "1:memory:/a\n", false),
            ("", "0::/\n", false),
        ] {
            assert_eq!(share_container(a.as_bytes(), b.as_bytes()), share, "{a:?} {b:?}");
            assert_eq!(share_container(b.as_bytes(), a.as_bytes()), share, "{b:?} {a:?}");
        }
    }

    #[test]
    fn a_full_table_takes_no_more() {
        let mut list = List::<u8, 2>::new(0);
        assert!(list.push(1) && list.push(2) && !list.push(3));
        assert_eq!(list.all(), [1, 2]);
    }
}
