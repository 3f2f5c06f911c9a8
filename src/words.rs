//! `Words`: what we say ourselves, as lists of texts without a pointer for each. Pure.
//!
//! The sources have them in plain words; the compiler makes the lists.

use crate::line::nth_word;

/// A list of texts, each with a NUL behind it. A table of slices costs 16 bytes an entry, used or not.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub(crate) &'static [u8]);

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text(pub(crate) &'static [u8]);

impl Text {
    pub const EMPTY: Self = Self(b"");

    /// A digit at the beginning, and what is behind it.
    #[must_use]
    pub fn split_digit(self) -> Option<(u8, Self)> {
        let (first, rest) = self.0.split_first()?;
        Some((first & 15, Self(rest)))
    }
}

impl Words {
    /// The text number `index`, counted from 0; empty if there are not so many.
    #[must_use]
    pub fn nth(self, index: usize) -> Text {
        Text(nth_word(self.0, 0, index))
    }
}

/// Makes a list of texts.
macro_rules! words {
    ($($text:expr),* $(,)?) => {{
        const LIST: $crate::words::List = $crate::words::List::new(&[$($text),*]);
        const BYTES: [u8; LIST.length()] = LIST.cut();
        $crate::words::Words(&BYTES)
    }};
}

/// Makes a text.
macro_rules! text {
    ($text:expr) => {{
        const LIST: $crate::words::List = $crate::words::List::new(&[$text]);
        // Without its NUL.
        const BYTES: [u8; LIST.length() - 1] = LIST.cut();
        $crate::words::Text(&BYTES)
    }};
}

pub(crate) use {text, words};

/// The longest list that there is.
const LIMIT: usize = 4096;

/// A list in the making, by the compiler.
pub(crate) struct List {
    bytes: [u8; LIMIT],
    length: usize,
}

impl List {
    pub(crate) const fn new(texts: &[&str]) -> Self {
        let mut list = Self { bytes: [0; LIMIT], length: 0 };
        let mut rest = texts;
        while let [text, behind @ ..] = rest {
            list.add(text.as_bytes());
            // There are zeroes already.
            list.length += 1;
            rest = behind;
        }
        list
    }

    const fn add(&mut self, bytes: &[u8]) {
        let (_, place) = self.bytes.split_at_mut(self.length);
        let (place, _) = place.split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        self.length += bytes.len();
    }

    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    /// Its first bytes, as an array that has no more of them.
    pub(crate) const fn cut<const LENGTH: usize>(&self) -> [u8; LENGTH] {
        let (bytes, _) = self.bytes.split_at(LENGTH);
        let mut array = [0; LENGTH];
        array.copy_from_slice(bytes);
        array
    }
}
