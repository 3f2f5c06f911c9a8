//! How much memory does an idle init hold, and how many bytes is its file?
//!
//! Method: each runs as PID 1 of a new PID namespace with an empty environment, one at a time so that none shares its
//! pages with another copy of itself, and is read from /proc/PID/smaps_rollup when it has gone to sleep: once with
//! nothing to do but hold, once with a sleeping static child.
//!
//! Limits: the kernel puts the first frame up to 8 KiB below the arguments, at random (arch_align_stack in
//! arch/x86/kernel/process.c), so any program at all has one to three pages of stack: hence the many rounds, and the
//! row of a bare program that sleeps. The goals are for the median. Rss counts file pages that the page cache holds
//! anyway and that the kernel maps around a fault, so it moves in steps of up to 64 KiB with the size of the file. Pss
//! divides libc's pages among all their users on this machine, which flatters the dynamic ones, as does the size of
//! their file, which has no libc in it. The kernel's own cost for a process (stack, task, page tables) is not in any
//! figure.

mod side_by_side;

use side_by_side::field::{Field, Init, holders, supervisors};
use side_by_side::pid1::Pid1;
use side_by_side::table::{self, Spread};
use side_by_side::{Payload, interleave, payload, rounds, settle};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;

/// Columns of smaps_rollup, in the kernel's kB of 1024 bytes.
const KEYS: [&str; 3] = ["Rss", "Pss", "Private_Dirty"];

fn main() -> io::Result<()> {
    let mut holding = holders();
    let child = payload(Payload::Stay);
    holding.inits.push(Init { name: "(a bare sleep)", program: child.clone(), argv0: None, flags: &[] });
    table::print_head("memory: idle, holding", &holding.missing);
    let [resident, _, dirty] = compare(&holding, &[])?;
    for (goal, limit, seen) in [("resident", 16.0, resident), ("private dirty", 8.0, dirty)] {
        let words = format!("median {}, at most {}", seen.median, seen.max);
        table::print_goal(&format!("holding takes at most {limit} KiB {goal}"), &words, seen.median <= limit);
    }

    let supervising = supervisors();
    table::print_head("memory: idle, supervising a sleeping child", &supervising.missing);
    compare(&supervising, &[child.as_os_str()])?;
    Ok(())
}

/// Prints the table and gives our own figures, in the order of [`KEYS`].
fn compare(field: &Field, command: &[&OsStr]) -> io::Result<[Spread; 3]> {
    // A page of a file that was just built and is not on disk yet is counted as its process's dirty page.
    for init in &field.inits {
        File::open(&init.program)?.sync_all()?;
    }
    let samples = interleave(rounds(21, 2), field.len(), |who| footprint(&field.inits[who], command))?;
    let mut ours: Option<([Spread; 3], f64)> = None;
    let mut rows = Vec::new();
    for (init, theirs) in field.inits.iter().zip(&samples) {
        let spreads: [Spread; 3] = std::array::from_fn(|key| {
            Spread::of(&theirs.iter().map(|sample| sample[key]).collect::<Vec<_>>())
        });
        let bytes = fs::metadata(&init.program)?.len() as f64;
        let (our_spreads, our_bytes) = *ours.get_or_insert((spreads, bytes));
        let [rss, edges] = spreads[0].cells(0);
        rows.push([
            init.name.into(),
            rss,
            edges,
            table::ratio(our_spreads[0].median, spreads[0].median),
            format!("{:.0}", spreads[1].median),
            table::ratio(our_spreads[1].median, spreads[1].median),
            format!("{:.0}", spreads[2].median),
            table::ratio(our_spreads[2].median, spreads[2].median),
            format!("{bytes:.0}"),
            table::ratio(our_bytes, bytes),
        ]);
    }
    println!("Medians in KiB of 1024 bytes; each ratio is ours / this, of the column before it.\n");
    table::print(
        [
            "init",
            "Rss",
            "min..max",
            "ratio",
            "Pss",
            "ratio",
            "Private_Dirty",
            "ratio",
            "file, bytes",
            "ratio",
        ],
        &rows,
    );
    Ok(ours.expect("ours is always in the field").0)
}

fn footprint(init: &Init, command: &[&OsStr]) -> io::Result<[f64; 3]> {
    let running =
        if command.is_empty() { Pid1::start(init, command)? } else { Pid1::start_with_child(init, command)? };
    settle();
    let mut figures = [0.0; 3];
    for (figure, key) in figures.iter_mut().zip(KEYS) {
        *figure = running.number("smaps_rollup", key)?;
    }
    Ok(figures)
}
