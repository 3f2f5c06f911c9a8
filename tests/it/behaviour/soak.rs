//! Load that lasts: orphans, signals and floods beside a program that works, and then rest. What pausa had before, it has
//! afterwards: no page more, no descriptor more, no zombie; and at rest it does not run at all.
//!
//! `SOAK=1800 cargo test --test it -- soak` works for so many seconds, and tells figures; without it, a few rounds.
//! Each round has work, during which every signal is heard, and rest, during which pausa is looked at.

use crate::harness::launch::{AsPid1, Launch, Place};
use crate::harness::message_fields::{Text, paper, to, written};
use crate::harness::payload::soaking::COUNTED;
use crate::harness::process::{Process, Status, pending, waits_for_ever};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::{self, RTMAX, RTMIN};
use crate::harness::subject::{Pausa, original};
use crate::harness::trial::{self, trial};
use libc::SIGCONT;
use libtest_mimic::Trial;
use nix::fcntl::OFlag;
use nix::unistd::{Pid, pipe2};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

const TOPIC: &str = "soak";

/// Rounds of the short form. The first one is the measure for the others.
const ROUNDS: usize = 3;

/// How often in a round all signals are sent.
const TURNS: [usize; 2] = [5, 20];

/// So many of each real-time signal in a turn, one value each.
const VALUES: i32 = 3;

/// Questions and answers between the harness and the child during which pausa rests.
const PINGS: usize = 1000;

/// What the harness queues: below what the workers do, or it would wait as long as they work.
const QUEUED: RangeInclusive<i32> = RTMIN..=COUNTED - 1;

/// Kilobytes of memory, all of it and what is no page of a file, beside a child, with `-v` and `-m`.
const RESIDENT: u64 = 112;
const ANONYMOUS: u64 = 52;

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    vec![trial(TOPIC, AsPid1, "orphans, signals and floods leave nothing behind", || supervises(AsPid1))]
}

/// How long the long form works, if this is it.
fn long() -> Option<Duration> {
    let seconds = std::env::var("SOAK").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("SOAK is a number of seconds")))
}

/// What does not change from one rest to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Belongings {
    /// Kilobytes, in whole pages, which the kernel counts for this look (proc_pid_smaps(5)). What is dirty is no measure:
    /// pages of a file that was just built are so, too, until they are written back.
    resident: u64,
    anonymous: u64,
    descriptors: usize,
}

impl Belongings {
    fn of(pid: Pid) -> Self {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("read smaps_rollup");
        let kilobytes = |name: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name)).expect("a known field");
            line.trim_end_matches("kB").trim().parse().expect("a number of kB")
        };
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("read fd").count();
        Self { resident: kilobytes("Rss:"), anonymous: kilobytes("Anonymous:"), descriptors }
    }
}

/// What does not change during a rest: processor time in ticks and, where the kernel counts it, in nanoseconds; how often
/// it went to sleep or was interrupted (proc_pid_stat(5), proc_pid_status(5), sched-stats of the kernel).
#[derive(PartialEq, Eq, Debug)]
struct Clock {
    ticks: [String; 2],
    switches: [String; 2],
    nanoseconds: String,
}

impl Clock {
    fn of(pid: Pid) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("read stat");
        // Fields 14 and 15; the name, in parentheses, is field 2.
        let fields: Vec<&str> = stat[stat.rfind(')').expect("a name")..].split(' ').collect();
        let status = Status::of(pid);
        let switches = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"];
        Self {
            ticks: [fields[12], fields[13]].map(str::to_owned),
            switches: switches.map(|name| status.field(name).to_owned()),
            nanoseconds: fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default(),
        }
    }
}

/// A reader of stderr who takes one page a turn, where pausa writes hundreds.
struct SlowReader {
    pipe: File,
    heard: Vec<u8>,
    lines: u64,
    dropped: u64,
}

impl SlowReader {
    /// Whether there was anything to read.
    fn read(&mut self) -> bool {
        let mut page = [0; 4096];
        let count = match self.pipe.read(&mut page) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            other => other.expect("read stderr"),
        };
        self.heard.extend_from_slice(&page[..count]);
        while let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            let line = str::from_utf8(&line).expect("UTF-8");
            // Whatever is dropped, it is whole lines.
            let text = line.strip_prefix("pausa: ").unwrap_or_else(|| panic!("{line:?}"));
            if let Some((number, _)) = text.split_once(" lines dropped") {
                self.dropped += number.parse::<u64>().expect("a number of lines");
            }
            self.lines += 1;
        }
        count > 0
    }
}

/// What was sent to pausa.
#[derive(Default, Debug)]
struct Sent {
    orphans: u64,
    /// Of the flood, those that the kernel has taken, and so pausa has.
    flooded: u64,
    counted: u64,
    /// By the harness.
    others: u64,
}

fn supervises(place: Place) {
    let (pipe, stderr) = pipe2(OFlag::O_CLOEXEC).expect("pipe");
    // Of this end alone.
    nix::fcntl::fcntl(&pipe, nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("F_SETFL");
    let mut reader = SlowReader { pipe: File::from(pipe), heard: Vec::new(), lines: 0, dropped: 0 };
    let message = paper();
    let started = Instant::now();
    let launch = Launch::supervising(Pausa, place, &["-v", &to(&message)]).payload("soak").stderr(stderr);
    // A round is not cut short when its time has come, and may have to share its processors.
    let patience = long().map_or_else(trial::patience, |length| length + 10 * trial::patience());
    let mut running = launch.patience(patience).start();
    running.handshake("ready");

    let (mut sent, mut first, mut rounds, mut minutes) = (Sent::default(), None, 0, 0);
    loop {
        let rest = round(&mut running, &mut reader, &mut sent);
        let first = *first.get_or_insert(rest);
        assert_eq!(rest, first, "after round {rounds} as after the first one");
        rounds += 1;
        let Some(length) = long() else {
            if rounds == ROUNDS {
                break;
            }
            continue;
        };
        let elapsed = started.elapsed();
        if elapsed >= length {
            break;
        }
        if elapsed.as_secs() / 60 > minutes {
            minutes = elapsed.as_secs() / 60;
            println!("soak: {minutes} min, {rounds} rounds: {sent:?}; {rest:?}");
        }
    }
    let rest = first.expect("there was a round");
    assert!(rest.resident <= RESIDENT && rest.anonymous <= ANONYMOUS, "{rest:?}");

    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    let fields = written(Text, &message);
    assert_eq!(fields.number("orphans_reaped"), sent.orphans);
    let Sent { orphans, flooded, counted, others } = sent;
    assert_eq!(fields.number("signals_forwarded"), flooded + counted + others);
    while reader.read() {}
    if long().is_some() {
        let SlowReader { lines, dropped, .. } = reader;
        println!(
            "soak: {} s, {rounds} rounds: {orphans} orphans; signals: {flooded} of a flood, {counted} counted, {others} \
             others; {lines} lines on stderr, {dropped} dropped; {rest:?}; wall {}, user {}, system {}",
            started.elapsed().as_secs(),
            fields.get("wall"),
            fields.get("user"),
            fields.get("system"),
        );
    }
}

fn round(running: &mut Running, reader: &mut SlowReader, sent: &mut Sent) -> Belongings {
    running.say("work");
    running.expect_line("working");
    for _ in 0..TURNS[usize::from(long().is_some())] {
        sent.others += turn(running);
        reader.read();
    }
    running.say("rest");
    let rested = running.stdout_line();
    let counts: Vec<u64> = rested.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [orphans, counted, flooded] = counts[..] else { panic!("{rested:?}") };
    sent.orphans += orphans;
    // What the child says of this one is how many there were in all.
    sent.counted = counted;
    sent.flooded += flooded;

    // The flood's last signals wait in pausa. This one stands behind them.
    running.queue(RTMAX, 0);
    sent.others += 1;
    running.expect_line(&format!("heard {RTMAX} 0"));
    running.until_reaped(1);
    let pid = running.pid();
    running.until("pausa to sleep", |_| {
        let sleeps = waits_for_ever(pid)? && Process::of(pid)?.state == 'S' && pending(pid)? == 0;
        sleeps.then_some(())
    });
    let before = Clock::of(pid);
    for _ in 0..PINGS {
        running.say("ping");
        running.expect_line("pong");
    }
    assert_eq!(Clock::of(pid), before, "at rest it does not run");
    Belongings::of(pid)
}

/// All signals that can be forwarded, and each is heard: a standard one once, since it was sent once and none of its kind
/// is pending; a real-time one as often as it was queued, in order. Says how many there were.
fn turn(running: &mut Running) -> u64 {
    // A stop signal takes back a SIGCONT that is pending, and the other way round (prepare_signal in the kernel's
    // `signal.c`): that one comes last.
    let standard = || signals::forwardable().filter(|&signal| signal < 32 && signal != SIGCONT);
    standard().for_each(|signal| running.kill(signal));
    for value in 0..VALUES {
        QUEUED.for_each(|signal| running.queue(signal, value));
    }
    let mut expected: Vec<(i32, i32)> = standard().map(|signal| (signal, 0)).collect();
    expected.extend(QUEUED.flat_map(|signal| (0..VALUES).map(move |value| (signal, value))));
    let mut heard: Vec<(i32, i32)> = expected.iter().map(|_| one_heard(running)).collect();
    // Of one kind, they are in order already.
    heard.sort_by_key(|&(signal, _)| signal);
    assert_eq!(heard, expected);
    running.kill(SIGCONT);
    assert_eq!(one_heard(running), (SIGCONT, 0));
    expected.len() as u64 + 1
}

fn one_heard(running: &mut Running) -> (i32, i32) {
    let line = running.stdout_line();
    let words: Vec<&str> = line.split(' ').collect();
    let ["heard", signal, value] = words[..] else { panic!("{line:?}") };
    let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{line:?}"));
    (number(signal), number(value))
}
