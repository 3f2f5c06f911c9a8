//! Why a container ended, as Kubernetes tells it: the exit code and the reason of the kubelet, and the message of pausa.

use crate::cluster::Check;
use crate::cluster::pod::{ENDED, INIT_RESTARTED, Pod, READY, RESTARTED};
use crate::cluster::rig::Cluster;

pub fn rows() -> Vec<(&'static str, Check)> {
    vec![
        ("a grace period ends by SIGKILL for pausa, too: the word before remains", grace_period_ends),
        ("with -k pausa ends the program before the grace period does", deadline_comes_first),
        ("a main process that runs out of memory", main_out_of_memory),
        ("a worker that runs out of memory is a count", worker_out_of_memory),
        ("a liveness probe that fails is SIGTERM from outside", probe_fails),
        ("kill 1 by kubectl exec is SIGTERM from inside", killed_by_exec),
        ("an init container whose command does not exist", no_such_command),
        ("SIGKILL from outside, without a word before", killed_at_once),
        ("with -e asked:0 a clean stop is Completed", clean_stop),
        ("what the program itself wrote stands below", own_words),
    ]
}

/// What is wanted of one end.
struct Wanted<'a> {
    exit_code: &'a str,
    /// The kubelet's.
    reason: &'a str,
    /// The message's first line: what it begins and ends with.
    sentence: [&'a str; 2],
    /// Lines further down.
    lines: &'a [&'a str],
}

impl Wanted<'_> {
    fn assert(&self, cluster: &Cluster, pod: &Pod, place: &str) {
        let end = pod.end(cluster, place);
        assert_eq!((end.exit_code.as_str(), end.reason.as_str()), (self.exit_code, self.reason), "{end:#?}");
        let message = &end.message;
        let sentence = message.lines().next().unwrap_or_default();
        let [head, tail] = self.sentence;
        assert!(
            sentence.starts_with(head) && sentence.ends_with(tail),
            "no {:?} at the top of {message}",
            self.sentence
        );
        for wanted in self.lines {
            assert!(message.lines().any(|line| line == *wanted), "no {wanted:?} in {message}");
        }
        let described = pod.describe(cluster);
        let shown = described
            .lines()
            .any(|line| line.trim_start().strip_prefix("Message:").map(str::trim) == Some(sentence));
        assert!(shown, "kubectl describe shows no {sentence:?}: {described}");
    }
}

/// sleep(1) inherits that SIGTERM is ignored.
const DEAF: &str = r#"[sh, -c, 'trap "" TERM; touch /tmp/ready; exec sleep 1d']"#;

/// A grace period of two seconds ends by the kubelet's SIGKILL for PID 1, and with PID 1 all ends.
fn grace_period_ends(cluster: &Cluster) {
    let spec = "  terminationGracePeriodSeconds: 2\n";
    let pod = Pod { name: "grace", args: DEAF, options: "", container: READY, spec };
    pod.create_and_await(cluster);
    pod.delete(cluster);
    let wanted = Wanted {
        exit_code: "137",
        reason: "Error",
        sentence: ["all killed at once, pausa too: had not ended after SIGTERM from outside", ""],
        lines: &[
            "program: sh",
            "status: 137",
            "reason: all_killed",
            "stop_signal: SIGTERM",
            "stop_from: outside",
        ],
    };
    wanted.assert(cluster, &pod, ENDED);
}

/// The kubelet would have waited for longer than any call here.
fn deadline_comes_first(cluster: &Cluster) {
    let spec = "  terminationGracePeriodSeconds: 600\n";
    let pod = Pod { name: "deadline", args: DEAF, options: "-k 1s", container: READY, spec };
    pod.create_and_await(cluster);
    pod.delete(cluster);
    let wanted = Wanted {
        exit_code: "137",
        reason: "Error",
        sentence: ["killed by pausa (SIGKILL): did not end within 1 s of SIGTERM from outside", ""],
        lines: &["signal: SIGKILL", "reason: deadline", "stop_signal: SIGTERM", "stop_from: outside"],
    };
    wanted.assert(cluster, &pod, ENDED);
}

const SMALL: &str = "    resources: { limits: { memory: 24Mi } }\n";
const ONCE: &str = "  restartPolicy: Never\n";

fn main_out_of_memory(cluster: &Cluster) {
    let pod = Pod { name: "memory", args: "[tail, /dev/zero]", options: "", container: SMALL, spec: ONCE };
    pod.create(cluster);
    let wanted = Wanted {
        exit_code: "137",
        reason: "OOMKilled",
        // The kernel counts some pages at a time, so the peak may be a little less.
        sentence: ["killed by SIGKILL, perhaps out of memory: 1 OOM kill (limit 24 MiB, peak ", " MiB)"],
        lines: &[
            "program: tail",
            "signal: SIGKILL",
            "reason: oom",
            "oom_kills: 1",
            "memory_limit_bytes: 25165824",
        ],
    };
    wanted.assert(cluster, &pod, ENDED);
}

/// The kubelet says the same of this container as of the one above.
fn worker_out_of_memory(cluster: &Cluster) {
    let args = "[sh, -c, 'tail /dev/zero; exit 3']";
    let pod = Pod { name: "worker", args, options: "", container: SMALL, spec: ONCE };
    pod.create(cluster);
    let wanted = Wanted {
        exit_code: "3",
        reason: "OOMKilled",
        sentence: ["exited with 3 by itself", ""],
        lines: &["exit_code: 3", "reason: exit", "oom_kills: 1", "memory_limit_bytes: 25165824"],
    };
    wanted.assert(cluster, &pod, ENDED);
}

fn probe_fails(cluster: &Cluster) {
    let probe = "    livenessProbe: { exec: { command: [test, -e, /tmp/alive] }, periodSeconds: 1, failureThreshold: 1 }\n";
    let pod = Pod { name: "probe", args: "[sleep, 1d]", options: "", container: probe, spec: "" };
    pod.create(cluster);
    let wanted = Wanted {
        exit_code: "143",
        reason: "Error",
        sentence: ["ended by SIGTERM: asked to stop by SIGTERM from outside", ""],
        lines: &[
            "signal: SIGTERM",
            "status: 143",
            "reason: asked",
            "stop_signal: SIGTERM",
            "stop_from: outside",
        ],
    };
    wanted.assert(cluster, &pod, RESTARTED);
    let described = pod.describe(cluster);
    assert!(described.contains("Liveness probe failed"), "{described}");
}

/// The one who asked may be gone before anybody can ask for its name.
fn killed_by_exec(cluster: &Cluster) {
    let args = "[sh, -c, 'trap \"exit 0\" TERM; touch /tmp/ready; sleep 1d & wait']";
    let pod = Pod { name: "exec", args, options: "", container: READY, spec: "" };
    pod.create_and_await(cluster);
    // With the container the kubelet's call may end first, so its status says nothing.
    cluster.try_kubectl(&["exec", pod.name, "--", "kill", "1"]);
    let wanted = Wanted {
        exit_code: "0",
        reason: "Completed",
        sentence: ["exited with 0: asked to stop by SIGTERM from ", " inside the container"],
        lines: &["exit_code: 0", "reason: asked", "stop_signal: SIGTERM", "stop_from: inside", "stop_uid: 0"],
    };
    wanted.assert(cluster, &pod, RESTARTED);
}

fn no_such_command(cluster: &Cluster) {
    let spec = "  initContainers:
  - name: init
    image: localhost/app:cluster
    args: [/bin/no-such]
    env: [{ name: PAUSA_OPTIONS, value: -m }]
";
    let pod = Pod { name: "init", args: "[sleep, 1d]", options: "", container: "", spec };
    pod.create(cluster);
    cluster.watch(&["pod", pod.name], |line| line.contains("Init:CrashLoopBackOff"));
    let wanted = Wanted {
        exit_code: "127",
        reason: "Error",
        sentence: ["/bin/no-such could not be run: No such file or directory", ""],
        lines: &["program: /bin/no-such", "status: 127", "reason: not_run"],
    };
    wanted.assert(cluster, &pod, INIT_RESTARTED);
}

/// As by `ctr tasks kill`, by a node that is out of memory, by all that asks nobody.
fn killed_at_once(cluster: &Cluster) {
    let args = "[sh, -c, 'touch /tmp/ready; exec sleep 1d']";
    let pod = Pod { name: "at-once", args, options: "", container: READY, spec: ONCE };
    pod.create_and_await(cluster);
    let id = "jsonpath={.status.containerStatuses[0].containerID}";
    let id = cluster.kubectl(&["get", "pod", pod.name, "--output", id]);
    let id = id.strip_prefix("containerd://").expect("containerd's id");
    let killed = cluster.command("ctr").args(["tasks", "kill", "--signal", "SIGKILL", id]).status();
    assert!(killed.expect("run timeout(1)").success());
    let wanted = Wanted {
        exit_code: "137",
        reason: "Error",
        sentence: ["all killed at once, pausa too: by SIGKILL from outside, or out of memory", ""],
        lines: &["program: sh", "status: 137", "reason: all_killed"],
    };
    wanted.assert(cluster, &pod, ENDED);
}

/// A Job's policy, a restart rule or a person sees 0 where 143 would say nothing.
fn clean_stop(cluster: &Cluster) {
    let args = "[sh, -c, 'touch /tmp/ready; exec sleep 1d']";
    let pod = Pod { name: "clean-stop", args, options: "-e asked:0", container: READY, spec: "" };
    pod.create_and_await(cluster);
    pod.delete(cluster);
    let wanted = Wanted {
        exit_code: "0",
        reason: "Completed",
        sentence: ["ended by SIGTERM: asked to stop by SIGTERM from outside", ""],
        lines: &["signal: SIGTERM", "status: 0", "reason: asked"],
    };
    wanted.assert(cluster, &pod, ENDED);
}

fn own_words(cluster: &Cluster) {
    let args = "[sh, -c, 'echo FATAL: no database >/dev/termination-log; exit 1']";
    let pod = Pod { name: "own-words", args, options: "", container: "", spec: ONCE };
    pod.create(cluster);
    let wanted = Wanted {
        exit_code: "1",
        reason: "Error",
        sentence: ["exited with 1 by itself", ""],
        lines: &["program: sh", "reason: exit"],
    };
    wanted.assert(cluster, &pod, ENDED);
    let message = pod.end(cluster, ENDED).message;
    assert!(message.trim_end().ends_with("\n\nFATAL: no database"), "{message}");
}
