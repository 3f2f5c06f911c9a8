//! Kubernetes' pause, 3.1 and later (`build/pause/linux/pause.c` of kubernetes/kubernetes): one option, no
//! environment, four messages. Pure.

use super::{Names, PAUSA, Personality, Text};
use crate::args::{Args, Env};
use crate::config::{Config, Task};
use crate::event::{Level, Voice};

pub static PAUSE: Personality = Personality {
    names: Names::new("pause"),
    parse,
    adopts_orphans: false,
    version: Text::stdout(concat!("pause.c v", env!("CARGO_PKG_VERSION"), "-pausa\n")),
    voice: Voice {
        prefixes: b"",
        // The other messages are told by signal handlers.
        words: b"\n\n\n\n\n\n\n\n\nbWarning: pause should be the first process",
        usage_head: b"",
        usage: "",
        stdout_from: Level::Silent,
    },
    ..PAUSA
};

/// Any argument that is `-v` in either case asks for the version; every other one is ignored.
fn parse<'a>(mut args: Args<'a>, _: &Env<'a>, config: &mut Config<'a>) {
    while let Some(argument) = args.next() {
        if matches!(argument.to_bytes(), b"-v" | b"-V") {
            config.task = Task::Print(&config.personality.version);
        }
    }
}
