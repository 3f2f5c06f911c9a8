//! What the program itself has written where the termination message stands: many leave their last words there, as
//! Kubernetes tells them to. Pure.

use crate::message::termination::{Format, PROGRAM_MESSAGE};

/// The program's part of `found`, which is what the file has now; `ours` is what we wrote there last, without any
/// words of the program.
///
/// The program may have left that alone, or added to it, or have replaced it, or have written over its beginning.
pub fn own_words<'f>(found: &'f mut [u8], ours: &[u8], format: Format) -> &'f [u8] {
    let closing: &[u8] = match format {
        Format::Text => b"",
        Format::Json => b"}\n",
    };
    let head = ours.strip_suffix(closing).unwrap_or(ours);
    let behind = match found.strip_prefix(head) {
        None if found.len() == ours.len() => {
            let kept =
                found.iter().rev().zip(ours.iter().rev()).take_while(|(one, other)| one == other).count();
            // Texts of one length may end alike by chance.
            let kept = if kept < 16 { 0 } else { kept };
            return found.get(..found.len() - kept).unwrap_or(&[]).trim_ascii();
        }
        None => return found.trim_ascii(),
        Some(behind) => behind,
    };
    let length = found.len();
    if format == Format::Json && behind.starts_with(PROGRAM_MESSAGE) {
        let start = head.len() + PROGRAM_MESSAGE.len();
        let end = take_string(found, start);
        return found.get(..end).unwrap_or(&[]).trim_ascii();
    }
    let closing = if behind.starts_with(closing) { closing.len() } else { 0 };
    found.get(head.len() + closing..length).unwrap_or(&[]).trim_ascii()
}

/// Moves the JSON string whose inside begins at `start` to the beginning of `text`, as what it stands for, and behind it
/// what follows the object. Returns where that ends. The string is one that [`Line::json`](super::line::Line::json)
/// has made; of any other, what cannot be read is taken as it is.
fn take_string(text: &mut [u8], start: usize) -> usize {
    let (mut from, mut to, mut is_open) = (start, 0, true);
    while let Some(&byte) = text.get(from) {
        let mut character = [byte, 0, 0, 0];
        let (taken, made) = match (is_open, byte, text.get(from + 1)) {
            (true, b'"', _) => {
                is_open = false;
                character[0] = b'\n';
                // Its `}` and the end of the line, which is kept between the two.
                (3, 1)
            }
            (true, b'\\', Some(b'u')) => {
                let code = text.get(from + 2..from + 6).map_or(0, hex);
                let escaped = if code > 0xff { char::from_u32(code) } else { None };
                match escaped {
                    Some(escaped) => (6, escaped.encode_utf8(&mut character).len()),
                    None => {
                        character[0] = code as u8;
                        (6, 1)
                    }
                }
            }
            (true, b'\\', Some(&escaped)) => {
                character[0] = escaped;
                (2, 1)
            }
            _ => (1, 1),
        };
        for byte in character.into_iter().take(made) {
            if let Some(place) = text.get_mut(to) {
                *place = byte;
            }
            to += 1;
        }
        from += taken;
    }
    to
}

/// A number in hexadecimal digits; any other byte counts as a digit too.
fn hex(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, &digit| {
        let value = if digit.is_ascii_digit() { digit - b'0' } else { digit.wrapping_sub(b'a' - 10) };
        number << 4 | u32::from(value & 15)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::line::Line;

    fn words(found: &[u8], ours: &str, format: Format) -> String {
        own_words(&mut found.to_vec(), ours.as_bytes(), format).escape_ascii().to_string()
    }

    #[test]
    fn they_are_found_however_the_program_has_written_them() {
        const OURS: &str = "all killed\nprogram: x\nreason: all_killed\n";
        for (found, expected) in [
            ("all killed\nprogram: x\nreason: all_killed\n", ""),
            ("all killed\nprogram: x\nreason: all_killed\nFATAL: no database\n", "FATAL: no database"),
            ("all killed\nprogram: x\nreason: all_killed\n\nbefore\nadded\n", "before\\nadded"),
            ("FATAL: no database", "FATAL: no database"),
            ("FATALilled\nprogram: x\nreason: all_killed\n", "FATAL"),
            ("the main work of that job was oom_killed\n", "the main work of that job was oom_killed"),
            ("all killed\n", "all killed"),
            ("", ""),
            (" \n", ""),
        ] {
            assert_eq!(words(found.as_bytes(), OURS, Format::Text), expected, "{found:?}");
        }
        const OBJECT: &str = "{\"sentence\":\"all killed\"}\n";
        for (found, expected) in [
            ("{\"sentence\":\"all killed\"}\n", ""),
            ("{\"sentence\":\"all killed\"}\nFATAL: no database\n", "FATAL: no database"),
            (
                "{\"sentence\":\"all killed\",\"program_message\":\"a\\\"\\\\\\u000ab\"}\nc\n",
                "a\\\"\\\\\\nb\\nc",
            ),
            ("{\"sentence\":\"all killed\",\"program_message\":\"cut", "cut"),
            ("{\"sentence\":\"all killed\",\"other\":1}\n", ",\\\"other\\\":1}"),
            ("FATAL", "FATAL"),
        ] {
            assert_eq!(words(found.as_bytes(), OBJECT, Format::Json), expected, "{found:?}");
        }
    }

    #[test]
    fn what_was_put_into_a_string_comes_out_of_it() {
        for text in [&b"a\nb\tc\x7f\"\\\\"[..], "größe 大 🚢 \u{202e}".as_bytes(), b"\xff\x80a"] {
            let mut room = Line::ROOM;
            let mut line = Line::new(&mut room);
            line.bytes(b"{").bytes(PROGRAM_MESSAGE).json(text).bytes(b"\"}\n");
            let found = line.as_bytes().to_vec();
            assert_eq!(words(&found, "{}\n", Format::Json), text.escape_ascii().to_string());
        }
    }
}
