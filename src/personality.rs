//! Whose command-line contract we honour. `argv[0]` decides, by its last component. Pure.
//!
//! A personality is a parser that fills a [`Config`], and a voice. To add one: a file below, and a row here.

pub mod catatonit;
pub mod dumb_init;
pub mod pausa;
pub mod pause;
pub mod tini;

use crate::args::{Args, Env};
use crate::config::Config;
use crate::event::{Voice, base_name};

/// One row of the table.
#[derive(Debug)]
pub struct Personality {
    names: Names,
    /// Turns the arguments behind `argv[0]` and the environment into a `Config`.
    pub parse: for<'a> fn(Args<'a>, &Env<'a>, &mut Config<'a>),
    pub voice: &'static Voice,
}

/// The first row serves every name that no row has.
static PERSONALITIES: [Personality; 5] = [
    Personality { names: Names::new("pausa"), parse: pausa::parse, voice: &pausa::VOICE },
    Personality { names: Names::new("pause"), parse: pause::parse, voice: &pause::VOICE },
    // docker run --init calls /sbin/docker-init, of old /dev/init.
    Personality {
        names: Names::new("tini docker-init init tini-static"),
        parse: tini::parse,
        voice: &tini::VOICE,
    },
    Personality { names: Names::new("dumb-init"), parse: dumb_init::parse, voice: &dumb_init::VOICE },
    // podman run --init calls /run/podman-init.
    Personality {
        names: Names::new("catatonit podman-init"),
        parse: catatonit::parse,
        voice: &catatonit::VOICE,
    },
];

/// Base names, with a blank behind each. They stand in the row itself and not behind a pointer, for the
/// sake of memory: `link.ld` keeps all that hold mode reads in one page.
#[derive(Debug)]
struct Names([u8; 40]);

impl Names {
    const fn new(names: &str) -> Self {
        let mut bytes = [b' '; 40];
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
    pub fn from_argv0(argv0: &[u8]) -> &'static Self {
        let base = base_name(argv0);
        let [default, others @ ..] = &PERSONALITIES;
        others.iter().find(|row| !base.is_empty() && row.names.contain(base)).unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_name_decides() {
        for (argv0, first) in [
            ("pause", "pause "),
            ("/pause", "pause "),
            ("./bin/pause", "pause "),
            ("pausa", "pausa "),
            ("/pausa", "pausa "),
            ("", "pausa "),
            ("pause/", "pausa "),
            ("pause2", "pausa "),
            ("/usr/bin/tini", "tini "),
            ("/sbin/docker-init", "tini "),
            ("/dev/init", "tini "),
            ("/usr/bin/dumb-init", "dumb-init "),
            ("catatonit", "catatonit "),
            ("/run/podman-init", "catatonit "),
        ] {
            let names = &Personality::from_argv0(argv0.as_bytes()).names.0;
            assert!(names.starts_with(first.as_bytes()), "{argv0:?}");
        }
    }
}
