//! A process that holds namespaces for as long as its stdin is open, and so until this one ends, however it does.

use crate::harness::process::Process;
use nix::unistd::Pid;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub struct Holder {
    child: Child,
    /// PID 1 of the namespaces, as this process sees it.
    pub pid: Pid,
}

impl Holder {
    /// Starts `command`, whose first line is `word` once all is up; PID 1 is the first below it after so many
    /// `generations`. stderr goes to `log`.
    ///
    /// # Errors
    /// How it ended, if that is not what it said.
    ///
    /// # Panics
    /// If `command` cannot be run.
    pub fn start(
        command: &mut Command,
        word: &str,
        generations: usize,
        log: &Path,
    ) -> Result<Self, ExitStatus> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log).expect("make a file"))
            .spawn()
            .unwrap_or_else(|error| panic!("run {command:?}: {error}"));
        let mut line = String::new();
        let heard = BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line);
        let below = |parent: Pid| {
            let all = Process::descendants_of(parent);
            all.into_iter().find(|process| process.parent == parent).map(|process| process.pid)
        };
        let top = Pid::from_raw(child.id().cast_signed());
        let first = (0..generations).try_fold(top, |parent, _| below(parent));
        match (heard, first) {
            (Ok(_), Some(pid)) if line.trim_end() == word => Ok(Self { child, pid }),
            _ => Err(end(&mut child)),
        }
    }
}

/// It ends when it has read to the end of its stdin. One that does not is killed.
fn end(child: &mut Child) -> ExitStatus {
    drop(child.stdin.take());
    let deadline = Instant::now() + Duration::from_secs(20);
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        let _ = nix::poll::poll(&mut [], 10u8);
    }
    // Of one that is gone already it takes nothing.
    let _ = child.kill();
    child.wait().expect("wait for a child")
}

impl Drop for Holder {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
