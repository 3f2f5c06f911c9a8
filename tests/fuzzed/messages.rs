//! The termination message, of any facts: whole, one object as JSON, one field a line as text, and both say the same.

use super::json::{Value, object};
use super::texts::shown;
use pausa::message::facts::{Asked, Facts, OwnKill};
use pausa::message::termination::{Format, Sheet};
use pausa::model::errno::Errno;
use pausa::model::process::{Pid, Usage};
use pausa::model::siginfo::{Received, Siginfo};
use pausa::model::signal::Signal;
use pausa::model::status::{ExitStatus, WaitStatus};
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
    let mut facts = Facts::new(program, bytes.pid(), exec_error, bytes.time());
    facts.wait = (how & 16 == 0).then(|| WaitStatus::new(bytes.word()));
    facts.status = ExitStatus(bytes.byte());
    facts.own_kill = [None, Some(OwnKill::Deadline), Some(OwnKill::Rewrite), None][usize::from(how >> 1 & 3)];
    if how & 8 != 0 {
        let signal = Signal::new(i32::from(bytes.byte() & 63) + 1).expect("1 to 64");
        let info = Siginfo::new(0, bytes.word(), bytes.pid().raw(), bytes.word() as u32);
        let origin = Received { signal, info }.origin();
        let (sender, uid) = (Pid::new(info.pid), info.uid);
        facts.asked = Some(Asked { signal, origin, sender, uid, comm: bytes.array(), at: bytes.time() });
    }
    facts.ended = bytes.time();
    facts.oom_kills = bytes.long();
    facts.usage = Usage { user: bytes.time(), system: bytes.time(), max_rss: bytes.long() };
    facts.reaped = bytes.long();
    facts.forwarded = bytes.long();
    facts
}

fn written(facts: &Facts<'_>, format: Format) -> Vec<u8> {
    let mut sheet = Sheet::new(format);
    let text = sheet.compose(facts);
    text.strip_suffix(b"\n").expect("the last line ends").to_vec()
}

pub fn message(data: &[u8]) {
    let facts = facts(&mut Bytes(data));
    let members = object(&written(&facts, Format::Json));
    let text = written(&facts, Format::Text);
    let lines: Vec<(String, &[u8])> = text
        .split(|&byte| byte == b'\n')
        .map(|line| {
            let colon = line.windows(2).position(|pair| pair == b": ").expect("a name and a value");
            (String::from_utf8(line[..colon].to_vec()).expect("a name of ours"), &line[colon + 2..])
        })
        .collect();
    assert!(members.iter().map(|member| &member.0).eq(lines.iter().map(|line| &line.0)), "the same fields");

    for ((name, value), (_, line)) in members.iter().zip(&lines) {
        assert!(!line.iter().any(u8::is_ascii_control), "{name}: {}", line.escape_ascii());
        match (name.as_str(), value) {
            ("program", Value::Text(text)) => is_foreign(facts.program, text, line),
            ("stop_command", Value::Text(text)) => {
                let comm = facts.asked.as_ref().expect("who has asked").comm;
                let end = comm.iter().position(|&byte| byte == 0).unwrap_or(comm.len());
                is_foreign(comm[..end].trim_ascii_end(), text, line);
            }
            // A sentence for people, a word for machines.
            ("reason", Value::Text(word)) => {
                assert!(!line.is_empty() && !word.is_empty());
                assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
            }
            ("wall" | "user" | "system" | "stop_before_end", Value::Number(number)) => {
                assert_eq!(line.strip_suffix(b" s"), Some(number.as_bytes()), "{name}");
            }
            (_, Value::Text(text) | Value::Number(text)) => assert_eq!(*line, text.as_bytes(), "{name}"),
            (_, Value::Truth(truth)) => assert_eq!(*line, truth.to_string().as_bytes(), "{name}"),
        }
    }
}

/// As JSON, each byte is the code point of the same number.
fn is_foreign(foreign: &[u8], as_json: &str, as_text: &[u8]) {
    let foreign = &foreign[..foreign.len().min(QUOTED)];
    assert!(as_json.chars().eq(foreign.iter().map(|&byte| char::from(byte))), "{as_json:?}");
    assert_eq!(as_text, shown(foreign));
}
