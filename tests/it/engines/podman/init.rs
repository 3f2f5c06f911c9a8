//! `podman run --init --init-path P`: the engine binds P at /run/podman-init and runs it as PID 1.

use super::Row;
use super::client::{Podman, Who};
use crate::engines::engine::Container;
use crate::engines::engine::ends::{Deed, ENDS, FAILURES, carry_out};
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go};
use crate::engines::engine::terminal::{KEYS, Session, shell_has_job_control};
use crate::harness::subject;

pub fn rows(who: Who) -> Vec<Row> {
    let mut rows = vec![Row::new("--init: PID 1 reaps orphans", |podman| {
        let container = start(podman, &ORPHANAGE);
        orphans_come_and_go(&container, &container, "/run/podman-init -- sh -c");
    })];
    for (name, script, deed, status) in ENDS {
        rows.push(Row::new(format!("--init: {name}"), move |podman| {
            assert_ends(&start(podman, &["sh", "-c", script]), deed, status);
        }));
    }
    // catatonit's own failures are all 1, and what podman takes for its own is 125 to 127.
    for (name, command, _) in FAILURES {
        let name = name.split_once(" is ").expect("a failure and its status").0;
        rows.push(Row::new(format!("--init: {name} is 1"), move |podman| {
            assert_ends(&start(podman, &[command]), Deed::Nothing, 1);
        }));
    }
    // Without root the terminal is the same one, and the second go would show nothing new.
    if who == Who::Nobody {
        return rows;
    }
    for (name, key, status) in KEYS {
        rows.push(Row::new(format!("--init: {name}"), move |podman| {
            let mut session = session(podman, &["tail", "-f", "/ready"]);
            session.await_text("ready");
            session.type_in(key);
            session.assert_ends(status);
        }));
    }
    // The original catatonit blocks SIGTSTP in all that runs under it.
    if !subject::original() {
        rows.push(Row::new("--init: a shell has job control", |podman| {
            shell_has_job_control(session(podman, &["sh", "-i"]));
        }));
    }
    rows
}

fn start(podman: &Podman, command: &[&str]) -> Container {
    podman.engine.start(&options(podman).each_ref().map(String::as_str), &podman.app, command)
}

fn session(podman: &Podman, command: &[&str]) -> Session {
    Session::start(&podman.engine, &options(podman).each_ref().map(String::as_str), &podman.app, command)
}

fn options(podman: &Podman) -> [String; 2] {
    ["--init".to_owned(), format!("--init-path={}", podman.program("catatonit").display())]
}

fn assert_ends(container: &Container, deed: Deed, status: i32) {
    carry_out(deed, container);
    assert_eq!(container.exit_status(), status, "{}", container.logs());
}
