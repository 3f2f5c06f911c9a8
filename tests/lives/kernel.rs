//! `pausa::sys::Kernel` for the simulated world: each call lets the world go on, may fail, does what Linux does, and is
//! judged.

use crate::process::{Info, STOPS, State, received};
use crate::world::{Call, Entry, Truth, World};
use pausa::model::errno::Errno;
use pausa::model::process::{Change, Fd, Pid, Recipient, Usage};
use pausa::model::siginfo::Received;
use pausa::model::signal::{Signal, SignalSet};
use pausa::model::status::WaitStatus;
use pausa::sys::Kernel;
use pausa::time::Nanoseconds;
use std::cell::RefMut;

/// The terminal's descriptor.
/// The number of the file that has the message.
const MESSAGE: Fd = Fd::new(8);

const TERMINAL: Fd = Fd::new(9);

impl World {
    fn enter(&self, call: Call) -> RefMut<'_, Truth> {
        let mut truth = self.0.borrow_mut();
        truth.enter(call);
        truth
    }

    /// The same for a call that may fail.
    fn call(&self, call: Call) -> Result<RefMut<'_, Truth>, Errno> {
        let mut truth = self.enter(call);
        match truth.fails(call) {
            Some(errno) => Err(errno),
            None => Ok(truth),
        }
    }
}

impl Truth {
    /// Whom a signal of this process is for.
    fn recipients(&self, by: i32, to: Recipient) -> Vec<i32> {
        let fits = |pid: i32, group: i32| match to {
            Recipient::Process(one) => pid == one.raw(),
            Recipient::Group(leader) => group == leader.raw(),
            Recipient::OwnGroup => self.get(by).is_some_and(|sender| sender.group == group),
            Recipient::Everyone => pid > 1 && pid != by,
        };
        self.processes.iter().filter(|p| fits(p.pid, p.group)).map(|p| p.pid).collect()
    }

    /// kill(2). A zombie is somebody. Whoever is sent something and may be is a success; for everyone, even those
    /// whom we may not signal are (`kill_something_info`).
    pub fn kill(&mut self, by: i32, to: Recipient, signal: Signal, info: Info) -> Result<(), Errno> {
        let mut result = Err(Errno::SRCH);
        for pid in self.recipients(by, to) {
            if self.may_signal(by, pid, signal) {
                result = Ok(());
                self.send(pid, signal, info);
            } else if to == Recipient::Everyone {
                result = Ok(());
            } else if result == Err(Errno::SRCH) {
                result = Err(Errno::PERM);
            }
        }
        result
    }

    fn own_info(&self) -> Info {
        let uid = self.get(self.own).map_or(0, |us| us.uid);
        Info { code: libc::SI_USER, pid: self.own, uid, value: 0 }
    }

    /// Sleeps until `end`, or until something is pending; what there is to happen happens.
    fn sleep(&mut self, set: SignalSet, end: Option<u64>) {
        while !self.us().pending.has_any(set) {
            if self.settle() {
                continue;
            }
            if self.events > 0 && self.choices.chance(self.rate.max(128)) {
                self.events -= 1;
                self.event();
                continue;
            }
            let next = self.schedule.first().map(|&(at, _)| at);
            match (next, end) {
                (Some(at), end) if end.is_none_or(|end| at <= end) => self.pass(at),
                (_, Some(end)) => return self.pass(end),
                (_, None) => self.close(),
            }
        }
    }

    fn pass(&mut self, at: u64) {
        self.log.push(Entry::Slept(at.saturating_sub(self.now)));
        self.now = self.now.max(at);
        self.happen();
    }

    /// The story is over, and we would sleep for ever: the world lets those go whom we wait for.
    fn close(&mut self) {
        self.closing = true;
        let ours = |truth: &Self, pid: i32| truth.get(pid).is_some_and(|process| !process.is_zombie());
        let awaited = if ours(self, self.child) {
            Some(self.child)
        } else {
            self.first_child(|process| !process.is_zombie())
        };
        let Some(pid) = awaited else { self.wrong("it sleeps for ever, and nobody is left") };
        self.log.push(Entry::Happens("ends at last", pid));
        if let Some(process) = self.get_mut(pid) {
            process.hangs = false;
        }
        self.exit(pid, 0);
    }

    /// We look at our children: where orphans come without end, one more has come and ended.
    fn look(&mut self) -> Result<(), Errno> {
        if self.orphans > 0 {
            self.orphans -= 1;
            self.now += 100_000;
            let own = self.own;
            let pid = self.fork(own);
            self.exit(pid, 0);
        }
        self.judge_looks();
        self.first_child(|_| true).map(drop).ok_or(Errno::CHILD)
    }

    fn changed(&self, of: Option<i32>) -> Option<i32> {
        self.first_child(|process| {
            (process.is_zombie() || process.unreported.is_some()) && of.is_none_or(|of| process.pid == of)
        })
    }

    /// We are stopped. Somebody continues us: by the script, or as a shell's `fg`.
    fn stay_stopped(&mut self) {
        self.us().pending.forget(&[Signal::CONT]);
        self.us().state = State::Stopped;
        while self.us().state == State::Stopped {
            if self.settle() {
                continue;
            }
            if let Some(&(at, _)) = self.schedule.first() {
                self.pass(at);
                continue;
            }
            let group = self.us().group;
            if self.choices.pick(2) == 0
                && let Some(tty) = &mut self.tty
            {
                tty.foreground = group;
            }
            self.log.push(Entry::Happens("the shell continues us", group));
            self.send_to_group(group, Signal::CONT, Info { code: libc::SI_USER, pid: 2, uid: 0, value: 0 });
        }
    }
}

impl Kernel for &World {
    fn now(self) -> Result<Nanoseconds, Errno> {
        let mut truth = self.call(Call::Now)?;
        truth.judge.clock = truth.now;
        Ok(Nanoseconds::new(truth.now))
    }

    fn own_pid(self) -> Pid {
        Pid::new(self.enter(Call::Own).own)
    }

    fn own_group(self) -> Pid {
        Pid::new(self.enter(Call::Own).us().group)
    }

    fn group_of(self, process: Pid) -> Result<Pid, Errno> {
        let truth = self.call(Call::Own)?;
        truth.get(process.raw()).map(|process| Pid::new(process.group)).ok_or(Errno::SRCH)
    }

    fn wait_signal(self, signals: SignalSet, limit: Option<Nanoseconds>) -> Result<Option<Received>, Errno> {
        let mut truth = self.enter(Call::Wait);
        let truth = &mut *truth;
        if truth.flood.1 > 0 {
            truth.flood.1 -= 1;
            truth.now += 1_000_000;
            let info = Info { code: libc::SI_QUEUE, pid: truth.child, uid: 0, value: truth.flood.1 as usize };
            let (own, signal) = (truth.own, truth.flood.0);
            truth.send(own, signal, info);
        }
        let stopped = truth.judge.has_stopped_us.take();
        if stopped.is_none() {
            truth.judge_wait(signals, limit);
        }
        if let Some(errno) = truth.fails(Call::Wait) {
            if stopped.is_some() {
                truth.judge.owed.clear();
            }
            return Err(errno);
        }
        let end = limit.map(|limit| truth.now.saturating_add(limit.get()));
        if limit != Some(Nanoseconds::ZERO) {
            truth.sleep(signals, end);
        }
        let taken = truth.us().pending.take(signals);
        match stopped {
            Some(stopped) => truth.judge_witness(taken, stopped),
            None => truth.judge_received(taken),
        }
        Ok(taken.map(|(signal, info)| received(signal, info)))
    }

    fn take_pending(self, signal: Signal) -> bool {
        let mut truth = self.enter(Call::Take);
        truth.us().pending.take(SignalSet::only(signal)).is_some()
    }

    fn kill_as(self, user: u32, to: Recipient, signal: Signal) -> Result<Pid, Errno> {
        let mut truth = self.enter(Call::KillAs);
        truth.judge_messenger(to, signal);
        match truth.fails(Call::KillAs) {
            Some(errno) => Err(errno),
            None => truth.send_messenger(user, to, signal).map(Pid::new).ok_or(Errno::AGAIN),
        }
        .inspect_err(|_| truth.judge.child_refused |= signal == Signal::KILL)
    }

    fn kill(self, to: Recipient, signal: Signal) -> Result<(), Errno> {
        let mut truth = self.enter(Call::Kill);
        truth.judge_kill(to, signal);
        let result = match truth.fails(Call::Kill) {
            Some(errno) => Err(errno),
            None => {
                let (own, info) = (truth.own, truth.own_info());
                truth.kill(own, to, signal, info)
            }
        };
        truth.judge_killed(to, signal, result);
        let own = truth.own;
        if own != 1 && to == Recipient::Process(Pid::new(own)) && signal == Signal::STOP {
            truth.stay_stopped();
        }
        result
    }

    fn requeue(self, to: Recipient, signal: Signal, received: &Received) -> Result<(), Errno> {
        let mut truth = self.enter(Call::Requeue);
        truth.judge_requeue(to, signal);
        let info = &received.info;
        let info = Info { code: info.code, pid: info.pid, uid: info.uid, value: info.value };
        let own = truth.own;
        let result = match (truth.fails(Call::Requeue), to) {
            (Some(errno), _) => Err(errno),
            (None, Recipient::Process(_)) => truth.kill(own, to, signal, info),
            (None, Recipient::Group(_)) if truth.queues_to_groups => truth.kill(own, to, signal, info),
            (None, Recipient::Group(_)) => Err(Errno::INVAL),
            (None, _) => Err(Errno::AGAIN),
        };
        truth.judge_requeued(result);
        result
    }

    fn stop(self, whom: Recipient, signal: Signal) {
        let mut truth = self.enter(Call::Stop);
        let info = truth.own_info();
        let group = truth.us().group;
        truth.judge_stop();
        if whom == Recipient::OwnGroup {
            truth.send_to_group(group, signal, info);
        }
        truth.us().pending.forget(&STOPS);
        // PID 1 does not stop by this, nor a group that nobody could continue.
        let stops = truth.own != 1 && (signal == Signal::STOP || !truth.is_orphaned(group));
        if stops {
            truth.stay_stopped();
        }
        truth.judge_stopped(stops);
    }

    fn next_changed(self) -> Result<Option<Pid>, Errno> {
        let mut truth = self.call(Call::HasEnded)?;
        truth.look()?;
        Ok(truth.changed(None).map(Pid::new))
    }

    fn next_change(self, of: Option<Pid>) -> Result<Option<Change>, Errno> {
        let mut truth = self.call(Call::Change)?;
        let truth = &mut *truth;
        truth.look()?;
        let Some(pid) = truth.changed(of.map(Pid::raw)) else { return Ok(None) };
        let process = truth.get_mut(pid).expect("just found");
        let word = match (process.state, process.unreported.take()) {
            (State::Zombie(word), _) => word,
            (_, Some(signal)) => i32::from(signal.number()) << 8 | 0x7f,
            _ => 0,
        };
        let is_gone = process.is_zombie();
        if is_gone {
            truth.processes.retain(|process| process.pid != pid);
        }
        truth.judge_changed(pid, word, is_gone);
        Ok(Some(Change { pid: Pid::new(pid), wait: WaitStatus::new(word), usage: Usage::NONE }))
    }

    fn has_ended(self, child: Pid) -> Result<bool, Errno> {
        let truth = self.call(Call::HasEnded)?;
        let process = truth.get(child.raw()).filter(|process| process.parent == truth.own);
        process.map(|process| process.is_zombie()).ok_or(Errno::CHILD)
    }

    fn each_child(self, mut visit: impl FnMut(Pid)) -> Result<(), Errno> {
        let mut truth = self.enter(Call::Children);
        let fails = truth.fails(Call::Children).or((!truth.has_proc).then_some(Errno::NOENT));
        if let Some(errno) = fails {
            truth.judge_lacks_list();
            return Err(errno);
        }
        truth.judge_lists();
        let own = truth.own;
        let mut children: Vec<(u64, i32)> =
            truth.processes.iter().filter(|p| p.parent == own).map(|p| (p.order, p.pid)).collect();
        drop(truth);
        children.sort_unstable();
        children.into_iter().for_each(|(_, pid)| visit(Pid::new(pid)));
        Ok(())
    }

    fn write_line(self, fd: Fd, line: &[u8]) -> Result<(), Errno> {
        let mut truth = self.call(Call::Line)?;
        truth.judge_line(fd, line);
        truth.stderr.map_or(Ok(()), Err)
    }

    fn date(self) -> Result<Nanoseconds, Errno> {
        let truth = self.call(Call::Date)?;
        Ok(Nanoseconds::new(1_764_097_435_000_000_000 + truth.now))
    }

    fn open_message(self, path: &[u8]) -> Result<Fd, Errno> {
        let mut truth = self.enter(Call::OpenMessage);
        truth.judge_path(path);
        let refusal = truth.fails(Call::OpenMessage);
        truth.judge.may_write = refusal.is_none();
        refusal.map_or(Ok(MESSAGE), Err)
    }

    fn replace(self, fd: Fd, page: &[u8], length: usize) -> Result<(), Errno> {
        let mut truth = self.enter(Call::WriteFile);
        truth.demand(fd == MESSAGE, "10: it writes to what is not open");
        let refusal = truth.fails(Call::WriteFile).or(truth.files);
        truth.take_message(&page[..length], refusal)
    }

    fn write_stream(self, _: &[u8], _: &[u8]) -> Result<(), Errno> {
        self.call(Call::WriteFile).map(drop)
    }

    fn read_end(self, _: Fd, buffer: &mut [u8]) -> Result<&mut [u8], Errno> {
        let truth = self.call(Call::ReadFile)?;
        let length = truth.paper.len().min(buffer.len());
        buffer[..length].copy_from_slice(&truth.paper[..length]);
        Ok(&mut buffer[..length])
    }

    fn read_file<'b>(self, path: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
        let text = self.call(Call::ReadFile)?.file(path).ok_or(Errno::NOENT)?;
        let length = text.len().min(buffer.len());
        buffer[..length].copy_from_slice(&text.as_bytes()[..length]);
        Ok(&buffer[..length])
    }

    fn open_terminal(self) -> Option<Fd> {
        let truth = self.call(Call::OpenTerminal).ok()?;
        truth.tty.map(|_| TERMINAL)
    }

    fn foreground(self, _: Fd) -> Result<Pid, Errno> {
        let mut truth = self.call(Call::Foreground)?;
        let tty = truth.tty.ok_or(Errno::NOTTY)?;
        truth.judge.saw_foreground = Some(tty.foreground);
        Ok(Pid::new(tty.foreground))
    }

    fn set_foreground(self, _: Fd, group: Pid) -> Result<(), Errno> {
        let mut truth = self.enter(Call::SetForeground);
        if let Some(errno) = truth.fails(Call::SetForeground) {
            truth.judge.saw_foreground = None;
            return Err(errno);
        }
        truth.judge_foreground(group.raw());
        let tty = truth.tty.ok_or(Errno::NOTTY)?;
        // A zombie is in its group yet; a group of another session is refused.
        match truth.processes.iter().find(|process| process.group == group.raw()) {
            None => Err(Errno::SRCH),
            Some(process) if process.session != tty.session => Err(Errno::PERM),
            Some(_) => {
                truth.tty = Some(crate::world::Tty { foreground: group.raw(), ..tty });
                truth.judge_moved();
                Ok(())
            }
        }
    }
}
