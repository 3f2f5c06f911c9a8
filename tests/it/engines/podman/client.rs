//! A podman of our own: enclosed, with its own storage and configuration.
//!
//! runc, and control groups by files: crun 1.8 refuses a machine with both versions of cgroups(7), and no systemd
//! is asked for anything.

use crate::engines::enclosure::{ControlGroup, Enclosure};
use crate::engines::engine::{Client, Engine};
use crate::engines::image_tree::busybox_tree;
use crate::harness::subject::{Catatonit, Pause, directory};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Root,
    /// With a range of subordinate users, which newuidmap(1) maps for it; and with the program under test as
    /// /usr/bin/catatonit, the one place besides /usr/libexec where podman looks for what keeps its namespaces.
    Nobody,
}

/// The limits fit into those of a process that may not raise its own.
const CONFIGURATION: &str = r#"[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
helper_binaries_dir = ["HERE/bin"]
"#;

/// What a podman without root finds, in its enclosure only. Mapping a range of users takes newuidmap(1).
const PREPARATIONS: &str = "
    command -v newuidmap || { echo newuidmap is missing; exit 1; }
    chown --recursive 65534:65534 home run
    echo nobody:100000:65536 >subordinates
    mount --bind subordinates /etc/subuid
    mount --bind subordinates /etc/subgid
    mount --bind bin/catatonit /usr/bin/catatonit";

/// Dropped in this order: the containers, all that podman left running, what remains of them in the kernel.
pub struct Podman {
    pub engine: Engine,
    pub enclosure: Enclosure,
    pub app: String,
    pub who: Who,
    _group: Option<ControlGroup>,
}

impl Podman {
    /// # Errors
    /// Why there is none.
    pub fn start(who: Who) -> Result<Self, String> {
        let name = format!("podman-{who:?}").to_lowercase();
        let here = directory().join(&name);
        // What the container's own user must be able to open is copied: a checkout may lie where only root looks.
        for place in ["bin", "home", "run"] {
            fs::create_dir_all(here.join(place)).map_err(|error| error.to_string())?;
        }
        for subject in [Catatonit, Pause] {
            let copied = fs::copy(subject.path(), here.join("bin").join(subject.name()));
            copied.map_err(|error| format!("no {}: {error}", subject.name()))?;
        }
        let here = here.to_str().expect("a path in UTF-8");
        fs::write(format!("{here}/containers.conf"), CONFIGURATION.replace("HERE", here))
            .map_err(|error| error.to_string())?;
        let preparations = if who == Who::Nobody { PREPARATIONS } else { "" };
        let missing = "command -v podman && command -v runc || { echo podman or runc is missing; exit 1; }";
        let body = format!("{missing}\n{preparations}");
        let enclosure = Enclosure::start(&name, &body, "")?;
        let group = (who == Who::Root).then(|| ControlGroup::named("podman"));
        let mut words = enclosure.enter();
        if who == Who::Nobody {
            words.extend("setpriv --reuid 65534 --regid 65534 --clear-groups".split(' ').map(str::to_owned));
        }
        words.push("env".to_owned());
        for (variable, value) in
            [("HOME", "home"), ("XDG_RUNTIME_DIR", "run"), ("CONTAINERS_CONF", "containers.conf")]
        {
            words.push(format!("{variable}={here}/{value}"));
        }
        words.push("podman".to_owned());
        for (option, value) in
            [("root", "home/storage"), ("runroot", "run/storage"), ("tmpdir", "run/libpod")]
        {
            words.push(format!("--{option}={here}/{value}"));
        }
        // The one driver that asks nothing of the kernel and of the file system below.
        words.push("--storage-driver=vfs".to_owned());
        let client = Client::new(words);
        client.answer(&["info"]).map_err(|why| format!("podman does not work: {why}"))?;
        let options: Vec<String> = group.iter().map(ControlGroup::option).collect();
        let engine = Engine::new(client, &options.iter().map(String::as_str).collect::<Vec<_>>());
        let app = engine.tag("app");
        engine.import(&app, busybox_tree(), &BTreeSet::new(), &[]);
        Ok(Self { engine, enclosure, app, who, _group: group })
    }

    /// Where a program under test lies for this podman.
    pub fn program(&self, name: &str) -> PathBuf {
        self.enclosure.directory().join("bin").join(name)
    }
}
