//! The seccomp profiles in containerd, which reads them by another hand than Docker and podman, and as a CRI localhost
//! profile in the same way: with `ctr`, from a directory in place of an image.

use crate::enclosure::{ControlGroup, Enclosure};
use crate::engine::{Client, LIMIT, until, without};
use crate::process::Status;
use crate::seccomp::Otherwise::{self, Killed, Refused};
use crate::seccomp::Profile::{self, Hold, Supervise};
use crate::subject::{Pausa, original};
use libtest_mimic::{Completion, Trial};
use std::fs;
use std::sync::{Arc, OnceLock};

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let engine = Arc::new(OnceLock::new());
    let mut trials = Vec::new();
    for otherwise in [Refused, Killed] {
        for (what, profile, command, status) in [
            ("hold.json: it holds and ends with 0", Hold, &["/pause"][..], 0),
            (
                "supervise.json: pausa supervises a hold",
                Supervise,
                &["/pausa", "-e", "0:7", "--", "/pause"],
                7,
            ),
        ] {
            let engine = Arc::clone(&engine);
            let name = format!("containerd: seccomp: {what}, and {}", otherwise.words());
            trials.push(Trial::ignorable_test(name, move || match engine.get_or_init(Containerd::start) {
                Ok(containerd) => {
                    runs(containerd, profile, otherwise, command, status);
                    Ok(Completion::Completed)
                }
                Err(why) => without(why),
            }));
        }
    }
    trials
}

/// Dropped in this order: the daemon with its containers, what it leaves of them in the kernel.
struct Containerd {
    client: Client,
    enclosure: Enclosure,
    group: ControlGroup,
}

impl Containerd {
    /// # Errors
    /// Why there is none, if this machine has no containerd or this process is not root.
    fn start() -> Result<Self, String> {
        let body = "command -v containerd && command -v ctr || { echo there is no containerd; exit 1; }
             echo 'version = 2' >config.toml
             echo 'disabled_plugins = [\"io.containerd.grpc.v1.cri\"]' >>config.toml
             containerd --config $PWD/config.toml --root $PWD/root --state $PWD/state --address $PWD/socket &";
        let enclosure = Enclosure::start("containerd-seccomp", body, "kill $! && wait $!")?;
        let tree = enclosure.directory().join("tree");
        fs::create_dir_all(&tree).map_err(|error| error.to_string())?;
        for name in ["pause", "pausa"] {
            fs::copy(Pausa.path(), tree.join(name)).map_err(|error| error.to_string())?;
        }
        let mut words = enclosure.enter();
        let socket = enclosure.directory().join("socket");
        words.extend(["ctr", "--address", socket.to_str().expect("UTF-8")].map(str::to_owned));
        let client = Client::new(words);
        until("containerd answers or ends", || {
            if !enclosure.is_inhabited() {
                return Some(Err(format!("containerd ended: {}", enclosure.log())));
            }
            client.answer(&["version"]).ok().map(|_| Ok(()))
        })?;
        Ok(Self { client, enclosure, group: ControlGroup::named("containerd-seccomp") })
    }

    fn call(&self, arguments: &[&str]) -> String {
        self.client.answer(arguments).unwrap_or_else(|why| panic!("ctr {arguments:?}: {why}"))
    }
}

fn runs(containerd: &Containerd, profile: Profile, otherwise: Otherwise, command: &[&str], status: i32) {
    let name = format!("{profile:?}-{otherwise:?}");
    let (file, tree) = (profile.with(otherwise), containerd.enclosure.directory().join("tree"));
    let option = containerd.group.option();
    let group = format!("{}/{name}", option.strip_prefix("--cgroup-parent=").expect("the option"));
    let (file, tree) = (file.to_str().expect("UTF-8"), tree.to_str().expect("UTF-8"));
    let options = ["run", "--detach", "--rootfs", "--read-only", "--cgroup", &group];
    let seccomp = ["--seccomp", "--seccomp-profile", file, tree, &name];
    containerd.call(&[&options[..], &seccomp, command].concat());

    let inside = Client::new(containerd.enclosure.enter());
    let read = |file: &str| inside.answer(&["cat", file]);
    let tasks = containerd.call(&["tasks", "list"]);
    let row = tasks.lines().find(|line| line.starts_with(&name)).expect("a task of that name");
    let pid = row.split_whitespace().nth(1).expect("a pid").to_owned();
    until("pausa is at its work", || {
        let status = Status::from_text(read(&format!("/proc/{pid}/status")).ok()?);
        let child = read(&format!("/proc/{pid}/task/{pid}/children")).ok()?;
        if status.field("SigCgt") != "0000000000014002" && child.is_empty() {
            return None;
        }
        assert_eq!(["Seccomp", "NoNewPrivs"].map(|field| status.field(field)), ["2", "1"]);
        Some(())
    });
    containerd.call(&["tasks", "kill", "--signal", "SIGTERM", &name]);
    let row = until("it has ended", || {
        let tasks = containerd.call(&["tasks", "list"]);
        tasks.lines().find(|line| line.starts_with(&name) && line.ends_with("STOPPED")).map(str::to_owned)
    });
    // It says so only of a code other than 0, as a warning.
    let delete = containerd.client.command(LIMIT).args(["tasks", "delete", &name]).output().expect("run ctr");
    let said = String::from_utf8_lossy(&delete.stderr).into_owned();
    let expected = if status == 0 { String::new() } else { format!("exit code {status}") };
    assert!(said.contains(&expected) && said.contains("exit code") == (status != 0), "{row}: {delete:?}");
    containerd.call(&["containers", "delete", &name]);
}
