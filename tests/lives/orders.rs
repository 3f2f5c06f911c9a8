//! What pausa is told: a command line as words, and what the oracles must know of it. The ladder is read here once more,
//! so that the oracles do not believe the program's own table.

use pausa::args::{Args, Env, Spare};
use pausa::cli::config::Config;
use pausa::cli::parse::parse;
use pausa::model::signal::Signal;
use pausa::time::{Nanoseconds, duration};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CString, c_char};

pub struct Orders {
    pub words: &'static str,
    pub config: Config<'static>,
    /// What is sent, and how long it waits then; `None`: what came.
    pub ladder: Vec<(Option<Signal>, u64)>,
    pub is_json: bool,
    /// How long the command may run; 0: for ever.
    pub timeout: u64,
}

impl Orders {
    /// Those are few, and live as long as their thread's work.
    pub fn of(words: &'static str) -> &'static Self {
        thread_local! {
            static KNOWN: RefCell<HashMap<&'static str, &'static Orders>> = RefCell::default();
        }
        KNOWN.with_borrow_mut(|known| {
            *known.entry(words).or_insert_with(|| {
                let ladder = ladder(words);
                let is_json = words.contains("-F json");
                let timeout = value(words, "-T").map_or(0, time);
                Box::leak(Box::new(Self { words, config: config(words), ladder, is_json, timeout }))
            })
        })
    }

    pub fn wait_of(&self, step: usize) -> u64 {
        self.ladder.get(step).map_or(0, |&(_, wait)| wait)
    }

    /// How long a drain may take.
    pub fn drain_limit(&self) -> Option<u64> {
        let is_limited =
            self.ladder.len() > 1 || self.wait_of(0) > 0 || self.ladder[0].0 == Some(Signal::KILL);
        is_limited.then(|| self.wait_of(0))
    }
}

/// `NAME WORDS | OPTIONS`: the personality with its own words, and what PAUSA_OPTIONS has. The only place that knows
/// how a `Config` comes about.
fn config(words: &'static str) -> Config<'static> {
    let (line, options) = words.split_once('|').unwrap_or((words, ""));
    let list = |words: Vec<String>| -> &'static mut [*const c_char] {
        let mut list: Vec<*const c_char> = Vec::new();
        list.extend(
            words.into_iter().map(|word| CString::new(word).expect("no NUL").into_raw().cast_const()),
        );
        list.push(std::ptr::null());
        Vec::leak(list)
    };
    let spare: &'static Spare = Box::leak(Box::default());
    let mut argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    argv.extend(["--", "command"].map(str::to_owned));
    // SAFETY: C strings that were given away, then a null pointer.
    let args = unsafe { Args::new(list(argv)) };
    // SAFETY: as above.
    let mut env = unsafe { Env::new(list(vec![format!("PAUSA_OPTIONS={}", options.trim())]), spare) };
    let config = parse(args, &mut env);
    assert!(
        matches!(config.task, pausa::cli::config::Task::Supervise(_)),
        "{words:?} gives {:?}",
        config.task
    );
    config
}

fn time(text: &str) -> u64 {
    duration(text.as_bytes()).map_or(0, Nanoseconds::get)
}

/// The word behind this one.
fn value<'w>(words: &'w str, option: &str) -> Option<&'w str> {
    words.split_whitespace().skip_while(|word| *word != option).nth(1)
}

fn ladder(words: &str) -> Vec<(Option<Signal>, u64)> {
    let mut ladder = vec![(None, 0)];
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "-k" => ladder = vec![(None, time(words.next().unwrap_or(""))), (Some(Signal::KILL), 0)],
            "-S" => {
                let steps = words.next().unwrap_or("").split(',').map(|step| {
                    let (signal, wait) = step.split_once(':').unwrap_or((step, "0"));
                    (Signal::parse(signal.as_bytes()), time(wait))
                });
                ladder = steps.collect();
            }
            _ => {}
        }
    }
    ladder
}
