//! Bytes as texts: lists in one string, numbers, names. Depends on nothing.
//!
//! `slice::split` would do for the lists, but each of its users gets a copy of it.

/// The parts of a text.
#[derive(Clone, Debug)]
pub struct Split<'a> {
    /// `None` at the end.
    rest: Option<&'a [u8]>,
    separator: u8,
}

/// The parts between separators; without a separator, the whole text.
#[must_use]
pub const fn split(text: &[u8], separator: u8) -> Split<'_> {
    Split { rest: Some(text), separator }
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (head, tail) = split_once(self.rest?, self.separator);
        self.rest = tail;
        Some(head)
    }
}

/// The word number `index` of a list, counted from 0; empty if there are not so many. A list in one string
/// costs half the bytes of an array of strings.
#[must_use]
pub fn nth_word(list: &'static [u8], separator: u8, index: usize) -> &'static [u8] {
    split(list, separator).nth(index).unwrap_or(b"")
}

/// Where `word` stands in a list, counted from 0.
#[must_use]
pub fn word_index(list: &[u8], separator: u8, word: &[u8]) -> Option<usize> {
    split(list, separator).position(|known| known == word)
}

/// What stands before and behind the first `separator`; `None` behind if there is no separator.
#[must_use]
pub fn split_once(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let length = text.iter().position(|&byte| byte == separator).unwrap_or(text.len());
    match text.split_at_checked(length) {
        Some((head, [_, tail @ ..])) => (head, Some(tail)),
        _ => (text, None),
    }
}

/// The rest of `text` behind `prefix`, which is in capitals; case does not count.
/// (`eq_ignore_ascii_case` would do, and unrolls itself to 300 bytes.)
#[must_use]
pub fn strip_prefix<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let mut rest = text;
    for &capital in prefix {
        let (first, behind) = rest.split_first()?;
        if first.to_ascii_uppercase() != capital {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

/// A number of one to nine decimal digits and nothing else.
#[must_use]
pub fn decimal(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    let mut number = 0u32;
    for &byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(byte - b'0');
    }
    Some(number)
}

/// What is behind `label`, with which a line begins. So the files of /proc and of cgroups tell what they count.
#[must_use]
pub fn line_behind<'a>(label: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
    split(text, b'\n').find_map(|line| line.strip_prefix(label))
}

/// The number there.
#[must_use]
pub fn count_behind(label: &[u8], text: &[u8]) -> Option<u64> {
    u64::try_from(integer(line_behind(label, text)?)?.0).ok()
}

/// The number there, such as a user. One has ten digits where it comes from a directory service (OpenShift begins at
/// 1,000,000,000).
#[must_use]
pub fn number_behind(label: &[u8], text: &[u8]) -> Option<u32> {
    u32::try_from(count_behind(label, text)?).ok()
}

/// What strtol(3) reads in base 10, and what is behind it: blanks, a sign, digits. Too many of them are the greatest
/// or the least number that there is. `None` if there is no digit.
#[must_use]
pub fn integer(text: &[u8]) -> Option<(i64, &[u8])> {
    let mut rest = text;
    // isspace(3) in the C locale.
    while let [b' ' | b'\t'..=b'\r', behind @ ..] = rest {
        rest = behind;
    }
    let is_negative = rest.first() == Some(&b'-');
    if let [b'+' | b'-', behind @ ..] = rest {
        rest = behind;
    }
    // Below zero, because there is one number more. What would be lower than that one stays it.
    let (mut number, digits) = (0i64, rest);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        let tens = number.checked_mul(10);
        number = tens.and_then(|tens| tens.checked_sub(i64::from(digit - b'0'))).unwrap_or(i64::MIN);
        rest = behind;
    }
    if rest.len() == digits.len() {
        return None;
    }
    Some((if is_negative { number } else { number.saturating_neg() }, rest))
}

/// A number of one to sixteen hexadecimal digits, whatever is behind it.
#[must_use]
pub fn hexadecimal(text: &[u8]) -> Option<u64> {
    let mut number = None;
    for &byte in text {
        let Some(digit) = char::from(byte).to_digit(16) else { break };
        let before = number.unwrap_or(0);
        if before >> 60 != 0 {
            return None;
        }
        number = Some(before << 4 | u64::from(digit));
    }
    number
}

/// What stands behind the last slash.
#[must_use]
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_strtol_does() {
        for (text, expected) in [
            (&b"3x"[..], Some((3, &b"x"[..]))),
            (b" \t\n\x0b\x0c\r-07", Some((-7, b""))),
            (b"+0", Some((0, b""))),
            (b"9999999999", Some((9_999_999_999, b""))),
            (b"99999999999999999999", Some((i64::MAX, b""))),
            (b"-99999999999999999999", Some((i64::MIN, b""))),
            (b"", None),
            (b"+-1", None),
            (b"x3", None),
        ] {
            assert_eq!(integer(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn hexadecimal_digits_are_read() {
        for (text, number) in [
            (&b"0000000000014002"[..], Some(0x14002)),
            (b"ffffffffffffffff", Some(u64::MAX)),
            (b"10000000000000000", None),
            (b"7f0A b", Some(0x7f0a)),
            (b"", None),
            (b"x1", None),
        ] {
            assert_eq!(hexadecimal(text), number, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_text_has_one_part_more_than_separators() {
        for (text, parts) in [
            (&b"a:bc::d"[..], &[&b"a"[..], b"bc", b"", b"d"][..]),
            (b"", &[b""]),
            (b":", &[b"", b""]),
            (b"ab", &[b"ab"]),
        ] {
            assert_eq!(split(text, b':').collect::<Vec<_>>(), parts, "{}", text.escape_ascii());
        }
        assert_eq!((nth_word(b"a b", b' ', 1), nth_word(b"a b", b' ', 2)), (&b"b"[..], &b""[..]));
        assert_eq!((word_index(b"a b", b' ', b"b"), word_index(b"a b", b' ', b"")), (Some(1), None));
    }
}
