//! Lives that nobody has thought of: random worlds by seed, all lives of small worlds, and each call refused in turn.
//!
//! `LIFE=SEED cargo test --test lives` tells one life, `LIFE=1,0,2` a recorded one; `LIVES` says how many random ones there
//! are to be, `LIVES_EVENTS` how many events a small world has; `LIVES_LONG=1` asks for the long form.

use crate::choices::{Choices, shrink};
use crate::events::{ALL, Kind};
use crate::judge::Wrong;
use crate::life::live;
use crate::log::told;
use crate::marks::{MARKS, Mark};
use crate::orders::Orders;
use crate::process::Pending;
use crate::small::Small;
use crate::world::{Call, Entry, Fault, SECOND, Truth, Tty};
use pausa::cli::config::Place;
use pausa::model::errno::Errno;
use pausa::model::signal::Signal;
use pausa::policy::forward::Target;
use std::time::Instant;

/// What pausa may be told. The more often a thing stands here, the more of its lives there are.
const ORDERS: &[&str] = &[
    "pausa",
    "pausa -k 2s",
    "pausa -k 0",
    "pausa -k 2s -g",
    "pausa -D",
    "pausa -D -k 2s",
    "pausa -D -k 0",
    "pausa -D -S KILL",
    "pausa -g -v",
    "pausa -d 1s -k 2s -v",
    "pausa -S TERM:1s,QUIT:2s,KILL -g",
    "pausa -S USR1:1s,TERM:1s -D",
    "pausa -m/message -F json -k 500ms",
    "pausa -m/message -D -k 3s -v",
    "pausa -e 143 -e 137:9 -k 1s",
    "pausa -T 1s -m/message -F json",
    "pausa -T 1s -k 2s -D -m/message -F json",
    "pausa -T 2s -d 1s -S TERM:1s,QUIT:1s,KILL -g",
    "pausa -T 1s -r INT:0 -r TERM:USR1 -S HUP:1s,TERM",
    "pausa -r TERM:INT -r USR1:0 -r HUP:TERM",
    "pausa -r TERM:KILL",
    "pausa -r INT:CONT -d 2s",
    "pausa -r TERM:0 -k 2s",
    "pausa --stop-on CONT,USR1 -k 2s -m/message -F json",
    "tini -s | -k 1s -T 1s",
    "tini -s -g -w | -D -k 1s",
    "dumb-init | -s -k 1s",
    "dumb-init -c -r 15:2 | -s -D -k 2s",
    "dumb-init -r 20:19 | -s",
    "catatonit | -k 2s -D",
];

const ERRORS: [Errno; 4] = [Errno::PERM, Errno::SRCH, Errno::NOSYS, Errno::AGAIN];

const CALLS: [Call; 15] = [
    Call::Now,
    Call::KillAs,
    Call::Wait,
    Call::Kill,
    Call::Requeue,
    Call::Change,
    Call::HasEnded,
    Call::Children,
    Call::Line,
    Call::OpenMessage,
    Call::WriteFile,
    Call::ReadFile,
    Call::Date,
    Call::Foreground,
    Call::SetForeground,
];

/// A world drawn from the choices: who we are, what is around us, and what may happen.
pub fn random_world(mut choices: Choices) -> Truth {
    let orders = Orders::of(ORDERS[choices.pick(ORDERS.len() as u32) as usize]);
    let own = [1, 50][choices.pick(2) as usize];
    let mut truth = Truth::new(orders, own, choices);
    if truth.choices.chance(80) && orders.config.place == Place::OwnGroup {
        let foreground = [truth.child, own, 2][truth.choices.pick(3) as usize];
        truth.tty = Some(Tty { session: truth.us().session, foreground });
    }
    let is_job = truth.tty.is_some() && own != 1 && orders.config.contract.joins_job;
    if is_job && orders.config.target == Target::Child && truth.choices.chance(128) {
        truth.share_group();
    }
    if truth.choices.chance(40) {
        truth.may_kill = false;
        truth.us().uid = [0, 1000][truth.choices.pick(2) as usize];
        truth.may_set_user = truth.choices.chance(128);
        truth.messengers_take = [0, 10_000, SECOND][truth.choices.pick(3) as usize];
    }
    truth.has_proc = !truth.choices.chance(20);
    truth.queues_to_groups = !truth.choices.chance(60);
    let (child, character) = (truth.child, truth.choices.pick(7));
    truth.character(child, character);
    for _ in 0..truth.choices.pick(4) {
        let parent = if truth.choices.chance(128) { child } else { truth.next - 1 };
        let pid = truth.fork(if truth.get(parent).is_some() { parent } else { child });
        let character = truth.choices.pick(7);
        truth.character(pid, character);
        if truth.choices.chance(80)
            && let Some(process) = truth.get_mut(pid)
        {
            (process.group, process.session) = (pid, pid);
        }
    }
    if truth.choices.chance(20) {
        let pid = truth.fork(own);
        truth.exit(pid, 0);
        truth.us().pending = Pending::default();
    }
    truth.is_lazy = truth.choices.chance(100);
    if truth.choices.chance(40) {
        truth.fault = Some(Fault {
            call: CALLS[truth.choices.pick(CALLS.len() as u32) as usize],
            after: truth.choices.pick(6),
            for_ever: truth.choices.chance(128),
            errno: ERRORS[truth.choices.pick(ERRORS.len() as u32) as usize],
        });
    }
    if truth.choices.chance(100) {
        truth.highest = truth.own + 8;
    }
    truth.scope = ALL;
    truth.rate = [8, 24, 64, 128][truth.choices.pick(4) as usize];
    truth.events = truth.choices.pick(24) + 1;
    truth
}

/// What went wrong in a life, and its choices.
type Failure = (String, Vec<u32>);

fn failure(choices: Choices) -> (Option<Failure>, Truth) {
    let (result, truth) = live(random_world(choices));
    let failed = result.err().map(|Wrong(what)| (what, truth.choices.made.clone()));
    (failed, truth)
}

/// So that two complaints are the same: up to the first figure.
fn kind(what: &str) -> &str {
    let end = what
        .char_indices()
        .skip(2)
        .find(|(_, letter)| letter.is_ascii_digit())
        .map_or(what.len(), |(at, _)| at);
    &what[..end]
}

/// The life as small as it gets, told.
fn smallest(what: &str, made: Vec<u32>) -> String {
    let same = |record: &[u32]| {
        failure(Choices::record(record.to_vec())).0.is_some_and(|(other, _)| kind(&other) == kind(what))
    };
    let record = shrink(made, same);
    let (failed, truth) = failure(Choices::record(record.clone()));
    let what = failed.map_or_else(|| what.to_owned(), |(what, _)| what);
    let record: Vec<String> = record.iter().map(u32::to_string).collect();
    let record = if record.is_empty() { "0,".to_owned() } else { record.join(",") + "," };
    format!("{what}\nLIFE={record} cargo test --test lives\n{}", introduction(&truth) + &told(&truth))
}

fn introduction(truth: &Truth) -> String {
    let fault = truth.fault.map_or(String::new(), |fault| format!(", {fault:?}"));
    format!("{:?} as {}, child {}{fault}\n", truth.orders.words, truth.own, truth.child)
}

/// `LIFE`: a seed, or a record, which has a comma.
pub fn replay(life: &str) -> Result<(), String> {
    let choices = if life.contains(',') {
        Choices::record(life.split(',').filter_map(|number| number.trim().parse().ok()).collect())
    } else {
        Choices::seed(life.trim().parse().map_err(|_| "LIFE is a seed, or numbers with commas")?)
    };
    let (failed, truth) = failure(choices);
    eprintln!("{}{}", introduction(&truth), told(&truth));
    match failed {
        None => Ok(()),
        Some((what, made)) => Err(format!("{what}\nand at its smallest:\n{}", smallest(&what, made))),
    }
}

pub fn is_long() -> bool {
    std::env::var_os("LIVES_LONG").is_some()
}

fn wanted(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Only the profile `lives` is fast enough for more.
const IS_FAST: bool = cfg!(debug_assertions);

fn number() -> u64 {
    let usual = if IS_FAST { 1_000_000 } else { 100_000 };
    wanted("LIVES").unwrap_or(if is_long() { 100_000_000 } else { usual })
}

/// How many events a small world has.
pub fn events() -> u32 {
    let usual = if IS_FAST { 4 } else { 3 };
    wanted("LIVES_EVENTS").map_or(if is_long() { 5 } else { usual }, |number| number as u32)
}

/// One of so many parts of the random lives.
pub fn random(part: u64, parts: u64) -> Result<(), String> {
    let (number, start) = (number() / parts, Instant::now());
    let (mut marks, mut calls) = (0_u64, 0_u64);
    for seed in (0..number).map(|index| index * parts + part) {
        let (failed, truth) = failure(Choices::seed(seed));
        marks |= truth.judge.marks;
        calls += truth.log.iter().filter(|entry| matches!(entry, Entry::Call(_))).count() as u64;
        if let Some((what, made)) = failed {
            return Err(format!("LIFE={seed}: {what}\nand at its smallest:\n{}", smallest(&what, made)));
        }
        // Oracle 13: the same seed gives the same log.
        if index_is_sample(seed) {
            let (_, again) = failure(Choices::seed(seed));
            if again.log != truth.log {
                return Err(format!("13: LIFE={seed} differs from itself"));
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{number} random lives of {calls} calls in {seconds:.1} s");
    // Oracle 14.
    let missing: Vec<Mark> = MARKS.into_iter().filter(|&mark| marks >> mark as u32 & 1 == 0).collect();
    if number >= 10_000 && !missing.is_empty() {
        return Err(format!("14: in none of {number} lives there was {missing:?}"));
    }
    Ok(())
}

const fn index_is_sample(seed: u64) -> bool {
    seed.is_multiple_of(1009)
}

/// Every order of up to so many events, before every call.
pub fn exhaust(small: &Small, events: u32) -> Result<(), String> {
    let (start, events) = (Instant::now(), events.saturating_sub(small.fewer));
    let build = |choices: Choices| {
        let mut truth = Truth::new(Orders::of(small.words), small.own, choices);
        (small.change)(&mut truth);
        (truth.scope, truth.rate, truth.events) = (small.scope, 128, events);
        truth
    };
    let mut choices = Choices::odometer();
    let mut number = 0_u64;
    loop {
        let (result, truth) = live(build(choices));
        number += 1;
        if let Err(Wrong(what)) = result {
            let same = |record: &[u32]| {
                let (result, _) = live(build(Choices::record(record.to_vec())));
                result.err().is_some_and(|Wrong(other)| kind(&other) == kind(&what))
            };
            let record = shrink(truth.choices.made.clone(), same);
            let (_, truth) = live(build(Choices::record(record)));
            return Err(format!("life {number}: {what}\n{}{}", introduction(&truth), told(&truth)));
        }
        choices = truth.choices;
        if !choices.advance() {
            break;
        }
    }
    eprintln!(
        "{}: all {number} lives of {events} events in {:.1} s",
        small.name,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// SQLite's way: the first call is refused, the second, the third, until a life has no such call; once and for ever.
pub fn refuse(call: Call) -> Result<(), String> {
    for words in ORDERS {
        for own in [1, 50] {
            for for_ever in [false, true] {
                for errno in ERRORS {
                    let mut after = 0;
                    while refused(words, own, Fault { call, after, for_ever, errno })? {
                        after += 1;
                    }
                }
            }
        }
    }
    Ok(())
}

/// A life with a bit of everything; says whether the call came.
fn refused(words: &'static str, own: i32, fault: Fault) -> Result<bool, String> {
    let mut truth = Truth::new(Orders::of(words), own, Choices::none());
    let child = truth.child;
    if truth.orders.config.place == Place::OwnGroup {
        truth.tty = Some(Tty { session: truth.us().session, foreground: child });
    }
    truth.fault = Some(fault);
    let worker = truth.fork(child);
    truth.character(worker, 4);
    truth.character(child, 5);
    let from = truth.now;
    for (at, kind) in [
        (1, Kind::Queued(40)),
        (2, Kind::Key(libc::SIGTSTP)),
        (3, Kind::Outside(libc::SIGUSR2)),
        (4, Kind::ChildForks),
        (5, Kind::OneEnds),
        (6, Kind::Outside(libc::SIGTERM)),
    ] {
        let act = move |truth: &mut Truth| {
            if kind == Kind::Outside(libc::SIGUSR2) {
                let own = truth.own;
                let signal = Signal::new(libc::SIGWINCH).expect("a signal");
                return truth.send(own, signal, crate::process::Info::default());
            }
            let all = truth.scope;
            truth.scope =
                std::slice::from_ref(ALL.iter().find(|&&known| known == kind).expect("one of them"));
            truth.event();
            truth.scope = all;
        };
        truth.schedule(from + at * 1_000_000, Box::new(act));
    }
    let (result, truth) = live(truth);
    match result {
        Ok(_) => Ok(truth.judge.faulted.is_some()),
        Err(Wrong(what)) => Err(format!("{fault:?}: {what}\n{}{}", introduction(&truth), told(&truth))),
    }
}

pub fn calls() -> [Call; 15] {
    CALLS
}
