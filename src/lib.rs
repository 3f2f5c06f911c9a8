//! pausa: the PID 1 that everything else in a container stands on.
//!
//! It does one of two things. It *holds*: pauses for ever, keeps the namespaces of a pod alive and reaps
//! orphans, as Kubernetes' pause does. Or it *supervises*: runs one command as a child, forwards signals,
//! reaps, and ends with the command's exit status.
//!
//! ```text
//! stack -> Args, Env -> Personality -> Config -> hold | supervise -> ExitStatus -> exit_group
//! ```
//!
//! The way of a call through the files: `pausa_entry` in `sys/arch/` is the first instruction; `sys::entry::start`
//! makes `Args` and `Env` of the stack; [`run`] below; `cli::parse::parse` makes the `Config`; then one of
//! `run::hold::hold`, `run::supervise::supervise` (which spawns the child, and then is the loop in `run::supervisor`)
//! and `run::report::answer`; at last `sys::exit`.
//!
//! A line of code knows its rights from its folder. `tests/it/files/tidy.rs` enforces them:
//!
//! | room | what is in it | what it may name |
//! |---|---|---|
//! | `bytes`, `time`, `args` | texts; durations; the kernel's stack, typed | nothing else |
//! | `model` | what the kernel speaks of: signals, statuses, processes, errors | `bytes`, `time` |
//! | `policy` | what to do about it | the rooms above |
//! | `message` | what is said about it | the rooms above |
//! | `cli` | how arguments and environment become a `Config` | the rooms above |
//! | `sys` | the kernel, typed; all that is `unsafe` but `args` and `mem` | `args`, `bytes`, `time`, `model` |
//! | `run` | actions, by way of the trait `Kernel` or of `sys` | all of them |
//!
//! Nothing allocates, nothing panics, whatever the input; no global is writable; `core::fmt` is not in the binary.
//! `Config` does not change after parsing, and no action asks which personality it serves.
//!
//! The modules stand in reading order.

#![cfg_attr(not(test), no_std)]
#![deny(clippy::multiple_unsafe_ops_per_block)]

pub mod args;
pub mod bytes;
pub mod time;
/// What the kernel speaks of. Pure.
pub mod model {
    pub mod errno;
    pub mod process;
    pub mod siginfo;
    pub mod signal;
    pub mod stat;
    pub mod status;
}
/// What to do about what happens. Pure.
pub mod policy {
    pub mod disposition;
    pub mod facts;
    pub mod fairness;
    pub mod forward;
    pub mod inspection;
    pub mod reason;
    pub mod remap;
    pub mod shutdown;
}
/// What is said. Pure.
pub mod message {
    pub mod catalog;
    pub mod event;
    pub mod fill;
    pub mod inspection;
    pub mod json;
    pub mod line;
    pub mod own_words;
    pub mod sentence;
    pub mod strerror;
    pub mod termination;
    pub mod text;
    pub mod topic;
}
/// From arguments and environment to a `Config`. Pure.
pub mod cli {
    pub mod config;
    pub mod getopt;
    pub mod grammar;
    pub mod parse;
    pub mod personality;
}
/// Actions.
pub mod run {
    mod cgroup;
    mod drain;
    pub mod entered;
    pub mod hold;
    pub mod inspect;
    pub mod install;
    pub mod jobs;
    mod judge;
    pub mod post_mortem;
    pub mod report;
    pub mod search;
    mod send;
    pub mod spawn;
    mod stopping;
    pub mod supervise;
    pub mod supervisor;
    pub mod terminal;
}
pub mod sys;

use args::{Args, Env};
use cli::config::Task;
use cli::parse::OUR_VARIABLE;
use model::errno::Errno;
use model::signal::SignalSet;
use model::status::ExitStatus;
use sys::MainStack;

/// The whole program, from its arguments to its exit status. `inherited` is the signal mask that it was
/// started with; by now all signals are blocked. `stack` is for a hold, which gives back what is unused of it.
pub fn run<'a>(
    args: Args<'a>,
    mut env: Env<'a>,
    inherited: Result<SignalSet, Errno>,
    stack: &MainStack,
) -> ExitStatus {
    if env.get(OUR_VARIABLE).is_some() && run::entered::is_entered() {
        // An engine gives whatever it executes in a container the environment that was meant for PID 1.
        env.remove(OUR_VARIABLE);
    }
    let config = cli::parse::parse(args, &mut env);
    match &config.task {
        Task::Hold(hold) => run::hold::hold(*hold, &config, inherited, stack),
        Task::Supervise(command) => run::supervise::supervise(command, &env, &config, inherited),
        Task::Install(path) => run::install::install(&config, path),
        // Print, Complain. Naming them costs 64 bytes; `answer` names them all.
        _ => run::report::answer(&config),
    }
}
