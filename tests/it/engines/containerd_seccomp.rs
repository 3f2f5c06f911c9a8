//! The seccomp profiles in containerd, which reads them by another hand than Docker and podman, and as a CRI localhost
//! profile in the same way: with `ctr`, from a directory in place of an image.

use crate::engines::containerd::Daemon;
use crate::engines::engine::{Client, LIMIT, until};
use crate::engines::profile_copy::Otherwise::{self, Killed, Refused};
use crate::harness::process::Status;
use crate::harness::seccomp_profile::{Hold, Profile, Supervise};
use crate::harness::subject::{Pausa, original};
use crate::harness::trial::ending;
use libtest_mimic::Trial;
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
            trials.push(ending(name, move || {
                let containerd = engine.get_or_init(start).as_ref().map_err(Clone::clone)?;
                runs(containerd, profile, otherwise, command, status);
                Ok(())
            }));
        }
    }
    trials
}

/// With a directory that holds ours under two names.
fn start() -> Result<Daemon, String> {
    let daemon = Daemon::start("containerd-seccomp")?;
    let tree = daemon.enclosure.directory().join("tree");
    fs::create_dir_all(&tree).map_err(|error| error.to_string())?;
    for name in ["pause", "pausa"] {
        fs::copy(Pausa.path(), tree.join(name)).map_err(|error| error.to_string())?;
    }
    Ok(daemon)
}

fn runs(containerd: &Daemon, profile: Profile, otherwise: Otherwise, command: &[&str], status: i32) {
    let name = format!("{profile:?}-{otherwise:?}");
    let (file, tree) = (profile.with(otherwise), containerd.enclosure.directory().join("tree"));
    let group = format!("{}/{name}", containerd.group.path());
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
