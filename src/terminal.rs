//! The terminal's foreground: to whom it is given, and from whom it is taken back (credentials(7),
//! tty_ioctl(4)). All signals are blocked while this runs, SIGTTOU among them, so nothing here stops us.

use crate::process::Pid;
use crate::sys::{self, Fd};

/// The terminal that controls our session.
#[derive(Clone, Copy, Debug)]
pub struct Terminal(Fd);

impl Terminal {
    /// `None`: there is none. /dev/tty and not stdin, which may be a pipe while a user sits at the keyboard
    /// all the same; stdin only for an image that lacks the node.
    pub fn open() -> Option<Self> {
        let fd = sys::open_controlling_terminal().unwrap_or(Fd::STDIN);
        sys::foreground(fd).is_ok().then_some(Self(fd))
    }

    /// Passes the foreground on, if it is at `from`. To the child only from our own group: a job in the
    /// background must not take it. Back only from the child's group: it may have gone elsewhere since.
    pub fn pass(self, from: Pid, to: Pid) {
        if sys::foreground(self.0) == Ok(from) {
            let _ = self.put_forward(to);
        }
    }

    /// Puts `group` into the foreground, whoever is there. Says whether that worked.
    pub fn put_forward(self, group: Pid) -> bool {
        sys::set_foreground(self.0, group).is_ok()
    }
}
