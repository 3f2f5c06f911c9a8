//! Payloads for the end of a run: those that stay when they are asked to go, and those that have work left.
//!
//! Each process says who it is once it is as its name tells, one after the other, so that no line is torn.

use crate::harness::payload::{make_orphans, obey, ready, say};
use crate::harness::syscall;
use libc::SIGTERM;
use nix::fcntl::OFlag;
use nix::unistd::{self, Pid};
use std::os::fd::OwnedFd;

/// The child and, like it, three that ignore SIGTERM: a `member` of its group, an `orphan` in a session of its own, and
/// a `stranger`, which is the child's child in one more session. Where `alone` is not 0, there is the stranger only.
pub fn stubborn(alone: i32) -> i32 {
    syscall::set_disposition(SIGTERM, libc::SIG_IGN);
    if alone == 0 {
        make_member_and_orphan();
    }
    introduced(|introduction| {
        unistd::setsid().expect("setsid");
        stay("stranger", introduction)
    });
    introduce("ready");
    obey()
}

fn make_member_and_orphan() {
    introduced(|introduction| stay("member", introduction));
    let maker = introduced(|introduction| {
        if syscall::fork().is_some() {
            syscall::exit_now(0);
        }
        unistd::setsid().expect("setsid");
        stay("orphan", introduction)
    });
    nix::sys::wait::waitpid(maker, None).expect("wait for the maker");
}

/// A `worker` that has something to flush when SIGTERM comes: it says `flushing`, takes a line from stdin, says
/// `flushed` and ends. Where `apart` is not 0, it has a session of its own. The child obeys and ends by any signal.
pub fn flusher(apart: i32) -> i32 {
    introduced(|introduction| {
        if apart != 0 {
            unistd::setsid().expect("setsid");
        }
        syscall::set_mask(syscall::set_of(&[SIGTERM]));
        let signals = syscall::signal_descriptor(syscall::set_of(&[SIGTERM]));
        introduce("worker");
        drop(introduction);
        syscall::read_signal(&signals);
        say("flushing");
        let _ = unistd::read(std::io::stdin(), &mut [0; 64]);
        say("flushed");
    });
    introduce("ready");
    obey()
}

/// As `ready`, while an orphan makes so many more, which end at once, and says `made N`.
pub fn besieged(number: i32) -> i32 {
    let Some(maker) = syscall::fork() else {
        if syscall::fork().is_none() {
            make_orphans(number);
            say(&format!("made {number}"));
        }
        syscall::exit_now(0)
    };
    nix::sys::wait::waitpid(maker, None).expect("wait for the maker");
    ready()
}

pub fn introduce(name: &str) {
    say(&format!("{name} {}", unistd::getpid()));
}

fn stay(name: &str, introduction: OwnedFd) -> ! {
    introduce(name);
    drop(introduction);
    loop {
        unistd::pause();
    }
}

/// Forks, and goes on when the child, and whomever it has forked itself, has dropped what it was given.
pub fn introduced(child: impl FnOnce(OwnedFd)) -> Pid {
    let (done, introduction) = unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
    let Some(pid) = syscall::fork() else {
        drop(done);
        child(introduction);
        syscall::exit_now(0)
    };
    drop(introduction);
    let _ = unistd::read(&done, &mut [0]);
    pid
}
