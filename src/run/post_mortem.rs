//! The termination message: gathers its facts, and writes it, ahead and at the end.

use crate::bytes::{decimal, split_once};
use crate::cli::config::Config;
use crate::message::event::Event;
use crate::message::line::Line;
use crate::message::own_words::own_words;
use crate::message::termination::{Format, Page, compose};
use crate::message::text::{Text, text};
use crate::model::errno::Errno;
use crate::model::process::{self, Fd, Pid};
use crate::model::siginfo::{Origin, Received};
use crate::policy::facts::{Asked, End, Facts};
use crate::run::report::report;
use crate::sys::{self, Kernel};
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

/// Where the message goes, and what has been written there so far.
#[derive(Debug)]
pub struct Paper<'a> {
    path: &'a [u8],
    /// The file, open since before the start: whatever the program puts in its place later, or makes of its mode, it is
    /// this one that we write to. `None` for a stream, which is opened at the end, or if there is no place to write to.
    fd: Option<Fd>,
    is_stream: bool,
    /// The facts that stand there.
    written: Option<Facts<'a>>,
    /// Why nothing could be written the last time, which has been reported.
    failure: Option<Errno>,
}

impl<'a> Paper<'a> {
    /// Opens the file. That it cannot be is reported.
    #[must_use]
    pub fn open(kernel: impl Kernel, config: &Config<'_>, path: &'a [u8]) -> Self {
        let mut paper = Self { path, fd: None, is_stream: false, written: None, failure: None };
        let mut room = [0; libc::PATH_MAX as usize];
        match kernel.open_message(terminated(path, &mut room)) {
            Ok(fd) => paper.fd = Some(fd),
            Err(Errno::SPIPE | Errno::NXIO) => paper.is_stream = true,
            Err(errno) => paper.tell(kernel, config, errno),
        }
        paper
    }

    /// Gives the file the first number that is not a standard stream's. Returns which is the first of the others then.
    pub fn move_down(&mut self) -> Fd {
        self.fd = self.fd.and_then(|fd| sys::move_down(fd).ok());
        if self.fd.is_some() { Fd::new(Fd::FIRST_OTHER.raw() + 1) } else { Fd::FIRST_OTHER }
    }

    /// Writes what `facts` say, in the place of what we wrote last, and keeps what the program has written. Ahead of the end
    /// that is what is true if it is the last word: we are killed before we can write again. A stream gets the end alone.
    /// What stands there from an earlier run goes. A failure is reported once, and changes nothing else.
    // Its pages would lie between the frames of the loop.
    #[inline(never)]
    pub fn write(&mut self, kernel: impl Kernel, config: &Config<'_>, facts: &Facts<'a>) {
        let format = config.message_format;
        // What may stand behind a message while it is replaced.
        let mut page: Page = [b'\n'; size_of::<Page>()];
        let result = if let Some(fd) = self.fd {
            let (mut found, mut words): (_, &[u8]) = ([0; 2 * size_of::<Page>()], &[]);
            if let Some(written) = &self.written
                && let Ok(found) = kernel.read_end(fd, &mut found)
            {
                let ours = compose(&mut page, format, written, b"");
                words = own_words(found, page.get(..ours).unwrap_or(&[]), format);
                page = [b'\n'; size_of::<Page>()];
            }
            let length = compose(&mut page, format, facts, words);
            kernel.replace(fd, &page, length)
        } else if self.is_stream && facts.end != End::Pending {
            let length = compose(&mut page, format, facts, b"");
            let mut room = [0; libc::PATH_MAX as usize];
            kernel.write_stream(terminated(self.path, &mut room), page.get(..length).unwrap_or(&page))
        } else {
            return;
        };
        match result {
            Ok(()) => (self.written, self.failure) = (Some(*facts), None),
            Err(errno) if self.failure != Some(errno) => self.tell(kernel, config, errno),
            Err(_) => {}
        }
    }

    fn tell(&mut self, kernel: impl Kernel, config: &Config<'_>, errno: Errno) {
        self.failure = Some(errno);
        report(kernel, config, Event::Unwritten { name: self.path, errno, hint: remedy(errno) });
    }
}

/// Writes the message as text to stderr, where the events of a run are reported.
pub fn write_report(kernel: impl Kernel, facts: &Facts<'_>) {
    let mut page = [0; size_of::<Page>()];
    let length = compose(&mut page, Format::Text, facts, b"");
    let _ = kernel.write_line(Fd::STDERR, page.get(..length).unwrap_or(&page));
}

/// Writes the message of a run that never came to its program. That has been reported, so nothing more is said.
pub fn write_failure(kernel: impl Kernel, path: &[u8], page: &Page, length: usize) {
    let mut room = [0; libc::PATH_MAX as usize];
    let path = terminated(path, &mut room);
    match kernel.open_message(path) {
        Ok(fd) => drop(kernel.replace(fd, page, length)),
        Err(Errno::SPIPE) => drop(kernel.write_stream(path, page.get(..length).unwrap_or(page))),
        Err(_) => {}
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
