//! Where the termination message goes: a file that is there, in one write; what cannot be written costs a warning.

use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Json, Text, paper, to, written};
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Pausa, original};
use crate::harness::trial::{STRACE, traced_trial, trial};
use libtest_mimic::Trial;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

type Check = fn(Place);
type Make = fn(&Path);

/// What stands at the path, and the error that the warning names.
const REFUSED: [(&str, Make, &str); 5] = [
    ("nothing", |_| {}, "No such file or directory"),
    (
        "a symbolic link",
        |path| symlink(paper(), path).expect("make a link"),
        "Too many levels of symbolic links",
    ),
    ("a dangling symbolic link", |path| symlink("nowhere", path).expect("make a link"), "symbolic links"),
    ("a directory", |path| fs::create_dir(path).expect("make a directory"), "Is a directory"),
    ("a pipe that nobody reads", make_pipe, ""),
];

const ROWS: [(&str, Check); 12] = [
    ("a warning says what to do", says_what_to_do),
    ("/dev/full is a warning", warns_of_a_full_disk),
    ("-m alone means /dev/termination-log", means_the_default),
    ("--message=PATH and --message-format=json", takes_long_options),
    ("/dev/stderr is allowed", |place| speaks(place, "/dev/stderr")),
    ("/dev/stdout is allowed", |place| speaks(place, "/dev/stdout")),
    ("a log behind /dev/stderr is appended to", appends_to_a_log),
    ("an older message is replaced", replaces_an_older_one),
    ("a path of 300 bytes is that path", |place| names_exactly(place, &"x".repeat(150), &"y".repeat(150))),
    ("a path with a newline is that path", |place| names_exactly(place, "a", "b\nc")),
    ("nothing is written without -m", writes_nothing_unasked),
    ("-v tells it on stderr as text", tells_on_stderr),
];

const TOPIC: &str = "message file";

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for (what, make, error) in REFUSED {
            let name = format!("{what} is left alone, with a warning");
            trials.push(trial(TOPIC, place, name, move || is_refused(place, make, error)));
        }
        trials.extend(ROWS.map(|(name, check)| trial(TOPIC, place, name, move || check(place))));
        for name in ["tini", "dumb-init", "catatonit"] {
            let check = move || obeys_the_variable(place, name);
            trials.push(trial(TOPIC, (name, place), "PAUSA_OPTIONS asks for it", check));
        }
    }
    let name = "one write ahead and one at the end, 4,096 bytes at most";
    trials.push(traced_trial(TOPIC, AsSubreaper, name, opens_and_writes_once));
    trials
}

fn make_pipe(path: &Path) {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(0o600)).expect("mkfifo");
}

/// A path of its own, below a folder of its own, where nothing is.
fn blank() -> PathBuf {
    let folder = paper();
    fs::remove_file(&folder).expect("it was made just now");
    fs::create_dir(&folder).expect("make a folder");
    folder.join("message")
}

/// Runs `exit 7` below pausa and answers its stderr.
fn complaint(place: Place, options: &[&str]) -> String {
    let running = Launch::supervising(Pausa, place, options).payload("exit 7").start();
    let (ended, _, stderr) = running.wait_with_output();
    assert_eq!(ended, Code(7), "{stderr}");
    stderr
}

fn assert_one_warning(stderr: &str, path: &str, error: &str) {
    let fits = stderr.starts_with("pausa: ") && stderr.contains(path) && stderr.contains(error);
    assert!(fits && stderr.lines().count() == 1, "{stderr:?}");
}

fn is_refused(place: Place, make: Make, error: &str) {
    let path = blank();
    make(&path);
    let before = fs::symlink_metadata(&path).map(|found| found.file_type());
    let stderr = complaint(place, &[&to(&path)]);
    assert_one_warning(&stderr, path.to_str().expect("UTF-8"), error);
    let after = fs::symlink_metadata(&path).map(|found| found.file_type());
    assert_eq!(before.ok(), after.ok(), "it is what it was");
    if path.is_symlink() {
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), "", "nothing came through the link");
    }
}

fn warns_of_a_full_disk(place: Place) {
    assert_one_warning(&complaint(place, &["-m/dev/full"]), "/dev/full", "No space left on device");
}

/// No test makes a file in this machine's /dev; with one there, the trials in Docker see it written.
fn means_the_default(place: Place) {
    if !Path::new("/dev/termination-log").exists() {
        assert_one_warning(&complaint(place, &["-m"]), "/dev/termination-log", "No such file");
        assert_one_warning(&complaint(place, &["--message"]), "/dev/termination-log", "No such file");
    }
}

fn takes_long_options(place: Place) {
    let path = paper();
    let long = format!("--message={}", path.to_str().expect("UTF-8"));
    assert_eq!(complaint(place, &[&long, "--message-format=json"]), "");
    assert_eq!(written(Json, &path).get("exit_code"), "7");
}

fn speaks(place: Place, path: &str) {
    let running = Launch::supervising(Pausa, place, &[&format!("-m{path}")]).payload("exit 7").start();
    let (ended, stdout, stderr) = running.wait_with_output();
    assert_eq!(ended, Code(7));
    let (told, other) = if path == "/dev/stderr" { (stderr, stdout) } else { (stdout, stderr) };
    assert!(told.contains("\nreason: exit\n"), "{told:?}");
    assert_eq!(other, "");
}

fn appends_to_a_log(place: Place) {
    let log = paper();
    fs::write(&log, "from before\n").expect("write");
    let open = fs::File::options().append(true).open(&log).expect("open the log");
    let launch = Launch::supervising(Pausa, place, &["-m/dev/stderr"]).stderr(open);
    assert_eq!(launch.payload("exit 7").start().wait(), Code(7));
    let text = fs::read_to_string(log).expect("read the log");
    assert!(
        text.starts_with("from before\nexited with 7 by itself\nprogram: ")
            && text.contains("\nreason: exit\n"),
        "{text:?}"
    );
}

fn replaces_an_older_one(place: Place) {
    let path = paper();
    fs::write(&path, "x".repeat(3000)).expect("write");
    assert_eq!(complaint(place, &[&to(&path), "-Fjson"]), "");
    assert_eq!(written(Json, &path).get("exit_code"), "7");
}

/// In a folder and under a name of this kind, and nowhere else.
fn names_exactly(place: Place, folder: &str, name: &str) {
    let folder = blank().with_file_name(folder);
    fs::create_dir(&folder).expect("make a folder");
    let path = folder.join(name);
    fs::write(&path, "").expect("make a file");
    assert_eq!(complaint(place, &[&to(&path)]), "");
    assert_eq!(written(Text, &path).get("exit_code"), "7");
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

fn writes_nothing_unasked(place: Place) {
    assert_eq!(complaint(place, &["-Fjson"]), "");
    // With -v, the events are told, and not the message, which nobody has asked for.
    assert!(!complaint(place, &["-v"]).contains("max_rss_bytes"));
}

fn tells_on_stderr(place: Place) {
    for form in [Text, Json] {
        let path = paper();
        let stderr = complaint(place, &["-v", &to(&path), "-F", form.word()]);
        assert_eq!(written(form, &path).get("exit_code"), "7");
        assert!(stderr.contains("\nexit_code: 7\nstatus: 7\nreason: exit\n"), "{stderr:?}");
        assert_eq!(complaint(place, &["-q", &to(&path)]), "");
    }
}

fn obeys_the_variable(place: Place, name: &str) {
    let path = paper();
    let options = format!("{} -Fjson", to(&path));
    let subject = Pausa.path();
    let launch = Launch::program(&subject, place).called(name).env("PAUSA_OPTIONS", &options).args(["--"]);
    assert_eq!(launch.payload("exit 7").start().wait(), Code(7));
    assert_eq!(written(Json, &path).get("exit_code"), "7");
}

fn opens_and_writes_once() {
    let (path, record) = (paper(), paper());
    let subject = Pausa.path();
    let out = record.to_str().expect("UTF-8");
    let launch = Launch::program(STRACE, AsSubreaper).args(["-o", out, "-s", "9999"]);
    // The longest name, in the longest way to write it.
    let launch = launch.args(subject.to_str()).args([&to(&path), "-Fjson", "--", &"\u{1}".repeat(250)]);
    assert_eq!(launch.start().wait(), Code(127));
    let record = fs::read_to_string(record).expect("strace has written a record");
    let path = path.to_str().expect("UTF-8");
    let opened: Vec<&str> =
        record.lines().filter(|call| call.contains(path) && !call.contains("execve")).collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
    for open in &opened {
        assert!(open.contains("O_NOFOLLOW") && open.contains("O_CLOEXEC"), "{open:?}");
        assert!(!open.contains("O_CREAT") && !open.contains("O_TRUNC"), "{open:?}");
    }
    let number = opened[0].rsplit(' ').next().expect("the call's result");
    let writes: Vec<&str> =
        record.lines().filter(|call| call.starts_with(&format!("write({number}, "))).collect();
    let length: usize = writes[1].rsplit(' ').next().expect("a result").parse().expect("a number");
    assert!(writes.len() == 2 && (1000..=4096).contains(&length), "{writes:?}");
    assert_eq!(length as u64, fs::metadata(path).expect("it is there").len());
}
