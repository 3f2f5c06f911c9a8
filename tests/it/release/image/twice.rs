//! Two builds of one commit, apart in place, day, user's settings and leftovers, are one.
//!
//! Each is made from a copy of this tree in a repository of its own, with a commit that has the same name on every
//! machine: so nothing here depends on how the suite's own sources came to be here, and what dist/image takes from
//! the commit is taken from one.

use super::{Built, PLATFORMS, Row};
use crate::engines::engine::text_of;
use crate::harness::subject;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn rows() -> Vec<Row> {
    vec![("another build elsewhere, on another day, is the same to the byte", is_the_same)]
}

/// The commit's, in the two ways in which it is written.
pub const DAY: &str = "2009-02-13T23:31:30Z";
const SECONDS: &str = "1234567890";
/// Cargo.toml does not know it, or the one that it knows is overridden.
pub const SOURCE: &str = "https://example.org/pausa";

/// The day as tar(1) writes it.
pub fn day() -> String {
    DAY.replace('T', " ").trim_end_matches('Z').to_owned()
}

/// The one that all rows look at.
pub fn first() -> Built {
    let place = subject::directory().join("image");
    build(Path::new(env!("CARGO_MANIFEST_DIR")), &place, &[])
}

fn is_the_same(first: &Built) {
    let place = subject::directory().join("elsewhere/with a blank");
    let home = place.join("home");
    fs::create_dir_all(&home).expect("make a home");
    // Cargo's and rustup's own are in the home; the crates are seen at another path.
    let old = PathBuf::from(std::env::var_os("HOME").expect("a HOME"));
    let of =
        |name: &str, folder: &str| std::env::var_os(name).map_or_else(|| old.join(folder), PathBuf::from);
    fs::create_dir(home.join("cargo")).expect("make a home for cargo");
    for entry in ["registry", "config.toml", "bin"] {
        let _ = std::os::unix::fs::symlink(
            of("CARGO_HOME", ".cargo").join(entry),
            home.join("cargo").join(entry),
        );
    }
    // The compilers keep their clock: rustc hangs under faketime, and cargo panics. dist/sbom asks both, and date(1)
    // only for a day that it names.
    let spared = home.join("spared");
    let commands = "case $0 in
        */build | */sbom) unset LD_PRELOAD ;;
        *) cargo() { env --unset LD_PRELOAD cargo \"$@\"; } ;;
        esac";
    fs::write(&spared, commands).expect("write a file");
    let variables: [(&str, &Path); 7] = [
        ("HOME", &home),
        ("CARGO_HOME", &home.join("cargo")),
        ("RUSTUP_HOME", &of("RUSTUP_HOME", ".rustup")),
        ("TZ", Path::new("Pacific/Kiritimati")),
        ("LANG", Path::new("tr_TR.UTF-8")),
        ("BASH_ENV", &spared),
        ("PAUSA_IT_DAY", Path::new("2033-05-18 03:33:20")),
    ];
    let second = build(&first.tree, &place, &variables);
    for platform in &PLATFORMS {
        let [ours, other] =
            [first, &second].map(|built| fs::read(built.binary(platform)).expect("read a binary"));
        assert!(ours == other, "the binary for {} differs", platform.platform);
    }
    assert_eq!(first.index(), second.index());
    let [ours, other] = [first, &second].map(|built| fs::read(built.archive()).expect("read an archive"));
    assert!(ours == other, "the archives differ");
    let sbom = |built: &Built| fs::read_to_string(built.archive().with_extension("spdx.json")).ok();
    assert_eq!(sbom(first), sbom(&second));
}

/// What `build` runs, with another umask and clock where a day is named: the clock where it can be had, and in CI in
/// any case. It does not go for files.
const SCRIPT: &str = "set -- dist/image
    if [ \"${PAUSA_IT_DAY+set}\" ]; then
        umask 077
        export NO_FAKE_STAT=1
        if command -v faketime || [ \"${CI-}\" = true ]; then set -- faketime \"$PAUSA_IT_DAY\" \"$@\"; fi >&2
    fi
    exec \"$@\"";

/// Seconds for six compilations of `core`, on a machine that has much else to do.
const LIMIT: &str = "1800";

/// Builds from a copy of `source` at `place`, and looks whether nothing is left behind.
fn build(source: &Path, place: &Path, variables: &[(&str, &Path)]) -> Built {
    let [tree, scratch, target] = ["tree", "scratch", "target"].map(|name| place.join(name));
    for directory in [&tree, &scratch] {
        fs::create_dir_all(directory).expect("make a directory");
    }
    copy(source, &tree);
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT, "sh", "-c", SCRIPT]).current_dir(&tree);
    command.env("TMPDIR", &scratch).env("CARGO_TARGET_DIR", &target).env("SOURCE", SOURCE);
    command.env_remove("SOURCE_DATE_EPOCH").env_remove("REVISION").envs(variables.iter().copied());
    let output = text_of(&mut command);
    assert_eq!(output.lines().next().map(Path::new), Some(target.join("dist/image").as_path()));
    let left: Vec<_> = fs::read_dir(&scratch).expect("read a directory").collect();
    assert!(left.is_empty(), "it leaves {left:?} behind");
    Built { tree, directory: target.join("dist") }
}

fn copy(source: &Path, tree: &Path) {
    let script =
        "tar --create --exclude=./target --exclude=./.git --directory \"$1\" . | tar --extract --touch
        git init --quiet
        git add --all
        git commit --quiet --message 'One for this test'";
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", script, "bash"]).arg(source).current_dir(tree);
    // Nobody's settings, so that the commit is the same everywhere.
    shell.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")]);
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "pausa").env(format!("GIT_{who}_EMAIL"), "pausa@example.org");
        shell.env(format!("GIT_{who}_DATE"), format!("{SECONDS} +0000"));
    }
    text_of(&mut shell);
}
