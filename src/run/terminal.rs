//! The terminal's foreground: passed on to the child, and taken back (credentials(7), tty_ioctl(4)). All signals are
//! blocked while this runs, SIGTTOU among them, so nothing here stops us.

use crate::model::process::{Fd, Pid};
use crate::sys::Kernel;

/// The terminal that controls our session.
#[derive(Clone, Copy, Debug)]
pub struct Terminal<K> {
    kernel: K,
    fd: Fd,
}

impl<K: Kernel> Terminal<K> {
    /// `None`: no terminal controls our session. Opened by /dev/tty, since stdin may be a pipe while a user sits at the
    /// keyboard; by stdin only in an image that lacks the node.
    pub fn open(kernel: K) -> Option<Self> {
        kernel.open_terminal().map(|fd| Self { kernel, fd })
    }

    /// A terminal that is open here.
    #[cfg(test)]
    pub fn at(kernel: K, fd: Fd) -> Self {
        Self { kernel, fd }
    }

    /// Whether the kernel refuses to tell us who has the foreground. Then a child in a group of its own would never get
    /// it.
    pub fn is_refused(self) -> bool {
        self.kernel.foreground(self.fd).is_err()
    }

    /// Passes the foreground on, if `from` has it. The child gets it only from our own group, because a job in the
    /// background must not take it. We take it back only from the child's group: another one may have got it since.
    pub fn pass(self, from: Pid, to: Pid) {
        if self.kernel.foreground(self.fd) == Ok(from) {
            let _ = self.put_forward(to);
        }
    }

    /// Puts `group` into the foreground, whatever group is there. Returns whether that worked.
    pub fn put_forward(self, group: Pid) -> bool {
        self.kernel.set_foreground(self.fd, group).is_ok()
    }
}
