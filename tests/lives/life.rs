//! A life in five lines.
//!
//! ```text
//! life("stays until SIGKILL").pausa("-k 2s").child(ignores(TERM)).at(s(1), outside().kills(TERM)).ends(137).after(s(3))
//! ```
//!
//! Who it is comes first (`as_init`, `below_a_shell`), then what it is told, what its child does on signals, what happens
//! and when, and at last what must come of it. Every oracle holds in every life.

use crate::choices::Choices;
use crate::judge::{SignalSet0, Wrong};
use crate::limits::Limit;
use crate::log::told;
use crate::orders::Orders;
use crate::process::{Info, React};
use crate::world::{Act, Truth, Tty, World};
use pausa::model::errno::Errno;
use pausa::model::process::Pid;
use pausa::model::signal::{Signal, SignalSet};
use pausa::policy::facts::{Facts, Memory};
use pausa::run::jobs::Jobs;
use pausa::run::post_mortem::Paper;
use pausa::run::spawn::Failure;
use pausa::run::supervisor::{Beginning, Supervisor};
use pausa::run::terminal::Terminal;
use pausa::time::Nanoseconds;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what is real in the world that is not.
pub fn live(mut truth: Truth) -> (Result<u8, Wrong>, Truth) {
    truth.judge.turn = truth.now;
    truth.judge.limit = Limit::new(truth.now, truth.orders.timeout);
    let (orders, child, started) = (truth.orders, Pid::new(truth.child), Nanoseconds::new(truth.now));
    let (shares_group, is_init) = (truth.shares_group, truth.own == 1);
    let ignored_once = truth.judge.ignored_once.0;
    let (events, oom_kills) = (std::mem::take(&mut truth.events), truth.oom_kills);
    let world = World(RefCell::new(truth));
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let terminal = Terminal::open(&world);
        world.0.borrow_mut().events = events;
        let jobs = Jobs::new(terminal, shares_group);
        let facts = Facts::new(b"command", is_init, started);
        let memory = Memory { oom_kills: Some(oom_kills), ..Memory::default() };
        let (failure, paper) = (
            &Failure::default(),
            orders.config.message.map(|path| Paper::open(&world, &orders.config, path)),
        );
        let beginning = Beginning { child, ignored_once, facts, failure, memory, paper };
        let mut supervisor = Supervisor::new(&world, &orders.config, jobs, beginning);
        supervisor.run();
        let status = supervisor.finish();
        world.0.borrow_mut().judge_end(status.0);
        status.0
    }));
    let result = lived.map_err(|panic| match panic.downcast::<Wrong>() {
        Ok(wrong) => *wrong,
        Err(panic) => match panic.downcast::<&str>() {
            Ok(text) => Wrong(format!("it panics: {text}")),
            Err(_) => Wrong("it panics".to_owned()),
        },
    });
    (result, world.0.into_inner())
}

pub const TERM: Signal = Signal::TERM;
pub const INT: Signal = Signal::INT;
pub const HUP: Signal = Signal::HUP;
pub const QUIT: Signal = Signal::QUIT;
pub const KILL: Signal = Signal::KILL;
pub const STOP: Signal = Signal::STOP;
pub const TSTP: Signal = Signal::TSTP;
pub const TTIN: Signal = Signal::TTIN;
pub const CONT: Signal = Signal::CONT;

pub const USR1: Signal = Signal::new(libc::SIGUSR1).expect("a signal");

pub const fn s(seconds: u64) -> u64 {
    ms(seconds * 1000)
}

pub const fn ms(milliseconds: u64) -> u64 {
    milliseconds * 1_000_000
}

/// What a process does on signals.
#[derive(Clone, Copy)]
pub struct Manners([React; 65]);

impl Manners {
    pub const fn on(mut self, signal: Signal, react: React) -> Self {
        self.0[signal.number() as usize] = react;
        self
    }
}

/// Everything as a process does that sets nothing.
pub const fn obeys() -> Manners {
    Manners([React::Default; 65])
}

pub const fn ignores(signal: Signal) -> Manners {
    obeys().on(signal, React::Ignore)
}

pub const fn on(signal: Signal, react: React) -> Manners {
    obeys().on(signal, react)
}

/// Somebody who does something.
#[derive(Clone, Copy)]
pub enum Who {
    Outside,
    Child,
    Named(&'static str),
}

pub const fn outside() -> Who {
    Who::Outside
}

pub const fn child() -> Who {
    Who::Child
}

pub const fn process(name: &'static str) -> Who {
    Who::Named(name)
}

impl Who {
    fn pid(self, truth: &Truth) -> i32 {
        match self {
            Self::Outside => 0,
            Self::Child => truth.child,
            Self::Named(name) => {
                let known = truth.names.iter().find(|(known, _)| *known == name);
                known.unwrap_or_else(|| panic!("nobody is called {name}")).1
            }
        }
    }

    /// Signals pausa.
    pub fn kills(self, signal: Signal) -> Act {
        self.sends(signal, libc::SI_USER, 0)
    }

    /// The same with a value: sigqueue(3).
    pub fn queues(self, signal: Signal, value: usize) -> Act {
        self.sends(signal, libc::SI_QUEUE, value)
    }

    fn sends(self, signal: Signal, code: i32, value: usize) -> Act {
        Box::new(move |truth| {
            let (own, pid) = (truth.own, self.pid(truth));
            truth.send(own, signal, Info { code, pid, uid: 0, value });
        })
    }

    /// Is signalled by somebody else, and not through pausa.
    pub fn gets(self, signal: Signal) -> Act {
        Box::new(move |truth| {
            let pid = self.pid(truth);
            truth.send(pid, signal, Info { code: libc::SI_USER, ..Info::default() });
        })
    }

    pub fn exits(self, code: u8) -> Act {
        Box::new(move |truth| {
            let pid = self.pid(truth);
            truth.exit(pid, i32::from(code) << 8);
        })
    }

    pub fn forks(self, name: &'static str, manners: Manners) -> Act {
        Box::new(move |truth| {
            let pid = self.pid(truth);
            let new = truth.fork(pid);
            truth.get_mut(new).expect("new").reacts = manners.0;
            truth.names.push((name, new));
        })
    }

    /// setsid(2).
    pub fn leads_a_session(self) -> Act {
        Box::new(move |truth| {
            let pid = self.pid(truth);
            let process = truth.get_mut(pid).expect("it lives");
            (process.group, process.session) = (pid, pid);
        })
    }

    pub fn hangs(self) -> Act {
        Box::new(move |truth| {
            let pid = self.pid(truth);
            truth.get_mut(pid).expect("it lives").hangs = true;
        })
    }
}

/// A key of the terminal: its signal for the group in the foreground.
pub fn key(signal: Signal) -> Act {
    Box::new(move |truth| {
        let foreground = truth.tty.expect("a terminal").foreground;
        truth.send_to_group(foreground, signal, Info { code: libc::SI_KERNEL, ..Info::default() });
    })
}

/// The shell above continues the job, in the foreground or not.
pub fn shell_continues(foreground: bool) -> Act {
    Box::new(move |truth| {
        let group = truth.us().group;
        if foreground && let Some(tty) = &mut truth.tty {
            tty.foreground = group;
        }
        truth.send_to_group(group, CONT, Info { code: libc::SI_USER, pid: 2, ..Info::default() });
    })
}

/// Anything else.
pub fn world(change: impl FnOnce(&mut Truth) + 'static) -> Act {
    Box::new(change)
}

/// What must hold at the end.
type Check = Box<dyn Fn(&Truth) -> Result<(), String>>;

pub struct Life {
    pub name: &'static str,
    words: &'static str,
    own: i32,
    manners: Manners,
    tty: bool,
    before: Vec<Act>,
    acts: Vec<(u64, Act)>,
    checks: Vec<Check>,
    status: Option<u8>,
    after: Option<u64>,
}

pub fn life(name: &'static str) -> Life {
    Life {
        name,
        words: "pausa",
        own: 1,
        manners: obeys(),
        tty: false,
        before: Vec::new(),
        acts: Vec::new(),
        checks: Vec::new(),
        status: None,
        after: None,
    }
}

impl Life {
    pub fn pausa(self, options: &'static str) -> Self {
        self.called(format!("pausa {options}").leak())
    }

    /// By another name, with its own words, and ours behind a bar.
    pub const fn called(mut self, words: &'static str) -> Self {
        self.words = words;
        self
    }

    /// Not PID 1, but a job in a group of its own.
    pub const fn below_a_shell(mut self) -> Self {
        self.own = 50;
        self
    }

    /// The child has stayed in our group, as a part of the shell's job.
    pub fn in_one_group(self) -> Self {
        self.first(Box::new(Truth::share_group))
    }

    /// The session has a terminal, and the child is in its foreground.
    pub const fn on_a_terminal(mut self) -> Self {
        self.tty = true;
        self
    }

    pub const fn child(mut self, manners: Manners) -> Self {
        self.manners = manners;
        self
    }

    /// Before the supervisor begins.
    pub fn first(mut self, act: Act) -> Self {
        self.before.push(act);
        self
    }

    pub fn at(mut self, time: u64, act: Act) -> Self {
        self.acts.push((time, act));
        self
    }

    pub const fn ends(mut self, status: u8) -> Self {
        self.status = Some(status);
        self
    }

    pub const fn after(mut self, time: u64) -> Self {
        self.after = Some(time);
        self
    }

    /// These and no others, in this order.
    pub fn hears(mut self, who: Who, signals: &'static [Signal]) -> Self {
        self.checks.push(Box::new(move |truth| {
            let pid = who.pid(truth);
            let heard: Vec<Signal> =
                truth.heard.iter().filter(|heard| heard.0 == pid).map(|heard| heard.1).collect();
            if heard == signals { Ok(()) } else { Err(format!("it heard {heard:?} and not {signals:?}")) }
        }));
        self
    }

    pub fn so_that(mut self, what: &'static str, holds: impl Fn(&Truth) -> bool + 'static) -> Self {
        self.checks
            .push(Box::new(move |truth| if holds(truth) { Ok(()) } else { Err(format!("not so: {what}")) }));
        self
    }

    /// What is wrong with it, if something is.
    pub fn run(self) -> Result<(), String> {
        let mut truth = Truth::new(Orders::of(self.words), self.own, Choices::none());
        truth.child_mut().reacts = self.manners.0;
        if self.tty {
            let (child, us) = (truth.child, truth.us().session);
            truth.tty = Some(Tty { session: us, foreground: child });
        }
        let start = truth.now;
        self.before.into_iter().for_each(|act| act(&mut truth));
        for (time, act) in self.acts {
            truth.schedule(start + time, act);
        }
        let (result, truth) = live(truth);
        let fail = |what: String| Err(format!("{what}\n{}", told(&truth)));
        match result {
            Err(Wrong(what)) => return fail(what),
            Ok(status) if self.status.is_some_and(|wanted| wanted != status) => {
                return fail(format!("it ends with {status}"));
            }
            Ok(_) => {}
        }
        let span = (truth.now - start) / 1_000_000;
        if self.after.is_some_and(|wanted| wanted / 1_000_000 != span) {
            return fail(format!("it ends after {span} ms"));
        }
        if truth.closing {
            return fail("the world had to end it".to_owned());
        }
        for check in &self.checks {
            if let Err(what) = check(&truth) {
                return fail(what);
            }
        }
        Ok(())
    }
}

impl Truth {
    pub fn child_mut(&mut self) -> &mut crate::process::Process {
        let child = self.child;
        self.get_mut(child).expect("the child is there")
    }

    /// As `supervise` does for a job of a shell.
    pub fn share_group(&mut self) {
        let own = self.own;
        self.child_mut().group = own;
        self.shares_group = true;
        if let Some(tty) = self.tty.as_mut().filter(|tty| tty.foreground != 2) {
            tty.foreground = own;
        }
    }

    /// What giving up the terminal sends us is not for the child.
    pub const fn ignore_once(&mut self, signals: SignalSet) {
        self.judge.ignored_once = SignalSet0(signals);
    }

    pub const fn fill_stderr(&mut self, errno: Errno) {
        self.stderr = Some(errno);
    }
}
