//! Tells a human: one event, one line, one write, in the personality's words. Never waits for whoever reads
//! it, and never fails.

use crate::config::{Config, Stream, Task};
use crate::event::{Event, Level, Speaker};
use crate::line::Line;
use crate::personality::{PAUSA, Text};
use crate::status::ExitStatus;
use crate::sys::{self, Fd};

/// Tells of `event`, if `config` wants to hear of such. `false`: it does, but nobody could take the line.
#[inline(never)]
pub fn tell(config: &Config<'_>, event: &Event<'_>) -> bool {
    if event.is_chatter() && config.verbosity < Level::Info {
        return true;
    }
    // What no original knows is told in our own words, whoever we are.
    let voice = if event.is_ours_alone() { &PAUSA.voice } else { &config.personality.voice };
    let (level, prefix, words) = voice.words_for(event);
    if level > config.verbosity || words.is_empty() {
        return true;
    }
    let speaker = Speaker { name: config.name, pid: sys::getpid() };
    let mut line = Line::new();
    event.fill(prefix, speaker, &mut line);
    event.fill(words, speaker, &mut line);
    line.push(b'\n');
    let fd = if level >= voice.stdout_from { Fd::STDOUT } else { Fd::STDERR };
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
    let voice = &config.personality.voice;
    let (stream, head, body, status) = match config.task {
        Task::Print(&Text { stream, head, body }) => (stream, head, body, 0),
        Task::Complain(event) => {
            tell(config, &event);
            if event.is_ours_alone() || matches!(event, Event::Refused { .. } | Event::Reserved) {
                return ExitStatus(config.personality.failure);
            }
            (Stream::Stderr, voice.usage_head, voice.usage, config.personality.failure)
        }
        _ => return ExitStatus::SUCCESS,
    };
    let mut line = Line::new();
    Event::NoCommand.fill(head, Speaker { name: config.name, pid: sys::getpid() }, &mut line);
    for part in [line.as_bytes(), body.as_bytes()] {
        // What was asked for may wait for its reader, a complaint may not. A closed descriptor: nobody to tell.
        let _ = match stream {
            Stream::Stdout => sys::write_all(Fd::STDOUT, part),
            Stream::Stderr => sys::write_now(Fd::STDERR, part),
        };
    }
    ExitStatus(status)
}
