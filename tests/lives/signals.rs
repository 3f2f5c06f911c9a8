//! Signals among the processes of the world: sending, acting on them, and who may.

use crate::marks::Mark;
use crate::process::{Info, React, STOPS, State};
use crate::world::{Entry, Truth};
use pausa::model::errno::Errno;
use pausa::model::process::Recipient;
use pausa::model::signal::{Signal, SignalSet};

impl Truth {
    /// kill(2) from inside or outside, without the question who may.
    pub fn send(&mut self, pid: i32, signal: Signal, info: Info) {
        let Some(at) = self.at(pid) else { return };
        let process = &mut self.processes[at];
        if process.is_zombie() || (pid == self.own && matches!(signal, Signal::STOP | Signal::KILL)) {
            return;
        }
        if STOPS.contains(&signal) {
            process.pending.forget(&[Signal::CONT]);
        } else if signal == Signal::CONT {
            process.pending.forget(&STOPS);
            if process.state == State::Stopped {
                process.state = State::Runs;
                process.unreported = None;
                self.heard.push((pid, signal));
                self.tell_parent(pid);
                self.start_errand(pid, 0);
            }
        }
        let process = &mut self.processes[at];
        if process.react(signal) == React::Block || !process.ignores(signal) {
            process.pending.add(signal, info);
        }
        if !(self.is_lazy && self.choices.chance(64)) {
            self.act(pid);
        }
    }

    pub fn send_to_group(&mut self, group: i32, signal: Signal, info: Info) {
        let members: Vec<i32> = self.processes.iter().filter(|p| p.group == group).map(|p| p.pid).collect();
        members.into_iter().for_each(|member| self.send(member, signal, info));
    }

    /// A process acts on what is pending.
    pub fn act(&mut self, pid: i32) {
        while let Some(at) = self.at(pid) {
            let process = &mut self.processes[at];
            if process.is_zombie() || process.hangs || pid == self.own || process.pending.is_empty() {
                return;
            }
            if process.state == State::Stopped && !process.pending.has(Signal::KILL) {
                return;
            }
            let only = if process.pending.has(Signal::KILL) {
                SignalSet::only(Signal::KILL)
            } else {
                SignalSet::ALL
            };
            let Some((signal, _)) = process.pending.take(only) else { return };
            let react = if signal == Signal::KILL || signal == Signal::STOP {
                React::Default
            } else {
                process.react(signal)
            };
            let group = process.group;
            self.heard.push((pid, signal));
            match react {
                React::Ignore | React::Stay | React::Block => {}
                React::Exit(code) => self.exit(pid, i32::from(code) << 8),
                React::ExitAfter(wait, code) => {
                    let at = self.now + wait;
                    self.schedule(at, Box::new(move |truth| truth.exit(pid, i32::from(code) << 8)));
                }
                React::Default if STOPS.contains(&signal) => {
                    if signal == Signal::STOP || !self.is_orphaned(group) {
                        let process = &mut self.processes[at];
                        (process.state, process.unreported) = (State::Stopped, Some(signal));
                        self.tell_parent(pid);
                    }
                }
                React::Default if signal == Signal::CONT => {}
                React::Default => self.exit(pid, signal.number().into()),
            }
        }
    }

    /// All who have something pending act on it; says whether somebody did.
    pub fn settle(&mut self) -> bool {
        let before = self.heard.len();
        let all: Vec<i32> = self.processes.iter().filter(|p| !p.pending.is_empty()).map(|p| p.pid).collect();
        all.into_iter().for_each(|pid| self.act(pid));
        self.heard.len() > before
    }

    /// Whether one may signal another (`kill_ok_by_cred`, and SIGCONT within a session).
    pub fn may_signal(&self, by: i32, pid: i32, signal: Signal) -> bool {
        let (Some(sender), Some(process)) = (self.get(by), self.get(pid)) else { return false };
        (by == self.own && self.may_kill)
            || sender.uid == process.uid
            || (signal == Signal::CONT && sender.session == process.session)
    }

    /// A new process that is to send a signal as this user: now, or as soon as it runs.
    pub fn send_messenger(&mut self, user: u32, to: Recipient, signal: Signal) -> Option<i32> {
        let pid = self.fork(self.own);
        let process = self.get_mut(pid)?;
        (process.reacts, process.errand) = ([React::Block; 65], Some((user, to, signal)));
        self.start_errand(pid, self.messengers_take);
        self.mark(Mark::Messenger);
        Some(pid)
    }

    fn start_errand(&mut self, pid: i32, wait: u64) {
        let Some(order) = self.get(pid).filter(|process| process.errand.is_some()).map(|p| p.order) else {
            return;
        };
        let errand = move |truth: &mut Self| {
            if truth.get(pid).is_some_and(|process| process.order == order && process.state == State::Runs) {
                truth.run_errand(pid);
            }
        };
        self.schedule(self.now + wait, Box::new(errand));
    }

    /// setresuid(2), kill(2) and an end with the number of the error. The child's number may be somebody else's by then:
    /// that user could send the signal itself.
    fn run_errand(&mut self, pid: i32) {
        let own_uid = self.us().uid;
        let may_become = self.may_set_user;
        let Some((messenger, (user, to, signal))) =
            self.get_mut(pid).and_then(|process| process.errand.map(|errand| (process, errand)))
        else {
            return;
        };
        let sent = if may_become || own_uid == user {
            messenger.uid = user;
            self.kill(pid, to, signal, Info { code: libc::SI_USER, pid, uid: user, value: 0 })
        } else {
            Err(Errno::PERM)
        };
        self.log.push(Entry::Happens("a messenger has sent it", pid));
        self.exit(pid, sent.err().map_or(0, |errno| errno.number() as i32) << 8);
    }
}
