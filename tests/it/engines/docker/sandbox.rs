//! What is executed in a container that lives for long, and what stays of it: probes with a limit of time, orphans of debug
//! shells; and a pausa that an image without it gets from a volume.

use super::{Images, Row};
use crate::engines::engine::{Container, until};
use crate::harness::subject::{self, Pausa};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

const PROBES: usize = 1000;
/// At a time.
const WORKERS: usize = 8;
/// Each leaves two orphans; of every second one the time is over.
const FAST: &str = "for i in 1 2; do (sleep 600 &); done";
const SLOW: &str = "for i in 1 2; do (sleep 600 &); done; sleep 600";

pub fn rows() -> Vec<Row> {
    if subject::original() {
        // None of them has any of this.
        return Vec::new();
    }
    vec![
        Row::new("sandbox: 1,000 probes with -T and -D leave nothing behind", probes_leave_nothing),
        Row::new("sandbox: 10,000 orphans of exec leave nothing behind", orphans_leave_nothing),
        Row::new("sandbox: without an init, the orphans of exec stay as zombies", orphans_stay),
        Row::new("sandbox: --install brings pausa to an image without it", is_installed),
    ]
}

/// What is in the container, the looking one not counted: pids.current of cgroup v1 or v2, where zombies count.
fn tasks(container: &Container) -> usize {
    let look = "cat /sys/fs/cgroup/pids/pids.current 2>/dev/null || cat /sys/fs/cgroup/pids.current";
    let count = container.exec(&["sh", "-c", look]).parse::<usize>().expect("a number");
    // The shell, and cat, its child.
    count - 2
}

fn until_tasks(container: &Container, wanted: usize) {
    until(&format!("{wanted} tasks are left"), || (tasks(container) == wanted).then_some(()));
}

fn probes_leave_nothing(images: &Images) {
    let container = images.engine().start(&[], images.supervised(Pausa), &["tail", "-f", "/ready"]);
    container.await_line("ready");
    let before = tasks(&container);
    let (next, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Relaxed)
                    && number < PROBES
                {
                    let (time, script, code) =
                        if number % 2 == 0 { ("-T10m", FAST, 0) } else { ("-T50ms", SLOW, 124) };
                    let probe = ["/usr/bin/pausa", time, "-k1m", "-D", "--", "sh", "-c", script];
                    assert_eq!(container.exec_status(&probe), Some(code), "probe {number}");
                    late.fetch_add(usize::from(code == 124), Relaxed);
                }
            });
        }
    });
    assert_eq!(late.load(Relaxed), PROBES / 2);
    // The engine's own helper of an exec may be there for a moment yet.
    until_tasks(&container, before);
}

/// A hold, as a debug pod or an agent's sandbox has it.
fn orphans_leave_nothing(images: &Images) {
    let container = images.engine().start(&[], images.supervised(Pausa), &[]);
    let before = tasks(&container);
    for _ in 0..10 {
        container.exec(&["sh", "-c", "for i in $(seq 1000); do (true &); done"]);
    }
    until_tasks(&container, before);
}

/// Or the trial above says nothing.
fn orphans_stay(images: &Images) {
    let container = images.engine().start(&[], images.app(), &["tail", "-f", "/ready"]);
    container.await_line("ready");
    let before = tasks(&container);
    container.exec(&["sh", "-c", "for i in $(seq 100); do (true &); done"]);
    until_tasks(&container, before + 100);
}

/// A volume that is removed when it goes out of scope.
struct Volume<'a>(&'a Images, String);

impl Drop for Volume<'_> {
    fn drop(&mut self) {
        let _ = self.0.engine().client().answer(&["volume", "rm", "--force", &self.1]);
    }
}

/// As an init container and a container of one pod do.
fn is_installed(images: &Images) {
    let volume = Volume(images, images.engine().container_name());
    let mount = format!("--volume={}:/shared", volume.1);
    // The image is pausa and nothing else.
    let options = [mount.as_str(), "--user=0:0", "--entrypoint=/pausa", "--read-only", "--cap-drop=ALL"];
    for _ in 0..2 {
        let installer = images.engine().start(&options, images.pause(), &["--install", "/shared"]);
        assert_eq!(installer.exit_status(), 0, "{}", installer.logs());
        assert_eq!(installer.logs(), "");
    }
    let command = ["/shared/pausa", "--", "sh", "-c", "ls /shared; exit 7"];
    let options = [mount.as_str(), "--user=65534:65534"];
    let app = images.engine().start(&options, images.app(), &command);
    assert_eq!((app.exit_status(), app.logs().trim()), (7, "pausa"));
    let mount = format!("{mount}:ro");
    let options = [mount.as_str(), "--user=0:0", "--entrypoint=/pausa"];
    let installer = images.engine().start(&options, images.pause(), &["--install", "/shared"]);
    assert_eq!(installer.exit_status(), 125);
    assert_eq!(installer.logs(), "pausa: cannot install: '/shared': Read-only file system\n");
}
