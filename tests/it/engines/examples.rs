//! examples/: each file is used in the engine that it is for, and stops as README says: at once, with a reason.
//!
//! Nothing is pulled: the base is busybox, and pausa's image is laid out by `dist/rootfs`. Where an engine is missing,
//! its trials are ignored and say why; under `CI=true` they fail.

use crate::engines::enclosure::Enclosure;
use crate::engines::engine::{Client, LIMIT, text_of};
use crate::engines::image_tree::busybox_tree;
use crate::harness::subject;
use crate::harness::trial::ending;
use libtest_mimic::Trial;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Fails by a panic; what it says else is why it cannot be made here.
type Check = fn() -> Result<(), String>;

pub fn trials() -> Vec<Trial> {
    if subject::original() {
        return Vec::new();
    }
    let rows: [(&str, Check); 3] = [
        ("docker: examples/Dockerfile makes an image that stops at once and says why", image_stops),
        ("docker: examples/compose.yaml makes a service that stops at once and says why", service_stops),
        ("podman: examples/pod.yaml makes a pod that stops at once and says why", pod_stops),
    ];
    rows.map(|(name, check)| ending(name.into(), check)).into()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// An engine, and the one word that all that a trial makes in it begins with; removed when it goes out of scope.
struct Workshop {
    client: Client,
    word: String,
}

impl Workshop {
    /// With the two images that examples/Dockerfile begins from.
    ///
    /// # Errors
    /// What the client said, if no engine answers it.
    fn open(client: Client, name: &str) -> Result<Self, String> {
        client.answer(&["version"]).map_err(|why| format!("no engine answers: {why}"))?;
        let workshop = Self { client, word: format!("pausa-examples-{}-{name}", std::process::id()) };
        let rootfs = subject::directory().join(&workshop.word);
        let layout = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/rootfs");
        text_of(Command::new(layout).arg(subject::ours()).arg(&rootfs));
        workshop.import("pausa", &rootfs);
        workshop.import("base", busybox_tree());
        Ok(workshop)
    }

    fn tag(&self, name: &str) -> String {
        format!("{}/{name}", self.word)
    }

    fn call(&self, words: &[&str]) -> String {
        text_of(self.client.command(LIMIT).args(words))
    }

    fn import(&self, name: &str, tree: &Path) {
        let mut tar = Command::new("tar")
            .args(["--create", "--owner=0", "--group=0", "--directory"])
            .arg(tree)
            .arg(".")
            .stdout(Stdio::piped())
            .spawn()
            .expect("run tar");
        let archive = tar.stdout.take().expect("a pipe");
        text_of(self.client.command(LIMIT).args(["import", "-", &self.tag(name)]).stdin(archive));
        assert!(tar.wait().expect("wait for tar").success(), "tar could not read {}", tree.display());
    }

    fn build(&self, tag: &str) {
        let [pausa, base] = [("PAUSA", "pausa"), ("BASE", "base")]
            .map(|(argument, image)| format!("--build-arg={argument}={}", self.tag(image)));
        let examples = examples().display().to_string();
        self.call(&["build", "--quiet", "--force-rm", &pausa, &base, "--tag", tag, &examples]);
    }

    /// A container that was asked to stop ended by SIGTERM, and its log has the reason.
    fn assert_stopped(&self, container: &str) {
        let logs = self.client.command(LIMIT).args(["logs", container]).output().expect("run the client");
        let logs =
            String::from_utf8_lossy(&logs.stdout).into_owned() + &String::from_utf8_lossy(&logs.stderr);
        assert_eq!(self.call(&["inspect", "--format", "{{.State.ExitCode}}", container]), "143", "{logs}");
        for line in ["program: sleep", "reason: asked", "stop_from: outside"] {
            assert!(logs.lines().any(|said| said == line), "no {line:?} in {logs}");
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = self.client.answer(&["rm", "--force", &self.word]);
        let images: Vec<String> = ["app", "pausa", "base"].iter().map(|name| self.tag(name)).collect();
        let _ = self.client.command(LIMIT).args(["rmi", "--force"]).args(images).output();
    }
}

fn docker(name: &str) -> Result<Workshop, String> {
    Workshop::open(Client::new(["docker"]), name)
}

/// So long a grace period that the call fails by its own limit before a SIGKILL. There is no handshake on purpose: a
/// stop that comes at once is not lost.
fn image_stops() -> Result<(), String> {
    let docker = docker("image")?;
    let (name, app) = (&docker.word, docker.tag("app"));
    docker.build(&app);
    docker.call(&[
        "run",
        "--detach",
        "--network=none",
        "--name",
        name,
        "--env=PAUSA_OPTIONS=-m/dev/stderr",
        &app,
    ]);
    docker.call(&["stop", "--time=600", name]);
    docker.assert_stopped(name);
    Ok(())
}

/// Compose as the client's plugin, or as a program of its own.
fn compose() -> Result<Client, String> {
    let [plugin, program] = [vec!["docker", "compose"], vec!["docker-compose"]].map(Client::new);
    let works = |client: &Client| client.answer(&["version"]).is_ok();
    [plugin, program].into_iter().find(works).ok_or("there is no Docker Compose".into())
}

/// Removed with its container when it goes out of scope.
struct Project<'a> {
    compose: &'a Client,
    words: Vec<&'a str>,
}

impl Project<'_> {
    fn call(&self, words: &[&str]) -> String {
        text_of(self.compose.command(LIMIT).args(&self.words).args(words))
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        let _ = self.compose.command(LIMIT).args(&self.words).args(["down", "--timeout=0"]).output();
    }
}

/// What stands here instead of the file's words: images of this trial, and no network, since there may be no bridge.
fn service_stops() -> Result<(), String> {
    let compose = compose()?;
    let docker = docker("service")?;
    let here = format!(
        "services:\n  app:\n    image: {}\n    network_mode: none\n    build:\n      args:\n        PAUSA: {}\n        BASE: {}\n",
        docker.tag("app"),
        docker.tag("pausa"),
        docker.tag("base"),
    );
    let path = subject::directory().join("compose-here.yaml");
    fs::write(&path, here).expect("write a file");
    let (example, here) = (examples().join("compose.yaml"), path.display().to_string());
    let example = example.display().to_string();
    let words = vec!["--project-name", &docker.word, "--file", &example, "--file", &here];
    let project = Project { compose: &compose, words };
    project.call(&["up", "--build", "--detach"]);
    let container = project.call(&["ps", "--quiet", "app"]);
    project.call(&["stop", "--timeout=600"]);
    docker.assert_stopped(&container);
    Ok(())
}

/// As podman's other trials have it: runc, and control groups by files.
const CONFIGURATION: &str = r#"[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
helper_binaries_dir = ["HERE"]
"#;

/// Ours holds the pod, too: podman makes its own image of the catatonit that it finds.
fn pod_stops() -> Result<(), String> {
    let body = "command -v podman && command -v runc || { echo podman or runc is missing; exit 1; }";
    let enclosure = Enclosure::start("podman-examples", body, "")?;
    let here = enclosure.directory().display().to_string();
    fs::copy(subject::ours(), format!("{here}/catatonit")).expect("copy the program");
    fs::write(format!("{here}/containers.conf"), CONFIGURATION.replace("HERE", &here)).expect("write a file");
    let mut words = enclosure.enter();
    words.extend(["env".into(), format!("CONTAINERS_CONF={here}/containers.conf"), "podman".into()]);
    words.extend(["root", "runroot", "tmpdir"].map(|place| format!("--{place}={here}/{place}")));
    words.push("--storage-driver=vfs".into());
    let podman = Workshop::open(Client::new(words), "pod")?;
    let (image, app) = ("example.org/app", podman.tag("app"));
    podman.build(&app);
    let example = fs::read_to_string(examples().join("pod.yaml")).expect("read the pod");
    assert_eq!((example.matches(image).count(), example.matches("value: -m ").count()), (1, 1), "{example}");
    // podman gives a container no /dev/termination-log.
    let example =
        example.replace(image, &format!("localhost/{app}")).replace("value: -m ", "value: -m/dev/stderr ");
    fs::write(format!("{here}/pod.yaml"), example).expect("write a file");
    podman.call(&["play", "kube", "--quiet", "--network=none", &format!("{here}/pod.yaml")]);
    podman.call(&["pod", "stop", "--time=600", "app"]);
    podman.assert_stopped("app-app");
    podman.call(&["pod", "rm", "app"]);
    // Empty by now, and made anew by a podman that wants it; rmdir(2) leaves one with processes alone.
    let groups = "find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} +";
    let _ = Command::new("sh").args(["-c", groups]).stderr(Stdio::null()).status();
    Ok(())
}
