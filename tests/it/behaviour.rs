//! What pausa does while it holds and while it supervises, one file for each promise. Where a promise is the peers' as
//! well, its trials are run for each of them.

use libtest_mimic::Trial;

mod adversary;
mod asked_to_hold;
mod bad_stderr;
mod claims;
mod cli;
mod exit_status;
mod failed_start;
mod faults;
mod forwarding;
mod hanging_start;
mod hold;
mod hold_cost;
mod impostors;
mod install;
mod last_words;
mod listening;
mod memory_map;
mod message;
mod message_file;
mod reaping;
mod remap_by_reason;
mod seccomp;
mod soak;
mod stopping;
mod strange_proc;
mod targets;
mod terminal;
mod timeout;
mod under_stress;

pub use exit_status::script;
pub use forwarding::keeps;

pub fn trials() -> Vec<Trial> {
    [
        hold::trials(),
        hold_cost::trials(),
        exit_status::trials(),
        forwarding::trials(),
        targets::trials(),
        reaping::trials(),
        stopping::trials(),
        adversary::trials(),
        asked_to_hold::trials(),
        claims::trials(),
        cli::trials(),
        message::trials(),
        message_file::trials(),
        last_words::trials(),
        remap_by_reason::trials(),
        impostors::trials(),
        install::trials(),
        strange_proc::trials(),
        bad_stderr::trials(),
        terminal::trials(),
        timeout::trials(),
        under_stress::trials(),
        soak::trials(),
        failed_start::trials(),
        faults::trials(),
        hanging_start::trials(),
        listening::trials(),
        seccomp::trials(),
        memory_map::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
