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
    let mut rooms = [[0; libc::PATH_MAX as usize]; 2];
    let [room, other] = &mut rooms;
    let is_directory = sys::is_directory(Line::new(room).bytes(path).push(0).as_bytes()) == Ok(true);
    let inside: &[u8] = if is_directory { b"/pausa" } else { b"" };
    let mut target = Line::new(room);
    target.bytes(path).bytes(inside).push(0);
    // No other one is made in the same nanosecond in the same folder; if so, that is an error (O_EXCL).
    let moment = sys::clock().unwrap_or_default().get();
    let mut new = Line::new(other);
    new.bytes(path).bytes(inside).bytes(b".").number(moment).push(0);
    let (mut name, mut hint) = (&b"/proc/self/exe"[..], Text::EMPTY);
    let installed = sys::open_own_file().and_then(|own| {
        name = target.as_bytes().split_last().map_or(path, |(_, name)| name);
        sys::install(own, new.as_bytes(), target.as_bytes())
    });
    match installed {
        Ok(()) => ExitStatus::SUCCESS,
        Err(errno) => {
            if errno == Errno::ACCES {
                hint = text!("; is it mounted noexec, or not yours to write to?");
            }
            fail(config, Event::NotInstalled { name, errno, hint })
        }
    }
}
