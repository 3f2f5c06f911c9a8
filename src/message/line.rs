//! A line of text, put together without a heap. `core::fmt` would do the same with ten times the code. Pure.

use crate::message::strerror::strerror;
use crate::message::text::Text;
use crate::model::errno::Errno;
use crate::model::process::Pid;
use crate::model::signal::Signal;

/// Room for a line. A longer text is cut, but its newline is kept.
pub type Room = [u8; 1800];

/// How much of a foreign text is shown: it must leave room for our words behind it.
pub(super) const QUOTED: usize = 200;

/// One line (or a few, in a usage message), built piece by piece.
#[derive(Debug)]
pub struct Line<'r> {
    room: &'r mut [u8],
    pub(super) length: usize,
}

impl<'r> Line<'r> {
    /// What a line is put together in.
    pub const ROOM: Room = [0; 1800];

    /// An empty one.
    #[must_use]
    pub const fn new(room: &'r mut [u8]) -> Self {
        Self { room, length: 0 }
    }

    /// Adds a text of ours.
    pub fn text(&mut self, text: Text) -> &mut Self {
        self.bytes(text.0)
    }

    /// Adds bytes that are known to be harmless.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            self.push(byte);
        }
        self
    }

    /// Adds the beginning of a foreign text. What could forge a second line in a log, or steer the terminal that shows it,
    /// becomes `?`: see [`is_unfit`].
    pub fn quote(&mut self, foreign: &[u8]) -> &mut Self {
        self.words(foreign.get(..QUOTED).unwrap_or(foreign), b"")
    }

    /// Adds a foreign text, with `?` as in [`Self::quote`] for what is unfit and not `kept`.
    pub fn words(&mut self, foreign: &[u8], kept: &[u8]) -> &mut Self {
        let mut rest = foreign;
        while let Some((code, behind)) = decode(rest) {
            let character = rest.get(..rest.len() - behind.len()).unwrap_or(rest);
            let is_kept = character.first().is_some_and(|first| kept.contains(first));
            if is_unfit(code) && !is_kept {
                self.push(b'?')
            } else {
                self.bytes(character)
            };
            rest = behind;
        }
        self
    }

    /// Adds a number in decimal.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.digits(number, 1)
    }

    /// Adds a number in decimal, with zeroes before it if it has fewer digits than `least`.
    pub fn digits(&mut self, number: u64, least: usize) -> &mut Self {
        if number >= 10 || least > 1 {
            self.digits(number / 10, least.saturating_sub(1));
        }
        self.push(b'0' + (number % 10) as u8)
    }

    /// Adds `SIGTERM` or `SIGRTMIN+3`; 32 and 33 have no name: `signal 32`.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        match (signal.name(), signal.number()) {
            (b"", 34) => self.bytes(b"SIGRTMIN"),
            (b"", number @ 35..) => self.bytes(b"SIGRTMIN+").number(u64::from(number - 34)),
            (b"", number) => self.bytes(b"signal ").number(u64::from(number)),
            (name, _) => self.bytes(b"SIG").bytes(name),
        }
    }

    /// Adds a process's number.
    pub fn pid(&mut self, pid: Pid) -> &mut Self {
        self.number(u64::from(pid.number()))
    }

    /// Adds what strerror(3) says, or the number of an error that has no text here.
    pub fn errno(&mut self, errno: Errno) -> &mut Self {
        match strerror(errno) {
            Some(text) => self.text(text),
            None => self.bytes(b"error ").number(u64::from(errno.number())),
        }
    }

    /// What has been written.
    #[must_use]
    // 72 bytes less.
    #[inline(never)]
    pub fn as_bytes(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or(&[])
    }

    /// How many bytes still fit, beside the newline.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.room.len().saturating_sub(self.length + 1)
    }

    /// Adds a byte of our own.
    // 112 bytes less.
    #[inline(never)]
    pub fn push(&mut self, byte: u8) -> &mut Self {
        // The last place is kept for the newline.
        let kept = usize::from(byte != b'\n');
        if self.length + kept < self.room.len()
            && let Some(place) = self.room.get_mut(self.length)
        {
            *place = byte;
            self.length += 1;
        }
        self
    }
}

/// Whether a code point could forge a line in a log, or steer the terminal that shows it: control characters, C1 ones
/// among them (U+0080 to U+009F, also as single bytes, as a terminal without UTF-8 reads them), and what separates
/// lines or turns the direction of a text.
pub(super) const fn is_unfit(code: u32) -> bool {
    matches!(code, 0..0x20 | 0x7f..0xa0 | 0x2028..=0x202e | 0x2066..=0x2069)
}

/// The first code point of a text, and what is behind it (RFC 3629, 3). A byte that begins none counts as the code
/// point of the same number, as in Latin-1.
pub(super) fn decode(text: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, behind) = text.split_first()?;
    let byte = Some((u32::from(first), behind));
    // As many ones stand at the front as there are bytes. A code point that fits fewer bytes is none.
    let least = match first.leading_ones() {
        2 => 0x80,
        3 => 0x800,
        4 => 0x1_0000,
        _ => return byte,
    };
    let mut code = u32::from(first) & (0x7f >> first.leading_ones());
    let mut rest = behind;
    for _ in 1..first.leading_ones() {
        match rest {
            [other @ 0x80..=0xbf, others @ ..] => {
                (code, rest) = (code << 6 | u32::from(other & 0x3f), others)
            }
            _ => return byte,
        }
    }
    if code >= least && char::from_u32(code).is_some() { Some((code, rest)) } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(foreign: &[u8]) -> Vec<u8> {
        {
            let mut room = Line::ROOM;
            Line::new(&mut room).quote(foreign).as_bytes().to_vec()
        }
    }

    #[test]
    fn pieces_become_a_line() {
        let mut room = Line::ROOM;
        let mut line = Line::new(&mut room);
        line.bytes(b"a ")
            .number(0)
            .bytes(b" ")
            .number(1_234_567_890_123)
            .bytes(b" ")
            .signal(Signal::TERM)
            .bytes(b"\n");
        assert_eq!(line.as_bytes(), b"a 0 1234567890123 SIGTERM\n");
    }

    #[test]
    fn every_signal_has_a_word() {
        for (number, word) in
            [(1, "SIGHUP"), (31, "SIGSYS"), (32, "signal 32"), (34, "SIGRTMIN"), (64, "SIGRTMIN+30")]
        {
            let mut room = Line::ROOM;
            let mut line = Line::new(&mut room);
            line.signal(Signal::new(number).unwrap());
            assert_eq!(line.as_bytes(), word.as_bytes());
        }
    }

    /// What a text is shown as, by std's idea of UTF-8.
    fn expected(foreign: &[u8]) -> Vec<u8> {
        let is_unfit = |character: char| {
            character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let mut shown = Vec::new();
        for chunk in foreign.utf8_chunks() {
            let fit = |character| if is_unfit(character) { '?' } else { character };
            shown.extend(chunk.valid().chars().map(fit).collect::<String>().into_bytes());
            shown.extend(chunk.invalid().iter().map(|&byte| if byte < 0xa0 { b'?' } else { byte }));
        }
        shown
    }

    #[test]
    fn a_foreign_text_of_any_one_or_two_bytes_cannot_break_the_line() {
        for first in 0..=255 {
            assert_eq!(quoted(&[first]), expected(&[first]), "{first:#x}");
            for second in 0..=255 {
                let text = [first, second];
                assert_eq!(quoted(&text), expected(&text), "{text:x?}");
            }
        }
    }

    #[test]
    fn a_foreign_text_cannot_break_the_line() {
        for (foreign, shown) in [
            (&b"evil\nname\x1b[2J\xff"[..], &b"evil?name?[2J\xff"[..]),
            (b"\xc2\x9b2J \x9b2J", b"?2J ?2J"),
            ("x\u{85}exit_code: 0".as_bytes(), b"x?exit_code: 0"),
            ("\u{2027}\u{2028}\u{2029}\u{202e}\u{202f}".as_bytes(), "\u{2027}???\u{202f}".as_bytes()),
            ("größe 大 🚢 \u{a0}".as_bytes(), "größe 大 🚢 \u{a0}".as_bytes()),
            // What takes more bytes than it needs, a surrogate, and what is beyond Unicode are no characters.
            (b"\xc1\x9b \xe0\x82\x85 \xf0\x80\x82\x85", b"\xc1? \xe0?? \xf0???"),
            (b"\xed\xa0\x80 \xf4\x90\x80\x80", b"\xed\xa0? \xf4???"),
            // Cut short.
            (b"\xe2\x80", b"\xe2?"),
            (b"\xe5\xa4 \xf0\x9f\x9a", b"\xe5\xa4 \xf0??"),
        ] {
            assert_eq!(quoted(foreign), shown, "{}", foreign.escape_ascii());
            assert_eq!(expected(foreign), shown, "{}", foreign.escape_ascii());
        }
    }

    #[test]
    fn a_line_that_is_too_long_still_ends() {
        let mut room = Line::ROOM;
        let mut line = Line::new(&mut room);
        line.quote(&[b'x'; 1000]);
        assert_eq!(line.as_bytes().len(), QUOTED);
        for _ in 0..Line::ROOM.len() / QUOTED {
            line.quote(&[b'x'; 1000]);
        }
        line.bytes(b"\n");
        assert_eq!(line.as_bytes().len(), Line::ROOM.len());
        assert_eq!(line.as_bytes().last(), Some(&b'\n'));
    }
}
