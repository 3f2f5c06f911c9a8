//! `Catalog`: the texts of a personality. Pure.

use crate::message::event::Level;
use crate::message::text::{Text, Texts, key};
use crate::message::topic::Topic;

/// How a personality speaks.
#[derive(Debug)]
pub struct Catalog {
    /// Made by `catalog!`. A topic without a row, here and in [`COMMON`], is not reported.
    pub texts: Texts,
    /// From this level on, reports go to stdout instead of stderr.
    pub stdout_from: Level,
    pub help_to: Stream,
    pub version_to: Stream,
    /// What follows a complaint about the call.
    pub on_mistake: Printed,
}

/// Where a text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// What a caller may ask for, or what is printed with a complaint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Printed {
    Usage,
    Help,
    Version,
    License,
}

impl Printed {
    #[must_use]
    pub const fn topic(self) -> Topic {
        match self {
            Self::Usage => Topic::Usage,
            Self::Help => Topic::Help,
            Self::Version => Topic::Version,
            Self::License => Topic::License,
        }
    }
}

/// The texts of a catalog, from rows `(topic, level, text)`. A text that does not belong to an event has the level
/// `Answer`.
macro_rules! catalog {
    ($(($topic:ident, $level:ident, $text:expr)),* $(,)?) => {
        $crate::message::text::texts![
            $(($crate::message::topic::Topic::$topic, $crate::message::event::Level::$level, $text)),*
        ]
    };
}

pub(crate) use catalog;

/// For personalities that have no text of their own: getopt(3)'s complaints, as glibc writes them.
const COMMON: Texts = catalog![
    (UnknownShort, Answer, "%N: invalid option -- '%n'"),
    (UnknownLong, Answer, "%N: unrecognized option '--%n'"),
    (ShortNeedsValue, Answer, "%N: option requires an argument -- '%n'"),
    (LongNeedsValue, Answer, "%N: option '--%n' requires an argument"),
    (LongTakesNoValue, Answer, "%N: option '--%n' doesn't allow an argument"),
    (
        License,
        Answer,
        "pausa, called as %b, is under the MIT or the Apache-2.0 license.\n\
        No code of another init is in it.\n"
    ),
];

impl Catalog {
    /// The level and the text for a topic; `None` if there is nothing to say.
    #[must_use]
    pub fn find(&self, topic: Topic) -> Option<(Level, Text)> {
        let number = topic as u8;
        let (&level, text) = self.texts.find(number).or_else(|| COMMON.find(number))?.0.split_first()?;
        Some((Level::from_rank(level ^ key(0)), Text(text)))
    }

    /// How a line of this level begins.
    #[must_use]
    pub fn prefix(&self, level: Level) -> Text {
        self.printed(match level {
            Level::Answer => Topic::AnswerLine,
            Level::Fatal => Topic::FatalLine,
            Level::Warning => Topic::WarningLine,
            Level::Info => Topic::InfoLine,
            Level::Debug => Topic::DebugLine,
            Level::Trace => Topic::TraceLine,
            Level::Silent => Topic::SilentLine,
        })
    }

    /// The text for a topic that does not belong to an event; empty if there is none.
    #[must_use]
    pub fn printed(&self, topic: Topic) -> Text {
        self.find(topic).map_or(Text::EMPTY, |(_, text)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::text::text;

    #[test]
    fn a_text_is_found_by_its_topic_and_a_prefix_by_its_level() {
        let catalog = Catalog {
            texts: catalog![
                (Help, Answer, "help"),
                (Spawned, Info, "spawned"),
                (WarningLine, Answer, "W:"),
                (FatalLine, Answer, "F:"),
                (NoCommand, Answer, ""),
                (NotPid1, Trace, "not"),
            ],
            stdout_from: Level::Silent,
            help_to: Stream::Stdout,
            version_to: Stream::Stdout,
            on_mistake: Printed::Usage,
        };
        for (topic, found) in [
            (Topic::Spawned, Some((Level::Info, text!("spawned")))),
            (Topic::NoCommand, Some((Level::Answer, Text::EMPTY))),
            (Topic::NotPid1, Some((Level::Trace, text!("not")))),
            (Topic::UnknownLong, Some((Level::Answer, text!("%N: unrecognized option '--%n'")))),
            (Topic::Ended, None),
        ] {
            assert_eq!(catalog.find(topic), found, "{topic:?}");
        }
        for (level, prefix) in
            [(Level::Fatal, "F:"), (Level::Warning, "W:"), (Level::Info, ""), (Level::Answer, "")]
        {
            assert_eq!(catalog.prefix(level), text!(prefix), "{level:?}");
        }
        assert_eq!(catalog.printed(Topic::Help), text!("help"));
        assert_eq!(catalog.printed(Topic::Usage), Text::EMPTY);
    }
}
