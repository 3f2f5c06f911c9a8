//! The invariants that `lib.rs` states, read off the sources. `size.rs` has those that show in the binary.

use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

/// What each room may name of the others, from the table in `lib.rs`. The files of a room are `src/ROOM.rs` and all
/// below `src/ROOM/`.
const RIGHTS: &[(&str, &[&str])] = &[
    ("bytes", &[]),
    ("time", &["bytes"]),
    ("args", &[]),
    ("model", &["bytes", "time"]),
    ("policy", &["bytes", "time", "model"]),
    ("message", &["bytes", "time", "model", "policy"]),
    ("cli", &["args", "bytes", "time", "model", "policy", "message"]),
    ("sys", &["args", "bytes", "time", "model"]),
    ("run", &["args", "bytes", "time", "model", "policy", "message", "cli", "sys"]),
];

/// The rooms that may say `unsafe`: the kernel's, and what reads its stack or replaces libc's memory functions.
const METAL: &[&str] = &["args", "mem", "sys"];

/// The longest that a file may be.
const LINES: usize = 400;

pub fn trials() -> Vec<Trial> {
    let rows: [(&str, fn()); 8] = [
        ("a room names only the rooms below it", rooms_keep_to_their_rights),
        ("only the metal says unsafe", only_the_metal_is_unsafe),
        ("only sys knows of architectures", only_sys_knows_architectures),
        ("no static mut, no core::fmt, no allocation", sources_avoid_what_the_binary_must_not_have),
        ("no file is longer than 400 lines", files_are_short),
        ("every file begins by saying what it is for", files_introduce_themselves),
        ("no room is called util, common, misc or helpers", rooms_have_names),
        ("the version is in the changelog", version_is_in_the_changelog),
    ];
    let trial = |(name, row): (&str, fn())| {
        Trial::test(format!("tidy: {name}"), move || {
            row();
            Ok(())
        })
    };
    rows.into_iter().map(trial).collect()
}

pub struct Source {
    /// Relative to the package.
    path: PathBuf,
    text: String,
}

impl Source {
    pub fn is(&self, path: &str) -> bool {
        self.path == Path::new(path)
    }

    /// The room that it belongs to: `sys` for src/sys.rs and src/sys/abi.rs.
    fn room(&self) -> &str {
        let inner = self.path.strip_prefix("src").expect("a file below src");
        let first = inner.iter().next().and_then(|part| part.to_str()).expect("a name in UTF-8");
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The program without comments, and without its unit tests, which end each file.
    pub fn code(&self) -> String {
        let program =
            self.text.split("#[cfg(test)]\nmod tests").next().expect("split gives at least one part");
        program.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
    }
}

pub fn sources_below(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("read a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("read a source");
                sources.push(Source {
                    path: path.strip_prefix(root).expect("below the package").to_owned(),
                    text,
                });
            }
        }
    }
    sources
}

/// Whether `code` has `word` with nothing of a name on either side.
fn names(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Fails with every file of `guilty`, not just the first.
fn assert_none(guilty: Vec<PathBuf>, crime: &str) {
    assert!(guilty.is_empty(), "{crime}: {guilty:?}");
}

fn guilty(folder: &str, is_guilty: impl Fn(&Source) -> bool) -> Vec<PathBuf> {
    let sources = sources_below(folder);
    assert!(!sources.is_empty(), "there are sources below {folder}");
    sources.into_iter().filter(is_guilty).map(|source| source.path).collect()
}

/// The rooms that `code` names by an absolute path.
fn named_rooms(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("crate::").map(|(at, prefix)| {
        let rest = &code[at + prefix.len()..];
        &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
    })
}

fn rooms_keep_to_their_rights() {
    let rights = |room: &str| RIGHTS.iter().find(|(name, _)| *name == room).map(|(_, rights)| *rights);
    let oversteps = |source: &Source| {
        let room = source.room();
        if ["lib", "main", "mem"].contains(&room) {
            return false;
        }
        let rights = rights(room).unwrap_or_else(|| panic!("{} is in no room", source.path.display()));
        // The entry hands over to the whole program.
        let is_entry = source.path.ends_with("sys/entry.rs");
        named_rooms(&source.code())
            .any(|named| named != room && !rights.contains(&named) && !(is_entry && named == "run"))
    };
    assert_none(guilty("src", oversteps), "naming a room that it has no right to");
}

fn only_the_metal_is_unsafe() {
    let found = guilty("src", |source| !METAL.contains(&source.room()) && names(&source.code(), "unsafe"));
    assert_none(found, "unsafe outside the metal");
}

fn only_sys_knows_architectures() {
    let found = guilty("src", |source| source.room() != "sys" && names(&source.code(), "target_arch"));
    assert_none(found, "cfg(target_arch) outside of sys");
}

fn sources_avoid_what_the_binary_must_not_have() {
    for word in ["static mut", "core::fmt", "alloc", "unwrap"] {
        assert_none(guilty("src", |source| names(&source.code(), word)), word);
    }
}

fn files_are_short() {
    for folder in ["src", "tests", "benches"] {
        let long = |source: &Source| source.text.lines().count() > LINES;
        let found = sources_below(folder).into_iter().filter(long).map(|source| source.path).collect();
        assert_none(found, "too long");
    }
}

fn files_introduce_themselves() {
    for folder in ["src", "tests"] {
        assert_none(
            guilty(folder, |source| !source.text.starts_with("//! ")),
            "no first line that says the purpose",
        );
    }
}

fn rooms_have_names() {
    for folder in ["src", "tests"] {
        let nameless = |source: &Source| {
            let stem = source.path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8");
            ["util", "utils", "common", "misc", "helpers", "helper"].contains(&stem)
        };
        assert_none(guilty(folder, nameless), "a name that says nothing");
    }
}

fn version_is_in_the_changelog() {
    let changelog = Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md");
    let text = std::fs::read_to_string(changelog).expect("read CHANGELOG.md");
    assert!(
        text.contains(&format!("## [{}]", env!("CARGO_PKG_VERSION")))
            || text.contains(concat!("## ", env!("CARGO_PKG_VERSION")))
    );
}
