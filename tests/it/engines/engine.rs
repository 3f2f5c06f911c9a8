//! A container engine, through its command line: each call has its limit, and all that was made is removed.
//!
//! The words are docker's, and podman takes the same. Everything carries the label `pausa.it.run=RUN`, so that
//! two runs on one daemon do not meet, and what a killed run left behind is found by
//! `docker ps --all --filter label=pausa.it.run`. Nothing is given a network: none of it needs one, and a
//! daemon without a bridge will do.

mod container;
pub mod ends;
pub mod orphans;
pub mod terminal;

pub use container::Container;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Seconds for one call; none takes a tenth of it unless something hangs.
pub const LIMIT: &str = "60";
/// A compiler's tree goes in, or a compiler runs.
pub const LONG_LIMIT: &str = "900";

/// How an engine is spoken to: a program, and what stands before each verb.
#[derive(Clone)]
pub struct Client(Vec<String>);

impl Client {
    pub fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }

    /// Under timeout(1): an engine that does not answer must fail one trial, not stop the suite.
    pub fn command(&self, limit: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--foreground", "--kill-after=5", limit]).args(&self.0).stdin(Stdio::null());
        // The builder that every client has; BuildKit's, where there is one, is a trial of its own.
        command.env("DOCKER_BUILDKIT", "0");
        command
    }

    fn short(&self) -> Command {
        self.command(LIMIT)
    }

    /// # Errors
    /// What the client said, if it failed.
    pub fn answer(&self, arguments: &[&str]) -> Result<String, String> {
        match self.short().args(arguments).output() {
            Ok(output) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
            }
            Ok(output) => Err(everything(&output).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Feeds what one call lists to another. Only for tidying up: failures have nobody to tell.
    fn remove_listed(&self, list: &[&str], remove: &[&str]) {
        if let Ok(names) = self.answer(list)
            && !names.is_empty()
        {
            let _ = self.short().args(remove).args(names.split_whitespace()).output();
        }
    }
}

/// What a call wrote on stdout, without the last line's end.
///
/// # Panics
/// If it failed, with everything that it wrote.
pub fn text_of(command: &mut Command) -> String {
    let output = command.output().expect("run timeout(1) and the client");
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, everything(&output));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

pub fn everything(output: &Output) -> String {
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
    client: Client,
    /// What every `run` here wants before the caller's options.
    options: Vec<String>,
    run: String,
    containers: AtomicUsize,
}

impl Engine {
    pub fn new(client: Client, options: &[&str]) -> Self {
        let options = options.iter().map(ToString::to_string).collect();
        Self { client, options, run: std::process::id().to_string(), containers: AtomicUsize::new(0) }
    }

    /// The Docker daemon that this machine's client speaks to.
    ///
    /// # Errors
    /// What the client said, if no daemon answers it.
    pub fn connect() -> Result<Self, String> {
        let client = Client::new(["docker"]);
        match client.answer(&["version", "--format", "{{.Server.Version}}"]) {
            Ok(_) => Ok(Self::new(client, &[])),
            Err(why) => Err(format!("no Docker daemon answers: {why}")),
        }
    }

    pub fn options(&self) -> &[String] {
        &self.options
    }

    pub fn client(&self) -> &Client {
        &self.client
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
        text_of(self.client.short().args(arguments))
    }

    /// By name: one that others were built on cannot go by its id.
    pub fn remove_images(&self, pattern: &str) {
        self.client
            .remove_listed(&["images", "--format", "{{.Repository}}:{{.Tag}}", pattern], &["rmi", "--force"]);
    }

    /// Builds what `dockerfile` says without any context: from images alone.
    pub fn build_without_context(&self, tag: &str, dockerfile: &str) {
        let mut command = self.client.short();
        command.args(["build", "--force-rm", "--quiet", "--label", &self.label(), "--tag", tag, "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut build = command.spawn().expect("run the client");
        build.stdin.take().expect("a pipe").write_all(dockerfile.as_bytes()).expect("send the Dockerfile");
        let output = build.wait_with_output().expect("wait for the client");
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
        let mut import = self.client.command(LONG_LIMIT);
        import.arg("import").args(changes.iter().flat_map(|change| ["--change", change])).args(["-", tag]);
        import.stdin(tar.stdout.take().expect("a pipe")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let import = import.spawn().expect("run the client");
        // Not before somebody reads what tar writes: the list may be longer than a pipe holds.
        tar.stdin.take().expect("a pipe").write_all(list.as_bytes()).expect("send the list of files");
        let output = import.wait_with_output().expect("wait for the client");
        assert!(output.status.success(), "import {tag}: {}", everything(&output));
        assert!(tar.wait().expect("wait for tar").success(), "tar could not read all of {list}");
    }

    /// `run --detach`: a container that is removed when it goes out of scope.
    pub fn start(&self, options: &[&str], image: &str, command: &[&str]) -> Container {
        self.join_by(&[&["--network=none"], options].concat(), image, command)
    }

    /// The same in the namespaces of `pod`, which must have been started with `--ipc=shareable`.
    pub fn join(&self, pod: &Container, image: &str, command: &[&str]) -> Container {
        let options = ["network", "ipc", "pid"].map(|kind| format!("--{kind}=container:{}", pod.id));
        self.join_by(&options.each_ref().map(String::as_str), image, command)
    }

    /// The same with the caller's options about namespaces.
    pub fn join_by(&self, options: &[&str], image: &str, command: &[&str]) -> Container {
        let mut run = self.run("--detach");
        self.container(text_of(run.args(options).arg(image).args(command)))
    }

    /// `run` as far as it is the same for all.
    pub fn run(&self, how: &str) -> Command {
        let mut run = self.client.short();
        run.args(["run", how, "--label", &self.label()]).args(&self.options);
        run
    }

    /// One that was or will be created under this name or id.
    pub fn container(&self, id: String) -> Container {
        Container { client: self.client.clone(), id }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let filter = format!("label={}", self.label());
        let list = ["ps", "--all", "--quiet", "--filter", &filter];
        self.client.remove_listed(&list, &["rm", "--force"]);
        self.remove_images(&self.tag("*"));
        // What the builders left without a name.
        let _ = self.client.short().args(["image", "prune", "--force", "--filter", &filter]).output();
    }
}
