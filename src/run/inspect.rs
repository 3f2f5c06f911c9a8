//! `--inspect`: what the stop signal will do in this PID namespace, and what is wrong in it now. It reads /proc, and touches
//! nothing: it signals nobody and starts nothing.
//!
//! Being built: no option leads here yet, so none of it is in the binary.

use crate::bytes::{decimal, integer, split};
use crate::cli::config::Config;
use crate::message::event::Event;
use crate::message::inspection::{has_fault, write_json, write_text};
use crate::message::line::Line;
use crate::message::termination::Format;
use crate::message::text::{Text, text};
use crate::model::process::{Fd, Pid};
use crate::model::signal::{Signal, SignalSet};
use crate::model::stat::Stat;
use crate::model::status::ExitStatus;
use crate::policy::disposition::stop;
use crate::policy::inspection::{Careless, Inspection, List, Main, share_container};
use crate::run::judge::{child_of, judge, read_of, stat_of};
use crate::run::report::fail;
use crate::run::{cgroup, judge};
use crate::sys::{self, Kernel, Linux};
use crate::time::Nanoseconds;

/// PROC_PID_INIT_INO of `include/linux/proc_ns.h`: the first PID namespace of a machine.
const NAMESPACE_OF_MACHINE: u64 = 0xEFFF_FFFC;

/// How many zombies and uninterruptible processes are looked at again.
const SUSPECTS: usize = 4096;

/// Looks, and writes what it has found to stdout. 0: no fault; 1: at least one; 125: it could not look.
// As `report::answer`.
#[inline(never)]
pub fn inspect(config: &Config<'_>, signal: Signal) -> ExitStatus {
    let namespace = match namespace() {
        Ok(number) => number,
        Err(why) => return fail(config, Event::NotInspected { why }),
    };
    let mut found = Inspection::new(namespace, signal);
    look(&mut found);
    let mut result = Ok(());
    let mut room = [0; 4096];
    let mut page = Line::new(&mut room);
    let mut write = |piece: &[u8]| {
        if page.left() < piece.len() {
            result = result.and(sys::write_all(Fd::STDOUT, page.as_bytes()));
            page.clear();
        }
        page.bytes(piece);
    };
    match config.message_format {
        Format::Text => write_text(&found, &mut write),
        Format::Json => write_json(&found, &mut write),
    }
    let result = result.and(sys::write_all(Fd::STDOUT, page.as_bytes()));
    match (result, has_fault(&found)) {
        (Ok(()), false) => ExitStatus::SUCCESS,
        (Ok(()), true) => ExitStatus(1),
        (Err(_), _) => ExitStatus(config.contract.failure),
    }
}

/// The number of our PID namespace, if it can be inspected.
fn namespace() -> Result<u64, Text> {
    let mut buffer = [0; 64];
    let own = decimal(
        split(Linux.read_file(b"/proc/self/stat\0", &mut buffer).unwrap_or(&[]), b' ').next().unwrap_or(&[]),
    );
    if own != Some(sys::getpid().number()) {
        return Err(text!("no /proc of this PID namespace is mounted"));
    }
    let link = sys::read_link(b"/proc/self/ns/pid\0", &mut buffer).unwrap_or(&[]);
    let number = split(link, b'[').nth(1).and_then(integer).map_or(0, |(number, _)| number as u64);
    if number == NAMESPACE_OF_MACHINE {
        return Err(text!("this is the PID namespace of the machine, and no container's"));
    }
    if stat_of(Pid::INIT).is_none() {
        return Err(text!("/proc does not show PID 1 (hidepid); run it as root"));
    }
    Ok(number)
}

fn look(found: &mut Inspection) {
    let own = top();
    let mut roots = List::<Stat, 64>::new(Stat::NONE);
    let mut suspects = List::<(u32, u8, u64), SUSPECTS>::new((0, 0, 0));
    each_process(&mut |stat| {
        if stat.parent.raw() == 0 && stat.pid != own && !stat.is_zombie() {
            found.unseen.more |= !roots.push(stat);
        }
        if stat.is_zombie() || stat.state == b'D' {
            found.unseen.more |= !suspects.push(suspect(&stat));
        } else if stat.state == b'T' {
            found.unseen.more |= !found.stopped.push(stat);
        }
    });
    for root in roots.all() {
        let comes_first = |other: &Stat| {
            (other.started, other.pid.number()) < (root.started, root.pid.number())
                && are_together(other.pid, root.pid)
        };
        if root.pid == Pid::INIT || !roots.all().iter().any(comes_first) {
            found.unseen.more |= !found.mains.push(main(root, found.signal));
        } else {
            let (_, process) = judge(root, found.signal);
            found.unseen.more |= !found.entered.push(process);
        }
    }
    limits(found);
    found.unseen.hidden = hides();
    if !suspects.all().is_empty() {
        // One second, so that a parent that does wait has had the time for it.
        let _ = Linux.wait_signal(SignalSet::EMPTY, Some(Nanoseconds::SECOND));
        each_process(&mut |stat| {
            if !suspects.all().contains(&suspect(&stat)) {
                return;
            }
            if stat.state == b'D' {
                found.unseen.more |= !found.uninterruptible.push(stat);
            } else if let Some(careless) =
                found.zombies.all_mut().iter_mut().find(|careless| careless.parent == stat.parent)
            {
                careless.count += 1;
            } else {
                let comm = stat_of(stat.parent).unwrap_or(Stat::NONE).comm;
                found.unseen.more |= !found.zombies.push(Careless { parent: stat.parent, comm, count: 1 });
            }
        });
    }
}

/// What tells a process that is still as it was.
const fn suspect(stat: &Stat) -> (u32, u8, u64) {
    (stat.pid.number(), stat.state, stat.started)
}

/// Visits all processes but ourselves. One that has ended meanwhile is passed over.
fn each_process(visit: &mut dyn FnMut(Stat)) {
    let own = sys::getpid();
    let _ = sys::each_name(b"/proc\0", &mut |name| {
        let pid = decimal(name).map(|number| Pid::new(number as i32)).filter(|&pid| pid != own);
        if let Some(stat) = pid.and_then(stat_of) {
            visit(stat);
        }
    });
}

/// Whom our engine has started in this namespace: ourselves, or the shell above us.
fn top() -> Pid {
    let mut pid = sys::getpid();
    // Each step is to an ancestor; a number that is used again could make a circle of them.
    for _ in 0..64 {
        match stat_of(pid) {
            Some(stat) if stat.parent.raw() > 0 => pid = stat.parent,
            _ => break,
        }
    }
    pid
}

fn are_together(one: Pid, other: Pid) -> bool {
    let (mut first, mut second) = ([0; 1024], [0; 1024]);
    share_container(read_of(one, b"/cgroup\0", &mut first), read_of(other, b"/cgroup\0", &mut second))
}

fn main(stat: &Stat, signal: Signal) -> Main {
    let (status, process) = judge(stat, signal);
    let mut main = Main { process, ..Main::NONE };
    main.child = child_of(&mut main.process, &status, signal);
    let effect = main.process.verdict.effect;
    main.stop = stop(effect, main.child.map(|child| child.verdict.effect));
    main.exit_status = judge::exit_status(&main, signal);
    main
}

/// The limits are those of the container that we were put into: of its main process, or of PID 1 if we are in a container of
/// our own.
fn limits(found: &mut Inspection) {
    let own = sys::getpid();
    let beside = |main: &&Main| are_together(main.process.stat.pid, own);
    let of = found.mains.all().iter().find(beside).map_or(Pid::INIT, |main| main.process.stat.pid);
    match cgroup::limits(of, are_together(of, own)) {
        Some(limits) => found.limits = limits,
        None => found.unseen.limits_of = Some(of),
    }
}

/// Whether /proc is mounted with hidepid (proc(5)), by the options of its mount.
fn hides() -> bool {
    let mut buffer = [0; 4096];
    let mounts = Linux.read_file(b"/proc/self/mountinfo\0", &mut buffer).unwrap_or(&[]);
    split(mounts, b'\n')
        .filter(|line| split(line, b' ').nth(4) == Some(b"/proc"))
        .any(|line| line.windows(8).any(|part| part == b"hidepid="))
}
