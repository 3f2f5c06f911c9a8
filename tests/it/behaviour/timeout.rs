//! `-T`: how long the command may run. `tests/lives/limits.rs` has the same in all orders.
//!
//! A limit that must come is short, or long enough for a handshake before it; one that must not is an hour.

use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Fields, Json, paper, to, written};
use crate::harness::process::Process;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, original};
use crate::harness::syscall;
use crate::harness::trial::{Named, trial};
use libc::{SIGINT, SIGSTOP, SIGTERM};
use libtest_mimic::Trial;
use nix::unistd::Pid;
use std::process::Command;

const TOPIC: &str = "timeout";

/// Options, the command, the exit status, and the signal that has ended the command.
const ENDS: [(&str, &str, &str, i32, Option<&str>); 8] = [
    ("is asked to stop", "-T50ms", "idle", 124, Some("SIGTERM")),
    ("is not delayed by -d", "-T50ms -d1h", "idle", 124, Some("SIGTERM")),
    ("is asked by the ladder", "-T50ms -S HUP:1h,KILL", "idle", 124, Some("SIGHUP")),
    ("is asked as -r has it", "-T50ms -r TERM:QUIT", "idle", 124, Some("SIGQUIT")),
    ("is killed", "-T50ms -S KILL", "idle", 137, Some("SIGKILL")),
    ("is killed where SIGTERM is dropped", "-T50ms -k50ms -r TERM:0", "idle", 137, Some("SIGKILL")),
    ("has a code by its reason", "-T50ms -e timeout:88", "idle", 88, Some("SIGTERM")),
    ("has a code by its status", "-T50ms -e 124:88", "idle", 88, Some("SIGTERM")),
];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for (name, options, payload, code, signal) in ENDS {
            trials.push(trial(TOPIC, place, name, move || ends(place, options, payload, code, signal)));
        }
        for options in ["-T0", "-T1h", "-T600000h"] {
            let name = format!("{options} leaves a command that ends alone");
            trials.push(trial(TOPIC, place, name, move || leaves_alone(place, options)));
        }
        let rows: [Named<fn(Place)>; 5] = [
            ("a command that is stopped is continued", continues),
            ("a stop signal that came before keeps its reason", keeps_a_reason),
            ("a stop signal that is ignored takes no limit away", outlives_a_stop),
            ("-D leaves nobody behind", leaves_nobody),
            ("PAUSA_OPTIONS has it under other names", is_for_others),
        ];
        trials.extend(rows.map(|(name, row)| trial(TOPIC, place, name, move || row(place))));
        for value in ["", "x", "-1", "1.5s", "1d"] {
            let name = format!("{value:?} is refused");
            trials.push(trial(TOPIC, place, name, move || is_refused(place, value)));
        }
    }
    let name = "the exit status is timeout(1)'s";
    trials.push(trial(TOPIC, AsSubreaper, name, is_as_timeout));
    trials
}

fn start(place: Place, options: &str, payload: &str) -> (Running, std::path::PathBuf) {
    let path = paper();
    let words = format!("-Fjson {} {options}", to(&path));
    let options: Vec<&str> = words.split_whitespace().collect();
    (Launch::supervising(Pausa, place, &options).payload(payload).start(), path)
}

fn assert_timed_out(fields: &Fields, signal: Option<&str>) {
    assert_eq!((fields.get("reason"), fields.find("signal")), ("timeout", signal), "{fields:?}");
    assert!(fields.milliseconds("wall") >= 50, "{fields:?}");
    assert!(fields.get("sentence").ends_with(": the command ran longer than 0.050 s"), "{fields:?}");
}

fn ends(place: Place, options: &str, payload: &str, code: i32, signal: Option<&str>) {
    let (mut running, path) = start(place, options, payload);
    assert_eq!(running.ended(), Code(code));
    assert_timed_out(&written(Json, &path), signal);
}

fn leaves_alone(place: Place, options: &str) {
    let (mut running, path) = start(place, options, "exit 7");
    assert_eq!(running.ended(), Code(7));
    assert_eq!(written(Json, &path).get("reason"), "exit");
}

/// It stops itself before its time is over, however late it starts: until it is continued it cannot end.
fn continues(place: Place) {
    let path = paper();
    let options = ["-T50ms", "-Fjson", &to(&path)];
    let launch = Launch::supervising(Pausa, place, &options).args(["sh", "-c", "kill -STOP $$"]);
    assert_eq!(launch.start().wait(), Code(124));
    assert_timed_out(&written(Json, &path), Some("SIGTERM"));
}

/// The time is over while the ladder waits. It has a step for that, since nothing tells of what does not happen.
fn keeps_a_reason(place: Place) {
    let (mut running, path) = start(place, "-T3s -S TERM:3500ms,QUIT", "ready");
    running.handshake("ready");
    running.kill(SIGTERM);
    for signal in [SIGTERM, libc::SIGQUIT] {
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    }
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    let fields = written(Json, &path);
    assert_eq!((fields.get("reason"), fields.get("stop_signal")), ("asked", "SIGTERM"), "{fields:?}");
}

fn outlives_a_stop(place: Place) {
    let (mut running, path) = start(place, "-T3s", "ready");
    running.handshake("ready");
    running.kill(SIGINT);
    for signal in [SIGINT, SIGTERM] {
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    }
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    assert_eq!(written(Json, &path).get("reason"), "asked");
}

fn is_dead(pid: Pid) -> bool {
    Process::of(pid).is_none_or(|process| process.state == 'Z')
}

fn leaves_nobody(place: Place) {
    let (mut running, path) = start(place, "-T3s -k50ms -D", "stubborn");
    let family = ["member", "orphan", "stranger", "ready"].map(|word| running.handshake(word));
    syscall::send(family[1].as_raw(), SIGSTOP).expect("the orphan is there");
    assert_eq!(running.ended(), Code(137));
    for pid in family {
        running.until(&format!("the end of {pid}"), |_| is_dead(pid).then_some(()));
    }
    assert_eq!(written(Json, &path).get("reason"), "timeout");
}

fn is_for_others(place: Place) {
    for name in ["tini", "dumb-init", "catatonit"] {
        let launch = Launch::program(Pausa.path(), place).called(name).env("PAUSA_OPTIONS", "-s -T50ms");
        assert_eq!(launch.args(["--"]).payload("idle").start().wait(), Code(124), "{name}");
        // It is no option of theirs.
        let own = Launch::program(Pausa.path(), place).called(name).args(["-T50ms", "--", "true"]);
        assert_ne!(own.start().wait(), Code(0), "{name}");
    }
}

fn is_refused(place: Place, value: &str) {
    let running = Launch::of(Pausa, place).args(["-T", value, "true"]).start();
    let (ended, stdout, stderr) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(125), ""));
    assert!(stderr.contains(&format!("'{value}'")) && stderr.contains("--timeout"), "{stderr:?}");
}

/// The same commands below both.
fn is_as_timeout() {
    let stubborn = "trap '' TERM; while :; do sleep 0.01; done";
    for (time, kill, script) in [
        ("0.05", None, "sleep 60"),
        ("1", None, "trap 'exit 0' TERM; sleep 60 & wait"),
        ("1", Some("0.05"), stubborn),
        ("60", Some("60"), "exit 3"),
        ("60", None, "kill -TERM $$"),
        ("0", None, "exit 3"),
    ] {
        let milliseconds =
            |seconds: &str| format!("{}ms", (seconds.parse::<f64>().expect("a number") * 1000.0).round());
        let code = |program: &std::path::Path, options: Vec<String>| {
            let mut command = Command::new(program);
            let status = command.args(options).args(["sh", "-c", script]).status().expect("run it");
            // timeout(1) sends a SIGKILL to itself, too.
            use std::os::unix::process::ExitStatusExt;
            status.code().or(status.signal().map(|signal| 128 + signal))
        };
        let its = kill.map(|kill| format!("--kill-after={kill}")).into_iter().chain([time.to_owned()]);
        let theirs = code("timeout".as_ref(), its.collect());
        let own = kill.map(|kill| format!("-k{}", milliseconds(kill))).into_iter();
        let ours = code(&Pausa.path(), own.chain([format!("-T{}", milliseconds(time))]).collect());
        assert_eq!(ours, theirs, "-T {time} -k {kill:?} {script}");
    }
}
