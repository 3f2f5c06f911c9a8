//! What pausa says of a stop signal, and what it takes for one: no more than it knows, whoever works to have it say more.

use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Fields, Json, paper, to, written};
use crate::harness::pty::Terminal;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, original};
use crate::harness::syscall;
use crate::harness::trial::trial;
use libc::{SIGCONT, SIGINT, SIGTERM};
use libtest_mimic::Trial;
use std::path::PathBuf;

const TOPIC: &str = "claims";

/// Options, the signal, and the reason: where the signal is nothing to a child that waits, so that only a deadline that has
/// begun ends it.
const STOPS: [(&str, i32, &str); 6] = [
    ("-k50ms --stop-on CONT", SIGCONT, "deadline"),
    ("-k50ms -r TERM:CONT", SIGTERM, "deadline"),
    ("-k50ms -r TERM:0", SIGTERM, "deadline"),
    ("-S KILL", SIGTERM, "deadline"),
    ("-r TERM:KILL", SIGTERM, "rewrite"),
    ("-d50ms -r TERM:KILL", SIGTERM, "rewrite"),
];

/// What the counter says before, what the command does, and the reason.
const OUT_OF_MEMORY: [(&str, &str, i32, &str); 4] = [
    ("a worker was killed for want of memory, and the command exits", "exit 7", 7, "exit"),
    ("a worker was killed for want of memory, and the command crashes", "kill -BUS $$", 135, "signal"),
    ("somebody was killed for want of memory, and the command by SIGKILL", "kill -KILL $$", 137, "oom"),
    (
        "a worker was killed for want of memory, and the command asked",
        "kill -TERM $PPID; sleep 9",
        143,
        "asked",
    ),
];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for (options, signal, reason) in STOPS {
            let name = format!("{options}: signal {signal} is a stop signal");
            trials.push(trial(TOPIC, place, name, move || stops(place, options, signal, reason)));
        }
        for (name, script, code, reason) in OUT_OF_MEMORY {
            trials.push(trial(TOPIC, place, name, move || {
                ends_for_its_own_reason(place, script, code, reason)
            }));
        }
        let name = "a signal that has lost its sender is not from outside";
        trials.push(trial(TOPIC, place, name, move || knows_no_sender(place)));
        let name = "a signal that a pipe sends is not the kernel's";
        trials.push(trial(TOPIC, place, name, move || knows_no_pipe(place)));
        let name = "SIGCONT that is queued keeps its value";
        trials.push(trial(TOPIC, place, name, move || keeps_a_value(place)));
    }
    let name = "below a shell, SIGINT that a pipe sends is no key of the terminal";
    trials.push(trial(TOPIC, AsSubreaper, name, forwards_what_is_no_key));
    trials
}

/// With a child that is ready, and a message about its end.
fn start(place: Place, options: &str, payload: &str) -> (Running, PathBuf) {
    let path = paper();
    let words = format!("-Fjson {} {options}", to(&path));
    let options: Vec<&str> = words.split_whitespace().collect();
    let mut running = Launch::supervising(Pausa, place, &options).payload(payload).start();
    running.handshake("ready");
    (running, path)
}

fn told(mut running: Running, path: &std::path::Path, code: i32) -> Fields {
    assert_eq!(running.ended(), Code(code));
    written(Json, path)
}

fn stops(place: Place, options: &str, signal: i32, reason: &str) {
    let (running, path) = start(place, options, "wait");
    running.kill(signal);
    let fields = told(running, &path, 137);
    let name = if signal == SIGCONT { "SIGCONT" } else { "SIGTERM" };
    assert_eq!((fields.get("reason"), fields.get("stop_signal")), (reason, name), "{fields:?}");
}

/// The counter is a file in a mount namespace of its own; it grows before the command ends.
fn ends_for_its_own_reason(place: Place, script: &str, code: i32, reason: &str) {
    let path = paper();
    let counter = "/sys/fs/cgroup/memory.events";
    let own = "/sys/fs/cgroup/cgroup.procs";
    // The shell becomes pausa.
    let prepare =
        format!("mount -t tmpfs none /sys/fs/cgroup && echo $$ >{own} && echo 'oom_kill 1' >{counter}");
    let launch = super::impostors::apart(Pausa, place, &format!("{prepare} && exec \"$@\""));
    let script = format!("echo 'oom_kill 2' >{counter}; {script}");
    let launch = launch.args([&to(&path), "-Fjson", "--", "sh", "-c", &script]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!(ended, Code(code), "{stderr}");
    let fields = written(Json, &path);
    assert_eq!((fields.get("reason"), fields.number("oom_kills")), (reason, 1), "{fields:?}");
}

/// Where no signal may be queued, the kernel keeps the number alone, and process 0 and user 0 are said to have sent it.
fn knows_no_sender(place: Place) {
    let (running, path) = start(place, "", "wait");
    syscall::limit_pending(running.pid(), 0);
    syscall::queue(running.pid(), SIGTERM, 42).expect("a signal without its value");
    let fields = told(running, &path, 143);
    assert_eq!((fields.get("stop_sent"), fields.get("stop_from")), ("unknown", "unknown"), "{fields:?}");
}

fn knows_no_pipe(place: Place) {
    let (running, path) = start(place, "", "wait");
    let _pipe = syscall::signal_by_pipe(running.pid(), SIGTERM);
    let fields = told(running, &path, 143);
    assert_eq!((fields.get("stop_sent"), fields.get("stop_from")), ("unknown", "unknown"), "{fields:?}");
}

fn keeps_a_value(place: Place) {
    let mut running = Launch::supervising(Pausa, place, &[]).payload("ready").start();
    running.handshake("ready");
    running.queue(SIGCONT, 42);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 18 ") && line.ends_with(" value 42"), "{line}");
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
}

/// The shell makes no job of it, and stays in the foreground with it.
fn forwards_what_is_no_key() {
    let (mut terminal, end) = Terminal::open();
    let launch = Launch::program("/bin/sh", AsSubreaper).args(["-c", "\"$@\"; exit $?", "sh"]);
    let launch = launch.args(Pausa.path().to_str()).args(["--"]).payload("wait").on_terminal(&end);
    let mut running = launch.start();
    terminal.expect("ready");
    let pausa = running.until("pausa below the shell", |running| {
        running.processes().into_iter().find(|process| process.parent == running.pid())
    });
    let _pipe = syscall::signal_by_pipe(pausa.pid, SIGINT);
    assert_eq!(running.ended(), Code(128 + SIGINT));
}
