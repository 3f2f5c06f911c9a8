//! Options as a stream: short ones that bundle, long ones with `=` or a word behind, values. Pure.
//!
//! Which options there are stands in a grammar; what they do, in `parse`.

use core::ffi::CStr;

use crate::args::Args;
use crate::bytes::split_once;
use crate::cli::grammar::{Entry, Grammar, Value};
use crate::message::event::Event;

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// An option and its value; a flag's is empty.
    Option(Entry, &'a [u8]),
    /// No more options.
    End,
    /// An argument that the grammar does not allow.
    Mistake(Event<'a>),
}

/// How getopt(3) treats operands and long names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Options end at the first operand. Long names are written in full.
    Exact,
    /// Options end at the first operand. A long name may be cut short where no other begins so.
    Abbreviates,
    /// The same, and options may stand behind operands, up to `--` (GNU).
    Permutes,
    /// An option is a dash and a letter, in any place. All other words are ignored.
    Anywhere,
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

    /// The next option. After the end, there is nothing more to ask for.
    #[allow(clippy::should_implement_trait, reason = "it ends with `End` or a mistake, not with `None`")]
    pub fn next(&mut self) -> Found<'a> {
        loop {
            if let Some((&letter, rest)) = self.bundle.split_first() {
                self.bundle = rest;
                return self.short(letter);
            }
            match (self.words.peek(), &mut self.words) {
                (Some(word), words) if self.order == Order::Anywhere => {
                    words.next();
                    if let &[b'-', letter] = word
                        && let Some(entry) = self.by_letter(letter)
                    {
                        return Found::Option(entry, b"");
                    }
                }
                (Some([b'-', b'-', long @ ..]), words) if !long.is_empty() => {
                    words.next();
                    return self.long(long);
                }
                (Some([b'-', bundle @ ..]), words) if !bundle.is_empty() && bundle != b"-" => {
                    words.next();
                    self.bundle = bundle;
                }
                // A single dash is an operand, too (POSIX XBD 12.2, guideline 13). Here nothing could follow `--`.
                (Some(name), Words::Text(_)) => return Found::Mistake(Event::Operand { name }),
                (Some(b"--"), words) => {
                    words.next();
                    return Found::End;
                }
                (Some(_), Words::Args(args)) if self.order == Order::Permutes => args.skip(),
                _ => return Found::End,
            }
        }
    }

    fn by_letter(&self, letter: u8) -> Option<Entry> {
        self.grammar.entries().find(|entry| entry.letter() == Some(letter))
    }

    // 40 bytes less.
    #[inline(never)]
    fn short(&mut self, letter: u8) -> Found<'a> {
        let Some(entry) = self.by_letter(letter) else {
            // What is behind it may be its value.
            self.bundle = &[];
            return Found::Mistake(Event::UnknownShort { letter });
        };
        let mut given = None;
        if entry.value() != Value::None && !self.bundle.is_empty() {
            let rest = core::mem::take(&mut self.bundle);
            // `-m=PATH` is what people write who know `--message=PATH`.
            given =
                Some(rest.strip_prefix(b"=").filter(|_| entry.value() == Value::Optional).unwrap_or(rest));
        }
        match self.value(entry, given) {
            Some(value) => Found::Option(entry, value),
            None => Found::Mistake(Event::ShortNeedsValue { letter }),
        }
    }

    // Inlined into its two callers it costs 144 bytes more (x86_64).
    #[inline(never)]
    fn long(&mut self, word: &'a [u8]) -> Found<'a> {
        let (name, given) = split_once(word, b'=');
        let is_exact = self.order == Order::Exact;
        let (mut found, mut alike) = (None, 0);
        // How many letters must be right before the rest is guessed.
        let mut least = 2;
        for entry in self.grammar.entries() {
            let known = entry.name();
            let common = known.iter().zip(name).take_while(|(a, b)| a == b).count();
            if common == name.len() && common == known.len() && common > 0 {
                (found, alike) = (Some(entry), 0);
                break;
            }
            if is_exact && common >= least {
                (found, alike, least) = (Some(entry), 1, common + 1);
            } else if !is_exact && common == name.len() && !known.is_empty() {
                (found, alike) = (Some(entry), alike + 1);
            }
        }
        match found {
            Some(near) if is_exact && alike > 0 => {
                return Found::Mistake(Event::Misspelt { name, near: near.name() });
            }
            _ if alike > 1 && !name.is_empty() => return Found::Mistake(Event::Ambiguous { name: word }),
            _ if alike > 1 => found = None,
            _ => {}
        }
        let Some(entry) = found else { return Found::Mistake(Event::UnknownLong { name: word }) };
        if entry.value() == Value::None && given.is_some() {
            return Found::Mistake(Event::LongTakesNoValue { name: entry.name() });
        }
        match self.value(entry, given) {
            Some(value) => Found::Option(entry, value),
            None => Found::Mistake(Event::LongNeedsValue { name: entry.name() }),
        }
    }

    /// The value of an option: what its own word gives, else the next word if it must have one.
    fn value(&mut self, entry: Entry, given: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match given {
            Some(value) => Some(value),
            None if entry.value() == Value::Required => self.words.next(),
            None => Some(b""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::grammar::{OptionName, flag, grammar, optional_value, value};
    use std::ffi::CString;

    const GRAMMAR: Grammar = grammar![
        flag(OptionName::Group, b'g', "group"),
        value(OptionName::Remap, b'e', "exit", "CODE"),
        optional_value(OptionName::Message, b'm', "message"),
    ];

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
                Found::Option(entry, value) => found.push((entry.letter().unwrap().into(), value)),
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
        for (text, value) in
            [("-m", ""), ("-mx", "x"), ("-m=x", "x"), ("--message", ""), ("--message=x", "x"), ("-m x", "")]
        {
            assert_eq!(parse(text).0, [('m', value.as_bytes())], "{text}");
        }
    }

    #[test]
    fn what_is_behind_an_unknown_letter_is_no_option() {
        let mut options = Getopt::new(Words::Text(b"-xmake -m=y"), GRAMMAR, Order::Exact);
        assert!(matches!(options.next(), Found::Mistake(_)));
        assert!(matches!(options.next(), Found::Option(_, b"y")));
    }

    #[test]
    fn mistakes_name_the_option() {
        for (text, mistake) in [
            ("-gx", "UnknownShort { letter: 120 }"),
            ("--q", "UnknownLong { name: [113] }"),
            ("--grp", "Misspelt { name: [103, 114, 112], near: [103, 114, 111, 117, 112] }"),
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
        assert!(matches!(getopt.next(), Found::Option(Entry { option: OptionName::Group, .. }, b"")));
        assert!(matches!(getopt.next(), Found::Mistake(Event::Operand { name: b"x" })));
        for text in [&b"--"[..], b"-- -g", b"-"] {
            let mut getopt = Getopt::new(Words::Text(text), GRAMMAR, Order::Exact);
            assert!(matches!(getopt.next(), Found::Mistake(Event::Operand { .. })));
        }
    }

    #[test]
    fn where_options_stand_anywhere_other_words_mean_nothing() {
        let both = vec![('g', &b""[..]), ('g', &b""[..])];
        assert_eq!(parse_in(Order::Anywhere, "-x a -g --group -gg -- -g"), (both, String::new()));
    }

    #[test]
    fn the_name_that_begins_most_alike_is_suggested() {
        const GRAMMAR: Grammar = grammar![
            optional_value(OptionName::Message, b'm', "message"),
            value(OptionName::MessageFormat, b'F', "message-format", "text or json"),
            value(OptionName::KillAfter, b'k', "kill-after", "10"),
        ];
        for (name, near) in [
            ("kil-after", "kill-after"),
            ("kill", "kill-after"),
            ("mesage", "message"),
            ("message-fromat", "message-format"),
        ] {
            let text = format!("--{name}");
            match Getopt::new(Words::Text(text.as_bytes()), GRAMMAR, Order::Exact).next() {
                Found::Mistake(Event::Misspelt { near: found, .. }) => assert_eq!(found, near.as_bytes()),
                other => panic!("{name}: {other:?}"),
            };
        }
    }
}
