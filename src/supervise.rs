//! The loop: wait for a signal, carry out what it leads to, until the child has ended.
//!
//! The signals to forward stay blocked for good, and are taken from the queue one by one: no handler, no race between
//! a check and a wait, nothing lost, and no wake-up but by a signal.

mod jobs;

use crate::args::{Command, Env};
use crate::config::{Config, Place, Target};
use crate::errno::Errno;
use crate::event::Event;
use crate::forward::{self, Response};
use crate::process::{self, Pid, Recipient};
use crate::reap;
use crate::report;
use crate::shutdown::Shutdown;
use crate::signal::{Signal, SignalSet};
use crate::spawn;
use crate::status::ExitStatus;
use crate::sys::{self, Change, Fd, Received};
use crate::terminal::Terminal;
use crate::termination::{Facts, OwnKill};
use crate::witness;

/// Runs `command` and comes back with what to exit with. `inherited` is the signal mask from before ours.
#[inline(never)]
pub fn supervise(
    command: &Command<'_>,
    env: &Env<'_>,
    config: &Config<'_>,
    inherited: SignalSet,
) -> ExitStatus {
    let own = sys::getpid();
    if own != Pid::INIT {
        if config.target == Target::All {
            report::tell(config, &Event::AllNeedsInit);
            return ExitStatus(config.personality.failure);
        }
        adopt(config);
    }
    if let Some(signal) = config.parent_death {
        // Fails only for a number that is no signal.
        let _ = sys::set_parent_death_signal(signal);
    }
    let mut ignored_once = SignalSet::EMPTY;
    let mut terminal = None;
    match config.place {
        Place::OwnGroup => terminal = Terminal::open(),
        // Who leads the session hangs up by leaving the terminal, and hears of it like everybody else.
        Place::OwnSession if sys::give_up_terminal(Fd::STDIN).is_ok() && sys::own_session() == own => {
            ignored_once = SignalSet::of(&[Signal::HUP, Signal::CONT]);
        }
        Place::OwnSession | Place::OurGroup => {}
    }
    let before = if config.message.is_some() { witness::oom_kills() } else { 0 };
    let started = sys::now();
    let (child, exec_error) = match spawn::spawn(command, env, config, terminal, inherited) {
        Ok(spawned) => spawned,
        Err(errno) => {
            report::tell(config, &Event::ForkFailed { errno });
            return ExitStatus(config.personality.failure);
        }
    };
    let program = command.name.to_bytes();
    report::tell(config, &Event::Spawned { pid: child, name: program });
    if config.personality.leaves_directory {
        sys::leave_directory();
    }
    if config.personality.closes_descriptors && sys::close_from(Fd::FIRST_OTHER).is_ok() {
        terminal = Terminal::open();
    }
    sys::set_mask(config.personality.collected);
    let mut supervisor = Supervisor {
        config,
        own,
        child,
        terminal,
        stop: Stop::None,
        ignored_once,
        shutdown: Shutdown::new(&config.ladder, config.delay),
        is_killing: false,
        has_passed_stop: false,
        has_ended: false,
        lost: 0,
        facts: Facts::new(program, child, exec_error, started),
    };
    supervisor.run();
    if let Some(path) = config.message {
        let facts = &mut supervisor.facts;
        facts.oom_kills = witness::oom_kills().saturating_sub(before);
        facts.ended = sys::now();
        if !supervisor.has_passed_stop {
            facts.asked = None;
        }
        witness::write(path, facts, config);
    }
    if config.drains {
        supervisor.drain();
    }
    if let Some(terminal) = terminal {
        terminal.pass(child, sys::own_group());
    }
    supervisor.facts.status
}

/// Sees to it that orphans come to us, or says that they will not.
#[inline(never)]
fn adopt(config: &Config<'_>) {
    if config.adopts_orphans {
        if let Err(errno) = sys::become_subreaper() {
            report::tell(config, &Event::Unadopted { errno });
        }
    } else if !sys::is_subreaper() {
        report::tell(config, &Event::NotFirst);
    }
}

/// A child and what is known of it. What is large stands last (`repr(C)`), as in `Config`.
#[repr(C)]
struct Supervisor<'a> {
    config: &'a Config<'a>,
    own: Pid,
    child: Pid,
    terminal: Option<Terminal>,
    stop: Stop,
    /// Whether the last step has come, and everybody is to go.
    is_killing: bool,
    /// Whether a stop signal has gone to the child: the last one may be held back yet.
    has_passed_stop: bool,
    has_ended: bool,
    /// Of these, the first is not for the child.
    ignored_once: SignalSet,
    /// Lines that nobody could take.
    lost: u64,
    shutdown: Shutdown<'a>,
    facts: Facts<'a>,
}

/// Whether the child runs, as far as we know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    None,
    /// A stop signal was sent on: somebody wants it stopped.
    Asked,
    /// It has stopped, and nobody has continued it through us.
    Stopped,
}

impl Supervisor<'_> {
    /// Until the child has ended.
    fn run(&mut self) {
        // Zombies that were there before us: no SIGCHLD will come for them.
        self.reap();
        while !self.has_ended {
            let limit = self.shutdown.deadline().map(|deadline| deadline.saturating_sub(sys::now()));
            if let Some(received) = sys::wait_signal(self.config.personality.collected, limit) {
                self.take(&received);
            } else if let Some(signal) = self.shutdown.wake(sys::now()) {
                self.step(signal);
            }
        }
    }

    /// Carries out what a signal leads to.
    #[inline(never)]
    fn take(&mut self, received: &Received) {
        let signal = received.signal;
        self.tell(&Event::Received { signal });
        match forward::respond(signal, received.sender(), self.own, self.config) {
            Response::Reap => self.reap(),
            Response::Ignore => {}
            _ if self.ignored_once.remove(signal) => self.tell(&Event::HandedOff { signal }),
            Response::Drop => {
                self.tell(&Event::Rewritten { signal, passed: None });
                self.tell(&Event::Dropped { signal });
            }
            Response::Send(Signal::CONT) => self.resume(),
            // Who rewrites SIGTERM for a program that knows another signal still asks it to stop.
            Response::Send(passed) if signal.is_stop_request() || passed.is_stop_request() => {
                self.facts.asked = Some(witness::asked(received));
                match self.shutdown.ask(passed, sys::now()) {
                    Some(step) if step == passed => {
                        self.has_passed_stop = true;
                        self.forward(received, passed);
                    }
                    Some(step) => self.step(step),
                    None => {}
                }
            }
            Response::Send(passed) => self.forward(received, passed),
        }
        if self.config.personality.suspends_itself && signal.is_terminal_stop() {
            // PID 1 does not stop by this.
            let _ = sys::kill(Recipient::Process(self.own), Signal::STOP);
        }
    }

    /// Takes note of every child that has changed, ours among them.
    fn reap(&mut self) {
        while let Some(Change { pid, wait, usage }) = reap::changed() {
            if let Some(signal) = wait.stop_signal() {
                if pid == self.child {
                    self.child_stopped(signal);
                }
                continue;
            }
            self.tell(&Event::Reaped { pid, wait });
            if pid == self.child {
                self.say_farewell();
                let status = self.config.remaps.apply(ExitStatus::of(wait));
                self.tell(&Event::Ended { pid, wait, status });
                (self.facts.wait, self.facts.usage, self.facts.status) = (wait, usage, status);
                self.has_ended = true;
            } else {
                self.facts.reaped += 1;
                if self.config.warns_of_zombies {
                    self.tell(&Event::Zombie { pid });
                }
            }
            if self.is_killing {
                // Its children are ours now.
                self.signal_all(Signal::KILL);
            }
        }
    }

    /// The child has ended; its group may hear of it.
    fn say_farewell(&mut self) {
        let farewell = self.config.personality.farewell.and_then(|signal| self.config.rewrites.apply(signal));
        let Some(signal) = farewell else { return };
        if self.config.target == Target::Group {
            // Nobody left is as good. The child itself has been reaped, and its number is anybody's.
            let _ = sys::kill(Recipient::Group(self.child), signal);
        }
        self.tell(&Event::Forwarded { signal, passed: signal, pid: self.child });
    }

    /// Sends `passed` on, for the one that was received.
    fn forward(&mut self, received: &Received, passed: Signal) {
        if passed.is_terminal_stop() || passed == Signal::STOP {
            self.stop = Stop::Asked;
        } else if passed == Signal::KILL {
            self.facts.own_kill = self.facts.own_kill.or(Some(OwnKill::Rewrite));
        }
        if passed != received.signal {
            self.tell(&Event::Rewritten { signal: received.signal, passed: Some(passed) });
        }
        let sent = self.send(received, passed);
        self.tell_sent(received.signal, passed, sent);
    }

    /// A step of the ladder: nobody sends this but us.
    fn step(&mut self, signal: Signal) {
        if signal == Signal::KILL {
            self.is_killing = true;
            self.facts.own_kill = self.facts.own_kill.or(Some(OwnKill::Deadline));
            self.tell(&Event::Killing);
            self.signal_all(signal);
        } else {
            self.has_passed_stop = true;
            let sent = sys::kill(forward::recipient(self.config.target, self.child), signal);
            self.tell_sent(signal, signal, sent);
        }
    }

    /// Sends to everybody whom we may: as PID 1 the whole namespace, else the child's group and the adopted.
    fn signal_all(&self, signal: Signal) {
        if self.own == Pid::INIT {
            let _ = sys::kill(Recipient::Everyone, signal);
            return;
        }
        let _ = sys::kill(Recipient::Group(self.child), signal);
        let mut buffer = [0; 4096];
        let children = sys::read_file(b"/proc/thread-self/children\0", &mut buffer);
        for child in process::listed(children) {
            let _ = sys::kill(Recipient::Process(child), signal);
        }
    }

    /// Asks what is left to end, and waits for it as long as there is a child. The first step of the ladder says
    /// how long at the most; then everybody is killed, and given the same time again, since somebody may hang
    /// in the kernel.
    fn drain(&mut self) {
        let patience = self.config.ladder.patience();
        let mut deadline = sys::now().saturating_add(patience);
        self.signal_all(if self.is_killing { Signal::KILL } else { Signal::TERM });
        // Who is stopped does not hear before.
        self.signal_all(Signal::CONT);
        loop {
            self.reap();
            if sys::has_no_children() {
                return;
            }
            let mut limit = None;
            if patience > 0 {
                let now = sys::now();
                if deadline <= now {
                    if self.is_killing {
                        return;
                    }
                    deadline = now.saturating_add(patience);
                    self.step(Signal::KILL);
                }
                limit = Some(deadline - now);
            }
            // Who asks again is heard by all that is left; anything else was for the child, which is gone.
            let again = sys::wait_signal(SignalSet::ALL, limit).map(|received| received.signal);
            if let Some(signal) = again.filter(|signal| signal.is_stop_request()) {
                self.signal_all(signal);
            }
        }
    }

    /// With sender and value if it has them and the kernel can, else as kill(2) does.
    fn send(&self, received: &Received, signal: Signal) -> Result<(), Errno> {
        if received.is_queued() {
            let requeued = match self.config.target {
                Target::Child => sys::requeue(self.child, signal, received),
                Target::Group => sys::requeue_to_group(self.child, signal, received),
                Target::All => Err(Errno::AGAIN),
            };
            if requeued.is_ok() {
                return Ok(());
            }
        }
        match sys::kill(forward::recipient(self.config.target, self.child), signal) {
            // The child has moved to another group, and nobody is left in its own.
            Err(Errno::SRCH) => sys::kill(Recipient::Process(self.child), signal),
            result => result,
        }
    }

    fn tell_sent(&mut self, signal: Signal, passed: Signal, sent: Result<(), Errno>) {
        self.facts.forwarded += u64::from(sent.is_ok());
        self.tell(&match sent {
            Ok(()) => Event::Forwarded { signal, passed, pid: self.child },
            Err(errno) => Event::NotForwarded { signal: passed, pid: self.child, errno },
        });
    }

    /// Tells of `event`, and before it how many lines were lost, as soon as somebody reads again.
    fn tell(&mut self, event: &Event<'_>) {
        if self.lost > 0 && report::tell(self.config, &Event::Lost { count: self.lost }) {
            self.lost = 0;
        }
        self.lost += u64::from(!report::tell(self.config, event));
    }
}
