//! What a fuzzer has found worth keeping, run again without one. `fuzz/run` looks for more.

use crate::harness::trial::plain;
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;

#[path = "../../fuzzed/mod.rs"]
mod fuzzed;

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> =
        fuzzed::TARGETS.iter().map(|&(name, _)| plain("corpus", name, move || replay(name))).collect();
    trials.push(plain("corpus", "each folder has a target", folders_have_targets));
    trials
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"))
}

fn replay(name: &str) {
    let target = fuzzed::target(name).expect("a target that there is");
    let files: Vec<_> = fs::read_dir(folder().join(name)).expect("a folder of its own").collect();
    assert!(!files.is_empty(), "no file of the corpus");
    for file in files {
        let path = file.expect("read the folder").path();
        let data = fs::read(&path).expect("read the file");
        let ended = std::panic::catch_unwind(|| target(&data));
        assert!(ended.is_ok(), "{} fails: run `fuzz/run 1 {name}`", path.display());
    }
}

fn folders_have_targets() {
    for entry in fs::read_dir(folder()).expect("read the corpus") {
        let name = entry.expect("read the corpus").file_name();
        let name = name.to_str().expect("a name in UTF-8");
        assert!(fuzzed::target(name).is_some(), "no target is called {name}");
    }
}
