//! A line of text put together without a heap: what `core::fmt` would do, at a tenth of its bytes. Pure.

use crate::errno::Errno;
use crate::process::Pid;
use crate::signal::Signal;
use crate::words::Text;

/// Room for a line, or for a termination message, which is a few; what does not fit is cut off, the newline never.
const CAPACITY: usize = 1800;

/// How much of somebody else's words is told: they must not crowd out the remedy behind them.
const QUOTED: usize = 200;

/// One line (or a few, in a usage message), built piece by piece.
#[derive(Debug)]
pub struct Line {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Line {
    #[must_use]
    #[inline(never)]
    pub const fn new() -> Self {
        Self { bytes: [0; CAPACITY], length: 0 }
    }

    /// Adds our own words.
    #[inline(never)]
    pub fn text(&mut self, text: Text) -> &mut Self {
        text.unpack(&mut |byte| {
            self.push(byte);
        });
        self
    }

    /// Adds bytes that are known to be harmless.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            self.push(byte);
        }
        self
    }

    /// Adds somebody else's words. Control characters become `?`: a program's name must not forge a second
    /// line in a log, or steer the terminal that shows it.
    #[inline(never)]
    pub fn quote(&mut self, foreign: &[u8]) -> &mut Self {
        for &byte in foreign.iter().take(QUOTED) {
            self.push(if byte.is_ascii_control() { b'?' } else { byte });
        }
        self
    }

    /// Adds somebody else's words as a JSON string (RFC 8259, 7). A byte that is no printable ASCII becomes the
    /// code point of the same number, so that any name gives valid JSON.
    pub fn json_string(&mut self, foreign: &[u8]) -> &mut Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.push(b'"');
        for &byte in foreign.iter().take(QUOTED) {
            match byte {
                b'"' | b'\\' => self.push(b'\\').push(byte),
                b' '..=b'~' => self.push(byte),
                _ => self
                    .bytes(b"\\u00")
                    .push(HEX[usize::from(byte >> 4) & 15])
                    .push(HEX[usize::from(byte) & 15]),
            };
        }
        self.push(b'"')
    }

    /// Adds a number in decimal.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.digits(number, 1)
    }

    /// Adds a number in decimal, with zeroes before it if it has less digits than `least`.
    #[inline(never)]
    pub fn digits(&mut self, number: u64, least: usize) -> &mut Self {
        // u64::MAX has 20 digits. They come last first.
        let mut digits = [0; 20];
        let mut rest = number;
        for place in digits.iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let zeroes = digits.iter().take(20 - least).take_while(|&&digit| digit == b'0').count();
        for &digit in digits.iter().skip(zeroes) {
            self.push(digit);
        }
        self
    }

    /// Adds `SIGTERM`, or `SIGRTMIN+3`, or for the two that have no name `signal 32`.
    #[inline(never)]
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

    /// Adds what strerror(3) says, or the number if it is none that we have words for.
    #[inline(never)]
    pub fn errno(&mut self, errno: Errno) -> &mut Self {
        match errno.text() {
            Text::EMPTY => self.bytes(b"error ").number(u64::from(errno.number())),
            text => self.text(text),
        }
    }

    /// What has been written.
    #[must_use]
    #[inline(never)]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// Adds a byte of our own.
    #[inline(never)]
    pub fn push(&mut self, byte: u8) -> &mut Self {
        // The last place is kept for the newline.
        let limit = if byte == b'\n' { CAPACITY } else { CAPACITY - 1 };
        if let Some(place) = self.bytes.get_mut(..limit).and_then(|bytes| bytes.get_mut(self.length)) {
            *place = byte;
            self.length += 1;
        }
        self
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_a_line() {
        let mut line = Line::new();
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
            let mut line = Line::new();
            line.signal(Signal::new(number).unwrap());
            assert_eq!(line.as_bytes(), word.as_bytes());
        }
    }

    #[test]
    fn foreign_words_cannot_break_the_line() {
        let mut line = Line::new();
        line.quote(b"evil\nname\x1b[2J\xff");
        assert_eq!(line.as_bytes(), b"evil?name?[2J\xff");
    }

    #[test]
    fn a_line_that_is_too_long_still_ends() {
        let mut line = Line::new();
        line.quote(&[b'x'; 1000]);
        assert_eq!(line.as_bytes().len(), QUOTED);
        for _ in 0..CAPACITY / QUOTED {
            line.quote(&[b'x'; 1000]);
        }
        line.bytes(b"\n");
        assert_eq!(line.as_bytes().len(), CAPACITY);
        assert_eq!(line.as_bytes().last(), Some(&b'\n'));
    }
}
