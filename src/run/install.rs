//! `--install`: copies this program to another place, such as a volume that a container without pausa starts it from.

use crate::cli::config::Config;
use crate::message::event::Event;
use crate::message::line::Line;
use crate::message::text::{Text, text};
use crate::model::errno::Errno;
use crate::model::status::ExitStatus;
use crate::run::report::fail;
use crate::sys;

/// Copies to `path`, or under our name into the directory of that name. Returns what to exit with.
// Its paths would lie between the frames of a hold.
#[inline(never)]
pub fn install(config: &Config<'_>, path: &[u8]) -> ExitStatus {
    let (mut room, mut other) = ([0; libc::PATH_MAX as usize], [0; libc::PATH_MAX as usize]);
    let mut line = Line::new(&mut room);
    let (mut name, mut target) = (path, line.bytes(path).push(0).as_bytes());
    if sys::enter_directory(target).is_ok() {
        (name, target) = (b"pausa", b"pausa\0");
    }
    // No other one is made in the same nanosecond in the same folder; if so, that is an error (O_EXCL).
    let mut new = Line::new(&mut other);
    new.bytes(name).bytes(b".").number(sys::clock().unwrap_or_default().get()).push(0);
    let (mut name, mut hint) = (&b"/proc/self/exe"[..], Text::EMPTY);
    let installed = sys::open_own_file().and_then(|own| {
        name = path;
        sys::install(own, new.as_bytes(), target)
    });
    let Err(errno) = installed else { return ExitStatus::SUCCESS };
    if errno == Errno::ACCES {
        hint = text!("; mounted noexec, or not yours to write to");
    }
    fail(config, Event::NotInstalled { name, errno, hint })
}
