//! How often is a SIGTERM lost that comes while the init is still starting its child?
//!
//! Method: the init is PID 1 of a new PID namespace. As soon as /proc shows that it has a child it is sent SIGTERM, the
//! worst moment: the child exists, but has not yet made its process group nor called exec. A signal that arrived ends
//! the child and with it the namespace, and the pipe that is everyone's stdout comes to its end. If instead the child
//! says that it runs, and still does a tenth of a second later, the signal was lost, and a user would wait for the
//! runtime's SIGKILL. The variants that signal the group, or do not, are shown too, since the race differs.
//!
//! Limits: how often depends on how soon the reader of /proc notices, so compare within a run only. A tenth of a second
//! could be too short on a machine that is starved for as long; then every row shows losses.

mod side_by_side;

use nix::sys::signal::Signal;
use side_by_side::field::{Field, Init, supervisors};
use side_by_side::pid1::{Heard, Pid1};
use side_by_side::{Payload, interleave, payload, rounds, table};
use std::ffi::OsStr;
use std::io;
use std::time::{Duration, Instant};

fn main() -> io::Result<()> {
    let field = with_variants(supervisors());
    table::print_head("early_signals: SIGTERM in the moment the child appears", &field.missing);
    let child = payload(Payload::Stay);
    let command = [child.as_os_str()];
    let rounds = rounds(200, 25);
    let lost: Vec<usize> = interleave(rounds, field.len(), |who| is_lost(&field.inits[who], &command))?
        .iter()
        .map(|theirs| theirs.iter().filter(|is_lost| **is_lost).count())
        .collect();

    let rows: Vec<[String; 4]> = field
        .inits
        .iter()
        .zip(&lost)
        .map(|(init, lost_here)| {
            let share = 100.0 * *lost_here as f64 / rounds as f64;
            let compared = table::ratio(lost[0] as f64, *lost_here as f64);
            [init.name.into(), format!("{lost_here} of {rounds}"), format!("{share:.1} %"), compared]
        })
        .collect();
    table::print(["init", "lost", "share", "ours / this"], &rows);
    let ours: usize = field
        .inits
        .iter()
        .zip(&lost)
        .filter(|(init, _)| init.name.starts_with("pausa"))
        .map(|(_, lost)| lost)
        .sum();
    table::print_goal("ours loses none", &ours.to_string(), ours == 0);
    Ok(())
}

/// Each init in its usual way, and then in the other one: to the group where the child is usual, and the reverse.
fn with_variants(field: Field) -> Field {
    let others: [(&str, &str, &[&str]); 4] = [
        ("pausa", "pausa -g", &["-g"]),
        ("tini-static", "tini-static -g", &["-s", "-g"]),
        ("dumb-init", "dumb-init -c", &["-c"]),
        ("catatonit", "catatonit -g", &["-g"]),
    ];
    let twins = others.iter().filter_map(|(of, name, flags)| {
        Some(Init { name, flags, ..field.inits[field.position(of)?].clone() })
    });
    let inits = field.inits.iter().cloned().chain(twins).collect();
    Field { inits, missing: field.missing }
}

fn is_lost(init: &Init, command: &[&OsStr]) -> io::Result<bool> {
    let running = Pid1::start(init, command)?;
    let deadline = Instant::now() + Duration::from_secs(2);
    // Without a pause between reads: the moment that is looked for lasts some hundred microseconds.
    while !running.has_child() {
        if Instant::now() > deadline {
            return Err(io::Error::other(format!("{} has no child after two seconds", init.name)));
        }
    }
    running.send(Signal::SIGTERM)?;
    Ok(match running.hears(2000)? {
        Heard::End => false,
        Heard::Byte => matches!(running.hears(100)?, Heard::Silence),
        Heard::Silence => true,
    })
}
