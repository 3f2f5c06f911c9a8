//! The controlling terminal: which group is in its foreground, and which session has it.

use core::ptr;

use super::arch::{syscall2, syscall3};
use super::file::open;
use super::stream::close;
use crate::model::errno::Errno;
use crate::model::process::{Fd, Pid};

/// Opens the terminal that controls this session: tty(4). Closed on exec.
///
/// # Errors
/// ENXIO: there is none; ENOENT: there is no /dev/tty; ENOTTY: what has this name is no terminal.
pub fn open_controlling_terminal() -> Result<Fd, Errno> {
    let terminal = open(b"/dev/tty\0", libc::O_RDWR | libc::O_NOCTTY | libc::O_NONBLOCK)?;
    // Where a seccomp filter refuses ioctl(2) it is one, as far as we know.
    if foreground(terminal) == Err(Errno::NOTTY) {
        close(terminal);
        return Err(Errno::NOTTY);
    }
    Ok(terminal)
}

/// The process group in the terminal's foreground: TIOCGPGRP(2const).
///
/// # Errors
/// ENOTTY: not our controlling terminal.
pub fn foreground(terminal: Fd) -> Result<Pid, Errno> {
    let mut group: libc::pid_t = 0;
    let place = ptr::from_mut(&mut group) as usize;
    // SAFETY: the kernel writes one pid_t.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.raw() as usize, libc::TIOCGPGRP as usize, place)
    })?;
    Ok(Pid::new(group))
}

/// Puts a process group into the terminal's foreground: TIOCSPGRP(2const). SIGTTOU must be blocked.
///
/// # Errors
/// ENOTTY: not our controlling terminal; EPERM, ESRCH: no such group in this session.
pub fn set_foreground(terminal: Fd, group: Pid) -> Result<(), Errno> {
    let group = group.raw();
    let place = ptr::from_ref(&group) as usize;
    // SAFETY: the kernel reads one pid_t.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.raw() as usize, libc::TIOCSPGRP as usize, place)
    })
    .map(drop)
}

/// Gives up the controlling terminal: TIOCNOTTY(2const). If a session leader does so, the whole session loses it, and
/// the foreground gets SIGHUP and SIGCONT.
///
/// # Errors
/// ENOTTY: it is not ours.
pub fn give_up_terminal(terminal: Fd) -> Result<(), Errno> {
    // SAFETY: takes numbers.
    Errno::check(unsafe {
        syscall2(libc::SYS_ioctl as usize, terminal.raw() as usize, libc::TIOCNOTTY as usize)
    })
    .map(drop)
}

/// Makes a terminal the controlling one of our session, which has none: TIOCSCTTY(2const).
///
/// # Errors
/// ENOTTY: it is no terminal; EPERM: another session has it.
pub fn take_terminal(terminal: Fd) -> Result<(), Errno> {
    // SAFETY: takes numbers.
    Errno::check(unsafe {
        syscall3(libc::SYS_ioctl as usize, terminal.raw() as usize, libc::TIOCSCTTY as usize, 0)
    })
    .map(drop)
}
