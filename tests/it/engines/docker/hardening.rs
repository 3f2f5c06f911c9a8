//! Under the seccomp profiles that ship, with no rights at all: holding, supervising a hold, every option and name.
//!
//! What ships refuses a call that it does not allow, and pausa may go on without it; so most of this is done under a
//! filter that kills instead, and then nothing was refused unseen.

use super::{Images, Row, SANDBOX};
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go};
use crate::engines::engine::{Container, text_of, until};
use crate::engines::image_tree::busybox_tree;
use crate::engines::profile_copy::Otherwise::{self, Killed, Refused};
use crate::harness::message_fields::{Text, paper, written};
use crate::harness::process::{Process, Status, is_paused};
use crate::harness::seccomp_profile::{Hold, Profile, Supervise};
use crate::harness::subject::{Pausa, directory, original};
use crate::harness::syscall;
use nix::unistd::Pid;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Who supervises, with which words before the hold that it runs.
const WISHES: [(&str, &[&str]); 13] = [
    ("pausa", &["--"]),
    ("pausa", &["-v", "-g", "--"]),
    ("pausa", &["-v", "-t", "all", "--"]),
    ("pausa", &["-k", "50s", "-D", "-p", "KILL", "--"]),
    ("pausa", &["-v", "-d", "1ms", "-S", "HUP:1ms,TERM:50s,KILL", "-D", "--"]),
    ("tini", &["-s", "-vvv", "--"]),
    ("tini", &["-g", "-p", "SIGKILL", "--"]),
    ("docker-init", &["--"]),
    ("dumb-init", &["-v", "--"]),
    ("dumb-init", &["-c", "--"]),
    ("catatonit", &["--"]),
    ("catatonit", &["-g", "--"]),
    ("podman-init", &["--"]),
];

pub fn rows() -> Vec<Row> {
    if original() {
        // No profile of ours is meant for them.
        return Vec::new();
    }
    let mut rows = vec![
        Row::new("seccomp: a profile merged as docs/hardening.md says lets a command run", merges),
        Row::new("seccomp: hold.json lets nothing else run", |images| {
            let options = options(Hold, Refused, &["--volume", &mount("bin", &busybox_tree().join("bin"))]);
            let ended = run(images, &options, &["--entrypoint=/bin/true"], &[]);
            assert_ne!(ended.exit_status(), 0, "{}", ended.logs());
        }),
    ];
    for otherwise in [Refused, Killed] {
        let mut row = |name: &str, check: fn(&Images, Otherwise)| {
            let name = format!("seccomp: {name}, and {}", otherwise.words());
            rows.push(Row::new(name, move |images| check(images, otherwise)));
        };
        row("hold.json: it holds alone and ends with 0", holds);
        row("hold.json: it reaps the orphans of a pod", reaps);
        row("supervise.json: the end of a hold is remapped", remaps);
        row("supervise.json: a queued signal ends the child", queues);
        row("supervise.json: a message says why it ended", tells);
        row("supervise.json: no such command is 127", finds_nothing);
    }
    for terminal in [false, true] {
        for (name, words) in WISHES {
            let how = if terminal { " at a terminal" } else { "" };
            let what = format!("seccomp: `{name} {}`{how}", words.join(" "));
            rows.push(Row::new(what, move |images| supervises(images, name, words, terminal)));
        }
    }
    rows
}

fn options(profile: Profile, otherwise: Otherwise, more: &[&str]) -> Vec<String> {
    let seccomp = format!("--security-opt=seccomp={}", profile.with(otherwise).display());
    let options = [SANDBOX.as_slice(), more].concat();
    options.into_iter().map(str::to_owned).chain([seccomp]).collect()
}

fn mount(name: &str, file: &std::path::Path) -> String {
    let file = file.canonicalize().expect("a file to mount");
    format!("{}:/{name}:ro", file.display())
}

fn run(images: &Images, options: &[String], more: &[&str], command: &[&str]) -> Container {
    let options: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
    images.engine().start(&options, images.pause(), command)
}

/// PID 1 of the container, as this process sees it.
fn pid(container: &Container) -> Pid {
    Pid::from_raw(container.inspect("{{.State.Pid}}").parse().expect("a number"))
}

/// Until `pid` holds: under the filter, with no way to get more rights, and without any.
fn await_hold(pid: Pid) {
    until("it pauses", || is_paused(pid).then_some(()));
    let status = Status::of(pid);
    let seen = ["Seccomp", "NoNewPrivs", "CapEff", "CapPrm", "CapBnd"].map(|field| status.field(field));
    assert_eq!(seen, ["2", "1", "0000000000000000", "0000000000000000", "0000000000000000"]);
    assert_eq!(status.field("Uid").split_whitespace().next(), Some("65535"));
}

fn holds(images: &Images, otherwise: Otherwise) {
    let container = run(images, &options(Hold, otherwise, &["--pids-limit=1"]), &[], &[]);
    await_hold(pid(&container));
    container.stop();
    assert_eq!(container.exit_status(), 0);
    assert_eq!(container.logs(), "Shutting down, got signal: Terminated\n");
}

fn reaps(images: &Images, otherwise: Otherwise) {
    let engine = images.engine();
    let pod = run(images, &options(Hold, otherwise, &["--pids-limit=1"]), &["--ipc=shareable"], &[]);
    await_hold(pid(&pod));
    let first = engine.join(&pod, images.app(), &ORPHANAGE);
    let second = engine.join(&pod, images.app(), &["tail", "-f", "/ready"]);
    orphans_come_and_go(&first, &second, "/pause");
    pod.stop();
    assert_eq!(pod.exit_status(), 0);
}

/// `name` with the hold below it, both under the profile for supervising.
fn start(
    images: &Images,
    otherwise: Otherwise,
    name: &str,
    more: &[&str],
    words: &[&str],
) -> (Container, Pid) {
    let program = mount(name, &Pausa.path());
    let entry = format!("--entrypoint=/{name}");
    let options = options(Supervise, otherwise, &["--pids-limit=2", "--volume", &program, &entry]);
    let container = run(images, &options, more, &[words, &["/pause"]].concat());
    let init = pid(&container);
    let child = until("there is a child that pauses", || {
        Process::descendants_of(init).into_iter().map(|child| child.pid).find(|&child| is_paused(child))
    });
    await_hold(child);
    (container, child)
}

fn supervises(images: &Images, name: &str, words: &[&str], terminal: bool) {
    let more: &[&str] = if terminal { &["--tty"] } else { &[] };
    let (container, _) = start(images, Killed, name, more, words);
    container.stop();
    // A ladder that begins with SIGHUP ends the hold by it: pause has no handler for that one.
    let status = if words.iter().any(|word| word.starts_with("HUP")) { 129 } else { 0 };
    assert_eq!(container.exit_status(), status, "{}", container.logs());
}

fn remaps(images: &Images, otherwise: Otherwise) {
    let (container, _) = start(images, otherwise, "pausa", &[], &["-e", "0:7", "--"]);
    container.stop();
    assert_eq!(container.exit_status(), 7, "{}", container.logs());
}

/// By rt_sigqueueinfo(2), and to a group by pidfd_send_signal(2).
fn queues(images: &Images, otherwise: Otherwise) {
    for words in [&["-v", "--"][..], &["-v", "-g", "--"]] {
        let (container, _) = start(images, otherwise, "pausa", &[], words);
        syscall::queue(pid(&container), 40, 7).expect("the container is there");
        assert_eq!(container.exit_status(), 128 + 40, "{words:?}: {}", container.logs());
    }
}

fn tells(images: &Images, otherwise: Otherwise) {
    let path = paper();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("let the container's user write");
    let volume = format!("--volume={}:/dev/termination-log", path.display());
    let (container, _) = start(images, otherwise, "pausa", &[&volume], &["-m", "--"]);
    container.stop();
    assert_eq!(container.exit_status(), 0, "{}", container.logs());
    let fields = written(Text, &path);
    assert_eq!((fields.get("reason"), fields.get("stop_from")), ("asked", "outside"), "{fields:?}");
}

fn finds_nothing(images: &Images, otherwise: Otherwise) {
    let options = options(Supervise, otherwise, &["--entrypoint=/pausa"]);
    for command in ["/no/such/program", "no-such-program"] {
        let container = run(images, &options, &[], &["--", command]);
        assert_eq!(container.exit_status(), 127, "{}", container.logs());
        assert!(container.logs().contains("No such file or directory"), "{}", container.logs());
    }
}

/// What busybox's shell calls until it ends, and the runtime before it: as somebody's own profile would have it.
const OWN: &str = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [{
    "names": [
      "arch_prctl", "brk", "close", "epoll_ctl", "execve", "exit_group", "fcntl", "fstat", "fstatfs", "futex", "getcwd",
      "getdents64", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "getuid", "mmap", "mprotect",
      "newfstatat", "openat", "openat2", "prctl", "prlimit64", "readlink", "readlinkat", "rseq", "rt_sigaction",
      "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "set_tid_address", "statx", "uname", "write"
    ],
    "action": "SCMP_ACT_ALLOW"
  }]
}"#;

fn merges(images: &Images) {
    let here = directory().join("merged");
    fs::create_dir_all(here.join("dist/seccomp")).expect("make a directory");
    fs::write(here.join("own.json"), OWN).expect("write a profile");
    fs::copy(Supervise.path(), here.join("dist/seccomp/supervise.json")).expect("copy the profile");
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hardening.md")).expect("read the page");
    let line = |end: &str| {
        let mut lines = page.lines().map(str::trim).filter(|line| line.starts_with("jq "));
        lines.find(|line| line.ends_with(end)).unwrap_or_else(|| panic!("no jq line with {end:?}"))
    };
    let merge = line(" own.json dist/seccomp/supervise.json >merged.json");
    let alone = line(" dist/seccomp/supervise.json >alone.json");
    let script = format!(
        "set -e\n{merge}\n{alone}\n{}",
        merge.replace("dist/seccomp/supervise.json >merged", "alone.json >merged-alone")
    );
    text_of(Command::new("sh").args(["-c", &script]).current_dir(&here));
    let command = ["sh", "-c", "echo said; exit 7"];
    for (profile, image, said, status) in [
        ("own.json", images.app(), "said\n", 7),
        // It may make no process, nor ask whether a complaint would find room.
        ("own.json", images.supervised(Pausa), "", 125),
        ("merged.json", images.supervised(Pausa), "said\n", 7),
        ("merged-alone.json", images.supervised(Pausa), "said\n", 7),
    ] {
        let seccomp = format!("--security-opt=seccomp={}", here.join(profile).display());
        let container = images.engine().start(&[&SANDBOX[..], &[&seccomp]].concat(), image, &command);
        let seen = (container.exit_status(), container.logs());
        assert_eq!((seen.0, seen.1.as_str()), (status, said), "{profile}, {image}");
    }
}
