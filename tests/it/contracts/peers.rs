//! What tini, dumb-init and catatonit each do with a command and for it, one row for all three: what the command
//! inherits, and what the init keeps. Finding the command is in `command_search`, what is not passed on in
//! `not_forwarded`; signals and exit statuses are in `behaviour/`.

use crate::harness::launch::{AsPid1, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Catatonit, DumbInit, Subject, Tini, directory};
use crate::harness::trial::{Named, trial};
use libc::SIGUSR1;
use libtest_mimic::Trial;
use nix::unistd::{Pid, getsid};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

pub const PEERS: [Subject; 3] = [Tini, DumbInit, Catatonit];

type Deed = fn(Subject, Place);

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        for subject in PEERS {
            let topic = subject.name();
            trials.extend(DEEDS.map(|(name, deed)| trial(topic, place, name, move || deed(subject, place))));
        }
    }
    for &(subject, name) in NAMES {
        let title = format!("answers to {name}");
        trials.push(trial(subject.name(), AsPid1, title, move || answers_to(subject, name)));
    }
    trials
}

const DEEDS: [Named<Deed>; 5] = [
    ("the child's group and session", places_the_child),
    ("the working directory, the child's and its own", keeps_or_leaves_the_directory),
    ("what is open, in the child and in itself", keeps_or_closes_descriptors),
    ("LISTEN_PID", passes_listen_pid),
    ("the environment passes untouched", passes_the_environment),
];

// ---------------------------------------------------------------------------------------------------- what is
// inherited

/// With a child that has shown that its signals come through: so the init is in its loop, and has done all else.
fn in_its_loop(launch: Launch) -> (Running, Pid) {
    let mut running = launch.payload("ready").start();
    let child = running.handshake("ready");
    running.kill(SIGUSR1);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 10 "), "{line}");
    (running, child)
}

fn places_the_child(subject: Subject, place: Place) {
    for options in [&[][..], &["-c"]] {
        if options.len() == 1 && subject != DumbInit {
            continue;
        }
        let (running, child) = in_its_loop(Launch::supervising(subject, place, options));
        let group = Process::of(child).expect("the child lives").group;
        let own_group = Process::of(running.pid()).expect("the init lives").group;
        let session = getsid(Some(child)).expect("getsid");
        let own_session = getsid(Some(running.pid())).expect("getsid");
        let expected = match (subject, options.len()) {
            (DumbInit, 0) => (child, child),
            (DumbInit, _) => (own_group, own_session),
            _ => (child, own_session),
        };
        assert_eq!((group, session), expected, "{options:?}");
    }
}

fn link(pid: Pid, what: &str) -> PathBuf {
    fs::read_link(format!("/proc/{pid}/{what}")).expect("the process lives")
}

/// dumb-init goes to `/`, so as not to keep a file system busy.
fn keeps_or_leaves_the_directory(subject: Subject, place: Place) {
    let here = directory().canonicalize().expect("a real path");
    let (running, child) = in_its_loop(Launch::supervising(subject, place, &[]).directory(&here));
    let own = if subject == DumbInit { PathBuf::from("/") } else { here.clone() };
    assert_eq!((link(child, "cwd"), link(running.pid(), "cwd")), (here, own));
}

fn open_in(pid: Pid) -> BTreeSet<i32> {
    let list = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives");
    list.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// catatonit closes what it does not need itself, from 3 on; the child has everything.
fn keeps_or_closes_descriptors(subject: Subject, place: Place) {
    let path = subject.path();
    let script = "exec 5</dev/null 9<&0; exec \"$@\"";
    let launch = Launch::program("/bin/sh", place).args(["-c", script, "sh", path.to_str().expect("UTF-8")]);
    let (running, child) = in_its_loop(launch.args(["--"]));
    let kept = |pid| open_in(pid).intersection(&BTreeSet::from([0, 1, 2, 5, 9])).copied().collect::<Vec<_>>();
    assert_eq!(kept(child), [0, 1, 2, 5, 9]);
    let own: &[i32] = if subject == Catatonit { &[0, 1, 2] } else { &[0, 1, 2, 5, 9] };
    assert_eq!(kept(running.pid()), own);
}

/// Of socket activation (sd_listen_fds(3)): catatonit makes it the child's, if it was its own.
fn passes_listen_pid(subject: Subject, place: Place) {
    let path = subject.path();
    let path = path.to_str().expect("UTF-8");
    for (pid, says) in [("$$", "is mine"), ("99999", "is not mine"), ("", "is not mine")] {
        let export = format!("export LISTEN_PID={pid}; exec \"$@\"");
        let compare = "[ \"$LISTEN_PID\" = $$ ] && echo is mine || echo is not mine";
        let launch =
            Launch::program("/bin/sh", place).args(["-c", &export, "sh", path, "--", "sh", "-c", compare]);
        let (ended, stdout, _) = launch.start().wait_with_output();
        let expected = if subject == Catatonit { says } else { "is not mine" };
        assert_eq!((ended, stdout.trim_end()), (Code(0), expected), "LISTEN_PID={pid}");
    }
}

/// Its own variables included.
fn passes_the_environment(subject: Subject, place: Place) {
    let variables = [
        "CATATONIT_DEBUG=",
        "DUMB_INIT_DEBUG=1",
        "DUMB_INIT_SETSID=0",
        "LISTEN_PID=99999",
        "PATH=/usr/bin:/bin",
        "POSIXLY_CORRECT=",
        "TINI_KILL_PROCESS_GROUP=",
        "TINI_SUBREAPER=1",
        "TINI_VERBOSITY=0",
    ];
    let mut launch = Launch::supervising(subject, place, &[]).without_environment();
    for variable in variables {
        let (name, value) = variable.split_once('=').expect("NAME=VALUE");
        launch = launch.env(name, value);
    }
    let (ended, stdout, _) = launch.args(["cat", "/proc/self/environ"]).start().wait_with_output();
    let mut heard: Vec<&str> = stdout.trim_end().split_terminator('\0').collect();
    heard.sort_unstable();
    assert_eq!((ended, heard.as_slice()), (Code(0), &variables[..]));
}

// --------------------------------------------------------------------------------------------------------------- names

/// By which docker and podman call them.
pub const NAMES: &[(Subject, &str)] = &[
    (Tini, "/sbin/docker-init"),
    (Tini, "/dev/init"),
    (Tini, "docker-init"),
    (Tini, "/usr/bin/tini-static"),
    (Catatonit, "/run/podman-init"),
    (Catatonit, "podman-init"),
    (Catatonit, "/catatonit"),
    (DumbInit, "/usr/local/bin/dumb-init"),
];

fn answers_to(subject: Subject, name: &str) {
    let launch = || Launch::of(subject, AsPid1).called(name);
    let (ended, stdout, stderr) = launch().args(["--version"]).start().wait_with_output();
    let version = ["tini version 0.19.0", "dumb-init v1.2.5", "tini version 0.1.7_catatonit"];
    let version = version[PEERS.iter().position(|&peer| peer == subject).expect("a peer")];
    assert_eq!(ended, Code(0));
    assert!(format!("{stdout}{stderr}").starts_with(version), "{stdout}{stderr}");
    let (ended, _, stderr) = launch().args(["-x"]).start().wait_with_output();
    assert_eq!(ended, Code(1));
    assert!(stderr.starts_with(&format!("{name}: invalid option -- 'x'\n")), "{stderr:?}");
    let (ended, stdout, stderr) = launch().args(["--", "sh", "-c", "exit 7"]).start().wait_with_output();
    assert_eq!((ended, stdout.as_str(), stderr.as_str()), (Code(7), "", ""));
}
