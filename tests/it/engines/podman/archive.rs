//! The archive that dist/image makes, pulled by podman: for this machine, and for each that it can emulate.

use super::Row;
use super::client::{Podman, Who};
use crate::engines::engine::until;
use crate::harness::subject;
use crate::release::image::{Built, PLATFORMS, Platform, emulated};

pub fn rows(who: Who) -> Vec<Row> {
    if subject::original() {
        return Vec::new();
    }
    // Without root all is the same but the storage, so one will do.
    let platforms = if who == Who::Root { &PLATFORMS[..] } else { &PLATFORMS[..1] };
    let row = |platform: &'static Platform| {
        let name = format!("archive: for {} it holds, and supervises", platform.platform);
        Row::ignorable(name, move |podman| {
            emulated(platform)?;
            let image = pull(podman, platform)?;
            holds(podman, &image);
            supervises(podman, &image);
            Ok(())
        })
    };
    platforms.iter().map(row).collect()
}

/// The id of what podman takes for `platform`.
///
/// # Errors
/// What is missing here.
pub fn pull(podman: &Podman, platform: &Platform) -> Result<String, String> {
    // A name that any user can open: what the suite has built may be root's alone.
    let archive = podman.enclosure.directory().join("pausa-image.tar");
    std::fs::copy(Built::get()?.archive(), &archive).map_err(|error| error.to_string())?;
    let option = format!("--platform={}", platform.platform);
    let source = format!("oci-archive:{}", archive.display());
    let image = podman.engine.call(&["pull", "--quiet", &option, &source]);
    let seen = podman.engine.call(&["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", &image]);
    assert!(platform.platform.starts_with(&seen), "{seen} for {}", platform.platform);
    Ok(image)
}

fn holds(podman: &Podman, image: &str) {
    let container = podman.engine.start(&["--cap-drop=ALL", "--read-only"], image, &[]);
    let pid = container.inspect("{{.State.Pid}}");
    let handlers = until("pause has its handlers", || {
        let status = podman.enclosure.read(&format!("/proc/{pid}/status"));
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let caught = u64::from_str_radix(field("SigCgt:")?, 16).expect("a set of signals");
        // An emulator catches more than SIGINT, SIGTERM and SIGCHLD.
        (caught & 0x14002 == 0x14002).then(|| field("Uid:").expect("a user").to_owned())
    });
    // As root sees it. Elsewhere it is one of the range that /etc/subuid gives.
    if podman.who == Who::Root {
        assert_eq!(handlers, ["65535"; 4].join("\t"));
    }
    container.stop();
    assert_eq!(container.exit_status(), 0, "{}", container.logs());
    assert_eq!(container.logs().trim_end(), "Shutting down, got signal: Terminated");
}

fn supervises(podman: &Podman, image: &str) {
    for (child, status) in [("/pausa --version", 0), ("/no/such/program", 127)] {
        let command: Vec<&str> = ["--"].into_iter().chain(child.split(' ')).collect();
        let container = podman.engine.start(&["--entrypoint=/tini"], image, &command);
        assert_eq!(container.exit_status(), status, "{child}: {}", container.logs());
    }
}
