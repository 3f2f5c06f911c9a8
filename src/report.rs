//! Tells a human: one event, one line, one write, in the personality's words. Never waits for whoever reads
//! it, and never fails.

use crate::config::{Config, Stream, Task};
use crate::event::{Event, Level, Speaker};
use crate::line::Line;
use crate::personality::Personality;
use crate::status::ExitStatus;
use crate::sys::{self, Fd};
use crate::voice::Printed;

/// Tells of `event`, if `config` wants to hear of such. `false`: it does, but nobody could take the line.
#[inline(never)]
pub fn tell(config: &Config<'_>, event: &Event<'_>) -> bool {
    if event.is_chatter() && config.verbosity < Level::Info {
        return true;
    }
    // What no original knows is told in our own words, whoever we are.
    let personality = if event.is_ours_alone() { Personality::ours() } else { config.personality };
    let Some((level, beginning, text)) = personality.voice.words_for(event) else { return true };
    if level > config.verbosity {
        return true;
    }
    let speaker = Speaker { name: config.name, pid: sys::getpid() };
    let mut line = Line::new();
    event.fill(beginning, speaker, &mut line);
    event.fill(text, speaker, &mut line);
    line.push(b'\n');
    let fd = if level >= personality.stdout_from { Fd::STDOUT } else { Fd::STDERR };
    sys::write_now(fd, line.as_bytes()).is_ok()
}

/// Tells a message of several lines, where events of a run are told.
pub fn tell_message(config: &Config<'_>, message: &[u8]) {
    if config.verbosity >= Level::Info {
        let _ = sys::write_now(Fd::STDERR, message);
    }
}

/// Says what there is to say when there is nothing to run.
#[inline(never)]
pub fn answer(config: &Config<'_>) -> ExitStatus {
    let personality = config.personality;
    let (printed, stream, status) = match config.task {
        Task::Print(Printed::Help) => (Printed::Help, personality.help_to, 0),
        Task::Print(Printed::Version) => (Printed::Version, personality.version_to, 0),
        Task::Print(printed) => (printed, Stream::Stdout, 0),
        Task::Complain(event) => {
            tell(config, &event);
            if event.is_ours_alone() || matches!(event, Event::Refused { .. } | Event::Reserved) {
                return ExitStatus(personality.failure);
            }
            (personality.on_mistake, Stream::Stderr, personality.failure)
        }
        _ => return ExitStatus::SUCCESS,
    };
    let mut line = Line::new();
    let speaker = Speaker { name: config.name, pid: sys::getpid() };
    Event::NoCommand.fill(personality.voice.printed(printed), speaker, &mut line);
    // What was asked for may wait for its reader, a complaint may not. A closed descriptor: nobody to tell.
    let _ = match stream {
        Stream::Stdout => sys::write_all(Fd::STDOUT, line.as_bytes()),
        Stream::Stderr => sys::write_now(Fd::STDERR, line.as_bytes()),
    };
    ExitStatus(status)
}
