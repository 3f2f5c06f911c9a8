//! Why a container has stopped, in a real engine: out of memory, asked from outside or inside, killed, exited by
//! itself.

use super::{Images, Row};
use crate::engines::engine::Container;
use crate::harness::message_fields::{Json, Text, paper, written};
use crate::harness::subject::{self, Pausa};
use std::path::PathBuf;

/// More than the container has. tail(1) keeps its last line, and this one never ends.
const HOG: &str = "tail /dev/zero";
const MEMORY: [&str; 2] = ["--memory=24m", "--memory-swap=24m"];

pub fn rows() -> Vec<Row> {
    if subject::original() {
        // None of them tells.
        return Vec::new();
    }
    vec![
        Row::new("why: the main process is out of memory", main_is_out_of_memory),
        Row::new("why: a worker was out of memory, and the main process exits with 0", |images| {
            worker_is_out_of_memory(images, "exit 0", 0)
        }),
        Row::new("why: a worker was out of memory, and the main process is stopped", |images| {
            worker_is_out_of_memory(images, "echo lost; exec tail -f /ready", 143)
        }),
        Row::new("why: docker stop comes from outside", stop_is_from_outside),
        Row::new("why: kill 1 by exec comes from inside", exec_is_inside),
        Row::new("why: SIGKILL by exec comes from an unknown sender", kill_is_unseen),
        Row::new("why: exit 3 is its own will", exits_by_itself),
        Row::new("why: no process more is 125", has_no_process_left),
        Row::new("why: a deadline comes before the engine's", deadline_is_ours),
    ]
}

/// A container whose message goes where a kubelet would have it, with its file.
fn start(images: &Images, options: &[&str], wishes: &str, script: &str) -> (Container, PathBuf) {
    let path = paper();
    let mount = format!("--volume={}:/dev/termination-log", path.display());
    let wishes = format!("--env=PAUSA_OPTIONS=-m {wishes}");
    let options = [&[mount.as_str(), wishes.as_str()], options].concat();
    let container = images.engine().start(&options, images.supervised(Pausa), &["sh", "-c", script]);
    (container, path)
}

fn assert_end(container: &Container, code: i32) {
    assert_eq!(container.exit_status(), code, "{}", container.logs());
}

fn main_is_out_of_memory(images: &Images) {
    let (container, path) = start(images, &MEMORY, "-Fjson", &format!("exec {HOG}"));
    assert_end(&container, 137);
    let fields = written(Json, &path);
    assert_eq!((fields.get("reason"), fields.get("signal")), ("oom", "SIGKILL"), "{fields:?}");
    assert_eq!(fields.number("oom_kills"), 1);
    assert!(fields.number("max_rss_bytes") > 12 << 20, "{fields:?}");
}

fn worker_is_out_of_memory(images: &Images, then: &str, code: i32) {
    let (container, path) = start(images, &MEMORY, "-Fjson", &format!("{HOG}; {then}"));
    if code != 0 {
        container.await_line("lost");
        container.stop();
    }
    assert_end(&container, code);
    let fields = written(Json, &path);
    let reason = if code == 0 { "exit" } else { "asked" };
    assert_eq!((fields.get("reason"), fields.number("oom_kills")), (reason, 1), "{fields:?}");
    assert_eq!(fields.find("stop_from"), (code != 0).then_some("outside"), "{fields:?}");
}

fn waiting(images: &Images, wishes: &str) -> (Container, PathBuf) {
    let started = start(images, &[], wishes, "exec tail -f /ready");
    started.0.await_line("ready");
    started
}

fn stop_is_from_outside(images: &Images) {
    let (container, path) = waiting(images, "");
    container.stop();
    assert_end(&container, 143);
    let fields = written(Text, &path);
    assert_eq!((fields.get("reason"), fields.get("stop_from")), ("asked", "outside"), "{fields:?}");
    assert_eq!((fields.get("program"), fields.get("stop_signal")), ("sh", "SIGTERM"));
}

/// The shell that kills waits until the container takes it along, so that it can be named.
fn exec_is_inside(images: &Images) {
    let (container, path) = waiting(images, "");
    container.exec_detached(&["sh", "-c", "echo $$ >/pid; kill 1; exec tail -f /ready"]);
    assert_end(&container, 143);
    let fields = written(Text, &path);
    assert_eq!((fields.get("reason"), fields.get("stop_from")), ("asked", "inside"), "{fields:?}");
    assert_eq!(fields.get("stop_uid"), "0");
    assert!(
        fields.number("stop_pid") > 2 && fields.number("stop_pid") < 100,
        "as it is called inside: {fields:?}"
    );
    // It may have become tail by then.
    assert!(["sh", "tail"].contains(&fields.get("stop_command")), "{fields:?}");
}

fn kill_is_unseen(images: &Images) {
    let (container, path) = waiting(images, "-Fjson");
    // It may end with the container before it has said so.
    container.exec_detached(&["sh", "-c", "kill -KILL $(pidof tail)"]);
    assert_end(&container, 137);
    let fields = written(Json, &path);
    assert_eq!((fields.get("reason"), fields.number("oom_kills")), ("killed", 0), "{fields:?}");
    assert_eq!(fields.find("stop_from"), None);
}

fn exits_by_itself(images: &Images) {
    let (container, path) = start(images, &[], "", "exit 3");
    assert_end(&container, 3);
    let fields = written(Text, &path);
    assert_eq!((fields.get("reason"), fields.get("exit_code")), ("exit", "3"));
}

/// The pids cgroup has room for PID 1 alone.
fn has_no_process_left(images: &Images) {
    let (container, _) = start(images, &["--pids-limit=1"], "", "exit 3");
    assert_end(&container, 125);
    assert_eq!(container.logs(), "pausa: cannot fork: Resource temporarily unavailable\n");
}

fn deadline_is_ours(images: &Images) {
    let script = "trap '' TERM; echo deaf; while :; do tail -f /ready; done";
    let (container, path) = start(images, &[], "-Fjson -k50ms", script);
    container.await_line("deaf");
    container.stop();
    assert_end(&container, 137);
    let fields = written(Json, &path);
    assert_eq!((fields.get("reason"), fields.get("stop_from")), ("deadline", "outside"), "{fields:?}");
}
