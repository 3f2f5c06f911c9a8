//! Who is compared: ours, and the originals that this machine has, each called so that it does the same thing.

use super::built;
use std::path::{Path, PathBuf};

/// One program in one role: what is run is `program FLAGS -- COMMAND`, or `program FLAGS` when it holds.
#[derive(Clone)]
pub struct Init {
    pub name: &'static str,
    pub program: PathBuf,
    pub argv0: Option<&'static str>,
    pub flags: &'static [&'static str],
}

/// Who takes part, ours first, and who would have but is not on this machine.
pub struct Field {
    pub inits: Vec<Init>,
    pub missing: Vec<&'static str>,
}

impl Field {
    fn of(
        ours: Init,
        peers: impl IntoIterator<Item = (&'static str, Option<PathBuf>, &'static [&'static str])>,
    ) -> Self {
        let mut field = Self { inits: vec![ours], missing: Vec::new() };
        for (name, program, flags) in peers {
            match program {
                Some(program) => field.inits.push(Init { name, program, argv0: None, flags }),
                None => field.missing.push(name),
            }
        }
        field
    }

    pub fn len(&self) -> usize {
        self.inits.len()
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.inits.iter().position(|init| init.name == name)
    }
}

/// Ours and the originals, each with a command to supervise.
///
/// tini gets `-s` because ours and catatonit become a subreaper unasked when they are not PID 1, and because without
/// it tini writes three lines of warning there, which would be measured instead.
pub fn supervisors() -> Field {
    let peers: [(&str, &[&str]); 4] =
        [("tini-static", &["-s"]), ("tini", &["-s"]), ("dumb-init", &[]), ("catatonit", &[])];
    Field::of(ours("pausa", None), peers.map(|(name, flags)| (name, on_path(name), flags)))
}

/// Ours and the originals, with nothing to do but hold.
pub fn holders() -> Field {
    let pause_c = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pause.c");
    let pause = built(&pause_c, "pause-c", &["-O2", "-static"]);
    Field::of(
        ours("pausa as pause", Some("pause")),
        [("pause.c, static glibc", pause, &[][..]), ("catatonit -P", on_path("catatonit"), &["-P"][..])],
    )
}

fn ours(name: &'static str, argv0: Option<&'static str>) -> Init {
    Init { name, program: PathBuf::from(env!("CARGO_BIN_EXE_pausa")), argv0, flags: &[] }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}
