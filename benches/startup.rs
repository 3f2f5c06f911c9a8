//! What does an init add to the start of a program: `INIT -- TRUE` over plain `TRUE`?
//!
//! Method: TRUE is a static program without libc that exits at once, so nearly all that is timed is process start-up.
//! Each round spawns it bare and then once under each init, by posix_spawn(3) (`Command` without `pre_exec`), and
//! waits. What an init adds is the median of the differences to the bare one of the same round. Done twice: free to use
//! all cores, as in use, and on one core, where the scheduler's placement of the child is not part of the figure. Two
//! rows are not inits but the floor under all of them: start by fork or by vfork, exec, wait, exit, without libc.
//!
//! Limits: run outside a PID namespace, since making and tearing one down takes longer than what is looked for. A first
//! start from a cold page cache is not seen.

mod side_by_side;

use side_by_side::field::{Field, Init, supervisors};
use side_by_side::table::{self, Spread};
use side_by_side::{Payload, floor, interleave, payload, pin_to_one_core, rounds};
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

fn main() -> io::Result<()> {
    let mut field = supervisors();
    let program = payload(Payload::True);
    for (name, file, vforks) in [("(by fork)", "floor-fork", false), ("(by vfork)", "floor-vfork", true)] {
        match floor(&program, file, vforks) {
            Some(program) => field.inits.push(Init { name, program, argv0: None, flags: &[] }),
            None => field.missing.push(name),
        }
    }
    table::print_head("startup: what an init adds to a program's start", &field.missing);
    compare(&field, &program)?;
    table::print_title("startup: the same on one core");
    pin_to_one_core()?;
    compare(&field, &program)
}

fn compare(field: &Field, program: &Path) -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let rounds = rounds(1000, 30);

    // The bare program is contestant 0, the inits follow. A few rounds unseen fill the page cache.
    let contestants = 1 + field.len();
    let mut measure = |who: usize| {
        let init = who.checked_sub(1).map(|at| &field.inits[at]);
        spawn_and_wait(init, program, &null)
    };
    interleave(5, contestants, &mut measure)?;
    let samples = interleave(rounds, contestants, &mut measure)?;

    let bare = &samples[0];
    let mut added = Vec::new();
    let [median, edges] = Spread::of(bare).cells(0);
    let mut rows = vec![["(none)".into(), median, edges, "0".into(), "-".into()]];
    for (init, theirs) in field.inits.iter().zip(&samples[1..]) {
        let differences: Vec<f64> = theirs.iter().zip(bare).map(|(with, without)| with - without).collect();
        let plus = Spread::of(&differences);
        added.push(plus.median);
        let [median, edges] = Spread::of(theirs).cells(0);
        rows.push([
            init.name.into(),
            median,
            edges,
            plus.cells(0)[0].clone(),
            table::ratio(added[0], plus.median),
        ]);
    }
    println!("{rounds} rounds.\n");
    table::print(["init", "median, us", "min..max", "added, us", "ours / this, added"], &rows);

    if let Some(tini) = field.position("tini-static") {
        let share = added[0] / added[tini];
        table::print_goal(
            "ours adds at most 0.2 of what tini-static adds",
            &format!("{share:.3}"),
            share <= 0.2,
        );
    }
    Ok(())
}

/// Microseconds from before the spawn until the status is there.
fn spawn_and_wait(init: Option<&Init>, program: &Path, null: &File) -> io::Result<f64> {
    let mut command = match init {
        None => Command::new(program),
        Some(init) => {
            let mut command = Command::new(&init.program);
            command.args(init.flags).arg("--").arg(program);
            command
        }
    };
    command.env_clear().stdin(null.try_clone()?).stdout(Stdio::null()).stderr(null.try_clone()?);
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed().as_secs_f64() * 1e6;
    match status.success() {
        true => Ok(took),
        false => Err(io::Error::other(format!("{command:?} ended with {status}"))),
    }
}
