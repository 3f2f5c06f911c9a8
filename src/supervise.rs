//! The loop: wait for a signal, carry out what it leads to, until the child has ended.
//!
//! The signals to forward stay blocked for good, and are taken from the queue one by one: no handler, no race between
//! a check and a wait, nothing lost, and no wake-up but by a signal.

use crate::args::{Command, Env};
use crate::config::{Config, Place, Target};
use crate::errno::Errno;
use crate::event::Event;
use crate::forward::{self, Response};
use crate::process::{Pid, Recipient};
use crate::reap;
use crate::report;
use crate::signal::{Signal, SignalSet};
use crate::spawn;
use crate::status::ExitStatus;
use crate::sys::{self, Fd, Received};
use crate::terminal::Terminal;

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
    let child = match spawn::spawn(command, env, config, terminal, inherited) {
        Ok(child) => child,
        Err(errno) => {
            report::tell(config, &Event::ForkFailed { errno });
            return ExitStatus(config.personality.failure);
        }
    };
    report::tell(config, &Event::Spawned { pid: child, name: command.name.to_bytes() });
    if config.personality.leaves_directory {
        sys::leave_directory();
    }
    if config.personality.closes_descriptors && sys::close_from(Fd::FIRST_OTHER).is_ok() {
        terminal = Terminal::open();
    }
    sys::set_mask(config.personality.collected);
    let status = Supervisor { config, own, child, terminal, stop: Stop::None, ignored_once }.run();
    let farewell = config.personality.farewell.and_then(|signal| config.rewrites.apply(signal));
    if let (Target::Group, Some(signal)) = (config.target, farewell) {
        // Nobody left is as good. The child itself has been reaped, and its number is anybody's.
        let _ = sys::kill(Recipient::Group(child), signal);
    }
    if let Some(terminal) = terminal {
        terminal.pass(child, sys::own_group());
    }
    status
}

/// Sees to it that orphans come to us, or says that they will not.
fn adopt(config: &Config<'_>) {
    if config.adopts_orphans {
        if let Err(errno) = sys::become_subreaper() {
            report::tell(config, &Event::Unadopted { errno });
        }
    } else if !sys::is_subreaper() {
        report::tell(config, &Event::NotFirst);
    }
}

/// A child and what is known of it.
struct Supervisor<'a> {
    config: &'a Config<'a>,
    own: Pid,
    child: Pid,
    terminal: Option<Terminal>,
    stop: Stop,
    /// Of these, the first is not for the child.
    ignored_once: SignalSet,
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
    fn run(&mut self) -> ExitStatus {
        // Zombies that were there before us: no SIGCHLD will come for them.
        let mut status = self.reap();
        while status.is_none() {
            let received = sys::wait_signal(self.config.personality.collected);
            let signal = received.signal;
            self.tell(&Event::Received { signal });
            match forward::respond(signal, received.sender(), self.own, self.config) {
                Response::Reap => status = self.reap(),
                Response::Ignore => {}
                _ if self.ignored_once.remove(signal) => self.tell(&Event::Dropped { signal }),
                Response::Drop => self.tell(&Event::Dropped { signal }),
                Response::Send(Signal::CONT) => self.resume(),
                Response::Send(passed) => self.forward(&received, passed),
            }
            if self.config.personality.suspends_itself && signal.is_terminal_stop() {
                // PID 1 does not stop by this.
                let _ = sys::kill(Recipient::Process(self.own), Signal::STOP);
            }
        }
        status.unwrap_or(ExitStatus(self.config.personality.failure))
    }

    /// Takes note of every child that has changed; the status to exit with, if ours has ended.
    fn reap(&mut self) -> Option<ExitStatus> {
        let mut result = None;
        while let Some((pid, wait)) = reap::changed() {
            match (ExitStatus::of(wait), wait.stop_signal()) {
                (Some(status), _) if pid == self.child => {
                    let status = self.config.remaps.apply(status);
                    self.tell(&Event::Ended { pid, wait, status });
                    result = Some(status);
                }
                (Some(_), _) => {
                    self.tell(&Event::Reaped { pid, wait });
                    if self.config.warns_of_zombies {
                        self.tell(&Event::Zombie { pid });
                    }
                }
                (None, Some(signal)) if pid == self.child => self.child_stopped(signal),
                (None, _) => {}
            }
        }
        result
    }

    /// Sends `passed` on, for the one that was received.
    fn forward(&mut self, received: &Received, passed: Signal) {
        if passed.is_terminal_stop() || passed == Signal::STOP {
            self.stop = Stop::Asked;
        }
        let sent = self.send(received, passed);
        self.tell_sent(received.signal, passed, sent);
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

    fn tell_sent(&self, signal: Signal, passed: Signal, sent: Result<(), Errno>) {
        self.tell(&match sent {
            Ok(()) => Event::Forwarded { signal, passed, pid: self.child },
            Err(errno) => Event::NotForwarded { signal: passed, pid: self.child, errno },
        });
    }

    fn tell(&self, event: &Event<'_>) {
        report::tell(self.config, event);
    }
}

/// Job control, for a user at a terminal.
impl Supervisor<'_> {
    /// The child has stopped. With a terminal, stop as well, so that the shell above gets it back.
    fn child_stopped(&mut self, signal: Signal) {
        self.tell(&Event::Stopped { pid: self.child, signal });
        let was_asked = self.stop == Stop::Asked;
        self.stop = Stop::Stopped;
        let Some(terminal) = self.terminal else { return };
        if self.own != Pid::INIT && self.stop_own_group(signal) {
            return self.resume();
        }
        // PID 1 cannot stop, and the kernel does not stop a group that nobody could continue (an orphaned
        // one, setpgid(2)). Then nobody could continue the child either: go on, as it would without us.
        let resumable = match signal {
            // Somebody's will and no key.
            _ if was_asked => false,
            Signal::TSTP => true,
            Signal::TTIN | Signal::TTOU => terminal.put_forward(self.child),
            _ => false,
        };
        if resumable {
            self.resume();
        }
    }

    /// Stops our process group, pipeline and all, as the terminal would have if the child were in it. Comes
    /// back when it goes on, or at once if the kernel refuses; says which.
    fn stop_own_group(&self, signal: Signal) -> bool {
        let signal = if signal == Signal::STOP { Signal::TSTP } else { signal };
        let _ = sys::kill(Recipient::OwnGroup, signal);
        sys::unblock(SignalSet::of(&[signal]));
        sys::set_mask(self.config.personality.collected);
        // What continued us is pending, since it is blocked.
        sys::take_pending(Signal::CONT)
    }

    /// SIGCONT: whoever sent it has put us into the foreground (`fg`) or not (`bg`).
    fn resume(&mut self) {
        if let Some(terminal) = self.terminal {
            terminal.pass(sys::own_group(), self.child);
        }
        // A key stops the whole group, so the whole group goes on.
        let target = if self.stop == Stop::Stopped { Target::Group } else { self.config.target };
        self.stop = Stop::None;
        let sent = sys::kill(forward::recipient(target, self.child), Signal::CONT);
        self.tell_sent(Signal::CONT, Signal::CONT, sent);
    }
}
