//! Texts from outside, each read a second time by other means: signals, durations, ladders, counters, names.

use pausa::bytes::count_behind;
use pausa::message::line::Line;
use pausa::model::process::real_user;
use pausa::model::signal::Signal;
use pausa::policy::shutdown::{Ladder, Shutdown};
use pausa::time::{self, Nanoseconds};

const SECOND: u64 = 1_000_000_000;

/// One to nine digits and nothing else.
fn decimal(text: &str) -> Option<u64> {
    let is_short = (1..=9).contains(&text.len());
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().filter(|_| is_short)
}

fn signal_by_std(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return decimal(text).filter(|number| (1..=64).contains(number));
    }
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let offset = |digits: &str| decimal(digits).filter(|&number| number <= 30);
    match name {
        "RTMIN" => Some(34),
        "RTMAX" => Some(64),
        _ => {
            if let Some(digits) = name.strip_prefix("RTMIN+") {
                return Some(34 + offset(digits)?);
            }
            if let Some(digits) = name.strip_prefix("RTMAX-") {
                return Some(64 - offset(digits)?);
            }
            (1..=31).find(|&number| named(number) == name.as_bytes())
        }
    }
}

fn named(number: u64) -> &'static [u8] {
    Signal::new(number as i32).map_or(b"", Signal::name)
}

pub fn signal(data: &[u8]) {
    let found = Signal::parse(data);
    let expected = std::str::from_utf8(data).ok().and_then(signal_by_std);
    assert_eq!(found.map(|signal| u64::from(signal.number())), expected);
    if let Some(signal) = found {
        let mut room = Line::ROOM;
        let mut line = Line::new(&mut room);
        let word = line.signal(signal).as_bytes();
        // The two that the threads library keeps for itself have no name.
        let word = word.strip_prefix(b"signal ").unwrap_or(word);
        assert_eq!(Signal::parse(word), Some(signal), "what we call it we also read");
    }
}

fn duration_by_std(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match &text[digits..] {
        "" | "s" => SECOND,
        "ms" => SECOND / 1000,
        "m" => SECOND * 60,
        "h" => SECOND * 3600,
        _ => return None,
    };
    Some(decimal(&text[..digits])?.saturating_mul(unit))
}

pub fn duration(data: &[u8]) {
    let expected = std::str::from_utf8(data).ok().and_then(duration_by_std);
    assert_eq!(time::duration(data).map(Nanoseconds::get), expected);
}

/// Signals, and how long each is given.
fn ladder_by_std(text: &str) -> Option<Vec<(u64, u64)>> {
    let parts: Vec<&str> = text.split(',').collect();
    let step = |(index, part): (usize, &&str)| match part.split_once(':') {
        Some((signal, wait)) => Some((signal_by_std(signal)?, duration_by_std(wait)?)),
        // The last one has nothing to wait for.
        None if index + 1 == parts.len() => Some((signal_by_std(part)?, 0)),
        None => None,
    };
    let steps: Option<Vec<_>> = parts.iter().enumerate().map(step).collect();
    steps.filter(|steps| steps.len() <= 8)
}

/// A ladder, a NUL, and what happens while it is climbed, a byte each: somebody asks, some time passes.
pub fn ladder(data: &[u8]) {
    let end = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (text, events) = (&data[..end], data.get(end + 1..).unwrap_or(&[]));
    let mut ladder = Ladder::NONE;
    let expected = std::str::from_utf8(text).ok().and_then(ladder_by_std);
    assert_eq!(ladder.read(text).is_some(), expected.is_some());
    let Some(steps) = expected else { return };
    assert_eq!(ladder.first_wait().get(), steps[0].1);
    let limit = (steps.len() > 1 || steps[0].1 > 0 || steps[0].0 == 9).then_some(steps[0].1);
    assert_eq!(ladder.drain_limit().map(Nanoseconds::get), limit);

    let first = events.first().map_or(0, |&byte| u64::from(byte));
    let delay = first % 4 * SECOND;
    let mut limit = (first & 4 > 0).then_some(Nanoseconds::new((first >> 3) * SECOND));
    let mut shutdown = Shutdown::new(&ladder, Nanoseconds::new(delay));
    limit.into_iter().for_each(|limit| shutdown.limit(limit));
    let (mut now, mut sent, mut due) = (Nanoseconds::ZERO, 0, None);
    // What is due after the step that was just sent.
    let due_after = |sent: usize, now: Nanoseconds| {
        let (_, wait) = *steps.get(sent.checked_sub(1)?)?;
        (sent < steps.len()).then_some(now + Nanoseconds::new(wait))
    };
    let number = |signal: Option<Signal>| signal.map(|signal| u64::from(signal.number()));
    for &event in events.iter().skip(1) {
        let before = shutdown.deadline();
        let asked = (event & 1 > 0).then(|| Signal::new(i32::from(event >> 1 & 63) + 1).expect("1 to 64"));
        let takes_a_step = match asked {
            None => {
                now = now + Nanoseconds::new(u64::from(event) * SECOND / 4);
                before.is_some_and(|due| due <= now)
            }
            Some(_) => sent == 0 && (delay == 0 || due.is_some()),
        };
        let out = match asked {
            Some(_) => shutdown.ask(asked, now),
            None if takes_a_step => shutdown.go_on(Some(Signal::TERM), now),
            None => continue,
        };
        if takes_a_step {
            limit = limit.filter(|&limit| now < limit);
            if sent == steps.len() {
                assert_eq!(out, Some(Signal::TERM), "the limit, behind the last step");
            } else {
                assert_eq!(number(out), Some(steps[sent].0), "step {sent}");
                sent += 1;
            }
            due = due_after(sent, now);
        } else if sent > 0 {
            assert_eq!(out, asked, "asking again is passed on");
        } else {
            assert_eq!(out, None, "held back");
            due = Some(now + Nanoseconds::new(delay)).into_iter().chain(limit).min();
        }
        assert_eq!(shutdown.deadline(), due.or(limit), "{sent} steps of {}", steps.len());
    }
}

/// `memory.events` and `memory.oom_control` of a cgroup.
pub fn counter(data: &[u8]) {
    let line = data.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"oom_kill "));
    match line.map(std::str::from_utf8) {
        None => assert_eq!(count_behind(b"oom_kill ", data), None),
        Some(Ok(digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let most = u64::try_from(i64::MAX).expect("it is positive");
            assert_eq!(
                count_behind(b"oom_kill ", data),
                Some(digits.parse::<u64>().map_or(most, |it| it.min(most)))
            );
        }
        // Not the kernel's; no crash.
        Some(_) => drop(count_behind(b"oom_kill ", data)),
    }
}

/// `status` of a process in /proc: any bytes, and what the kernel writes of a process with any user and any name.
pub fn status(data: &[u8]) {
    let line = data.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"Uid:\t"));
    let first = line.map(|line| line.split(|&byte| byte == b'\t').next().unwrap_or(line));
    match first.map(std::str::from_utf8) {
        None => assert_eq!(real_user(data), None),
        Some(Ok(digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            assert_eq!(real_user(data), digits.parse().ok());
        }
        // Not the kernel's; no crash.
        Some(_) => drop(real_user(data)),
    }

    let Some((user, name)) = data.split_first_chunk() else { return };
    let user = u32::from_le_bytes(*user);
    // As proc_task_name in `fs/proc/array.c` does it: so no name makes a line.
    let escape = |&byte: &u8| match byte {
        b'\n' => b"\\n".to_vec(),
        b'\\' => b"\\\\".to_vec(),
        other => vec![other],
    };
    let mut text = b"Name:\t".to_vec();
    text.extend(name.iter().take(15).take_while(|&&byte| byte != 0).flat_map(escape));
    text.extend(format!("\nUmask:\t0022\nState:\tS (sleeping)\nPPid:\t1\nUid:\t{user}\t1\t2\t3\n").bytes());
    assert_eq!(real_user(&text), Some(user));
}

/// What a foreign text is shown as, by std's idea of UTF-8.
pub fn shown(foreign: &[u8]) -> Vec<u8> {
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

/// Foreign texts in a line, as many as there are, with a NUL between two of them.
pub fn line(data: &[u8]) {
    let mut room = Line::ROOM;
    let (mut line, mut expected) = (Line::new(&mut room), Vec::new());
    for foreign in data.split(|&byte| byte == 0) {
        line.quote(foreign);
        expected.extend(shown(&foreign[..foreign.len().min(200)]));
    }
    line.push(b'\n');
    let written = line.as_bytes();
    assert_eq!(written.last(), Some(&b'\n'), "however long it is");
    expected.truncate(written.len() - 1);
    assert_eq!(written[..written.len() - 1], expected);

    let once = shown(data);
    let mut room = Line::ROOM;
    let mut again = Line::new(&mut room);
    let short = &once[..once.len().min(200)];
    assert_eq!(again.quote(short).as_bytes(), shown(short));
}
