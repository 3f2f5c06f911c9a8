//! The loop: wait for signals and children until the child has ended.
//!
//! The signals to forward stay blocked for good, and are taken from the queue one by one: no handler, no race between
//! a check and a wait, nothing lost, and no wake-up but by a signal or a deadline.
//!
//! Each turn looks at the children and at the deadline before it takes one signal, and reaps a bounded number. So a
//! flood of signals or of orphans costs processor time, but hides neither the end of the child nor a deadline,
//! nor a stop signal (`policy::fairness`).

use crate::cli::config::Config;
use crate::message::event::{Event, Level};
use crate::model::errno::Errno;
use crate::model::process::{Change, Pid, Recipient};
use crate::model::siginfo::Received;
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::{ExitStatus, WaitStatus};
use crate::policy::facts::{End, Facts, Memory};
use crate::policy::fairness::Fairness;
use crate::policy::forward::{self, Response};
use crate::policy::reason::Reason;
use crate::policy::shutdown::Shutdown;
use crate::run::cgroup;
use crate::run::jobs::Jobs;
use crate::run::post_mortem::{self, Paper};
use crate::run::report::report;
use crate::run::send::Messenger;
use crate::run::spawn::Failure;
use crate::sys::Kernel;
use crate::time::Nanoseconds;

/// How many children are reaped before the loop looks at anything else: a program that forks without end must not keep
/// it from a deadline.
const BURST: usize = 64;

/// A child and what is known of it. The small fields stand first, as in `Config`.
#[repr(C)]
pub struct Supervisor<'a, K> {
    pub(super) kernel: K,
    pub(super) config: &'a Config<'a>,
    pub(super) own: Pid,
    pub(super) child: Pid,
    pub(super) jobs: Jobs<K>,
    /// When we stop waiting for those that we have killed; `None` until SIGKILL has been sent to all.
    pub(super) killing: Option<Nanoseconds>,
    /// Whether a stop signal has gone to the child. One that `--delay` holds back has not.
    pub(super) has_passed_stop: bool,
    /// Whether one has reached it before its end, as far as is known.
    pub(super) has_reached: bool,
    /// Whether the child has ended and is reaped: its number may belong to another process now.
    pub(super) has_ended: bool,
    /// The first of each of these signals is not for the child: we caused it by giving up the terminal.
    ignored_once: SignalSet,
    /// Whether we exit although the child may live.
    pub(super) has_given_up: bool,
    /// The last one that we have made.
    pub(super) messenger: Option<Messenger>,
    /// Lines that could not be written.
    lost: u64,
    fairness: Fairness,
    pub(super) shutdown: Shutdown<'a>,
    pub(super) facts: Facts<'a>,
    /// When the message may be written ahead again.
    pub(super) next_telling: Nanoseconds,
    /// Whether a stop signal is still to be told of there.
    pub(super) is_untold: bool,
    /// Where the child says why it could not run.
    failure: &'a Failure,
    /// What the memory cgroup told before the start.
    memory_before: Memory,
    /// The termination message, if there is to be one.
    pub(super) paper: Option<Paper<'a>>,
}

/// What a supervisor takes over from before the start.
#[derive(Debug)]
pub struct Beginning<'a> {
    pub child: Pid,
    /// The first of each of these signals is not for the child.
    pub ignored_once: SignalSet,
    pub facts: Facts<'a>,
    pub failure: &'a Failure,
    /// What the memory cgroup told.
    pub memory: Memory,
    pub paper: Option<Paper<'a>>,
}

/// What is left when children have been reaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Children {
    /// All that have changed are reaped, and others live.
    Quiet,
    /// Perhaps more have changed.
    More,
    None,
}

impl<'a, K: Kernel> Supervisor<'a, K> {
    /// The child has been spawned; all of `config.contract.collected` is blocked.
    pub fn new(kernel: K, config: &'a Config<'a>, jobs: Jobs<K>, beginning: Beginning<'a>) -> Self {
        let Beginning { child, ignored_once, facts, failure, memory, paper } = beginning;
        Self {
            kernel,
            config,
            own: kernel.own_pid(),
            child,
            jobs,
            killing: None,
            has_passed_stop: false,
            has_reached: false,
            has_ended: false,
            has_given_up: false,
            ignored_once,
            messenger: None,
            lost: 0,
            fairness: Fairness::NEW,
            shutdown: Shutdown::new(&config.ladder, config.delay),
            facts: Facts { pid: Some(child), ..facts },
            next_telling: Nanoseconds::ZERO,
            is_untold: false,
            failure,
            memory_before: memory,
            paper,
        }
    }

    /// Until the child has ended.
    pub fn run(&mut self) {
        if self.config.timeout > Nanoseconds::ZERO {
            self.shutdown.limit(self.facts.started + self.config.timeout);
        }
        while !self.has_ended {
            let before = self.reaped();
            let children = self.reap();
            if self.killing.is_some() && self.reaped() > before && !self.has_ended {
                // The children of those that have ended are ours now.
                self.kill_all();
            }
            if !self.has_ended {
                self.expire();
            }
            if !self.has_ended {
                let deadline = self.killing.or(self.shutdown.deadline());
                let telling = self.is_untold.then_some(self.next_telling);
                // Whichever is first; none is later than any.
                let deadline = deadline.into_iter().chain(telling).min();
                if let Some(received) = self.wait(self.config.contract.collected, children, deadline) {
                    self.on_signal(&received);
                }
            }
        }
        if !self.has_given_up {
            self.report(Event::Exiting);
        }
    }

    /// Writes the termination message, drains, and gives the terminal back.
    pub fn finish(&mut self) -> ExitStatus {
        self.write_message();
        if self.paper.is_some() && self.config.verbosity >= Level::Info {
            post_mortem::write_report(self.kernel, &self.facts);
        }
        let reaped = self.reaped();
        self.drain();
        if self.reaped() > reaped {
            // Who lived until now could write there, too.
            self.write_message();
        }
        if let Some(terminal) = self.jobs.terminal {
            terminal.pass(self.child, self.kernel.own_group());
        }
        self.facts.status
    }

    /// Takes the next signal. Does not wait for one if more children may have changed.
    pub(super) fn wait(
        &mut self,
        signals: SignalSet,
        children: Children,
        deadline: Option<Nanoseconds>,
    ) -> Option<Received> {
        let limit = match children {
            Children::More => Some(Nanoseconds::ZERO),
            Children::Quiet | Children::None => deadline.map(|deadline| deadline - self.now()),
        };
        let (signals, limit) = match self.fairness.overdue(self.config.stop_on, &self.config.rewrites) {
            Some(overdue) => (signals.intersection(overdue), Some(Nanoseconds::ZERO)),
            None => (signals, limit),
        };
        let taken = self.take(signals, limit);
        self.fairness.note(taken.as_ref().map(|received| received.signal));
        taken
    }

    /// Takes the next of `signals`, and waits for it as long as `limit` at the most. A kernel that refuses is the end:
    /// without signals pausa could neither forward nor stop anything.
    pub(super) fn take(&mut self, signals: SignalSet, limit: Option<Nanoseconds>) -> Option<Received> {
        if self.has_given_up {
            return None;
        }
        self.kernel.wait_signal(signals, limit).unwrap_or_else(|errno| {
            self.report(Event::SignalsRefused { errno });
            self.fail();
            None
        })
    }

    /// The time, for a deadline. Where the kernel refuses to tell it, that is told and the end: no deadline would come, or
    /// each at once.
    pub(super) fn now(&mut self) -> Nanoseconds {
        self.kernel.now().unwrap_or_else(|errno| {
            if !self.has_given_up {
                self.report(Event::ClockRefused { errno });
                self.fail();
            }
            Nanoseconds::ZERO
        })
    }

    /// Carries out what a signal leads to.
    // 72 bytes less.
    #[inline(never)]
    pub(super) fn on_signal(&mut self, received: &Received) {
        let (signal, config) = (received.signal, self.config);
        self.report(Event::Received { signal });
        match forward::respond(signal, config.contract.swallowed, &config.rewrites) {
            // The next turn of the loop reaps, whatever wakes it.
            Response::Reap => {}
            _ if self.ignored_once.remove(signal) => self.report(Event::HandedOff { signal }),
            Response::Drop => {
                self.report(Event::Rewritten { signal, passed: None });
                self.report(Event::Dropped { signal });
                if config.stop_on.contains(signal) {
                    self.ask_to_stop(received, None);
                }
            }
            // A stop signal that is rewritten, for a program that knows another one, still asks it to stop.
            Response::Send(passed) if config.stop_on.contains(signal) || config.stop_on.contains(passed) => {
                self.ask_to_stop(received, Some(passed));
            }
            Response::Send(Signal::CONT) => drop(self.resume(Some(received))),
            Response::Send(passed) => drop(self.forward(received, passed)),
        }
        if config.contract.suspends_itself && signal.is_terminal_stop() {
            self.report(Event::Suspending);
            // PID 1 does not stop by this.
            let _ = self.kernel.kill(Recipient::Process(self.own), Signal::STOP);
        }
    }

    /// Takes note of children that have changed, of [`BURST`] at the most.
    pub(super) fn reap(&mut self) -> Children {
        let mut left = Children::More;
        for _ in 0..BURST {
            if self.has_given_up {
                break;
            }
            match self.next_change() {
                Ok(Some(change)) => self.on_change(&change),
                Ok(None) => {
                    self.report(Event::NothingToReap);
                    left = Children::Quiet;
                    break;
                }
                Err(Errno::CHILD) if self.has_ended => {
                    self.report(Event::NoChildLeft);
                    return Children::None;
                }
                Err(errno) => {
                    // Without wait4 the end of the child would never be seen.
                    self.report(Event::ChildrenRefused { errno });
                    self.fail();
                    return Children::None;
                }
            }
        }
        left
    }

    /// The child must not be reaped before its group is signalled. So where that is to be done, it is seen first which
    /// process has changed, and that one alone is reaped.
    fn next_change(&self) -> Result<Option<Change>, Errno> {
        if self.has_ended || !self.signals_at_end() {
            return self.kernel.next_change(None);
        }
        match self.kernel.next_changed() {
            Ok(None) => Ok(None),
            Ok(changed) => {
                if changed == Some(self.child) && self.is_zombie() {
                    self.child_is_ending();
                }
                self.kernel.next_change(changed)
            }
            // No child is left, or a seccomp filter refuses waitid.
            Err(_) => self.kernel.next_change(None),
        }
    }

    fn on_change(&mut self, change: &Change) {
        let &Change { pid, wait, usage } = change;
        if let Some(signal) = wait.stop_signal() {
            if pid == self.child && !self.has_ended {
                self.child_stopped(signal);
            }
            return;
        }
        if let Some(messenger) = self.messenger.take_if(|messenger| messenger.pid == pid) {
            return self.messenger_ended(messenger, wait);
        }
        let is_child = pid == self.child && !self.has_ended;
        // The end may be seen before its SIGCHLD is taken. A verbose report has that signal first all the same.
        if is_child && self.config.verbosity >= Level::Info && self.kernel.take_pending(Signal::CHLD) {
            self.report(Event::Received { signal: Signal::CHLD });
        }
        self.report(Event::Reaped { pid, wait });
        if is_child {
            if let Some(signal) = self.farewell() {
                self.report(Event::Forwarded { signal, passed: signal, pid });
            }
            self.facts.usage = usage;
            self.end(wait);
        } else {
            self.facts.reaped += 1;
            if self.config.warns_of_zombies {
                self.report(Event::Zombie { pid });
            }
        }
    }

    /// Takes note of how the child has ended.
    fn end(&mut self, wait: WaitStatus) {
        let status = self.conclude(End::Seen(wait), ExitStatus::of(wait));
        self.report(Event::Ended { pid: self.child, wait, status });
    }

    /// Gathers what is known at the end, and says what to exit with if nothing is remapped to `status`.
    // 100 bytes less.
    #[inline(never)]
    fn conclude(&mut self, end: End, status: ExitStatus) -> ExitStatus {
        self.has_ended = true;
        self.facts.end = end;
        self.facts.exec_error = self.failure.get();
        if self.paper.is_some() {
            self.facts.ended = self.kernel.now().unwrap_or_default();
        }
        self.look_at_memory();
        // Who was killed may well have been asked in vain.
        let may_obey = match end {
            End::Seen(wait) => wait.term_signal() != Some(Signal::KILL),
            End::Pending | End::Unseen => false,
        };
        if !self.has_passed_stop || (may_obey && !self.has_reached) {
            self.facts.asked = None;
        }
        let reason = Reason::of(&self.facts);
        self.facts.status = self.config.remaps.apply(reason.status(status), reason);
        self.facts.status
    }

    pub(super) fn write_message(&mut self) {
        if let Some(paper) = &mut self.paper {
            paper.write(self.kernel, self.config, &self.facts);
        }
    }

    /// Takes note of what the memory cgroup tells now.
    pub(super) fn look_at_memory(&mut self) {
        if self.config.needs_memory() {
            self.facts.memory = cgroup::memory(self.kernel).since(&self.memory_before);
        }
    }

    /// Ends the loop, because the kernel refuses a call that it cannot do without. That has been reported.
    fn fail(&mut self) {
        self.has_given_up = true;
        if !self.has_ended {
            self.conclude(End::Unseen, ExitStatus(self.config.contract.failure));
        }
    }

    /// Ends although the child, which was killed, does not: it hangs in the kernel, or we may not kill it. If we are
    /// PID 1, our end is the end of all others in the namespace (pid_namespaces(7)).
    pub(super) fn give_up(&mut self) {
        self.report(Event::GaveUp { pid: self.child });
        self.has_given_up = true;
        self.conclude(End::Unseen, ExitStatus::KILLED);
    }

    /// How many processes have been reaped.
    pub(super) const fn reaped(&self) -> u64 {
        self.facts.reaped
    }

    /// Reports `event`, and before it how many lines were lost, as soon as lines can be written again.
    pub(super) fn report(&mut self, event: Event<'_>) {
        if self.lost > 0 && report(self.kernel, self.config, Event::Lost { count: self.lost }) {
            self.lost = 0;
        }
        self.lost += u64::from(!report(self.kernel, self.config, event));
    }
}
