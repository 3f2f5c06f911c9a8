//! The truth of the simulated world: processes, their ends, signals among them, time. It does what Linux does, as far as
//! a supervisor can tell; `real.rs` holds it against the real kernel.

use crate::choices::Choices;
use crate::judge::{Judge, Owed};
use crate::orders::Orders;
use crate::process::{Info, Process, React, State};
use pausa::model::errno::Errno;
use pausa::model::process::Recipient;
use pausa::model::signal::Signal;
use std::cell::RefCell;

pub const SECOND: u64 = 1_000_000_000;

/// What one call costs.
const TICK: u64 = 1000;

/// Something that happens at a moment.
pub type Act = Box<dyn FnOnce(&mut Truth)>;

/// A handle on the world: what `Supervisor` is given is a reference to this.
pub struct World(pub RefCell<Truth>);

/// The terminal of our session.
#[derive(Clone, Copy, Debug)]
pub struct Tty {
    pub session: i32,
    pub foreground: i32,
}

/// A call that fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub call: Call,
    /// So many succeed before.
    pub after: u32,
    pub for_ever: bool,
    pub errno: Errno,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    Now,
    Own,
    Wait,
    Take,
    Kill,
    KillAs,
    Requeue,
    Stop,
    Change,
    HasEnded,
    Children,
    Line,
    OpenMessage,
    WriteFile,
    ReadFile,
    Date,
    OpenTerminal,
    Foreground,
    SetForeground,
}

/// An entry of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    Call(Call),
    Kill(Recipient, Signal, Result<(), Errno>),
    Received(Signal),
    Changed(i32, i32),
    Happens(&'static str, i32),
    Slept(u64),
}

/// When a life begins: the kernel's clock has run for some time.
pub const BEGINNING: u64 = 100 * SECOND;

pub struct Truth {
    pub now: u64,
    pub orders: &'static Orders,
    pub own: i32,
    pub child: i32,
    pub processes: Vec<Process>,
    /// Numbers for processes are given in order, and again from the lowest on after the highest.
    pub next: i32,
    pub highest: i32,
    order: u64,
    /// Whether we may signal every user's processes: CAP_KILL.
    pub may_kill: bool,
    /// Whether a process of ours may take on any user: CAP_SETUID.
    pub may_set_user: bool,
    /// How long it is before such a process runs.
    pub messengers_take: u64,
    pub adopts: bool,
    pub tty: Option<Tty>,
    /// Whether the child has begun in our group, below a shell.
    pub shares_group: bool,
    pub has_proc: bool,
    /// Linux 6.9: a queued signal for a group.
    pub queues_to_groups: bool,
    /// What write(2) to stderr says.
    pub stderr: Option<Errno>,
    pub files: Option<Errno>,
    pub oom_kills: u64,
    /// What the file of the message has.
    pub paper: Vec<u8>,
    pub schedule: Vec<(u64, Act)>,
    pub choices: Choices,
    /// So many events may yet happen before a call, and of these kinds.
    pub events: u32,
    pub scope: &'static [crate::events::Kind],
    /// How often of 256 times one happens before a call.
    pub rate: u32,
    /// Whether a signal that is sent may be acted on later.
    pub is_lazy: bool,
    /// So many of these signals are sent to us, one before each wait; and so many processes end before each look.
    pub flood: (Signal, u32),
    pub orphans: u32,
    pub fault: Option<Fault>,
    pub log: Vec<Entry>,
    pub lines: u32,
    pub names: Vec<(&'static str, i32)>,
    /// What processes have acted on.
    pub heard: Vec<(i32, Signal)>,
    pub judge: Judge,
    pub closing: bool,
}

impl Truth {
    /// Ourselves as `own`, with a parent outside of our group, and a child as `orders` place it.
    pub fn new(orders: &'static Orders, own: i32, choices: Choices) -> Self {
        use pausa::cli::config::Place;
        let child = own + 1;
        let (our_group, our_session) = (own, if own == 1 { 1 } else { 2 });
        let mut us = Process::new(own, own - 1, our_group, our_session);
        us.reacts = [React::Block; 65];
        let mut truth = Self {
            now: BEGINNING,
            orders,
            own,
            child,
            processes: Vec::with_capacity(8),
            next: child + 1,
            highest: child + 40,
            order: 0,
            may_kill: true,
            may_set_user: true,
            messengers_take: 0,
            adopts: own == 1 || orders.config.adopts_orphans,
            tty: None,
            shares_group: false,
            has_proc: true,
            queues_to_groups: true,
            stderr: None,
            files: None,
            oom_kills: 0,
            paper: Vec::new(),
            schedule: Vec::new(),
            choices,
            events: 0,
            scope: &[],
            rate: 0,
            is_lazy: false,
            flood: (Signal::HUP, 0),
            orphans: 0,
            fault: None,
            log: Vec::with_capacity(64),
            lines: 0,
            names: Vec::new(),
            heard: Vec::new(),
            judge: Judge { passed_over: vec![0; 65], ..Judge::default() },
            closing: false,
        };
        if own != 1 {
            // The shell, a job's parent; it is nobody whom we could wait for.
            let mut shell = Process::new(2, 1, 2, 2);
            shell.reacts = [React::Ignore; 65];
            truth.processes.push(shell);
            us.parent = 2;
        }
        truth.processes.push(us);
        let (group, session) = match orders.config.place {
            Place::OwnSession => (child, child),
            Place::OurGroup => (our_group, our_session),
            _ => (child, our_session),
        };
        truth.add(Process::new(child, own, group, session));
        truth
    }

    // ------------------------------------------------------------------------------------------------ processes

    pub fn at(&self, pid: i32) -> Option<usize> {
        self.processes.iter().position(|process| process.pid == pid)
    }

    pub fn get(&self, pid: i32) -> Option<&Process> {
        self.processes.iter().find(|process| process.pid == pid)
    }

    pub fn get_mut(&mut self, pid: i32) -> Option<&mut Process> {
        self.processes.iter_mut().find(|process| process.pid == pid)
    }

    pub fn us(&mut self) -> &mut Process {
        let own = self.own;
        self.get_mut(own).expect("we live")
    }

    /// Our children in the kernel's order.
    pub fn first_child(&self, fits: impl Fn(&Process) -> bool) -> Option<i32> {
        let ours = self.processes.iter().filter(|process| process.parent == self.own && fits(process));
        ours.min_by_key(|process| process.order).map(|process| process.pid)
    }

    pub const fn last_order(&self) -> u64 {
        self.order
    }

    fn add(&mut self, mut process: Process) {
        self.order += 1;
        process.order = self.order;
        self.processes.push(process);
    }

    /// A number is busy as long as a process, a group or a session has it (`struct pid`).
    fn is_busy(&self, number: i32) -> bool {
        self.processes.iter().any(|process| [process.pid, process.group, process.session].contains(&number))
    }

    /// fork(2): what is inherited is inherited.
    pub fn fork(&mut self, parent: i32) -> i32 {
        let Some(above) = self.get(parent) else { return 0 };
        let (group, session, uid, reacts) = (above.group, above.session, above.uid, above.reacts);
        let lowest = self.own + 1;
        if (lowest..=self.highest).all(|number| self.is_busy(number)) {
            // EAGAIN
            return 0;
        }
        while self.is_busy(self.next) {
            self.next = if self.next >= self.highest { lowest } else { self.next + 1 };
        }
        let pid = self.next;
        self.next = if pid >= self.highest { lowest } else { pid + 1 };
        let mut process = Process::new(pid, parent, group, session);
        process.uid = uid;
        process.reacts = if parent == self.own { [React::Default; 65] } else { reacts };
        self.add(process);
        pid
    }

    /// exit(2), by itself or by a signal.
    pub fn exit(&mut self, pid: i32, wait: i32) {
        let Some(at) = self.at(pid) else { return };
        if self.processes[at].is_zombie() || pid == self.own {
            return;
        }
        let groups: Vec<i32> = self.stopped_jobs();
        self.processes[at].state = State::Zombie(wait);
        self.processes[at].unreported = None;
        self.processes[at].pending.clear();
        let parent = self.processes[at].parent;
        // forget_original_parent: to the end of the new parent's list, in the order of the old one.
        let heir = if self.adopts { self.own } else { 1 };
        while let Some(orphan) =
            self.processes.iter().filter(|p| p.parent == pid).min_by_key(|p| p.order).map(|p| p.pid)
        {
            self.order += 1;
            let order = self.order;
            let orphan = self.get_mut(orphan).expect("just seen");
            (orphan.parent, orphan.order, orphan.is_heir) = (heir, order, parent == heir);
            let (pid, is_zombie, has_stopped) = (orphan.pid, orphan.is_zombie(), orphan.unreported.is_some());
            if is_zombie || has_stopped {
                self.tell_parent(pid);
            }
        }
        for group in groups {
            if !self.is_orphaned(group) {
                continue;
            }
            // kill_orphaned_pgrp
            for signal in [Signal::HUP, Signal::CONT] {
                self.send_to_group(group, signal, Info { code: libc::SI_KERNEL, ..Info::default() });
            }
        }
        let is_reaped_elsewhere = parent != self.own && self.get(parent).is_none_or(|parent| parent.reaps);
        if is_reaped_elsewhere {
            self.processes.retain(|process| process.pid != pid);
        } else {
            self.tell_parent(pid);
        }
    }

    fn stopped_jobs(&self) -> Vec<i32> {
        let stopped = self.processes.iter().filter(|process| process.state == State::Stopped);
        stopped.map(|process| process.group).filter(|&group| !self.is_orphaned(group)).collect()
    }

    pub fn tell_parent(&mut self, pid: i32) {
        let Some(process) = self.get(pid) else { return };
        let (parent, uid) = (process.parent, process.uid);
        if parent == self.own {
            self.us().pending.add(Signal::CHLD, Info { code: libc::CLD_EXITED, pid, uid, value: 0 });
        } else if parent == 1 && process.is_zombie() {
            self.processes.retain(|process| process.pid != pid);
        }
    }

    /// Nobody in it has a parent in another group of the same session (`will_become_orphaned_pgrp`).
    pub fn is_orphaned(&self, group: i32) -> bool {
        !self.processes.iter().any(|process| {
            process.group == group
                && !process.is_zombie()
                && self.get(process.parent).is_some_and(|parent| {
                    parent.group != group && parent.session == process.session && !parent.is_zombie()
                })
        })
    }

    // ----------------------------------------------------------------------------------------------------- time

    pub fn schedule(&mut self, at: u64, act: Act) {
        let place = self.schedule.partition_point(|&(other, _)| other <= at);
        self.schedule.insert(place, (at, act));
    }

    /// Does what is due by now.
    pub fn happen(&mut self) {
        while self.schedule.first().is_some_and(|&(at, _)| at <= self.now) {
            let (_, act) = self.schedule.remove(0);
            act(self);
        }
    }

    /// Before each call of ours: time passes, and things happen.
    pub fn enter(&mut self, call: Call) {
        self.now += TICK;
        self.happen();
        self.log.push(Entry::Call(call));
        self.judge_call();
        while self.events > 0 && self.choices.chance(self.rate) {
            self.events -= 1;
            self.event();
        }
    }

    /// What a call that is to fail says.
    pub fn fails(&mut self, call: Call) -> Option<Errno> {
        let fault = self.fault.as_mut().filter(|fault| fault.call == call)?;
        let errno = fault.errno;
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        if !fault.for_ever {
            self.fault = None;
        }
        self.judge.faulted = Some(call);
        self.judge.owed.retain(|owed| !matches!(owed, Owed::Messenger(..)));
        self.mark(crate::marks::Mark::Fault);
        self.log.push(Entry::Happens("fault", errno.number() as i32));
        Some(errno)
    }
}
