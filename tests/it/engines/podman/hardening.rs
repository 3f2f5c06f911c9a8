//! Under the seccomp profiles that ship, with no rights at all, in a podman.

use super::Row;
use super::client::Podman;
use crate::engines::docker::SANDBOX;
use crate::engines::engine::{Client, Container, until};
use crate::engines::profile_copy::Otherwise::{self, Killed, Refused};
use crate::harness::process::Status;
use crate::harness::seccomp_profile::{Hold, Profile, Supervise};
use crate::harness::subject::original;
use std::collections::BTreeSet;
use std::fs;

pub fn rows() -> Vec<Row> {
    if original() {
        // No profile of ours is meant for them.
        return Vec::new();
    }
    let mut rows = Vec::new();
    for otherwise in [Refused, Killed] {
        rows.push(Row::new(
            format!("seccomp: hold.json: it holds and ends with 0, and {}", otherwise.words()),
            move |podman| {
                let container = start(podman, Hold, otherwise, "pause", &[]);
                container.stop();
                assert_eq!(container.exit_status(), 0, "{}", container.logs());
            },
        ));
        rows.push(Row::new(
            format!("seccomp: supervise.json: a hold below pausa, and {}", otherwise.words()),
            move |podman| {
                let container = start(podman, Supervise, otherwise, "pausa", &["-e", "0:7", "--", "/pause"]);
                container.stop();
                assert_eq!(container.exit_status(), 7, "{}", container.logs());
            },
        ));
    }
    rows
}

/// A container whose PID 1 has installed its handlers, or taken note of its child.
fn start(podman: &Podman, profile: Profile, otherwise: Otherwise, name: &str, words: &[&str]) -> Container {
    let seccomp = format!("--security-opt=seccomp={}", profile.with(otherwise).display());
    let entry = format!("--entrypoint=/{name}");
    let options = [&SANDBOX[..], &[&seccomp, &entry]].concat();
    let container = podman.engine.start(&options, &image(podman), words);
    let pid = container.inspect("{{.State.Pid}}");
    let enclosed = Client::new(podman.enclosure.enter());
    let read = |file: &str| enclosed.answer(&["cat", &format!("/proc/{pid}/{file}")]);
    let status = until("pausa is at its work", || {
        let status = Status::from_text(read("status").ok()?);
        let waits = if words.is_empty() {
            status.field("SigCgt") == "0000000000014002"
        } else {
            // Every signal but SIGKILL and SIGSTOP is blocked from its first moment on; the child comes later.
            !read(&format!("task/{pid}/children")).ok()?.is_empty()
        };
        waits.then_some(status)
    });
    let seen = ["Seccomp", "NoNewPrivs", "CapEff", "CapPrm", "CapBnd"].map(|field| status.field(field));
    assert_eq!(seen, ["2", "1", "0000000000000000", "0000000000000000", "0000000000000000"]);
    container
}

/// One file on an empty root, under the two names; each row makes its own, since rows run at the same time.
fn image(podman: &Podman) -> String {
    let name = podman.engine.container_name();
    let tree = podman.enclosure.directory().join(&name);
    fs::create_dir_all(&tree).expect("make the tree");
    for name in ["pause", "pausa"] {
        fs::copy(podman.program("pause"), tree.join(name)).expect("copy the program");
    }
    let tag = podman.engine.tag(&name);
    podman.engine.import(&tag, &tree, &BTreeSet::new(), &[]);
    tag
}
