//! Which options there are, and which of them a personality has. Pure.
//!
//! A grammar is written as a table of names. In memory it is one list of bytes, because a table of slices would
//! cost 24 bytes a row.

use crate::bytes::{Split, split, split_once};
use crate::message::text::Text;

/// Makes the enum, and a list of it in its own order.
macro_rules! options {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// What an option means, in every personality that has it. `parse` carries each of them out.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum OptionName {
            $($(#[$meta])* $name,)*
        }

        impl OptionName {
            const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

options! {
    /// Become a subreaper.
    AdoptOrphans,
    /// Delay the first stop signal.
    Delay,
    /// When the child has ended, ask the remaining processes to end, and wait for them.
    Drain,
    /// Forward signals to the child's process group.
    Group,
    Help,
    /// Hold, whatever else is given.
    Hold,
    /// Copy this program.
    Install,
    /// How long after a stop signal all are killed.
    KillAfter,
    License,
    /// Write a termination message.
    Message,
    MessageFormat,
    /// The signal to get when the parent ends.
    ParentDeath,
    /// Report fatal errors only.
    Quiet,
    /// What an exit status becomes.
    Remap,
    /// What a signal becomes.
    Rewrite,
    /// The child gets neither a session nor a group, and signals go to it alone.
    SingleChild,
    /// Which signals follow a stop signal.
    Stop,
    /// What counts as a stop signal.
    StopOn,
    /// How long the command may run.
    Timeout,
    /// Whom signals are forwarded to.
    To,
    /// A variable that must not be set.
    Unwanted,
    /// Report more.
    Verbose,
    /// Report as much as this number says.
    Verbosity,
    /// Report all but traces.
    Verbosest,
    Version,
    /// Warn of each process that is reaped.
    WarnOfZombies,
}

/// Whether an option takes a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Value {
    None = b':',
    /// In the same word or the next.
    Required = b'=',
    /// In the same word or not at all.
    Optional = b'?',
}

/// One option as a personality writes it, or one variable that stands for an option.
#[derive(Debug)]
pub struct Row {
    option: OptionName,
    /// Its short name. Of a variable: the value that counts.
    letter: Option<u8>,
    value: Value,
    /// Its long name, empty if there is none. Of a variable: its name.
    name: &'static str,
    /// What its value may be: shown if the value is another one.
    takes: &'static str,
}

pub const fn flag(option: OptionName, letter: u8, name: &'static str) -> Row {
    Row { option, letter: Some(letter), value: Value::None, name, takes: "" }
}

pub const fn value(option: OptionName, letter: u8, name: &'static str, takes: &'static str) -> Row {
    Row { option, letter: Some(letter), value: Value::Required, name, takes }
}

/// An option with a value, and without a short name.
pub const fn long_value(option: OptionName, name: &'static str, takes: &'static str) -> Row {
    Row { option, letter: None, value: Value::Required, name, takes }
}

pub const fn optional_value(option: OptionName, letter: u8, name: &'static str) -> Row {
    Row { option, letter: Some(letter), value: Value::Optional, name, takes: "" }
}

/// A variable that counts whatever its value is.
pub const fn if_set(option: OptionName, name: &'static str) -> Row {
    Row { option, letter: None, value: Value::Required, name, takes: "" }
}

/// A variable that counts if this one byte is its value.
pub const fn if_it_is(value: u8, option: OptionName, name: &'static str) -> Row {
    Row { option, letter: Some(value), value: Value::Required, name, takes: "" }
}

/// The options of a personality, or its variables: their rows, with a NUL behind each.
#[derive(Clone, Copy, Debug)]
pub struct Grammar(pub(crate) &'static [u8]);

/// Makes a grammar of rows.
macro_rules! grammar {
    ($($row:expr),* $(,)?) => {{
        const ROWS: &[$crate::cli::grammar::Row] = &[$($row),*];
        const BYTES: [u8; $crate::cli::grammar::length(ROWS)] = $crate::cli::grammar::encode(ROWS);
        $crate::cli::grammar::Grammar(&BYTES)
    }};
}
pub(crate) use grammar;

impl Grammar {
    #[must_use]
    pub const fn entries(self) -> Entries {
        Entries(split(self.0, 0))
    }
}

/// One row in memory: the number of the option plus 1, the letter or [`NO_LETTER`], a [`Value`], the name; then perhaps
/// an equals sign and what the value may be.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub option: OptionName,
    row: &'static [u8],
}

/// Stands for "no letter". It is not NUL, which ends a row.
const NO_LETTER: u8 = 1;

impl Entry {
    #[must_use]
    pub fn letter(self) -> Option<u8> {
        self.row.get(1).copied().filter(|&letter| letter != NO_LETTER)
    }

    #[must_use]
    pub fn value(self) -> Value {
        match self.row.get(2) {
            Some(b'=') => Value::Required,
            Some(b'?') => Value::Optional,
            _ => Value::None,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static [u8] {
        self.name_and_takes().0
    }

    /// What its value may be.
    #[must_use]
    pub fn takes(self) -> Text {
        Text(self.name_and_takes().1.unwrap_or(b""))
    }

    fn name_and_takes(self) -> (&'static [u8], Option<&'static [u8]>) {
        split_once(self.row.get(3..).unwrap_or(b""), b'=')
    }
}

/// The rows of a grammar.
#[derive(Debug)]
pub struct Entries(Split<'static>);

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        // Behind the last NUL there is an empty part.
        let row = self.0.next()?;
        let number = usize::from(row.first()?.wrapping_sub(1));
        Some(Entry { option: *OptionName::ALL.get(number)?, row })
    }
}

/// How long the list of bytes is.
pub(crate) const fn length(rows: &[Row]) -> usize {
    let (mut length, mut rest) = (0, rows);
    while let [row, behind @ ..] = rest {
        length += 3 + row.name.len() + row.takes.len() + 1;
        if !row.takes.is_empty() {
            length += 1;
        }
        rest = behind;
    }
    length
}

/// The list.
pub(crate) const fn encode<const LENGTH: usize>(rows: &[Row]) -> [u8; LENGTH] {
    let mut list = [0; LENGTH];
    let (mut at, mut rest) = (0, rows);
    while let [row, behind @ ..] = rest {
        list[at] = row.option as u8 + 1;
        list[at + 1] = match row.letter {
            Some(letter) => letter,
            None => NO_LETTER,
        };
        list[at + 2] = row.value as u8;
        at += 3;
        (list, at) = append(list, at, row.name.as_bytes());
        if !row.takes.is_empty() {
            (list, at) = append(list, at, b"=");
            (list, at) = append(list, at, row.takes.as_bytes());
        }
        // There is a NUL already.
        at += 1;
        rest = behind;
    }
    list
}

const fn append<const LENGTH: usize>(
    mut list: [u8; LENGTH],
    mut at: usize,
    text: &[u8],
) -> ([u8; LENGTH], usize) {
    let mut rest = text;
    while let [byte, behind @ ..] = rest {
        list[at] = *byte;
        at += 1;
        rest = behind;
    }
    (list, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_table_come_back() {
        const GRAMMAR: Grammar = grammar![
            flag(OptionName::AdoptOrphans, b's', ""),
            long_value(OptionName::StopOn, "stop-on", "SIGNAL,..."),
            optional_value(OptionName::WarnOfZombies, b'w', "x"),
        ];
        let found: Vec<_> = GRAMMAR
            .entries()
            .map(|entry| (entry.option, entry.letter(), entry.value(), entry.name(), entry.takes().0))
            .collect();
        assert_eq!(
            found,
            [
                (OptionName::AdoptOrphans, Some(b's'), Value::None, &b""[..], &b""[..]),
                (OptionName::StopOn, None, Value::Required, b"stop-on", b"SIGNAL,..."),
                (OptionName::WarnOfZombies, Some(b'w'), Value::Optional, b"x", b""),
            ]
        );
    }

    #[test]
    fn each_option_is_found_by_its_number() {
        for (number, option) in OptionName::ALL.iter().enumerate() {
            assert_eq!(*option as usize, number);
        }
    }
}
