//! Whether `PAUSA_OPTIONS` is ours to read.
//!
//! An engine gives a process that it executes in a container (`docker exec`, a probe, `kubectl exec`) the environment
//! of that container, so a pausa there sees the options that were meant for PID 1: its `-m` would overwrite the
//! termination message, its `-t all` would be refused. Such a process has its parent outside of the PID namespace, and
//! is in the cgroup of PID 1.
//!
//! The main process of a container that shares a PID namespace (`shareProcessNamespace`, `--pid=container:`) has its
//! parent outside, too, but a cgroup of its own: PID 1 is that of another container. Below a shell, the parent is
//! inside: who set the variable there meant it, because a pausa above would have taken it out.

use crate::model::process::Pid;
use crate::sys::{self, Kernel, Linux};

/// Whether an engine has put us into the container of PID 1. If that cannot be found out, without /proc, the answer is
/// yes: options that are not read do no harm to others.
// Inlined, its buffers would lie between the frames of a hold for good, and with them half a page.
#[inline(never)]
#[must_use]
pub fn is_entered() -> bool {
    // Any user may read both files (proc_pid_cgroup(5)). Their beginnings differ between containers.
    let (mut first, mut own) = ([0; 1024], [0; 1024]);
    sys::getpid() != Pid::INIT
        && sys::parent() == Pid::new(0)
        && match (
            Linux.read_file(b"/proc/1/cgroup\0", &mut first),
            Linux.read_file(b"/proc/self/cgroup\0", &mut own),
        ) {
            (Ok(first), Ok(own)) => first == own,
            _ => true,
        }
}
