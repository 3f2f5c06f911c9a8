//! The seccomp profiles that ship, by name and place.

use std::path::PathBuf;

/// A file in `dist/seccomp`.
#[derive(Clone, Copy, Debug)]
pub enum Profile {
    Hold,
    Supervise,
}

pub use Profile::{Hold, Supervise};

impl Profile {
    pub fn name(self) -> &'static str {
        match self {
            Hold => "hold.json",
            Supervise => "supervise.json",
        }
    }

    pub fn path(self) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "dist", "seccomp", self.name()].iter().collect()
    }

    pub fn text(self) -> String {
        std::fs::read_to_string(self.path()).expect("read the profile")
    }
}
