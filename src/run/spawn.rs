//! From clone to exec: the child gets a process group of its own, the terminal's foreground if it was ours,
//! and the signal mask and dispositions that we were started with. We go on at once, and forward signals however long
//! its execve(2) takes.
//!
//! Both processes have the same memory until then. All that the child reads stays as it is; what it writes is its own
//! stack, the pointers of `Command` and `Env`, which we never look at again, and why it failed, which is atomic.

use core::convert::Infallible;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::args::{Command, Env};
use crate::bytes::decimal;
use crate::cli::config::{Config, Place};
use crate::message::event::Event;
use crate::message::line::Line;
use crate::model::errno::Errno;
use crate::model::process::{Fd, Pid};
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::ExitStatus;
use crate::run::report::report;
use crate::run::search;
use crate::run::terminal::Terminal;
use crate::sys::{self, Disposition, Linux};
use crate::time::Nanoseconds;

/// Why a program never ran. The child writes it; once we have waited for the child, it is visible here. It stays
/// unknown where the child shares no memory with us, as in qemu-user.
#[derive(Debug, Default)]
pub struct Failure(AtomicU32);

impl Failure {
    fn set(&self, errno: Errno) {
        self.0.store(errno.number(), Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> Option<Errno> {
        match self.0.load(Relaxed) {
            0 => None,
            number => Some(Errno::of(number as i32)),
        }
    }
}

/// Starts `command`, calls `parent` with the new process or with the reason why there is none, and exits with what
/// `parent` returns. If the command cannot be run, the child reports that and exits.
///
/// All signals are blocked: those for us wait in the queue, and are forwarded later. The child unblocks them just
/// before execve(2). A signal that it gets earlier is pending until then; afterwards it has the effect that it has on
/// the program, which inherits ignored signals and has the default for all others: it may end before its first
/// instruction. The child has no handlers, so no signal to it is lost.
pub fn spawn(
    command: &Command<'_>,
    env: &Env<'_>,
    config: &Config<'_>,
    place: Place,
    terminal: Option<Terminal<Linux>>,
    inherited: SignalSet,
    parent: impl FnOnce(Result<Pid, Errno>, &Failure) -> ExitStatus,
) -> ! {
    let failure = Failure::default();
    // Ignored SIGCHLD makes the kernel reap by itself, and the status is lost (wait(2), NOTES).
    let mut on_child = Disposition::default();
    if let Err(errno) = sys::swap_disposition(Signal::CHLD, &mut on_child) {
        sys::exit(parent(Err(errno), &failure));
    }
    let (own, group) = (sys::getpid(), sys::own_group());
    let child =
        Child { command, env, config, place, terminal, inherited, on_child, own, group, failure: &failure };
    sys::clone(&|| child.run(), |spawned| {
        if let (Ok(leader), Place::OwnGroup) = (spawned, place) {
            // The child does the same: whoever is first, no signal to the group misses it. EACCES: the program runs
            // already.
            let _ = sys::lead_group(leader);
        }
        parent(spawned, &failure)
    })
}

/// What the child needs.
struct Child<'a> {
    command: &'a Command<'a>,
    env: &'a Env<'a>,
    config: &'a Config<'a>,
    /// Where it runs.
    place: Place,
    terminal: Option<Terminal<Linux>>,
    /// The signal mask for the program.
    inherited: SignalSet,
    /// The disposition of SIGCHLD for the program.
    on_child: Disposition,
    /// Its parent, and the group of that.
    own: Pid,
    group: Pid,
    failure: &'a Failure,
}

impl Child<'_> {
    /// Becomes the program, or exits with the reason why not.
    fn run(&self) -> Infallible {
        let (env, config) = (self.env, self.config);
        match self.place {
            // Neither fails: a new process leads nothing.
            Place::OwnGroup => {
                let _ = sys::lead_group(sys::getpid());
                if let Some(terminal) = self.terminal {
                    terminal.pass(self.group, sys::getpid());
                }
            }
            Place::OwnSession => {
                let _ = sys::lead_own_session();
                if let Err(errno) = sys::take_terminal(Fd::STDIN) {
                    report(Linux, config, Event::TerminalNotTaken { errno });
                }
                report(Linux, config, Event::SessionStarted);
            }
            Place::OurGroup => {}
        }
        let mut mask = self.inherited;
        if config.contract.resets_signals {
            mask = SignalSet::EMPTY;
            for signal in SignalSet::STANDARD {
                // KILL and STOP are as they are.
                let _ = sys::set_disposition(signal, &Disposition::default());
            }
        } else {
            let _ = sys::set_disposition(Signal::CHLD, &self.on_child);
        }
        let mut room = Line::ROOM;
        let mut entry = Line::new(&mut room);
        if config.contract.passes_listen_pid
            && env.get(b"LISTEN_PID").and_then(decimal) == Some(self.own.number())
        {
            entry.bytes(b"LISTEN_PID=").pid(sys::getpid());
            env.replace(b"LISTEN_PID", entry.as_bytes());
        }
        // The same call has worked at the start.
        let _ = sys::set_mask(mask);
        let errno = search::run(self.command, env, config);
        // A write that fails may raise a signal, so all are blocked where a line is written.
        let _ = sys::set_mask(SignalSet::ALL);
        self.failure.set(errno);
        let hint = search::hint(errno, self.command, env, config);
        let tell =
            || report(Linux, config, Event::ExecFailed { name: self.command.name.to_bytes(), errno, hint });
        // A terminal takes one writer at a time, and our parent may be that one (`tty_write_lock` in tty_io.c).
        if !tell() && sys::has_room(Fd::STDERR, Nanoseconds::SECOND) {
            tell();
        }
        let [not_found, not_allowed, other] = config.contract.exec_failures;
        sys::exit(ExitStatus(match errno {
            Errno::NOENT => not_found,
            Errno::ACCES => not_allowed,
            _ => other,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Spare};
    use crate::cli::personality::Personality;

    const PATH_MAX: usize = libc::PATH_MAX as usize;

    /// The worst of it: the search of a long PATH, and a report to a terminal or pipe.
    #[test]
    fn the_child_leaves_a_third_of_its_stack() {
        const END: *const core::ffi::c_char = core::ptr::null();
        let path = format!("PATH={}:/usr/bin:{}\0", "d/".repeat(PATH_MAX / 2 - 8), "x".repeat(2 * PATH_MAX));
        let listen = format!("LISTEN_PID={}\0", std::process::id());
        for personality in ["pausa", "tini", "dumb-init", "catatonit"] {
            let mut variables = [path.as_ptr().cast(), listen.as_ptr().cast(), END];
            let spare = Spare::default();
            // SAFETY: C strings that live, then null.
            let env = unsafe { Env::new(&mut variables, &spare) };
            let mut words = [c"pausa".as_ptr(), c"no-such-program".as_ptr(), END];
            // SAFETY: literals, then null.
            let mut args = unsafe { Args::new(&mut words) };
            args.next();
            let command = args.command().unwrap();
            let config = Personality::from_argv0(personality.as_bytes()).config(b"x");
            let (own, failure) = (Pid::new(std::process::id() as i32), Failure::default());
            let (terminal, on_child) = (Some(Terminal::at(Linux, Fd::STDIN)), Disposition::default());
            let (command, env, config, failure) = (&command, &env, &config, &failure);
            let (inherited, group) = (SignalSet::EMPTY, own);
            let place = config.place;
            let child =
                Child { command, env, config, place, terminal, inherited, on_child, own, group, failure };
            let used = sys::stack_used(&|| child.run());
            assert!((PATH_MAX..=sys::CHILD_STACK / 3 * 2).contains(&used), "{personality}: {used} bytes");
        }
    }
}
