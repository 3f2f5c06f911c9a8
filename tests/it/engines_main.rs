//! The suite that wants more than a plain machine has: container engines, whole machines in qemu, packaging tools.
//!
//! `cargo test --test engines` runs it; plain `cargo test` leaves it out, since it takes minutes. Where to look:
//!
//! | folder | what is in it |
//! |---|---|
//! | `engines/` | Docker, podman and containerd: images made from source, `--init`, pods, seccomp profiles |
//! | `release/` | what is shipped: the image for six platforms, and the packages |
//! | `booted/` | Debian's kernels in qemu-system: pausa as PID 1 of other architectures, containers in cgroup v2 |
//! | `holder.rs` | namespaces that end with the run |
//! | `harness/` | shared with `main.rs`, whose first lines say the rest |
//!
//! A trial that lacks something on this machine is ignored, and counted at the end. With `CI=true` it fails.

use std::process::ExitCode;

mod booted;
mod engines;
// What is not used here, the trials of `main.rs` use.
#[allow(dead_code)]
mod harness;
mod holder;
mod release;

fn main() -> ExitCode {
    let code = harness::main(None, || {
        let trials = [engines::trials(), release::trials(), booted::trials()];
        trials.into_iter().flatten().collect()
    });
    engines::tell_what_stays();
    code
}
