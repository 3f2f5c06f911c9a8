//! Options as a stream: short ones that bundle, long ones with `=` or a word behind, values. Pure.
//!
//! What is an option stands in a grammar; what it does, in the `match` of whoever asks for the next one.

use core::ffi::CStr;

use crate::args::Args;
use crate::line::split_once;

/// The options that there are, one word each: `g:group` is a flag, `e=exit` takes a value. Either is written
/// `-g` or `--group`; `s:` has no long name. One text, because a table of pointers costs twice the bytes.
pub type Grammar = &'static [u8];

/// An option that was found, with its value; a flag's is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found<'a> {
    pub short: u8,
    pub value: &'a [u8],
}

/// What is wrong with a word. It holds the option as it was written, without its dashes and value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake<'a> {
    UnknownShort(u8),
    UnknownLong(&'a [u8]),
    ShortNeedsValue(u8),
    LongNeedsValue(&'static [u8]),
    LongTakesNoValue(&'static [u8]),
    /// Not an option, where only options are allowed.
    Operand(&'a [u8]),
}

/// Where the words come from.
#[derive(Debug)]
pub enum Words<'a, 's> {
    Args(&'s mut Args<'a>),
    /// One text, split at blanks. No quoting.
    Text(&'a [u8]),
}

impl<'a> Words<'a, '_> {
    /// The next word, which stays the next.
    #[must_use]
    pub fn peek(&self) -> Option<&'a [u8]> {
        match self {
            Self::Args(args) => args.peek().map(CStr::to_bytes),
            Self::Text(text) => first_word(text).map(|(word, _)| word),
        }
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Self::Args(args) => args.next().map(CStr::to_bytes),
            Self::Text(text) => {
                let (word, rest) = first_word(text)?;
                *text = rest;
                Some(word)
            }
        }
    }
}

/// A word between blanks, and what is behind it.
#[inline(never)]
fn first_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_blank = |&byte: &u8| byte <= b' ';
    let text = text.split_at_checked(text.iter().position(|byte| !is_blank(byte))?)?.1;
    text.split_at_checked(text.iter().position(is_blank).unwrap_or(text.len()))
}

/// The stream of options. It ends before the first operand, or behind `--`.
#[derive(Debug)]
pub struct Getopt<'a, 's, 'w> {
    words: &'w mut Words<'a, 's>,
    grammar: Grammar,
    /// What is left of a bundle of short options.
    bundle: &'a [u8],
}

impl<'a, 's, 'w> Getopt<'a, 's, 'w> {
    #[must_use]
    pub const fn new(words: &'w mut Words<'a, 's>, grammar: Grammar) -> Self {
        Self { words, grammar, bundle: &[] }
    }

    /// The next option; `None` when the options are over.
    ///
    /// # Errors
    /// A word that the grammar does not allow.
    #[allow(clippy::should_implement_trait, reason = "an iterator of results invites `?` in the wrong place")]
    pub fn next(&mut self) -> Result<Option<Found<'a>>, Mistake<'a>> {
        if let Some((&letter, rest)) = self.bundle.split_first() {
            self.bundle = rest;
            return self.short(letter).map(Some);
        }
        match self.words.peek() {
            Some(b"--") => {
                self.words.next();
                Ok(None)
            }
            Some([b'-', b'-', long @ ..]) => {
                self.words.next();
                self.long(long).map(Some)
            }
            Some([b'-', letter, rest @ ..]) => {
                self.words.next();
                self.bundle = rest;
                self.short(*letter).map(Some)
            }
            // An operand. A single dash is one, too (POSIX XBD 12.2, guideline 13).
            Some(_) | None => Ok(None),
        }
    }

    fn short(&mut self, letter: u8) -> Result<Found<'a>, Mistake<'a>> {
        let (_, takes_value, _) = options(self.grammar)
            .find(|&(short, ..)| short == letter)
            .ok_or(Mistake::UnknownShort(letter))?;
        let value = if !takes_value {
            b""
        } else if self.bundle.is_empty() {
            self.words.next().ok_or(Mistake::ShortNeedsValue(letter))?
        } else {
            core::mem::take(&mut self.bundle)
        };
        Ok(Found { short: letter, value })
    }

    fn long(&mut self, word: &'a [u8]) -> Result<Found<'a>, Mistake<'a>> {
        let (name, given) = split_once(word, b'=');
        let (short, takes_value, long) = options(self.grammar)
            .find(|&(_, _, long)| long == name && !name.is_empty())
            .ok_or(Mistake::UnknownLong(name))?;
        let value = match (takes_value, given) {
            (false, None) => b"",
            (false, Some(_)) => return Err(Mistake::LongTakesNoValue(long)),
            (true, Some(value)) => value,
            (true, None) => self.words.next().ok_or(Mistake::LongNeedsValue(long))?,
        };
        Ok(Found { short, value })
    }
}

/// Short name, whether it takes a value, long name.
fn options(grammar: Grammar) -> impl Iterator<Item = (u8, bool, &'static [u8])> {
    grammar.split(|&byte| byte == b' ').filter_map(|option| match option {
        [short, kind, long @ ..] => Some((*short, *kind == b'=', long)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: Grammar = b"g:group e=exit";

    fn parse(
        text: &'static [u8],
    ) -> (Vec<(char, &'static [u8])>, Option<Mistake<'static>>, Option<&'static [u8]>) {
        let mut words = Words::Text(text);
        let mut getopt = Getopt::new(&mut words, GRAMMAR);
        let mut found = Vec::new();
        loop {
            match getopt.next() {
                Ok(Some(option)) => found.push((option.short.into(), option.value)),
                Ok(None) => return (found, None, words.peek()),
                Err(mistake) => return (found, Some(mistake), None),
            }
        }
    }

    #[test]
    fn options_are_found_in_every_spelling() {
        for text in [
            &b"-g -e 7"[..],
            b"-ge7",
            b"-ge 7",
            b"--group --exit=7",
            b"  --group\t--exit 7 -- ",
            b"-g -e 7 --",
        ] {
            let (found, mistake, rest) = parse(text);
            assert_eq!(
                (found.as_slice(), mistake, rest),
                (&[('g', &b""[..]), ('e', &b"7"[..])][..], None, None)
            );
        }
    }

    #[test]
    fn options_end_at_an_operand() {
        for (text, rest) in [(&b"-g true -g"[..], &b"true"[..]), (b"-g -- -e", b"-e"), (b"-g - x", b"-")] {
            let (found, mistake, operand) = parse(text);
            assert_eq!((found.len(), mistake, operand), (1, None, Some(rest)));
        }
    }

    #[test]
    fn values_may_look_like_options() {
        assert_eq!(parse(b"-e -g").0, [('e', &b"-g"[..])]);
        assert_eq!(parse(b"--exit -- x").0, [('e', &b"--"[..])]);
        assert_eq!(parse(b"--exit= x").0, [('e', &b""[..])]);
    }

    #[test]
    fn mistakes_name_the_option() {
        for (text, mistake) in [
            (&b"-gx"[..], Mistake::UnknownShort(b'x')),
            (b"--grou", Mistake::UnknownLong(b"grou")),
            (b"--=x", Mistake::UnknownLong(b"")),
            (b"-e", Mistake::ShortNeedsValue(b'e')),
            (b"--exit", Mistake::LongNeedsValue(b"exit")),
            (b"--group=1", Mistake::LongTakesNoValue(b"group")),
        ] {
            assert_eq!(parse(text).1, Some(mistake));
        }
    }
}
