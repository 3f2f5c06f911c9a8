//! Whose command-line contract we honour. `argv[0]` decides, by its last component. Pure.
//!
//! A personality is a parser that fills a [`Config`], and a voice. To add one: a file below, and a row here.

pub mod pausa;
pub mod pause;

use core::ffi::CStr;

use crate::args::{Args, Env};
use crate::config::Config;
use crate::event::Voice;

/// One row of the table.
#[derive(Debug)]
pub struct Personality {
    names: Names,
    /// Turns the arguments behind `argv[0]` and the environment into a `Config`.
    pub parse: for<'a> fn(Args<'a>, &mut Env<'a>, &mut Config<'a>),
    pub voice: &'static Voice,
}

/// The first row serves every name that no row has.
static PERSONALITIES: [Personality; 2] = [
    Personality { names: Names::new("pausa"), parse: pausa::parse, voice: &pausa::VOICE },
    Personality { names: Names::new("pause"), parse: pause::parse, voice: &pause::VOICE },
];

/// Base names, with a blank behind each. They stand in the row itself and not behind a pointer, for the
/// sake of memory: `link.ld` keeps all that hold mode reads in one page.
#[derive(Debug)]
struct Names([u8; 32]);

impl Names {
    const fn new(names: &str) -> Self {
        let mut bytes = [b' '; 32];
        let (place, _) = bytes.split_at_mut(names.len());
        place.copy_from_slice(names.as_bytes());
        Self(bytes)
    }

    fn contain(&self, name: &[u8]) -> bool {
        self.0.split(|&byte| byte == b' ').any(|known| known.len() == name.len() && known.iter().eq(name))
    }
}

impl Personality {
    #[must_use]
    pub fn from_argv0(argv0: &CStr) -> &'static Self {
        let base = argv0.to_bytes().rsplit(|&byte| byte == b'/').next().unwrap_or(&[]);
        let [default, others @ ..] = &PERSONALITIES;
        others.iter().find(|row| !base.is_empty() && row.names.contain(base)).unwrap_or(default)
    }
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
            assert!(Personality::from_argv0(argv0).names.0.starts_with(name.as_bytes()), "{argv0:?}");
        }
    }
}
