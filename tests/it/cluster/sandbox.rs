//! pausa as each pod's pause: what containerd says of the sandboxes, what they reap, what they cost, how they are confined.

use crate::cluster::Check;
use crate::cluster::pod::{ENDED, Pod, READY};
use crate::cluster::rig::Cluster;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

pub fn rows() -> Vec<(&'static str, Check)> {
    vec![
        ("each pod's pause is pausa, with a shared PID namespace and without", sandboxes_are_pausa),
        ("the sandbox image is the right one of an index of two platforms", image_is_an_index),
        ("200 orphans of exec probes, and no zombie", probes_leave_no_zombie),
        ("the profile of docs/hardening.md confines a hold", profile_confines),
        ("a program under pausa as the `restricted` standard wants it", restricted),
    ]
}

/// To be done alone: it takes both processors for a minute, and what others wait for does not come in time.
pub fn heavy_rows() -> Vec<(&'static str, Check)> {
    vec![("100 pods at once: pausa holds each in less memory than pause in C", hundred_pods)]
}

const LIVES: &str = "[sh, -c, 'touch /tmp/ready; exec sleep 1d']";

/// `app` is another image, so the list is not all one.
fn sandboxes_are_pausa(cluster: &Cluster) {
    for (name, spec) in [("own-pids", ""), ("shared-pids", "  shareProcessNamespace: true\n")] {
        let pod = Pod { name, args: LIVES, options: "", container: READY, spec };
        pod.create_and_await(cluster);
        let images = |kind: &str| -> Vec<String> {
            let list = list(cluster, &["containers", "list", &filter(kind, name)]);
            let images = list.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1));
            images.map(str::to_owned).collect()
        };
        assert_eq!(images("sandbox"), ["localhost/pausa:cluster"]);
        assert_eq!(images("container"), ["localhost/app:cluster"]);
        let first = cluster.kubectl(&["exec", name, "--", "cat", "/proc/1/comm"]);
        assert_eq!(first.trim(), if spec.is_empty() { "pausa" } else { "pause" });
    }
}

fn filter(kind: &str, pod: &str) -> String {
    format!("labels.\"io.cri-containerd.kind\"=={kind},labels.\"io.kubernetes.pod.name\"=={pod}")
}

fn list(cluster: &Cluster, words: &[&str]) -> String {
    let output = cluster.command("ctr").args(words).output().expect("run timeout(1)");
    String::from_utf8(output.stdout).expect("a list in UTF-8")
}

/// On the other platform there is nothing to run, so every pod of this suite holds for the right choice.
fn image_is_an_index(cluster: &Cluster) {
    let list = list(cluster, &["images", "list", "name==localhost/pausa:cluster"]);
    let platforms = list.lines().nth(1).and_then(|line| line.split_whitespace().nth(5)).unwrap_or_default();
    assert_eq!(platforms.split(',').count(), 2, "{list}");
}

/// Ten containers with two probes each, every second. What a probe leaves behind comes to the sandbox's PID 1.
fn probes_leave_no_zombie(cluster: &Cluster) {
    const CONTAINERS: usize = 10;
    let probe = "{ exec: { command: [sh, -c, '(echo orphan >>/seen/orphans &) '] }, periodSeconds: 1 }";
    let containers: String = (0..CONTAINERS)
        .map(|number| {
            format!(
                "  - name: app-{number}
    image: localhost/app:cluster
    args: [sleep, 1d]
    volumeMounts: [{{ name: seen, mountPath: /seen }}]
    livenessProbe: {probe}
    readinessProbe: {probe}
"
            )
        })
        .collect();
    cluster.create(&format!(
        "apiVersion: v1
kind: Pod
metadata: {{ name: probes }}
spec:
  shareProcessNamespace: true
  volumes: [{{ name: seen, emptyDir: {{}} }}]
  containers:
{containers}  - name: look
    image: localhost/app:cluster
    args: [sh, -c, 'touch /seen/orphans; exec tail -n +1 -f /seen/orphans']
    volumeMounts: [{{ name: seen, mountPath: /seen }}]
"
    ));
    cluster.kubectl(&["wait", "--for=condition=Ready", "--timeout=110s", "pod/probes"]);
    let mut logs = cluster.command("/run/cluster/bin/kubectl");
    let mut logs = logs.args(["logs", "--follow", "probes", "look"]).stdout(Stdio::piped()).spawn();
    let logs = logs.as_mut().expect("run timeout(1)");
    let lines = BufReader::new(logs.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let orphans = lines.take(200).filter(|line| line == "orphan").count();
    let _ = logs.kill();
    let _ = logs.wait();
    assert_eq!(orphans, 200);
    // The last orphans may end in this moment: a zombie that stays is one that is still there with the same number later.
    let zombies = || {
        let look = "for s in /proc/[0-9]*/stat; do read -r pid name state rest <$s && [ \"$state\" = Z ] && echo $pid; done; true";
        cluster.kubectl(&["exec", "probes", "--container", "look", "--", "sh", "-c", look])
    };
    let (before, after) = (zombies(), zombies());
    let stayed: Vec<&str> = before.lines().filter(|pid| after.lines().any(|other| other == *pid)).collect();
    assert!(stayed.is_empty(), "zombies: {stayed:?}");
    cluster.kubectl(&["delete", "pod", "probes", "--wait=false", "--grace-period=1"]);
}

/// In each pod pausa is the sandbox's process, and pause in C the container's.
fn hundred_pods(cluster: &Cluster) {
    const PODS: usize = 100;
    cluster.create(&format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: hundred }}
spec:
  replicas: {PODS}
  selector: {{ matchLabels: {{ app: hundred }} }}
  template:
    metadata: {{ labels: {{ app: hundred }} }}
    spec:
      containers: [{{ name: held, image: 'localhost/pause:cluster' }}]
"
    ));
    let look = "jsonpath={.status.readyReplicas}{\"\\n\"}";
    cluster.watch(&["deployment", "hundred", "--output", look], |line| line == PODS.to_string());
    // A container's labels are not the pod's, which the sandbox has.
    let of = |filter: &str| {
        let ids = list(cluster, &["containers", "list", "--quiet", filter]);
        let tasks = list(cluster, &["tasks", "list"]);
        let pids: BTreeMap<&str, &str> = tasks
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, words.next()?))
            })
            .collect();
        let pids: Vec<String> = ids
            .lines()
            .filter_map(|id| pids.get(id))
            .map(|pid| format!("/proc/{pid}/smaps_rollup"))
            .collect();
        assert_eq!(pids.len(), PODS, "{filter}");
        let output = cluster.command("cat").args(&pids).output().expect("run timeout(1)");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        ["Rss:", "Pss:"].map(|field| -> usize {
            let values = text.lines().filter_map(|line| line.strip_prefix(field)?.split_whitespace().next());
            values.map(|value| value.parse::<usize>().expect("KiB")).sum()
        })
    };
    let pausa = of("labels.app==hundred,labels.\"io.cri-containerd.kind\"==sandbox");
    let pause = of("labels.\"io.kubernetes.container.name\"==held");
    println!("100 pods, KiB resident and proportional: pausa {pausa:?}, pause in C {pause:?}");
    // Each sandbox has a copy of the file, in memory, so nothing is shared, and each page of it counts as dirty.
    assert!(pausa[0] <= PODS * 16, "{pausa:?}");
    assert!(pausa.iter().zip(&pause).all(|(ours, theirs)| ours < theirs), "{pausa:?} {pause:?}");
    cluster.kubectl(&["delete", "deployment", "hundred", "--wait=false"]);
}

/// The manifest as the document has it; the profiles are where it says.
fn profile_confines(cluster: &Cluster) {
    let document = include_str!("../../../docs/hardening.md");
    let (_, yaml) = document.split_once("```yaml\n").expect("a manifest");
    let (yaml, _) = yaml.split_once("```").expect("its end");
    assert_eq!(yaml.matches("example.org/pausa").count(), 1);
    cluster.create(&yaml.replace("example.org/pausa", "localhost/pausa:cluster"));
    cluster.kubectl(&["wait", "--for=condition=Ready", "--timeout=110s", "pod/held"]);
    let tasks = list(cluster, &["containers", "list", "--quiet", &filter("container", "held")]);
    let all = list(cluster, &["tasks", "list"]);
    let line = all.lines().find(|line| line.starts_with(tasks.trim())).expect("a task");
    let pid = line.split_whitespace().nth(1).expect("a number");
    let status = cluster.command("cat").arg(format!("/proc/{pid}/status")).output().expect("run timeout(1)");
    let status = String::from_utf8(status.stdout).expect("UTF-8");
    for field in
        ["Seccomp:\t2", "NoNewPrivs:\t1", "Uid:\t65535\t65535\t65535\t65535", "CapBnd:\t0000000000000000"]
    {
        assert!(status.lines().any(|line| line == field), "no {field:?} in {status}");
    }
    // What is executed there is under the same filter.
    let version = cluster.kubectl(&["exec", "held", "--", "/pausa", "-V"]);
    assert!(version.starts_with("pausa "), "{version}");
    let forking = cluster.try_kubectl(&["exec", "held", "--", "/pausa", "--", "/pausa", "-V"]);
    assert!(!forking.status.success(), "a process more under hold.json: {forking:?}");
    cluster.kubectl(&["delete", "pod", "held", "--wait=false"]);
}

fn restricted(cluster: &Cluster) {
    let container = "    securityContext:
      runAsNonRoot: true
      runAsUser: 65534
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
      seccompProfile: { type: RuntimeDefault }
";
    let spec = "  restartPolicy: Never\n";
    let pod = Pod { name: "restricted", args: "[sh, -c, 'exit 3']", options: "", container, spec };
    pod.create(cluster);
    let end = pod.end(cluster, ENDED);
    assert_eq!(end.exit_code, "3", "{end:?}");
    assert!(end.message.starts_with("exited with 3 by itself\n"), "{end:?}");
}
