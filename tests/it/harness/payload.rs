//! What the subject runs as its child: this test binary again, as `payload ROW [ARGUMENT]`.
//!
//! A payload speaks first (`ready PID`, with the pid that it has itself), so that no test guesses when it is there, and
//! obeys `exit N` on stdin. It has one thread and may fork. Rust's runtime ignores SIGPIPE and opens descriptors 0 to 2
//! before `main`; rows about inherited dispositions or descriptors run plain tools such as `cat` instead.

use crate::harness::{signals, syscall};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};
use nix::unistd::{self, Pid};
use signal_hook::iterator::Signals;
use std::io::{BufRead, Write};
use std::os::fd::AsFd;

mod besieging;
mod lingering;
pub mod soaking;

type Row = (&'static str, fn(i32) -> i32, &'static str);

/// Name, deed, meaning. The deed gets the row's one number (0 if there is none) and answers the exit code.
const ROWS: &[Row] = &[
    ("exit", |code| code, "ends with this code"),
    ("ready", |_| ready(), "echoes each signal of 1..=64 in one line until `exit N`"),
    ("wait", |_| wait(), "leaves every signal at its default until `exit N` or the end of stdin"),
    ("deaf", |_| deaf(), "blocks every signal and takes none, until `exit N` or the end of stdin"),
    ("die", |signal| die(signal, 0), "ends by this signal, without a core"),
    ("die-with-core", |signal| die(signal, RLIM_INFINITY), "the same with a core, where they are written"),
    ("stop-self", |_| stop_self(), "stops, says `continued` after SIGCONT, and then obeys stdin"),
    (
        "idle",
        |_| idle(),
        "leaves signals at their defaults, reads nothing, and says `continued` at each SIGCONT",
    ),
    ("group", |_| group(false), "echoes signals, and so does a child in its group, as `grandchild signal`"),
    (
        "group-that-outlives",
        outliving_group,
        "the child of such a group alone; ends with this code when told to",
    ),
    ("sessions", |_| group(true), "the same with the child in a session of its own"),
    ("deserter", |_| deserter(), "as `ready`, from a process group that is not its own"),
    ("orphans", orphans, "makes so many orphans that end at once, says `made N`, and obeys stdin"),
    (
        "orphan-that-outlives",
        outlived,
        "says `orphan PID` of one orphan, and ends with this code when told to",
    ),
    ("nobody", nobody, "becomes this user, and then is as `ready`"),
    ("stubborn", lingering::stubborn, "ignores SIGTERM, and so do those that it has forked"),
    ("besieged", lingering::besieged, "is as `ready` while so many orphans end"),
    ("flusher", lingering::flusher, "has a worker that works when SIGTERM has come"),
    ("flood", besieging::flood, "ignores SIGTERM, and an orphan floods pausa with signals"),
    ("breed", besieging::breed, "ignores SIGTERM, and an orphan makes more of them without end"),
    ("generations", besieging::generations, "has a child and a grandchild, each in a session of its own"),
    ("idlers", besieging::idlers, "has a child in a group of its own, and leaves signals at their defaults"),
    ("soak", soaking::soak, "echoes signals, and its workers make orphans and floods while they are told to"),
    ("report", |_| report(), "says where it stands: group, session, foreground; then obeys stdin"),
];

pub fn main(arguments: &[String]) -> ! {
    let row = ROWS.iter().find(|(name, ..)| *name == arguments[0]);
    let (_, deed, _) = row.unwrap_or_else(|| panic!("no such payload: {}", arguments[0]));
    let number = arguments.get(1).map_or(0, |number| number.parse().expect("a number"));
    std::process::exit(deed(number));
}

/// One line, at once: stdout is a pipe, and a reader waits at its other end.
pub fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // Who is killed with its namespace may find the pipe closed.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Waits for `exit N` on stdin; its end means 0.
pub fn obey() -> i32 {
    std::io::stdin().lock().lines().find_map(|line| obeyed(&line.expect("read stdin"))).unwrap_or(0)
}

fn obeyed(line: &str) -> Option<i32> {
    line.strip_prefix("exit ")?.parse().ok()
}

/// Everything blocked and read from a descriptor: nothing is lost or merged, and real-time signals keep their order.
pub fn ready() -> i32 {
    syscall::set_mask(!0);
    let signals = syscall::signal_descriptor(!0);
    say(&format!("ready {}", unistd::getpid()));
    let stdin = std::io::stdin();
    let mut orders = Vec::new();
    let mut listening = true;
    loop {
        let mut ready =
            [PollFd::new(signals.as_fd(), PollFlags::POLLIN), PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let number = if listening { 2 } else { 1 };
        poll(&mut ready[..number], PollTimeout::NONE).expect("poll");
        if ready[0].any() == Some(true) {
            say(&format!("signal {}", describe(&syscall::read_signal(&signals))));
        }
        if listening && ready[1].any() == Some(true) {
            let mut bytes = [0; 64];
            match unistd::read(stdin.as_fd(), &mut bytes) {
                Ok(length @ 1..) => orders.extend_from_slice(&bytes[..length]),
                // Without orders it lives until it is killed.
                _ => listening = false,
            }
            if let Some(line) = orders.strip_suffix(b"\n") {
                return obeyed(&String::from_utf8_lossy(line)).expect("exit N");
            }
        }
    }
}

fn describe(seen: &libc::signalfd_siginfo) -> String {
    let number = seen.ssi_signo as i32;
    format!("{number} {} from {} value {}", signals::name(number), seen.ssi_pid, seen.ssi_int)
}

fn deaf() -> i32 {
    syscall::set_mask(!0);
    wait()
}

fn wait() -> i32 {
    say(&format!("ready {}", unistd::getpid()));
    obey()
}

fn die(signal: i32, core: u64) -> i32 {
    setrlimit(Resource::RLIMIT_CORE, 0, core)
        .or_else(|_| setrlimit(Resource::RLIMIT_CORE, 0, 0))
        .expect("setrlimit");
    syscall::set_disposition(signal, libc::SIG_DFL);
    syscall::set_mask(0);
    syscall::send(unistd::getpid().as_raw(), signal).expect("signal oneself");
    panic!("{} did not end this process", signals::name(signal));
}

fn stop_self() -> i32 {
    say(&format!("ready {}", unistd::getpid()));
    syscall::send(unistd::getpid().as_raw(), libc::SIGSTOP).expect("stop oneself");
    say("continued");
    obey()
}

fn idle() -> i32 {
    let mut signals = Signals::new([libc::SIGCONT]).expect("handle SIGCONT");
    say(&format!("ready {}", unistd::getpid()));
    signals.forever().for_each(|_| say("continued"));
    0
}

/// Hears nothing from stdin, which is the parent's, and dies with the namespace, by its parent's order or the helper's.
fn grandchild() -> ! {
    syscall::set_mask(!0);
    let signals = syscall::signal_descriptor(!0);
    say(&format!("grandchild {}", unistd::getpid()));
    loop {
        let number = syscall::read_signal(&signals).ssi_signo as i32;
        say(&format!("grandchild signal {number} {}", signals::name(number)));
    }
}

fn outliving_group(code: i32) -> i32 {
    if syscall::fork().is_none() {
        grandchild();
    }
    let _ = obey();
    code
}

fn group(apart: bool) -> i32 {
    match syscall::fork() {
        None => {
            if apart {
                unistd::setsid().expect("setsid");
            }
            grandchild();
        }
        Some(grandchild) => {
            let code = ready();
            syscall::send(grandchild.as_raw(), libc::SIGKILL).expect("the grandchild is there");
            code
        }
    }
}

fn deserter() -> i32 {
    let Some(founder) = syscall::fork() else {
        loop {
            unistd::pause();
        }
    };
    unistd::setpgid(founder, founder).expect("found a group");
    unistd::setpgid(Pid::from_raw(0), founder).expect("join it");
    let code = ready();
    syscall::send(founder.as_raw(), libc::SIGKILL).expect("the founder is there");
    code
}

fn orphans(number: i32) -> i32 {
    make_orphans(number);
    say(&format!("made {number}"));
    obey()
}

pub fn make_orphans(number: i32) {
    // A pipe per burst bounds how many live at once: a burst's end of file says that all of it have ended.
    const BURST: i32 = 200;
    for burst in (0..number).step_by(BURST as usize) {
        let (ended, living) = unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("pipe");
        let Some(maker) = syscall::fork() else {
            let number = number.min(burst + BURST) - burst;
            let stacks = vec![[0; syscall::SMALL_STACK]; number as usize].leak();
            stacks.iter_mut().for_each(syscall::start_ending_child);
            syscall::exit_now(0)
        };
        drop(living);
        // The maker ends without waiting, so all that it made, dead or alive, goes to the init.
        nix::sys::wait::waitpid(maker, None).expect("wait for the maker");
        let _ = unistd::read(&ended, &mut [0]);
    }
}

fn outlived(code: i32) -> i32 {
    let Some(maker) = syscall::fork() else {
        if syscall::fork().is_none() {
            // The orphan holds no pipe of the test's, and waits for a signal that ends it.
            let orphan = unistd::getpid();
            nix::unistd::setsid().expect("setsid");
            say(&format!("orphan {orphan}"));
            loop {
                unistd::pause();
            }
        }
        syscall::exit_now(0)
    };
    nix::sys::wait::waitpid(maker, None).expect("wait for the maker");
    let _ = obey();
    code
}

fn nobody(uid: i32) -> i32 {
    unistd::setresuid(uid_from(uid), uid_from(uid), uid_from(uid)).expect("setresuid");
    ready()
}

fn uid_from(number: i32) -> unistd::Uid {
    unistd::Uid::from_raw(number as u32)
}

fn report() -> i32 {
    let foreground = unistd::tcgetpgrp(std::io::stdin()).unwrap_or(Pid::from_raw(-1));
    let (pid, parent) = (unistd::getpid(), unistd::getppid());
    let session = unistd::getsid(None).expect("getsid");
    say(&format!(
        "pid {pid} parent {parent} group {} session {session} foreground {foreground}",
        unistd::getpgrp()
    ));
    obey()
}
