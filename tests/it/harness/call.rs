//! A row about a command line: what a program is called with, and what comes out. Tables of such rows are in
//! `contracts`, where every row must hold for the original as well, and in `behaviour/cli.rs`.
//!
//! Where our texts are in our own words, a row asks for what they share with the original's.

use crate::harness::launch::{Launch, Place};
use crate::harness::running::Ended::Code;
use crate::harness::subject::Subject;
use crate::harness::trial::{Stand, trial};
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
    /// It is one line, from pausa by its own name, with all of these words.
    Complains(&'static [&'static str]),
}

pub use Text::{Begins, Complains, Has, Is, Nothing, Tells};

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

/// A trial for each row.
pub fn trials(topic: &str, subject: Subject, place: Place, rows: &'static [Row]) -> Vec<Trial> {
    rows.iter().map(|row| row.trial(topic, place, "", move || row.check(subject, place))).collect()
}

/// Columns of a command line in a trial's name. A script is longer, and known by its beginning.
const SHOWN: usize = 60;

impl Row {
    fn trial(
        &self,
        topic: &str,
        at: impl Into<Stand>,
        remark: &str,
        check: impl FnOnce() + Send + 'static,
    ) -> Trial {
        let variables: String =
            self.environment.iter().map(|(name, value)| format!("{name}={value:?} ")).collect();
        let line = format!("{variables}{:?}", self.arguments);
        let shown: String = line.chars().take(SHOWN).collect();
        let more = if shown.len() < line.len() { "..." } else { "" };
        trial(topic, at, format!("{shown}{more}{remark}"), check)
    }

    fn check(&self, subject: Subject, place: Place) {
        let launch = Launch::of(subject, place).args(self.arguments).envs(self.environment);
        let launch = launch.stdin(Stdio::null());
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
            Complains(words) => {
                let one_line = heard.ends_with('\n') && heard.lines().count() == 1;
                one_line && heard.starts_with("pausa: ") && words.iter().all(|word| heard.contains(word))
            }
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
