//! A pod of one container, or of an init container and another one: its manifest, and how a container of it ended.

use crate::cluster::rig::Cluster;

/// A pod under pausa with `-m`.
pub struct Pod<'a> {
    pub name: &'a str,
    /// What pausa runs, as a flow of YAML.
    pub args: &'a str,
    /// Further options of pausa.
    pub options: &'a str,
    /// Further lines of the container, each with its end.
    pub container: &'a str,
    /// Further lines of the pod.
    pub spec: &'a str,
}

/// How a container ended.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    pub exit_code: String,
    pub reason: String,
    pub message: String,
}

/// Where in the pod's status an end stands.
pub const ENDED: &str = "{.status.containerStatuses[0].state.terminated";
pub const RESTARTED: &str = "{.status.containerStatuses[0].lastState.terminated";
pub const INIT_RESTARTED: &str = "{.status.initContainerStatuses[0].lastState.terminated";

/// Looked at again and again, it makes the pod ready as soon as the program has said that it is.
pub const READY: &str =
    "    readinessProbe: { exec: { command: [test, -e, /tmp/ready] }, periodSeconds: 1 }\n";

impl Pod<'_> {
    /// The pod stays after its deletion, with its last status, until somebody takes its finalizer away.
    fn manifest(&self) -> String {
        let Self { name, args, options, container, spec } = self;
        let (container, spec) = (container.to_string(), spec.to_string());
        format!(
            "apiVersion: v1
kind: Pod
metadata:
  name: {name}
  finalizers: [pausa.example/look]
spec:
{spec}  containers:
  - name: app
    image: localhost/app:cluster
    args: {args}
    env: [{{ name: PAUSA_OPTIONS, value: '-m {options}' }}]
{container}"
        )
    }

    pub fn create(&self, cluster: &Cluster) {
        cluster.create(&self.manifest());
    }

    /// With `READY`: the program has come as far as it shall.
    pub fn create_and_await(&self, cluster: &Cluster) {
        self.create(cluster);
        cluster.kubectl(&["wait", "--for=condition=Ready", "--timeout=100s", "pod", self.name]);
    }

    /// Waits for an end at `place`.
    pub fn end(&self, cluster: &Cluster, place: &str) -> End {
        let part = |field: &str| format!("{place}.{field}}}");
        let look = format!("jsonpath={}{{\"\\n\"}}", part("exitCode"));
        cluster.watch(&["pod", self.name, "--output", &look], |code| !code.is_empty());
        let all = format!("jsonpath={} {} {}", part("exitCode"), part("reason"), part("message"));
        let all = cluster.kubectl(&["get", "pod", self.name, "--output", &all]);
        let mut words = all.splitn(3, ' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        End { exit_code: next(), reason: next(), message: next() }
    }

    /// Asks for its end. A finalizer keeps what is known of it for as long as there is the cluster: without one it is gone with
    /// the pod, for a reader who is slow.
    pub fn delete(&self, cluster: &Cluster) {
        const KEPT: &str = r#"{"metadata":{"finalizers":["pausa.example/read"]}}"#;
        cluster.kubectl(&["patch", "pod", self.name, "--type=merge", "--patch", KEPT]);
        cluster.kubectl(&["delete", "--wait=false", "pod", self.name]);
    }

    pub fn describe(&self, cluster: &Cluster) -> String {
        cluster.kubectl(&["describe", "pod", self.name])
    }
}
