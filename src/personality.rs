//! Whose command-line contract we honour. `argv[0]` decides, by its last component. Pure.
//!
//! A personality is a parser that fills a [`Config`], and a voice. To add one: a file below, and a row here.

pub mod pausa;
pub mod pause;

use core::ffi::CStr;

use crate::args::{Args, Env};
use crate::config::{Config, Voice};
use crate::event::Event;
use crate::status::ExitStatus;

/// One row of the table.
#[derive(Debug)]
pub struct Personality {
    names: &'static [&'static str],
    /// Turns the arguments behind `argv[0]` and the environment into a `Config`, or into a reply.
    pub parse: for<'a> fn(Args<'a>, &mut Env<'a>, &mut Config<'a>) -> Result<(), Reply<'a>>,
    pub voice: &'static Voice,
}

/// The first row serves every name that no row has.
static PERSONALITIES: [Personality; 2] = [
    Personality { names: &["pausa"], parse: pausa::parse, voice: &pausa::VOICE },
    Personality { names: &["pause"], parse: pause::parse, voice: &pause::VOICE },
];

impl Personality {
    #[must_use]
    pub fn from_argv0(argv0: &CStr) -> &'static Self {
        let base = argv0.to_bytes().rsplit(|&byte| byte == b'/').next().unwrap_or(&[]);
        let [default, others @ ..] = &PERSONALITIES;
        others.iter().find(|row| row.names.iter().any(|name| name.as_bytes() == base)).unwrap_or(default)
    }
}

/// What to do when there is nothing to run.
#[derive(Debug)]
pub enum Reply<'a> {
    /// A text that was asked for. Exit with 0.
    Text(Stream, &'static str),
    /// A complaint about the call, in the personality's words. Exit with that.
    Complaint(ExitStatus, Event<'a>),
}

/// Where a reply goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    Stdout,
    Stderr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_name_decides() {
        for (argv0, name) in [
            (c"pause", "pause"),
            (c"/pause", "pause"),
            (c"./bin/pause", "pause"),
            (c"pausa", "pausa"),
            (c"/pausa", "pausa"),
            (c"", "pausa"),
            (c"pause/", "pausa"),
            (c"pause2", "pausa"),
        ] {
            assert_eq!(Personality::from_argv0(argv0).names[0], name, "{argv0:?}");
        }
    }
}
