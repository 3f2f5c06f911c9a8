//! Grammar and words of Kubernetes' pause (`build/pause/linux/pause.c` of kubernetes/kubernetes), 3.1 and
//! later: one option, no environment, four messages. Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Stream, Task};
use crate::event::{Level, Voice};

/// `pause.c` and a version, as in the original.
const VERSION: &str = concat!("pause.c v", env!("CARGO_PKG_VERSION"), "-pausa\n");

/// Any argument that is `-v` in either case asks for the version; every other one is ignored.
pub fn parse<'a>(mut args: Args<'a>, _: &Env<'a>, config: &mut Config<'a>) {
    config.adopts_orphans = false;
    while let Some(argument) = args.next() {
        if matches!(argument.to_bytes(), b"-v" | b"-V") {
            config.task = Task::Print(Stream::Stdout, b"", VERSION);
        }
    }
}

/// One warning. The other messages are told by signal handlers.
pub static VOICE: Voice = Voice {
    prefixes: b"",
    words: b"\n\n\n\n\n\n\n\n\nbWarning: pause should be the first process",
    usage_head: b"",
    usage: "",
    stdout_from: Level::Silent,
};
