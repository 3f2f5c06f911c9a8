//! What the memory cgroup of this container tells (cgroups(7); the kernel's cgroup-v2.rst, and memory.rst of cgroup-v1).
//!
//! A cgroup is believed only if we are in it. What a container sees at /sys/fs/cgroup may be the cgroup of another: a mount
//! of the host's, or the one above ours, when the program has moved us to one below.

use crate::bytes::{count_behind, decimal, split, split_once, word_index};
use crate::message::line::Line;
use crate::model::process::Pid;
use crate::policy::facts::Memory;
use crate::policy::inspection::Limits;
use crate::sys::{Kernel, Linux};

/// Where a version has its cgroups, and what it calls the files.
struct Version {
    /// Where they are mounted, by custom.
    top: &'static [u8],
    /// What the line of /proc/self/cgroup with our path names between its colons.
    controller: &'static [u8],
    /// Its line for OOM kills begins with `oom_kill `, in both versions.
    events: &'static [u8],
    limit: &'static [u8],
    peak: &'static [u8],
}

const VERSIONS: [Version; 2] = [
    Version {
        top: b"/sys/fs/cgroup",
        controller: b"",
        events: b"/memory.events\0",
        limit: b"/memory.max\0",
        peak: b"/memory.peak\0",
    },
    Version {
        top: b"/sys/fs/cgroup/memory",
        controller: b"memory",
        events: b"/memory.oom_control\0",
        limit: b"/memory.limit_in_bytes\0",
        peak: b"/memory.max_usage_in_bytes\0",
    },
];

/// What ours tells.
pub fn memory(kernel: impl Kernel) -> Memory {
    let mut buffer = [0; 4096];
    let cgroups = kernel.read_file(b"/proc/self/cgroup\0", &mut buffer).unwrap_or(&[]);
    for version in &VERSIONS {
        // A mount shows all cgroups of our cgroup namespace, or ours alone.
        for path in [own_path(cgroups, version.controller).unwrap_or(b""), b""] {
            let directory = Directory { kernel, root: b"", top: version.top, path };
            if directory.has(kernel.own_pid()) {
                return Memory {
                    oom_kills: directory.number(version.events, b"oom_kill "),
                    limit: directory.number(version.limit, b"").filter(|&limit| limit < NO_LIMIT),
                    peak: directory.number(version.peak, b""),
                };
            }
        }
    }
    Memory::default()
}

/// From here on, a limit of version 1 is none (PAGE_COUNTER_MAX of `include/linux/page_counter.h`). Version 2 says `max`.
const NO_LIMIT: u64 = 1 << 62;

/// The path of our cgroup, from `number:controllers:path`.
fn own_path<'a>(cgroups: &'a [u8], controller: &[u8]) -> Option<&'a [u8]> {
    split(cgroups, b'\n').find_map(|line| {
        let (controllers, path) = split_once(split_once(line, b':').1?, b':');
        word_index(controllers, b',', controller).and(path)
    })
}

struct Directory<'a, K> {
    kernel: K,
    /// Through whose eyes: `/proc/1/root`, or nothing for our own.
    root: &'a [u8],
    top: &'static [u8],
    path: &'a [u8],
}

impl<K: Kernel> Directory<'_, K> {
    /// Whether a process is in its list, which has numbers of our PID namespace.
    fn has(&self, process: Pid) -> bool {
        let mut buffer = [0; 2048];
        let processes = self.read(b"/cgroup.procs\0", &mut buffer);
        // The last line may be cut, and its number another.
        let whole = processes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
        split(processes.get(..whole).unwrap_or(&[]), b'\n')
            .any(|number| decimal(number) == Some(process.number()))
    }

    /// The number behind `label` in one of its files.
    fn number(&self, file: &[u8], label: &[u8]) -> Option<u64> {
        let mut buffer = [0; 256];
        count_behind(label, self.read(file, &mut buffer))
    }

    fn read<'b>(&self, file: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
        let mut room = Line::ROOM;
        let mut path = Line::new(&mut room);
        path.bytes(self.root).bytes(self.top).bytes(self.path).bytes(file);
        self.kernel.read_file(path.as_bytes(), buffer).unwrap_or(&[])
    }
}

/// What the cgroups of `process` tell, which shares ours or not. `None`: they are not visible.
pub fn limits(process: Pid, is_ours: bool) -> Option<Limits> {
    let (mut room, mut buffer) = (Line::ROOM, [0; 4096]);
    let mut path = Line::new(&mut room);
    path.bytes(b"/proc/").pid(process).bytes(b"/cgroup\0");
    let cgroups = Linux.read_file(path.as_bytes(), &mut buffer).unwrap_or(&[]);
    let mut room = Line::ROOM;
    let mut root = Line::new(&mut room);
    root.bytes(b"/proc/").pid(process).bytes(b"/root");
    // Another container's are where that container sees them.
    let roots: [&[u8]; 2] = [root.as_bytes(), if is_ours { b"" } else { root.as_bytes() }];
    let find = |top, controller: &[u8]| {
        let own = own_path(cgroups, controller).unwrap_or(b"");
        let places = roots.iter().flat_map(|&root| [(root, own), (root, &b""[..])]);
        places
            .map(|(root, path)| Directory { kernel: Linux, root, top, path })
            .find(|directory| directory.has(process))
    };
    if let Some(unified) = find(b"/sys/fs/cgroup", b"") {
        return Some(Limits {
            frozen: unified.number(b"/cgroup.events\0", b"frozen ").map(|frozen| frozen > 0),
            pids: unified.number(b"/pids.current\0", b""),
            pids_max: unified.number(b"/pids.max\0", b""),
            pids_hits: unified.number(b"/pids.events\0", b"max "),
            memory: unified.number(b"/memory.current\0", b""),
            memory_max: unified.number(b"/memory.max\0", b""),
            oom_kills: unified.number(b"/memory.events\0", b"oom_kill "),
            oom_group: unified.number(b"/memory.oom.group\0", b""),
        });
    }
    let (pids, memory) = (find(b"/sys/fs/cgroup/pids", b"pids"), find(b"/sys/fs/cgroup/memory", b"memory"));
    if pids.is_none() && memory.is_none() {
        return None;
    }
    let mut limits = Limits::default();
    if let Some(pids) = pids {
        limits.pids = pids.number(b"/pids.current\0", b"");
        limits.pids_max = pids.number(b"/pids.max\0", b"");
        limits.pids_hits = pids.number(b"/pids.events\0", b"max ");
    }
    if let Some(memory) = memory {
        limits.memory = memory.number(b"/memory.usage_in_bytes\0", b"");
        limits.memory_max = memory.number(b"/memory.limit_in_bytes\0", b"").filter(|&limit| limit < NO_LIMIT);
        limits.oom_kills = memory.number(b"/memory.oom_control\0", b"oom_kill ");
    }
    let freezer = find(b"/sys/fs/cgroup/freezer", b"freezer");
    limits.frozen = freezer.map(|freezer| freezer.read(b"/freezer.state\0", &mut [0; 16]).starts_with(b"FR"));
    Some(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_path_is_found_in_both_versions() {
        let both = b"12:cpuset:/a\n9:cpu,memory:/docker/b\n1:name=systemd:/c\n0::/d:e\n";
        assert_eq!(own_path(both, b"memory"), Some(&b"/docker/b"[..]));
        assert_eq!(own_path(both, b""), Some(&b"/d:e"[..]));
        assert_eq!(own_path(b"0::/\n", b"memory"), None);
        assert_eq!(own_path(b"", b""), None);
    }
}
