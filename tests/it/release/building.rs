//! dist/build finds the sources and cargo's folder, wherever they are and whoever says so.

use crate::harness::subject::{directory, original};
use crate::harness::trial::plain;
use libtest_mimic::Trial;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How cargo is told where to put what it makes.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// CARGO_BUILD_TARGET_DIR
    Variable,
    /// `build.target-dir`
    Configuration,
}

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let rows = [
        ("in a path with a comma, into CARGO_BUILD_TARGET_DIR", Told::Variable),
        ("in a path with a comma, into build.target-dir", Told::Configuration),
    ];
    rows.map(|(name, told)| plain("building", name, move || builds(told))).into()
}

/// The sources by links, in a folder with a comma and a blank in its name.
fn tree(told: Told) -> PathBuf {
    let tree = directory().join(format!("built, {told:?}"));
    fs::create_dir(&tree).expect("make a folder");
    for name in ["Cargo.toml", "Cargo.lock", "build.rs", "link.ld", "src", "tests", "benches", "dist"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        symlink(source, tree.join(name)).expect("make a link");
    }
    tree
}

fn builds(told: Told) {
    let tree = tree(told);
    let target = tree.join("elsewhere");
    let mut build = Command::new(tree.join("dist/build"));
    build.arg(std::env::consts::ARCH).env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR");
    match told {
        Told::Variable => {
            build.env("CARGO_BUILD_TARGET_DIR", &target);
        }
        Told::Configuration => {
            fs::create_dir(tree.join(".cargo")).expect("make a folder");
            fs::write(tree.join(".cargo/config.toml"), "[build]\ntarget-dir = \"elsewhere\"\n")
                .expect("write");
        }
    }
    let output = build.output().expect("run dist/build");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = Path::new(said.trim_end());
    assert!(made.starts_with(&target), "{said}");
    let answer = Command::new(made).arg("--version").output().expect("run what was built");
    assert!(answer.stdout.starts_with(b"pausa "), "{answer:?}");
}
