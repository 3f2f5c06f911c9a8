//! `--install`: a copy in one step, or one line, 125 and what was there before.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, Place};
use crate::harness::process::is_paused;
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Pausa, directory, original};
use crate::harness::trial::{plain, trial};
use libtest_mimic::Trial;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const TOPIC: &str = "install";

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let rows: [(&str, fn()); 9] = [
        ("PATH is a file, and there is none", makes_a_file),
        ("PATH is a directory", goes_into_a_directory),
        ("an older file is replaced, also one that runs", replaces),
        ("a link is replaced, and not followed", replaces_a_link),
        ("no umask and no working directory is in its way", has_its_mode),
        ("many at once leave one whole file", leaves_one),
        ("a directory of that name stays", || fails("folder/pausa/", "", "folder", "Is a directory")),
        ("a directory that is missing is told of", || {
            fails("", "", "none/pausa", "No such file or directory")
        }),
        ("PAUSA_OPTIONS cannot ask for it", is_no_wish),
    ];
    let mut trials: Vec<Trial> = rows.map(|(name, row)| plain(TOPIC, name, row)).into();
    for (name, mount, words) in [
        ("a full disk", "mount -t tmpfs -o size=16k none folder", "No space left on device"),
        ("a file system to read only", "mount -t tmpfs -o ro none folder", "Read-only file system"),
        (
            "one that is mounted noexec",
            "mount -t tmpfs -o noexec none folder",
            "Permission denied; mounted noexec",
        ),
        ("no /proc", "umount -l /proc", "'/proc/self/exe': No such file or directory"),
    ] {
        let name = format!("{name} is told of, and leaves nothing behind");
        // For a mount namespace of its own.
        trials.push(trial(TOPIC, AsPid1, name, move || fails("folder/", mount, "folder", words)));
    }
    for place in [AsPid1, AsSubreaper] {
        trials.push(trial(TOPIC, place, "the copy runs", move || runs(place)));
    }
    trials
}

/// A folder of its own.
fn folder() -> PathBuf {
    static FOLDERS: AtomicUsize = AtomicUsize::new(0);
    let folder = directory().join(format!("install-{}", FOLDERS.fetch_add(1, Relaxed)));
    fs::create_dir(&folder).expect("make a folder");
    folder
}

fn pausa(folder: &Path) -> Command {
    let mut command = Command::new(Pausa.path());
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn install(folder: &Path, path: &str) {
    let output = pausa(folder).args(["--install", path]).output().expect("run pausa");
    assert!(output.status.success() && output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("read a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

fn assert_copy(path: &Path) {
    let found = fs::symlink_metadata(path).expect("it is there");
    assert!(found.is_file() && found.permissions().mode() & 0o7777 == 0o755, "{found:?}");
    assert!(fs::read(path).expect("read it") == fs::read(Pausa.path()).expect("read ours"), "it is a copy");
}

fn makes_a_file() {
    let folder = folder();
    install(&folder, "copy");
    assert_copy(&folder.join("copy"));
    assert_eq!(names(&folder), ["copy"]);
}

fn goes_into_a_directory() {
    let folder = folder();
    symlink(".", folder.join("link")).expect("make a link");
    for path in [folder.to_str().expect("UTF-8"), ".", "./", "link"] {
        install(&folder, path);
        assert_copy(&folder.join("pausa"));
        assert_eq!(names(&folder), ["link", "pausa"], "{path}");
        fs::remove_file(folder.join("pausa")).expect("remove it");
    }
}

fn replaces() {
    let folder = folder();
    fs::write(folder.join("copy"), "x".repeat(1 << 20)).expect("make a file");
    install(&folder, "copy");
    let mut running = Launch::program(folder.join("copy"), AsSubreaper).start();
    running.until("a hold", |running| is_paused(running.pid()).then_some(()));
    install(&folder, "copy");
    assert_copy(&folder.join("copy"));
    running.kill(libc::SIGTERM);
    assert_eq!(running.ended(), Code(0));
}

fn replaces_a_link() {
    let folder = folder();
    fs::write(folder.join("victim"), "mine").expect("make a file");
    symlink("victim", folder.join("copy")).expect("make a link");
    install(&folder, "copy");
    assert_copy(&folder.join("copy"));
    assert_eq!(fs::read(folder.join("victim")).expect("read it"), b"mine");
}

fn has_its_mode() {
    let folder = folder();
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", "umask 777; exec \"$@\"", "sh"]).arg(Pausa.path());
    let status = shell.arg("--install").arg(folder.join("copy")).current_dir("/").status();
    assert!(status.expect("run a shell").success());
    assert_copy(&folder.join("copy"));
}

fn leaves_one() {
    let folder = folder();
    let all: Vec<_> =
        (0..8).map(|_| pausa(&folder).args(["--install", "."]).spawn().expect("run pausa")).collect();
    for mut one in all {
        assert!(one.wait().expect("it ends").success());
    }
    assert_copy(&folder.join("pausa"));
    assert_eq!(names(&folder), ["pausa"]);
}

/// With these folders, behind this mount.
fn fails(folders: &str, mount: &str, path: &str, words: &str) {
    let folder = folder();
    fs::create_dir_all(folder.join(folders)).expect("make folders");
    let script = "eval \"$1\"; shift; \"$@\"; code=$?; ls folder 2>&1; exit $code";
    let mut command = Command::new("unshare");
    command.args(if mount.is_empty() { &["--"][..] } else { &["--mount", "--"] });
    let command = command.args(["sh", "-c", script, "sh", mount]).arg(Pausa.path()).args(["--install", path]);
    let output = command.current_dir(&folder).output().expect("run unshare(1)");
    let (said, left) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(said.starts_with("pausa: cannot install: '") && said.lines().count() == 1, "{said}");
    assert!(said.contains(words), "{said}");
    assert!(["", "pausa\n"].contains(&left.as_ref()) || left.contains("No such file"), "{left}");
}

fn is_no_wish() {
    let folder = folder();
    for wish in ["--install=copy", "--install copy", "-v --install ."] {
        let output = pausa(&folder).env("PAUSA_OPTIONS", wish).arg("true").output().expect("run pausa");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(125));
        assert!(said.starts_with("pausa: PAUSA_OPTIONS: unknown option '--install'"), "{said}");
        assert!(names(&folder).is_empty());
    }
}

fn runs(place: Place) {
    let folder = folder();
    install(&folder, "copy");
    let launch = Launch::program(folder.join("copy"), place).args(["--", "sh", "-c", "exit 7"]);
    assert_eq!(launch.start().wait(), Code(7));
}
