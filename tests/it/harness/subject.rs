//! The program under test: ours, under each name that it answers to; an original by `INIT_UNDER_TEST=original`; or ours
//! for another architecture by that one's name, which `dist/build` has built and an emulator runs (`emulated`).
//!
//! Ours is one binary behind symbolic links, exactly as it is installed. The originals are the distribution's, save
//! pause, of which no distribution has a package: that one is built from `fixtures/pause.c`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Pausa,
    Pause,
    Tini,
    DumbInit,
    Catatonit,
}

pub use Subject::{Catatonit, DumbInit, Pausa, Pause, Tini};

/// What the whole run is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Make {
    Ours,
    Original,
    /// Ours, for this architecture.
    Foreign(&'static str),
}

fn make() -> Make {
    static MAKE: OnceLock<Make> = OnceLock::new();
    *MAKE.get_or_init(|| match std::env::var("INIT_UNDER_TEST").as_deref() {
        Err(_) | Ok("ours") => Make::Ours,
        Ok("original") => Make::Original,
        Ok(other) => match ARCHITECTURES.into_iter().find(|&known| known == other) {
            Some(native) if native == std::env::consts::ARCH => Make::Ours,
            Some(foreign) => Make::Foreign(foreign),
            None => panic!("INIT_UNDER_TEST={other}: it is `ours`, `original` or one of {ARCHITECTURES:?}"),
        },
    })
}

/// As `dist/build` calls them.
const ARCHITECTURES: [&str; 6] = ["x86_64", "aarch64", "arm", "riscv64", "ppc64le", "s390x"];

/// Whether this run is about the programs that pausa replaces.
pub fn original() -> bool {
    make() == Make::Original
}

/// The architecture that pausa was built for, if it is not this machine's.
pub fn foreign() -> Option<&'static str> {
    match make() {
        Make::Foreign(architecture) => Some(architecture),
        Make::Ours | Make::Original => None,
    }
}

/// The folder that cargo has for all that is built.
pub fn target() -> &'static Path {
    let native = Path::new(env!("CARGO_BIN_EXE_pausa"));
    native.ancestors().nth(2).expect("cargo puts binaries into target/PROFILE")
}

/// The binary behind all our names.
pub fn ours() -> PathBuf {
    let Some(architecture) = foreign() else { return env!("CARGO_BIN_EXE_pausa").into() };
    let path = target().join("dist").join(architecture).join("pausa");
    assert!(path.exists(), "{} is not there: run dist/build {architecture} first", path.display());
    path
}

/// Everything that supervises in this run; the rows that all inits share are run for each of them.
pub fn supervisors() -> &'static [Subject] {
    if original() { &[Tini, DumbInit, Catatonit] } else { &[Pausa, Tini, DumbInit, Catatonit] }
}

impl Subject {
    /// The name that it is called by.
    pub fn name(self) -> &'static str {
        match self {
            Pausa => "pausa",
            Pause => "pause",
            Tini => "tini",
            DumbInit => "dumb-init",
            Catatonit => "catatonit",
        }
    }

    /// What to run, so that the last part of the path is `name()`.
    pub fn path(self) -> PathBuf {
        match self {
            Pause if original() => pause_in_c().to_owned(),
            _ if original() => self.original_path(),
            _ => link_to_ours(self.name()),
        }
    }

    /// Where the distribution has it.
    pub fn original_path(self) -> PathBuf {
        Path::new("/usr/bin").join(self.name())
    }

    /// The options by which it adopts orphans when it is not PID 1.
    ///
    /// tini wants to be asked; dumb-init cannot, so its rows about adopted orphans are left out.
    pub fn adopting(self) -> &'static [&'static str] {
        if self == Tini { &["-s"] } else { &[] }
    }
}

/// A place for links and scratch files, one for each run, so that two runs at once do not meet.
pub fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("pausa-it-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("make a directory for this run");
        path
    })
}

pub fn remove_directory() {
    // What remains is a few links, and the system's temporary directory forgets them one day.
    let _ = std::fs::remove_dir_all(directory());
}

fn link_to_ours(name: &str) -> PathBuf {
    let link = directory().join(name);
    match std::os::unix::fs::symlink(ours(), &link) {
        // Another trial was first.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => made.expect("link to the binary under test"),
    }
    link
}

fn pause_in_c() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let output = directory().join("pause");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pause.c");
        let cc = Command::new("cc")
            .args(["-static", "-O2", "-Wall", "-Werror", "-o"])
            .arg(&output)
            .arg(source)
            .status();
        assert!(cc.expect("INIT_UNDER_TEST=original wants a C compiler").success(), "cc failed on {source}");
        output
    })
}
