//! What only the termination message needs of a line: JSON, a date, the end of a long text. Pure.
//!
//! A hold writes lines, and `line` is on its page (`link.ld`); this is not.

use crate::message::line::{Line, QUOTED, decode, is_unfit};
use crate::time::{Calendar, Nanoseconds};

impl Line<'_> {
    /// Takes all of it back.
    pub const fn clear(&mut self) {
        self.length = 0;
    }

    /// Adds the beginning of a foreign text as a JSON string.
    pub fn json_string(&mut self, foreign: &[u8]) -> &mut Self {
        self.push(b'"').json(foreign.get(..QUOTED).unwrap_or(foreign)).push(b'"')
    }

    /// Adds a foreign text as what is within a JSON string (RFC 8259, 7). What is unfit for a line is escaped, and so is a
    /// byte that is not part of UTF-8, as the code point of the same number: any text gives valid JSON.
    pub fn json(&mut self, foreign: &[u8]) -> &mut Self {
        let mut rest = foreign;
        while let Some((code, behind)) = decode(rest) {
            let character = rest.get(..rest.len() - behind.len()).unwrap_or(rest);
            match json_length(code, character) {
                length if length == character.len() => self.bytes(character),
                2 => self.push(b'\\').bytes(character),
                _ => self.bytes(b"\\u").hex(code >> 8).hex(code),
            };
            rest = behind;
        }
        self
    }

    /// Adds the last byte of a number in two hexadecimal digits.
    fn hex(&mut self, number: u32) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.push(DIGITS[(number >> 4) as usize & 15]).push(DIGITS[number as usize & 15])
    }

    /// Adds a moment, the span since the beginning of 1970, as `2026-11-25T19:03:55Z` (RFC 3339).
    pub fn date(&mut self, span: Nanoseconds) -> &mut Self {
        let Calendar { year, month, day, seconds } = Calendar::after_1970(span);
        self.number(year)
            .push(b'-')
            .digits(month, 2)
            .push(b'-')
            .digits(day, 2)
            .push(b'T')
            .digits(seconds / 3600, 2);
        self.push(b':').digits(seconds / 60 % 60, 2).push(b':').digits(seconds % 60, 2).push(b'Z')
    }
}

/// How many bytes a character takes within a JSON string: 2 with a backslash before it, 6 as `\\u0000`, else its own.
fn json_length(code: u32, character: &[u8]) -> usize {
    let is_no_utf8 = code >= 0x80 && character.len() == 1;
    match character {
        b"\"" | b"\\" => 2,
        _ if is_unfit(code) || is_no_utf8 => 6,
        _ => character.len(),
    }
}

/// The end of `text` that takes no more than `room` bytes within a JSON string, or as it is.
#[must_use]
pub fn last_of(text: &[u8], room: usize, is_json: bool) -> &[u8] {
    let length =
        |code, character: &[u8]| if is_json { json_length(code, character) } else { character.len() };
    let (mut total, mut rest) = (0, text);
    while let Some((code, behind)) = decode(rest) {
        total += length(code, rest.get(..rest.len() - behind.len()).unwrap_or(rest));
        rest = behind;
    }
    rest = text;
    while total > room
        && let Some((code, behind)) = decode(rest)
    {
        total -= length(code, rest.get(..rest.len() - behind.len()).unwrap_or(rest));
        rest = behind;
    }
    rest
}
