//! Supervise: prepare, spawn the command, and hand over to the loop in `supervisor`.

use crate::args::{Command, Env};
use crate::cli::config::{Config, Place};
use crate::message::event::Event;
use crate::model::errno::Errno;
use crate::model::process::{Fd, Pid};
use crate::model::signal::{Signal, SignalSet};
use crate::model::status::ExitStatus;
use crate::policy::facts::{Facts, Memory};
use crate::policy::forward::Target;
use crate::run::cgroup;
use crate::run::jobs::Jobs;
use crate::run::post_mortem::Paper;
use crate::run::report::{fail, refuse, report};
use crate::run::spawn;
use crate::run::supervisor::{Beginning, Supervisor};
use crate::run::terminal::Terminal;
use crate::sys::{self, Caught, Disposition, Linux};
use crate::time::Nanoseconds;

/// Runs `command` and ends with its status, without coming back: the child shares this stack (`sys::clone`). Returns a
/// failure from before the child. `inherited` is the signal mask from before ours.
// 136 bytes less: in `run`, all that is beside it would be further away on the stack.
#[inline(never)]
pub fn supervise(
    command: &Command<'_>,
    env: &Env<'_>,
    config: &Config<'_>,
    inherited: Result<SignalSet, Errno>,
) -> ExitStatus {
    let inherited = match inherited {
        Ok(inherited) => inherited,
        // Signals that are not blocked are not queued: neither they nor the end of the child would be noticed.
        Err(errno) => return refuse(config, errno),
    };
    if config.is_verbose_by_variable {
        report(Linux, config, Event::VerboseByVariable);
    }
    if config.is_single_child_by_variable {
        report(Linux, config, Event::SingleChildByVariable);
    }
    let own = sys::getpid();
    if own != Pid::INIT {
        if config.target == Target::All {
            return fail(config, Event::AllNeedsInit);
        }
        adopt(config);
    }
    follow_parent(config);
    let mut ignored_once = SignalSet::EMPTY;
    let mut terminal = None;
    let mut place = config.place;
    match place {
        Place::OwnGroup => {
            terminal = Terminal::open(Linux);
            if terminal.is_some_and(|terminal| is_job(config, own) || terminal.is_refused()) {
                place = Place::OurGroup;
            }
        }
        Place::OwnSession => ignored_once = give_up_terminal(config, own),
        Place::OurGroup => {}
    }
    let started = match sys::clock() {
        Ok(started) => started,
        // No deadline would ever come.
        Err(errno) if config.needs_clock() => {
            return fail(config, Event::ClockRefused { errno });
        }
        Err(_) => Nanoseconds::ZERO,
    };
    let program = command.name.to_bytes();
    let memory = if config.needs_memory() { cgroup::memory(Linux) } else { Memory::default() };
    // The peak is not the program's yet.
    let before = Memory { peak: None, ..memory };
    let facts = Facts { memory: before.since(&memory), ..Facts::new(program, own == Pid::INIT, started) };
    let mut paper = config.message.map(|path| Paper::open(Linux, config, path));
    if let Some(paper) = &mut paper {
        paper.write(Linux, config, &facts);
    }
    spawn::spawn(command, env, config, place, terminal, inherited, |spawned, failure| {
        let child = match spawned {
            Ok(child) => child,
            Err(errno) => {
                return fail(config, Event::ForkFailed { errno });
            }
        };
        report(Linux, config, Event::Spawned { pid: child, name: program });
        if own == Pid::INIT {
            show_handlers(config.contract.collected);
        }
        // The path of a stream may be relative to the working directory. dumb-init has no message, and leaves.
        let stays = config.message.is_some_and(|path| path.first() != Some(&b'/'));
        if config.contract.leaves_directory && !stays {
            sys::leave_directory();
        }
        if config.contract.closes_descriptors {
            let first = paper.as_mut().map_or(Fd::FIRST_OTHER, Paper::move_down);
            if sys::close_from(first).is_ok() {
                terminal = Terminal::open(Linux);
            }
        }
        // All are blocked already, and these are some of them.
        let _ = sys::set_mask(config.contract.collected);
        let jobs = Jobs::new(terminal, terminal.is_some() && place == Place::OurGroup);
        let beginning = Beginning { child, ignored_once, facts, failure, memory, paper };
        let mut supervisor = Supervisor::new(Linux, config, jobs, beginning);
        supervisor.run();
        supervisor.finish()
    })
}

/// Makes /proc show that we handle `signals`. The kernel shows a signal that is waited for as not caught
/// (proc_pid_status(5)), and Kata's agent sends SIGKILL in place of a SIGTERM that is not caught (`is_signal_handled`).
/// So each gets a handler, which never runs, since all are blocked. The child has been cloned already, and does not
/// inherit them.
fn show_handlers(signals: SignalSet) {
    extern "C" fn never(_: Caught) {}
    let handled = Disposition::handled(never);
    for signal in signals {
        // KILL and STOP are as they are.
        let _ = sys::set_disposition(signal, &handled);
    }
}

/// Whether our process group may be a job, for which a shell above us waits. The leader of a session has no shell above
/// it on its terminal.
fn is_job(config: &Config<'_>, own: Pid) -> bool {
    config.contract.joins_job
        && config.target == Target::Child
        && own != Pid::INIT
        && sys::own_session() != own
}

/// Sets what `--parent-death` asks for, or reports that it cannot.
pub(super) fn follow_parent(config: &Config<'_>) {
    if let Some(signal) = config.parent_death
        && let Err(errno) = sys::set_parent_death_signal(signal)
    {
        report(Linux, config, Event::ParentDeathRefused { errno });
    }
}

/// Becomes a subreaper, so that orphans come to us, or reports that they will not.
fn adopt(config: &Config<'_>) {
    if config.adopts_orphans {
        let event = match sys::become_subreaper() {
            Ok(()) => Event::SubreaperRegistered,
            Err(errno) => Event::SubreaperFailed { errno },
        };
        report(Linux, config, event);
    } else if !sys::is_subreaper() {
        report(Linux, config, Event::NotPid1);
    }
}

/// Gives up the terminal, so that the child's session can have it. Returns the signals that this causes, each of which
/// is to be ignored once.
fn give_up_terminal(config: &Config<'_>, own: Pid) -> SignalSet {
    let (ignored_once, event) = match sys::give_up_terminal(Fd::STDIN) {
        // The leader of a session that gives up its terminal gets SIGHUP and SIGCONT for it (tty_ioctl(4)).
        Ok(()) if sys::own_session() == own => {
            (SignalSet::of(&[Signal::HUP, Signal::CONT]), Event::TerminalGivenUp)
        }
        Ok(()) => (SignalSet::EMPTY, Event::TerminalGivenUpByOther),
        Err(errno) => (SignalSet::EMPTY, Event::TerminalKept { errno }),
    };
    report(Linux, config, event);
    ignored_once
}
