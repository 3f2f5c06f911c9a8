//! The terminal's foreground: to whom it is given, and from whom it is taken back (credentials(7),
//! tty_ioctl(4)). All signals are blocked while this runs, SIGTTOU among them, so nothing here stops us.

use crate::process::Pid;
use crate::sys::{self, Fd};

/// The terminal that controls our session.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    fd: Fd,
    own_group: Pid,
}

impl Terminal {
    /// `None`: there is none. /dev/tty and not stdin, which may be a pipe while a user sits at the keyboard
    /// all the same; stdin only for an image that lacks the node.
    pub fn open() -> Option<Self> {
        let fd = sys::open_controlling_terminal().unwrap_or(Fd::STDIN);
        sys::foreground(fd).is_ok().then(|| Self { fd, own_group: sys::own_group() })
    }

    /// Gives the foreground to `group` if it is ours to give: a job in the background must not take it.
    pub fn hand_over(&self, group: Pid) {
        if sys::foreground(self.fd) == Ok(self.own_group) {
            let _ = self.put_forward(group);
        }
    }

    /// Takes the foreground back from `group`, if that is still where it is: a script that called us reads on.
    pub fn take_back(&self, group: Pid) {
        if sys::foreground(self.fd) == Ok(group) {
            let _ = self.put_forward(self.own_group);
        }
    }

    /// Puts `group` into the foreground, whoever is there. Says whether that worked.
    pub fn put_forward(&self, group: Pid) -> bool {
        sys::set_foreground(self.fd, group).is_ok()
    }
}
