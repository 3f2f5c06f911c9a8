//! Options as a stream: short ones that bundle, long ones with `=` or a word behind, values. Pure.
//!
//! What is an option stands in a grammar; what it does, in the `match` of whoever asks for the next one.

use core::ffi::CStr;

use crate::args::Args;
use crate::event::Event;
use crate::split::{split, split_once};

/// The options that there are, one word each: `g:group` is a flag, `e=exit` takes a value, `m?message` may have
/// one in the same word. Either is written `-g` or `--group`; `s:` has no long name. One text, because a table of pointers costs twice the bytes.
pub type Grammar = &'static [u8];

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// An option by its short name, and its value; a flag's is empty.
    Option(u8, &'a [u8]),
    /// No more options.
    End,
    /// A word that the grammar does not allow.
    Mistake(Event<'a>),
}

/// How getopt(3) goes about operands and long names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Options end at the first operand. Long names are written in full.
    Exact,
    /// Options end at the first operand. A long name may be cut short where no other begins so.
    Abbreviates,
    /// The same, and options may stand behind operands, up to `--` (GNU).
    Permutes,
}

/// Where the words come from.
#[derive(Debug)]
pub enum Words<'a, 's> {
    /// Options, and operands behind them.
    Args(&'s mut Args<'a>),
    /// Options only, in one text, split at blanks. No quoting.
    Text(&'a [u8]),
}

impl<'a> Words<'a, '_> {
    /// The next word, which stays the next.
    #[inline(never)]
    fn peek(&self) -> Option<&'a [u8]> {
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
pub struct Getopt<'a, 's> {
    words: Words<'a, 's>,
    grammar: Grammar,
    order: Order,
    /// What is left of a bundle of short options.
    bundle: &'a [u8],
}

impl<'a, 's> Getopt<'a, 's> {
    #[must_use]
    pub const fn new(words: Words<'a, 's>, grammar: Grammar, order: Order) -> Self {
        Self { words, grammar, order, bundle: &[] }
    }

    /// The next option. After the end or a mistake, there is nothing more to ask for.
    #[allow(clippy::should_implement_trait, reason = "an iterator that ends by `End` would be none")]
    pub fn next(&mut self) -> Found<'a> {
        loop {
            if let Some((&letter, rest)) = self.bundle.split_first() {
                self.bundle = rest;
                return self.short(letter);
            }
            match (self.words.peek(), &mut self.words) {
                (Some([b'-', b'-', long @ ..]), words) => {
                    words.next();
                    return if long.is_empty() { Found::End } else { self.long(long) };
                }
                (Some([b'-', bundle @ ..]), words) if !bundle.is_empty() => {
                    words.next();
                    self.bundle = bundle;
                }
                // A single dash is an operand, too (POSIX XBD 12.2, guideline 13).
                (Some(name), Words::Text(_)) => return Found::Mistake(Event::Operand { name }),
                (Some(_), Words::Args(args)) if self.order == Order::Permutes => args.skip(),
                _ => return Found::End,
            }
        }
    }

    #[inline(never)]
    fn short(&mut self, letter: u8) -> Found<'a> {
        let mut options = split(self.grammar, b' ');
        let Some([_, kind, ..]) = options.find(|option| option.first() == Some(&letter)) else {
            return Found::Mistake(Event::UnknownShort { letter });
        };
        let rest = if *kind == b':' { b"" } else { core::mem::take(&mut self.bundle) };
        match self.value(*kind, Some(rest).filter(|rest| !rest.is_empty())) {
            Some(value) => Found::Option(letter, value),
            None => Found::Mistake(Event::ShortNeedsValue { letter }),
        }
    }

    #[inline(never)]
    fn long(&mut self, word: &'a [u8]) -> Found<'a> {
        let (name, given) = split_once(word, b'=');
        let mut found: Option<&'static [u8]> = None;
        for option in split(self.grammar, b' ') {
            let [_, _, long @ ..] = option else { break };
            if long == name {
                found = Some(option);
                break;
            }
            if self.order != Order::Exact && long.starts_with(name) {
                // One more that begins so: no option has an empty name.
                found = Some(if found.is_none() { option } else { b"" });
            }
        }
        match found {
            Some([short, kind, name @ ..]) if !name.is_empty() => {
                if *kind == b':' && given.is_some() {
                    return Found::Mistake(Event::LongTakesNoValue { name });
                }
                match self.value(*kind, given) {
                    Some(value) => Found::Option(*short, value),
                    None => Found::Mistake(Event::LongNeedsValue { name }),
                }
            }
            _ => Found::Mistake(Event::UnknownLong { name: word }),
        }
    }

    /// The value of an option: what its own word gives, else for `=` the next word.
    fn value(&mut self, kind: u8, given: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match given {
            Some(value) => Some(value),
            None if kind == b'=' => self.words.next(),
            None => Some(b""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    const GRAMMAR: Grammar = b"g:group e=exit m?message";

    /// The options in `text`, then a mistake or the first operand.
    fn parse(text: &'static str) -> (Vec<(char, &'static [u8])>, String) {
        parse_in(Order::Exact, text)
    }

    fn parse_in(order: Order, text: &'static str) -> (Vec<(char, &'static [u8])>, String) {
        let words: Vec<CString> = ["init"]
            .into_iter()
            .chain(text.split_whitespace())
            .map(|word| CString::new(word).unwrap())
            .collect();
        let mut slots: Vec<_> = words.leak().iter().map(|word| word.as_ptr()).collect();
        slots.push(std::ptr::null());
        // SAFETY: C strings that are never freed, then null.
        let mut args = unsafe { Args::new(slots.leak()) };
        args.next();
        let mut getopt = Getopt::new(Words::Args(&mut args), GRAMMAR, order);
        let mut found = Vec::new();
        loop {
            match getopt.next() {
                Found::Option(short, value) => found.push((short.into(), value)),
                Found::Mistake(mistake) => return (found, format!("{mistake:?}")),
                Found::End => {
                    let command = args.command();
                    let operand =
                        command.map_or(String::new(), |command| command.name.to_str().unwrap().to_owned());
                    return (found, operand);
                }
            }
        }
    }

    #[test]
    fn options_are_found_in_every_spelling() {
        for text in ["-g -e 7", "-ge7", "-ge 7", "--group --exit=7", "--group --exit 7 --", "-g -e 7 --"] {
            assert_eq!(parse(text), (vec![('g', &b""[..]), ('e', &b"7"[..])], String::new()), "{text}");
        }
    }

    #[test]
    fn options_end_at_an_operand() {
        for (text, operand) in
            [("-g true -g", "true"), ("-g -- -e", "-e"), ("-g - x", "-"), ("-g -- -- x", "--")]
        {
            assert_eq!(parse(text), (vec![('g', &b""[..])], operand.to_owned()), "{text}");
        }
    }

    #[test]
    fn options_behind_operands_are_found_when_permuting() {
        let both = vec![('g', &b""[..]), ('e', &b"7"[..])];
        for (text, operand) in
            [("a -g b -e 7", "a"), ("-g a -e7 -- -b", "a"), ("-ge 7", ""), ("-g -e 7 -- -g a", "-g")]
        {
            assert_eq!(parse_in(Order::Permutes, text), (both.clone(), operand.to_owned()), "{text}");
        }
        assert_eq!(parse_in(Order::Permutes, "a -x").1, "UnknownShort { letter: 120 }");
    }

    #[test]
    fn long_names_are_abbreviated_where_that_is_clear() {
        assert_eq!(parse_in(Order::Abbreviates, "--gr --exi=7 a").0, [('g', &b""[..]), ('e', &b"7"[..])]);
        assert_eq!(parse_in(Order::Abbreviates, "--e 7").0, [('e', &b"7"[..])]);
        assert_eq!(
            parse_in(Order::Abbreviates, "--groups").1,
            "UnknownLong { name: [103, 114, 111, 117, 112, 115] }"
        );
    }

    #[test]
    fn values_may_look_like_options() {
        for (text, value) in [("-e -g", "-g"), ("--exit -- x", "--"), ("--exit= x", ""), ("-e-", "-")] {
            assert_eq!(parse(text).0, [('e', value.as_bytes())], "{text}");
        }
    }

    #[test]
    fn an_optional_value_stands_in_the_same_word() {
        for (text, value) in [("-m", ""), ("-mx", "x"), ("--message", ""), ("--message=x", "x"), ("-m x", "")]
        {
            assert_eq!(parse(text).0, [('m', value.as_bytes())], "{text}");
        }
    }

    #[test]
    fn mistakes_name_the_option() {
        for (text, mistake) in [
            ("-gx", "UnknownShort { letter: 120 }"),
            ("--grou", "UnknownLong { name: [103, 114, 111, 117] }"),
            ("--=x", "UnknownLong { name: [61, 120] }"),
            ("-e", "ShortNeedsValue { letter: 101 }"),
            ("--exit", "LongNeedsValue { name: [101, 120, 105, 116] }"),
            ("--group=1", "LongTakesNoValue { name: [103, 114, 111, 117, 112] }"),
        ] {
            assert_eq!(parse(text).1, mistake, "{text}");
        }
    }

    #[test]
    fn a_text_is_split_at_blanks_and_holds_options_only() {
        let mut words = Words::Text(b" -g\t-e\n7  x ");
        for word in [&b"-g"[..], b"-e", b"7", b"x"] {
            assert_eq!(words.peek(), Some(word));
            assert_eq!(words.next(), Some(word));
        }
        assert_eq!(words.next(), None);
        let mut getopt = Getopt::new(Words::Text(b"-g x"), GRAMMAR, Order::Exact);
        assert!(matches!(getopt.next(), Found::Option(b'g', b"")));
        assert!(matches!(getopt.next(), Found::Mistake(Event::Operand { name: b"x" })));
    }
}
