//! The termination message, of any facts: whole, one object as JSON, one field a line as text, and both say the same.

use super::json::{Value, object};
use super::texts::shown;
use pausa::message::own_words::own_words;
use pausa::message::termination::{Format, compose};
use pausa::model::errno::Errno;
use pausa::model::process::{Pid, Usage};
use pausa::model::siginfo::{Received, Siginfo};
use pausa::model::signal::Signal;
use pausa::model::status::{ExitStatus, WaitStatus};
use pausa::policy::facts::{Asked, End, Facts, Memory, OwnKill};
use pausa::time::Nanoseconds;

/// How much of a foreign text a message has.
const QUOTED: usize = 200;

/// Numbers and texts from bytes; zeroes when there are none left.
struct Bytes<'d>(&'d [u8]);

impl<'d> Bytes<'d> {
    fn array<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut array = [0; LENGTH];
        let taken = self.slice(LENGTH);
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    fn slice(&mut self, length: usize) -> &'d [u8] {
        let (slice, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        slice
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn word(&mut self) -> i32 {
        i32::from_le_bytes(self.array())
    }

    fn long(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn maybe(&mut self) -> Option<u64> {
        Some(self.long()).filter(|number| number % 2 == 0)
    }

    fn time(&mut self) -> Nanoseconds {
        Nanoseconds::new(self.long())
    }

    fn pid(&mut self) -> Pid {
        // The kernel knows no other ones.
        Pid::new(self.word() & 0x3f_ffff)
    }
}

fn facts<'d>(bytes: &mut Bytes<'d>) -> Facts<'d> {
    let length = bytes.byte();
    let program = bytes.slice(length.into());
    let how = bytes.byte();
    let exec_error = (how & 1 != 0).then(|| Errno::of(bytes.word() & 0xfff));
    let mut facts = Facts::new(program, how & 32 != 0, bytes.time());
    facts.pid = (how & 64 == 0).then(|| bytes.pid());
    facts.exec_error = exec_error;
    facts.end = match how & 16 {
        0 => End::Seen(WaitStatus::new(bytes.word())),
        _ if how & 128 != 0 => End::Pending,
        _ => End::Unseen,
    };
    facts.status = ExitStatus(bytes.byte());
    facts.own_kill = [None, Some(OwnKill::Deadline), Some(OwnKill::Rewrite), None][usize::from(how >> 1 & 3)];
    if how & 8 != 0 {
        let signal = Signal::new(i32::from(bytes.byte() & 63) + 1).expect("1 to 64");
        let info = Siginfo::new(0, bytes.word(), bytes.pid().raw(), bytes.word() as u32);
        let origin = Received { signal, info }.origin();
        let (sender, uid, date) = (Pid::new(info.pid), info.uid, Some(bytes.time()));
        facts.asked =
            Some(Asked { signal, origin, sender, uid, comm: bytes.array(), at: bytes.time(), date });
    }
    facts.ended = bytes.time();
    facts.grace = bytes.time();
    facts.memory = Memory { oom_kills: bytes.maybe(), limit: bytes.maybe(), peak: bytes.maybe() };
    facts.usage = Usage { user: bytes.time(), system: bytes.time(), max_rss: bytes.long() };
    facts.reaped = bytes.long();
    facts.forwarded = bytes.long();
    facts
}

fn written(facts: &Facts<'_>, format: Format, words: &[u8]) -> Vec<u8> {
    let mut page = [0; 4096];
    let length = compose(&mut page, format, facts, words);
    page[..length].to_vec()
}

pub fn message(data: &[u8]) {
    let mut bytes = Bytes(data);
    let facts = facts(&mut bytes);
    let words = bytes.0;
    let members = object(end_of_line(&written(&facts, Format::Json, b"")));
    let text = written(&facts, Format::Text, b"");
    let mut lines = end_of_line(&text).split(|&byte| byte == b'\n');
    let sentence = lines.next().expect("a first line");
    let lines: Vec<(String, &[u8])> = lines
        .map(|line| {
            let colon = line.windows(2).position(|pair| pair == b": ").expect("a name and a value");
            (String::from_utf8(line[..colon].to_vec()).expect("a name of ours"), &line[colon + 2..])
        })
        .collect();
    let Some(("sentence", Value::Text(as_json))) =
        members.first().map(|(name, value)| (name.as_str(), value))
    else {
        panic!("the sentence comes first: {members:?}")
    };
    assert!(!sentence.is_empty());
    is_same(sentence, as_json, sentence);
    let mut left = lines.iter();
    for (name, value) in &members[1..] {
        let line = match left.as_slice().first() {
            Some((next, line)) if next == name => *line,
            _ => {
                let is_nothing = matches!(value, Value::Number(number) if number == "0")
                    || matches!(value, Value::Truth(false));
                assert!(is_nothing, "{name} is left out of the text");
                continue;
            }
        };
        left.next();
        assert!(!line.iter().any(u8::is_ascii_control), "{name}: {}", line.escape_ascii());
        match (name.as_str(), value) {
            ("program", Value::Text(text)) => is_foreign(facts.program, text, line),
            ("stop_command", Value::Text(text)) => {
                let comm = facts.asked.as_ref().expect("who has asked").comm;
                let end = comm.iter().position(|&byte| byte == 0).unwrap_or(comm.len());
                is_foreign(comm[..end].trim_ascii_end(), text, line);
            }
            ("reason", Value::Text(word)) => {
                assert_eq!(line, word.as_bytes());
                assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
            }
            ("wall" | "user" | "system" | "stop_before_end", Value::Number(number)) => {
                assert_eq!(line.strip_suffix(b" s"), Some(number.as_bytes()), "{name}");
            }
            (_, Value::Text(text) | Value::Number(text)) => assert_eq!(line, text.as_bytes(), "{name}"),
            (_, Value::Truth(truth)) => assert_eq!(line, truth.to_string().as_bytes(), "{name}"),
        }
    }
    assert_eq!(left.len(), 0, "the same fields");
    keeps(&facts, words);
}

/// What the program has written is kept, however often we replace what stands around it.
fn keeps(facts: &Facts<'_>, words: &[u8]) {
    for format in [Format::Text, Format::Json] {
        let ours = written(facts, format, b"");
        let whole = written(facts, format, words);
        assert!(whole.len() <= 4096 && whole.ends_with(b"\n"), "{}", whole.len());
        if format == Format::Json {
            object(end_of_line(&whole));
        }
        let mut found = whole.clone();
        let again = own_words(&mut found, &ours, format).to_vec();
        assert_eq!(written(facts, format, &again), written(facts, format, again.trim_ascii()));
        // An escaped byte that is no UTF-8 may become part of a character with the next one.
        let is_plain = |text: &str| !text.chars().any(|character| ('\u{80}'..'\u{a0}').contains(&character));
        let stays = std::str::from_utf8(&again).is_ok_and(is_plain);
        let mut found = written(facts, format, &again);
        let kept = own_words(&mut found, &ours, format);
        assert!(!stays || kept == again.trim_ascii(), "{}", whole.escape_ascii());
        let mut anything = words.to_vec();
        own_words(&mut anything, &ours, format);
    }
}

fn end_of_line(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").expect("the last line ends")
}

/// The beginning of a foreign text.
fn is_foreign(foreign: &[u8], as_json: &str, as_text: &[u8]) {
    let foreign = &foreign[..foreign.len().min(QUOTED)];
    is_same(foreign, as_json, as_text);
}

/// As JSON, a byte that is not part of UTF-8 is the code point of the same number.
fn is_same(foreign: &[u8], as_json: &str, as_text: &[u8]) {
    let mut expected = String::new();
    for chunk in foreign.utf8_chunks() {
        expected.push_str(chunk.valid());
        expected.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
    }
    assert_eq!(as_json, expected);
    assert_eq!(as_text, shown(foreign));
}
