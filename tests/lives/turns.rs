//! Lives and an oracle of floods: whoever sends a signal again as soon as it is taken hides no other.

use crate::life::{
    CONT, HUP, INT, Life, QUIT, STOP, TERM, USR1, child, ignores, life, ms, on, outside, s, world,
};
use crate::process::{Info, React};
use crate::world::Truth;
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
