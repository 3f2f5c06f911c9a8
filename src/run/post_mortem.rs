//! Gathers the facts of the termination message, and writes it.

use crate::bytes::{decimal, split_once};
use crate::cli::config::Config;
use crate::message::event::{Event, Level};
use crate::message::line::Line;
use crate::message::termination::{self, Asked, Facts, Format, Sheet};
use crate::model::process::{self, Fd, Pid};
use crate::model::siginfo::{Origin, Received};
use crate::run::report::report;
use crate::sys::Kernel;
use crate::time::Nanoseconds;

/// Where a container sees its own cgroup: version 2, then version 1.
const COUNTERS: [&[u8]; 2] =
    [b"/sys/fs/cgroup/memory.events\0", b"/sys/fs/cgroup/memory/memory.oom_control\0"];

/// Whether /proc was mounted for our PID namespace: in another one the same numbers are other processes
/// (`unshare --pid --fork` without `--mount-proc`). The first word of `/proc/self/stat` says who we are there.
fn proc_is_ours(kernel: impl Kernel) -> bool {
    let mut buffer = [0; 16];
    let stat = kernel.read_file(b"/proc/self/stat\0", &mut buffer).unwrap_or(&[]);
    decimal(split_once(stat, b' ').0) == Some(kernel.own_pid().number())
}

/// The user of a process, as long as it lives.
pub fn real_user(kernel: impl Kernel, process: Pid) -> Option<u32> {
    if !proc_is_ours(kernel) {
        return None;
    }
    let (mut path, mut buffer) = (Line::new(), [0; 512]);
    path.bytes(b"/proc/").pid(process).bytes(b"/status\0");
    process::real_user(kernel.read_file(path.as_bytes(), &mut buffer).ok()?)
}

/// How many processes of this cgroup the kernel has killed so far for want of memory.
pub fn oom_kills(kernel: impl Kernel) -> u64 {
    let mut buffer = [0; 256];
    let mut most = 0;
    for path in &COUNTERS {
        if let Ok(text) = kernel.read_file(path, &mut buffer) {
            most = termination::oom_kills(text).max(most);
        }
    }
    most
}

/// Who has sent a stop signal. The sender's name can be read only as long as the sender lives, so this is done at
/// once. A queued signal may claim any sender, so no name is looked for.
pub fn asked(kernel: impl Kernel, received: &Received, at: Nanoseconds) -> Asked {
    let (mut origin, sender) = (received.origin(), received.sender());
    if received.may_be_bare() && !has_room(kernel) {
        origin = Origin::Unknown;
    }
    let mut comm = [0; 16];
    if origin == Origin::Kill && sender.raw() > 0 && proc_is_ours(kernel) {
        let mut path = Line::new();
        path.bytes(b"/proc/").pid(sender).bytes(b"/comm\0");
        let _ = kernel.read_file(path.as_bytes(), &mut comm);
    }
    Asked { signal: received.signal, origin, sender, uid: received.uid(), comm, at }
}

/// Whether a signal that comes now would keep what comes with it.
fn has_room(kernel: impl Kernel) -> bool {
    let mut buffer = [0; 2048];
    kernel.read_file(b"/proc/self/status\0", &mut buffer).is_ok_and(process::has_room)
}

/// Writes the message to `path`, and as text to stderr where the events of a run are reported. A failure is
/// reported, and changes nothing else.
pub fn write(kernel: impl Kernel, path: &[u8], facts: &Facts<'_>, config: &Config<'_>) {
    // A word of PAUSA_OPTIONS ends with a blank, and the kernel wants a NUL. A path that leaves no room for one is
    // longer than any the kernel takes, and is refused as that.
    let mut buffer = [0; libc::PATH_MAX as usize];
    for (place, &byte) in buffer.iter_mut().zip(path) {
        *place = byte;
    }
    let name = buffer.get(..=path.len()).unwrap_or(&buffer);
    if let Err(errno) = kernel.write_file(name, Sheet::new(config.message_format).compose(facts)) {
        report(kernel, config, Event::Unwritten { name: path, errno });
    }
    if config.verbosity >= Level::Info {
        let _ = kernel.write_line(Fd::STDERR, Sheet::new(Format::Text).compose(facts));
    }
}
