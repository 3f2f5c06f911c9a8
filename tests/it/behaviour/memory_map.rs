//! What a running pausa has mapped: nothing that can be both written and executed, and nothing to write to but a stack.

use crate::behaviour::hold::until_paused;
use crate::files::size::release_path;
use crate::harness::launch::{Launch, PLACES, Place};
use crate::harness::process::waits_for_ever;
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, Pause, original, supervisors};
use crate::harness::trial::trial;
use libtest_mimic::Trial;
use std::fs;

const TOPIC: &str = "memory map";

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for subject in [Pause, Pausa] {
            let check = move || {
                let mut running = of_release(subject.name(), place).start();
                until_paused(&mut running);
                has_only_a_stack(&running);
            };
            trials.push(trial(TOPIC, (subject, place), "a hold can write to its stack only", check));
        }
        for &subject in supervisors() {
            let check = move || {
                let mut running = of_release(subject.name(), place).args(["--"]).payload("wait").start();
                running.handshake("ready");
                running.until("it to wait", |running| waits_for_ever(running.pid()));
                has_only_a_stack(&running);
            };
            trials.push(trial(TOPIC, (subject, place), "who supervises can write to its stack only", check));
        }
    }
    trials
}

/// The binary that ships, by the name that makes it that subject.
fn of_release(name: &str, place: Place) -> Launch {
    Launch::program(release_path(), place).called(name)
}

/// proc_pid_maps(5): permissions in second place, and at the end a file or what the kernel calls it.
fn has_only_a_stack(running: &Running) {
    let maps = fs::read_to_string(format!("/proc/{}/maps", running.pid())).expect("read the maps");
    let rows = maps.lines().map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        (words[1], words.get(5).copied().unwrap_or(""))
    });
    let both: Vec<_> =
        rows.clone().filter(|(access, _)| access.contains('w') && access.contains('x')).collect();
    assert!(both.is_empty(), "{both:?} in\n{maps}");
    let writable: Vec<_> = rows.filter(|(access, _)| access.contains('w')).collect();
    assert_eq!(writable, [("rw-p", "[stack]")], "in\n{maps}");
}
