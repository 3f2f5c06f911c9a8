//! Job control, for a user at a terminal: the child stops, and so do we; we are continued, and so is the child
//! (setpgid(2), termios(3), "Job control" in the manual of any shell).

use super::{Stop, Supervisor};
use crate::config::Target;
use crate::event::Event;
use crate::forward;
use crate::process::{Pid, Recipient};
use crate::signal::{Signal, SignalSet};
use crate::sys;

impl Supervisor<'_> {
    /// The child has stopped. With a terminal, stop as well, so that the shell above gets it back.
    pub(super) fn child_stopped(&mut self, signal: Signal) {
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
        sys::unblock(SignalSet::only(signal));
        sys::set_mask(self.config.personality.collected);
        // What continued us is pending, since it is blocked.
        sys::take_pending(Signal::CONT)
    }

    /// SIGCONT: whoever sent it has put us into the foreground (`fg`) or not (`bg`).
    pub(super) fn resume(&mut self) {
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
