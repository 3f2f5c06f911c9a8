//! The helper process between the harness and the subject: it has one thread, so it may fork, unshare and set masks.
//!
//! It is the test binary, executed again as `namespace CHANNEL ORDER… -- PROGRAM ARGV0 ARG…`. It starts the subject as
//! PID 1 of new namespaces (as root directly, else inside a new user namespace), or as its own ordinary child, and
//! writes on the channel: `pid N` (as seen from outside) once the program was really executed, `ended N` with the raw
//! wait status, or `failed WHY`. It is a subreaper, so whatever a subject leaves behind comes here, is left in peace
//! until the harness closes the channel, and is killed then.

use crate::harness::syscall;
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{self, Pid};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// What happens between fork and exec of the subject, in this order.
#[derive(Clone, Default)]
pub struct Orders {
    /// PID 1 of a new PID namespace with a /proc of its own.
    pub pid_1: bool,
    /// A session of its own, with descriptor 0 as its controlling terminal.
    pub session: bool,
    /// So many children that have ended and that nobody has waited for.
    pub zombies: usize,
    /// A child subreaper already: exec keeps that (prctl(2)).
    pub subreaper: bool,
    /// Root that may not signal other users' processes.
    pub without_cap_kill: bool,
    pub ignored: Vec<i32>,
    pub blocked: Vec<i32>,
    pub closed: Vec<i32>,
}

impl Orders {
    pub fn to_arguments(&self) -> Vec<String> {
        let list = |numbers: &[i32]| numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
        vec![
            format!("pid_1={}", self.pid_1),
            format!("session={}", self.session),
            format!("zombies={}", self.zombies),
            format!("subreaper={}", self.subreaper),
            format!("without_cap_kill={}", self.without_cap_kill),
            format!("ignored={}", list(&self.ignored)),
            format!("blocked={}", list(&self.blocked)),
            format!("closed={}", list(&self.closed)),
        ]
    }

    fn from_arguments(arguments: &[String]) -> Self {
        let mut orders = Self::default();
        for argument in arguments {
            let (key, value) = argument.split_once('=').expect("KEY=VALUE");
            let list =
                || value.split(',').filter(|number| !number.is_empty()).map(|number| number.parse().unwrap());
            match key {
                "pid_1" => orders.pid_1 = value == "true",
                "session" => orders.session = value == "true",
                "zombies" => orders.zombies = value.parse().unwrap(),
                "subreaper" => orders.subreaper = value == "true",
                "without_cap_kill" => orders.without_cap_kill = value == "true",
                "ignored" => orders.ignored = list().collect(),
                "blocked" => orders.blocked = list().collect(),
                "closed" => orders.closed = list().collect(),
                _ => panic!("no such order: {key}"),
            }
        }
        orders
    }
}

pub fn main(arguments: &[String]) -> ! {
    // The harness may die by SIGKILL; nothing that it started may outlive it.
    prctl::set_pdeathsig(Signal::SIGKILL).expect("PR_SET_PDEATHSIG");
    let mut channel = channel_from(&arguments[0]);
    let middle =
        arguments.iter().position(|argument| argument == "--").expect("ORDER… -- PROGRAM ARGV0 ARG…");
    let orders = Orders::from_arguments(&arguments[1..middle]);
    let status = match start(&orders, &arguments[middle + 1..]) {
        Ok(pid) => {
            let_go_of_stdio();
            say(&mut channel, &format!("pid {pid}"));
            wait_for(pid)
        }
        Err(why) => {
            say(&mut channel, &format!("failed {why}"));
            syscall::exit_now(1);
        }
    };
    say(&mut channel, &format!("ended {status}"));
    // Until the harness has seen enough.
    let _ = channel.read_to_end(&mut Vec::new());
    kill_what_is_left();
    syscall::exit_now(0);
}

/// The harness's channel, kept from the subject.
fn channel_from(number: &str) -> UnixStream {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    let channel = syscall::adopt_descriptor(number.parse().expect("CHANNEL is a number"));
    fcntl(&channel, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("FD_CLOEXEC");
    UnixStream::from(channel)
}

/// The subject's pipes and terminal end with the subject.
fn let_go_of_stdio() {
    let null = File::options().read(true).write(true).open("/dev/null").expect("open /dev/null");
    unistd::dup2_stdin(&null).and(unistd::dup2_stdout(&null)).and(unistd::dup2_stderr(&null)).expect("dup2");
}

fn say(channel: &mut UnixStream, line: &str) {
    // A harness that is gone wants no answer.
    let _ = writeln!(channel, "{line}");
}

/// The subject's pid once it runs the program that was asked for, or why it never will.
fn start(orders: &Orders, program: &[String]) -> Result<Pid, String> {
    prctl::set_child_subreaper(true).expect("PR_SET_CHILD_SUBREAPER");
    if orders.pid_1 {
        enter_new_namespaces()?;
    }
    // Closed by the exec: the end of file says that it happened, anything before it says why not.
    let (executed, trouble) = unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("pipe");
    let Some(pid) = syscall::fork() else {
        drop(executed);
        let why = become_subject(orders, program);
        let _ = File::from(trouble).write_all(why.as_bytes());
        syscall::exit_now(1);
    };
    drop(trouble);
    let mut why = String::new();
    File::from(executed).read_to_string(&mut why).expect("read what the subject says");
    if why.is_empty() { Ok(pid) } else { Err(why) }
}

fn enter_new_namespaces() -> Result<(), String> {
    let (uid, gid) = (unistd::getuid(), unistd::getgid());
    let mut flags = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
    if !uid.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags).map_err(|error| format!("unshare({flags:?}): {error}"))?;
    if !uid.is_root() {
        // One's own id becomes 0; user_namespaces(7) wants setgroups given up first.
        for (file, text) in [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("0 {uid} 1")),
            ("gid_map", format!("0 {gid} 1")),
        ] {
            fs::write(format!("/proc/self/{file}"), text)
                .map_err(|error| format!("write {file}: {error}"))?;
        }
    }
    Ok(())
}

/// Comes back only with the reason why the subject could not be executed.
fn become_subject(orders: &Orders, program: &[String]) -> String {
    match prepare(orders) {
        Err(why) => why,
        Ok(()) => {
            let text = |argument: &String| CString::new(argument.as_bytes()).expect("no NUL in arguments");
            let argv: Vec<CString> = program[1..].iter().map(text).collect();
            let Err(error) = unistd::execv(&text(&program[0]), &argv);
            format!("execute {}: {error}", program[0])
        }
    }
}

fn prepare(orders: &Orders) -> Result<(), String> {
    let told = |what: &'static str| move |error: Errno| format!("{what}: {error}");
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(told("PR_SET_PDEATHSIG"))?;
    if orders.pid_1 {
        let none: Option<&str> = None;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
            .map_err(told("make / private"))?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "/proc", Some("proc"), flags, none).map_err(told("mount /proc"))?;
    }
    if orders.session {
        unistd::setsid().map_err(told("setsid"))?;
        syscall::take_controlling_terminal().map_err(told("TIOCSCTTY"))?;
    }
    for _ in 0..orders.zombies {
        let Some(pid) = syscall::fork() else { syscall::exit_now(0) };
        // WNOWAIT sees the end and leaves the zombie.
        waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).map_err(told("waitid"))?;
    }
    prctl::set_child_subreaper(orders.subreaper).map_err(told("PR_SET_CHILD_SUBREAPER"))?;
    if orders.without_cap_kill {
        syscall::drop_cap_kill().map_err(told("PR_CAPBSET_DROP"))?;
    }
    // Whatever the user's shell, nohup or Rust's runtime (SIGPIPE) have ignored does not belong to the row.
    for signal in crate::harness::signals::all() {
        syscall::set_disposition(signal, libc::SIG_DFL);
    }
    for &signal in &orders.ignored {
        syscall::set_disposition(signal, libc::SIG_IGN);
    }
    syscall::set_mask(syscall::set_of(&orders.blocked));
    for &number in &orders.closed {
        drop(syscall::adopt_descriptor(number));
    }
    Ok(())
}

/// Reaps everything until the subject has ended.
fn wait_for(subject: Pid) -> i32 {
    loop {
        match syscall::wait_any() {
            Ok((pid, status)) if pid == subject => return status,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => panic!("wait: {error}"),
        }
    }
}

/// As a subreaper, this process inherits the children of each process that it kills, so in the end it has none.
fn kill_what_is_left() {
    let own = format!("/proc/self/task/{}/children", unistd::getpid());
    loop {
        for pid in fs::read_to_string(&own).unwrap_or_default().split_ascii_whitespace() {
            let _ = syscall::send(pid.parse().expect("a list of pids"), libc::SIGKILL);
        }
        if syscall::wait_any() == Err(Errno::ECHILD) {
            return;
        }
    }
}
