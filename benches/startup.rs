//! What does an init add to the start of a program: `INIT -- TRUE` over plain `TRUE`?
//!
//! Method: TRUE is a static program without libc that exits at once, so nearly all that is timed is process start-up.
//! Each round spawns it bare and then once under each init, by posix_spawn(3) (`Command` without `pre_exec`), and
//! waits. What an init adds is the median of the differences to the bare one of the same round.
//!
//! Limits: run outside a PID namespace, since making and tearing one down takes longer than what is looked for. A first
//! start from a cold page cache is not seen. The figure holds one fork, one exec, two waits; none of them can be less.

mod side_by_side;

use side_by_side::field::{Init, supervisors};
use side_by_side::table::{self, Spread};
use side_by_side::{Payload, interleave, payload, rounds};
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

fn main() -> io::Result<()> {
    let field = supervisors();
    table::print_head(
        "startup: what an init adds to a program's start",
        &field.missing,
    );
    let program = payload(Payload::True);
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let rounds = rounds(1000, 30);

    // The bare program is contestant 0, the inits follow. A few rounds unseen fill the page cache.
    let contestants = 1 + field.len();
    let mut measure = |who: usize| {
        spawn_and_wait(
            who.checked_sub(1).map(|at| &field.inits[at]),
            &program,
            &null,
        )
    };
    interleave(5, contestants, &mut measure)?;
    let samples = interleave(rounds, contestants, &mut measure)?;

    let bare = Spread::of(&samples[0]);
    let added: Vec<Spread> = samples[1..]
        .iter()
        .map(|theirs| {
            Spread::of(
                &theirs
                    .iter()
                    .zip(&samples[0])
                    .map(|(with, without)| with - without)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let mut rows = vec![[
        "(none)".to_string(),
        bare.cells(0)[0].clone(),
        bare.cells(0)[1].clone(),
        "0".into(),
        "-".into(),
    ]];
    for ((init, theirs), plus) in field.inits.iter().zip(&samples[1..]).zip(&added) {
        let [median, edges] = Spread::of(theirs).cells(0);
        rows.push([
            init.name.into(),
            median,
            edges,
            plus.cells(0)[0].clone(),
            table::ratio(added[0].median, plus.median),
        ]);
    }
    println!("{rounds} rounds.\n");
    table::print(
        [
            "init",
            "median, us",
            "min..max",
            "added, us",
            "ours / this, added",
        ],
        &rows,
    );

    if let Some(tini) = field.position("tini-static") {
        let share = added[0].median / added[tini].median;
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
    command
        .env_clear()
        .stdin(null.try_clone()?)
        .stdout(Stdio::null())
        .stderr(null.try_clone()?);
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed().as_secs_f64() * 1e6;
    match status.success() {
        true => Ok(took),
        false => Err(io::Error::other(format!("{command:?} ended with {status}"))),
    }
}
