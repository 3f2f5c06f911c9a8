//! The termination message: what it says of each end, in both forms. Where it is written is `message_file`'s.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Form, Json, Text, assert_keys, paper, to, written};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, original};
use crate::harness::trial::{Named, trial};
use libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1};
use libtest_mimic::Trial;
use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

/// Why, in a word, and how the sentence begins.
type Reason = (&'static str, &'static str);

const ITSELF: Reason = ("exit", "exited with ");
const SIGNAL: Reason = ("signal", "killed by SIG");
const NAMELESS: Reason = ("signal", "killed by signal 32");
const UNKNOWN: Reason = ("killed", "killed by SIGKILL from an unknown sender");
const ASKED: Reason = ("asked", "ended by SIG");
const OBEYED: Reason = ("asked", "exited with 7: asked to stop by SIG");
const DEADLINE: Reason = ("deadline", "killed by pausa (SIGKILL): did not end within 0.0");
const REWRITE: Reason = ("rewrite", "killed by pausa (SIGKILL): --rewrite turned a signal into it");
const NOT_RUN: Reason = ("not_run", "");

struct Row {
    name: &'static str,
    options: &'static [&'static str],
    /// A payload; or a command, when it begins with a blank.
    command: &'static str,
    /// Sent to pausa when the payload has said that it is ready.
    signals: &'static [i32],
    code: i32,
    reason: Reason,
    says: &'static [(&'static str, &'static str)],
}

const fn row(
    name: &'static str,
    command: &'static str,
    code: i32,
    reason: Reason,
    says: &'static [(&'static str, &'static str)],
) -> Row {
    Row { name, options: &[], command, signals: &[], code, reason, says }
}

const fn sent(
    name: &'static str,
    command: &'static str,
    signals: &'static [i32],
    code: i32,
    reason: Reason,
    says: &'static [(&'static str, &'static str)],
) -> Row {
    Row { name, options: &[], command, signals, code, reason, says }
}

const ROWS: &[Row] = &[
    row("exit 0", "exit 0", 0, ITSELF, &[("exit_code", "0"), ("status", "0")]),
    row("exit 3", "exit 3", 3, ITSELF, &[("exit_code", "3"), ("status", "3")]),
    row("exit 255", "exit 255", 255, ITSELF, &[("exit_code", "255"), ("status", "255")]),
    Row {
        options: &["-e3:0"],
        ..row("a remapped exit code", "exit 3", 0, ITSELF, &[("exit_code", "3"), ("status", "0")])
    },
    Row {
        options: &["-e143:0"],
        ..sent("a remapped signal", "wait", &[SIGTERM], 0, ASKED, &[("signal", "SIGTERM"), ("status", "0")])
    },
    row("SIGSEGV", "die 11", 139, SIGNAL, &[("signal", "SIGSEGV"), ("status", "139")]),
    row("a real-time signal", "die 35", 163, SIGNAL, &[("signal", "SIGRTMIN+1"), ("status", "163")]),
    row("a signal without a name", "die 32", 160, NAMELESS, &[("signal", "signal 32")]),
    row("SIGKILL from an unknown sender", "die 9", 137, UNKNOWN, &[("signal", "SIGKILL"), ("status", "137")]),
    row(
        "a command that is not there",
        " no-such-command",
        127,
        NOT_RUN,
        &[("program", "no-such-command"), ("exit_code", "127"), ("error", "No such file or directory")],
    ),
    row(
        "a directory as a command",
        " /bin",
        126,
        NOT_RUN,
        &[("exit_code", "126"), ("error", "Permission denied")],
    ),
    Row {
        options: &["-e127:9"],
        ..row("a remapped failure", " no-such-command", 9, NOT_RUN, &[("exit_code", "127"), ("status", "9")])
    },
    sent("SIGTERM", "wait", &[SIGTERM], 143, ASKED, &[("signal", "SIGTERM"), ("stop_signal", "SIGTERM")]),
    sent("SIGINT", "wait", &[SIGINT], 130, ASKED, &[("signal", "SIGINT"), ("stop_signal", "SIGINT")]),
    Row {
        options: &["--stop-on=TERM,QUIT"],
        ..sent(
            "SIGQUIT",
            "wait",
            &[SIGQUIT],
            131,
            ASKED,
            &[("signal", "SIGQUIT"), ("stop_signal", "SIGQUIT")],
        )
    },
    Row {
        options: &["--stop-on=USR1"],
        ..sent("USR1", "wait", &[SIGUSR1], 138, ASKED, &[("signal", "SIGUSR1"), ("stop_signal", "SIGUSR1")])
    },
    // Forwarded, and yet nobody's wish for an end as far as pausa can know.
    sent("SIGQUIT alone", "wait", &[SIGQUIT], 131, SIGNAL, &[("signal", "SIGQUIT")]),
    sent("SIGHUP", "wait", &[SIGHUP], 129, SIGNAL, &[("signal", "SIGHUP")]),
    sent("SIGUSR1", "wait", &[SIGUSR1], 138, SIGNAL, &[("signal", "SIGUSR1"), ("signals_forwarded", "1")]),
    sent(
        "a stop that is obeyed by exit",
        "ready",
        &[SIGTERM],
        7,
        OBEYED,
        &[("exit_code", "7"), ("stop_signal", "SIGTERM"), ("signals_forwarded", "1")],
    ),
    sent(
        "the last of many stops",
        "ready",
        &[SIGTERM, SIGUSR1, SIGINT, SIGUSR1],
        7,
        OBEYED,
        &[("stop_signal", "SIGINT"), ("signals_forwarded", "4")],
    ),
    Row {
        options: &["-rTERM:QUIT"],
        ..sent(
            "a rewritten stop",
            "wait",
            &[SIGTERM],
            131,
            ASKED,
            &[("signal", "SIGQUIT"), ("stop_signal", "SIGTERM")],
        )
    },
    Row {
        options: &["-rUSR1:KILL"],
        ..sent("a rewrite to SIGKILL", "wait", &[SIGUSR1], 137, REWRITE, &[("signal", "SIGKILL")])
    },
    Row {
        options: &["-rTERM:0"],
        ..sent("a dropped stop", "obeys", &[SIGTERM], 7, ITSELF, &[("signals_forwarded", "0")])
    },
    Row {
        options: &["-k50ms"],
        ..sent(
            "a deadline",
            "ready",
            &[SIGTERM],
            137,
            DEADLINE,
            &[("signal", "SIGKILL"), ("status", "137"), ("stop_signal", "SIGTERM")],
        )
    },
];

const TOPIC: &str = "message";

type Check = fn(Place, Form);

pub fn trials() -> Vec<Trial> {
    if original() {
        // None of them tells.
        return Vec::new();
    }
    let others: [Named<Check>; 3] =
        [("a core", tells_of_a_core), ("orphans", counts_orphans), ("costs", tells_costs)];
    let mut trials = Vec::new();
    for place in PLACES {
        for form in [Text, Json] {
            let at = (form.word(), place);
            trials.extend(ROWS.iter().map(|row| trial(TOPIC, at, row.name, move || tells(place, form, row))));
            trials.extend(others.map(|(name, check)| trial(TOPIC, at, name, move || check(place, form))));
            trials.extend(ODD_NAMES.map(|(what, command)| {
                trial(TOPIC, at, format!("a program called {what}"), move || quotes(place, form, command))
            }));
        }
    }
    trials.push(trial(TOPIC, AsPid1, "who asked from inside", names_who_is_inside));
    trials.push(trial(TOPIC, AsSubreaper, "who asked, when all are inside", names_the_harness));
    trials.push(trial(TOPIC, AsSubreaper, "a queued signal names no sender", believes_no_claim));
    trials
}

fn launch(place: Place, form: Form, options: &[&str]) -> (Launch, std::path::PathBuf) {
    let path = paper();
    let destination = to(&path);
    let options = [&[destination.as_str(), "-F", form.word()], options].concat();
    let launch = Launch::supervising(Pausa, place, &options);
    (launch, path)
}

fn tells(place: Place, form: Form, row: &Row) {
    let (launch, path) = launch(place, form, row.options);
    let mut running = match row.command.strip_prefix(' ') {
        Some(command) => launch.args([command]),
        None if row.command == "obeys" => launch.payload("ready"),
        None => launch.payload(row.command),
    }
    .start();
    let child = (!row.signals.is_empty()).then(|| running.stdout_line()["ready ".len()..].to_owned());
    for &signal in row.signals {
        running.kill(signal);
        if row.command == "ready" && row.reason != DEADLINE {
            // One after the other: standard signals that are pending come by their numbers.
            assert!(running.stdout_line().starts_with(&format!("signal {signal} ")));
        }
    }
    if ["ready", "obeys"].contains(&row.command) && row.reason != DEADLINE {
        running.say("exit 7");
    }
    let started = Instant::now();
    assert_eq!(running.ended(), Code(row.code));
    let fields = written(form, &path);
    let (word, sentence) = row.reason;
    assert_eq!(fields.get("reason"), word, "{fields:?}");
    assert!(fields.get("sentence").starts_with(sentence), "{fields:?}");
    if row.reason == NOT_RUN {
        let (program, error) = (fields.get("program"), fields.get("error"));
        assert_eq!(fields.get("sentence"), format!("{program} could not be run: {error}"));
    }
    for (key, value) in row.says {
        assert_eq!(fields.find(key).unwrap_or(nothing(form)), *value, "{key}: {fields:?}");
    }
    if let Some(child) = child {
        assert_eq!(fields.get("pid"), child, "as the child sees itself");
    }
    let is_asked = row.says.iter().any(|(key, _)| *key == "stop_signal") || row.options == ["-e143:0"];
    let is_killed = row.says.iter().any(|(key, _)| *key == "signal");
    assert_keys(form, &fields, is_killed, row.reason == NOT_RUN, is_asked);
    if is_asked {
        let from = if place == AsPid1 { "outside" } else { "inside" };
        assert_eq!((fields.get("stop_sent"), fields.get("stop_from")), ("kill", from));
        assert!(fields.milliseconds("stop_before_end") <= fields.milliseconds("wall"), "{fields:?}");
    }
    if row.reason == DEADLINE {
        let waited = fields.milliseconds("stop_before_end");
        // The kernel's timer does not come early, and the message is no older than the end that was seen.
        assert!(waited >= 50, "{fields:?}");
        assert!(u128::from(waited) <= 50 + 30_000 && started.elapsed().as_secs() < 30, "{fields:?}");
    }
}

/// What is meant by a field that text leaves out.
fn nothing(form: Form) -> &'static str {
    if form == Text { "0" } else { "(it must be there)" }
}

/// What the kernel does with a core here (core_pattern, limits) it does without pausa too.
fn tells_of_a_core(place: Place, form: Form) {
    let directory = crate::harness::subject::directory();
    let exe = std::env::current_exe().expect("the test binary knows its path");
    let mut direct = std::process::Command::new(exe);
    let direct = direct.args(["payload", "die-with-core", "11"]).current_dir(directory).status();
    let (launch, path) = launch(place, form, &[]);
    let ended = launch.payload("die-with-core 11").directory(directory).start().wait();
    assert_eq!(ended, Code(139));
    let dumped = direct.expect("run the payload").core_dumped();
    let fields = written(form, &path);
    // Text leaves out that there is none.
    let said = fields.find("core_dumped").unwrap_or(if form == Text { "false" } else { "" });
    assert_eq!(said, dumped.to_string(), "{fields:?}");
}

fn counts_orphans(place: Place, form: Form) {
    let (launch, path) = launch(place, form, &[]);
    let mut running = launch.payload("orphans 300").start();
    running.expect_line("made 300");
    running.until_reaped(1);
    running.say("exit 0");
    assert_eq!(running.wait(), Code(0));
    assert_eq!(written(form, &path).number("orphans_reaped"), 300);
}

fn tells_costs(place: Place, form: Form) {
    let (launch, path) = launch(place, form, &[]);
    let started = Instant::now();
    let script = "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done";
    assert_eq!(launch.args(["sh", "-c", script]).start().wait(), Code(0));
    let most = started.elapsed().as_millis();
    let fields = written(form, &path);
    let [wall, user, system] = ["wall", "user", "system"].map(|key| fields.milliseconds(key));
    assert!(u128::from(wall) <= most, "{wall} ms of {most} ms");
    // One thread, and clocks that may differ by a tick of 10 ms.
    assert!(user > 0 && user + system <= wall + 10, "{fields:?}");
    let memory = fields.number("max_rss_bytes");
    assert!((100 << 10..100 << 20).contains(&memory) && memory.is_multiple_of(1024), "{fields:?}");
}

/// What printf(1) makes of it; none of these is a command.
const ODD_NAMES: [(&str, &str); 7] = [
    ("by quotes", r#"a"b\047c\\\\d"#),
    ("over two lines", r"a\nstatus: 0"),
    ("by no UTF-8", r"\377\200a"),
    ("by control characters", r"\001\033[2J\177"),
    ("by C1 control characters", r"\302\233[2J\302\205status: 0\233"),
    ("in Japanese", r"\346\227\245"),
    // All that a message takes of a name, in the longest way to write it.
    ("by 250 control characters", "%0250d"),
];

fn quotes(place: Place, form: Form, format: &str) {
    let path = paper();
    let subject = Pausa.path();
    // The shell becomes pausa: a name of any bytes, which the harness could not hand over.
    let script = "exec \"$0\" \"$@\" \"$(printf \"$FORMAT\" | tr 0 '\\001')\"";
    let launch = Launch::program("/bin/sh", place).env("FORMAT", format).args(["-c", script]);
    let launch = launch.args(subject.to_str()).args([&to(&path), "-F", form.word(), "--"]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!((ended, stderr.lines().count()), (Code(127), 1), "{stderr:?}");
    let fields = written(form, &path);
    assert_keys(form, &fields, false, true, false);
    assert_eq!((fields.get("status"), fields.get("error")), ("127", "No such file or directory"));
    let program = fields.get("program");
    assert!(!program.is_empty() && (form == Json || !program.contains(char::is_control)), "{program:?}");
}

fn names_who_is_inside() {
    for form in [Text, Json] {
        let (launch, path) = launch(AsPid1, form, &[]);
        let mut running = launch.payload("ready").start();
        running.handshake("ready");
        let pid = asks_from_inside(&mut running);
        assert_eq!(running.ended(), Code(7));
        let fields = written(form, &path);
        assert_eq!(fields.get("stop_from"), "inside");
        assert_eq!((fields.get("stop_pid"), fields.get("stop_uid")), (pid.as_str(), "0"));
        assert_eq!(fields.get("stop_command"), "sh", "{fields:?}");
    }
}

/// As `kubectl exec … kill 1`; the shell lives until its stdin ends, so that it can be named.
fn asks_from_inside(running: &mut Running) -> String {
    let mut shell = running.enter().args(["/bin/sh", "-c", "echo $$; kill -TERM 1; read line"]).start();
    let pid = shell.stdout_line();
    assert!(running.stdout_line().starts_with("signal 15 "));
    running.say("exit 7");
    shell.close_stdin();
    drop(shell);
    pid
}

/// Without a PID namespace the kernel tells every sender's number.
fn names_the_harness() {
    let (launch, path) = launch(AsSubreaper, Text, &[]);
    let mut running = launch.payload("wait").start();
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(143));
    let fields = written(Text, &path);
    let own = std::fs::read_to_string("/proc/self/comm").expect("this process has a name");
    assert_eq!(fields.number("stop_pid"), u64::from(std::process::id()));
    assert_eq!(fields.get("stop_uid"), nix::unistd::getuid().to_string());
    assert_eq!(fields.get("stop_command"), own.trim_end());
}

/// Who queues a signal may claim to be anybody; here, root's PID 1.
fn believes_no_claim() {
    for form in [Text, Json] {
        let (launch, path) = launch(AsSubreaper, form, &[]);
        let mut running = launch.payload("wait").start();
        running.handshake("ready");
        crate::harness::syscall::send_as(running.pid(), SIGTERM, 1, 0).expect("queue a signal");
        assert_eq!(running.ended(), Code(143));
        let fields = written(form, &path);
        assert_eq!((fields.get("stop_sent"), fields.get("stop_from")), ("queued", "unknown"));
        assert_keys(form, &fields, true, false, true);
    }
}
