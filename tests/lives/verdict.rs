//! What must hold when the supervisor has come to its end, and of the termination message.

use crate::marks::Mark;
use crate::world::{BEGINNING, Call, Truth};
use pausa::model::signal::Signal;
use pausa::model::status::{ExitStatus, WaitStatus};
use pausa::policy::reason::Reason;

impl Truth {
    pub fn clear_must_resume(&mut self) {
        self.judge.stop_is_over();
    }

    /// The status that this end must give.
    fn status_of(&self, word: i32) -> u8 {
        self.remapped(ExitStatus::of(WaitStatus::new(word)))
    }

    fn remapped(&self, status: ExitStatus) -> u8 {
        // No life remaps a reason.
        self.orders.config.remaps.apply(status, Reason::Itself).0
    }

    /// The statuses that an end may give that was seen: 124 where it has run too long and no SIGKILL was needed.
    fn statuses_of(&self, word: i32) -> [u8; 2] {
        let own = self.status_of(word);
        let late =
            if ExitStatus::of(WaitStatus::new(word)).0 == 137 { own } else { self.remapped(ExitStatus(124)) };
        match self.judge.limit.has_come {
            Some(has_come) => [if has_come { late } else { own }; 2],
            None => [own, late],
        }
    }

    /// Whether a call was refused without which there is no going on.
    fn is_refused(&self) -> bool {
        matches!(self.judge.faulted, Some(Call::Wait | Call::Change | Call::Now))
    }

    pub fn judge_path(&mut self, path: &[u8]) {
        let wanted = self.orders.config.message;
        if wanted.is_none_or(|wanted| path.strip_suffix(b"\0") != Some(wanted)) {
            self.wrong("10: it opens a file that nobody asked for");
        }
    }

    pub fn judge_message(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        if text.contains("all_killed") || text.contains("pausa_killed") {
            self.judge.aheads += 1;
            // Time may pass between its look at the clock and the writing, before the first and before the last.
            let most = 2 + (self.now - BEGINNING) / 1_000_000_000;
            self.demand(
                self.judge.aheads <= most,
                "10: stop signals make it write more than once in a second",
            );
            self.demand(text.contains("stop_signal"), "10: what is written for a stop does not say so");
            self.demand(self.judge.messages == 0, "10: it takes back what it has said of the end");
        } else {
            self.judge.messages += 1;
        }
        self.judge.message = bytes.to_vec();
    }

    /// Oracle 10: status, end and reason, as the world has them.
    fn judge_words(&self, status: u8, end: Option<i32>) {
        let text = String::from_utf8_lossy(&self.judge.message).into_owned();
        let has = |key: &str, value: &str| {
            if self.orders.is_json {
                let number = format!("\"{key}\":{value}");
                text.contains(&format!("\"{key}\":\"{value}\"")) || text.contains(&format!("{number},"))
            } else {
                text.contains(&format!("{key}: {value}\n"))
            }
        };
        if !has("status", &status.to_string()) {
            self.wrong(format!("10: the message has another status than {status}: {text}"));
        }
        let says_how = text.contains("exit_code") || text.contains("core_dumped");
        if end.is_none() && says_how {
            self.wrong(format!("10: the child has not ended, and the message says how: {text}"));
        }
        let is_right = end.map(WaitStatus::new).is_none_or(|wait| match wait.term_signal() {
            Some(Signal::KILL) => has("signal", "SIGKILL"),
            Some(Signal::TERM) => has("signal", "SIGTERM"),
            Some(_) => !text.contains("exit_code"),
            None => has("exit_code", &wait.exit_code().to_string()),
        });
        if !is_right && !self.is_refused() {
            self.wrong(format!("10: the message has another end than {end:x?}: {text}"));
        }
        let is_late = end.is_some() && self.judge.limit.has_come != Some(false);
        if self.orders.is_json && is_late {
            let is_told = has("reason", "timeout") || self.judge.limit.has_come.is_none();
            self.demand(is_told || self.is_refused(), "10: it has run too long, and that is not told");
        } else if self.orders.is_json {
            self.demand(!has("reason", "timeout"), "10: it has not run too long, and that is told");
            let was_killed = end.is_none_or(|word| WaitStatus::new(word).term_signal() == Some(Signal::KILL));
            let by_us = was_killed && self.judge.struck_alive;
            let says_so = ["deadline", "rewrite", "survived"].iter().any(|reason| has("reason", reason));
            // It may have ended between our look at it and our signal.
            let is_claimed = says_so && !(was_killed && self.judge.killing.is_some());
            if (is_claimed || by_us && !says_so) && !self.is_refused() && !self.rewrites_to_kill() {
                self.wrong(format!("10: whether we have killed it is told wrongly: {text}"));
            }
        }
    }

    fn rewrites_to_kill(&self) -> bool {
        (1..=64).filter_map(Signal::new).any(|signal| {
            signal != Signal::KILL && self.orders.config.rewrites.apply(signal) == Some(Signal::KILL)
        })
    }

    /// After `finish`.
    pub fn judge_end(&mut self, status: u8) {
        let failure = self.orders.config.contract.failure;
        let end = self.judge.end;
        match end {
            Some(word) => {
                let right = self.statuses_of(word);
                if !right.contains(&status) {
                    self.wrong(format!("1: {status}, where the child's end {word:#x} gives {right:?}"));
                }
            }
            None if self.is_refused() && status == failure => {
                self.demand(
                    self.judge.lines_after_fault > 0,
                    "11: it ends by a refused call, and does not tell",
                );
            }
            None => {
                let is_over = self.judge.killing.is_some_and(|due| due.earliest <= self.now);
                if status != self.status_of(9) || !(is_over || self.judge.child_refused) {
                    self.wrong(format!("1: it ends with {status}, and the child has not ended"));
                }
                self.mark(Mark::GaveUp);
            }
        }
        if let Some(owed) = self.judge.owed.first() {
            self.wrong(format!("4: at the end it owes {owed:?}"));
        }
        let is_silent =
            self.judge.blind_since.is_some() && self.lines == 0 && self.judge.faulted != Some(Call::Line);
        self.demand(!is_silent, "7: it does not tell that it cannot ask who is left");
        // Behind a drain there is another one.
        let most = if self.orders.config.message.is_some() { 2 } else { 0 };
        if self.judge.messages > most || (self.judge.messages == 0 && self.judge.may_write) {
            self.wrong(format!("10: {} messages were written", self.judge.messages));
        }
        if self.judge.messages > 0 {
            self.judge_words(status, end);
        }
        self.judge_left();
    }

    /// Whoever could be reached by a kill or a drain is gone, or the time was over.
    fn judge_left(&mut self) {
        let drains = self.orders.config.drains && self.judge.end.is_some();
        let kills = self.judge.killing.is_some() && self.own != 1 && self.judge.end.is_some();
        let is_over = self.judge.killing.is_some_and(|due| due.earliest <= self.now);
        if !(drains || kills) || is_over || self.judge.faulted.is_some() || !self.has_proc {
            return;
        }
        if let Some(pid) = self.first_child(|_| true) {
            self.wrong(format!("7: it ends, and {pid} is still there"));
        }
    }
}
