//! Faults that were there, or could be, put back into a copy of the sources one by one: each must be found again by these
//! lives. An oracle that finds none of them proves nothing.
//!
//! The short form asserts that each still fits the sources; `LIVES_LONG=1 cargo test --profile lives --test lives -- mutant`
//! builds and runs them, in some 20 s each.

use crate::search::is_long;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub struct Mutant {
    pub name: &'static str,
    file: &'static str,
    /// What stands there once, and what stands there instead.
    changes: &'static [(&'static str, &'static str)],
}

const SUPERVISOR: &str = "src/run/supervisor.rs";
const STOPPING: &str = "src/run/stopping.rs";
const DRAIN: &str = "src/run/drain.rs";
const JOBS: &str = "src/run/jobs.rs";
const SEND: &str = "src/run/send.rs";
const SHUTDOWN: &str = "src/policy/shutdown.rs";

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the deadline is looked at when no signal waits",
        file: SUPERVISOR,
        changes: &[
            ("            if !self.has_ended {\n                self.expire();\n            }\n", ""),
            (
                "self.on_signal(&received);\n                }\n",
                "self.on_signal(&received);\n                } else {\n                    self.expire();\n                }\n",
            ),
        ],
    },
    Mutant {
        name: "wait4 only after SIGCHLD",
        file: SUPERVISOR,
        changes: &[
            ("    lost: u64,\n", "    lost: u64,\n    looks: bool,\n"),
            ("            lost: 0,\n", "            lost: 0,\n            looks: false,\n"),
            ("Response::Reap => {}", "Response::Reap => self.looks = true,"),
            (
                "            let children = self.reap();\n",
                "            let looks = core::mem::take(&mut self.looks);\n            \
                 let children = if looks { self.reap() } else { Children::Quiet };\n",
            ),
        ],
    },
    Mutant {
        name: "the group is signalled after the reap",
        file: DRAIN,
        changes: &[(
            "    pub(super) fn drain(&mut self) {\n",
            "    pub(super) fn drain(&mut self) {\n        self.child_is_ending();\n",
        )],
    },
    Mutant {
        name: "-D -k 0 is no limit",
        file: SHUTDOWN,
        changes: &[(
            ".then_some(self.first_wait())",
            ".then_some(self.first_wait()).filter(|wait| *wait > Nanoseconds::ZERO)",
        )],
    },
    Mutant {
        name: "EPERM of the kill is swallowed",
        file: DRAIN,
        changes: &[("Signal::KILL) == Err(Errno::PERM)", "Signal::KILL) == Err(Errno::NOSYS)")],
    },
    Mutant {
        name: "an error of wait4 is swallowed",
        file: SUPERVISOR,
        changes: &[(
            "                Err(Errno::CHILD) if self.has_ended => {\n",
            "                Err(_) if !self.has_ended => return Children::Quiet,\n                \
             Err(Errno::CHILD) if self.has_ended => {\n",
        )],
    },
    Mutant {
        name: "SIGCONT has no fallback to the child",
        file: JOBS,
        changes: &[(
            "self.send(forward::recipient(target, self.child), Signal::CONT, Signal::CONT, received)\n",
            "self.kernel.kill(forward::recipient(target, self.child), Signal::CONT).is_ok()\n",
        )],
    },
    Mutant {
        name: "asking again postpones giving up",
        file: STOPPING,
        changes: &[("self.killing = self.killing.or(Some(", "self.killing = None.or(Some(")],
    },
    Mutant {
        name: "asking again postpones the ladder",
        file: SHUTDOWN,
        changes: &[(
            "        if self.next > 0 {\n",
            "        if self.next > 0 {\n            self.due = self.due.map(|_| now + self.ladder.first_wait());\n",
        )],
    },
    Mutant {
        name: "a stop signal takes the limit away",
        file: SHUTDOWN,
        changes: &[("self.limit.filter(|&limit| now < limit)", "self.limit.filter(|_| false)")],
    },
    Mutant {
        name: "a delay outlives the limit",
        file: SHUTDOWN,
        changes: &[("self.limit.map_or(due, |limit| limit.min(due))", "due")],
    },
    Mutant {
        name: "who is stopped is not continued when the time is over",
        file: STOPPING,
        changes: &[("if signal != Signal::CONT && self.facts.has_timed_out {", "if false {")],
    },
    Mutant {
        name: "a drain claims the child's own SIGKILL",
        file: STOPPING,
        changes: &[("!self.has_ended && !self.is_zombie()", "!self.is_zombie()")],
    },
    Mutant {
        name: "nothing is forwarded",
        file: SEND,
        changes: &[("self.send(recipient, received.signal, passed, Some(received));", "true;")],
    },
    Mutant {
        name: "a queued signal that is refused is lost",
        file: SEND,
        changes: &[("        if sent.is_err() {\n", "        if sent == Err(Errno::SRCH) {\n")],
    },
    Mutant {
        name: "a drain continues before it asks",
        file: DRAIN,
        changes: &[
            ("kill(recipient, Signal::CONT)", "kill(recipient, first)"),
            ("kill(recipient, signal)", "kill(recipient, Signal::CONT)"),
            ("kill(recipient, first)", "kill(recipient, signal)"),
        ],
    },
    Mutant {
        name: "who is adopted during a drain is not asked",
        file: DRAIN,
        changes: &[("if count > asked && killer", "if count > asked && asked == 0 && killer")],
    },
    Mutant {
        name: "the children of those that were killed are forgotten",
        file: SUPERVISOR,
        changes: &[(
            "if self.killing.is_some() && self.reaped() > before",
            "if false && self.reaped() > before",
        )],
    },
    Mutant {
        name: "nothing is given up",
        file: SUPERVISOR,
        changes: &[(
            "let deadline = self.killing.or(self.shutdown.deadline());",
            "let deadline = self.shutdown.deadline();",
        )],
    },
    Mutant {
        name: "the status is not remapped",
        file: SUPERVISOR,
        changes: &[("self.config.remaps.apply(reason.status(status), reason)", "reason.status(status)")],
    },
    Mutant {
        name: "each stop signal leads to a message",
        file: STOPPING,
        changes: &[(
            "const TOLD_EACH: Nanoseconds = Nanoseconds::SECOND;",
            "const TOLD_EACH: Nanoseconds = Nanoseconds::ZERO;",
        )],
    },
    Mutant {
        name: "the kernel's order is the only one",
        file: "src/policy/fairness.rs",
        changes: &[("if self.count < IN_ORDER {", "if self.count < IN_ORDER || true {")],
    },
    Mutant {
        name: "an end that nobody has seen is an exit",
        file: SUPERVISOR,
        changes: &[(
            "self.conclude(End::Unseen, ExitStatus::KILLED)",
            "self.conclude(End::Seen(WaitStatus::new(0)), ExitStatus::KILLED)",
        )],
    },
    Mutant {
        name: "who has stopped and is asked to goes on alone",
        file: JOBS,
        changes: &[(
            "if self.jobs.has_stopped =>",
            "if self.jobs.has_stopped && !self.jobs.asked_to_stop =>",
        )],
    },
    Mutant {
        name: "a stop signal hides that we have gone on",
        file: JOBS,
        changes: &[(
            "SignalSet::TERMINAL_STOPS.union(SignalSet::only(Signal::CONT))",
            "SignalSet::only(Signal::CONT)",
        )],
    },
    Mutant {
        name: "a drain waits for whom it cannot ask",
        file: DRAIN,
        changes: &[("if deadline.is_none() => {", "if deadline.is_some() => {")],
    },
    Mutant {
        name: "a clock that is refused says zero",
        file: SUPERVISOR,
        changes: &[(
            "            if !self.has_given_up {\n                self.report(Event::Clock",
            "            if false {\n                self.report(Event::Clock",
        )],
    },
    Mutant {
        name: "a messenger goes where nobody is",
        file: SEND,
        changes: &[
            (
                "            to = Recipient::Process(self.child);\n            sent = self.kernel.kill(to, passed);\n",
                "            sent = self.kernel.kill(Recipient::Process(self.child), passed);\n",
            ),
            ("mut to: Recipient", "to: Recipient"),
        ],
    },
    Mutant {
        name: "a messenger that has failed is sent again at once",
        file: SEND,
        changes: &[("if self.killer().is_some() {", "if false {")],
    },
    Mutant {
        name: "a messenger that kills is killed",
        file: DRAIN,
        changes: &[(" && killer != Some(child)", "")],
    },
    Mutant {
        name: "a messenger is not among those that are left",
        file: DRAIN,
        changes: &[("        self.messenger = None;\n", "")],
    },
    Mutant {
        name: "the foreground is taken from anybody",
        file: "src/run/terminal.rs",
        changes: &[(
            "self.kernel.foreground(self.fd) == Ok(from)",
            "self.kernel.foreground(self.fd).is_ok() && from != to",
        )],
    },
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Mutant {
    /// The file with the fault in it.
    fn text(&self) -> Result<String, String> {
        let mut text = fs::read_to_string(root().join(self.file)).map_err(|error| error.to_string())?;
        for (from, to) in self.changes {
            if text.matches(from).count() != 1 {
                return Err(format!("{}: this does not stand there once: {from}", self.file));
            }
            text = text.replace(from, to);
        }
        Ok(text)
    }

    pub fn run(&self) -> Result<(), String> {
        let text = self.text()?;
        if !is_long() {
            return Ok(());
        }
        let copy = copy();
        fs::write(copy.join(self.file), text).map_err(|error| error.to_string())?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let build = |arguments: &[&str]| {
            let mut command = Command::new(&cargo);
            command.args(["test", "--profile", "lives", "--locked", "--test", "lives"]).args(arguments);
            command
                .env_remove("LIVES_LONG")
                .env("LIVES", "400000")
                .env("LIVES_EVENTS", "2")
                .env("CARGO_TARGET_DIR", copy.join("target"));
            command.current_dir(&copy).output()
        };
        let result = build(&["--no-run"]).map_err(|error| error.to_string()).and_then(|built| {
            if !built.status.success() {
                return Err(format!("it does not build: {}", String::from_utf8_lossy(&built.stderr)));
            }
            let lived = build(&["--", "--skip", "mutant"]).map_err(|error| error.to_string())?;
            if lived.status.success() { Err("nothing has found it".to_owned()) } else { Ok(()) }
        });
        fs::copy(root().join(self.file), copy.join(self.file)).map_err(|error| error.to_string())?;
        result
    }
}

/// The package once more, next to its own build, which is kept for the next mutant.
fn copy() -> PathBuf {
    let copy = root().join("target/mutants");
    for folder in ["src", "tests", "benches"] {
        copy_folder(&root().join(folder), &copy.join(folder));
    }
    for file in ["Cargo.toml", "Cargo.lock", "build.rs", "link.ld"] {
        copy_file(&root().join(file), &copy.join(file));
    }
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder in target");
    for entry in fs::read_dir(from).expect("a folder of the package") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            copy_file(&path, &to);
        }
    }
}

/// What has not changed keeps its time, so that cargo builds no more than it must.
fn copy_file(from: &Path, to: &Path) {
    let bytes = fs::read(from).expect("a file of the package");
    if fs::read(to).ok().as_ref() != Some(&bytes) {
        fs::write(to, bytes).expect("a file in target");
    }
}
