//! What the benches share: who is compared, how rounds are interleaved, where the programs they run come from.
//!
//! Method of every bench here: one run holds ours and the originals, in rounds A B C, C B A, …, so that a machine that
//! warms up, throttles or is shared slows all of them alike. A figure is only ever compared with one of the same run.
//! Benches measure and say whether a goal is met; they never fail for a slow machine. `tests/` is where promises fail.
//!
//! `cargo bench` passes `--bench`; without it (`cargo test --benches`) or with `-- --quick`, each bench does a short
//! run that shows that it still works.

#![allow(dead_code, reason = "each bench is a crate of its own and uses its part of this module")]

pub mod field;
pub mod pid1;
pub mod table;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a child under test should do; see `payload.c`.
#[derive(Clone, Copy, PartialEq)]
pub enum Payload {
    /// Exit with 0 at once.
    True,
    /// Write one byte to stdout, then sleep until a signal ends it.
    Stay,
}

/// Builds the static payload. Libc-free where `payload.c` knows the system call instruction: a static glibc spends
/// about 0.9 ms before `main` on a virtual machine, more than everything that `startup` wants to see.
///
/// # Panics
/// If there is no C compiler: a payload that is slower than the inits would answer another question.
pub fn payload(which: Payload) -> PathBuf {
    let (name, define) = match which {
        Payload::True => ("payload-true", "-UPAYLOAD_STAYS"),
        Payload::Stay => ("payload-stay", "-DPAYLOAD_STAYS"),
    };
    let program =
        built_bare(name, &[define]).or_else(|| built(Path::new(PAYLOAD), name, &["-O2", "-static", define]));
    program.expect("the benches need `cc` for benches/side_by_side/payload.c")
}

/// The least that a program can do to start `program`, by fork or by vfork, and to give its status: what no init can
/// beat. None where `payload.c` cannot be built without libc.
pub fn floor(program: &Path, name: &str, vforks: bool) -> Option<PathBuf> {
    let starts = format!("-DPAYLOAD_STARTS=\"{}\"", program.display());
    let clone = if vforks { "-DPAYLOAD_VFORKS" } else { "-UPAYLOAD_VFORKS" };
    built_bare(name, &[&starts, clone])
}

const PAYLOAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/side_by_side/payload.c");

fn built_bare(name: &str, defines: &[&str]) -> Option<PathBuf> {
    let bare =
        ["-O2", "-static", "-nostdlib", "-fno-stack-protector", "-Wl,--build-id=none", "-DPAYLOAD_BARE"];
    built(Path::new(PAYLOAD), name, &[&bare[..], defines].concat())
}

/// `source` compiled into the target directory, or none when that cannot be done here.
pub fn built(source: &Path, name: &str, flags: &[&str]) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let done = source.exists()
        && Command::new("cc").args(flags).arg("-o").arg(&program).arg(source).output().ok()?.status.success();
    done.then_some(program)
}

pub fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick") || !std::env::args().any(|arg| arg == "--bench")
}

/// How many rounds: the full number under `cargo bench`, the other one in a short run.
pub fn rounds(full: usize, quick: usize) -> usize {
    if is_quick() { quick } else { full }
}

/// Calls `measure` for each of `0..contestants`, `rounds` times over, and gives the samples of each.
///
/// The order turns by one in each pair of rounds and is reversed in the second: A B C, C B A, B C A, A C B, … Whoever
/// ran before leaves warm or cold caches behind, so nobody may always come first or always follow the same one.
///
/// # Errors
/// The first error of `measure`.
pub fn interleave<T>(
    rounds: usize,
    contestants: usize,
    mut measure: impl FnMut(usize) -> std::io::Result<T>,
) -> std::io::Result<Vec<Vec<T>>> {
    let mut samples: Vec<Vec<T>> = (0..contestants).map(|_| Vec::with_capacity(rounds)).collect();
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..contestants).collect();
        order.rotate_left(round / 2 % contestants);
        if round % 2 == 1 {
            order.reverse();
        }
        for who in order {
            bound();
            samples[who].push(measure(who)?);
        }
    }
    Ok(samples)
}

/// Ends this bench by SIGALRM if nothing starts for a minute from now: an init that hangs must not hang the machine.
/// What it started goes with it, see [`pid1::Pid1::start`].
pub fn bound() {
    nix::unistd::alarm::set(60);
}

/// Keeps this process and all that it starts from here on to one core.
///
/// With two cores, whether the kernel happens to put an init beside its child or across from it decides a figure of a
/// few microseconds (18 or 56 us were seen for one and the same init); on one there is nothing to decide.
///
/// # Errors
/// Those of sched_setaffinity(2).
pub fn pin_to_one_core() -> std::io::Result<()> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let first = (0..CpuSet::count()).find(|core| allowed.is_set(*core).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(first.unwrap_or(0))?;
    Ok(sched_setaffinity(this, &one)?)
}

/// Long enough for a program that has started to have gone to sleep, on a busy machine of two cores as well.
pub fn settle() {
    std::thread::sleep(Duration::from_millis(100));
}
