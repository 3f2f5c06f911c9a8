//! A strict reader of one flat JSON object (RFC 8259): what is not allowed there is a panic.

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Text(String),
    Number(String),
    Truth(bool),
}

/// The members of the object that `text` is, in order. Nothing may stand before or behind it, and no blank in it.
pub fn object(text: &[u8]) -> Vec<(String, Value)> {
    let mut rest = text;
    let mut members: Vec<(String, Value)> = Vec::new();
    expect(&mut rest, b'{');
    loop {
        let name = string(&mut rest);
        expect(&mut rest, b':');
        let value = match rest {
            [b'"', ..] => Value::Text(string(&mut rest)),
            [b't' | b'f', ..] => truth(&mut rest),
            _ => number(&mut rest),
        };
        assert!(members.iter().all(|(known, _)| *known != name), "{name} stands there twice");
        members.push((name, value));
        match next(&mut rest) {
            b',' => {}
            b'}' => break,
            other => panic!("{other:#x} behind a value"),
        }
    }
    assert!(rest.is_empty(), "{} behind the object", rest.escape_ascii());
    members
}

fn next(rest: &mut &[u8]) -> u8 {
    let (&first, behind) = rest.split_first().expect("it is cut off");
    *rest = behind;
    first
}

fn expect(rest: &mut &[u8], byte: u8) {
    let found = next(rest);
    assert_eq!(found, byte, "{:?} before {}", char::from(found), rest.escape_ascii());
}

fn string(rest: &mut &[u8]) -> String {
    expect(rest, b'"');
    let mut bytes = Vec::new();
    loop {
        match next(rest) {
            b'"' => return String::from_utf8(bytes).expect("JSON is UTF-8"),
            b'\\' => {
                let character = match next(rest) {
                    byte @ (b'"' | b'\\' | b'/') => char::from(byte),
                    b'u' => {
                        let digits: String = (0..4).map(|_| char::from(next(rest))).collect();
                        let code = u32::from_str_radix(&digits, 16).expect("four hexadecimal digits");
                        char::from_u32(code).expect("no surrogate")
                    }
                    other => panic!("an unknown escape {other:#x}"),
                };
                bytes.extend(character.to_string().bytes());
            }
            control @ 0..0x20 => panic!("a control character {control:#x}"),
            byte => bytes.push(byte),
        }
    }
}

fn truth(rest: &mut &[u8]) -> Value {
    for (word, value) in [(&b"true"[..], true), (b"false", false)] {
        if let Some(behind) = rest.strip_prefix(word) {
            *rest = behind;
            return Value::Truth(value);
        }
    }
    panic!("no value: {}", rest.escape_ascii())
}

/// Digits, no zero before others, and perhaps a point and more digits.
fn number(rest: &mut &[u8]) -> Value {
    let length = rest.iter().take_while(|&byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, behind) = rest.split_at(length);
    *rest = behind;
    let number = std::str::from_utf8(number).expect("digits").to_owned();
    let (whole, part) = number.split_once('.').unwrap_or((&number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    assert!(is_digits(whole) && is_digits(part), "no number: {number}");
    assert!(whole == "0" || !whole.starts_with('0'), "a zero before others: {number}");
    Value::Number(number)
}
