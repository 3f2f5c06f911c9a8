//! The world held against the real kernel: the same small story in a PID namespace and in the simulated world, told in the
//! same words. Needs root for the namespace.

use crate::choices::Choices;
use crate::orders::Orders;
use crate::process::{Info, Pending};
use crate::world::Truth;
use libc::{SIGHUP, SIGSEGV, SIGSTOP, SIGTERM, SIGTSTP, c_int, pid_t};
use pausa::model::process::{Pid, Recipient};
use pausa::model::signal::{Signal, SignalSet};
use std::process::{Command, exit};

/// What is asked, how the real kernel is asked, and how the world is.
type Story = (&'static str, fn() -> String, fn() -> String);

pub const STORIES: [Story; 5] = [
    ("in what order signals are taken", real_order, order),
    ("whom kill(2) reaches without a right to", real_refusals, refusals),
    ("in what order orphans are adopted", real_orphans, orphans),
    ("what a zombie still is", real_zombie, zombie),
    ("whether an orphaned group stops", real_stops, stops),
];

/// Runs the story of this number as PID 1 of a namespace, and says what comes of it on stdout.
pub fn main(number: &str) -> ! {
    let (_, real, _) = STORIES[number.parse::<usize>().expect("a number")];
    // SAFETY: one thread; what is forked goes on with a copy of all there is.
    unsafe {
        assert_eq!(libc::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNS), 0, "unshare");
        let init = libc::fork();
        if init == 0 {
            let (none, proc) = (c"none".as_ptr(), c"/proc".as_ptr());
            libc::mount(
                none,
                c"/".as_ptr(),
                std::ptr::null(),
                libc::MS_REC | libc::MS_PRIVATE,
                std::ptr::null(),
            );
            assert_eq!(libc::mount(none, proc, c"proc".as_ptr(), 0, std::ptr::null()), 0, "mount");
            print!("{}", real());
            exit(0);
        }
        let mut status = 0;
        libc::waitpid(init, &raw mut status, 0);
        exit(c_int::from(status != 0))
    }
}

pub fn compare(number: usize) -> Result<(), String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    let output =
        Command::new(exe).args(["real", &number.to_string()]).output().map_err(|error| error.to_string())?;
    let (real, world) = (String::from_utf8_lossy(&output.stdout).into_owned(), STORIES[number].2());
    if output.status.success() && real == world {
        return Ok(());
    }
    Err(format!("the kernel:\n{real}{}the world:\n{world}", String::from_utf8_lossy(&output.stderr)))
}

pub fn is_root() -> bool {
    // SAFETY: no arguments.
    unsafe { libc::geteuid() == 0 }
}

// --------------------------------------------------------------------------------------------------- the real kernel

fn word(result: c_int) -> &'static str {
    match (result, std::io::Error::last_os_error().raw_os_error()) {
        (0.., _) => "ok",
        (_, Some(libc::EPERM)) => "EPERM",
        (_, Some(libc::ESRCH)) => "ESRCH",
        (_, Some(libc::ECHILD)) => "ECHILD",
        _ => "another error",
    }
}

fn kill(pid: pid_t, signal: c_int) -> &'static str {
    // SAFETY: takes numbers.
    word(unsafe { libc::kill(pid, signal) })
}

/// A child that does this and then waits for a signal.
fn child(does: impl FnOnce()) -> pid_t {
    let mut ready = [0; 2];
    // SAFETY: one thread; the pipe says that the child has done it.
    unsafe {
        assert_eq!(libc::pipe(ready.as_mut_ptr()), 0);
        let pid = libc::fork();
        if pid == 0 {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            does();
            libc::write(ready[1], [0_u8].as_ptr().cast(), 1);
            loop {
                libc::pause();
            }
        }
        libc::close(ready[1]);
        assert_eq!(libc::read(ready[0], [0_u8].as_mut_ptr().cast(), 1), 1, "the child is ready");
        libc::close(ready[0]);
        pid
    }
}

fn wait(pid: pid_t) -> c_int {
    let mut status = 0;
    // SAFETY: a place for the status.
    unsafe { libc::waitpid(pid, &raw mut status, libc::WUNTRACED) };
    status
}

const SENT: [c_int; 8] = [40, 36, SIGTERM, SIGHUP, SIGSEGV, 36, SIGTERM, SIGTSTP];

fn real_order() -> String {
    let mut told = String::new();
    // SAFETY: sets and numbers of this frame.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
        for signal in SENT {
            libc::kill(libc::getpid(), signal);
        }
        let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        loop {
            let signal = libc::sigtimedwait(&raw const all, std::ptr::null_mut(), &raw const at_once);
            if signal < 0 {
                return told;
            }
            told += &format!("{signal}\n");
        }
    }
}

fn real_refusals() -> String {
    let nobody = kill(-1, SIGTERM);
    // SAFETY: takes numbers.
    let set = |uid| assert_eq!(unsafe { libc::setresuid(uid, uid, uid) }, 0);
    let pid = child(|| {
        // SAFETY: takes numbers.
        unsafe { libc::setpgid(0, 0) };
        set(1000);
    });
    set(2000);
    let all = kill(-1, SIGTERM);
    format!("nobody {nobody}, all {all}, one {}, its group {}\n", kill(pid, SIGTERM), kill(-pid, SIGTERM))
}

fn real_orphans() -> String {
    // SAFETY: one thread.
    let fork = || child(|| {});
    let first = child(|| {
        fork();
        fork();
    });
    let second = fork();
    kill(first, libc::SIGKILL);
    // SAFETY: all zeroes is one; WNOWAIT leaves it a zombie.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: a place for the siginfo.
    unsafe { libc::waitid(libc::P_PID, first as u32, &raw mut info, libc::WEXITED | libc::WNOWAIT) };
    let list = std::fs::read_to_string("/proc/1/task/1/children").expect("the list of children");
    format!("{first} {second}: {}\n", list.trim())
}

fn real_zombie() -> String {
    // SAFETY: takes numbers.
    let pid = child(|| unsafe {
        libc::setpgid(0, 0);
    });
    kill(pid, libc::SIGKILL);
    let mut told = String::new();
    for _ in 0..2 {
        // SAFETY: all zeroes is one.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: a place for the siginfo.
        unsafe { libc::waitid(libc::P_PID, pid as u32, &raw mut info, libc::WEXITED | libc::WNOWAIT) };
        told += &format!("ended {}, ", info.si_signo == libc::SIGCHLD);
    }
    told += &format!("one {}, group {}, ", kill(pid, SIGTERM), kill(-pid, SIGTERM));
    let status = wait(pid);
    // SAFETY: no place is wanted.
    let none = word(unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) });
    format!("{told}status {status}, then {none}, one {}, group {}\n", kill(pid, SIGTERM), kill(-pid, SIGTERM))
}

fn real_stops() -> String {
    // SAFETY: takes numbers.
    let group = child(|| unsafe {
        libc::setpgid(0, 0);
    });
    // SAFETY: no arguments.
    let session = child(|| unsafe {
        libc::setsid();
    });
    let mut told = String::new();
    for pid in [group, session] {
        for signal in [SIGTSTP, SIGSTOP] {
            kill(pid, signal);
            // A higher number: it is taken when the other has not stopped it.
            kill(pid, if signal == SIGTSTP && pid == session { 40 } else { 0 });
            told += &format!("{:#x}\n", wait(pid));
            kill(pid, libc::SIGCONT);
            if pid == session {
                break;
            }
        }
    }
    told
}

// --------------------------------------------------------------------------------------------------------- the world

fn truth() -> Truth {
    Truth::new(Orders::of("pausa"), 1, Choices::none())
}

fn signal(number: c_int) -> Signal {
    Signal::new(number).expect("a signal")
}

fn order() -> String {
    let mut pending = Pending::default();
    SENT.into_iter().for_each(|number| pending.add(signal(number), Info::default()));
    let mut told = String::new();
    while let Some((signal, _)) = pending.take(SignalSet::ALL) {
        told += &format!("{}\n", signal.number());
    }
    told
}

fn send(truth: &mut Truth, to: Recipient, number: c_int) -> &'static str {
    use pausa::model::errno::Errno;
    match truth.kill(truth.own, to, signal(number), Info::default()) {
        Ok(()) => "ok",
        Err(Errno::PERM) => "EPERM",
        Err(Errno::SRCH) => "ESRCH",
        Err(_) => "another error",
    }
}

const CHILD: Recipient = Recipient::Process(Pid::new(2));
const GROUP: Recipient = Recipient::Group(Pid::new(2));

fn refusals() -> String {
    let mut truth = truth();
    let child = truth.processes.pop().expect("the child");
    let nobody = send(&mut truth, Recipient::Everyone, SIGTERM);
    truth.processes.push(child);
    truth.may_kill = false;
    truth.us().uid = 2000;
    truth.child_mut().uid = 1000;
    let all = send(&mut truth, Recipient::Everyone, SIGTERM);
    let (one, group) = (send(&mut truth, CHILD, SIGTERM), send(&mut truth, GROUP, SIGTERM));
    format!("nobody {nobody}, all {all}, one {one}, its group {group}\n")
}

fn orphans() -> String {
    let mut truth = truth();
    truth.fork(2);
    truth.fork(2);
    let second = truth.fork(1);
    truth.exit(2, 9);
    let mut list: Vec<(u64, i32)> =
        truth.processes.iter().filter(|p| p.parent == 1).map(|p| (p.order, p.pid)).collect();
    list.sort_unstable();
    let list: Vec<String> = list.iter().map(|(_, pid)| pid.to_string()).collect();
    format!("2 {second}: {}\n", list.join(" "))
}

fn zombie() -> String {
    let mut truth = truth();
    truth.exit(2, 9);
    let ended = truth.child_mut().is_zombie();
    let (one, group) = (send(&mut truth, CHILD, SIGTERM), send(&mut truth, GROUP, SIGTERM));
    truth.processes.retain(|process| process.pid != 2);
    let none = if truth.first_child(|_| true).is_none() { "ECHILD" } else { "ok" };
    let (later, later_group) = (send(&mut truth, CHILD, SIGTERM), send(&mut truth, GROUP, SIGTERM));
    format!(
        "ended {ended}, ended {ended}, one {one}, group {group}, status 9, then {none}, one {later}, group {later_group}\n"
    )
}

fn stops() -> String {
    let mut told = String::new();
    for (session, signals) in [(1, &[SIGTSTP, SIGSTOP][..]), (2, &[SIGTSTP])] {
        let mut truth = truth();
        truth.child_mut().session = session;
        for &number in signals {
            truth.send(2, signal(number), Info::default());
            let child = truth.child_mut();
            let word = match child.unreported.take() {
                Some(signal) => i32::from(signal.number()) << 8 | 0x7f,
                // Then the higher one ends it.
                None => 40,
            };
            told += &format!("{word:#x}\n");
            truth.send(2, Signal::CONT, Info::default());
        }
    }
    told
}
