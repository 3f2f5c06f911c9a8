//! The form of a row about a peer's command line: what it is called with, and what comes out. `tini`, `dumb_init` and
//! `catatonit` hold the rows.
//!
//! Every row must hold for the original as well. Where our texts are in our own words, a row asks for what they share.

use crate::launch::{Launch, Place, expecting_difference};
use crate::running::Ended::Code;
use crate::subject::Subject;
use libtest_mimic::Trial;
use std::process::Stdio;

/// What a stream carries. In a pattern, `{0}` is argv[0], `#` is a number, `*` is anything within a line.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    Nothing,
    /// The whole of it fits this pattern.
    Is(&'static str),
    /// It begins so.
    Begins(&'static str),
    /// A part of it fits.
    Has(&'static str),
    /// Parts of it fit, in this order.
    Tells(&'static [&'static str]),
}

pub use Text::{Begins, Has, Is, Nothing, Tells};

#[derive(Debug)]
pub struct Row {
    /// Variables beside PATH.
    pub environment: &'static [(&'static str, &'static str)],
    pub arguments: &'static [&'static str],
    pub code: i32,
    pub stdout: Text,
    pub stderr: Text,
}

pub const fn row(arguments: &'static [&'static str], code: i32, stdout: Text, stderr: Text) -> Row {
    Row { environment: &[], arguments, code, stdout, stderr }
}

pub const fn with(
    environment: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    code: i32,
    stdout: Text,
    stderr: Text,
) -> Row {
    Row { environment, arguments, code, stdout, stderr }
}

/// The same for rows that hold for the original alone.
pub fn differences(subject: Subject, place: Place, rows: &'static [Row]) -> Vec<Trial> {
    let trial = |row: &'static Row| {
        let name = format!("{}, differing from ours", row.name(subject, place));
        place.trial(name, expecting_difference(move || row.check(subject, place)))
    };
    rows.iter().map(trial).collect()
}

/// A trial for each row.
pub fn trials(subject: Subject, place: Place, rows: &'static [Row]) -> Vec<Trial> {
    let trial = |row: &'static Row| place.trial(row.name(subject, place), move || row.check(subject, place));
    rows.iter().map(trial).collect()
}

impl Row {
    fn name(&self, subject: Subject, place: Place) -> String {
        let variables: String =
            self.environment.iter().map(|(name, value)| format!("{name}={value:?} ")).collect();
        format!("{}: {variables}{:?} ({})", subject.name(), self.arguments, place.words())
    }

    fn check(&self, subject: Subject, place: Place) {
        let mut launch = Launch::of(subject, place).args(self.arguments).stdin(Stdio::null());
        for (name, value) in self.environment {
            launch = launch.env(name, value);
        }
        let (ended, stdout, stderr) = launch.start().wait_with_output();
        let path = subject.path();
        let argv0 = path.to_str().expect("a path in UTF-8");
        self.stdout.check("stdout", &stdout, argv0);
        self.stderr.check("stderr", &stderr, argv0);
        assert_eq!(ended, Code(self.code));
    }
}

impl Text {
    pub fn check(self, stream: &str, heard: &str, argv0: &str) {
        let fits = match self {
            Nothing => heard.is_empty(),
            Is(pattern) => ends_of(&pattern.replace("{0}", argv0), heard).contains(&heard.len()),
            Begins(pattern) => !ends_of(&pattern.replace("{0}", argv0), heard).is_empty(),
            Has(pattern) => tells(&[pattern], heard, argv0),
            Tells(patterns) => tells(patterns, heard, argv0),
        };
        assert!(fits, "on {stream} was {heard:?}, where {self:?} is expected");
    }
}

/// Whether each pattern is found behind the one before it.
fn tells(patterns: &[&str], heard: &str, argv0: &str) -> bool {
    let mut rest = heard;
    patterns.iter().all(|pattern| {
        let pattern = pattern.replace("{0}", argv0);
        let found = rest
            .char_indices()
            .find_map(|(at, _)| ends_of(&pattern, &rest[at..]).first().map(|length| at + length));
        found.inspect(|&end| rest = &rest[end..]).is_some()
    })
}

/// Every length of `text` that fits `pattern` from its beginning on.
fn ends_of(pattern: &str, text: &str) -> Vec<usize> {
    let mut ends = vec![0];
    for wanted in pattern.chars() {
        // The characters from `end` on that `wanted` may stand for, one more at each step.
        let run = |end: usize, fits: &dyn Fn(char) -> bool| -> Vec<usize> {
            let stretch = text[end..].chars().take_while(|&c| fits(c));
            stretch
                .scan(end, |at, c| {
                    *at += c.len_utf8();
                    Some(*at)
                })
                .collect()
        };
        let mut next: Vec<usize> = match wanted {
            '#' => ends.iter().flat_map(|&end| run(end, &|c| c.is_ascii_digit())).collect(),
            '*' => ends.iter().flat_map(|&end| [vec![end], run(end, &|c| c != '\n')].concat()).collect(),
            _ => ends.iter().flat_map(|&end| run(end, &|c| c == wanted).first().copied()).collect(),
        };
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends
}
