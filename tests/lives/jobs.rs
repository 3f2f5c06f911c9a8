//! The oracles over children and the terminal: ends, stops, the foreground (1, 9). `judge.rs` has the list.

use crate::judge::{Due, Owed};
use crate::marks::Mark;
use crate::process::Info;
use crate::world::{Entry, SECOND, Truth};
use pausa::model::process::Fd;
use pausa::model::signal::Signal;

impl Truth {
    /// Nobody but the child can be reached.
    pub fn judge_lacks_list(&mut self) {
        let is_again = matches!(self.judge.owed.first(), Some(Owed::Again(_)));
        self.judge.owed.retain(|owed| !matches!(owed, Owed::Again(_)));
        // Whether the killing has begun cannot be seen then.
        self.judge.drain = self.judge.drain.filter(|_| self.own == 1);
        let waits = self.orders.config.drains && self.orders.drain_limit().is_none() && self.own != 1;
        let is_known = waits && !is_again && self.judge.end.is_some();
        if is_known && self.judge.blind_since.is_none() && self.first_child(|_| true).is_some() {
            let span = SECOND;
            self.judge.blind_since = Some(self.now);
            self.judge.drain = Some(Due { earliest: self.now + span, latest: u64::MAX, span });
            self.mark(Mark::Blind);
        }
    }

    pub fn judge_lists(&mut self) {
        self.judge.has_listed = true;
        self.judge.listed = self.last_order();
        if self.judge.blind_since.take().is_some() {
            self.judge.drain = None;
        }
        // As soon as there is nobody to kill, a list is all that a sweep is.
        if self.own != 1 && self.judge.owed.first() == Some(&Owed::Kill) {
            self.judge.owed.clear();
            self.kill_begins();
        } else if self.first_child(|_| true).is_none() {
            self.judge.drain = self.judge.drain.filter(|due| due.earliest > self.now);
        }
    }

    pub fn judge_changed(&mut self, pid: i32, word: i32, is_gone: bool) {
        self.log.push(Entry::Changed(pid, word));
        let is_child = pid == self.child && self.judge.end.is_none();
        if is_child && is_gone {
            self.judge.end = Some(word);
            (self.judge.due, self.judge.stopped, self.judge.must_resume) = (None, None, false);
            self.judge.held = None;
            let limit = self
                .orders
                .drain_limit()
                .filter(|_| self.orders.config.drains && self.judge.killing.is_none());
            let from = self.now;
            self.judge.drain_over = limit.map(|span| from.saturating_add(span));
            self.judge.drain =
                limit.map(|span| Due { earliest: from.saturating_add(span), latest: u64::MAX, span });
        } else if is_child {
            self.child_stopped(Signal::new(word >> 8 & 0xff));
        } else if is_gone {
            self.judge.reaped += 1;
            self.mark(Mark::Orphan);
        }
    }

    fn child_stopped(&mut self, signal: Option<Signal>) {
        self.judge.stopped = signal;
        let group = self.us().group;
        let nobody_continues = self.own == 1 || self.is_orphaned(group);
        let by_key = signal == Some(Signal::TSTP) && !self.judge.was_asked_to_stop;
        self.judge.must_resume = self.tty.is_some() && nobody_continues && by_key;
        self.judge.was_asked_to_stop = false;
        if self.judge.must_resume {
            self.mark(Mark::MustResume);
        }
    }

    pub fn judge_stop(&mut self) {
        self.demand(
            self.judge.stopped.is_some() && self.tty.is_some(),
            "9: it stops itself without a reason",
        );
        self.mark(Mark::StopsItself);
    }

    /// What has come of it: stopped and continued, the child must go on as well.
    pub fn judge_stopped(&mut self, has_stopped: bool) {
        if has_stopped {
            self.judge.must_resume = false;
            self.judge.owed.push(Owed::Resume);
        }
        self.judge.has_stopped_us = Some(has_stopped);
    }

    /// The look for what has continued us. A stop signal that comes between takes SIGCONT away. If the kernel has not
    /// stopped us, a stop signal looks as if it had, and nobody can know better: then the child may go on.
    pub fn judge_witness(&mut self, taken: Option<(Signal, Info)>, has_stopped: bool) {
        match taken {
            Some((Signal::CONT, _)) if !has_stopped => self.judge_stopped(true),
            Some((signal, info)) if signal != Signal::CONT => {
                self.judge.may_resume = !has_stopped;
                if has_stopped {
                    self.mark(Mark::LosesCont);
                }
                self.judge_signal(signal, info);
            }
            _ => {}
        }
        self.judge.has_stopped_us = None;
    }

    pub fn judge_foreground(&mut self, group: i32) {
        let (saw, ours) = (self.judge.saw_foreground.take(), self.us().group);
        let nobody_continues = self.own == 1 || self.is_orphaned(ours);
        let is_stuck = matches!(self.judge.stopped, Some(Signal::TTIN | Signal::TTOU)) && nobody_continues;
        let is_right = if group == self.child {
            self.judge.puts_forward = is_stuck && saw != Some(ours);
            saw == Some(ours) || is_stuck
        } else {
            self.mark(Mark::TakesBack);
            group == ours && (saw == Some(self.child) || saw == Some(ours))
        };
        self.demand(is_right, "9: it moves the foreground from somebody else");
    }

    /// It worked. A child that the terminal has stopped goes on in the foreground: nobody else would continue it.
    pub fn judge_moved(&mut self) {
        if std::mem::take(&mut self.judge.puts_forward) {
            self.judge.must_resume = true;
            self.mark(Mark::PutForward);
        }
    }

    pub fn judge_line(&mut self, _: Fd, _: &[u8]) {
        self.lines += 1;
        self.judge.lines_after_fault += u32::from(self.judge.faulted.is_some());
    }
}
