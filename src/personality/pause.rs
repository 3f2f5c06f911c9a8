//! Kubernetes' pause, 3.1 and later (`build/pause/linux/pause.c` of kubernetes/kubernetes): one option, no
//! environment, four messages. Pure.

use super::{PAUSA, Personality};
use crate::args::{Args, Env};
use crate::config::{Config, Task};
use crate::voice::{Printed, Voice};
use crate::words::words;

pub const PAUSE: Personality = Personality {
    parse,
    adopts_orphans: false,
    voice: Voice(words![
        // Prefixes.
        "",
        "",
        "",
        "",
        // What is printed.
        "",
        "",
        concat!("pause.c v", env!("CARGO_PKG_VERSION"), "-pausa\n"),
        "",
        // Events. The other messages are told by signal handlers.
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "1Warning: pause should be the first process",
    ]),
    ..PAUSA
};

/// Any argument that is `-v` in either case asks for the version; every other one is ignored.
fn parse<'a>(args: &mut Args<'a>, _: &Env<'a>, config: &mut Config<'a>) {
    while let Some(argument) = args.next() {
        if matches!(argument.to_bytes(), b"-v" | b"-V") {
            config.task = Task::Print(Printed::Version);
        }
    }
}
