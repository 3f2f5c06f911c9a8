//! Lives and an oracle of floods: whoever sends a signal again as soon as it is taken hides no other. And lives of what
//! counts as a stop signal.

use crate::life::{
    CONT, HUP, INT, KILL, Life, QUIT, STOP, TERM, USR1, child, ignores, life, ms, on, outside, s, world,
};
use crate::process::{Info, React};
use crate::world::{Call, Entry, Truth};
use pausa::model::signal::Signal;

/// So many signals may be taken while another one waits.
const PATIENCE: u32 = 127;

impl Truth {
    /// Oracle 13: no standard signal waits for ever, and none that asks for a stop. `taken` was, and others are pending.
    pub fn judge_turns(&mut self, taken: Signal) {
        let config = &self.orders.config;
        let asks = |signal| config.stop_on.contains(config.rewrites.apply(signal).unwrap_or(signal));
        for signal in config.contract.collected {
            let has_turns = signal.number() < 32 || config.stop_on.contains(signal) || asks(signal);
            let waits = has_turns && signal != taken && self.us().pending.has(signal);
            let passed_over = &mut self.judge.passed_over[usize::from(signal.number())];
            *passed_over = if waits { *passed_over + 1 } else { 0 };
            if *passed_over > PATIENCE {
                self.wrong(format!("13: {signal:?} waits, and {PATIENCE} others were taken"));
            }
        }
    }
}

/// From this moment on, so many of this signal come, one before each wait.
fn flood(signal: Signal, number: u32) -> crate::world::Act {
    world(move |truth| {
        truth.flood = (signal, number);
        // The first wakes it.
        let own = truth.own;
        truth.send(own, signal, Info { code: libc::SI_USER, ..Info::default() });
    })
}

fn message(truth: &Truth, part: &str) -> bool {
    String::from_utf8_lossy(&truth.judge.message).contains(part)
}

/// `claims`: what counts as a stop signal, and what the message says of it.
pub fn stops() -> Vec<Life> {
    const MESSAGE: &str = "-m/message -F json";
    let life = |name, options: &str| life(name).pausa(format!("{MESSAGE} {options}").leak());
    vec![
        life("a stop signal that is dropped begins the deadline", "-k 1s -r TERM:0")
            .at(s(1), outside().kills(TERM))
            .hears(child(), &[KILL])
            .so_that("it says so", |truth| message(truth, r#""reason":"deadline""#))
            .ends(137)
            .after(s(2)),
        life("SIGCONT as a stop signal begins the deadline", "-k 1s --stop-on CONT")
            .at(s(1), outside().kills(CONT))
            .so_that("it says so", |truth| message(truth, r#""stop_signal":"SIGCONT""#))
            .ends(137)
            .after(s(2)),
        life("a stop signal that becomes SIGCONT begins the deadline", "-k 1s -r TERM:CONT")
            .at(ms(900), child().gets(STOP))
            .at(s(1), outside().kills(TERM))
            .hears(child(), &[STOP, CONT, KILL])
            .ends(137)
            .after(s(2)),
        life("-r TERM:KILL is a rewrite", "-r TERM:KILL")
            .at(s(1), outside().kills(TERM))
            .so_that("it says so", |truth| message(truth, r#""reason":"rewrite""#))
            .ends(137),
        life("-r TERM:KILL is a rewrite when it was held back", "-r TERM:KILL -d 1s")
            .at(s(1), outside().kills(TERM))
            .so_that("it says so", |truth| message(truth, r#""reason":"rewrite""#))
            .ends(137)
            .after(s(2)),
        life("-S KILL is a deadline", "-S KILL -r TERM:INT")
            .at(s(1), outside().kills(TERM))
            .so_that("it says so", |truth| {
                message(truth, r#""reason":"deadline""#) && message(truth, "stop_signal")
            })
            .ends(137),
        // SIGTERM has the lower number, and is taken first.
        life("who ended before the stop signal came was not asked", "")
            .at(s(1), child().exits(3))
            .at(s(1), outside().kills(TERM))
            .so_that("it says so", |truth| {
                message(truth, r#""reason":"exit""#) && !message(truth, "stop_signal")
            })
            .ends(3),
        life("who was killed before -S KILL came was killed by somebody else", "-S KILL")
            .at(s(1), child().gets(KILL))
            .at(s(1), outside().kills(TERM))
            .so_that("it says so", |truth| message(truth, r#""reason":"killed""#))
            .ends(137),
        life("who was killed by somebody else is not said to have been killed by a drain", "-D -k 1s")
            .at(ms(1), child().forks("worker", ignores(TERM)))
            .at(s(1), child().gets(KILL))
            .so_that("it says so", |truth| message(truth, r#""reason":"killed""#))
            .ends(137)
            .after(s(2)),
        life("SIGCONT that was queued keeps its value", "")
            .child(on(CONT, React::Exit(3)))
            .at(s(1), outside().queues(CONT, 42))
            .so_that("it was queued on", |truth| truth.log.contains(&Entry::Call(Call::Requeue)))
            .ends(3),
    ]
}

/// `adversary`.
pub fn lives() -> Vec<Life> {
    let manners = ignores(HUP).on(TERM, React::Stay);
    vec![
        life("a flood does not hide a stop signal")
            .pausa("-k 1s")
            .child(manners)
            .at(ms(900), flood(HUP, 3000))
            .at(s(1), outside().kills(TERM))
            .so_that("the deadline began soon", |truth| truth.now < 102_300_000_000)
            .ends(137),
        life("a flood does not hide SIGCONT")
            .child(ignores(HUP).on(USR1, React::Exit(3)))
            .at(ms(800), child().gets(STOP))
            .at(ms(900), flood(HUP, 1000))
            .at(s(1), outside().kills(CONT))
            .at(ms(1001), child().gets(USR1))
            .so_that("it went on soon", |truth| truth.now < 101_300_000_000)
            .ends(3),
        life("a flood does not hide what is queued behind it")
            .child(on(USR1, React::Stay).on(QUIT, React::Exit(3)).on(HUP, React::Ignore))
            .at(ms(900), flood(HUP, 1000))
            .at(s(1), outside().kills(USR1))
            .at(s(1), outside().kills(QUIT))
            .so_that("it went on soon", |truth| truth.now < 101_300_000_000)
            .ends(3),
        life("a flood does not hide a stop signal from a drain")
            .pausa("-D")
            .below_a_shell()
            .at(ms(1), child().forks("worker", ignores(TERM).on(INT, React::Exit(0))))
            .at(s(1), child().exits(7))
            .at(ms(1100), flood(HUP, 3000))
            .at(ms(1200), outside().kills(INT))
            .so_that("it went on soon", |truth| truth.now < 101_500_000_000)
            .ends(7),
    ]
}
