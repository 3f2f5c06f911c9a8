//! pausa: the PID 1 that everything else in a container stands on.
//!
//! It does one of two things. It *holds*: pauses for ever, keeps the namespaces of a pod alive and reaps
//! its orphans, as Kubernetes' pause does. Or it *supervises*: runs one command as a child, forwards
//! signals, reaps, and ends with the command's exit status.
//!
//! ```text
//! stack -> Args, Env -> Personality -> Config -> hold | supervise -> ExitStatus -> exit
//! ```
//!
//! Invariants, which `tests/it/tidy.rs` enforces:
//!
//! 1. Pure rooms decide and touch nothing: they never name `sys` or `arch`, and hold no `unsafe`.
//! 2. Only `sys` names `arch`; only `start` and `arch` see the raw stack.
//! 3. `Config` does not change after parsing. There is no writable global; handlers call `reap`, `report` and
//!    `sys`, none of which keeps anything or waits.
//! 4. Nothing allocates. Nothing panics, whatever the input. `core::fmt` is not in the binary.
//! 5. Every personality ends in the same `Config`; no deed asks which one it serves.
//!
//! The modules stand in reading order.

#![cfg_attr(not(test), no_std)]

pub mod args;
// Pure: decide.
pub mod config;
pub mod errno;
pub mod event;
pub mod forward;
pub mod getopt;
pub mod line;
pub mod parse;
pub mod personality;
pub mod process;
pub mod shutdown;
pub mod signal;
pub mod split;
pub mod status;
pub mod termination;
pub mod voice;
pub mod words;
// Deeds: act through `sys`.
pub mod hold;
pub mod reap;
pub mod report;
pub mod spawn;
pub mod supervise;
pub mod terminal;
pub mod witness;
// Metal.
mod arch;
mod start;
pub mod sys;

use core::ffi::CStr;

use args::{Args, Env};
use config::{Config, Task};
use personality::Personality;
use signal::SignalSet;
use status::ExitStatus;
use sys::Fd;

/// The whole program, from its arguments to its exit status. `inherited` is the signal mask that it was
/// started with; by now all signals are blocked.
pub fn run<'a>(mut args: Args<'a>, env: Env<'a>, inherited: SignalSet) -> ExitStatus {
    let name = args.next().map_or(&b""[..], CStr::to_bytes);
    let personality = Personality::from_argv0(name);
    let mut config = Config::new(name, personality);
    (personality.parse)(&mut args, &env, &mut config);
    match &config.task {
        Task::Hold(hold) => hold::hold(*hold, &config),
        Task::Supervise(command) => supervise::supervise(command, &env, &config, inherited),
        _ => report::answer(&config),
    }
}

/// The end that must never come: says `line` and exits with pausa's own failure.
pub fn abandon(line: &[u8]) -> ! {
    let _ = sys::write_now(Fd::STDERR, line);
    sys::exit(ExitStatus::OWN_FAILURE)
}
