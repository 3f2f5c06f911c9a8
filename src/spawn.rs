//! From vfork to exec: the child gets a process group of its own, the terminal's foreground if it was ours,
//! and the signal mask and dispositions that we were started with.

use core::cell::Cell;
use core::ffi::c_int;

use crate::args::{Command, Env};
use crate::config::{Config, Place};
use crate::errno::Errno;
use crate::event::Event;
use crate::line::Line;
use crate::process::Pid;
use crate::report;
use crate::signal::{Signal, SignalSet, decimal};
use crate::split::{split, split_once};
use crate::status::ExitStatus;
use crate::sys::{self, Disposition, Fd};
use crate::terminal::Terminal;

/// What glibc's execvp(3) searches when there is no PATH (`confstr(_CS_PATH)`).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// Room for a directory, a slash, a name and a NUL (PATH_MAX).
const PATH_MAX: usize = libc::PATH_MAX as usize;

/// Starts `command` and returns its process, once it runs its own program or has failed to, and why it has. Signals are
/// blocked before and after, so that whatever comes meanwhile is forwarded; what reaches the child before
/// its program runs is for that program, or ends it. A SIGSTOP from elsewhere in that moment makes us wait.
///
/// # Errors
/// There is no new process. A command that cannot be run is told of by the child, which exits by itself.
pub fn spawn(
    command: &Command<'_>,
    env: &Env<'_>,
    config: &Config<'_>,
    terminal: Option<Terminal>,
    inherited: SignalSet,
) -> Result<(Pid, Option<Errno>), Errno> {
    // The child writes here, in our memory.
    let failure = Cell::new(None);
    // Ignored SIGCHLD makes the kernel reap by itself, and the status is lost (wait(2), NOTES).
    let mut on_child = Disposition::default();
    sys::swap_disposition(Signal::CHLD, &mut on_child)?;
    let (own, group) = (sys::getpid(), sys::own_group());
    let child = sys::vfork(&|| {
        match config.place {
            // Neither fails: a new process leads nothing.
            Place::OwnGroup => {
                let _ = sys::lead_own_group();
                if let Some(terminal) = terminal {
                    terminal.pass(group, sys::getpid());
                }
            }
            Place::OwnSession => {
                let _ = sys::lead_own_session();
                sys::take_terminal(Fd::STDIN);
            }
            Place::OurGroup => {}
        }
        let mut mask = inherited;
        if config.personality.resets_signals {
            mask = SignalSet::EMPTY;
            for signal in SignalSet::STANDARD {
                // KILL and STOP are as they are.
                let _ = sys::set_disposition(signal, Disposition::default());
            }
        } else {
            let _ = sys::set_disposition(Signal::CHLD, on_child);
        }
        if terminal.is_some() {
            // Ctrl-Z must not stop the child before its program runs: we wait for that, deaf. A handler does
            // nothing about it, and is gone with exec.
            for signal in SignalSet::TERMINAL_STOPS {
                let mut disposition = Disposition::handled(overhear);
                let _ = sys::swap_disposition(signal, &mut disposition);
                if disposition.is_ignored() {
                    let _ = sys::set_disposition(signal, disposition);
                }
            }
        }
        let mut entry = Line::new();
        if config.personality.passes_listen_pid
            && env.get(b"LISTEN_PID").and_then(decimal) == Some(own.number())
        {
            entry.bytes(b"LISTEN_PID=").pid(sys::getpid()).push(0);
            env.replace(b"LISTEN_PID", entry.as_bytes().as_ptr());
        }
        sys::set_mask(mask);
        let errno = exec(command, env, config);
        failure.set(Some(errno));
        report::tell(config, &Event::ExecFailed { name: command.name.to_bytes(), errno });
        let [not_found, not_allowed, other] = config.personality.exec_failures;
        sys::exit(ExitStatus(match errno {
            Errno::NOENT => not_found,
            Errno::ACCES => not_allowed,
            _ => other,
        }))
    })?;
    Ok((child, failure.get()))
}

extern "C" fn overhear(_: c_int) {}

/// Runs the command, searching PATH as execvp(3) does. Comes back only with the error.
#[inline(never)]
fn exec(command: &Command<'_>, env: &Env<'_>, config: &Config<'_>) -> Errno {
    let run = |path: &[u8]| match sys::execve(path, command, env) {
        Errno::NOEXEC if config.personality.falls_back_to_shell => sys::execve_shell(path, command, env),
        errno => errno,
    };
    let name = command.name.to_bytes_with_nul();
    if name.len() == 1 || split_once(name, b'/').1.is_some() {
        return run(name);
    }
    let mut buffer = [0; PATH_MAX];
    let mut verdict = Errno::NOENT;
    for directory in split(env.get(b"PATH").unwrap_or(DEFAULT_PATH), b':') {
        match run(join(&mut buffer, directory, name)) {
            // Told at the end, if there is no better one further on.
            Errno::ACCES => verdict = Errno::ACCES,
            // This directory has none. The list is that of execvp(3).
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::STALE
            | Errno::NODEV
            | Errno::TIMEDOUT
            | Errno::NAMETOOLONG => {}
            errno => return errno,
        }
    }
    verdict
}

/// `directory/name`, with the NUL that `name` ends with; an empty directory is the current one. What does
/// not fit is left out, NUL and all.
fn join<'b>(buffer: &'b mut [u8; PATH_MAX], directory: &[u8], name: &[u8]) -> &'b [u8] {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    let mut length = 0;
    for part in &[directory, slash, name] {
        for &byte in *part {
            if let Some(place) = buffer.get_mut(length) {
                *place = byte;
                length += 1;
            }
        }
    }
    buffer.get(..length).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_joined_from_directory_and_name() {
        let mut buffer = [b'x'; PATH_MAX];
        assert_eq!(join(&mut buffer, b"/usr/bin", b"true\0"), b"/usr/bin/true\0");
        assert_eq!(join(&mut buffer, b"", b"true\0"), b"true\0");
        assert_eq!(join(&mut buffer, &[b'd'; PATH_MAX - 6], b"true\0").last(), Some(&0));
        assert_eq!(join(&mut buffer, &[b'd'; PATH_MAX - 5], b"true\0").last(), Some(&b'e'));
    }
}
