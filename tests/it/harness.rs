//! What every trial is made with. From the ground up: the kernel (`syscall`, `signals`, `process`), the program under
//! test (`subject`, `emulated`), one run of it (`launch`, `namespace`, `payload`, `running`, `reader`, `pty`), what it
//! says (`call`, `message_fields`), and how a row becomes a trial (`trial`, `left_out`).
//!
//! The test binary is three programs: the suite, the child that most trials run below an init (`payload`), and the
//! process between the suite and an init, which has one thread and so may make namespaces (`namespace`).

use libtest_mimic::{Arguments, FormatSetting, Trial};
use std::collections::HashSet;
use std::process::ExitCode;

pub mod call;
pub mod emulated;
pub mod injection;
pub mod launch;
pub mod left_out;
pub mod message_fields;
pub mod namespace;
pub mod payload;
pub mod process;
pub mod pty;
pub mod reader;
pub mod running;
pub mod seccomp_profile;
pub mod signals;
pub mod subject;
pub mod syscall;
pub mod trial;

/// Columns of the longest name. With what the runner adds, a line has 100.
const LONGEST_NAME: usize = 88;

/// The `main` of each suite; so many trials at a time unless the caller says another number, or as there are processors.
pub fn main(threads: Option<usize>, trials: impl FnOnce() -> Vec<Trial>) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("payload") => payload::main(&words[1..]),
        Some("held-back") => injection::main(&words[1..]),
        Some("namespace") => namespace::main(&words[1..]),
        _ => {}
    }
    trial::keep_panics_for_the_end();
    let mut trials = trials();
    let names: Vec<String> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    let title = "each name fits a line, and only one trial has it";
    trials.push(trial::plain("suite", title, move || check_names(&names)));
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(threads);
    let conclusion = libtest_mimic::run(&arguments, trials);
    subject::remove_directory();
    if arguments.format != Some(FormatSetting::Json) {
        left_out::tell();
    }
    conclusion.exit_code()
}

/// A name is how a trial is found and run again.
fn check_names(names: &[String]) {
    let long: Vec<&String> = names.iter().filter(|name| name.chars().count() > LONGEST_NAME).collect();
    assert!(long.is_empty(), "longer than {LONGEST_NAME} columns: {long:#?}");
    let mut known = HashSet::new();
    let doubled: Vec<&String> = names.iter().filter(|name| !known.insert(*name)).collect();
    assert!(doubled.is_empty(), "more than one trial is called so: {doubled:#?}");
}
