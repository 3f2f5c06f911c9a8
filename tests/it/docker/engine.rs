//! The Docker daemon, through its command line: each call has its limit, and all that was made is removed.
//!
//! Everything carries the label `pausa.it.run=RUN`, so that two runs on one daemon do not meet, and what a
//! killed run left behind is found by `docker ps --all --filter label=pausa.it.run`. Nothing is given a
//! network: none of it needs one, and a daemon without a bridge will do.

use nix::sys::signal::{Signal::SIGTERM, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Seconds for one call; none takes a tenth of it unless something hangs.
pub const LIMIT: &str = "60";
/// A compiler's tree goes in, or a compiler runs.
pub const LONG_LIMIT: &str = "300";

/// The client under timeout(1): a daemon that does not answer must fail one trial, not stop the suite.
pub fn client(program: &str, limit: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "--kill-after=5", limit, program]).stdin(Stdio::null());
    // The builder that every client has; BuildKit's, where there is one, is a trial of its own.
    command.env("DOCKER_BUILDKIT", "0");
    command
}

fn docker() -> Command {
    client("docker", LIMIT)
}

/// What a call wrote on stdout, without the last line's end.
///
/// # Panics
/// If it failed, with everything that it wrote.
pub fn text_of(command: &mut Command) -> String {
    let output = command.output().expect("run timeout(1) and docker");
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, everything(&output));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn everything(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Looks again and again, for as long as one call may take, until there is something to see.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        // Nothing tells of the change; this keeps the looks from filling a processor.
        let _ = nix::poll::poll(&mut [], 2u8);
    }
}

pub struct Engine {
    run: String,
    containers: AtomicUsize,
}

impl Engine {
    /// # Errors
    /// What the client said, if no daemon answers it.
    pub fn connect() -> Result<Self, String> {
        let command = &mut docker();
        let output = command.args(["version", "--format", "{{.Server.Version}}"]).output();
        match output.map_err(|error| format!("no Docker client: {error}"))? {
            output if output.status.success() => {
                Ok(Self { run: std::process::id().to_string(), containers: AtomicUsize::new(0) })
            }
            output => Err(format!("no Docker daemon answers: {}", everything(&output).trim())),
        }
    }

    /// `name` as this run's images are called.
    pub fn tag(&self, name: &str) -> String {
        format!("pausa-it-{}/{name}", self.run)
    }

    /// A name for a container, each time another one.
    pub fn container_name(&self) -> String {
        format!("pausa-it-{}-{}", self.run, self.containers.fetch_add(1, Relaxed))
    }

    pub fn label(&self) -> String {
        format!("pausa.it.run={}", self.run)
    }

    /// # Panics
    /// As `text_of`.
    pub fn call(&self, arguments: &[&str]) -> String {
        text_of(docker().args(arguments))
    }

    /// By name: one that others were built on cannot go by its id.
    pub fn remove_images(&self, pattern: &str) {
        remove_listed(&["images", "--format", "{{.Repository}}:{{.Tag}}", pattern], &["rmi", "--force"]);
    }

    /// Builds what `dockerfile` says without any context: from images alone.
    pub fn build_without_context(&self, tag: &str, dockerfile: &str) {
        let mut command = docker();
        command.args(["build", "--force-rm", "--quiet", "--label", &self.label(), "--tag", tag, "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut build = command.spawn().expect("run docker");
        build.stdin.take().expect("a pipe").write_all(dockerfile.as_bytes()).expect("send the Dockerfile");
        let output = build.wait_with_output().expect("wait for docker");
        assert!(output.status.success(), "{dockerfile}{}", everything(&output));
    }

    /// An image of one layer: what is below `tree`, and this machine's `files` where they are here.
    pub fn import(&self, tag: &str, tree: &Path, files: &BTreeSet<PathBuf>, changes: &[&str]) {
        // Nothing is copied: tar reads the files where they are, and the daemon unpacks what it writes.
        let mut tar = Command::new("tar")
            .args(["--create", "--owner=0", "--group=0", "--directory"])
            .arg(tree)
            .args([".", "--directory=/", "--files-from=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("run tar");
        let list: String = files
            .iter()
            .map(|file| format!("{}\n", file.strip_prefix("/").expect("an absolute path").display()))
            .collect();
        tar.stdin.take().expect("a pipe").write_all(list.as_bytes()).expect("send the list of files");
        let mut import = client("docker", LONG_LIMIT);
        import.arg("import").args(changes.iter().flat_map(|change| ["--change", change])).args(["-", tag]);
        text_of(import.stdin(tar.stdout.take().expect("a pipe")));
        assert!(tar.wait().expect("wait for tar").success(), "tar could not read all of {list}");
    }

    /// `docker run --detach`: a container that is removed when it goes out of scope.
    pub fn start(&self, options: &[&str], image: &str, command: &[&str]) -> Container {
        self.run_detached(&[&["--network=none"], options].concat(), image, command)
    }

    /// The same in the namespaces of `pod`, which must have been started with `--ipc=shareable`.
    pub fn join(&self, pod: &Container, image: &str, command: &[&str]) -> Container {
        let options = ["network", "ipc", "pid"].map(|kind| format!("--{kind}=container:{}", pod.id));
        self.run_detached(&options.each_ref().map(String::as_str), image, command)
    }

    fn run_detached(&self, options: &[&str], image: &str, command: &[&str]) -> Container {
        let label = self.label();
        let fixed = ["run", "--detach", "--label", &label];
        Container { id: self.call(&[&fixed, options, &[image], command].concat()) }
    }
}

/// Feeds what one call lists to another. Only for tidying up: failures have nobody to tell.
fn remove_listed(list: &[&str], remove: &[&str]) {
    if let Ok(output) = docker().args(list).output() {
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        if !names.is_empty() {
            let _ = docker().args(remove).args(names.split_whitespace()).output();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let filter = format!("label={}", self.label());
        remove_listed(&["ps", "--all", "--quiet", "--filter", &filter], &["rm", "--force"]);
        self.remove_images(&self.tag("*"));
        // What the builders left without a name.
        let _ = docker().args(["image", "prune", "--force", "--filter", &filter]).output();
    }
}

pub struct Container {
    id: String,
}

impl Container {
    /// One that was created under a name of the caller's.
    pub fn named(name: String) -> Self {
        Self { id: name }
    }

    /// `docker VERB OPTIONS… CONTAINER ARGUMENTS…`, where `options` begin with the verb.
    fn call(&self, options: &[&str], arguments: &[&str]) -> String {
        text_of(docker().args(options).arg(&self.id).args(arguments))
    }

    pub fn exec(&self, command: &[&str]) -> String {
        self.call(&["exec"], command)
    }

    /// One field of `docker inspect`, by its Go template.
    pub fn inspect(&self, template: &str) -> String {
        self.call(&["inspect", "--format", template], &[])
    }

    /// Both streams of the container.
    pub fn logs(&self) -> String {
        let output = docker().args(["logs", &self.id]).output().expect("run docker");
        everything(&output)
    }

    /// Waits until the container has written `line` on stdout.
    pub fn await_line(&self, line: &str) {
        let mut command = docker();
        command.args(["logs", "--follow", &self.id]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut logs = command.spawn().expect("run docker");
        let mut lines = BufReader::new(logs.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let seen = lines.any(|seen| seen == line);
        // timeout(1) passes it on to the client, which would follow for as long as the container lives.
        let _ = kill(Pid::from_raw(logs.id().cast_signed()), SIGTERM);
        logs.wait().expect("wait for docker");
        assert!(seen, "no line {line:?} came; the container wrote: {}", self.logs());
    }

    pub fn kill(&self, signal: &str) {
        self.call(&["kill", "--signal", signal], &[]);
    }

    /// `docker stop` with so long a grace period that this call fails by its own limit before a SIGKILL.
    pub fn stop(&self) {
        self.call(&["stop", "--time=600"], &[]);
    }

    /// The exit status that the engine recorded, once there is one.
    pub fn exit_status(&self) -> i32 {
        self.call(&["wait"], &[]);
        self.inspect("{{.State.ExitCode}}").parse().expect("a number")
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = docker().args(["rm", "--force", "--volumes", &self.id]).output();
    }
}
