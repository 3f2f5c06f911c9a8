//! The suite that every machine can run: whole programs, real PID namespaces, real terminals; nothing is mocked.
//!
//! Every row of every table is a trial of its own, so that a failure names the case. Where to look:
//!
//! | folder | what is in it |
//! |---|---|
//! | `harness/` | how a trial starts a program under test, speaks with it, and looks at it from outside |
//! | `contracts/` | what tini, dumb-init and catatonit promise, row by row; each row also holds for the original |
//! | `behaviour/` | what pausa does: one file for each thing that it promises |
//! | `files/` | what is read rather than run: the sources, the release binary, the manual page |
//! | `engines/`, `release/`, `booted/` | not here: `engines_main.rs`, which `cargo test --test engines` runs |
//! | `cluster/` | not here either: `cluster_main.rs`, which `cargo test --test cluster` runs |
//!
//! `INIT_UNDER_TEST=original` runs the trials that are not ours alone on the programs that pausa replaces, and
//! `INIT_UNDER_TEST=aarch64` (or another architecture) runs ours for that one in an emulator.
//!
//! No trial waits for time to pass: each waits for a line, an end of file, an exit or a state that the kernel shows.
//! One generous deadline for each run turns a hang into a failure that says what was seen.

use std::process::ExitCode;

mod behaviour;
mod contracts;
mod files;
mod harness;

fn main() -> ExitCode {
    harness::main(None, || {
        let trials = [behaviour::trials(), contracts::trials(), files::trials()];
        harness::emulated::within_reach(trials.into_iter().flatten().collect())
    })
}
