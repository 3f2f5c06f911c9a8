//! Numbers and names of signals as a Linux user writes them (signal(7), `kill -l`).

/// glibc's first real-time signal: 32 and 33 belong to its threads, and `kill -l` starts at 34 too.
pub const RTMIN: i32 = 34;
pub const RTMAX: i32 = 64;

/// Every signal that the kernel has.
pub fn all() -> impl Iterator<Item = i32> {
    1..=RTMAX
}

/// Can be forwarded: all but the two that nobody can catch, and the one that tells an init about its own children.
pub fn forwardable() -> impl Iterator<Item = i32> {
    all().filter(|signal| ![libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD].contains(signal))
}

/// Ends a process by default: neither ignored nor a stop (signal(7), "Standard signals").
pub fn deadly() -> impl Iterator<Item = i32> {
    use libc::{SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
    all().filter(|signal| {
        ![SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH].contains(signal)
    })
}

/// `SIGTERM`, `SIGRTMIN+3`, or `signal 32` for the two that have no name.
pub fn name(signal: i32) -> String {
    match nix::sys::signal::Signal::try_from(signal) {
        Ok(known) => known.as_str().to_owned(),
        Err(_) if signal >= RTMIN => format!("SIGRTMIN+{}", signal - RTMIN),
        Err(_) => format!("signal {signal}"),
    }
}
