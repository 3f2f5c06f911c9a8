//! The integration suite: whole programs, real PID namespaces, real terminals; nothing is mocked.
//!
//! Every row of every table is a trial of its own, so that a failure names the case. The same binary is also the child
//! program that the rows run (`payload`) and the single-threaded helper that makes namespaces (`namespace`).
//! `INIT_UNDER_TEST=original` runs the rows that are not ours alone against the programs that pausa replaces, and
//! `INIT_UNDER_TEST=aarch64` (or another architecture) runs ours for that one in an emulator.
//!
//! No test waits for time to pass: each waits for a line, an end of file, an exit or a state that the kernel shows, and
//! one generous deadline for each run turns a hang into a failure that says what was seen.

use std::process::ExitCode;

// The harness, from the ground up.
mod kernel;
mod namespace;
mod payload;
mod process;
mod signals;
mod stubborn;
mod subject;

// The run of one subject.
mod ear;
mod emulated;
mod fields;
mod launch;
mod pty;
mod running;

// The contracts of the peers, row by row.
mod catatonit;
mod contract;
mod dumb_init;
mod kept;
mod mended;
mod pausing;
mod searching;
mod sessions;
mod shared;
mod tini;
mod values;

// The behaviours, one file each.
mod cli;
mod exit_status;
mod forwarding;
mod hold;
mod hold_cost;
mod manual;
mod mapped;
mod message;
mod message_file;
mod reaping;
mod seccomp;
mod size;
mod stopping;
mod targets;
mod terminal;
mod tidy;
mod wedge;
mod wedge_start;

// Whole machines of other architectures.
mod booted;

// Real engines.
mod containerd;
mod docker;
mod enclosure;
mod engine;
mod image;
mod image_tree;
mod podman;
mod seccomp_containerd;

// What is shipped.
mod packages;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("payload") => payload::main(&arguments[1..]),
        Some("namespace") => namespace::main(&arguments[1..]),
        _ => {}
    }
    let trials = [
        hold::trials(),
        hold_cost::trials(),
        exit_status::trials(),
        forwarding::trials(),
        targets::trials(),
        reaping::trials(),
        stopping::trials(),
        cli::trials(),
        message::trials(),
        message_file::trials(),
        terminal::trials(),
        shared::trials(),
        searching::trials(),
        values::trials(),
        kept::trials(),
        tini::trials(),
        dumb_init::trials(),
        sessions::trials(),
        catatonit::trials(),
        pausing::trials(),
        mended::trials(),
        wedge::trials(),
        wedge_start::trials(),
        seccomp::trials(),
        manual::trials(),
        size::trials(),
        mapped::trials(),
        tidy::trials(),
        image::trials(),
        booted::trials(),
        docker::trials(),
        podman::trials(),
        seccomp_containerd::trials(),
        packages::trials(),
        containerd::trials(),
    ];
    let trials = emulated::within_reach(trials.into_iter().flatten().collect());
    let conclusion = libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials);
    subject::remove_directory();
    conclusion.exit_code()
}
