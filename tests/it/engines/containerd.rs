//! containerd, by its client: the whole archive that dist/image makes is imported, and each platform of it runs.
//!
//! The daemon is enclosed, with its storage in there. Where this machine has none, or this process is not root, the
//! trials are ignored and say why; under `CI=true` they fail, since there nobody would notice.

use crate::engines::enclosure::{ControlGroup, Enclosure};
use crate::engines::engine::{Client, LONG_LIMIT, text_of, until};
use crate::harness::subject;
use crate::harness::trial::ending;
use crate::release::image::{Built, PLATFORMS, Platform, emulated};
use libtest_mimic::Trial;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

pub fn trials() -> Vec<Trial> {
    if subject::original() {
        return Vec::new();
    }
    let mut rows = vec![
        Row::new("the archive is one image of six platforms", |daemon| {
            let images = daemon.call(&["images", "ls"]);
            let image =
                images.lines().find(|line| line.starts_with(IMAGE)).expect("the image is in the list");
            for platform in &PLATFORMS {
                assert!(image.contains(platform.platform), "no {} in {image}", platform.platform);
            }
            Ok(())
        }),
        Row::new("it holds as its user, and SIGTERM ends it with 0", |daemon| {
            holds(daemon);
            Ok(())
        }),
    ];
    rows.extend(PLATFORMS.iter().enumerate().map(|(index, platform)| {
        Row::new(format!("for {} it supervises", platform.platform), move |daemon| {
            supervises(daemon, index, platform)
        })
    }));
    let daemon = Arc::new(OnceLock::new());
    rows.into_iter().map(|row| row.into_trial(Arc::clone(&daemon))).collect()
}

/// What `ctr images import` makes of the name that the archive has, which is the version, and of a base name.
const IMAGE: &str = concat!("localhost/pausa:", env!("CARGO_PKG_VERSION"));

/// No CRI, which wants a network. The last one would make a directory on the machine.
const CONFIGURATION: &str = r#"version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
root = "HERE/root"
"#;

/// Fails by a panic; what it says else is why it cannot be made here.
type Check = Box<dyn FnOnce(&Daemon) -> Result<(), String> + Send>;

struct Row {
    name: String,
    check: Check,
}

impl Row {
    fn new(
        name: impl Into<String>,
        check: impl FnOnce(&Daemon) -> Result<(), String> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), check: Box::new(check) }
    }

    /// The first row to run starts the daemon, the last one to end takes it away.
    fn into_trial(self, daemon: Arc<OnceLock<Result<Daemon, String>>>) -> Trial {
        ending(format!("containerd: {}", self.name), move || {
            let started = daemon.get_or_init(Daemon::with_image).as_ref();
            started.map_err(Clone::clone).and_then(self.check)
        })
    }
}

/// Dropped in this order: the daemon with all that runs under it, what remains of that in the kernel.
pub struct Daemon {
    pub client: Client,
    pub enclosure: Enclosure,
    pub group: ControlGroup,
}

impl Daemon {
    /// With the image in it.
    ///
    /// # Errors
    /// Why there is none.
    fn with_image() -> Result<Self, String> {
        let built = Built::get()?;
        let daemon = Self::start("containerd")?;
        let mut import = daemon.client.command(LONG_LIMIT);
        let (base_name, _) = IMAGE.split_once(':').expect("name and tag");
        import.args(["images", "import", "--all-platforms", "--base-name", base_name]).arg(built.archive());
        text_of(&mut import);
        Ok(daemon)
    }

    /// One in a folder of this name.
    ///
    /// # Errors
    /// Why there is none: this machine has no containerd, or this process is not root.
    pub fn start(name: &str) -> Result<Self, String> {
        let group = ControlGroup::named(name);
        // Its socket is below /run, which is the enclosure's own.
        let body = format!(
            "command -v containerd && command -v ctr && command -v runc || {{ echo containerd or runc is missing; exit 1; }}
             echo '{CONFIGURATION}' | sed \"s,HERE,$PWD,\" >config.toml
             containerd --config config.toml &"
        );
        let enclosure = Enclosure::start(name, &body, "kill $! && wait $!")?;
        let mut words = enclosure.enter();
        // The one that asks nothing of the file system below.
        words.extend(["env", "CONTAINERD_SNAPSHOTTER=native", "ctr"].map(str::to_owned));
        let client = Client::new(words);
        until("containerd answers or ends", || {
            if !enclosure.is_inhabited() {
                return Some(Err(format!("containerd ended: {}", enclosure.log())));
            }
            client.answer(&["version"]).ok().map(|_| Ok(()))
        })?;
        Ok(Self { client, enclosure, group })
    }

    pub fn call(&self, arguments: &[&str]) -> String {
        text_of(self.client.command(LONG_LIMIT).args(arguments))
    }

    /// The client stays until the container has ended, and exits with its status.
    fn run(&self, options: &[&str], name: &str, command: &[&str]) -> Command {
        let mut run = self.client.command(LONG_LIMIT);
        run.args(["run", "--rm", "--cgroup", &format!("{}/{name}", self.group.path())]).args(options);
        run.args([IMAGE, name]).args(command).stdout(Stdio::piped()).stderr(Stdio::piped());
        run
    }
}

fn holds(daemon: &Daemon) {
    let run = daemon.run(&["--read-only"], "hold", &[]).spawn().expect("run ctr");
    let status = until("the hold has its handlers", || {
        let tasks = daemon.call(&["tasks", "ls"]);
        let task = tasks.lines().find(|line| line.starts_with("hold "))?;
        let pid = task.split_whitespace().nth(1).expect("a pid");
        let status = daemon.enclosure.read(&format!("/proc/{pid}/status"));
        // SIGINT, SIGTERM, SIGCHLD.
        status.contains("SigCgt:\t0000000000014002\n").then_some(status)
    });
    for line in ["Uid:\t65535\t65535\t65535\t65535\n", "CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n"] {
        assert!(status.contains(line), "no {line:?} in {status}");
    }
    daemon.call(&["tasks", "kill", "--signal", "SIGTERM", "hold"]);
    let output = run.wait_with_output().expect("wait for ctr");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "Shutting down, got signal: Terminated\n");
}

fn supervises(daemon: &Daemon, index: usize, platform: &'static Platform) -> Result<(), String> {
    emulated(platform)?;
    let option = format!("--platform={}", platform.platform);
    for (row, (child, status)) in [("/pausa --version", 0), ("/no/such/program", 127)].into_iter().enumerate()
    {
        let command: Vec<&str> = ["/tini", "--"].into_iter().chain(child.split(' ')).collect();
        let name = format!("supervise-{index}-{row}");
        let output = daemon.run(&[&option], &name, &command).output().expect("run ctr");
        assert_eq!(output.status.code(), Some(status), "{child}: {output:?}");
    }
    Ok(())
}
