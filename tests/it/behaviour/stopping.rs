//! From a stop signal to the end: delay, ladder, deadline and drain; and that pausa does not wake while nothing is due.
//!
//! A deadline that must pass is short; one that must not is an hour, longer than any run may take.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Text, paper, to, written};
use crate::harness::process::{Process, pending, waits_for_ever};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::RTMIN;
use crate::harness::subject::{Pausa, original};
use crate::harness::syscall::set_of;
use crate::harness::trial::trial;
use libc::{SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGWINCH};
use libtest_mimic::Trial;
use nix::unistd::Pid;
use std::path::PathBuf;

type Check = fn(Place, &'static str);

const ROWS: [(&str, Check); 20] = [
    ("-k kills all that is left", kills_all),
    ("-k kills who comes to it when the child is dead", kills_a_stranger),
    ("-k is over when the child ends", |place, name| obeys_soon(place, name, "-k1h")),
    ("-k0 gives no time", kills_at_once),
    ("-S climbs step by step", climbs),
    ("-S that ends without KILL lets it live", climbs_in_peace),
    ("-S passes who asks again", |place, name| passes_the_second(place, name, "-S TERM:1h,KILL")),
    ("-k passes who asks again", |place, name| passes_the_second(place, name, "-k1h")),
    ("-k may be more seconds than 32 bits tell", |place, name| passes_the_second(place, name, "-k600000h")),
    ("-d holds the first stop back and passes the second", holds_back),
    ("-d is over in time", delays),
    ("-d and -k add up", delays_and_kills),
    ("-d does not keep a child that ends", ends_while_held),
    ("-D waits for a worker", |place, name| drains(place, name, "-D", "0")),
    ("-D waits for a worker in a session of its own", |place, name| drains(place, name, "-D -k1h", "1")),
    ("-D keeps the status of a child that was stopped", drains_after_a_stop),
    ("-D is over when nobody is left", |place, name| ends_soon(place, name, "-D -k1h")),
    ("-D wakes a worker that is stopped", drains_the_stopped),
    ("-D is bounded by -k", bounds_the_drain),
    ("without -D nobody is waited for", leaves_the_worker),
];

/// Options and the value that the complaint names.
const MISTAKES: [(&[&str], &str); 22] = [
    (&["-k", ""], "''"),
    (&["-k", "x"], "'x'"),
    (&["-k", "s"], "'s'"),
    (&["-k", "-1"], "'-1'"),
    (&["-k1.5s"], "'1.5s'"),
    (&["-k", "10 s"], "'10 s'"),
    (&["--kill-after=1d"], "'1d'"),
    (&["--kill-after", "99999999999999999999"], "'99999999999999999999'"),
    (&["-d", "1hh"], "'1hh'"),
    (&["--delay="], "''"),
    (&["-S", ""], "''"),
    (&["-S", "TERM,KILL"], "'TERM,KILL'"),
    (&["-S", "TERM:,KILL"], "'TERM:,KILL'"),
    (&["-S", "TERM:5s,"], "'TERM:5s,'"),
    (&["-S", "NOPE:5s,KILL"], "'NOPE:5s,KILL'"),
    (&["-S", "0:5s,KILL"], "'0:5s,KILL'"),
    (&["--stop=TERM:5s:6s"], "'TERM:5s:6s'"),
    (&["-S", "1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,9"], "'1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,9'"),
    (&["--stop-on", "KILL"], "'KILL'"),
    (&["--stop-on", "TERM,STOP"], "'STOP'"),
    (&["--stop-on=CHLD"], "'CHLD'"),
    (&["-F", "xml"], "'xml'"),
];

const TOPIC: &str = "stopping";

pub fn trials() -> Vec<Trial> {
    if original() {
        // None of them has any of this.
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for name in ["pausa", "tini", "dumb-init"] {
            let row =
                |(what, check): (&str, Check)| trial(TOPIC, (name, place), what, move || check(place, name));
            trials.extend(ROWS.map(row));
        }
        for (options, value) in MISTAKES {
            let name = format!("{options:?} is refused");
            trials.push(trial(TOPIC, place, name, move || is_refused(place, options, value)));
        }
        trials.push(trial(TOPIC, place, "nobody wakes while nothing is due", move || sleeps_well(place)));
    }
    trials
}

/// pausa by its options; any other name by the variable, with adoption, which is an option of theirs.
fn launch(place: Place, name: &str, options: &str) -> Launch {
    let launch = Launch::program(Pausa.path(), place).called(name);
    if name == "pausa" {
        launch.args(options.split(' ')).args(["--"])
    } else {
        launch.env("PAUSA_OPTIONS", &format!("-s {options}")).args(["--"])
    }
}

/// With a child that echoes signals and stays, and a message about its end.
fn echoing(place: Place, name: &str, options: &str) -> (Running, PathBuf) {
    let path = paper();
    let mut running = launch(place, name, &format!("{options} {}", to(&path))).payload("ready").start();
    running.handshake("ready");
    (running, path)
}

fn hears(running: &mut Running, signal: i32) {
    let line = running.stdout_line();
    assert!(line.starts_with(&format!("signal {signal} ")), "{line}, where {signal} is expected");
}

/// Gone, or a zombie of whoever is outside.
fn until_dead(running: &mut Running, pid: Pid) {
    let is_dead = |process: Option<Process>| process.is_none_or(|process| process.state == 'Z');
    running.until(&format!("the end of {pid}"), |_| is_dead(Process::of(pid)).then_some(()));
}

const FAMILY: [&str; 4] = ["member", "orphan", "stranger", "ready"];

fn kills_all(place: Place, name: &'static str) {
    let path = paper();
    let options = format!("-k50ms {}", to(&path));
    let mut running = launch(place, name, &options).payload("stubborn").start();
    let family = FAMILY.map(|word| running.handshake(word));
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    for pid in family {
        until_dead(&mut running, pid);
    }
    let fields = written(Text, &path);
    assert_eq!(fields.get("reason"), "deadline", "{fields:?}");
    assert_eq!((fields.get("signal"), fields.get("stop_signal")), ("SIGKILL", "SIGTERM"));
    assert!(fields.milliseconds("stop_before_end") >= 50, "{fields:?}");
}

/// In a session of its own and not adopted before: only a second look finds it.
fn kills_a_stranger(place: Place, name: &'static str) {
    let mut running = launch(place, name, "-k0").payload("stubborn 1").start();
    let stranger = running.handshake("stranger");
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    until_dead(&mut running, stranger);
}

fn kills_at_once(place: Place, name: &'static str) {
    let (mut running, _) = echoing(place, name, "-k0");
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
}

fn obeys_soon(place: Place, name: &'static str, options: &str) {
    let mut running = launch(place, name, options).payload("wait").start();
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(128 + SIGTERM));
}

fn ends_soon(place: Place, name: &'static str, options: &str) {
    assert_eq!(launch(place, name, options).payload("exit 7").start().wait(), Code(7));
}

/// What a step has sent stays pending in a child that blocks all signals, so that nothing depends on how soon the child
/// has its turn: whenever the kernel shows a step, it shows all steps before it.
fn climbs(place: Place, name: &'static str) {
    let path = paper();
    let options = format!("--stop-on HUP -S TERM:20ms,QUIT:20ms,RTMIN+1:20ms,KILL {}", to(&path));
    let mut running = launch(place, name, &options).payload("deaf").start();
    let child = running.handshake("ready");
    running.kill(SIGHUP);
    running.until("the end of the child", |_| {
        let Some(pending) = pending(child) else { return Some(()) };
        let came = [SIGTERM, SIGQUIT, RTMIN + 1].map(|signal| pending & set_of(&[signal]) != 0);
        assert!(came.is_sorted_by(|earlier, later| earlier >= later), "pending: {came:?}");
        None
    });
    assert_eq!(running.ended(), Code(137));
    let fields = written(Text, &path);
    assert_eq!(fields.get("reason"), "deadline", "{fields:?}");
    assert_eq!((fields.get("stop_signal"), fields.number("signals_forwarded")), ("SIGHUP", 3));
    assert!(fields.milliseconds("stop_before_end") >= 60, "{fields:?}");
}

/// Upwards: a child that is slow may find all of them pending, and takes the lowest number first (signal(7)).
fn climbs_in_peace(place: Place, name: &'static str) {
    let (mut running, path) = echoing(place, name, "-S QUIT:20ms,TERM:20ms,RTMIN+1:20ms");
    running.kill(SIGINT);
    for signal in [SIGQUIT, SIGTERM, RTMIN + 1] {
        hears(&mut running, signal);
    }
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    assert_eq!(written(Text, &path).get("reason"), "asked");
}

fn passes_the_second(place: Place, name: &'static str, options: &str) {
    let (mut running, _) = echoing(place, name, options);
    for signal in [SIGTERM, SIGINT, SIGTERM] {
        running.kill(signal);
        hears(&mut running, signal);
    }
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
}

/// What is no stop signal is not held, so it comes first. Its number is the higher one: pausa takes the lowest
/// that is pending (signal(7)), so it has taken the other before.
fn holds_back(place: Place, name: &'static str) {
    let (mut running, _) = echoing(place, name, "-d1h");
    running.kill(SIGTERM);
    running.kill(SIGWINCH);
    hears(&mut running, SIGWINCH);
    running.kill(SIGINT);
    hears(&mut running, SIGINT);
    running.say("exit 7");
    let (ended, rest, _) = running.wait_with_output();
    assert_eq!((ended, rest.as_str()), (Code(7), ""), "what was held is replaced");
}

fn delays(place: Place, name: &'static str) {
    let path = paper();
    let mut running = launch(place, name, &format!("-d50ms {}", to(&path))).payload("wait").start();
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(128 + SIGTERM));
    assert!(written(Text, &path).milliseconds("stop_before_end") >= 50);
}

fn delays_and_kills(place: Place, name: &'static str) {
    let (mut running, path) = echoing(place, name, "-d50ms -k50ms");
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    let fields = written(Text, &path);
    // The child may be killed before it has told of it.
    assert_eq!(fields.number("signals_forwarded"), 1);
    assert!(fields.milliseconds("stop_before_end") >= 100, "{fields:?}");
}

fn ends_while_held(place: Place, name: &'static str) {
    let (mut running, _) = echoing(place, name, "-d1h");
    running.kill(SIGTERM);
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
}

/// Ready to work, with the worker's pid.
fn flushing(place: Place, name: &str, options: &str, apart: &str) -> (Running, Pid) {
    let mut running = launch(place, name, options).payload(&format!("flusher {apart}")).start();
    let worker = running.handshake("worker");
    running.handshake("ready");
    (running, worker)
}

fn drains(place: Place, name: &'static str, options: &str, apart: &str) {
    let (mut running, worker) = flushing(place, name, options, apart);
    running.say("exit 7");
    finish(&mut running, worker);
    assert_eq!(running.wait(), Code(7));
}

fn drains_after_a_stop(place: Place, name: &'static str) {
    let (mut running, worker) = flushing(place, name, "-D", "1");
    running.kill(SIGTERM);
    finish(&mut running, worker);
    assert_eq!(running.wait(), Code(128 + SIGTERM));
}

/// The worker ends when the test lets it, and pausa is there until then.
fn finish(running: &mut Running, worker: Pid) {
    running.expect_line("flushing");
    assert!(
        Process::of(running.pid()).is_some_and(|init| init.state != 'Z'),
        "it has ended before its worker"
    );
    running.say("go on");
    running.expect_line("flushed");
    until_dead(running, worker);
}

/// SIGTERM is not heard before somebody continues the process (signal(7)).
fn drains_the_stopped(place: Place, name: &'static str) {
    let (mut running, worker) = flushing(place, name, "-D", "0");
    crate::harness::syscall::send(worker.as_raw(), SIGSTOP).expect("the worker is there");
    running.until_state(worker, "T");
    running.say("exit 7");
    finish(&mut running, worker);
    assert_eq!(running.wait(), Code(7));
}

fn bounds_the_drain(place: Place, name: &'static str) {
    let mut running = launch(place, name, "-D -k50ms").payload("stubborn").start();
    let family = FAMILY.map(|word| running.handshake(word));
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    for pid in family {
        until_dead(&mut running, pid);
    }
}

fn leaves_the_worker(place: Place, name: &'static str) {
    let (mut running, worker) = flushing(place, name, "-k1h", "1");
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    match place {
        // The kernel ends a namespace with its PID 1.
        AsPid1 => until_dead(&mut running, worker),
        AsSubreaper => assert!(Process::of(worker).is_some_and(|worker| worker.state != 'Z')),
    }
}

fn is_refused(place: Place, options: &[&str], value: &str) {
    let running = Launch::of(Pausa, place).args(options).args(["true"]).start();
    let (ended, stdout, stderr) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(125), ""));
    assert!(stderr.starts_with("pausa: ") && stderr.lines().count() == 1, "{stderr:?}");
    assert!(stderr.contains(value) && stderr.contains("--"), "{stderr:?} names the value and the option");
}

/// One wait without a limit until somebody asks: its third argument is a null pointer (sigtimedwait(2)).
fn sleeps_well(place: Place) {
    let (mut running, _) = echoing(place, "pausa", "-k1h -d1h -D");
    until_it_waits(&mut running, true);
    running.kill(SIGTERM);
    until_it_waits(&mut running, false);
    running.say("exit 0");
    assert_eq!(running.wait(), Code(0));
}

fn until_it_waits(running: &mut Running, for_ever: bool) {
    running.until("the one wait", |running| (waits_for_ever(running.pid()) == Some(for_ever)).then_some(()));
}
