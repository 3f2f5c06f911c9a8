//! Grammar and words of Kubernetes' pause (`build/pause/linux/pause.c` of kubernetes/kubernetes), 3.1 and
//! later: one option, no environment, four messages. Pure.

use crate::args::{Args, Env};
use crate::config::{Config, Hold, Task, Voice};
use crate::event::{Event, Level};
use crate::personality::{Reply, Stream};

/// `pause.c` and a version, as in the original.
const VERSION: &str = concat!("pause.c v", env!("CARGO_PKG_VERSION"), "-pausa\n");

/// Any argument that is `-v` in either case asks for the version; every other one is ignored.
///
/// # Errors
/// The version, as a reply.
pub fn parse<'a>(mut args: Args<'a>, _: &mut Env<'a>, config: &mut Config<'a>) -> Result<(), Reply<'a>> {
    while let Some(argument) = args.next() {
        if matches!(argument.to_bytes(), b"-v" | b"-V") {
            return Err(Reply::Text(Stream::Stdout, VERSION));
        }
    }
    config.task = Task::Hold(Hold { adopts_orphans: false, tells_end: true, tells_reaped: false });
    Ok(())
}

/// The one line that is not told by a signal handler.
pub static VOICE: Voice = Voice { prefix: |_, _| {}, words };

fn words(event: &Event<'_>) -> (Level, &'static str) {
    let words =
        if matches!(event, Event::NotFirst) { "Warning: pause should be the first process" } else { "" };
    (Level::Warning, words)
}
