//! One process before `--inspect`: its masks, its threads, and the child that an init passes a signal on to.

use crate::bytes::{decimal, hexadecimal, line_behind, split};
use crate::cli::getopt::{Found, Getopt, Order, Words};
use crate::cli::grammar::OptionName;
use crate::cli::parse::OUR_VARIABLE;
use crate::cli::personality::Personality;
use crate::message::line::Line;
use crate::model::process::Pid;
use crate::model::signal::{Signal, SignalSet};
use crate::model::stat::{Stat, may_signal, signals};
use crate::policy::disposition::{Disposition, Effect, Evidence, Masks, Thread, Threads, Verdict, verdict};
use crate::policy::inspection::{Main, Process};
use crate::sys::{self, Kernel, Linux};

/// Room for `status`: its signals come behind all groups of the process.
pub type Status = [u8; 4096];

/// How often a thread is looked at before it counts as one that does not wait in sigtimedwait(2): mask and place of waiting are
/// two files, and a thread may go in between.
const LOOKS: usize = 8;

/// The beginning of a file of a process; empty if it cannot be read. `file` ends with a NUL.
pub fn read_of<'b>(pid: Pid, file: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let mut room = Line::ROOM;
    let mut path = Line::new(&mut room);
    path.bytes(b"/proc/").pid(pid).bytes(file);
    Linux.read_file(path.as_bytes(), buffer).unwrap_or(&[])
}

#[must_use]
pub fn stat_of(pid: Pid) -> Option<Stat> {
    let mut buffer = [0; 512];
    Stat::parse(read_of(pid, b"/stat\0", &mut buffer))
}

/// What the signal does to a process. Comes with its `status`, empty if it cannot be read.
pub fn judge(stat: &Stat, signal: Signal) -> (Status, Process) {
    let mut process = Process { stat: *stat, ..Process::NONE };
    let mut buffer: Status = [0; size_of::<Status>()];
    let status = read_of(stat.pid, b"/status\0", &mut buffer);
    process.verdict = match stat.state {
        b'T' | b't' => Verdict::unknown(Evidence::Stopped),
        _ if status.is_empty() => Verdict::GONE,
        _ => judge_running(stat, status, signal),
    };
    // Reading it may hang for as long as the process does (mmap_read_lock in `get_mm_cmdline` of fs/proc/base.c).
    if stat.state != b'D' {
        let length = read_of(stat.pid, b"/cmdline\0", &mut process.words.bytes).len();
        let written = process.words.bytes.get_mut(..length).unwrap_or(&mut []);
        for byte in written.iter_mut().filter(|byte| **byte == 0) {
            *byte = b' ';
        }
        process.words.length = written.trim_ascii_end().len();
    }
    (buffer, process)
}

fn judge_running(stat: &Stat, status: &[u8], signal: Signal) -> Verdict {
    let (Some(ignored), Some(caught)) = (signals(b"SigIgn:\t", status), signals(b"SigCgt:\t", status)) else {
        return Verdict::unknown(Evidence::NotShown);
    };
    let is_caught = caught.contains(signal);
    let mut threads = Threads::default();
    let mut room = Line::ROOM;
    let mut path = Line::new(&mut room);
    path.bytes(b"/proc/").pid(stat.pid).bytes(b"/task\0");
    let _ = sys::each_name(path.as_bytes(), &mut |name| {
        if let Some(tid) = decimal(name).map(|number| Pid::new(number as i32)) {
            threads.add(thread(stat.pid, tid, signal, is_caught), tid == stat.pid);
        }
    });
    let verdict = verdict(
        signal,
        Masks { ignored, caught },
        threads,
        reads_signalfd(stat.pid, signal),
        stat.pid == Pid::INIT,
    );
    match (verdict.evidence, stat.name()) {
        (Evidence::Caught, b"sh" | b"dash" | b"bash" | b"ash" | b"busybox" | b"ksh" | b"zsh") => {
            verdict.with(Effect::Handler, Evidence::CaughtByShell)
        }
        (Evidence::Caught, b"node" | b"java") => verdict.with(Effect::Handler, Evidence::CaughtByRuntime),
        _ => verdict,
    }
}

/// What a thread does about the signal.
fn thread(pid: Pid, tid: Pid, signal: Signal, is_caught: bool) -> Thread {
    let mut buffer = [0; size_of::<Status>()];
    for _ in 0..LOOKS {
        let status = read_of_thread(pid, tid, b"/status\0", &mut buffer);
        let Some(blocked) = signals(b"SigBlk:\t", status) else { return Thread::Unknown };
        let is_running = line_behind(b"State:\t", status).is_some_and(|state| state.starts_with(b"R"));
        if blocked.contains(signal) {
            return Thread::Blocked;
        }
        if is_caught {
            return Thread::Open;
        }
        match read_of_thread(pid, tid, b"/wchan\0", &mut buffer) {
            b"" => return Thread::Unknown,
            // It runs, or we lack the rights of ptrace(2) (PTRACE_MODE_READ) or the kernel its symbols.
            b"0" if is_running => {}
            b"0" => return Thread::Unknown,
            place if place.windows(12).any(|part| part == b"sigtimedwait") => {
                return awaited(pid, tid, signal);
            }
            _ => {}
        }
    }
    Thread::Open
}

/// Whether a thread in sigtimedwait(2) waits for the signal: its set is where its first argument points to.
fn awaited(pid: Pid, tid: Pid, signal: Signal) -> Thread {
    let (mut before, mut after, mut set) = ([0; 256], [0; 256], [0; 8]);
    let call = read_of_thread(pid, tid, b"/syscall\0", &mut before);
    let Some(place) = split(call, b' ').nth(1).and_then(|word| hexadecimal(word.strip_prefix(b"0x")?)) else {
        return Thread::Unknown;
    };
    let mut room = Line::ROOM;
    let mut path = Line::new(&mut room);
    path.bytes(b"/proc/").pid(pid).bytes(b"/mem\0");
    let is_whole = sys::read_file_at(path.as_bytes(), place, &mut set).is_ok_and(|set| set.len() == 8);
    // It is in the same call as before.
    if !is_whole || call != read_of_thread(pid, tid, b"/syscall\0", &mut after) {
        return Thread::Unknown;
    }
    match SignalSet::from_bits(u64::from_ne_bytes(set)).contains(signal) {
        true => Thread::Awaits,
        false => Thread::Open,
    }
}

fn read_of_thread<'b>(pid: Pid, tid: Pid, file: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let mut room = [0; 64];
    let mut path = Line::new(&mut room);
    path.bytes(b"/task/").pid(tid).bytes(file);
    read_of(pid, path.as_bytes(), buffer)
}

/// Whether a signalfd(2) of the process takes the signal: `sigmask` of its `fdinfo` (proc_pid_fdinfo(5)).
fn reads_signalfd(pid: Pid, signal: Signal) -> bool {
    let mut reads = false;
    let mut room = Line::ROOM;
    let mut path = Line::new(&mut room);
    path.bytes(b"/proc/").pid(pid).bytes(b"/fdinfo\0");
    let _ = sys::each_name(path.as_bytes(), &mut |name| {
        let (mut room, mut buffer) = ([0; 64], [0; 512]);
        let mut file = Line::new(&mut room);
        file.bytes(b"/fdinfo/").bytes(name).push(0);
        let info = read_of(pid, file.as_bytes(), &mut buffer);
        reads |= signals(b"sigmask:\t", info).is_some_and(|set| set.contains(signal));
    });
    reads
}

/// The child of `main` that matters: to an init it passes the signal on. `main` is judged again by that.
pub fn child_of(main: &mut Process, status: &Status, signal: Signal) -> Option<Process> {
    let child = first_child(main.stat.pid)?;
    let (its_status, mut process) = judge(&child, signal);
    let verdict = main.verdict;
    if verdict.effect == Effect::None && main.stat.pid == Pid::INIT {
        process.verdict = process.verdict.with(Effect::None, Evidence::NotSignalled);
        return Some(process);
    }
    let personality = Personality::named(main.stat.name())?;
    let waits =
        matches!(verdict.effect, Effect::Handler | Effect::Unknown) && verdict.evidence != Evidence::Stopped;
    // A pausa with handlers, and a pause, hold.
    let holds = verdict.disposition == Disposition::Caught && personality.names.starts_with("paus");
    if !waits || holds {
        return None;
    }
    main.verdict = verdict.with(Effect::Forwards, Evidence::Init);
    let is_ours = personality.names == Personality::ours().names;
    process.verdict = match may_signal(status, &its_status) {
        _ if options(main).changes_signal => process.verdict.with(Effect::Unknown, Evidence::Options),
        Some(true) => process.verdict,
        Some(false) if !is_ours => process.verdict.with(Effect::None, Evidence::NotPermitted),
        _ => process.verdict.with(Effect::Unknown, Evidence::NotPermitted),
    };
    Some(process)
}

/// The child that an init has started: the first.
fn first_child(parent: Pid) -> Option<Stat> {
    let mut first: Option<Stat> = None;
    let _ = sys::each_name(b"/proc\0", &mut |name| {
        let stat = decimal(name).and_then(|number| stat_of(Pid::new(number as i32)));
        if let Some(stat) = stat.filter(|stat| stat.parent == parent && stat.pid != sys::getpid())
            && first
                .is_none_or(|first| (stat.started, stat.pid.number()) < (first.started, first.pid.number()))
        {
            first = Some(stat);
        }
    });
    first
}

/// What the options of an init change.
#[derive(Clone, Copy, Default)]
struct Options {
    changes_signal: bool,
    changes_status: bool,
}

/// Reads the options of a known init, by its own grammar, from its command line and from `PAUSA_OPTIONS`.
fn options(init: &Process) -> Options {
    let mut buffer = [0; 4096];
    let length = read_of(init.stat.pid, b"/cmdline\0", &mut buffer).len();
    let words = buffer.get_mut(..length).unwrap_or(&mut []);
    // A blank is part of its word; the words are what is between NULs.
    words.iter_mut().filter(|byte| matches!(**byte, 1..=b' ')).for_each(|byte| *byte = b'_');
    let mut options = Options::default();
    let personality = Personality::from_argv0(split(words, 0).next().unwrap_or(&[]));
    let behind = words.iter().position(|&byte| byte == 0).unwrap_or(words.len());
    options.read(words.get(behind..).unwrap_or(&[]), personality);
    let mut environment = [0; 16384];
    let text = read_of(init.stat.pid, b"/environ\0", &mut environment);
    // What cannot be read, or not whole, may have anything.
    options.changes_signal |= text.is_empty() || text.len() == environment_limit();
    for variable in split(text, 0) {
        if let Some(ours) = variable.strip_prefix(OUR_VARIABLE).and_then(|rest| rest.strip_prefix(b"=")) {
            options.read(ours, Personality::ours());
        }
    }
    options
}

const fn environment_limit() -> usize {
    16384
}

impl Options {
    fn read(&mut self, words: &[u8], personality: &Personality) {
        let mut options = Getopt::new(Words::Text(words), personality.grammar, Order::Exact);
        while let Found::Option(entry, _) = options.next() {
            match entry.option {
                OptionName::Rewrite | OptionName::Stop | OptionName::Delay | OptionName::Drain => {
                    self.changes_signal = true;
                }
                OptionName::Remap => self.changes_status = true,
                _ => {}
            }
        }
    }
}

/// What a main process ends with, where that is known.
#[must_use]
pub fn exit_status(main: &Main, signal: Signal) -> Option<u8> {
    use crate::policy::disposition::Stop;
    let by_signal = Some(128 + signal.number());
    match (main.stop, main.child) {
        (Stop::Killed, _) => Some(137),
        (Stop::Ends, Some(_)) if options(&main.process).changes_status => None,
        (Stop::Ends, _) => by_signal,
        _ => None,
    }
}
