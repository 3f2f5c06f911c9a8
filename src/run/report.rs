//! Reports to a human: one event, one line, one write, by the personality's texts. Never waits for the reader, and
//! never fails.

use crate::cli::config::{Config, Task};
use crate::cli::personality::Personality;
use crate::message::catalog::{Catalog, Printed, Stream};
use crate::message::event::{Event, Level};
use crate::message::fill::Speaker;
use crate::message::line::Line;
use crate::message::termination::{Page, compose_failure};
use crate::model::errno::Errno;
use crate::model::process::Fd;
use crate::model::status::ExitStatus;
use crate::run::post_mortem;
use crate::sys::{self, Kernel};

/// Reports `event`, if `config` asks for its level. `false`: the line could not be written.
pub fn report(kernel: impl Kernel, config: &Config<'_>, event: Event<'_>) -> bool {
    tell(kernel, config, &event)
}

/// The same, for whoever has an event already.
fn tell(kernel: impl Kernel, config: &Config<'_>, event: &Event<'_>) -> bool {
    if event.is_chatter() && config.verbosity < Level::Info {
        return true;
    }
    let catalog = catalog_of(config, event);
    let special = event.special_topic().filter(|&topic| catalog.find(topic).is_some());
    let Some((level, text)) = catalog.find(special.unwrap_or(event.topic())) else { return true };
    if level > config.verbosity {
        return true;
    }
    let speaker = Speaker { name: config.name, pid: kernel.own_pid() };
    let mut room = Line::ROOM;
    let mut line = Line::new(&mut room);
    event.fill(catalog.prefix(level), speaker, &mut line);
    event.fill(config.mistaken_in, speaker, &mut line);
    event.fill(text, speaker, &mut line);
    line.push(b'\n');
    let fd = if level >= catalog.stdout_from { Fd::STDOUT } else { Fd::STDERR };
    kernel.write_line(fd, line.as_bytes()).is_ok()
}

/// Who has a text for it: the other personalities have none for what is ours alone.
fn catalog_of(config: &Config<'_>, event: &Event<'_>) -> &'static Catalog {
    if event.is_ours_alone() { &Personality::ours().catalog } else { config.catalog }
}

/// Reports that the kernel refuses a call without which pausa cannot wait for signals. Returns what to exit with.
pub fn refuse(config: &Config<'_>, errno: Errno) -> ExitStatus {
    fail(config, Event::SignalsRefused { errno })
}

/// Reports why pausa ends without having come to its program, in the termination message too. Returns what to exit with.
// As `answer`.
#[inline(never)]
pub fn fail(config: &Config<'_>, event: Event<'_>) -> ExitStatus {
    tell(sys::Linux, config, &event);
    let status = ExitStatus(config.contract.failure);
    if let Some(path) = config.message {
        let (mut page, mut room): (Page, _) = ([b'\n'; size_of::<Page>()], Line::ROOM);
        let mut line = Line::new(&mut room);
        let (catalog, speaker) =
            (catalog_of(config, &event), Speaker { name: config.name, pid: sys::getpid() });
        if let Some((_, text)) = catalog.find(event.topic()) {
            event.fill(config.mistaken_in, speaker, &mut line);
            event.fill(text, speaker, &mut line);
        }
        let length = compose_failure(&mut page, config.message_format, line.as_bytes(), status);
        post_mortem::write_failure(sys::Linux, path, &page, length);
    }
    status
}

/// Prints what was asked for, or complains about the call. Returns what to exit with: no other task has an answer.
// As `run::entered`: its line would lie between the frames of a hold.
#[inline(never)]
pub fn answer(config: &Config<'_>) -> ExitStatus {
    let (contract, catalog) = (config.contract, config.catalog);
    let (printed, stream, status) = match &config.task {
        Task::Print(Printed::Help) => (Printed::Help, catalog.help_to, 0),
        Task::Print(Printed::Version) => (Printed::Version, catalog.version_to, 0),
        Task::Print(printed) => (*printed, Stream::Stdout, 0),
        Task::Complain(event) => {
            fail(config, *event);
            if event.is_ours_alone() || matches!(event, Event::Refused { .. } | Event::Reserved) {
                return ExitStatus(contract.failure);
            }
            (catalog.on_mistake, Stream::Stderr, contract.failure)
        }
        Task::Undecided | Task::Hold(_) | Task::Install(_) | Task::Supervise(_) => {
            return ExitStatus::SUCCESS;
        }
    };
    let mut room = Line::ROOM;
    let mut line = Line::new(&mut room);
    let speaker = Speaker { name: config.name, pid: sys::getpid() };
    Event::NoCommand.fill(catalog.printed(printed.topic()), speaker, &mut line);
    // An answer on stdout may wait for its reader, a complaint may not. If the stream is closed, there is no reader.
    let _ = match stream {
        Stream::Stdout => sys::write_all(Fd::STDOUT, line.as_bytes()),
        Stream::Stderr => sys::write_line(Fd::STDERR, line.as_bytes()),
    };
    ExitStatus(status)
}
