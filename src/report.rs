//! Tells a human, on stderr: one event, one line, one write, in the personality's words. Never waits for
//! whoever reads it, and never fails.

use crate::config::{Config, Stream, Task};
use crate::event::{Event, Level, Voice};
use crate::line::Line;
use crate::status::ExitStatus;
use crate::sys::{self, Fd};

/// Tells of `event`, if `config` wants to hear of such.
#[inline(never)]
pub fn tell(config: &Config<'_>, event: &Event<'_>) {
    tell_as(config.voice, config.verbosity, event);
}

/// Tells of `event` in `voice`, if it weighs enough for `verbosity`.
pub fn tell_as(voice: &Voice, verbosity: Level, event: &Event<'_>) {
    let (level, words) = voice.words_for(event);
    if level > verbosity || words.is_empty() {
        return;
    }
    let mut line = Line::new();
    (voice.prefix)(level, &mut line);
    event.fill(words, &mut line);
    line.push(b'\n');
    // A line that nobody can take is lost; there is no better place to say so.
    let _ = sys::write_now(Fd::STDERR, line.as_bytes());
}

/// Says what there is to say when there is nothing to run.
#[inline(never)]
pub fn answer(config: &Config<'_>) -> ExitStatus {
    match config.task {
        Task::Print(stream, text) => {
            let fd = if stream == Stream::Stdout { Fd::STDOUT } else { Fd::STDERR };
            // It was asked for, so it may wait for its reader. A closed descriptor: nobody to tell.
            let _ = sys::write_all(fd, text.as_bytes());
            ExitStatus::SUCCESS
        }
        Task::Complain(event) => {
            tell(config, &event);
            config.failure
        }
        Task::Hold(_) | Task::Supervise(_) => ExitStatus::SUCCESS,
    }
}
