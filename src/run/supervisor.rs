//! The loop: wait for signals and children until the child has ended.
//!
//! The signals to forward stay blocked for good, and are taken from the queue one by one: no handler, no race between
//! a check and a wait, nothing lost, and no wake-up but by a signal or a deadline.
//!
//! Each turn looks at the children and at the deadline before it takes one signal, and does a bounded number of
//! things. So a flood of signals or of orphans costs processor time, but hides neither the end of the child nor a
//! deadline.

use crate::cli::config::Config;
use crate::message::event::{Event, Level};
use crate::message::termination::{Facts, OwnKill};
use crate::model::errno::Errno;
use crate::model::process::{Change, Pid, Recipient};
use crate::model::siginfo::Received;
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::{ExitStatus, WaitStatus};
use crate::policy::forward::{self, Response};
use crate::policy::shutdown::Shutdown;
use crate::run::jobs::Jobs;
use crate::run::post_mortem;
use crate::run::report::report;
use crate::run::send::Messenger;
use crate::sys::Kernel;
use crate::time::Nanoseconds;

/// How many children are reaped before the loop looks at anything else: whoever forks without end shall not
/// keep it from a deadline.
const BURST: usize = 64;

/// How long a process that was killed may take to end before it is given up: it hangs in the kernel, or is
/// not ours to kill. A grace period that is longer counts instead.
pub(super) const GIVE_UP_AFTER: Nanoseconds = Nanoseconds::SECOND;

/// A child and what is known of it.
pub struct Supervisor<'a, K> {
    pub(super) kernel: K,
    pub(super) config: &'a Config<'a>,
    pub(super) own: Pid,
    pub(super) child: Pid,
    pub(super) jobs: Jobs<K>,
    /// When the killing is given up, once the last step of the ladder has come.
    pub(super) killing: Option<Nanoseconds>,
    /// Whether a stop signal has gone to the child: the last one may be held back yet.
    has_passed_stop: bool,
    /// Whether the child has ended. From when it is reaped on, its number may be somebody else's.
    pub(super) has_ended: bool,
    /// Of these, the first is not for the child.
    ignored_once: SignalSet,
    /// Whether we end although the child may not have.
    pub(super) has_given_up: bool,
    /// The last one that was sent out.
    pub(super) messenger: Option<Messenger>,
    /// Lines that could not be written.
    lost: u64,
    pub(super) shutdown: Shutdown<'a>,
    pub(super) facts: Facts<'a>,
}

/// What is left when children have been reaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Children {
    /// All that have changed are reaped, and others are there.
    Quiet,
    /// Perhaps more have changed.
    More,
    None,
}

impl<'a, K: Kernel> Supervisor<'a, K> {
    /// `child` has been spawned; all of `config.contract.collected` is blocked.
    pub fn new(
        kernel: K,
        config: &'a Config<'a>,
        child: Pid,
        jobs: Jobs<K>,
        ignored_once: SignalSet,
        facts: Facts<'a>,
    ) -> Self {
        Self {
            kernel,
            config,
            own: kernel.own_pid(),
            child,
            jobs,
            killing: None,
            has_passed_stop: false,
            has_ended: false,
            has_given_up: false,
            ignored_once,
            messenger: None,
            lost: 0,
            shutdown: Shutdown::new(&config.ladder, config.delay),
            facts,
        }
    }

    /// Until the child has ended.
    pub fn run(&mut self) {
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
                if let Some(received) = self.wait(self.config.contract.collected, children, deadline) {
                    self.on_signal(&received);
                }
            }
        }
        if !self.has_given_up {
            self.report(Event::Exiting);
        }
    }

    /// Why the program never ran, if so. Before `finish`.
    pub const fn note_exec_error(&mut self, errno: Option<Errno>) {
        self.facts.exec_error = errno;
    }

    /// Writes the termination message, drains, and gives the terminal back. `oom_kills` is the counter from
    /// before the command.
    pub fn finish(mut self, oom_kills: u64) -> ExitStatus {
        if let Some(path) = self.config.message {
            self.facts.oom_kills = post_mortem::oom_kills(self.kernel).saturating_sub(oom_kills);
            self.facts.ended = self.kernel.now().unwrap_or_default();
            if !self.has_passed_stop {
                self.facts.asked = None;
            }
            post_mortem::write(self.kernel, path, &self.facts, self.config);
        }
        self.drain();
        if let Some(terminal) = self.jobs.terminal {
            terminal.pass(self.child, self.kernel.own_group());
        }
        self.facts.status
    }

    /// Takes the next signal. Does not wait for one if more children may have changed. A kernel that refuses is the end:
    /// without signals pausa could neither forward nor stop anything.
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

    /// The deadline may have come.
    fn expire(&mut self) {
        if let Some(give_up) = self.killing {
            if self.now() >= give_up {
                self.give_up();
            }
        } else if self.shutdown.deadline().is_some() {
            let now = self.now();
            if let Some(signal) = self.shutdown.expire(now) {
                self.step(signal);
            }
        }
    }

    /// Carries out what a signal leads to.
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
            }
            Response::Send(Signal::CONT) => self.resume(),
            // A stop signal that is rewritten, for a program that knows another one, still asks it to stop.
            Response::Send(passed) if config.stop_on.contains(signal) || config.stop_on.contains(passed) => {
                // Without a deadline it is for the message alone.
                let now =
                    if config.needs_clock() { self.now() } else { self.kernel.now().unwrap_or_default() };
                self.facts.asked = Some(post_mortem::asked(self.kernel, received, now));
                match self.shutdown.ask(passed, now) {
                    Some(step) if step == passed && step != Signal::KILL => {
                        self.has_passed_stop = true;
                        self.forward(received, passed);
                    }
                    Some(step) => self.step(step),
                    None => {}
                }
            }
            Response::Send(passed) => self.forward(received, passed),
        }
        if config.contract.suspends_itself && signal.is_terminal_stop() {
            self.report(Event::Suspending);
            // PID 1 does not stop by this.
            let _ = self.kernel.kill(Recipient::Process(self.own), Signal::STOP);
        }
    }

    /// Takes note of children that have changed, ours among them; of so many at a time that a deadline can wait.
    pub(super) fn reap(&mut self) -> Children {
        if !self.has_ended && self.signals_at_end() && self.kernel.has_ended(self.child) == Ok(true) {
            self.child_is_ending();
        }
        let mut left = Children::More;
        for _ in 0..BURST {
            if self.has_given_up {
                break;
            }
            match self.kernel.next_change() {
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

    fn on_change(&mut self, change: &Change) {
        let &Change { pid, wait, usage } = change;
        if let Some(signal) = wait.stop_signal() {
            if pid == self.child && !self.has_ended {
                self.child_stopped(signal);
            }
            return;
        }
        if let Some(Messenger { signal, passed, .. }) =
            self.messenger.take_if(|messenger| messenger.pid == pid)
        {
            let sent = match (wait.term_signal(), wait.exit_code()) {
                (None, 0) => Ok(()),
                (None, number) => Err(Errno::of(number.into())),
                (Some(_), _) => Err(Errno::PERM),
            };
            return self.report_sent(signal, passed, sent);
        }
        let is_child = pid == self.child && !self.has_ended;
        // The end may be seen before its signal is taken. Who wants to see each signal sees this one as well.
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

    /// The child has ended so.
    fn end(&mut self, wait: WaitStatus) {
        self.has_ended = true;
        let status = self.config.remaps.apply(ExitStatus::of(wait));
        self.report(Event::Ended { pid: self.child, wait, status });
        (self.facts.wait, self.facts.status) = (Some(wait), status);
    }

    /// A call that the loop lives by was refused, which has been told.
    fn fail(&mut self) {
        self.has_given_up = true;
        if !self.has_ended {
            self.has_ended = true;
            self.facts.status = ExitStatus(self.config.contract.failure);
        }
    }

    /// The child was killed and stays: it hangs in the kernel, or is not ours to kill. The end of PID 1 is the end of
    /// all others in its namespace, by SIGKILL from the kernel (pid_namespaces(7)).
    pub(super) fn give_up(&mut self) {
        self.report(Event::GaveUp { pid: self.child });
        self.has_given_up = true;
        self.end(WaitStatus::new(i32::from(Signal::KILL.number())));
    }

    /// A step of the ladder: sent by nobody but us.
    pub(super) fn step(&mut self, signal: Signal) {
        if signal == Signal::KILL {
            self.facts.own_kill = self.facts.own_kill.or(Some(OwnKill::Deadline));
            self.report(Event::Killing);
            self.kill_all();
            // Asking again (`-r TERM:KILL`) kills again, and postpones nothing.
            let give_up = self.now() + self.config.ladder.first_wait().max(GIVE_UP_AFTER);
            self.killing = self.killing.or(Some(give_up));
        } else {
            self.has_passed_stop = true;
            let recipient = forward::recipient(self.config.target, self.child);
            self.send(recipient, signal, signal);
        }
    }

    /// How many processes have been reaped.
    pub(super) const fn reaped(&self) -> u64 {
        self.facts.reaped
    }

    /// Reports `event`, and before it how many lines were lost, as soon as somebody reads again.
    pub(super) fn report(&mut self, event: Event<'_>) {
        if self.lost > 0 && report(self.kernel, self.config, Event::Lost { count: self.lost }) {
            self.lost = 0;
        }
        self.lost += u64::from(!report(self.kernel, self.config, event));
    }
}
