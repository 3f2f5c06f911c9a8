//! Container engines: Docker, podman with and without root, containerd. Each needs its engine on this machine.

use libtest_mimic::Trial;
use std::sync::Mutex;

mod containerd;
mod containerd_seccomp;
mod docker;
mod enclosure;
pub mod engine;
mod examples;
mod image_tree;
mod manifests;
mod podman;
mod profile_copy;

/// What stays on this machine, and how to remove it.
static LEFT_BEHIND: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn left_behind(what: String) {
    LEFT_BEHIND.lock().expect("noting does not panic").push(what);
}

/// Said when the run is over.
pub fn tell_what_stays() {
    for what in LEFT_BEHIND.lock().expect("noting does not panic").iter() {
        println!("Left on this machine: {what}");
    }
}

pub fn trials() -> Vec<Trial> {
    if crate::harness::subject::foreign().is_some() {
        // They build for this machine, or for all.
        return Vec::new();
    }
    [
        docker::trials(),
        examples::trials(),
        manifests::trials(),
        podman::trials(),
        containerd::trials(),
        containerd_seccomp::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
