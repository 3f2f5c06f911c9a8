//! The pause image as the infrastructure container of a pod.

use super::engine::{Container, until};
use super::{Images, Row, SANDBOX};
use crate::process::Status;
use crate::subject;
use nix::unistd::Pid;

pub fn rows() -> Vec<Row> {
    let ends = [
        ("docker stop ends it with 0", Container::stop as fn(&Container), 0),
        ("docker kill ends it with 137", |container| container.kill("KILL"), 137),
        ("an interrupt ends it with 0", |container| container.kill("INT"), 0),
    ];
    let mut rows = vec![
        Row::new("pause: a pod shares its namespaces and loses its orphans", pod),
        Row::new("pause: it does with no rights, one process and 6 MB", sandbox),
        Row::new("pause: -v is answered", |images| {
            assert!(answer(images, &[], &["-v"]).starts_with("pause.c "));
        }),
    ];
    rows.extend(ends.map(|(name, end, status)| {
        Row::new(format!("pause: {name}"), move |images| {
            let container = images.engine().start(&[], images.pause(), &[]);
            await_handlers(&container);
            end(&container);
            assert_eq!(container.exit_status(), status);
        })
    }));
    if !subject::original() {
        rows.push(Row::new("pause: the image answers as pausa too", |images| {
            let answer = answer(images, &["--entrypoint=/pausa"], &["--version"]);
            assert!(answer.contains(env!("CARGO_PKG_VERSION")), "{answer:?}");
        }));
    }
    rows
}

fn answer(images: &Images, options: &[&str], command: &[&str]) -> String {
    let container = images.engine().start(options, images.pause(), command);
    assert_eq!(container.exit_status(), 0);
    container.logs()
}

/// A SIGTERM before the handlers is lost on the original, and not what these rows are about.
fn await_handlers(container: &Container) -> Status {
    let pid = Pid::from_raw(container.inspect("{{.State.Pid}}").parse().expect("a number"));
    // SIGINT, SIGTERM, SIGCHLD.
    until("pause has its handlers", || {
        Some(Status::of(pid)).filter(|status| status.field("SigCgt") == "0000000000014002")
    })
}

fn sandbox(images: &Images) {
    let options = [&SANDBOX[..], &["--memory=6m", "--pids-limit=1"]].concat();
    let container = images.engine().start(&options, images.pause(), &[]);
    let status = await_handlers(&container);
    assert_eq!(status.field("Uid").split_whitespace().next(), Some("65535"));
    assert_eq!(["CapEff", "NoNewPrivs"].map(|name| status.field(name)), ["0000000000000000", "1"]);
    container.stop();
    assert_eq!(container.exit_status(), 0);
    assert_eq!(container.logs(), "Shutting down, got signal: Terminated\n");
}

/// A command that leaves forty children to PID 1, each waiting until somebody opens /gate.
pub const ORPHANAGE: [&str; 3] = [
    "sh",
    "-c",
    "mkfifo /gate
     for i in $(seq 40); do sh -c 'read line </gate & exit'; done
     exec tail -f /ready",
];

/// `parent` runs the `ORPHANAGE`, `witness` shares its PID namespace, `init` begins PID 1's command line.
pub fn orphans_come_and_go(parent: &Container, witness: &Container, init: &str) {
    parent.await_line("ready");
    let orphans = |all: &[Process]| {
        all.iter().filter(|process| process.parent == 1 && process.command.contains("/gate")).count()
    };
    let before = processes(witness);
    assert!(
        before.iter().any(|process| process.pid == 1 && process.command.starts_with(init)),
        "{before:#?}"
    );
    assert_eq!(orphans(&before), 40, "{before:#?}");
    parent.exec(&["sh", "-c", ": >/gate"]);
    until("the orphans are reaped", || {
        let after = processes(witness);
        let zombies = after.iter().any(|process| process.state.starts_with('Z'));
        (orphans(&after) == 0 && !zombies).then_some(())
    });
}

fn pod(images: &Images) {
    let engine = images.engine();
    let pause = engine.start(&["--ipc=shareable"], images.pause(), &[]);
    let first = engine.join(&pause, images.app(), &ORPHANAGE);
    let second = engine.join(&pause, images.app(), &["tail", "-f", "/ready"]);

    let namespaces = |container: &Container| {
        container.exec(&["sh", "-c", "for kind in net ipc pid; do readlink /proc/self/ns/$kind; done"])
    };
    assert_eq!(namespaces(&first), namespaces(&second));
    orphans_come_and_go(&first, &second, "/pause");

    // The applications come and go; the namespaces stay until pause ends, and then take the last one along.
    first.kill("KILL");
    assert_eq!(first.exit_status(), 137);
    assert_eq!(pause.inspect("{{.State.Status}}"), "running");
    pause.stop();
    assert_eq!(pause.exit_status(), 0);
    assert_eq!(second.exit_status(), 137);
}

#[derive(Debug)]
struct Process {
    pid: u32,
    parent: u32,
    state: String,
    command: String,
}

/// What ps(1) shows inside a container.
fn processes(container: &Container) -> Vec<Process> {
    let table = container.exec(&["ps", "-o", "pid,ppid,stat,args"]);
    let rows = table.lines().skip(1).map(|line| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_else(|| panic!("a short line: {line:?}"));
        let (pid, parent) = (word().parse().expect("a pid"), word().parse().expect("a pid"));
        let state = word().to_owned();
        Process { pid, parent, state, command: words.collect::<Vec<_>>().join(" ") }
    });
    rows.collect()
}
