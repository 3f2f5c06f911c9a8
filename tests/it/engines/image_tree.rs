//! File trees for images, from what this machine has: busybox, and any program with what it needs to run.

use crate::engines::engine::text_of;
use crate::harness::subject;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// busybox under all its names, and two files for the rows.
pub fn busybox_tree() -> &'static Path {
    static TREE: OnceLock<PathBuf> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = subject::directory().join("busybox-image");
        let programs = tree.join("bin");
        fs::create_dir_all(&programs).expect("make the tree");
        let busybox = on_path("busybox");
        // busybox-static's; another would want a libc in each image.
        assert_eq!(with_libraries(&busybox).iter().filter(|file| !file.is_symlink()).count(), 1);
        fs::copy(&busybox, programs.join("busybox")).expect("copy busybox");
        let applets = text_of(Command::new(&busybox).arg("--list"));
        for applet in applets.lines().filter(|name| *name != "busybox") {
            symlink("busybox", programs.join(applet)).expect("link an applet");
        }
        // What `tail -f` says once it runs.
        fs::write(tree.join("ready"), "ready\n").expect("make a file");
        fs::write(tree.join("not-executable"), "").expect("make a file");
        tree
    })
}

/// A program and what ld.so(8) will map for it.
pub fn with_libraries(program: &Path) -> BTreeSet<PathBuf> {
    // A static program has none, which ldd says by failing.
    let output = Command::new("ldd").arg(program).output().expect("run ldd");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let libraries = text.split_whitespace().filter(|word| word.starts_with('/'));
    libraries.map(Path::new).chain([program]).flat_map(with_links).collect()
}

/// A file and every symbolic link on the way to it: what a tree needs for `path` to open there as it does here.
pub fn with_links(path: &Path) -> BTreeSet<PathBuf> {
    let mut walked = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        // What was walked has no link in it, so its parent is the one above.
        if part == Component::ParentDir {
            walked.pop();
        } else {
            walked.push(part);
        }
        if let Ok(target) = walked.read_link() {
            let mut found = with_links(&walked.with_file_name("").join(target).join(parts.as_path()));
            found.insert(walked);
            return found;
        }
    }
    BTreeSet::from([walked])
}

pub fn on_path(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    let found =
        std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("no {name} in PATH"))
}
