//! What holding costs: syscalls until the first pause, memory while it lasts, and no clock that could wake it.
//!
//! Counted with strace(1), which also makes the syscalls fail that never fail by themselves.

use crate::behaviour::hold::until_paused;
use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::process::is_paused;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, Pause, Subject, directory, original};
use crate::harness::trial::{STRACE, traced_trial, trial};
use libc::SIGTERM;
use libtest_mimic::Trial;
use nix::sys::personality::{self, Persona};
use std::path::PathBuf;

/// From exec, without it, to the first pause(2), without it.
const SYSCALLS: usize = 12;

/// Kilobytes of memory, all of it and what no other process shares, with an empty environment.
const RESIDENT: u64 = 12;
const PRIVATE_DIRTY: u64 = 8;

const TOPIC: &str = "hold cost";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (nth, code) in [(1, 1), (2, 2), (3, 3)] {
        let name = format!("the failure of handler {nth} is exit code {code}");
        trials.push(traced_trial(TOPIC, (Pause, AsSubreaper), name, move || a_handler_fails(nth, code)));
    }
    if !original() {
        for subject in [Pause, Pausa] {
            let name = "few syscalls to the first pause";
            trials.push(traced_trial(TOPIC, (subject, AsSubreaper), name, move || pauses_soon(subject)));
            for place in PLACES {
                let at = (subject, place);
                trials.push(trial(TOPIC, at, "little memory", move || is_small(subject, place)));
                let name = "no timer, and no processor time, while it holds";
                trials.push(trial(TOPIC, at, name, move || has_no_clock(subject, place)));
            }
        }
    }
    trials
}

/// The subject below strace, which ends with its code, and the place of its record.
fn traced(subject: Subject, options: &[&str]) -> (Launch, PathBuf) {
    let record = directory().join(format!("strace-{}-{}", subject.name(), options.concat().replace('/', "")));
    let (path, out) = (subject.path(), record.to_str().expect("UTF-8").to_owned());
    let launch = Launch::program(STRACE, AsSubreaper).args(["-o", &out]).args(options).args(path.to_str());
    (launch, record)
}

fn a_handler_fails(nth: usize, code: i32) {
    let (launch, _) = traced(Pause, &["-e", &format!("inject=rt_sigaction:error=EPERM:when={nth}")]);
    assert_eq!(launch.start().wait(), Code(code));
}

fn pauses_soon(subject: Subject) {
    let (launch, record) = traced(subject, &[]);
    let mut running = launch.without_environment().start();
    // strace forks children of its own at first, which pause too, to try what the kernel can do.
    let is_it = |process: &Process| process.name == subject.name() && is_paused(process.pid);
    let paused = |running: &Running| running.processes().into_iter().find(is_it);
    let child = running.until("the subject to pause", paused).pid;
    crate::harness::syscall::send(child.as_raw(), SIGTERM).expect("the subject is there");
    assert_eq!(running.wait(), Code(0));
    let record = std::fs::read_to_string(record).expect("strace has written a record");
    let calls: Vec<&str> = record.lines().skip_while(|line| !line.starts_with("execve(")).skip(1).collect();
    let paused = calls.iter().position(|line| line.starts_with("pause(") || line.starts_with("ppoll("));
    let paused = paused.expect("a pause in the record");
    assert!(paused <= SYSCALLS, "{paused} syscalls:\n{}", calls[..paused].join("\n"));
}

/// The release binary, with nothing but a name.
fn held(subject: Subject, place: Place) -> Running {
    let launch = Launch::program(crate::files::size::release_path(), place).called(subject.name());
    let mut running = launch.without_environment().start();
    until_paused(&mut running);
    running
}

/// Without address space randomization, which puts up to 8 KiB between the strings and the frames of a stack,
/// and so costs any program a page or two by chance. `benches/memory.rs` shows the chances.
fn is_small(subject: Subject, place: Place) {
    // Inherited by what this thread starts (personality(2)).
    let before = personality::get().expect("personality");
    personality::set(before | Persona::ADDR_NO_RANDOMIZE).expect("personality");
    let running = held(subject, place);
    personality::set(before).expect("personality");
    let rollup =
        std::fs::read_to_string(format!("/proc/{}/smaps_rollup", running.pid())).expect("smaps_rollup");
    let kilobytes = |name: &str| -> u64 {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name)).expect("a known field");
        line.trim_end_matches("kB").trim().parse().expect("a number of kB")
    };
    let (resident, dirty) = (kilobytes("Rss:"), kilobytes("Private_Dirty:"));
    assert!(
        resident <= RESIDENT && dirty <= PRIVATE_DIRTY,
        "{resident} kB resident, {dirty} kB private dirty"
    );
}

/// pause(2) without a timer can only be ended by a signal, so nothing but the outside ever wakes it.
fn has_no_clock(subject: Subject, place: Place) {
    let running = held(subject, place);
    let timers = std::fs::read_to_string(format!("/proc/{}/timers", running.pid())).unwrap_or_default();
    assert_eq!(timers, "");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", running.pid())).expect("stat");
    let fields: Vec<&str> = stat[stat.rfind(')').expect("a name")..].split(' ').collect();
    // proc_pid_stat(5): utime and stime are fields 14 and 15, the name is field 2.
    let ticks: u64 = fields[12..14].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
    assert!(ticks <= 1, "{ticks} ticks of processor time");
}
