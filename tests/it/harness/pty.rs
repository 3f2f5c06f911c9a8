//! A terminal with the harness at the keyboard: pty(7).

use crate::harness::reader::Reader;
use crate::harness::trial::patience;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, tcgetpgrp};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::time::Instant;

pub const CTRL_C: &str = "\x03";
pub const CTRL_Z: &str = "\x1a";

pub struct Terminal {
    keyboard: File,
    screen: Reader,
    deadline: Instant,
}

impl Terminal {
    /// The terminal, and the end for the programs on it. It does not echo, so what is read was said by a program.
    pub fn open() -> (Self, OwnedFd) {
        let pty = nix::pty::openpty(None, None).expect("openpty");
        for end in [&pty.master, &pty.slave] {
            use nix::fcntl::{FcntlArg, FdFlag, fcntl};
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("FD_CLOEXEC");
        }
        let mut modes = tcgetattr(&pty.slave).expect("tcgetattr");
        modes.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(&pty.slave, SetArg::TCSANOW, &modes).expect("tcsetattr");
        let screen = Reader::at(pty.master.try_clone().expect("duplicate the terminal"));
        let deadline = Instant::now() + patience();
        (Self { keyboard: File::from(pty.master), screen, deadline }, pty.slave)
    }

    pub fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type");
    }

    /// Waits for `text`, and answers what was said before it.
    pub fn expect(&mut self, text: &str) -> String {
        loop {
            if let Some(before) = self.screen.take_until(text) {
                return before;
            }
            let heard = !self.screen.finished && self.screen.hear(self.deadline);
            assert!(
                heard,
                "waited in vain for {text:?} on {:?}",
                String::from_utf8_lossy(&self.screen.heard)
            );
        }
    }

    /// The number behind the next `word`.
    pub fn expect_number(&mut self, word: &str) -> Pid {
        self.expect(&format!("{word} "));
        let number = self.expect("\r\n");
        Pid::from_raw(number.split(' ').next().and_then(|number| number.parse().ok()).expect("a number"))
    }

    /// The process group in the foreground.
    pub fn foreground(&self) -> Pid {
        tcgetpgrp(&self.keyboard).expect("tcgetpgrp")
    }
}
