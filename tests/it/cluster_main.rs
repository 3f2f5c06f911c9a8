//! The suite that wants a whole Kubernetes: `cargo test --test cluster` brings one up, runs pods in it and takes it down.
//!
//! `tests/fixtures/kubernetes` builds its programs first, once, in minutes. Plain `cargo test` leaves it all out.
//!
//! | folder | what is in it |
//! |---|---|
//! | `cluster/` | the rig, and the pods that run in it |
//! | `holder.rs` | namespaces that end with the run |
//! | `harness/` | shared with `main.rs`, whose first lines say the rest |
//!
//! A trial that lacks something on this machine is ignored, and counted at the end. With `CI=true` it fails.

use std::process::ExitCode;

mod cluster;
// What is not used here, the trials of `main.rs` use.
#[allow(dead_code)]
mod harness;
mod holder;

fn main() -> ExitCode {
    // They mostly wait for somebody else; more at a time than this, and probes run into their limits on two processors.
    harness::main(Some(4), cluster::trials)
}
