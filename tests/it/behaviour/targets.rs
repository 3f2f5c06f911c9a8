//! Whom a signal goes to, and what it becomes on the way: `--to`, `--group`, `--rewrite`, and dumb-init's like.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::{RTMAX, RTMIN};
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Subject, Tini, original, supervisors};
use crate::harness::syscall;
use crate::harness::trial::trial;
use libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use libtest_mimic::Trial;

/// Whom it reaches, apart from the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Child,
    Group,
    Everyone,
}

const TARGETS: &[(Subject, &[&str], Reach)] = &[
    (Pausa, &[], Reach::Child),
    (Pausa, &["--to", "child"], Reach::Child),
    (Pausa, &["-g", "--to=child"], Reach::Child),
    (Pausa, &["-g"], Reach::Group),
    (Pausa, &["--group"], Reach::Group),
    (Pausa, &["--to", "group"], Reach::Group),
    (Pausa, &["--to=group"], Reach::Group),
    (Pausa, &["--to", "all"], Reach::Everyone),
    (Pausa, &["--to=all"], Reach::Everyone),
    (Tini, &[], Reach::Child),
    (Tini, &["-g"], Reach::Group),
    (DumbInit, &[], Reach::Group),
    (DumbInit, &["-c"], Reach::Child),
    (Catatonit, &[], Reach::Child),
    (Catatonit, &["-g"], Reach::Group),
];

/// Options, the signal that comes, the signal that the child gets.
const REWRITES: &[(Subject, &[&str], i32, Option<i32>)] = &[
    (Pausa, &["-r", "TERM:INT"], SIGTERM, Some(SIGINT)),
    (Pausa, &["-rTERM:INT"], SIGTERM, Some(SIGINT)),
    (Pausa, &["--rewrite", "SIGTERM:SIGQUIT"], SIGTERM, Some(SIGQUIT)),
    (Pausa, &["--rewrite=15:2"], SIGTERM, Some(SIGINT)),
    (Pausa, &["-r", "term:usr1"], SIGTERM, Some(SIGUSR1)),
    (Pausa, &["-r", "TERM:0"], SIGTERM, None),
    (Pausa, &["-r", "TERM:RTMIN+3"], SIGTERM, Some(RTMIN + 3)),
    (Pausa, &["-r", "TERM:SIGRTMAX-1"], SIGTERM, Some(RTMAX - 1)),
    (Pausa, &["-r", "RTMIN:TERM"], RTMIN, Some(SIGTERM)),
    (Pausa, &["-r", "SIGRTMAX-2:HUP"], RTMAX - 2, Some(SIGHUP)),
    (Pausa, &["-r", "40:0"], 40, None),
    (Pausa, &["-r", "TERM:INT", "-r", "TERM:QUIT"], SIGTERM, Some(SIGQUIT)),
    // One step only: what a rewrite yields is not rewritten again.
    (Pausa, &["-r", "TERM:INT", "-r", "INT:QUIT"], SIGTERM, Some(SIGINT)),
    (Pausa, &["-r", "TERM:INT", "-r", "INT:QUIT"], SIGINT, Some(SIGQUIT)),
    (Pausa, &["-r", "TERM:INT"], SIGHUP, Some(SIGHUP)),
    (Pausa, &["-g", "-r", "TERM:INT"], SIGTERM, Some(SIGINT)),
    (DumbInit, &["-c", "-r", "15:2"], SIGTERM, Some(SIGINT)),
    (DumbInit, &["-c", "--rewrite=15:0"], SIGTERM, None),
    (DumbInit, &["-r", "15:2", "-r", "15:3"], SIGTERM, Some(SIGQUIT)),
    (DumbInit, &["-r", "15:2"], SIGHUP, Some(SIGHUP)),
];

const TOPIC: &str = "targets";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for place in PLACES {
        for &(subject, options, reach) in
            TARGETS.iter().filter(|(subject, ..)| supervisors().contains(subject))
        {
            if reach == Reach::Everyone && place == AsSubreaper {
                continue;
            }
            let check = move || reaches(subject, place, options, reach);
            trials.push(trial(TOPIC, (subject, place), format!("{options:?} reaches {reach:?}"), check));
        }
        for &(subject, options, from, to) in
            REWRITES.iter().filter(|(subject, ..)| supervisors().contains(subject))
        {
            let check = move || rewrites(subject, place, options, from, to);
            trials.push(trial(TOPIC, (subject, place), format!("{options:?} makes {to:?} of {from}"), check));
        }
    }
    if !original() {
        let name = "--to all is refused where it would mean the machine";
        trials.push(trial(TOPIC, (Pausa, AsSubreaper), name, refuses_all));
        let name = "-g reaches the child that has left its group";
        trials.push(trial(TOPIC, (Pausa, AsPid1), name, reaches_the_deserter));
    }
    trials
}

/// With a child that has said that it is ready, and a grandchild where the payload has one.
fn started(subject: Subject, place: Place, options: &[&str], payload: &str) -> Running {
    let mut running = Launch::supervising(subject, place, options).payload(payload).start();
    let speakers = if ["group", "sessions"].contains(&payload) { 2 } else { 1 };
    for _ in 0..speakers {
        let line = running.stdout_line();
        assert!(line.starts_with("ready ") || line.starts_with("grandchild "), "{line}");
    }
    running
}

/// The grandchild is in the child's group, or for `Everyone` in a session of its own.
fn reaches(subject: Subject, place: Place, options: &[&str], reach: Reach) {
    let mut running =
        started(subject, place, options, if reach == Reach::Everyone { "sessions" } else { "group" });
    let grandchild = running.processes().into_iter().find(|process| process.parent != running.pid());
    let grandchild = grandchild.expect("a grandchild").pid;
    running.kill(SIGUSR1);
    let number = if reach == Reach::Child { 1 } else { 2 };
    let mut heard: Vec<String> = (0..number).map(|_| running.stdout_line()).collect();
    // The fence: had the grandchild got the first signal, it would say so before this one, which has a higher number.
    syscall::send(grandchild.as_raw(), SIGUSR2).expect("the grandchild is there");
    let fence = running.stdout_line();
    assert!(fence.starts_with("grandchild signal 12 "), "{fence}");
    heard.sort();
    let expected = ["grandchild signal 10 ", "signal 10 "];
    for (line, start) in heard.iter().zip(&expected[2 - number..]) {
        assert!(line.starts_with(start), "{heard:?}");
    }
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

fn rewrites(subject: Subject, place: Place, options: &[&str], from: i32, to: Option<i32>) {
    let mut running = started(subject, place, options, "ready");
    running.kill(from);
    if let Some(to) = to {
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {to} ")), "{line}");
    }
    // The fence: the highest number, so whatever came before it is told before it.
    running.kill(RTMAX);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 64 "), "{line}");
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

fn refuses_all() {
    let (ended, stdout, stderr) =
        Launch::of(Pausa, AsSubreaper).args(["--to", "all", "true"]).start().wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(125), ""));
    assert!(
        stderr.starts_with("pausa: ") && stderr.contains("--to") && stderr.lines().count() == 1,
        "{stderr:?}"
    );
}

/// An interactive shell as the child moves itself into another group at times; then its old group is empty.
fn reaches_the_deserter() {
    let mut running = started(Pausa, AsPid1, &["-g"], "deserter");
    running.kill(SIGWINCH);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 28 "), "{line}");
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}
