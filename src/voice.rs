//! `Voice`: the words of a personality. Pure.

use crate::event::{Event, Level};
use crate::words::{Text, Words};

/// How a personality speaks: its words, in this order.
///
/// - How a line begins, for the levels from `Fatal` to `Debug`.
/// - What is printed, in the order of [`Printed`].
/// - A text for each [`Event`], in its order, and one more each for a `Reaped` and an `Ended` that a signal has
///   ended. A digit comes first: the level, or 5 more where the line begins without the above. Where there is
///   no text, nothing is said.
#[derive(Debug)]
pub struct Voice(pub Words);

/// What somebody may ask for, or be told with a mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Printed {
    Usage = 4,
    Help,
    Version,
    License,
}

/// Where the texts for events begin.
const EVENTS: usize = Printed::License as usize + 1;

impl Voice {
    /// The level, the beginning of the line, and the text for `event`; `None` if nothing is said.
    #[must_use]
    pub fn words_for(&self, event: &Event<'_>) -> Option<(Level, Text, Text)> {
        let text = self.0.nth(EVENTS + event.index());
        let (digit, text) = text.split_digit()?;
        let level = Level::from_number(digit % 5);
        Some((level, if digit < 5 { self.0.nth(level as usize) } else { Text::EMPTY }, text))
    }

    #[must_use]
    pub fn printed(&self, printed: Printed) -> Text {
        self.0.nth(printed as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{text, words};

    #[test]
    fn a_voice_has_its_words_in_order() {
        let voice = Voice(words![
            "F:", "W:", "", "", "usage", "", "", "license", "0short", "", "2x", "6needs", "1warn", ""
        ]);
        for (event, told) in [
            (Event::UnknownShort { letter: b'x' }, Some((Level::Fatal, text!("F:"), text!("short")))),
            (Event::UnknownLong { name: b"x" }, None),
            (Event::ShortNeedsValue { letter: b'x' }, Some((Level::Info, Text::EMPTY, text!("x")))),
            (Event::LongNeedsValue { name: b"x" }, Some((Level::Warning, Text::EMPTY, text!("needs")))),
            (Event::LongTakesNoValue { name: b"x" }, Some((Level::Warning, text!("W:"), text!("warn")))),
            (Event::NotFirst, None),
        ] {
            assert_eq!(voice.words_for(&event), told, "{event:?}");
        }
        assert_eq!(voice.printed(Printed::Usage), text!("usage"));
        assert_eq!(voice.printed(Printed::License), text!("license"));
    }
}
