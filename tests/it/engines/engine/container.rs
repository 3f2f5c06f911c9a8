//! One container of an engine: what is done to it, how it ended, and its removal.

use super::{Client, everything, text_of};
use nix::sys::signal::{Signal::SIGTERM, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

pub struct Container {
    pub(super) client: Client,
    pub(super) id: String,
}

impl Container {
    /// `VERB OPTIONS… CONTAINER ARGUMENTS…`, where `options` begin with the verb.
    fn call(&self, options: &[&str], arguments: &[&str]) -> String {
        text_of(self.client.short().args(options).arg(&self.id).args(arguments))
    }

    pub fn exec(&self, command: &[&str]) -> String {
        self.call(&["exec"], command)
    }

    /// The same for a command that may end together with the container.
    pub fn exec_detached(&self, command: &[&str]) {
        self.call(&["exec", "--detach"], command);
    }

    /// The exit status of a command in it.
    pub fn exec_status(&self, command: &[&str]) -> Option<i32> {
        let mut exec = self.client.short();
        exec.args(["exec", &self.id]).args(command).output().expect("run the client").status.code()
    }

    /// One field of `inspect`, by its Go template.
    pub fn inspect(&self, template: &str) -> String {
        self.call(&["inspect", "--format", template], &[])
    }

    /// Both streams of the container.
    pub fn logs(&self) -> String {
        let output = self.client.short().args(["logs", &self.id]).output().expect("run the client");
        everything(&output)
    }

    /// Waits until the container has written `line` on stdout.
    pub fn await_line(&self, line: &str) {
        let mut command = self.client.short();
        command.args(["logs", "--follow", &self.id]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut logs = command.spawn().expect("run the client");
        let mut lines = BufReader::new(logs.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let seen = lines.any(|seen| seen == line);
        // timeout(1) passes it on to the client, which would follow for as long as the container lives.
        let _ = kill(Pid::from_raw(logs.id().cast_signed()), SIGTERM);
        logs.wait().expect("wait for the client");
        assert!(seen, "no line {line:?} came; the container wrote: {}", self.logs());
    }

    pub fn kill(&self, signal: &str) {
        self.call(&["kill", "--signal", signal], &[]);
    }

    /// `stop` with so long a grace period that this call fails by its own limit before a SIGKILL.
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
        let _ = self.client.short().args(["rm", "--force", "--volumes", &self.id]).output();
    }
}
