//! Our own texts, in lists that are searched by key. Pure.
//!
//! A list is one string: before each text its key, behind it a NUL. A table of slices would cost 16 bytes an
//! entry, used or not. strings(1) shows each text by itself.

use crate::bytes::split;

/// One text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text(pub &'static [u8]);

impl Text {
    pub const EMPTY: Self = Self(b"");
}

/// A list of texts, each behind a key of one byte.
#[derive(Clone, Copy, Debug)]
pub struct Texts(pub &'static [u8]);

impl Texts {
    /// The text whose key stands for `number`.
    #[must_use]
    pub fn find(self, number: u8) -> Option<Text> {
        split(self.0, 0).find_map(|row| match row {
            [first, text @ ..] if *first == key(number) => Some(Text(text)),
            _ => None,
        })
    }
}

/// The key for `number`, 0 to 127: a byte that is not NUL and not in our texts, which are ASCII.
#[must_use]
pub const fn key(number: u8) -> u8 {
    0x80 | number
}

/// Makes a list from rows `(number, text)`, or from rows `(number, number, text)`: the second one becomes a byte at the
/// beginning of the text. A number may be a variant without fields.
macro_rules! texts {
    ($(($first:expr, $second:expr, $text:expr)),* $(,)?) => {
        $crate::message::text::texts!(@ $([$first, $second] $text),*)
    };
    ($(($number:expr, $text:expr)),* $(,)?) => {
        $crate::message::text::texts!(@ $([$number] $text),*)
    };
    (@ $([$($number:expr),*] $text:expr),*) => {{
        const ROWS: &[(&[u8], &str)] = &[$((&[$($crate::message::text::key($number as u8)),*], $text)),*];
        const BYTES: [u8; $crate::message::text::length(ROWS)] = $crate::message::text::join(ROWS);
        $crate::message::text::Texts(&BYTES)
    }};
}

/// Makes a text.
macro_rules! text {
    ($text:expr) => {
        $crate::message::text::Text($text.as_bytes())
    };
}

pub(crate) use {text, texts};

/// How many bytes a list has.
pub(crate) const fn length(rows: &[(&[u8], &str)]) -> usize {
    let mut length = 0;
    let mut rest = rows;
    while let [(keys, text), behind @ ..] = rest {
        length += keys.len() + text.len() + 1;
        rest = behind;
    }
    length
}

/// The list itself.
pub(crate) const fn join<const LENGTH: usize>(rows: &[(&[u8], &str)]) -> [u8; LENGTH] {
    let mut list = [0; LENGTH];
    let mut at = 0;
    let mut rest = rows;
    while let [(keys, text), behind @ ..] = rest {
        let mut parts: &[&[u8]] = &[keys, text.as_bytes()];
        while let [part, other_parts @ ..] = parts {
            let mut bytes = *part;
            while let [byte, other_bytes @ ..] = bytes {
                list[at] = *byte;
                at += 1;
                bytes = other_bytes;
            }
            parts = other_parts;
        }
        // The list is all NULs at first.
        at += 1;
        rest = behind;
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_key() {
        let texts = texts![(1, "one"), (2, ""), (127, "last")];
        assert_eq!(texts.0, b"\x81one\0\x82\0\xfflast\0");
        for (number, text) in [(1, Some("one")), (2, Some("")), (3, None), (127, Some("last"))] {
            assert_eq!(texts.find(number), text.map(|text| text!(text)), "{number}");
        }
        assert_eq!(texts![(1, 2, "one")].find(1), Some(Text(b"\x82one")));
    }
}
