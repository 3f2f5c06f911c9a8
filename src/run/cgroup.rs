//! What the memory cgroup of this container tells (cgroups(7); the kernel's cgroup-v2.rst, and memory.rst of cgroup-v1).
//!
//! A cgroup is believed only if we are in it. What a container sees at /sys/fs/cgroup may be the cgroup of another: a mount
//! of the host's, or the one above ours, when the program has moved us to one below.

use crate::bytes::{count_behind, decimal, split, split_once, word_index};
use crate::message::line::Line;
use crate::policy::facts::Memory;
use crate::sys::Kernel;

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
            let directory = Directory { kernel, top: version.top, path };
            if directory.is_ours() {
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
    top: &'static [u8],
    path: &'a [u8],
}

impl<K: Kernel> Directory<'_, K> {
    /// Whether our number is in its list, which has numbers of our PID namespace.
    fn is_ours(&self) -> bool {
        let own = self.kernel.own_pid().number();
        let mut buffer = [0; 2048];
        let processes = self.read(b"/cgroup.procs\0", &mut buffer);
        // The last line may be cut, and its number another.
        let whole = processes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
        split(processes.get(..whole).unwrap_or(&[]), b'\n').any(|number| decimal(number) == Some(own))
    }

    /// The number behind `label` in one of its files.
    fn number(&self, file: &[u8], label: &[u8]) -> Option<u64> {
        let mut buffer = [0; 256];
        count_behind(label, self.read(file, &mut buffer))
    }

    fn read<'b>(&self, file: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
        let mut room = Line::ROOM;
        let mut path = Line::new(&mut room);
        path.bytes(self.top).bytes(self.path).bytes(file);
        self.kernel.read_file(path.as_bytes(), buffer).unwrap_or(&[])
    }
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
