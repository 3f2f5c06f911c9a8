//! A life as one reads it.

use crate::world::{Entry, Truth};

/// The log, as one reads it.
pub fn told(truth: &Truth) -> String {
    let mut text = String::new();
    for entry in &truth.log {
        let line = match entry {
            Entry::Call(call) => format!("{call:?}"),
            Entry::Kill(to, signal, result) => format!("  {signal:?} to {to:?}: {result:?}"),
            Entry::Received(signal) => format!("  {signal:?}"),
            Entry::Changed(pid, word) => format!("  {pid}: {word:#x}"),
            Entry::Happens(what, pid) => format!("          -- {what} ({pid})"),
            Entry::Slept(span) => format!("          -- {} ms pass", span / 1_000_000),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}
