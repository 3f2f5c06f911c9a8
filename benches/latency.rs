//! How long does an init take to pass a signal on, and to end when its child has ended?
//!
//! Method, stop: SIGTERM is sent to an init, PID 1 of a new PID namespace, whose child has the default disposition, and
//! timed until its status, 143, is here: the signal's way in, the child's end, the status's way out, and the kernel's
//! end of the namespace. Method, forward: all inits live at once, each with a child that waits for SIGUSR1 and answers
//! by one byte; timed from kill(2) to the byte. Everything is pinned to one core, so that the scheduler's placement is
//! not what is compared.
//!
//! Limits: on one core there is no wake-up across cores, so both are lower bounds of what a user sees. Both hold two or
//! three context switches, and the end of a namespace is the kernel's. A few microseconds are noise.

mod side_by_side;

use nix::sys::signal::{SigSet, Signal};
use side_by_side::field::{Init, supervisors};
use side_by_side::pid1::Pid1;
use side_by_side::{Payload, interleave, payload, pin_to_one_core, rounds, table};
use std::ffi::OsStr;
use std::io::{self, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn main() -> io::Result<()> {
    if std::env::args().any(|arg| arg == "--answer") {
        return answer();
    }
    let field = supervisors();
    let rounds = rounds(300, 20);

    table::print_head("latency: from SIGTERM until the init has ended with 143", &field.missing);
    pin_to_one_core()?;
    let child = payload(Payload::Stay);
    let command = [child.as_os_str()];
    let samples = interleave(rounds, field.len(), |who| stop(&field.inits[who], &command))?;
    println!("{rounds} rounds.\n");
    table::print_spreads(&field, "us", 0, &samples);

    table::print_title("latency: from SIGUSR1 to the init until the child answers");
    let this = std::env::current_exe()?;
    let command = [this.as_os_str(), OsStr::new("--answer")];
    let running: Vec<Pid1> =
        field.inits.iter().map(|init| start_asleep(init, &command)).collect::<Result<_, _>>()?;
    let mut measure = |who: usize| forward(&running[who]);
    interleave(5, field.len(), &mut measure)?;
    let samples = interleave(rounds, field.len(), &mut measure)?;
    println!("{rounds} rounds.\n");
    table::print_spreads(&field, "us", 0, &samples);
    Ok(())
}

fn start_asleep(init: &Init, command: &[&OsStr]) -> io::Result<Pid1> {
    let running = Pid1::start_with_child(init, command)?;
    // The child has spoken; give it and the init the moment they need to go to sleep, so that no round times that.
    sleep(Duration::from_millis(2));
    Ok(running)
}

fn stop(init: &Init, command: &[&OsStr]) -> io::Result<f64> {
    let running = start_asleep(init, command)?;
    let start = Instant::now();
    running.send(Signal::SIGTERM)?;
    let status = running.status()?;
    let took = start.elapsed().as_secs_f64() * 1e6;
    match status {
        143 => Ok(took),
        other => Err(io::Error::other(format!("{} ended with {other}, not 143", init.name))),
    }
}

fn forward(running: &Pid1) -> io::Result<f64> {
    let start = Instant::now();
    running.send(Signal::SIGUSR1)?;
    let has_answered = running.answers()?;
    let took = start.elapsed().as_secs_f64() * 1e6;
    if has_answered { Ok(took) } else { Err(io::Error::other("SIGUSR1 did not reach the child")) }
}

/// The child: says that it is ready, then answers each SIGUSR1, until it is killed with its namespace.
fn answer() -> io::Result<()> {
    let wanted = SigSet::from_iter([Signal::SIGUSR1]);
    wanted.thread_block()?;
    let mut out = io::stdout();
    loop {
        out.write_all(b"r")?;
        out.flush()?;
        wanted.wait()?;
    }
}
