//! A seccomp profile where an engine finds it, as it ships or so that nothing which it refuses goes unnoticed.

use crate::harness::seccomp_profile::Profile;
use crate::harness::subject::directory;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What happens to who calls anything else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Otherwise {
    /// It gets EPERM, and nobody may notice. This is what ships.
    Refused,
    /// It is killed: what passes here was not refused anything.
    Killed,
}

impl Otherwise {
    pub fn words(self) -> &'static str {
        if self == Self::Refused { "all else is refused" } else { "all else kills" }
    }
}

impl Profile {
    /// The file that ships, copied to where more people than root may look, or one that differs from it in the default
    /// action.
    pub fn with(self, otherwise: Otherwise) -> PathBuf {
        static COPIES: AtomicUsize = AtomicUsize::new(0);
        let mut text = self.text();
        if otherwise == Otherwise::Killed {
            let (before, after) =
                ("\"defaultAction\": \"SCMP_ACT_ERRNO\"", "\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\"");
            assert_eq!(text.matches(before).count(), 1, "{text}");
            text = text.replace(before, after);
        }
        let path = directory().join(format!("{}-{}", COPIES.fetch_add(1, Relaxed), self.name()));
        std::fs::write(&path, text).expect("write the profile");
        path
    }
}
