//! What this run left out and why: counted while it runs, told at its end.

use libtest_mimic::{Completion, Failed};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// How many trials for each reason.
static REASONS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// The end of a trial that lacks something on this machine. In CI it fails: nobody would notice there that it is left
/// out.
pub fn without(why: &str) -> Result<Completion, Failed> {
    if in_ci() { Err(why.into()) } else { Ok(for_good(why)) }
}

/// The end of a trial that cannot pass here, for a reason that nobody can mend, in CI either.
pub fn for_good(why: &str) -> Completion {
    let mut reasons = REASONS.lock().expect("counting does not panic");
    *reasons.entry(why.lines().next().unwrap_or_default().trim().to_owned()).or_default() += 1;
    Completion::ignored()
}

pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// By reason, the largest number first.
pub fn tell() {
    let reasons = REASONS.lock().expect("counting does not panic");
    let mut rows: Vec<(&String, &usize)> = reasons.iter().collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    if !rows.is_empty() {
        println!("Left out on this machine: {} trials.", reasons.values().sum::<usize>());
    }
    for (why, count) in rows {
        println!("{count:>6}  {why}");
    }
}
