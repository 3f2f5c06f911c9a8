//! What may happen in a world, drawn before a call of ours or while we sleep.

use crate::process::{Info, React, State};
use crate::world::{Entry, SECOND, Truth};
use pausa::model::signal::Signal;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// From outside of the namespace.
    Outside(i32),
    /// From a process, by kill(2).
    Inside(i32),
    /// By sigqueue(3).
    Queued(i32),
    ChildExits,
    ChildDies,
    ChildStops,
    ChildContinues,
    ChildForks,
    ChildLeavesGroup,
    ChildChangesUser,
    ChildHangs,
    /// A descendant, in one way or the other.
    OneForks,
    OneForksAway,
    OneEnds,
    OneStops,
    MessengerStops,
    MessengerGoesOn,
    ZombieKeeper,
    ClockJumps,
    Floods(i32),
    Orphans,
    Key(i32),
    ReadsTerminal,
    ForegroundMoves,
    StrangerIsBorn,
    OutOfMemory,
    StderrFills,
    StderrClears,
    NumbersWrap,
}

use Kind::*;

/// All of them.
pub const ALL: &[Kind] = &[
    Outside(libc::SIGTERM),
    ChildExits,
    Outside(libc::SIGINT),
    Outside(libc::SIGHUP),
    Outside(libc::SIGUSR1),
    Outside(libc::SIGCONT),
    Outside(libc::SIGTSTP),
    Outside(libc::SIGSTOP),
    Inside(libc::SIGTERM),
    Inside(libc::SIGUSR2),
    Queued(40),
    Queued(libc::SIGUSR1),
    ChildDies,
    ChildStops,
    ChildContinues,
    ChildForks,
    ChildLeavesGroup,
    ChildChangesUser,
    ChildHangs,
    OneForks,
    OneForksAway,
    OneEnds,
    OneStops,
    MessengerStops,
    MessengerGoesOn,
    ZombieKeeper,
    ClockJumps,
    Floods(libc::SIGHUP),
    Floods(40),
    Orphans,
    Key(libc::SIGTSTP),
    Key(libc::SIGINT),
    ReadsTerminal,
    ForegroundMoves,
    StrangerIsBorn,
    OutOfMemory,
    StderrFills,
    StderrClears,
    NumbersWrap,
];

impl Truth {
    /// One of those in scope happens.
    pub fn event(&mut self) {
        let count = self.scope.len() as u32;
        let kind = self.scope[self.choices.pick(count) as usize];
        let pid = self.happens(kind);
        self.log.push(Entry::Happens(name(kind), pid));
    }

    /// Descendants of ours that are alive, but for the child.
    fn one(&mut self) -> Option<i32> {
        let (own, child) = (self.own, self.child);
        let others: Vec<i32> = self
            .processes
            .iter()
            .filter(|p| {
                p.pid > own && p.pid != child && p.parent != 2 && !p.is_zombie() && p.errand.is_none()
            })
            .map(|p| p.pid)
            .collect();
        if others.is_empty() {
            return None;
        }
        let at = self.choices.pick(others.len() as u32) as usize;
        Some(others[at])
    }

    fn tell_us(&mut self, number: i32, info: Info) {
        let signal = Signal::new(number).expect("a signal");
        if self.orders.config.contract.collected.contains(signal) {
            let own = self.own;
            self.send(own, signal, info);
        }
    }

    /// Says of whom, if of anybody.
    fn happens(&mut self, kind: Kind) -> i32 {
        let (own, child) = (self.own, self.child);
        let lives = self.get(child).is_some_and(|p| !p.is_zombie()) && self.judge.end.is_none();
        match kind {
            Outside(number) => self.tell_us(number, Info { code: libc::SI_USER, ..Info::default() }),
            Inside(number) => {
                let pid = self.one().unwrap_or(child);
                self.tell_us(number, Info { code: libc::SI_USER, pid, uid: 7, value: 0 });
                return pid;
            }
            Queued(number) => {
                self.tell_us(number, Info { code: libc::SI_QUEUE, pid: child, uid: 7, value: 42 })
            }
            ChildExits if lives && !self.is_stuck(child) => self.exit(child, 7 << 8),
            ChildDies if lives => self.send_by_stranger(child, Signal::KILL),
            ChildStops if lives => self.send_by_stranger(child, Signal::STOP),
            ChildContinues if lives => self.send_by_stranger(child, Signal::CONT),
            ChildForks if lives && !self.is_stuck(child) => return self.fork(child),
            ChildLeavesGroup if lives => {
                if let Some(process) = self.get_mut(child).filter(|process| process.session != process.pid) {
                    process.group = own;
                }
            }
            ChildChangesUser if lives => {
                self.get_mut(child).into_iter().for_each(|process| process.uid = 1000)
            }
            ChildHangs if lives => self.get_mut(child).into_iter().for_each(|process| process.hangs = true),
            OneForks | OneForksAway => {
                if let Some(pid) = self.one().filter(|&pid| !self.is_stuck(pid)) {
                    let new = self.fork(pid);
                    if kind == OneForksAway
                        && let Some(process) = self.get_mut(new)
                    {
                        (process.group, process.session) = (new, new);
                    }
                    return new;
                }
            }
            OneEnds => {
                if let Some(pid) = self.one().filter(|&pid| !self.is_stuck(pid)) {
                    self.exit(pid, 0);
                    return pid;
                }
            }
            OneStops => {
                if let Some(pid) = self.one() {
                    self.send_by_stranger(pid, Signal::STOP);
                    return pid;
                }
            }
            MessengerStops | MessengerGoesOn => {
                // As the user whom it has taken on can.
                if let Some(pid) =
                    self.first_child(|process| process.errand.is_some() && !process.is_zombie())
                {
                    let signal = if kind == MessengerStops { Signal::STOP } else { Signal::CONT };
                    self.send_by_stranger(pid, signal);
                    return pid;
                }
            }
            ZombieKeeper => self.get_mut(child).into_iter().for_each(|process| process.reaps = false),
            ClockJumps => {
                let wait = [SECOND, 3600 * SECOND, 1_000_000][self.choices.pick(3) as usize];
                self.now += wait;
                self.happen();
            }
            Floods(number) => {
                let signal = Signal::new(number).expect("a signal");
                if self.orders.config.contract.collected.contains(signal) {
                    self.flood = (signal, 40);
                }
            }
            Orphans => self.orphans = 100,
            Key(number) => {
                if let Some(tty) = self.tty {
                    let signal = Signal::new(number).expect("a signal");
                    self.send_to_group(
                        tty.foreground,
                        signal,
                        Info { code: libc::SI_KERNEL, ..Info::default() },
                    );
                }
            }
            ReadsTerminal if lives => {
                let group = self.get(child).map_or(0, |process| process.group);
                if self.tty.is_some_and(|tty| tty.foreground != group) && group != own {
                    let info = Info { code: libc::SI_KERNEL, ..Info::default() };
                    self.send_to_group(group, Signal::TTIN, info);
                }
            }
            ForegroundMoves => {
                let group = [2, own, child][self.choices.pick(3) as usize];
                if let Some(tty) = &mut self.tty {
                    tty.foreground = group;
                }
            }
            StrangerIsBorn if own != 1 => {
                let new = self.fork(2);
                if let Some(process) = self.get_mut(new) {
                    process.group = new;
                }
                if new == child {
                    self.mark(crate::marks::Mark::NumberReused);
                }
                return new;
            }
            OutOfMemory if lives => {
                self.oom_kills += 1;
                self.send_by_stranger(child, Signal::KILL);
            }
            StderrFills => {
                self.stderr = Some(pausa::model::errno::Errno::AGAIN);
                self.mark(crate::marks::Mark::LineLost);
            }
            StderrClears => self.stderr = None,
            NumbersWrap => self.next = own + 1,
            _ => {}
        }
        child
    }

    fn is_stuck(&self, pid: i32) -> bool {
        self.get(pid).is_none_or(|process| process.hangs || process.state != State::Runs)
    }

    fn send_by_stranger(&mut self, pid: i32, signal: Signal) {
        self.send(pid, signal, Info { code: libc::SI_USER, ..Info::default() });
    }

    /// One of a few characters.
    pub fn character(&mut self, pid: i32, number: u32) {
        let Some(process) = self.get_mut(pid) else { return };
        let mut on = |signals: &[i32], react: React| {
            signals.iter().for_each(|&signal| process.reacts[signal as usize] = react);
        };
        match number {
            1 => on(&[libc::SIGTERM, libc::SIGINT, libc::SIGHUP], React::Ignore),
            2 => on(&[libc::SIGTERM, libc::SIGINT, libc::SIGTSTP], React::Stay),
            3 => on(&[libc::SIGTERM, libc::SIGINT], React::Exit(3)),
            4 => on(&[libc::SIGTERM], React::ExitAfter(SECOND / 2, 4)),
            5 => on(&[libc::SIGTERM, libc::SIGINT, libc::SIGQUIT], React::ExitAfter(60 * SECOND, 5)),
            _ => {}
        }
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Outside(_) => "a signal from outside",
        Inside(_) => "a signal from inside",
        Queued(_) => "a queued signal",
        ChildExits => "the child exits",
        ChildDies => "the child is killed",
        ChildStops => "the child is stopped",
        ChildContinues => "the child is continued",
        ChildForks => "the child forks",
        ChildLeavesGroup => "the child leaves its group",
        ChildChangesUser => "the child changes its user",
        ChildHangs => "the child hangs",
        OneForks => "a descendant forks",
        OneForksAway => "a descendant forks into a session",
        OneEnds => "a descendant ends",
        OneStops => "a descendant stops",
        MessengerStops => "a messenger is stopped",
        MessengerGoesOn => "a messenger is continued",
        ZombieKeeper => "the child does not wait",
        ClockJumps => "time passes",
        Floods(_) => "a flood of signals",
        Orphans => "a flood of orphans",
        Key(_) => "a key",
        ReadsTerminal => "the child reads the terminal",
        ForegroundMoves => "the foreground moves",
        StrangerIsBorn => "a stranger is born",
        OutOfMemory => "memory runs out",
        StderrFills => "stderr is full",
        StderrClears => "stderr is read",
        NumbersWrap => "numbers begin anew",
    }
}
