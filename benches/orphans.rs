//! How long does an init take to clear away 20,000 orphans, does it leave any, and does the child's status survive it?
//!
//! Method: the init is PID 1 of a new PID namespace. Its child is this program again, as two makers, one for each of
//! two cores. A maker forks a parent, the parent clones 100 that exit at once, and leaves without waiting; alive
//! or dead, they fall to the init. When all are made the child asks with kill(-1, 0), which counts zombies too
//! and leaves out PID 1 and the asker, until there is nobody left or five seconds have passed, counts who is left, and
//! exits with 7. Timed is the whole of it, from the start of the init until its status is here.
//!
//! Limits: most of the time is clone(2) and exit(2), which an init cannot shorten; what it can do is to add to it. The
//! makers share two cores with it. dumb-init puts its child in a session of its own, which autogroup scheduling gives a
//! share of its own. Bounded at 20,000 a round, with a pause after each.

mod side_by_side;

use nix::sys::signal::kill;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use side_by_side::field::{Init, supervisors};
use side_by_side::pid1::Pid1;
use side_by_side::{interleave, rounds, settle, table};
use std::ffi::OsStr;
use std::io;
use std::time::{Duration, Instant};

const MAKERS: usize = 2;
const LITTER: usize = 100;
const STATUS: i32 = 7;
const FLAGS: libc::c_int = libc::CLONE_VM | libc::SIGCHLD;

/// One round of one init.
struct Outcome {
    milliseconds: f64,
    left: usize,
    status: i32,
}

fn main() -> io::Result<()> {
    if let Some(number) = std::env::args().skip_while(|arg| arg != "--make").nth(1) {
        make(number.parse().expect("--make NUMBER"))?;
        std::process::exit(STATUS);
    }
    let field = supervisors();
    let number = rounds(20_000, 2_000);
    table::print_head(&format!("orphans: {number} made as fast as two cores can"), &field.missing);
    let outcomes = interleave(rounds(5, 1), field.len(), |who| {
        let outcome = bury(&field.inits[who], number);
        settle();
        outcome
    })?;

    let times: Vec<Vec<f64>> =
        outcomes.iter().map(|theirs| theirs.iter().map(|one| one.milliseconds).collect()).collect();
    let spreads = table::print_spreads(&field, "ms", 0, &times);
    let rows: Vec<[String; 4]> = field
        .inits
        .iter()
        .zip(outcomes.iter().zip(&spreads))
        .map(|(init, (theirs, spread))| {
            let left: usize = theirs.iter().map(|one| one.left).sum();
            let lost = theirs.iter().filter(|one| one.status != STATUS).count();
            let rate = number as f64 / spread.median;
            [init.name.into(), format!("{rate:.1}"), left.to_string(), format!("{lost} of {}", theirs.len())]
        })
        .collect();
    table::print(["init", "orphans / ms", "left over, all rounds", "statuses lost"], &rows);
    let ours = &outcomes[0];
    let is_clean = ours.iter().all(|one| one.left == 0 && one.status == STATUS);
    table::print_goal(
        "none left and no status lost by ours",
        &format!("{} left, {} lost", rows[0][2], rows[0][3]),
        is_clean,
    );
    Ok(())
}

fn bury(init: &Init, number: usize) -> io::Result<Outcome> {
    let this = std::env::current_exe()?;
    let words = number.to_string();
    let command = [this.as_os_str(), OsStr::new("--make"), OsStr::new(&words)];
    let start = Instant::now();
    let running = Pid1::start(init, &command)?;
    let words = running.last_words()?;
    let status = running.status()?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    // Without a word the child never ran to its end, so none of what it made is accounted for.
    let left = words.trim().parse().unwrap_or(number);
    Ok(Outcome { milliseconds, left, status })
}

/// The child: makes orphans, waits until they are gone, and prints how many are not.
fn make(number: usize) -> io::Result<()> {
    let makers: Vec<Pid> =
        (0..MAKERS).map(|_| in_child(|| make_litters(number / MAKERS / LITTER))).collect::<Result<_, _>>()?;
    for maker in makers {
        waitpid(maker, None::<WaitPidFlag>)?;
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    let is_anyone_left = || kill(Pid::from_raw(-1), None).is_ok();
    while is_anyone_left() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    let pids = if is_anyone_left() { 2..1 << 22 } else { 0..0 };
    let this = nix::unistd::getpid();
    let left = pids.map(Pid::from_raw).filter(|pid| *pid != this && kill(*pid, None).is_ok()).count();
    println!("{left}");
    Ok(())
}

fn make_litters(litters: usize) {
    for _ in 0..litters {
        let parent = in_child(|| {
            let mut stacks = vec![[0u8; 4096]; LITTER];
            for stack in &mut stacks {
                let top = stack.as_mut_ptr_range().end.cast();
                // SAFETY: the orphan shares this memory (a copy of it would take most of the time), but its stack is
                // its own and lives as long as the memory does, since this process leaves without dropping it.
                let pid = unsafe { libc::clone(exit_at_once, top, FLAGS, std::ptr::null_mut()) };
                assert!(pid > 0, "clone an orphan: {}", io::Error::last_os_error());
            }
            // SAFETY: _exit(2) has no precondition.
            unsafe { libc::_exit(0) }
        });
        waitpid(parent.expect("fork a parent"), None::<WaitPidFlag>).expect("wait for a parent");
    }
}

/// What an orphan does: clone(2) makes the end of it from the return.
extern "C" fn exit_at_once(_: *mut libc::c_void) -> libc::c_int {
    0
}

/// Forks; the child does `deed` and exits without running anything of this process's end.
fn in_child(deed: impl FnOnce()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread, so the child is a full copy, free to do anything.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            deed();
            // SAFETY: _exit(2) has no precondition.
            unsafe { libc::_exit(0) }
        }
    }
}
