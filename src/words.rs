//! `Words`: what we say ourselves, packed into half its bytes. Pure.
//!
//! The sources have it in plain words, and the compiler packs it: a byte from 128 on stands for a piece, which
//! is two of what came before it, characters or pieces (byte pair encoding: Gage, "A New Algorithm for Data
//! Compression", 1994). Unpacking takes a table of pairs and a function of a few lines.

use crate::split::nth_word;

/// A list of texts, each with a NUL behind it, which is part of no piece. A table of slices would cost 16 bytes an
/// entry, used or not.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub(crate) &'static [u8]);

/// One text, packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text(pub(crate) &'static [u8]);

impl Text {
    pub const EMPTY: Self = Self(b"");

    /// A digit at the beginning, and what is behind it. No piece has digits.
    #[must_use]
    pub fn split_digit(self) -> Option<(u8, Self)> {
        let (first, rest) = self.0.split_first()?;
        Some((first & 15, Self(rest)))
    }

    /// Puts one character after the other.
    pub fn unpack(self, put: &mut dyn FnMut(u8)) {
        for &byte in self.0 {
            unpack(byte, put);
        }
    }
}

impl Words {
    /// The text number `index`, counted from 0; empty if there are not so many.
    #[must_use]
    pub fn nth(self, index: usize) -> Text {
        Text(nth_word(self.0, 0, index))
    }
}

fn unpack(byte: u8, put: &mut dyn FnMut(u8)) {
    match PAIRS.get(usize::from(byte).wrapping_sub(FIRST)) {
        Some(&[first, second]) => {
            unpack(first, put);
            unpack(second, put);
        }
        None => put(byte),
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
        list.pack(&PAIRS, PIECES.len());
        list
    }

    /// Puts the first `count` of the pieces in, in their order.
    const fn pack(&mut self, pairs: &[[u8; 2]; PIECES.len()], count: usize) {
        let mut index = 0;
        while index < count {
            self.join(pairs[index], (FIRST + index) as u8);
            index += 1;
        }
    }

    /// Puts `byte` wherever the pair is.
    const fn join(&mut self, [first, second]: [u8; 2], byte: u8) {
        let (mut from, mut to) = (0, 0);
        while from < self.length {
            if self.bytes[from] == first && self.bytes[from + 1] == second {
                self.bytes[to] = byte;
                from += 2;
            } else {
                self.bytes[to] = self.bytes[from];
                from += 1;
            }
            to += 1;
        }
        // What is behind it must be zero, as it was.
        while self.length > to {
            self.length -= 1;
            self.bytes[self.length] = 0;
        }
    }

    /// What is behind 127 means a piece, and 0 the end: texts are ASCII without NUL.
    const fn add(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [byte, behind @ ..] = rest {
            assert!(byte.is_ascii() && *byte != 0, "a text is ASCII");
            rest = behind;
        }
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

/// What the first piece is written as.
const FIRST: usize = 128;

/// Each piece as the two that it is made of.
static PAIRS: [[u8; 2]; PIECES.len()] = {
    let mut pairs = [[0; 2]; PIECES.len()];
    let mut index = 0;
    while index < PIECES.len() {
        let mut piece = List { bytes: [0; LIMIT], length: 0 };
        piece.add(PIECES[index].as_bytes());
        piece.pack(&pairs, index);
        assert!(piece.length == 2, "a piece is made of two earlier ones");
        pairs[index] = piece.cut();
        index += 1;
    }
    pairs
};

#[rustfmt::skip]
const PIECES: [&str; 128] = [
    "  ", "d ", "e ", "s ", "    ", "t ", "on", "il", ", ", "th", "or", "in", ": ", "--", "re", "er", "al",
    "si", "o ", "ed ", "op", "en", "ch", "us", "it", "gn", "at", "pa", "st", "the ", "an", "\n  ", "sign",
    "on ", "chil", "ti", "ro", "ar", "signal", "es", "to ", "\n  -", "usa", "%n", "opti", "        ", "pausa",
    "or ", "y ", "ex", "un", "option ", "%n'", "pro", "child ", "th ", ", --", "el", "ap", "%p", "um", "no",
    "ed", "as ", "wi", "with ", "signal ", ": %", "ini", "of", "for", "ill", "ver", "se", "ge", "] ", " (",
    "proc", "proces", "is ", "SI", "SIG", "of ", "not ", "reap", "ing", "war", "co", "a ", "; ", "%N", "%N: ",
    ": %e", "ta", "kill", "es ", "am", "TI", ".\n", "tak", "versi", "exit", "arg", "stop", "all", "er ", "le",
    "de", "..", " f", "takes ", "umen", "option '", "wh", "su", "pi", "it ", "cat", "ER", "D ", "'%n'",
    "catat", "cataton", "argumen", "exited ", "ing ", "elp", "child",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personality::PERSONALITIES;
    use crate::{errno, parse, termination};
    use std::collections::BTreeMap;

    fn unpacked(bytes: &'static [u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        Text(bytes).unpack(&mut |byte| plain.push(byte));
        plain
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let words = words!["", "the other process", "%n: \n", "the"];
        assert_eq!(unpacked(words.0), b"\0the other process\0%n: \n\0the\0");
        assert_eq!(unpacked(words.nth(1).0), b"the other process");
        assert_eq!(unpacked(text!("a process of the container").0), b"a process of the container");
    }

    /// Texts change, and then other pieces would save more. The failure says which.
    #[test]
    fn the_pieces_are_nearly_the_best() {
        let voices = PERSONALITIES.iter().map(|personality| personality.voice.0);
        let others = [errno::TEXTS, parse::ACCEPTED, termination::KEYS, termination::REASONS];
        let lists: Vec<&[u8]> = voices.chain(others).map(|words| words.0).collect();
        let packed: usize = lists.iter().map(|list| list.len()).sum();

        let mut text: Vec<u16> = lists.iter().flat_map(|list| unpacked(list)).map(u16::from).collect();
        let mut pieces: Vec<String> = (0..128).map(|byte| char::from(byte).to_string()).collect();
        let is_part = |byte: u16| byte != 0 && !(b'0'.into()..=b'9'.into()).contains(&byte);
        while pieces.len() < 256 {
            let mut counts = BTreeMap::new();
            for pair in text.windows(2).filter(|pair| pair.iter().all(|&byte| is_part(byte))) {
                *counts.entry([pair[0], pair[1]]).or_insert(0) += 1;
            }
            let (&best, _) = counts.iter().max_by_key(|&(_, count)| count).unwrap();
            let piece = pieces.len() as u16;
            let mut rest = text.into_iter().peekable();
            text = Vec::new();
            while let Some(byte) = rest.next() {
                let is_best = byte == best[0] && rest.next_if_eq(&best[1]).is_some();
                text.push(if is_best { piece } else { byte });
            }
            pieces.push(best.map(|byte| pieces[usize::from(byte)].as_str()).concat());
        }
        let best = text.len();
        assert!(packed <= best + best / 100, "{packed} bytes and not {best}, with {:?}", &pieces[128..]);
    }
}
