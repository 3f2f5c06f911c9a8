//! Orphans in a container: many at once, seen as children of PID 1, seen no more once they have ended.

use super::{Container, until};

/// A command that leaves forty children to PID 1, each waiting until somebody opens /gate.
pub const ORPHANAGE: [&str; 3] = [
    "sh",
    "-c",
    "mkfifo /gate
     for i in $(seq 40); do sh -c 'read line </gate & exit'; done
     exec tail -f /ready",
];

/// `parent` runs the `ORPHANAGE`, `witness` shares its PID namespace, `init` begins PID 1's command line.
pub fn orphans_come_and_go(parent: &Container, witness: &Container, init: &str) {
    parent.await_line("ready");
    let orphans = |all: &[Process]| {
        all.iter().filter(|process| process.parent == 1 && process.command.contains("/gate")).count()
    };
    let before = processes(witness);
    assert!(
        before.iter().any(|process| process.pid == 1 && process.command.starts_with(init)),
        "{before:#?}"
    );
    assert_eq!(orphans(&before), 40, "{before:#?}");
    parent.exec(&["sh", "-c", ": >/gate"]);
    until("the orphans are reaped", || {
        let after = processes(witness);
        let zombies = after.iter().any(|process| process.state.starts_with('Z'));
        (orphans(&after) == 0 && !zombies).then_some(())
    });
}

#[derive(Debug)]
pub struct Process {
    pid: u32,
    parent: u32,
    pub state: String,
    pub command: String,
}

/// What ps(1) shows inside a container.
pub fn processes(container: &Container) -> Vec<Process> {
    let table = container.exec(&["ps", "-o", "pid,ppid,stat,args"]);
    let rows = table.lines().skip(1).map(|line| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_else(|| panic!("a short line: {line:?}"));
        let (pid, parent) = (word().parse().expect("a pid"), word().parse().expect("a pid"));
        let state = word().to_owned();
        Process { pid, parent, state, command: words.collect::<Vec<_>>().join(" ") }
    });
    rows.collect()
}
