//! The pause image as the infrastructure container of a pod.

use super::{Images, Row, SANDBOX};
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go};
use crate::engines::engine::{Container, until};
use crate::harness::process::Status;
use crate::harness::subject;
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
pub fn await_handlers(container: &Container) -> Status {
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
