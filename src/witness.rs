//! Gathers what the termination message tells, and writes it.

use crate::config::Config;
use crate::event::Event;
use crate::line::Line;
use crate::report;
use crate::sys::{self, Received};
use crate::termination::{self, Asked, Facts, Format};

/// Where a container sees its own cgroup: version 2, then version 1.
const COUNTERS: [&[u8]; 2] =
    [b"/sys/fs/cgroup/memory.events\0", b"/sys/fs/cgroup/memory/memory.oom_control\0"];

/// How many processes of this cgroup the kernel has killed so far for want of memory.
pub fn oom_kills() -> u64 {
    let mut buffer = [0; 256];
    let mut most = 0;
    for path in &COUNTERS {
        most = termination::oom_kills(sys::read_file(path, &mut buffer)).max(most);
    }
    most
}

/// Who has sent a stop signal, as long as it can be told: its name goes with it.
#[inline(never)]
pub fn asked(received: &Received) -> Asked {
    let sender = received.sender();
    let mut comm = [0; 16];
    if sender.raw() > 0 {
        let mut path = Line::new();
        path.bytes(b"/proc/").pid(sender).bytes(b"/comm\0");
        sys::read_file(path.as_bytes(), &mut comm);
    }
    Asked { signal: received.signal, sender, uid: received.uid(), comm, at: sys::now() }
}

/// Writes the message to `path`, and as text to stderr where things are told. A failure is told and no more.
pub fn write(path: &[u8], facts: &Facts<'_>, config: &Config<'_>) {
    let mut name = Line::new();
    // As it is: another path is another file. One that does not fit loses its NUL, and is refused.
    name.bytes(path).bytes(b"\0");
    let mut message = Line::new();
    termination::compose(facts, config.message_format, &mut message);
    if let Err(errno) = sys::write_file(name.as_bytes(), message.as_bytes()) {
        report::tell(config, &Event::Unwritten { name: path, errno });
    }
    if config.message_format != Format::Text {
        message = Line::new();
        termination::compose(facts, Format::Text, &mut message);
    }
    report::tell_message(config, message.as_bytes());
}
