//! A termination message taken apart, in either form. The JSON reader takes what RFC 8259 allows for one flat object
//! and refuses the rest: what it takes, every parser takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The forms of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
}

pub use Form::{Json, Text};

impl Form {
    pub fn word(self) -> &'static str {
        if self == Text { "text" } else { "json" }
    }
}

/// Keys and values in their order; of a value in text its unit is kept, of a string in JSON its marks are not.
#[derive(Debug)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// # Panics
    /// If `bytes` is no message in this form.
    pub fn read(form: Form, bytes: &[u8]) -> Self {
        let Some(body) = bytes.strip_suffix(b"\n") else {
            panic!("no end of line: {}", bytes.escape_ascii())
        };
        Self(match form {
            Text => text_fields(&String::from_utf8_lossy(body)),
            Json => Object { rest: std::str::from_utf8(body).expect("JSON is UTF-8") }.read(),
        })
    }

    pub fn find(&self, key: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let first = found.next();
        assert_eq!(found.next(), None, "{key} twice in {self:?}");
        first
    }

    pub fn get(&self, key: &str) -> &str {
        self.find(key).unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }

    pub fn number(&self, key: &str) -> u64 {
        self.get(key).parse().unwrap_or_else(|_| panic!("{key} is no number in {self:?}"))
    }

    /// In thousandths, from the one way in which both forms write seconds.
    pub fn milliseconds(&self, key: &str) -> u64 {
        let value = self.get(key).trim_end_matches(" s");
        let (whole, part) = value.split_once('.').unwrap_or_else(|| panic!("{key}: no point in {value:?}"));
        assert_eq!(part.len(), 3, "{key}: {value:?}");
        (whole.to_owned() + part).parse().unwrap_or_else(|_| panic!("{key}: {value:?}"))
    }

    pub fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(key, _)| key.as_str()).collect()
    }
}

/// The sentence, `key: value`, and the program's own words behind an empty line, with the keys of the other form.
fn text_fields(body: &str) -> Vec<(String, String)> {
    let (ours, words) = body.split_once("\n\n").map_or((body, None), |(ours, words)| (ours, Some(words)));
    let (sentence, fields) = ours.split_once('\n').expect("a sentence and fields");
    let field = |line: &str| {
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("no `key: words`: {line:?}"));
        (key.to_owned(), value.to_owned())
    };
    let sentence = ("sentence".to_owned(), sentence.to_owned());
    let words = words.map(|words| ("program_message".to_owned(), words.to_owned()));
    [sentence].into_iter().chain(fields.split('\n').map(field)).chain(words).collect()
}

struct Object<'t> {
    rest: &'t str,
}

impl Object<'_> {
    fn read(mut self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        self.take('{');
        loop {
            let key = self.string();
            self.take(':');
            let value = self.value();
            fields.push((key, value));
            if !self.rest.starts_with(',') {
                break;
            }
            self.take(',');
        }
        self.take('}');
        assert_eq!(self.rest, "", "behind the object");
        fields
    }

    fn take(&mut self, wanted: char) {
        self.rest =
            self.rest.strip_prefix(wanted).unwrap_or_else(|| panic!("no {wanted:?} before {:?}", self.rest));
    }

    fn value(&mut self) -> String {
        if self.rest.starts_with('"') {
            return self.string();
        }
        let length = self.rest.find([',', '}']).expect("a value has an end");
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        let (whole, part) = word.split_once('.').unwrap_or((word, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = digits(whole) && digits(part) && (whole == "0" || !whole.starts_with('0'));
        assert!(is_number || ["true", "false"].contains(&word), "no value: {word:?}");
        word.to_owned()
    }

    fn string(&mut self) -> String {
        self.take('"');
        let mut text = String::new();
        loop {
            let next = self.rest.chars().next().expect("a string has an end");
            self.take(next);
            match next {
                '"' => return text,
                '\\' => text.push(self.escaped()),
                ' '.. => text.push(next),
                _ => panic!("a control character in a string"),
            }
        }
    }

    fn escaped(&mut self) -> char {
        let letter = self.rest.chars().next().expect("something is escaped");
        self.take(letter);
        match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (digits, rest) = self.rest.split_at_checked(4).expect("four digits");
                self.rest = rest;
                let number = u32::from_str_radix(digits, 16).expect("a hexadecimal number");
                char::from_u32(number).expect("no surrogates here")
            }
            _ => panic!("\\{letter} means nothing"),
        }
    }
}

/// Every key, in the one order that is documented, and none besides; those of `MAYBE` may be missing, in text only.
pub fn assert_keys(form: Form, fields: &Fields, is_killed: bool, is_not_run: bool, is_asked: bool) {
    /// What says nothing if it is 0 or false.
    const MAYBE: [&str; 4] = ["core_dumped", "oom_kills", "orphans_reaped", "signals_forwarded"];
    /// What a machine may not have.
    const UNKNOWN: [&str; 3] = ["oom_kills", "memory_limit_bytes", "memory_peak_bytes"];
    let inside = fields.find("stop_from") == Some("inside");
    let mut keys = vec!["sentence", "program", "pid"];
    keys.extend_from_slice(if is_killed { &["signal", "core_dumped"] } else { &["exit_code"] });
    keys.extend(["status", "reason"]);
    keys.extend(is_not_run.then_some("error"));
    keys.extend(UNKNOWN);
    if is_asked {
        keys.extend(["stop_signal", "stop_at", "stop_before_end", "stop_sent", "stop_from"]);
        if inside {
            keys.extend(["stop_pid", "stop_uid", "stop_command"]);
        }
    }
    keys.extend(["wall", "user", "system", "max_rss_bytes", "orphans_reaped", "signals_forwarded"]);
    keys.retain(|key| {
        fields.find(key).is_some() || !(UNKNOWN.contains(key) || form == Text && MAYBE.contains(key))
    });
    assert_eq!(fields.keys(), keys);
    if form == Text {
        assert!(
            MAYBE.iter().all(|key| !["0", "false"].contains(&fields.find(key).unwrap_or("1"))),
            "{fields:?}"
        );
    }
}

/// An empty file for a message, as a kubelet makes one for each start of a container.
pub fn paper() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Relaxed);
    let path = crate::harness::subject::directory().join(format!("message-{number}"));
    fs::write(&path, "").expect("make a file");
    path
}

/// `-m` with this path, as one argument.
pub fn to(path: &Path) -> String {
    format!("-m{}", path.to_str().expect("a path in UTF-8"))
}

/// The message in a file.
pub fn written(form: Form, path: &Path) -> Fields {
    Fields::read(form, &fs::read(path).expect("read the message"))
}
