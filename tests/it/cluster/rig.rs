//! The cluster that `tests/fixtures/cluster` brings up, and how it is spoken to from outside of its namespaces.

use crate::harness::subject;
use crate::holder::Holder;
use nix::unistd::Pid;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// Seconds for one call. What takes longest is the second try of a container that failed, ten seconds after the first;
/// the rest is a busy machine's.
const LIMIT: &str = "120";

/// Why there is no cluster.
pub enum Missing {
    /// This machine lacks something.
    Here(String),
    /// It has all that it takes, and yet there is none.
    Failed(String),
}

pub struct Cluster {
    holder: Holder,
}

impl Cluster {
    pub fn start() -> Result<Self, Missing> {
        let log = subject::directory().join("cluster");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cluster");
        let mut holder = Command::new(script);
        holder.args(["sh", "-c", "echo up; read -r word"]).env("PAUSA", subject::ours());
        // The script waits for unshare(1), and that for PID 1.
        let status = match Holder::start(&mut holder, "up", 2, &log) {
            Ok(holder) => return Ok(Self { holder }),
            Err(status) => status,
        };
        let said = fs::read_to_string(&log).unwrap_or_default();
        // What this machine lacks is one line.
        Err(match status.code() {
            Some(125) => Missing::Here(said.trim().to_owned()),
            _ => Missing::Failed(format!("no cluster came up: {status}\n{said}")),
        })
    }

    /// A program inside, under timeout(1): what does not answer must fail one trial, not stop the suite.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("timeout");
        let enter = format!("nsenter --target {} --mount --net --pid --cgroup", self.holder.pid);
        command.args(["--foreground", "--kill-after=5", LIMIT]).args(enter.split(' '));
        command.args(["setpriv", "--pdeathsig", "KILL", program]).stdin(Stdio::null());
        command.env("KUBECONFIG", "/run/cluster/kubeconfig").env("CONTAINERD_NAMESPACE", "k8s.io");
        command
    }

    /// What a call of kubectl writes on stdout.
    ///
    /// # Panics
    /// If it fails, with all that it wrote.
    pub fn kubectl(&self, words: &[&str]) -> String {
        let output = self.try_kubectl(words);
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "kubectl {words:?}: {}\n{stdout}{stderr}", output.status);
        stdout
    }

    /// The same, and whoever asks looks at how it ended.
    pub fn try_kubectl(&self, words: &[&str]) -> Output {
        self.kubectl_command().args(words).output().expect("run timeout(1)")
    }

    fn kubectl_command(&self) -> Command {
        self.command("/run/cluster/bin/kubectl")
    }

    /// Makes what `manifest` describes.
    pub fn create(&self, manifest: &str) {
        self.create_in("default", manifest);
    }

    /// The same in another of Kubernetes' namespaces.
    pub fn create_in(&self, namespace: &str, manifest: &str) {
        let mut create = self.kubectl_command();
        create.args(["create", "--namespace", namespace, "--filename", "-"]).stdin(Stdio::piped());
        let mut create =
            create.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("run timeout(1)");
        create.stdin.take().expect("a pipe").write_all(manifest.as_bytes()).expect("send the manifest");
        let output = create.wait_with_output().expect("wait for kubectl");
        assert!(output.status.success(), "{manifest}{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts `words` in the pod `client`, and comes back when they have said something on stderr.
    pub fn asking(&self, namespace: &str, words: &[&str]) -> Child {
        let mut exec = self.kubectl_command();
        exec.args(["--namespace", namespace, "exec", "client", "--"]).args(words);
        let mut exec = exec.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("run timeout(1)");
        let mut line = String::new();
        let heard = BufReader::new(exec.stderr.take().expect("a pipe")).read_line(&mut line);
        assert!(heard.is_ok_and(|length| length > 0), "{words:?} said nothing");
        exec
    }

    /// Waits for a line of `kubectl get --watch`, which writes one at once and one for each change.
    pub fn watch(&self, words: &[&str], mut is_it: impl FnMut(&str) -> bool) -> String {
        let mut watch = self.kubectl_command();
        watch.arg("get").args(words).arg("--watch").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut watch = watch.spawn().expect("run timeout(1)");
        let lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let mut seen = Vec::new();
        let found = lines.inspect(|line| seen.push(line.clone())).find(|line| is_it(line));
        let _ = nix::sys::signal::kill(Pid::from_raw(watch.id().cast_signed()), nix::sys::signal::SIGTERM);
        let output = watch.wait_with_output().expect("wait for kubectl");
        found.unwrap_or_else(|| {
            panic!(
                "kubectl get {words:?} --watch, in vain: {seen:#?}\n{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }
}
