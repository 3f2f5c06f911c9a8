//! A program under load, for trials that last: workers that make orphans, burn a processor, and flood pausa, until the
//! child is told to rest. Each counts what it does, so that nothing need be taken on trust afterwards.

use super::{make_orphans, obeyed, say};
use crate::harness::syscall;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::wait::waitpid;
use nix::unistd::{self, Pid};
use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, OwnedFd};

/// Queued by a worker with 0, 1, 2 … as values. The kernel gives lower real-time signals first (signal(7)): so the flood
/// keeps none of these back, and these keep none of the harness's back.
pub const COUNTED: i32 = 62;

/// Queued without measure. The child ignores it, or its own queue would grow without measure, too.
pub const FLOODED: i32 = 63;

/// So many of `COUNTED` may be on their way. When all of them are, pausa takes some of the flood.
const ON_THE_WAY: usize = 512;

/// For so many that have come, one byte goes back to the worker, which then may send as many more.
const CREDIT: usize = 64;

const ORPHANS: i32 = 50;

/// Obeys `work`, `rest`, `ping` and `exit N`; echoes each signal but those two as `heard NUMBER VALUE`. After `rest`, and
/// when all that was counted has come, says `rested ORPHANS COUNTED FLOODED`.
pub fn soak(_: i32) -> i32 {
    syscall::set_disposition(FLOODED, libc::SIG_IGN);
    // What is blocked is queued even where it is ignored (sig_ignored in the kernel's `signal.c`). SIGCHLD tells of the
    // workers, which nobody has to hear.
    let listened_to = !syscall::set_of(&[FLOODED, libc::SIGCHLD]);
    syscall::set_mask(listened_to);
    let signals = syscall::signal_descriptor(listened_to);
    // It counts all that is pending for a user; the other trials shall find room, and so shall what pausa sends here.
    let (own_limit, _) = getrlimit(Resource::RLIMIT_SIGPENDING).expect("getrlimit");
    syscall::limit_pending(unistd::getppid(), (own_limit / 2).min(10_000));
    let mut orders = BufReader::new(std::io::stdin());
    let (mut team, mut owed, mut total) = (None, None, 0);
    say(&format!("ready {}", unistd::getpid()));
    loop {
        let mut ready =
            [signals.as_fd(), orders.get_ref().as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        poll(&mut ready, PollTimeout::NONE).expect("poll");
        let [has_signal, has_order] = ready.map(|fd| fd.any() == Some(true));
        if has_signal {
            let signal = syscall::read_signal(&signals);
            if signal.ssi_signo as i32 == COUNTED {
                assert_eq!(signal.ssi_int, total, "the next one");
                total += 1;
                if let Some(team) = &team {
                    credit(team, total);
                }
            } else {
                say(&format!("heard {} {}", signal.ssi_signo, signal.ssi_int));
            }
        }
        if has_order {
            let mut order = String::new();
            orders.read_line(&mut order).expect("read an order");
            match order.trim() {
                "work" => {
                    team = Some(Team::start(total));
                    say("working");
                }
                "rest" => owed = Some(team.take().expect("it works").rest()),
                "ping" => say("pong"),
                // The end of stdin means 0.
                other => return obeyed(other).unwrap_or(0),
            }
        }
        if let Some([orphans, counted, flooded]) = owed
            && total as u64 >= counted
        {
            say(&format!("rested {orphans} {counted} {flooded}"));
            owed = None;
        }
    }
}

fn credit(team: &Team, total: i32) {
    if (total as usize).is_multiple_of(CREDIT) {
        // There is room: never more bytes than the worker had at the beginning.
        let credit = team.credit.as_ref().expect("it is dropped with the team");
        unistd::write(credit, &[0]).expect("the worker is there until it is told to rest");
    }
}

/// The workers, each with the pipe that its count will come by.
struct Team {
    workers: Vec<(Pid, OwnedFd)>,
    /// Closing them is the order to end. A worker has neither.
    credit: Option<OwnedFd>,
    working: Option<OwnedFd>,
}

impl Team {
    /// Workers that go on counting from `total`.
    fn start(total: i32) -> Self {
        let pausa = unistd::getppid();
        let (is_working, working) = unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
        let (credits, credit) = unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
        unistd::write(&credit, &[0; ON_THE_WAY / CREDIT]).expect("an empty pipe has room");
        let mut team = Self { workers: Vec::new(), credit: Some(credit), working: Some(working) };
        team.hire(|| orphans(&is_working));
        team.hire(|| counted(pausa, &credits, total));
        team.hire(|| flooded(pausa, &is_working));
        team.hire(|| burn(&is_working));
        team
    }

    fn hire(&mut self, work: impl FnOnce() -> u64) {
        let (result, report) = unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
        let Some(pid) = syscall::fork() else {
            (self.credit, self.working) = (None, None);
            unistd::write(&report, &work().to_ne_bytes()).expect("the child reads it");
            syscall::exit_now(0)
        };
        self.workers.push((pid, result));
    }

    /// What the first three have counted, when all have ended.
    fn rest(self) -> [u64; 3] {
        let Self { workers, credit, working } = self;
        drop((credit, working));
        let count = |(pid, result): (Pid, OwnedFd)| {
            let mut count = [0; 8];
            unistd::read(&result, &mut count).expect("read what a worker counted");
            waitpid(pid, None).expect("wait for a worker");
            u64::from_ne_bytes(count)
        };
        let counts: Vec<u64> = workers.into_iter().map(count).collect();
        [counts[0], counts[1], counts[2]]
    }
}

/// Whether the child wants them to go on: the other end of the pipe is open.
fn goes_on(is_working: &OwnedFd) -> bool {
    let mut ready = [PollFd::new(is_working.as_fd(), PollFlags::POLLIN)];
    poll(&mut ready, PollTimeout::ZERO).expect("poll") == 0
}

fn orphans(is_working: &OwnedFd) -> u64 {
    let mut made = 0;
    while goes_on(is_working) {
        make_orphans(ORPHANS);
        made += ORPHANS as u64;
    }
    made
}

/// How many there have been in all.
fn counted(pausa: Pid, credits: &OwnedFd, mut total: i32) -> u64 {
    while unistd::read(credits, &mut [0]).expect("read a credit") > 0 {
        for _ in 0..CREDIT {
            while !queued(pausa, COUNTED, total) {}
            total += 1;
        }
    }
    total as u64
}

/// Whether there was room. If not, whoever makes some shall have the processor, and whoever wants some as well.
fn queued(pausa: Pid, signal: i32, value: i32) -> bool {
    let has_room = syscall::queue(pausa, signal, value).is_ok();
    if !has_room {
        let _ = nix::sched::sched_yield();
    }
    has_room
}

fn flooded(pausa: Pid, is_working: &OwnedFd) -> u64 {
    let mut sent = 0;
    while goes_on(is_working) {
        sent += (0..1000).map(|_| u64::from(queued(pausa, FLOODED, 0))).sum::<u64>();
    }
    sent
}

/// A processor that is busy, and memory that comes and goes.
fn burn(is_working: &OwnedFd) -> u64 {
    let mut sum = 0;
    while goes_on(is_working) {
        let memory: Vec<u64> = (0..1 << 17).collect();
        sum ^= std::hint::black_box(memory).iter().fold(0, |sum: u64, &number| sum.rotate_left(1) ^ number);
    }
    sum
}
