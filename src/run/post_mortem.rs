//! The termination message: gathers its facts, and writes it, ahead and at the end.

use crate::bytes::{decimal, split_once};
use crate::cli::config::Config;
use crate::message::event::{Event, Level};
use crate::message::line::Line;
use crate::message::own_words::own_words;
use crate::message::termination::{Format, Page, compose};
use crate::message::text::{Text, text};
use crate::model::errno::Errno;
use crate::model::process::{self, Fd, Pid};
use crate::model::siginfo::{Origin, Received};
use crate::policy::facts::{Asked, Facts};
use crate::run::report::report;
use crate::sys::Kernel;
use crate::time::Nanoseconds;

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
    let (mut room, mut buffer) = (Line::ROOM, [0; 512]);
    let mut path = Line::new(&mut room);
    path.bytes(b"/proc/").pid(process).bytes(b"/status\0");
    process::real_user(kernel.read_file(path.as_bytes(), &mut buffer).ok()?)
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
        let mut room = Line::ROOM;
        let mut path = Line::new(&mut room);
        path.bytes(b"/proc/").pid(sender).bytes(b"/comm\0");
        let _ = kernel.read_file(path.as_bytes(), &mut comm);
    }
    let date = kernel.date().ok();
    Asked { signal: received.signal, origin, sender, uid: received.uid(), comm, at, date }
}

/// Whether a signal that comes now would keep what comes with it.
fn has_room(kernel: impl Kernel) -> bool {
    let mut buffer = [0; 2048];
    kernel.read_file(b"/proc/self/status\0", &mut buffer).is_ok_and(process::has_room)
}

/// What has been written so far to the place of the message.
#[derive(Debug)]
pub struct Paper<'a> {
    path: &'a [u8],
    /// The facts that stand there.
    written: Option<Facts<'a>>,
    /// Why nothing could be written ahead, which has been reported.
    failure: Option<Errno>,
}

impl<'a> Paper<'a> {
    #[must_use]
    pub const fn new(path: &'a [u8]) -> Self {
        Self { path, written: None, failure: None }
    }

    /// Writes what is true if it is the last word: we are killed before we can write again. Streams get the message at the
    /// end alone. What stands there from an earlier run goes.
    pub fn write_ahead(&mut self, kernel: impl Kernel, config: &Config<'_>, facts: &Facts<'a>) {
        match self.write(kernel, config, facts) {
            Ok(()) => self.written = Some(*facts),
            Err(Errno::SPIPE | Errno::NXIO) => {}
            Err(errno) => self.tell(kernel, config, errno),
        }
    }

    /// Writes the whole truth, and as text to stderr where the events of a run are reported. A failure is reported, and
    /// changes nothing else.
    pub fn write_end(&mut self, kernel: impl Kernel, config: &Config<'_>, facts: &Facts<'a>) {
        let result = match self.write(kernel, config, facts) {
            Err(Errno::SPIPE) => {
                let mut page = [0; size_of::<Page>()];
                let length = compose(&mut page, config.message_format, facts, b"");
                let mut room = [0; libc::PATH_MAX as usize];
                kernel.write_stream(terminated(self.path, &mut room), page.get(..length).unwrap_or(&page))
            }
            result => result,
        };
        if let Err(errno) = result
            && self.failure != Some(errno)
        {
            self.tell(kernel, config, errno);
        }
        if config.verbosity >= Level::Info {
            let mut page = [0; size_of::<Page>()];
            let length = compose(&mut page, Format::Text, facts, b"");
            let _ = kernel.write_line(Fd::STDERR, page.get(..length).unwrap_or(&page));
        }
    }

    /// Replaces what we wrote last, and keeps what the program has written.
    // Its pages would lie between the frames of the loop.
    #[inline(never)]
    fn write(&self, kernel: impl Kernel, config: &Config<'_>, facts: &Facts<'a>) -> Result<(), Errno> {
        let (mut room, mut found) = ([0; libc::PATH_MAX as usize], [0; 2 * size_of::<Page>()]);
        let path = terminated(self.path, &mut room);
        let format = config.message_format;
        // What may stand behind a message while it is replaced.
        let mut page: Page = [b'\n'; size_of::<Page>()];
        let mut words: &[u8] = &[];
        if facts.pid.is_some()
            && let Ok(found) = kernel.read_end(path, &mut found)
        {
            let ours = self.written.map_or(0, |written| compose(&mut page, format, &written, b""));
            words = own_words(found, page.get(..ours).unwrap_or(&[]), format);
            page = [b'\n'; size_of::<Page>()];
        }
        let length = compose(&mut page, format, facts, words);
        kernel.replace_file(path, &page, length)
    }

    fn tell(&mut self, kernel: impl Kernel, config: &Config<'_>, errno: Errno) {
        self.failure = Some(errno);
        report(kernel, config, Event::Unwritten { name: self.path, errno, hint: remedy(errno) });
    }
}

/// Writes the message of a run that never came to its program. That has been reported, so nothing more is said.
pub fn write_failure(kernel: impl Kernel, path: &[u8], page: &Page, length: usize) {
    let mut room = [0; libc::PATH_MAX as usize];
    let path = terminated(path, &mut room);
    if kernel.replace_file(path, page, length) == Err(Errno::SPIPE) {
        let _ = kernel.write_stream(path, page.get(..length).unwrap_or(page));
    }
}

/// The path with a NUL behind it, which the kernel wants: a word of PAUSA_OPTIONS ends with a blank. One that leaves no
/// room for a NUL is longer than any the kernel takes, and is refused as that.
fn terminated<'b>(path: &[u8], room: &'b mut [u8; libc::PATH_MAX as usize]) -> &'b [u8] {
    for (place, &byte) in room.iter_mut().zip(path) {
        *place = byte;
    }
    room.get(..=path.len()).unwrap_or(room)
}

/// What to do about a message that cannot be written.
const fn remedy(errno: Errno) -> Text {
    match errno {
        Errno::NOENT => text!("; it must be there before the start, pausa does not make it"),
        Errno::ISDIR => text!("; an engine makes a directory where the file to be mounted is missing"),
        Errno::ACCES | Errno::PERM => text!("; the user of the container must be able to write to it"),
        Errno::LOOP => text!("; no part of the path may be a link"),
        Errno::ROFS => text!("; mount a file there that can be written to"),
        _ => Text::EMPTY,
    }
}
