//! A process of the simulated world: who it is, what it does on a signal, and what is pending.

use pausa::model::process::Recipient;
use pausa::model::siginfo::{Received, Siginfo};
use pausa::model::signal::{Signal, SignalSet};

/// What a process does on a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum React {
    /// signal(7), "Standard signals".
    Default,
    Ignore,
    /// A handler that comes back.
    Stay,
    Exit(u8),
    /// Exits so long after.
    ExitAfter(u64, u8),
    /// It blocks the signal, which stays pending: ourselves.
    Block,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Runs,
    Stopped,
    /// With the word for wait4(2).
    Zombie(i32),
}

/// What comes with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Info {
    pub code: i32,
    pub pid: i32,
    pub uid: u32,
    pub value: usize,
}

/// Signals that have been sent and not been taken.
#[derive(Clone, Debug, Default)]
pub struct Pending(Vec<(u8, Info)>);

/// What the kernel takes first, whatever else is pending (`SYNCHRONOUS_MASK` in kernel/signal.c).
const FAULTS: SignalSet =
    SignalSet::of(&[Signal::SEGV, Signal::BUS, Signal::ILL, Signal::TRAP, Signal::FPE, Signal::SYS]);

impl Pending {
    /// A standard signal is pending once; real-time ones queue (signal(7)).
    pub fn add(&mut self, signal: Signal, info: Info) {
        let number = signal.number();
        if number > 31 || !self.has(signal) {
            self.0.push((number, info));
        }
    }

    pub fn has(&self, signal: Signal) -> bool {
        self.0.iter().any(|&(number, _)| number == signal.number())
    }

    pub fn has_any(&self, set: SignalSet) -> bool {
        self.0
            .iter()
            .any(|&(number, _)| Signal::new(number.into()).is_some_and(|signal| set.contains(signal)))
    }

    pub fn forget(&mut self, signals: &[Signal]) {
        self.0.retain(|&(number, _)| !signals.iter().any(|signal| signal.number() == number));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lowest number first, of one number the oldest; faults before all.
    pub fn take(&mut self, set: SignalSet) -> Option<(Signal, Info)> {
        let mut best: Option<(bool, u8, usize)> = None;
        for (at, &(number, _)) in self.0.iter().enumerate() {
            let signal = Signal::new(number.into())?;
            let rank = (!FAULTS.contains(signal), number, at);
            if set.contains(signal) && best.is_none_or(|best| rank < best) {
                best = Some(rank);
            }
        }
        let (_, number, at) = best?;
        let (_, info) = self.0.remove(at);
        Some((Signal::new(number.into())?, info))
    }
}

pub fn received(signal: Signal, info: Info) -> Received {
    let mut whole = Siginfo::new(signal.number().into(), info.code, info.pid, info.uid);
    whole.value = info.value;
    Received { signal, info: whole }
}

#[derive(Clone, Debug)]
pub struct Process {
    pub pid: i32,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
    pub uid: u32,
    pub state: State,
    /// Stopped by this, and the parent has not asked yet.
    pub unreported: Option<Signal>,
    pub reacts: [React; 65],
    pub pending: Pending,
    /// Its place among its parent's children.
    pub order: u64,
    /// It hangs in the kernel (state D), and so survives SIGKILL.
    pub hangs: bool,
    /// It waits for its children as they end. Else they stay zombies as long as it lives.
    pub reaps: bool,
    /// Truths for the oracles: whether we have asked it to end in a drain, and have tried to kill it.
    pub asked: bool,
    pub struck: bool,
    /// It is sent by us to send this as this user.
    pub errand: Option<(u32, Recipient, Signal)>,
    /// Its parent was our child, so its becoming ours came with a SIGCHLD.
    pub is_heir: bool,
}

impl Process {
    pub const fn new(pid: i32, parent: i32, group: i32, session: i32) -> Self {
        Self {
            pid,
            parent,
            group,
            session,
            uid: 0,
            state: State::Runs,
            unreported: None,
            reacts: [React::Default; 65],
            pending: Pending(Vec::new()),
            order: 0,
            hangs: false,
            reaps: true,
            asked: false,
            struck: false,
            errand: None,
            is_heir: false,
        }
    }

    pub const fn is_zombie(&self) -> bool {
        matches!(self.state, State::Zombie(_))
    }

    pub fn react(&self, signal: Signal) -> React {
        self.reacts[usize::from(signal.number())]
    }

    /// Whether the kernel throws the signal away when it is sent.
    pub fn ignores(&self, signal: Signal) -> bool {
        match self.react(signal) {
            React::Ignore => true,
            React::Default => is_ignored_by_default(signal),
            _ => false,
        }
    }
}

/// signal(7): "Ign", and "Cont" for what runs already.
fn is_ignored_by_default(signal: Signal) -> bool {
    matches!(signal, Signal::CHLD | Signal::CONT)
        || [libc::SIGURG, libc::SIGWINCH].contains(&signal.number().into())
}

pub const STOPS: [Signal; 4] = [Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU];
