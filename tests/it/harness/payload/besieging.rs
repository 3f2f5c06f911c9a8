//! Payloads that work against pausa: they flood it, breed, and leave its reach.
//!
//! None of them has an end of its own: pausa ends it, or the harness kills its namespace.

use super::lingering::{introduce, introduced};
use super::{obey, say};
use crate::harness::syscall;
use libc::SIGTERM;
use nix::unistd::{self, Pid};

/// A real-time signal: each one is queued, where a standard one is pending once.
const FLOODED: i32 = 35;

/// A child that is as `wait` with SIGTERM ignored, and an orphan that queues real-time signals to pausa, faster than
/// it takes them.
pub fn flood(_: i32) -> i32 {
    for signal in [SIGTERM, FLOODED] {
        syscall::set_disposition(signal, libc::SIG_IGN);
    }
    let pausa = unistd::getppid();
    // It counts all that is pending for a user; the other trials shall find room.
    syscall::limit_pending(pausa, 10_000);
    let maker = syscall::fork().unwrap_or_else(|| {
        if syscall::fork().is_none() {
            unistd::setsid().expect("setsid");
            loop {
                // Full is full.
                let _ = syscall::queue(pausa, FLOODED, 0);
            }
        }
        syscall::exit_now(0)
    });
    nix::sys::wait::waitpid(maker, None).expect("wait for the maker");
    introduce("ready");
    obey()
}

/// A child that ignores SIGTERM, and an orphan that makes more of them without end.
pub fn breed(_: i32) -> i32 {
    syscall::set_disposition(SIGTERM, libc::SIG_IGN);
    let maker = syscall::fork().unwrap_or_else(|| {
        if syscall::fork().is_none() {
            unistd::setsid().expect("setsid");
            loop {
                // A parent that ends at once, so that its child is pausa's.
                if let Some(parent) = syscall::fork() {
                    let _ = nix::sys::wait::waitpid(parent, None);
                } else {
                    syscall::fork();
                    syscall::exit_now(0);
                }
            }
        }
        syscall::exit_now(0)
    });
    nix::sys::wait::waitpid(maker, None).expect("wait for the maker");
    introduce("ready");
    obey()
}

/// A child whose child has a session of its own, and so has its child in turn. Where `deaf` is not 0, all three ignore
/// SIGTERM; else the middle one ends by it, and the last one says `asked` first.
pub fn generations(deaf: i32) -> i32 {
    if deaf != 0 {
        syscall::set_disposition(SIGTERM, libc::SIG_IGN);
    }
    introduced(|introduction| {
        unistd::setsid().expect("setsid");
        introduce("child's child");
        // It has inherited the other one, too.
        introduced(move |own_introduction| {
            unistd::setsid().expect("setsid");
            if deaf == 0 {
                syscall::set_mask(syscall::set_of(&[SIGTERM]));
            }
            let signals = syscall::signal_descriptor(syscall::set_of(&[SIGTERM]));
            introduce("its child");
            drop((introduction, own_introduction));
            if deaf != 0 {
                pause_for_ever();
            }
            syscall::read_signal(&signals);
            say("asked");
        });
        pause_for_ever()
    });
    introduce("ready");
    obey()
}

/// A child and its child in a group of its own, which leave all signals at their defaults. The group has a parent in
/// its session, or the kernel would not stop it (setpgid(2)).
pub fn idlers(_: i32) -> i32 {
    introduced(|introduction| {
        unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0)).expect("setpgid");
        introduce("other");
        drop(introduction);
        pause_for_ever()
    });
    introduce("ready");
    pause_for_ever()
}

fn pause_for_ever() -> ! {
    loop {
        unistd::pause();
    }
}
