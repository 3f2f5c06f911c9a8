//! The termination message before the end: what stands there if pausa is killed, and what the program has written itself.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Fields, Form, Json, Text, paper, to, written};
use crate::harness::running::Ended::{Code, Signal};
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, original};
use crate::harness::trial::trial;
use libc::{SIGINT, SIGKILL, SIGTERM};
use libtest_mimic::Trial;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

const TOPIC: &str = "last words";

/// How the program writes, with `$M` for the file; what of it stands in the message.
const WRITERS: [(&str, &str, &str); 7] = [
    ("that replace ours", "echo 'FATAL: no database' >$M", "FATAL: no database"),
    ("that are added to ours", "echo 'FATAL: no database' >>$M", "FATAL: no database"),
    ("that stand on the beginning of ours", "printf FATAL 1<>$M", "FATAL"),
    ("of two lines", "printf 'one\\ntwo\\n' >$M", "one\ntwo"),
    ("with quotes and letters of the world", "echo '\"größe\" \\ 大' >$M", "\"größe\" \\ 大"),
    ("that come by a new file", "echo new >$M.new && mv $M.new $M", "new"),
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
        trials.push(trial(TOPIC, place, "nothing comes through a link", move || reads_no_link(place)));
        trials.push(trial(TOPIC, place, "a warning says what to do", move || says_what_to_do(place)));
        trials.push(trial(TOPIC, place, "a stream gets no message ahead", move || spares_streams(place)));
    }
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
    let most = std::time::Instant::now();
    for signal in [SIGINT, SIGTERM].repeat(50) {
        running.kill(signal);
        assert!(running.stdout_line().starts_with(&format!("signal {signal} ")));
    }
    let is_quick = most.elapsed().as_millis() < 1000;
    let fields = so_far(&mut running, form, &path, "stop_signal");
    if is_quick {
        assert_eq!(fields.get("stop_signal"), "SIGINT", "the first of the second");
    }
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

/// The program owns the directory, and puts a link to a secret, or to a victim, in the place of the file.
fn reads_no_link(place: Place) {
    let (path, secret) = (paper(), paper());
    fs::write(&secret, "secret").expect("write");
    let launch = Launch::supervising(Pausa, place, &[&to(&path), "-F", "json"]);
    let launch = launch.env("M", path.to_str().expect("UTF-8")).env("S", secret.to_str().expect("UTF-8"));
    let (ended, _, stderr) =
        launch.args(["sh", "-c", "rm $M; ln -s $S $M; exit 7"]).start().wait_with_output();
    assert_eq!(ended, Code(7));
    assert!(stderr.contains("symbolic links; no part of the path may be a link"), "{stderr}");
    assert_eq!(fs::read_to_string(&secret).expect("read"), "secret");
}

fn says_what_to_do(place: Place) {
    let path = paper();
    fs::remove_file(&path).expect("it was made just now");
    for (make, remedy) in [
        (None, "it must be there before the start, pausa does not make it"),
        (Some(()), "an engine makes a directory where the file to be mounted is missing"),
    ] {
        if make.is_some() {
            fs::create_dir(&path).expect("make a directory");
        }
        let launch = Launch::supervising(Pausa, place, &[&to(&path)]).args(["true"]);
        let (ended, _, stderr) = launch.start().wait_with_output();
        assert_eq!((ended, stderr.lines().count()), (Code(0), 1), "{stderr}");
        assert!(stderr.ends_with(&format!("; {remedy}\n")), "{stderr}");
    }
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
