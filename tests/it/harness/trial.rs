//! How a row of a table becomes a trial: its name, what it lacks on this machine, what a bug of an original makes of
//! it.

use super::launch::Place;
use super::left_out::without;
use super::subject::{Subject, original};
use libtest_mimic::{Completion, Failed, Trial};
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, UnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

pub const STRACE: &str = "/usr/bin/strace";

/// A check and what it is called in a table.
pub type Named<F> = (&'static str, F);

/// Who is tried, and where.
pub struct Stand {
    place: Place,
    words: String,
}

impl From<Place> for Stand {
    fn from(place: Place) -> Self {
        Self { place, words: place.words().to_owned() }
    }
}

impl From<(Subject, Place)> for Stand {
    fn from((subject, place): (Subject, Place)) -> Self {
        (subject.name(), place).into()
    }
}

impl From<(&str, Place)> for Stand {
    fn from((who, place): (&str, Place)) -> Self {
        Self { place, words: format!("{who}, {}", place.words()) }
    }
}

/// The trial `TOPIC: NAME (WHO, WHERE)`.
pub fn trial(
    topic: &str,
    at: impl Into<Stand>,
    name: impl Display,
    check: impl FnOnce() + Send + 'static,
) -> Trial {
    let Stand { place, words } = at.into();
    place.trial(format!("{topic}: {name} ({words})"), check)
}

/// The same for one that runs strace(1).
pub fn traced_trial(
    topic: &str,
    at: impl Into<Stand>,
    name: impl Display,
    check: impl FnOnce() + Send + 'static,
) -> Trial {
    let Stand { place, words } = at.into();
    let missing = move || {
        let strace = (!Path::new(STRACE).exists()).then(|| format!("there is no {STRACE}"));
        place.missing().or(strace)
    };
    unless(missing, format!("{topic}: {name} ({words})"), check)
}

/// A trial that runs unless `missing` finds that this machine lacks something.
pub fn unless(
    missing: impl FnOnce() -> Option<String> + Send + 'static,
    name: String,
    check: impl FnOnce() + Send + 'static,
) -> Trial {
    ending(name, move || match missing() {
        Some(why) => Err(why),
        None => {
            check();
            Ok(())
        }
    })
}

/// A trial that fails by a panic; what its check says else is what this machine lacks.
pub fn ending(name: String, check: impl FnOnce() -> Result<(), String> + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || match checked(check)? {
        Ok(()) => Ok(Completion::Completed),
        Err(why) => without(&why),
    })
}

/// A trial that every machine can run.
pub fn plain(topic: &str, name: &str, check: impl FnOnce() + Send + 'static) -> Trial {
    unless(|| None, format!("{topic}: {name}"), check)
}

// -------------------------------------------------------------------------------------------------- bugs of originals

/// A row that holds for these programs, except that some originals are known to fail it.
///
/// Under `INIT_UNDER_TEST=original` the bug must still be there: the day it is not, the claim in our documents is
/// stale.
pub fn expecting_bug(
    has_bug: bool,
    row: impl FnOnce() + UnwindSafe + Send + 'static,
) -> impl FnOnce() + UnwindSafe + Send {
    move || {
        if has_bug && original() {
            PATIENCE.set(SHORT_PATIENCE);
            let ended = catch_unwind(row);
            PATIENCE.set(LONG_PATIENCE);
            assert!(ended.is_err(), "the original passes: it no longer has this bug");
        } else {
            row();
        }
    }
}

/// A deadline that only a hang reaches, on however busy a machine.
const LONG_PATIENCE: Duration = Duration::from_secs(60);
/// For a bug that shows by nothing happening.
const SHORT_PATIENCE: Duration = Duration::from_secs(3);

thread_local! {
    static PATIENCE: Cell<Duration> = const { Cell::new(LONG_PATIENCE) };
    /// Whether this thread runs a row now, whose panics are told at the end.
    static IS_CHECKING: Cell<bool> = const { Cell::new(false) };
    static PLACE_OF_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// How long a run that this thread starts may take, unless its row says otherwise.
pub fn patience() -> Duration {
    PATIENCE.get()
}

// ------------------------------------------------------------------------------------------------------------ failures

/// A failing row is told once, with its line, in the runner's list at the end, and not in the middle of other trials;
/// the panic of a row that is to fail is not told at all.
pub fn keep_panics_for_the_end() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !IS_CHECKING.get() {
            told(panic);
        }
        PLACE_OF_PANIC.set(panic.location().map(ToString::to_string));
    }));
}

fn checked<T>(check: impl FnOnce() -> T) -> Result<T, Failed> {
    IS_CHECKING.set(true);
    let ended = catch_unwind(AssertUnwindSafe(check));
    IS_CHECKING.set(false);
    ended.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
        format!("{}:\n{text}", PLACE_OF_PANIC.take().unwrap_or_default()).into()
    })
}
