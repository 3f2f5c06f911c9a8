//! Samples to figures, figures to a markdown table that can be pasted into a page.

use super::field::Field;

/// The middle and the edges of a set of samples, in the samples' unit.
#[derive(Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// # Panics
    /// If there are no samples.
    pub fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self { median: sorted[sorted.len() / 2], min: sorted[0], max: sorted[sorted.len() - 1] }
    }

    /// `median` and `min..max` as two cells.
    pub fn cells(&self, digits: usize) -> [String; 2] {
        [format!("{:.digits$}", self.median), format!("{:.digits$}..{:.digits$}", self.min, self.max)]
    }
}

/// `ours / theirs`, the column by which a reader judges: below 1, ours takes less.
pub fn ratio(ours: f64, theirs: f64) -> String {
    if theirs == 0.0 { "-".into() } else { format!("{:.3}", ours / theirs) }
}

/// The head of a report: the question, then the machine that answers it, since figures mean nothing without one.
pub fn print_head(question: &str, missing: &[&str]) {
    print_title(question);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get());
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("", |rest| rest.trim_start_matches([':', '\t', ' ']));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    print!("Linux {} {}, {cores} cores", kernel.trim(), std::env::consts::ARCH);
    if !model.is_empty() {
        print!(" ({model})");
    }
    println!(", load {} at the start.", load.split(' ').next().unwrap_or("unknown"));
    if !env!("CARGO_BIN_EXE_pausa").contains("/release/") {
        println!("NOT a release build of pausa: these figures are for trying the bench out.");
    }
    if super::is_quick() {
        println!("A quick run: few rounds.");
    }
    if !missing.is_empty() {
        println!("Missing on this machine, and so not compared: {}.", missing.join(", "));
    }
    println!();
}

/// The title of one more table on the same machine.
pub fn print_title(title: &str) {
    println!("\n### {title}\n");
}

/// Prints a markdown table, columns aligned for a terminal; all but the first are numbers and stand to the right.
pub fn print<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let width: [usize; N] = std::array::from_fn(|column| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    });
    let line = |cells: &[String; N]| {
        let mut text = format!("| {:<w$} |", cells[0], w = width[0]);
        for (cell, w) in cells.iter().zip(width).skip(1) {
            text += &format!(" {cell:>w$} |");
        }
        println!("{text}");
    };
    line(&head.map(String::from));
    line(&std::array::from_fn(|column| {
        if column == 0 { "-".repeat(width[0]) } else { format!("{}:", "-".repeat(width[column] - 1)) }
    }));
    rows.iter().for_each(line);
    println!();
}

/// The common table: a row for each contestant with median, edges, and ours as a part of theirs.
pub fn print_spreads(field: &Field, unit: &str, digits: usize, samples: &[Vec<f64>]) -> Vec<Spread> {
    let spreads: Vec<Spread> = samples.iter().map(|theirs| Spread::of(theirs)).collect();
    let rows: Vec<[String; 4]> = field
        .inits
        .iter()
        .zip(&spreads)
        .map(|(init, spread)| {
            let [median, edges] = spread.cells(digits);
            [init.name.into(), median, edges, ratio(spreads[0].median, spread.median)]
        })
        .collect();
    print(["init", &format!("median, {unit}"), "min..max", "ours / this"], &rows);
    spreads
}

/// One line on a goal.
pub fn print_goal(goal: &str, seen: &str, is_met: bool) {
    println!("Goal: {goal}. Seen: {seen}, {}.", if is_met { "met" } else { "MISSED" });
}
