//! Each system call of pausa, made to fail with what its manual page documents and with what a seccomp filter says,
//! once and for ever. Whatever fails, pausa neither hangs nor spins, and the child's status is not lost, or pausa tells
//! in one line why it ends. The rows are in `table`; docs/failure-modes.md has the same table.

use crate::files::tidy::{Source, sources_below};
use crate::harness::injection::{Fault, When};
use crate::harness::launch::Place;
use crate::harness::subject::original;
use crate::harness::trial::{plain, traced_trial};
use libtest_mimic::Trial;
use nix::errno::Errno;

mod life;
mod table;

use life::Life;
use table::{LEFT_OUT, ROWS};

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The child's status, and no line that would not be there otherwise.
    Unharmed,
    /// The child's status, and a line with this in it.
    Told(&'static str),
    /// This code, at once, and a line with this in it.
    Ends(i32, &'static str),
}

/// What a row gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A signal that kill(2) should have sent.
    Signal,
    /// Others than the child are not reached.
    Others,
    /// The termination message.
    Message,
    /// Zombies are not reaped at once.
    Zombies,
    /// Lines on stderr.
    Lines,
    /// The child is not in the terminal's foreground.
    Foreground,
}

pub struct Row {
    pub call: &'static str,
    pub life: Life,
    pub places: &'static [Place],
    /// The most telling one first.
    pub errors: &'static [Errno],
    pub when: &'static [When],
    pub outcome: Outcome,
    pub loses: &'static [Loss],
    /// For the page: what pausa does.
    pub does: &'static str,
}

const TOPIC: &str = "faults";

/// Calls that strace may see in a run; each life makes less than a fifth of them.
const CALLS: usize = 1000;

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let all = std::env::var("FAULTS").is_ok_and(|which| which == "all");
    let mut trials = Vec::new();
    trials.push(plain(TOPIC, "docs/failure-modes.md has these rows", is_on_the_page));
    trials.push(plain(TOPIC, "each call that the sources name has a row, or a reason why not", covers_all));
    for row in ROWS {
        let errors = if all { row.errors } else { &row.errors[..1] };
        for &place in row.places {
            for &error in errors {
                for &when in row.when {
                    let fault = Fault { call: row.call, error, when };
                    let name = format!("{} {}", name_of(fault), row.life.words());
                    trials.push(traced_trial(TOPIC, place, name, move || holds(row, place, fault)));
                }
            }
        }
    }
    trials
}

fn name_of(Fault { call, error, when }: Fault) -> String {
    format!("{call} fails by {error:?} {}", words_for(when))
}

fn words_for(when: When) -> &'static str {
    match when {
        When::Always => "for ever",
        When::Nth(1) => "once",
        When::Nth(_) => "the second time",
    }
}

fn covers_all() {
    for source in sources_below("src") {
        for rest in source.code().split("libc::SYS_").skip(1) {
            let name =
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().expect("split gives a part");
            let is_known = ROWS.iter().map(|row| row.call).chain(LEFT_OUT.iter().map(|(call, _)| *call));
            assert!(is_known.into_iter().any(|call| call == name), "{name} has no row");
        }
    }
    for (call, _) in LEFT_OUT {
        let in_c = format!("libc::SYS_{call}");
        let is_named = |source: &Source| source.code().contains(&in_c);
        assert!(sources_below("src").iter().any(is_named), "{call} is not called any more");
        assert!(ROWS.iter().all(|row| row.call != *call), "{call} has a row");
    }
}

fn is_on_the_page() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/failure-modes.md");
    let page = std::fs::read_to_string(page).expect("read docs/failure-modes.md");
    for (head, wanted) in
        [("|---|---|---|---|---|\n", rows_of_the_page()), ("|---|---|\n", left_out_of_the_page())]
    {
        // A table ends with an empty line.
        let table =
            |(_, rest): (&str, &str)| format!("{}\n", rest.split("\n\n").next().unwrap_or(rest).trim_end());
        let found = page.split_once(&format!("\n{head}")).map(table);
        assert!(found.as_ref() == Some(&wanted), "the rows should be:\n{wanted}");
    }
}

fn left_out_of_the_page() -> String {
    LEFT_OUT.iter().map(|(call, why)| format!("| `{call}` | {why} |\n")).collect()
}

fn rows_of_the_page() -> String {
    let line = |row: &Row| {
        let errors = row.errors.iter().map(|error| format!("{error:?}")).collect::<Vec<_>>().join(", ");
        let when = row.when.iter().map(|when| words_for(*when)).collect::<Vec<_>>().join(", ");
        let does = row.does.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let told = match row.outcome {
            Outcome::Unharmed | Outcome::Ends(_, "") => String::new(),
            Outcome::Told(told) => format!("tells `{}`; ", told.trim()),
            Outcome::Ends(code, told) => format!("tells `{}`, exits with {code}; ", told.trim()),
        };
        let places = if row.places.len() == 1 { row.places[0].words() } else { "" };
        let life = format!("{} {places}", row.life.words());
        format!("| `{}` | {} | {errors} | {when} | {told}{does} |\n", row.call, life.trim())
    };
    ROWS.iter().map(line).collect()
}

fn holds(row: &Row, place: Place, fault: Fault) {
    let seen = row.life.live(place, fault, row);
    let calls = seen.record.lines().count();
    assert!(seen.record.contains("(INJECTED)"), "nothing was injected:\n{}", seen.record);
    assert!(calls <= CALLS, "{calls} calls");
    let own = seen.stderr.lines().filter(|line| line.contains("pausa: ")).collect::<Vec<_>>();
    match row.outcome {
        Outcome::Unharmed => assert!(row.life.speaks() || own.is_empty(), "{own:?}"),
        Outcome::Told(told) | Outcome::Ends(_, told) => {
            let lines = own.iter().filter(|line| line.contains(told)).count();
            assert!(lines == 1 || (lines == 0 && told.is_empty()), "{told:?} in {lines} lines of {own:?}");
        }
    }
}
