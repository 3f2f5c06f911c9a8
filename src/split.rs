//! Texts in parts: lists whose words have a blank or the like between them. Pure.
//!
//! `slice::split` would do, but each of its users gets a copy of it.

/// The parts of a text.
#[derive(Clone, Debug)]
pub struct Split<'a> {
    /// `None` at the end.
    rest: Option<&'a [u8]>,
    separator: u8,
}

/// The parts between separators: one, if there is none.
#[must_use]
pub const fn split(text: &[u8], separator: u8) -> Split<'_> {
    Split { rest: Some(text), separator }
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (head, tail) = split_once(self.rest?, self.separator);
        self.rest = tail;
        Some(head)
    }
}

/// The word number `index` of a list, counted from 0; empty if there are not so many. A list in one string
/// costs half the bytes of an array of strings.
#[must_use]
#[inline(never)]
pub fn nth_word(list: &'static [u8], separator: u8, index: usize) -> &'static [u8] {
    split(list, separator).nth(index).unwrap_or(b"")
}

/// Where `word` stands in a list, counted from 0.
#[must_use]
#[inline(never)]
pub fn word_index(list: &[u8], separator: u8, word: &[u8]) -> Option<usize> {
    split(list, separator).position(|known| known == word)
}

/// What stands before and behind the first `separator`; `None` behind if there is no separator.
#[must_use]
#[inline(never)]
pub fn split_once(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let length = text.iter().position(|&byte| byte == separator).unwrap_or(text.len());
    match text.split_at_checked(length) {
        Some((head, [_, tail @ ..])) => (head, Some(tail)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
