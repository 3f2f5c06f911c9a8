//! What stands in the place of a file or a stream that pausa opens: a pipe that nobody writes to, a link to another
//! file, a file without room, a socket. Nothing of it makes pausa wait, nor write where it should not.

use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::message_fields::{Json, paper, to, written};
use crate::harness::process::waits_for_ever;
use crate::harness::pty::Terminal;
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Subject, original};
use crate::harness::trial::{traced_trial, trial};
use libtest_mimic::Trial;
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

type Check = fn(Place);

const TOPIC: &str = "impostors";

/// What a shell does before pausa, in a mount namespace of its own; and the command, whose end needs pausa to go on.
const PIPES: [(&str, &str, &str, &str); 4] = [
    ("memory.events", MOUNT_CGROUP, "/sys/fs/cgroup/memory.events", "exit 7"),
    ("memory.oom_control", MOUNT_CGROUP, "/sys/fs/cgroup/memory/memory.oom_control", "exit 7"),
    // Whoever sends the stop signal is the child, which has made the pipe as well.
    ("/proc/PID/comm", MOUNT_PROC, "/proc/hold/comm", CHILD_WITH_PIPE),
    ("the list of children", MOUNT_PROC, "/proc/thread-self/children", "exit 7"),
];

const MOUNT_CGROUP: &str = "mount -t tmpfs none /sys/fs/cgroup";
const MOUNT_PROC: &str =
    "mount -t tmpfs none /proc && mkdir /proc/self && echo \"$$ (pausa)\" >/proc/self/stat";
const CHILD_WITH_PIPE: &str =
    "mkdir /proc/$$ && mkfifo /proc/$$/comm && trap 'exit 7' TERM && kill -TERM $PPID || exit 8
while :; do sleep 0.01; done";

const ROWS: [(&str, Check); 9] = [
    ("a message that the file size limit cuts short is a warning", warns_of_a_limit),
    ("a message that a full disk does not take is a warning", warns_of_a_disk),
    ("-m/dev/stderr goes behind what a file has, and before what comes", keeps_its_place),
    ("-m/dev/stderr goes to a socket", |place| speaks_to_a_socket(place, "/dev/stderr")),
    ("-m/dev/stdout goes to a socket", |place| speaks_to_a_socket(place, "/dev/stdout")),
    ("a directory of the path is a link", stays_off_links),
    ("a path of 4,000 bytes is that path", writes_to_a_long_path),
    ("a path of 4,096 bytes is refused", refuses_too_long_a_path),
    ("dumb-init: a relative -m begins where it was started", finds_the_relative),
];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for (what, before, path, script) in PIPES {
            let check = move || reads_no_pipe(place, before, path, script);
            trials.push(trial(TOPIC, place, format!("a pipe in the place of {what}"), check));
        }
        for (name, check) in ROWS {
            trials.push(trial(TOPIC, place, name, move || check(place)));
        }
        for closed in [&[2][..], &[1], &[0], &[0, 1, 2]] {
            let name = format!("with {closed:?} closed no terminal takes its place");
            trials.push(trial(TOPIC, place, name, move || keeps_terminal_apart(place, closed)));
        }
    }
    for error in ["ENOSYS", "EPERM"] {
        let name = format!("catatonit keeps no descriptor where close_range is {error}");
        trials.push(traced_trial(TOPIC, AsSubreaper, name, move || closes_one_by_one(error)));
        let name = format!("the message is written where openat2 is {error}");
        trials.push(traced_trial(TOPIC, AsSubreaper, name, move || writes_without_openat2(error)));
    }
    trials
}

/// `script` with the subject's command line as `$@`, in a mount namespace of its own.
pub fn apart(subject: Subject, place: Place, script: &str) -> Launch {
    let own_user: &[&str] = match place {
        AsSubreaper if !nix::unistd::getuid().is_root() => &["--user", "--map-root-user"],
        _ => &[],
    };
    let launch = Launch::program("/usr/bin/unshare", place).args(["--mount"]).args(own_user);
    launch.args(["sh", "-c", script, "sh"]).args(subject.path().to_str())
}

/// A folder with nothing in it.
fn folder() -> PathBuf {
    let path = paper();
    fs::remove_file(&path).expect("it was made just now");
    fs::create_dir(&path).expect("make a folder");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn reads_no_pipe(place: Place, before: &str, path: &str, script: &str) {
    let folder = path.rsplit_once('/').expect("a folder").0;
    let prepare = format!("{before} && mkdir -p {folder} && mkfifo {path}");
    let message = paper();
    let launch = apart(Pausa, place, &format!("{prepare} && exec \"$@\""));
    let launch = launch.args([&to(&message), "-Fjson", "-D", "--", "sh", "-c", script]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!(ended, Code(7), "{stderr}");
    assert_eq!(written(Json, &message).get("exit_code"), "7");
}

fn assert_warning(stderr: &str, error: &str) {
    let fits = stderr.starts_with("pausa: ") && stderr.contains(error) && stderr.lines().count() == 1;
    assert!(fits, "{stderr:?}");
}

/// A block of `ulimit -f` is 512 bytes, and the longest name makes a message of more than that.
fn warns_of_a_limit(place: Place) {
    let message = paper();
    let script = "ulimit -f 1; exec \"$@\"";
    let launch = Launch::program("/bin/sh", place).args(["-c", script, "sh"]).args(Pausa.path().to_str());
    let launch = launch.args([&to(&message), "-Fjson", "--", &"\u{1}".repeat(200)]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!(ended, Code(127), "no SIGXFSZ: {stderr}");
    let (warning, not_found) = stderr.split_once('\n').expect("two lines, the first from before the start");
    assert!(not_found.contains("No such file") && not_found.lines().count() == 1, "{not_found}");
    assert_warning(warning, "File too large");
    assert_eq!(fs::metadata(message).expect("it is there").len(), 512);
}

/// A page is left on it, and less than that in the file.
fn warns_of_a_disk(place: Place) {
    let disk = folder();
    let script = format!(
        "mount -t tmpfs -o size=4k none {0} && head -c 4096 /dev/zero >{0}/all 2>/dev/null; >{0}/message; exec \"$@\"",
        disk.display()
    );
    let launch = apart(Pausa, place, &script).args([&to(&disk.join("message")), "--", "sh", "-c", "exit 7"]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!(ended, Code(7), "{stderr}");
    assert_warning(&stderr, "No space left on device");
}

/// stderr is a file at some offset, as after `>log`.
fn keeps_its_place(place: Place) {
    let log = paper();
    let script = format!("exec 2>{}; echo before >&2; \"$@\"; echo after >&2", text(&log));
    let launch = Launch::program("/bin/sh", place).args(["-c", &script, "sh"]).args(Pausa.path().to_str());
    assert_eq!(launch.args(["-m/dev/stderr", "--", "true"]).start().wait(), Code(0));
    let text = fs::read_to_string(&log).expect("read the log");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.first(), lines.last()), (Some(&"before"), Some(&"after")), "{text:?}");
    assert!(text.contains("\nreason: exit\n"), "{text:?}");
}

fn speaks_to_a_socket(place: Place, path: &str) {
    let (mut ours, theirs) = UnixStream::pair().expect("socketpair");
    let script = if path == "/dev/stderr" { "exec \"$@\"" } else { "exec \"$@\" >&2" };
    let launch = Launch::program("/bin/sh", place).args(["-c", script, "sh"]).args(Pausa.path().to_str());
    let launch = launch.args([&format!("-m{path}"), "--", "sh", "-c", "exit 7"]);
    let running = launch.stderr(OwnedFd::from(theirs)).start();
    assert_eq!(running.wait(), Code(7));
    let mut said = String::new();
    ours.read_to_string(&mut said).expect("read the socket");
    assert!(said.contains("\nreason: exit\n"), "{said:?}");
}

/// The program owns a directory, and has made it a link to where root may write.
fn stays_off_links(place: Place) {
    let folder = folder();
    fs::create_dir(folder.join("victim")).expect("make a folder");
    fs::write(folder.join("victim/log"), "precious").expect("write");
    symlink("victim", folder.join("d")).expect("make a link");
    let launch = Launch::of(Pausa, place).args([&to(&folder.join("d/log")), "--", "sh", "-c", "exit 7"]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!(ended, Code(7), "{stderr}");
    assert_warning(&stderr, "symbolic links");
    assert_eq!(fs::read_to_string(folder.join("victim/log")).expect("read it"), "precious");
}

/// Relative, so that it is short enough for whoever makes it; from the folder that it begins in.
fn long_path(bytes: usize) -> String {
    let part = "x".repeat(249);
    let mut path = String::new();
    while path.len() + part.len() + 2 < bytes {
        path = path + &part + "/";
    }
    let rest = bytes - path.len();
    path + &"y".repeat(rest)
}

fn writes_to_a_long_path(place: Place) {
    for by_variable in [false, true] {
        let (start, path) = (folder(), long_path(4000));
        let script =
            format!("mkdir -p {} && : >{path} && exec \"$@\"", path.rsplit_once('/').expect("a folder").0);
        let launch = Launch::program("/bin/sh", place).directory(&start).args(["-c", &script, "sh"]);
        let mut launch = launch.args(Pausa.path().to_str());
        if by_variable {
            launch = launch.env("PAUSA_OPTIONS", &format!("-m{path} -Fjson"));
        } else {
            launch = launch.args([&format!("-m{path}"), "-Fjson"]);
        }
        let (ended, _, stderr) = launch.args(["--", "sh", "-c", "exit 7"]).start().wait_with_output();
        assert_eq!((ended, stderr.as_str()), (Code(7), ""));
        assert_eq!(written(Json, &start.join(path)).get("exit_code"), "7");
    }
}

fn refuses_too_long_a_path(place: Place) {
    let launch =
        Launch::of(Pausa, place).args([&format!("-m{}", long_path(4096)), "--", "sh", "-c", "exit 7"]);
    let (ended, _, stderr) = launch.start().wait_with_output();
    assert_eq!(ended, Code(7), "{stderr}");
    assert_warning(&stderr, "File name too long");
}

fn finds_the_relative(place: Place) {
    let start = folder();
    fs::write(start.join("message"), "").expect("make a file");
    let launch = Launch::of(DumbInit, place).directory(&start).env("PAUSA_OPTIONS", "-mmessage -Fjson");
    let (ended, _, stderr) = launch.args(["sh", "-c", "exit 7"]).start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(7), ""));
    assert_eq!(written(Json, &start.join("message")).get("exit_code"), "7");
}

/// On a terminal, with streams closed, every descriptor for ourselves has a number of 3 or higher.
fn keeps_terminal_apart(place: Place, closed: &[i32]) {
    let (_terminal, end) = Terminal::open();
    let launch = Launch::of(Pausa, place).args(["-v", "--"]).on_terminal(&end).closed(closed);
    // The child has what pausa has been given, and its own end of the run is a signal.
    let mut running = launch.args(["sleep", "infinity"]).start();
    running.until("it to wait for signals", |running| waits_for_ever(running.pid()));
    for number in closed {
        let path = format!("/proc/{}/fd/{number}", running.pid());
        assert_eq!(fs::read_link(&path).ok(), None, "{number}");
    }
    running.kill(libc::SIGTERM);
    assert_eq!(running.wait(), Code(143));
}

fn closes_one_by_one(error: &str) {
    let record = paper();
    let inject = format!("inject=close_range:error={error}");
    // 60 of them, which no single call can list.
    let script = "i=3; while [ $i -lt 63 ]; do eval \"exec $i</dev/null\"; i=$((i + 1)); done; exec \"$@\"";
    let launch = Launch::program("/bin/bash", AsSubreaper).args(["-c", script, "sh"]);
    let launch =
        launch.args(["/usr/bin/strace", "-o", text(&record), "-e", &inject, "-e", "trace=close_range"]);
    let mut running = launch.args(Catatonit.path().to_str()).args(["sleep", "infinity"]).start();
    let is_it = |process: &crate::harness::process::Process| process.name == "catatonit";
    let catatonit = running.until("catatonit to wait", |running| {
        let found = running.processes().into_iter().find(is_it)?;
        waits_for_ever(found.pid)?.then_some(found.pid)
    });
    let kept = || -> Vec<i32> {
        let list = fs::read_dir(format!("/proc/{catatonit}/fd")).expect("its descriptors");
        let number = |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
        let is_terminal = |number: i32| {
            let link = fs::read_link(format!("/proc/{catatonit}/fd/{number}"));
            link.is_ok_and(|link| link == Path::new("/dev/tty"))
        };
        // The terminal of whoever runs this suite is opened afterwards.
        list.filter_map(number).filter(|&number: &i32| number > 2 && !is_terminal(number)).collect()
    };
    assert_eq!(kept(), [0; 0]);
    assert!(fs::read_to_string(&record).expect("a record").contains("(INJECTED)"), "it was asked for");
    crate::harness::syscall::send(catatonit.as_raw(), libc::SIGTERM).expect("it is there");
    assert_eq!(running.wait(), Code(143));
}

fn writes_without_openat2(error: &str) {
    let (record, message) = (paper(), paper());
    let inject = format!("inject=openat2:error={error}");
    let launch = Launch::program("/usr/bin/strace", AsSubreaper).args(["-o", text(&record), "-e", &inject]);
    let launch =
        launch.args(Pausa.path().to_str()).args([&to(&message), "-Fjson", "--", "sh", "-c", "exit 7"]);
    assert_eq!(launch.start().wait(), Code(7));
    assert_eq!(written(Json, &message).get("exit_code"), "7");
    let record = fs::read_to_string(&record).expect("a record");
    let line = record.lines().find(|line| line.starts_with("openat(") && line.contains(text(&message)));
    assert!(line.is_some_and(|line| line.contains("O_NOFOLLOW")), "{record}");
}
