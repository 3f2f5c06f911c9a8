//! How tini, dumb-init and catatonit find a command by PATH, run it, or tell that they cannot. The exit codes are in
//! `behaviour/exit_status.rs`, too.

use crate::behaviour::script;
use crate::contracts::peers::PEERS;
use crate::harness::launch::{Launch, PLACES, Place};
use crate::harness::running::Ended::Code;
use crate::harness::subject::{DumbInit, Subject, Tini, directory};
use crate::harness::trial::trial;
use libtest_mimic::Trial;
use std::fs;
use std::path::PathBuf;

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        for subject in PEERS {
            let topic = subject.name();
            trials.extend(UNRUNNABLE.iter().map(|&(what, make, error)| {
                let name = format!("a command that is {what} is told of");
                trial(topic, place, name, move || tells_of(subject, place, make, error))
            }));
            trials.extend(PATHS.iter().map(|&(what, path, code)| {
                trial(topic, place, format!("PATH that is {what}"), move || {
                    searches(subject, place, path, code)
                })
            }));
            let name = "a text file is run by /bin/sh, with its arguments";
            trials.push(trial(topic, place, name, move || runs_text_by_shell(subject, place)));
        }
    }
    trials
}

type Unrunnable = (&'static str, fn() -> PathBuf, Error);

#[derive(Clone, Copy)]
enum Error {
    NoEntry,
    Access,
    Loop,
    NotDirectory,
    NameTooLong,
}

use Error::{Access, Loop, NameTooLong, NoEntry, NotDirectory};

const UNRUNNABLE: &[Unrunnable] = &[
    ("not found", || "no-such-command".into(), NoEntry),
    ("a path to nothing", || "/no/such/command".into(), NoEntry),
    ("an empty name", PathBuf::new, NoEntry),
    ("a directory", || directory().into(), Access),
    ("not executable", || script("plain", "#!/bin/sh\nexit 7\n", 0o644), Access),
    ("a script for no shell", || script("orphaned", "#!/no/such/shell\n", 0o755), NoEntry),
    ("a loop of links", loop_of_links, Loop),
    ("under a file", || script("file", "", 0o644).join("x"), NotDirectory),
    ("longer than a name may be", || format!("/{}", "x".repeat(256)).into(), NameTooLong),
];

fn loop_of_links() -> PathBuf {
    let link = script("loop", "", 0o644);
    fs::remove_file(&link).expect("remove a file of this row's own");
    std::os::unix::fs::symlink(&link, &link).expect("link to itself");
    link
}

/// By the process that was to run it, since that alone knows.
fn tells_of(subject: Subject, place: Place, make: fn() -> PathBuf, error: Error) {
    let command = make();
    let command = command.to_str().expect("UTF-8");
    let (text, tinis_code) = match error {
        NoEntry => ("No such file or directory", 127),
        Access => ("Permission denied", 126),
        Loop => ("Too many levels of symbolic links", 1),
        NotDirectory => ("Not a directory", 1),
        NameTooLong => ("File name too long", 1),
    };
    let (code, begin, end) = match subject {
        Tini => (tinis_code, "[FATAL tini (", format!(")] exec {command} failed: {text}\n")),
        DumbInit => (2, "[dumb-init] ", format!("{command}: {text}\n")),
        _ => (1, "ERROR (catatonit:", format!("): failed to exec pid1: {text}\n")),
    };
    let (ended, stdout, stderr) =
        Launch::supervising(subject, place, &[]).args([command]).start().wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(code), ""));
    if let NameTooLong = error {
        // Ours repeats the first 200 bytes of it.
        return assert!(stderr.contains(": File name too long\n"), "{stderr:?}");
    }
    let pid = stderr.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end.as_str()));
    let pid = pid.unwrap_or_else(|| panic!("{stderr:?} is not {begin:?}, a pid, {end:?}"));
    assert_eq!(pid.is_empty(), subject == DumbInit, "dumb-init alone says no pid");
    // In a namespace of its own, the init is 1 and the child is not.
    assert!(pid.chars().all(|c| c.is_ascii_digit()) && pid != "1", "{stderr:?}");
}

/// What PATH is made of, and the end of `seven-PLACE`, a script that exits with 7.
type Search = (&'static str, fn(&str) -> Option<String>, fn(Subject) -> i32);

const PATHS: &[Search] = &[
    ("not set has /bin", |_| None, |_| 0),
    ("empty is the current directory", |_| Some(String::new()), |_| 7),
    ("a list with an empty part has the current directory", |_| Some("/no/such:".into()), |_| 7),
    ("a list is searched in order", |here| Some(format!("/no/such:/etc/passwd:{here}:/bin")), |_| 7),
    (
        "a list with a forbidden one goes on, and remembers",
        |here| Some(format!("{here}/locked:/no/such")),
        |subject| [126, 2, 1][PEERS.iter().position(|&peer| peer == subject).expect("a peer")],
    ),
    ("a list that holds a better one further on", |here| Some(format!("{here}/locked:{here}")), |_| 7),
];

fn searches(subject: Subject, place: Place, path: fn(&str) -> Option<String>, code: fn(Subject) -> i32) {
    let here = directory().join(format!("path-{}-{}", subject.name(), place.words().replace(' ', "-")));
    let locked = here.join("locked");
    fs::create_dir_all(&locked).expect("make a directory");
    for (directory, mode) in [(&here, 0o755), (&locked, 0o644)] {
        let seven = directory.join("seven");
        // Other rows may be at it as well: what stands there once stays the same.
        fs::rename(script("seven", "#!/bin/sh\nexit 7\n", mode), seven).expect("put a script in place");
    }
    let launch = Launch::supervising(subject, place, &[]).without_environment().directory(&here);
    let launch = match path(here.to_str().expect("UTF-8")) {
        Some(path) => launch.env("PATH", &path).args(["seven"]),
        None => launch.args(["true"]),
    };
    let (ended, stdout, _) = launch.start().wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(code(subject)), ""));
}

/// As execvp(3) does it: the shell gets the path that was found, then the arguments.
fn runs_text_by_shell(subject: Subject, place: Place) {
    let text = script("text", "echo \"$0 $# $1 $2\"\nexit 7\n", 0o755);
    let name = text.file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let path = text.to_str().expect("UTF-8");
    for command in [name, path] {
        let launch = Launch::supervising(subject, place, &[]).without_environment();
        let launch = launch.env("PATH", directory().to_str().expect("UTF-8")).args([command, "a b", "-c"]);
        let (ended, stdout, stderr) = launch.start().wait_with_output();
        assert_eq!((ended, stdout, stderr), (Code(7), format!("{path} 2 a b -c\n"), String::new()));
    }
}
