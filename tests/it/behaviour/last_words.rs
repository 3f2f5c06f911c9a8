//! The termination message before the end: what stands there if pausa is killed, and what the program has written itself.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Fields, Form, Json, Text, paper, to, written};
use crate::harness::running::Ended::{Code, Signal};
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, original};
use crate::harness::trial::{STRACE, traced_trial, trial};
use libc::{SIGINT, SIGKILL, SIGTERM, SIGWINCH};
use libtest_mimic::Trial;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const TOPIC: &str = "last words";

/// How the program writes, with `$M` for the file; what of it stands in the message.
const WRITERS: [(&str, &str, &str); 6] = [
    ("that replace ours", "echo 'FATAL: no database' >$M", "FATAL: no database"),
    ("that are added to ours", "echo 'FATAL: no database' >>$M", "FATAL: no database"),
    ("that stand on the beginning of ours", "printf FATAL 1<>$M", "FATAL"),
    ("of two lines", "printf 'one\\ntwo\\n' >$M", "one\ntwo"),
    ("with quotes and letters of the world", "echo '\"größe\" \\ 大' >$M", "\"größe\" \\ 大"),
    ("of nothing but blanks", "printf ' \\n\\n' >$M", ""),
];

/// Calls that end with 125 before a program runs, and their sentences.
const FAILURES: [(&str, &str); 4] = [
    ("-m@ -k 10x -- true", "invalid value '10x': --kill-after takes 10, 10s, 500ms, 1m"),
    ("-k 10x -m@ -- true", "invalid value '10x': --kill-after takes 10, 10s, 500ms, 1m"),
    ("--nope -m@ -- true", "unknown option '--nope'; see pausa --help"),
    ("-m@", "--message-format needs a COMMAND; see pausa --help"),
];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for form in [Text, Json] {
            let at = (form.word(), place);
            trials.push(trial(TOPIC, at, "killed before the end", move || is_killed(place, form)));
            trials.push(trial(TOPIC, at, "killed after a stop", move || is_killed_after_a_stop(place, form)));
            let name = "the last of many stops, once in a second";
            trials.push(trial(TOPIC, at, name, move || tells_the_last_stop(place, form)));
            for (what, script, words) in WRITERS {
                let check = move || keeps(place, form, script, words);
                trials.push(trial(TOPIC, at, format!("words {what}"), check));
            }
            let name = "words from before a stop and behind it";
            trials.push(trial(TOPIC, at, name, move || keeps_around_a_stop(place, form)));
            trials.push(trial(TOPIC, at, "the end of long words", move || keeps_the_end(place, form)));
            for (call, sentence) in FAILURES {
                let check = move || tells_why_not(place, form, call, sentence);
                trials.push(trial(TOPIC, at, format!("pausa {call}"), check));
            }
        }
        trials.push(trial(TOPIC, place, "a killed pausa leaves one message whole", move || is_whole(place)));
        trials.push(trial(TOPIC, place, "it is the file that was there at the start", move || {
            keeps_to_its_file(place)
        }));
        for (name, check) in [
            ("mode and limits change nothing", writes_to_what_is_open as fn(Place)),
            ("who outlives the main process forges nothing with -D", outlives_forgers),
            ("the deadline is that of the first stop", names_who_began),
            ("a dropped stop is not told of", tells_of_no_dropped_stop),
        ] {
            trials.push(trial(TOPIC, place, name, move || check(place)));
        }
        trials.push(trial(TOPIC, place, "a stream gets no message ahead", move || spares_streams(place)));
    }
    let name = "an old message of many pages is not half replaced";
    trials.push(traced_trial(TOPIC, AsSubreaper, name, replaces_long_ones));
    trials.push(trial(TOPIC, AsSubreaper, "a disk that has become full has its place", has_its_place));
    trials.push(trial(TOPIC, AsPid1, "a child that may not be killed has survived", survives));
    trials.push(trial(TOPIC, AsSubreaper, "--to all needs PID 1", || {
        tells_why_not(
            AsSubreaper,
            Json,
            "-m@ -t all -- true",
            "--to all works only as PID 1; use --to group",
        );
    }));
    trials
}

fn start(place: Place, form: Form, options: &[&str], payload: &str) -> (Running, PathBuf) {
    let path = paper();
    let destination = to(&path);
    let options = [&[destination.as_str(), "-F", form.word()], options].concat();
    (Launch::supervising(Pausa, place, &options).payload(payload).start(), path)
}

/// All of the message that has been written by now.
fn so_far(running: &mut Running, form: Form, path: &Path, has: &str) -> Fields {
    running.until("a message", |_| {
        let text = fs::read_to_string(path).expect("read the message");
        assert!(!text.is_empty(), "it is never empty");
        text.contains(has).then_some(())
    });
    written(form, path)
}

fn is_killed(place: Place, form: Form) {
    let (mut running, path) = start(place, form, &[], "wait");
    running.handshake("ready");
    running.kill(SIGKILL);
    assert_eq!(running.ended(), Signal(SIGKILL));
    let fields = written(form, &path);
    let (reason, sentence) = if place == AsPid1 {
        ("all_killed", "all killed at once, pausa too: by SIGKILL from outside, or out of memory")
    } else {
        ("pausa_killed", "pausa was killed, and saw no end of the program")
    };
    assert!(fields.get("sentence").starts_with(sentence), "{fields:?}");
    assert_eq!((fields.get("reason"), fields.get("status")), (reason, "137"));
    assert!(
        ["exit_code", "signal", "wall", "pid"].iter().all(|key| fields.find(key).is_none()),
        "{fields:?}"
    );
}

fn is_killed_after_a_stop(place: Place, form: Form) {
    let (mut running, path) = start(place, form, &[], "ready");
    let child = running.stdout_line()["ready ".len()..].to_owned();
    running.kill(SIGTERM);
    assert!(running.stdout_line().starts_with("signal 15 "));
    so_far(&mut running, form, &path, "SIGTERM");
    running.kill(SIGKILL);
    assert_eq!(running.ended(), Signal(SIGKILL));
    let fields = written(form, &path);
    if place == AsPid1 {
        let sentence = "all killed at once, pausa too: had not ended after SIGTERM from outside";
        assert_eq!((fields.get("sentence"), fields.get("reason")), (sentence, "all_killed"));
    }
    assert_eq!((fields.get("stop_signal"), fields.get("stop_sent")), ("SIGTERM", "kill"));
    assert_eq!(fields.get("pid"), child, "as it sees itself");
    assert!(fields.find("stop_before_end").is_none(), "{fields:?}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
    let date = std::process::Command::new("date").args(["-d", fields.get("stop_at"), "+%s"]).output();
    let then = String::from_utf8(date.expect("run date").stdout).expect("UTF-8");
    let then: u64 = then.trim().parse().expect("what date(1) understands");
    assert!((now.saturating_sub(120)..=now).contains(&then), "{then} and {now}");
}

fn tells_the_last_stop(place: Place, form: Form) {
    let (mut running, path) = start(place, form, &[], "ready");
    running.handshake("ready");
    let started = std::time::Instant::now();
    for signal in [SIGINT, SIGTERM].repeat(50) {
        running.kill(signal);
        assert!(running.stdout_line().starts_with(&format!("signal {signal} ")));
    }
    let fields = so_far(&mut running, form, &path, "stop_signal");
    if started.elapsed().as_millis() < 1000 {
        assert_eq!(fields.get("stop_signal"), "SIGINT", "the first of the second");
    }
    // When the second is over, the last of it.
    so_far(
        &mut running,
        form,
        &path,
        if form == Text { "stop_signal: SIGTERM" } else { "\"stop_signal\":\"SIGTERM\"" },
    );
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    assert_eq!(written(form, &path).get("stop_signal"), "SIGTERM", "the last of all");
}

/// Whatever the program does to the file.
fn keeps(place: Place, form: Form, script: &str, words: &str) {
    let path = paper();
    let launch = Launch::supervising(Pausa, place, &[&to(&path), "-F", form.word()]);
    let launch = launch.env("M", path.to_str().expect("UTF-8"));
    assert_eq!(launch.args(["sh", "-c", &format!("{script}; exit 1")]).start().wait(), Code(1));
    let fields = written(form, &path);
    assert_eq!(fields.get("sentence"), "exited with 1 by itself");
    assert_eq!(fields.find("program_message").unwrap_or(""), words, "{fields:?}");
}

fn keeps_around_a_stop(place: Place, form: Form) {
    let (mut running, path) = start(place, form, &[], "ready");
    running.handshake("ready");
    let add = |words: &str| {
        let mut file = fs::File::options().append(true).open(&path).expect("open the message");
        file.write_all(words.as_bytes()).expect("write");
    };
    add("before\n");
    running.kill(SIGTERM);
    assert!(running.stdout_line().starts_with("signal 15 "));
    let fields = so_far(&mut running, form, &path, "SIGTERM");
    assert_eq!(fields.get("program_message"), "before");
    add("behind\n");
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    let words = written(form, &path).get("program_message").to_owned();
    let lines: Vec<&str> = words.split_whitespace().collect();
    assert_eq!(lines, ["before", "behind"], "{words:?}");
}

fn keeps_the_end(place: Place, form: Form) {
    let script =
        "i=0; while [ $i -lt 3000 ]; do echo \"line $i é\"; i=$((i+1)); done >>$M; printf '\\1end' >>$M";
    let path = paper();
    let launch = Launch::supervising(Pausa, place, &[&to(&path), "-F", form.word()]);
    let launch = launch.env("M", path.to_str().expect("UTF-8"));
    assert_eq!(launch.args(["sh", "-c", script]).start().wait(), Code(0));
    let length = fs::metadata(&path).expect("it is there").len();
    assert!((4096 - 16..=4096).contains(&length), "{length}");
    let fields = written(form, &path);
    let end = if form == Text { "line 2999 é\n?end" } else { "line 2999 é\n\u{1}end" };
    assert!(fields.get("program_message").ends_with(end), "{fields:?}");
}

fn tells_why_not(place: Place, form: Form, call: &str, sentence: &str) {
    let path = paper();
    let call = call.replace('@', path.to_str().expect("UTF-8"));
    let launch = Launch::of(Pausa, place).args(["-F", form.word()]).args(call.split(' '));
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(125), format!("pausa: {sentence}\n").as_str()));
    let fields = written(form, &path);
    assert_eq!(fields.keys(), ["sentence", "status", "reason"]);
    assert_eq!((fields.get("sentence"), fields.get("status")), (sentence, "125"));
    assert_eq!(fields.get("reason"), "failed");
}

/// At any moment of its first milliseconds, and of the end: the message from before, one of ours, or nothing yet, but
/// never a part.
fn is_whole(place: Place) {
    for round in 0..40_u32 {
        let path = paper();
        let launch = Launch::supervising(Pausa, place, &[&to(&path), "-F", "json", "-e", "0:7"]);
        let mut running = launch.args(["true"]).start();
        for _ in 0..round * 40 {
            std::hint::spin_loop();
        }
        // It may have ended.
        let _ = crate::harness::syscall::send(running.pid().as_raw(), SIGKILL);
        let ended = running.ended();
        assert!([Code(7), Signal(SIGKILL)].contains(&ended), "{ended:?}");
        if !fs::read(&path).expect("read the message").is_empty() {
            let fields = written(Json, &path);
            let is_over = ["exit", "pausa_killed", "all_killed"].contains(&fields.get("reason"));
            assert!(is_over && (ended != Code(7) || fields.get("status") == "7"), "{fields:?}");
        }
    }
}

/// The program owns the directory, and puts somebody's file, or a link to one, in the place of ours. Root writes to
/// neither, and reads neither.
fn keeps_to_its_file(place: Place) {
    for swap in ["mv $M $M.old; ln $S $M", "rm $M; ln -s $S $M", "cp $S $M.new; mv $M.new $M", "rm $M"] {
        let (path, secret) = (paper(), paper());
        fs::write(&secret, "secret").expect("write");
        let launch = Launch::supervising(Pausa, place, &[&to(&path), "-F", "json"]);
        let launch = launch.env("M", path.to_str().expect("UTF-8")).env("S", secret.to_str().expect("UTF-8"));
        let launch = launch.args(["sh", "-c", &format!("{swap}; kill -TERM $PPID; exec sleep 9")]);
        let (ended, _, stderr) = launch.start().wait_with_output();
        assert_eq!((ended, stderr.as_str()), (Code(143), ""), "{swap}");
        assert_eq!(fs::read_to_string(&secret).expect("read"), "secret", "{swap}");
        assert!(fs::read_to_string(&path).is_ok_and(|text| text == "secret") || swap == "rm $M", "{swap}");
        if let Ok(old) = fs::read(path.with_extension("old")) {
            assert_eq!(Fields::read(Json, &old).get("reason"), "asked");
        }
    }
}

/// What the program does to its mode, its lease and its limits when the file is open changes nothing.
fn writes_to_what_is_open(place: Place) {
    let path = paper();
    let launch = Launch::supervising(Pausa, place, &[&to(&path)]).env("M", path.to_str().expect("UTF-8"));
    let script = "chmod 0 $M; prlimit --pid $PPID --nofile=0:0; exit 3";
    let (ended, _, stderr) = launch.args(["sh", "-c", script]).start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(3), ""));
    assert_eq!(written(Text, &path).get("sentence"), "exited with 3 by itself");
}

/// Who outlives the main process writes what looks like an end; the last message is from behind the drain.
fn outlives_forgers(place: Place) {
    let path = paper();
    let launch =
        Launch::supervising(Pausa, place, &[&to(&path), "-D"]).env("M", path.to_str().expect("UTF-8"));
    // What is written while pausa replaces the message may be lost, so it waits for the one from before the drain.
    let script = "forge() {
            trap '' TERM
            until read first <$M && [ \"${first#exited}\" != \"$first\" ]; do :; done
            echo forged >$M
            exit
        }
        (trap forge TERM; echo ready; while :; do sleep 0.01; done) & read line; exit 3";
    let mut running = launch.args(["sh", "-c", script]).start();
    running.expect_line("ready");
    running.say("go");
    assert_eq!(running.ended(), Code(3));
    let fields = written(Text, &path);
    assert_eq!(fields.get("sentence"), "exited with 3 by itself");
    assert_eq!(fields.get("program_message"), "forged");
}

/// The deadline is that of the first who asked, and so is the sentence.
fn names_who_began(place: Place) {
    let (mut running, path) = start(place, Json, &["-k", "300ms", "--stop-on=TERM,WINCH"], "stubborn");
    for word in ["member", "orphan", "stranger", "ready"] {
        running.handshake(word);
    }
    running.kill(SIGTERM);
    so_far(&mut running, Json, &path, "SIGTERM");
    running.kill(SIGWINCH);
    assert_eq!(running.ended(), Code(137));
    let fields = written(Json, &path);
    assert!(fields.get("sentence").contains("did not end within 0.300 s of SIGTERM from "), "{fields:?}");
    assert_eq!(fields.get("stop_signal"), "SIGWINCH", "the last one");
}

/// A stop signal that leads to nothing is not told of.
fn tells_of_no_dropped_stop(place: Place) {
    let (mut running, path) = start(place, Json, &["-v", "-r", "TERM:0"], "wait");
    running.handshake("ready");
    // It is done with the first when it tells of the second.
    for (signal, line) in
        [(SIGTERM, "pausa: received SIGTERM, not forwarded"), (SIGWINCH, "pausa: received SIGWINCH, ")]
    {
        running.kill(signal);
        while !running.stderr_line().starts_with(line) {}
    }
    running.kill(SIGKILL);
    assert_eq!(running.ended(), Signal(SIGKILL));
    let fields = written(Json, &path);
    assert!(fields.find("stop_signal").is_none(), "{fields:?}");
}

/// What an earlier run has left is longer than a page; a kill before the cutting leaves ours whole, and first.
fn replaces_long_ones() {
    let path = paper();
    fs::write(&path, "x".repeat(9000)).expect("write");
    let out = paper();
    let words = ["-o", out.to_str().expect("UTF-8"), "-e", "inject=ftruncate:signal=KILL:when=1"];
    let launch = Launch::program(STRACE, AsSubreaper).args(words).args(Pausa.path().to_str());
    let ended = launch.args([&to(&path), "--", "true"]).start().wait();
    assert!(matches!(ended, Signal(SIGKILL) | Code(137)), "{ended:?}");
    let text = fs::read_to_string(&path).expect("read the message");
    assert!(text.starts_with("pausa was killed, and saw no end of the program\nprogram: true\n"), "{text:?}");
    assert!(!text[..4096].contains('x'), "{text:?}");
}

fn spares_streams(place: Place) {
    let launch = Launch::supervising(Pausa, place, &["-m/dev/stderr"]).payload("ready");
    let mut running = launch.start();
    running.handshake("ready");
    running.kill(SIGTERM);
    assert!(running.stdout_line().starts_with("signal 15 "));
    running.say("exit 7");
    let (ended, _, stderr) = running.wait_with_output();
    assert_eq!(ended, Code(7));
    assert!(stderr.starts_with("exited with 7: asked to stop by SIGTERM from "), "{stderr}");
    assert_eq!(stderr.matches("\nstatus: ").count(), 1, "{stderr}");
}

/// The disk is full when the end comes: what was written ahead has taken the room that the last message needs.
fn has_its_place() {
    let disk = paper();
    fs::remove_file(&disk).expect("it was made just now");
    fs::create_dir(&disk).expect("make a folder");
    let at = disk.display();
    // Only who shares the mount namespace sees the disk: a shell above pausa.
    let script = format!(
        "mount -t tmpfs -o size=64k none {at} && >{at}/message && \"$@\"; ended=$?; cat {at}/message; exit $ended"
    );
    let fill = format!("cat /dev/zero >{at}/all 2>/dev/null; echo full >&2; exit 7");
    let launch = super::impostors::apart(Pausa, AsSubreaper, &script);
    let launch = launch.args([&to(&disk.join("message")), "--", "sh", "-c", &fill]);
    let (ended, stdout, stderr) = launch.start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(7), "full\n"));
    assert!(stdout.starts_with("exited with 7 by itself\nprogram: sh\n"), "{stdout}");
}

/// As PID 1 without the right to kill what has become somebody else.
fn survives() {
    let path = paper();
    let options = [to(&path), "-Fjson".to_owned(), "-k0".to_owned()];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let launch = Launch::supervising(Pausa, AsPid1, &options).payload("nobody 1000");
    let mut running = launch.without_cap_kill().start();
    running.handshake("ready");
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    let fields = written(Json, &path);
    assert_eq!((fields.get("reason"), fields.get("stop_signal")), ("survived", "SIGTERM"), "{fields:?}");
    assert!(fields.get("sentence").starts_with("did not end by the SIGKILL of pausa"), "{fields:?}");
    assert!(["signal", "exit_code"].iter().all(|key| fields.find(key).is_none()), "{fields:?}");
}
