//! The loop: wait for a signal, carry out what it leads to, until the child has ended.
//!
//! All signals stay blocked for good, and are taken from the queue one by one: no handler, no race between
//! a check and a wait, nothing lost, and no wake-up but by a signal.

use crate::args::{Command, Env};
use crate::config::{Config, Target};
use crate::errno::Errno;
use crate::event::Event;
use crate::forward::{self, Response};
use crate::process::{Pid, Recipient};
use crate::reap;
use crate::report;
use crate::signal::{Signal, SignalSet};
use crate::spawn;
use crate::status::ExitStatus;
use crate::sys::{self, Received};
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
            return config.failure;
        }
        if let Err(errno) = sys::become_subreaper() {
            report::tell(config, &Event::Unadopted { errno });
        }
    }
    if let Some(signal) = config.parent_death {
        // Fails only for a number that is no signal.
        let _ = sys::set_parent_death_signal(signal);
    }
    let terminal = Terminal::open();
    let child = match spawn::spawn(command, env, config, terminal, inherited) {
        Ok(child) => child,
        Err(errno) => {
            report::tell(config, &Event::ForkFailed { errno });
            return config.failure;
        }
    };
    report::tell(config, &Event::Spawned { pid: child, name: command.name.to_bytes() });
    let mut supervisor = Supervisor { config, own, child, terminal, stopped: None };
    let status = supervisor.run();
    if let Some(terminal) = terminal {
        terminal.pass(child, sys::own_group());
    }
    status
}

/// A child and what is known of it.
struct Supervisor<'a> {
    config: &'a Config<'a>,
    own: Pid,
    child: Pid,
    terminal: Option<Terminal>,
    /// Set while the child is stopped and nobody has continued it through us.
    stopped: Option<Signal>,
}

impl Supervisor<'_> {
    fn run(&mut self) -> ExitStatus {
        // Zombies that were there before us: no SIGCHLD will come for them.
        if let Some(status) = self.reap() {
            return status;
        }
        loop {
            let received = sys::wait_signal(SignalSet::ALL);
            match forward::respond(received.signal, received.sender(), self.own, self.config) {
                Response::Reap => {
                    if let Some(status) = self.reap() {
                        return status;
                    }
                }
                Response::Send(signal) => self.forward(&received, signal),
                Response::Drop => self.tell(&Event::Dropped { signal: received.signal }),
                Response::Ignore => {}
            }
        }
    }

    /// Takes note of every child that has changed; the status to exit with, if ours was among them.
    fn reap(&mut self) -> Option<ExitStatus> {
        let mut result = None;
        while let Some((pid, wait)) = reap::changed() {
            match (ExitStatus::of(wait), wait.stop_signal()) {
                (Some(status), _) if pid == self.child => {
                    let status = self.config.remaps.apply(status);
                    self.tell(&Event::Ended { pid, wait, status });
                    result = Some(status);
                }
                (Some(_), _) => self.tell(&Event::Reaped { pid, wait }),
                (None, Some(signal)) if pid == self.child => self.child_stopped(signal),
                (None, _) => {}
            }
        }
        result
    }

    /// Sends `signal` on, for the one that was received.
    fn forward(&mut self, received: &Received, signal: Signal) {
        if signal == Signal::CONT {
            return self.resume();
        }
        let sent = self.send(received, signal);
        match sent {
            Ok(()) => {
                self.tell(&Event::Forwarded { signal: received.signal, passed: signal, pid: self.child })
            }
            Err(errno) => self.tell(&Event::NotForwarded { signal, pid: self.child, errno }),
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

    fn tell(&self, event: &Event<'_>) {
        report::tell(self.config, event);
    }
}

/// Job control, for a user at a terminal.
impl Supervisor<'_> {
    /// The child has stopped. With a terminal, stop as well, so that the shell above gets it back.
    fn child_stopped(&mut self, signal: Signal) {
        self.stopped = Some(signal);
        self.tell(&Event::Stopped { pid: self.child, signal });
        let Some(terminal) = self.terminal else { return };
        if self.own != Pid::INIT && stop_own_group(signal) {
            return self.resume();
        }
        // PID 1 cannot stop, and the kernel does not stop a group that nobody could continue (an orphaned
        // one, setpgid(2)). Then nobody could continue the child either: go on, as it would without us.
        let resumable = match signal {
            Signal::TSTP => true,
            Signal::TTIN | Signal::TTOU => terminal.put_forward(self.child),
            // SIGSTOP is somebody's will and no key.
            _ => false,
        };
        if resumable {
            self.resume();
        }
    }

    /// SIGCONT: whoever sent it has put us into the foreground (`fg`) or not (`bg`).
    fn resume(&mut self) {
        if let Some(terminal) = self.terminal {
            terminal.pass(sys::own_group(), self.child);
        }
        // A key stops the whole group, so the whole group goes on.
        let target = if self.stopped.take().is_some() { Target::Group } else { self.config.target };
        let sent = sys::kill(forward::recipient(target, self.child), Signal::CONT);
        match sent {
            Ok(()) => {
                self.tell(&Event::Forwarded { signal: Signal::CONT, passed: Signal::CONT, pid: self.child })
            }
            Err(errno) => self.tell(&Event::NotForwarded { signal: Signal::CONT, pid: self.child, errno }),
        }
    }
}

/// Stops our process group, pipeline and all, as the terminal would have if the child were in it. Comes back
/// when it goes on, or at once if the kernel refuses; says which.
fn stop_own_group(signal: Signal) -> bool {
    let signal = if signal == Signal::STOP { Signal::TSTP } else { signal };
    let _ = sys::kill(Recipient::OwnGroup, signal);
    sys::unblock(SignalSet::of(&[signal]));
    sys::set_mask(SignalSet::ALL);
    // What continued us is pending, since it is blocked.
    sys::take_pending(Signal::CONT)
}
