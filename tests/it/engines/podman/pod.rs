//! `podman pod create`: the infra container holds the namespaces, and with a shared PID namespace it is PID 1.

use super::client::{Podman, Who};
use super::{Row, archive};
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go};
use crate::engines::engine::{Client, Container, text_of, until};
use crate::harness::subject;
use crate::release::image::PLATFORMS;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// Name, how the infra container comes to be, what its command line begins with.
const INFRAS: [(&str, Infra, &str); 5] = [
    ("an image with /catatonit -P", Infra::Image("catatonit", r#"["/catatonit","-P"]"#), "/catatonit -P"),
    ("an image with /pause", Infra::Image("pause", r#"["/pause"]"#), "/pause"),
    ("the image that dist/image makes", Infra::Archive, "/pause"),
    ("a command in place of the image's", Infra::Command("catatonit", "/catatonit -P"), "/catatonit -P"),
    ("podman's own image of the catatonit that it finds", Infra::Default, "/catatonit -P"),
];

#[derive(Clone, Copy)]
enum Infra {
    /// The program and the entrypoint.
    Image(&'static str, &'static str),
    Archive,
    /// The program and `--infra-command`.
    Command(&'static str, &'static str),
    /// podman builds `FROM scratch`, the catatonit of `helper_binaries_dir`, and an entrypoint.
    Default,
}

pub fn rows(who: Who) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, (name, infra, command)) in INFRAS.into_iter().enumerate() {
        if matches!(infra, Infra::Archive) && subject::original() {
            continue;
        }
        rows.push(Row::ignorable(format!("pod: {name}"), move |podman| {
            holds(podman, &Pod::create(podman, index, infra)?, command);
            Ok(())
        }));
    }
    if who == Who::Nobody {
        rows.push(Row::new("the process that keeps its namespaces", keeper));
    }
    rows
}

fn holds(podman: &Podman, pod: &Pod, init: &str) {
    let option = format!("--pod={}", pod.name);
    let first = podman.engine.join_by(&[&option], &podman.app, &ORPHANAGE);
    let second = podman.engine.join_by(&[&option], &podman.app, &["tail", "-f", "/ready"]);
    orphans_come_and_go(&first, &second, init);
    first.kill("KILL");
    assert_eq!(first.exit_status(), 137);
    assert_eq!(pod.infra.inspect("{{.State.Status}}"), "running");
    // So long a grace period that the call fails by its own limit before a SIGKILL.
    podman.engine.call(&["pod", "stop", "--time=600", &pod.name]);
    assert_eq!(pod.infra.exit_status(), 0, "{}", pod.infra.logs());
}

/// Without root podman leaves a `catatonit -P` in the caller's PID namespace, to keep a user namespace alive.
fn keeper(podman: &Podman) {
    // Any call finds it or starts it.
    podman.engine.call(&["ps"]);
    let file = podman.enclosure.directory().join("run/libpod/pause.pid");
    let pid = until("podman has its keeper", || fs::read_to_string(&file).ok().filter(|pid| !pid.is_empty()));
    let inside = |program: &str, file: &str| {
        let enter = podman.enclosure.enter();
        Client::new(enter).answer(&[program, &format!("/proc/{}/{file}", pid.trim())])
    };
    assert_eq!(inside("cat", "cmdline").as_deref(), Ok("catatonit\0-P\0"));
    // By content: the link shows where it was bound from.
    let ours = text_of(Command::new("sha256sum").arg(podman.program("catatonit")));
    let held = inside("sha256sum", "exe").expect("read the program");
    assert_eq!(held.split(' ').next(), ours.split(' ').next());
}

/// Removed with all its containers when it goes out of scope.
struct Pod<'a> {
    podman: &'a Podman,
    name: String,
    infra: Container,
}

impl<'a> Pod<'a> {
    /// # Errors
    /// What is missing here.
    fn create(podman: &'a Podman, index: usize, infra: Infra) -> Result<Self, String> {
        let engine = &podman.engine;
        let name = engine.container_name();
        let mut create: Vec<String> = "pod create --network=none --share=pid,ipc,net,uts --label"
            .split(' ')
            .map(str::to_owned)
            .collect();
        create.extend([engine.label(), format!("--name={name}"), format!("--infra-name={name}-infra")]);
        create.extend(engine.options().iter().cloned());
        match infra {
            Infra::Image(program, entrypoint) => {
                create.push(format!("--infra-image={}", image(podman, index, program, entrypoint)));
            }
            Infra::Archive => create.push(format!("--infra-image={}", archive::pull(podman, &PLATFORMS[0])?)),
            Infra::Command(program, command) => {
                create.push(format!("--infra-image={}", image(podman, index, program, r#"["/no/such"]"#)));
                create.push(format!("--infra-command={command}"));
            }
            Infra::Default => {}
        }
        let infra = engine.container(format!("{name}-infra"));
        let pod = Self { podman, name, infra };
        engine.call(&create.iter().map(String::as_str).collect::<Vec<_>>());
        Ok(pod)
    }
}

impl Drop for Pod<'_> {
    fn drop(&mut self) {
        let _ = self.podman.engine.client().answer(&["pod", "rm", "--force", "--time=0", &self.name]);
    }
}

/// One file on an empty root.
fn image(podman: &Podman, index: usize, program: &str, entrypoint: &str) -> String {
    let tree = podman.enclosure.directory().join(format!("infra-{index}"));
    fs::create_dir_all(&tree).expect("make the tree");
    fs::copy(podman.program(program), tree.join(program)).expect("copy the program");
    let tag = podman.engine.tag(&format!("infra-{index}"));
    podman.engine.import(&tag, &tree, &BTreeSet::new(), &[&format!("ENTRYPOINT {entrypoint}")]);
    tag
}
