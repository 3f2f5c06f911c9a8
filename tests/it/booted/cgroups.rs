//! Containers in cgroups of version 2, on a kernel that has no other: what the message says when memory runs out or
//! somebody kills from outside, and what outlives a kill of the whole container.
//!
//! One boot of Debian's kernel in qemu plays all scenes, each in a cgroup of its own, and each is a trial: its PID 1 as
//! the engine outside sees it end, the message, and the kernel's own counters. `fixtures/scenes.sh` plays them, with
//! `fixtures/container.c` as the engine.

use super::{Machine, archive};
use crate::harness::call::Text;
use crate::harness::subject::{directory, original, target};
use crate::harness::trial::ending;
use libtest_mimic::Trial;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

mod scenes;

use scenes::scenes;

/// Plays the scenes.
const STAGE: &str = include_str!("../../fixtures/scenes.sh");
/// Is the engine there.
const CONTAINER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/container.c");

/// Applets of busybox that the scenes use.
const APPLETS: &[&str] =
    &["cat", "dd", "find", "grep", "mkdir", "mount", "reboot", "rm", "rmdir", "sh", "sleep", "tail"];

/// What a container sees at /sys/fs/cgroup, read-only but for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// Its own cgroup, as the root of a cgroup namespace: what engines do.
    Own,
    /// The same, to be written to, as in a privileged container.
    Writable,
    /// All of the host's: no cgroup namespace.
    Host,
    /// Its own cgroup by a bind mount: no cgroup namespace either.
    Bound,
    /// Its pod's cgroup, which has the numbers of others as well.
    Pod,
    Nothing,
}

/// How PID 1 has ended. Docker and Kubernetes say 137 for the first, too.
#[derive(Clone, Copy, Debug)]
enum Ended {
    Killed,
    Exited(u8),
}

/// What the kernel has counted in the container's cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OomKills {
    Never,
    One,
    /// All of the cgroup at once.
    Group,
}

/// What the message says of the most memory that the container had.
#[derive(Clone, Copy, Debug)]
enum Peak {
    Absent,
    /// If anything, what pausa alone had.
    BeforeTheStart,
    /// So many bytes, and at the most what the kernel says afterwards.
    AtLeast(u64),
}

#[derive(Clone, Debug)]
struct Scene {
    name: String,
    /// `memory.max` of the pod's cgroup, in which the container's is.
    pod: &'static str,
    limit: &'static str,
    /// `memory.oom.group`: whether the kernel kills all processes of the cgroup at once.
    group: u8,
    view: View,
    /// What is done to it: a function of `fixtures/scenes.sh`.
    outside: &'static str,
    options: &'static str,
    /// For a shell.
    program: &'static str,
    ended: Ended,
    message: Text,
    /// What is not in the message.
    absent: &'static [&'static str],
    peak: Peak,
    oom_kills: OomKills,
}

pub fn trials() -> Vec<Trial> {
    if original() {
        // None of them tells.
        return Vec::new();
    }
    let trial = |scene: Scene| {
        ending(format!("cgroup v2: {}", scene.name), move || {
            scene.check(console()?);
            Ok(())
        })
    };
    scenes().into_iter().map(trial).collect()
}

/// What came from the machine that has played all scenes, or what is missing for it.
fn console() -> Result<&'static str, &'static str> {
    static CONSOLE: OnceLock<Result<String, String>> = OnceLock::new();
    CONSOLE.get_or_init(play).as_ref().map(String::as_str).map_err(String::as_str)
}

fn play() -> Result<String, String> {
    let machine = Machine::of(std::env::consts::ARCH)?;
    let container = built(&directory().join("container"))?;
    let stage = STAGE.to_owned() + &scenes().iter().map(Scene::call).collect::<String>() + "reboot -f\n";
    let programs = [("stage", stage.as_bytes()), ("container", &container)];
    let root = archive("initramfs-cgroups", &machine.busybox, APPLETS, &programs);
    // The kernel tells of an OOM kill as of an error, in the middle of a scene.
    let heard = machine.boot(&root, "loglevel=1 rdinit=/bin/stage");
    // docs/why.md has its output from there.
    std::fs::write(target().join("cgroups.console"), &heard).expect("write beside what is built");
    Ok(heard)
}

/// A static program, since it runs where there is no libc.
fn built(output: &Path) -> Result<Vec<u8>, String> {
    let cc = Command::new("cc")
        .args(["-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(output)
        .arg(CONTAINER)
        .output()
        .map_err(|error| format!("no C compiler: {error}"))?;
    if !cc.status.success() {
        return Err(format!("cc -static failed: {}", String::from_utf8_lossy(&cc.stderr)));
    }
    Ok(std::fs::read(output).expect("read what cc has made"))
}

impl Scene {
    /// The line of a shell that plays it.
    fn call(&self) -> String {
        let (view, group) = (format!("{:?}", self.view), self.group.to_string());
        let words =
            [&self.name, self.pod, self.limit, &group, &view, self.outside, self.options, self.program];
        let quoted = words.map(|word| format!(" '{}'", word.replace('\'', r"'\''")));
        format!("scene{}\n", quoted.concat())
    }

    fn check(&self, console: &str) {
        let begin = format!("@scene {}\n", self.name);
        let Some((_, played)) = console.split_once(&begin) else { panic!("it was not played:\n{console}") };
        let played = played.split_once("@scene ").map_or(played, |(played, _)| played);
        let part = |from: &str, to: &str| {
            let (_, rest) = played.split_once(from)?;
            Some(rest.split_once(to).map_or(rest, |(part, _)| part))
        };
        let ended = match self.ended {
            Ended::Killed => "killed by signal 9".to_owned(),
            Ended::Exited(code) => format!("exited with {code}"),
        };
        assert_eq!(part("@ended ", "\n"), Some(ended.as_str()), "{played}");
        let message = part("@message\n", "@counters\n").expect("a message, if an empty one");
        self.message.check("the message", message, "");
        for key in self.absent {
            assert!(!message.contains(key), "{key} is in {message}");
        }
        let counters = part("@counters\n", "@end\n").unwrap_or_else(|| panic!("no counters in {played}"));
        self.check_counters(message, counters);
    }

    fn check_counters(&self, message: &str, counters: &str) {
        let count = |key| number_behind(key, counters).unwrap_or_else(|| panic!("no {key:?} in {counters}"));
        let oom_kills = match (count("oom_kill "), count("oom_group_kill ")) {
            (0, 0) => OomKills::Never,
            (1, 0) => OomKills::One,
            (2.., 1) => OomKills::Group,
            other => panic!("OOM kills, of which of a group: {other:?}"),
        };
        assert_eq!(oom_kills, self.oom_kills, "{counters}");
        let told = number_behind("memory_peak_bytes: ", message)
            .or_else(|| number_behind("\"memory_peak_bytes\":", message));
        match self.peak {
            Peak::Absent => assert_eq!(told, None, "{message}"),
            Peak::BeforeTheStart => assert!(told.is_none_or(|told| told < 1 << 20), "{message}"),
            Peak::AtLeast(least) => {
                let most = count("peak ");
                assert!(
                    told.is_some_and(|told| (least..=most).contains(&told)),
                    "{least} to {most}: {message}"
                );
            }
        }
    }
}

/// The number behind a key, which is where a line begins or within one of JSON.
fn number_behind(key: &str, text: &str) -> Option<u64> {
    let line = format!("\n{key}");
    let text = format!("\n{text}");
    let key = if key.starts_with('"') { key } else { &line };
    let (_, rest) = text.split_once(key)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}
