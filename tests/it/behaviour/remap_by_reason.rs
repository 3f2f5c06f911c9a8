//! `-e REASON:CODE`: what pausa exits with for each reason, which of two rules counts, and what is no rule.
//!
//! One reason is missing here: `oom` wants a cgroup with a limit. Its place among the others is a unit test's.

use crate::harness::call::{self, Complains, Nothing, Row as Call, row as call, with};
use crate::harness::launch::{AsPid1, Launch, PLACES, Place};
use crate::harness::message_fields::{Text, paper, to, written};
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Pausa, Subject, Tini, original};
use crate::harness::trial::{plain, trial};
use libc::{SIGTERM, SIGUSR1};
use libtest_mimic::Trial;
use pausa::policy::reason::{Reason, SEEN};
use std::fs;
use std::path::Path;

struct Row {
    name: &'static str,
    /// With blanks between.
    options: &'static str,
    /// A payload; or a command, when it begins with a blank.
    command: &'static str,
    /// Sent to pausa when the payload has said that it is ready.
    signal: Option<i32>,
    code: i32,
}

const fn row(name: &'static str, options: &'static str, command: &'static str, code: i32) -> Row {
    Row { name, options, command, signal: None, code }
}

const fn sent(
    name: &'static str,
    options: &'static str,
    command: &'static str,
    signal: i32,
    code: i32,
) -> Row {
    Row { name, options, command, signal: Some(signal), code }
}

const ROWS: &[Row] = &[
    row("not_run, for 127", "-e not_run:90", " no-such-command", 90),
    row("not_run, for 126", "-e not_run:90", " /bin", 90),
    sent("deadline", "-k50ms -e deadline:89", "ready", SIGTERM, 89),
    sent("rewrite", "-rUSR1:KILL -e rewrite:91", "wait", SIGUSR1, 91),
    row("killed", "-e killed:92", "die 9", 92),
    sent("asked, for a signal", "-e asked:0", "wait", SIGTERM, 0),
    sent("asked, without a code", "-e asked", "wait", SIGTERM, 0),
    sent("asked, for an exit", "-e asked:93", "obeys", SIGTERM, 93),
    row("signal", "-e signal:94", "die 11", 94),
    row("exit, for 3", "-e exit:95", "exit 3", 95),
    row("exit, for 0", "-e exit:95", "exit 0", 95),
    row("exit, for 137", "-e killed:92 -e exit:95", "exit 137", 95),
    // What a reason is not.
    row("another reason is left alone: exit", "-e asked:0 -e signal:94 -e not_run:90", "exit 3", 3),
    row("another reason is left alone: signal", "-e asked:0 -e exit:95 -e killed:92", "die 11", 139),
    row("another reason is left alone: not_run", "-e exit:95 -e signal:94", " no-such-command", 127),
    row("another reason is left alone: killed", "-e deadline:89 -e rewrite:91 -e signal:94", "die 9", 137),
    row("a SIGTERM of its own is not asked for", "-e asked:0 -e signal:94", "die 15", 94),
    sent("SIGUSR1 asks for nothing", "-e asked:0 -e signal:94", "wait", SIGUSR1, 94),
    sent("a deadline is not asked for", "-k50ms -e asked:0 -e killed:92", "ready", SIGTERM, 137),
    // Of two that match, the first.
    row("a reason before a status", "-e killed:92 -e 137:1", "die 9", 92),
    row("a status before a reason", "-e 137:1 -e killed:92", "die 9", 1),
    row("a status that stays, before a reason", "-e 137:137 -e killed:92", "die 9", 137),
    sent("asked before 143", "-e asked:0 -e 143:9", "wait", SIGTERM, 0),
    sent("143 before asked", "-e 143:9 -e asked:0", "wait", SIGTERM, 9),
    row("the result is not looked at again", "-e 7:9 -e exit:7", "exit 3", 7),
    // The same twice.
    row("the second for a reason replaces the first", "-e killed:1 -e killed:2", "die 9", 2),
    row("and stays at its place", "-e killed:1 -e 137:3 -e killed:2", "die 9", 2),
    row("all options together", "-e oom:88 -e deadline:89 -e asked:0 -e not_run:90", " no-such-command", 90),
];

/// One line names the part that cannot be read, and nothing is run.
const MISTAKES: &[Call] = &[
    call(&["-e", "oom:", "true"], 125, Nothing, Complains(&["'oom:'", "--remap"])),
    call(&["-e", "oom:x", "true"], 125, Nothing, Complains(&["'x'", "--remap"])),
    call(&["-e", "oom:256", "true"], 125, Nothing, Complains(&["'256'", "--remap"])),
    call(&["-e", "oom:1:2", "true"], 125, Nothing, Complains(&["'1:2'", "--remap"])),
    call(&["-e", ":1", "true"], 125, Nothing, Complains(&["':1'", "--remap"])),
    call(&["-e", "oom,asked:1", "true"], 125, Nothing, Complains(&["'oom,asked'", "--remap"])),
    call(&["-e", "nope:1", "true"], 125, Nothing, Complains(&["'nope'", "--remap"])),
    call(&["-e", "OOM:1", "true"], 125, Nothing, Complains(&["'OOM'", "--remap"])),
    // Words of a message, but no end of the child that pausa has seen.
    call(&["-e", "refused:1", "true"], 125, Nothing, Complains(&["'refused'", "--remap"])),
    call(&["-e", "all_killed:1", "true"], 125, Nothing, Complains(&["'all_killed'", "--remap"])),
    call(&["-e", "oom:88"], 125, Nothing, Complains(&["--remap ", "COMMAND"])),
    with(
        &[("PAUSA_OPTIONS", "-e nope:1")],
        &["true"],
        125,
        Nothing,
        Complains(&["PAUSA_OPTIONS: ", "'nope'"]),
    ),
    with(&[("PAUSA_OPTIONS", "-e exit:5")], &["-e", "0:6", "true"], 5, Nothing, Nothing),
];

const TOPIC: &str = "remap by reason";

pub fn trials() -> Vec<Trial> {
    if original() {
        // The reasons are ours.
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        trials.extend(call::trials(TOPIC, Pausa, place, MISTAKES));
        for row in ROWS {
            trials.push(trial(TOPIC, place, row.name, move || ends(Pausa, place, row)));
        }
        let name = "the message has the code, the status and the reason";
        trials.push(trial(TOPIC, place, name, move || is_in_the_message(place)));
        let name = "a fixed entry point by another name";
        trials.push(trial(TOPIC, (Tini, place), name, move || is_read_from_the_variable(place)));
    }
    trials.push(trial(TOPIC, AsPid1, "survived", survives));
    trials.push(plain(TOPIC, "docs/exit-codes.md and the manual page have each reason", is_documented));
    trials.push(trial(TOPIC, AsPid1, "the child's end comes before an orphan's", is_of_the_child));
    trials
}

fn ends(subject: Subject, place: Place, row: &Row) {
    end(Launch::supervising(subject, place, &row.options.split(' ').collect::<Vec<_>>()), row);
}

fn end(launch: Launch, row: &Row) {
    let mut running = match row.command.strip_prefix(' ') {
        Some(command) => launch.args([command]),
        None if row.command == "obeys" => launch.payload("ready"),
        None => launch.payload(row.command),
    }
    .start();
    if let Some(signal) = row.signal {
        running.handshake("ready");
        running.kill(signal);
    }
    if row.command == "obeys" {
        assert!(running.stdout_line().starts_with("signal "), "it has heard");
        running.say("exit 7");
    }
    assert_eq!(running.wait(), Code(row.code), "{} {}", row.options, row.command);
}

fn is_in_the_message(place: Place) {
    let path = paper();
    let launch = Launch::supervising(Pausa, place, &[&to(&path), "-e", "exit:95"]);
    assert_eq!(launch.payload("exit 3").start().wait(), Code(95));
    let fields = written(Text, &path);
    assert_eq!(["exit_code", "status", "reason"].map(|key| fields.get(key)), ["3", "95", "exit"]);
}

/// tini's own `-e` has no reasons.
fn is_read_from_the_variable(place: Place) {
    let row = sent("", "", "wait", SIGTERM, 96);
    let launch = Launch::of(Tini, place).env("PAUSA_OPTIONS", "-e asked:96");
    end(launch.args(["-e", "143", "--"]), &row);
}

/// The orphan ends by SIGKILL with the namespace, or before; the reason is the child's.
fn is_of_the_child() {
    let launch = Launch::supervising(Pausa, AsPid1, &["-e", "killed:92", "-e", "exit:95"]);
    let mut running = launch.payload("orphan-that-outlives 3").start();
    let orphan = running.handshake("orphan");
    crate::harness::syscall::send(orphan.as_raw(), libc::SIGKILL).expect("the orphan is there");
    running.until_reaped(1);
    running.close_stdin();
    assert_eq!(running.wait(), Code(95));
}

/// A child that pausa may not kill.
fn survives() {
    let launch = Launch::supervising(Pausa, AsPid1, &["-k0", "-e", "killed:92", "-e", "survived:97"]);
    let mut running = launch.payload("nobody 1000").without_cap_kill().start();
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(97));
}

fn is_documented() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let [page, manual] =
        ["exit-codes.md", "pausa.1"].map(|file| fs::read_to_string(docs.join(file)).expect("read a page"));
    let (_, table) = page.split_once("| reason | when |").expect("a table of reasons");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let words: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    let numbers: Vec<Option<usize>> = words.iter().map(|word| Reason::number_of(word.as_bytes())).collect();
    assert_eq!(numbers, (0..SEEN).map(Some).collect::<Vec<_>>(), "{words:?}");
    let (_, item) = manual.split_once(".It Fl e , Fl -remap").expect("the option");
    let (item, _) = item.split_once("\n.It ").expect("the next option");
    let in_manual = item.lines().filter_map(|line| line.strip_prefix(".Cm ")?.split(' ').next());
    assert_eq!(in_manual.collect::<Vec<_>>(), words);
}
