//! What pausa lives through while a call fails.

use super::{Loss, Outcome, Row};
use crate::harness::injection::{Fault, Injected, When};
use crate::harness::launch::Place;
use crate::harness::process::{Process, is_paused};
use crate::harness::pty::Terminal;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Subject, directory};
use libc::{SIGTERM, SIGUSR1};
use nix::unistd::Pid;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Two signals, one of them with a value, and an end.
    Forwarding,
    /// The same with `-v`.
    Verbose,
    /// The same with `-g`.
    Group,
    /// `-k`, and a child that stays.
    Killing,
    /// `-D`, and somebody who is left.
    Draining,
    /// The same with a limit.
    LimitedDraining,
    /// `-m`.
    Message,
    /// `-p`.
    ParentDeath,
    /// At a terminal.
    Terminal,
    /// dumb-init, at a terminal.
    Session,
    /// catatonit.
    Catatonit,
    /// No command.
    Hold,
    /// The same with `-v`.
    VerboseHold,
    /// `--install`.
    Install,
}

pub struct Seen {
    pub stderr: String,
    pub record: String,
}

const REAL_TIME: i32 = 40;

impl Life {
    pub fn words(self) -> &'static str {
        match self {
            Self::Forwarding => "while it forwards",
            Self::Verbose => "with -v",
            Self::Group => "with -g",
            Self::Killing => "with -k",
            Self::Draining => "with -D",
            Self::LimitedDraining => "with -D -k",
            Self::Message => "with -m",
            Self::ParentDeath => "with -p",
            Self::Terminal => "at a terminal",
            Self::Session => "as dumb-init",
            Self::Catatonit => "as catatonit",
            Self::Hold => "while it holds",
            Self::VerboseHold => "while it holds with -v",
            Self::Install => "with --install",
        }
    }

    /// Whether it has lines on stderr when nothing fails.
    pub fn speaks(self) -> bool {
        matches!(self, Self::Verbose | Self::VerboseHold | Self::Killing | Self::LimitedDraining)
    }

    /// Parts of lines that are there when nothing fails.
    fn lines(self) -> &'static [&'static str] {
        match self {
            Self::Verbose => &["started '", "received SIGUSR1", "ended; exit status 7"],
            Self::VerboseHold => &["holding until SIGTERM or SIGINT", "Shutting down, got signal"],
            _ => &[],
        }
    }

    fn subject(self) -> Subject {
        match self {
            Self::Session => DumbInit,
            Self::Catatonit => Catatonit,
            _ => Pausa,
        }
    }

    /// Options, and the payload.
    fn arguments(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Forwarding | Self::Catatonit => (&[], "ready"),
            Self::Verbose => (&["-v"], "ready"),
            Self::Group => (&["-g"], "ready"),
            Self::Killing => (&["-k50ms"], "stubborn"),
            Self::LimitedDraining => (&["-D", "-k50ms"], "orphan-that-outlives 7"),
            Self::Draining => (&["-D"], "orphan-that-outlives 7"),
            Self::Message => (&[], "wait"),
            Self::ParentDeath => (&["-p", "TERM"], "wait"),
            Self::Terminal | Self::Session => (&[], "report"),
            Self::Hold => (&[], ""),
            Self::VerboseHold => (&["-v"], ""),
            Self::Install => (&[], ""),
        }
    }

    pub fn live(self, place: Place, fault: Fault, row: &Row) -> Seen {
        static MESSAGES: AtomicUsize = AtomicUsize::new(0);
        let message = directory().join(format!("injected-message-{}", MESSAGES.fetch_add(1, Relaxed)));
        let mut terminal = None;
        let mut injected = Injected::start(self.subject(), place, fault, |mut launch| {
            let (options, payload) = self.arguments();
            launch = launch.args(options).patience(Duration::from_secs(10));
            if self == Self::Message {
                // What an earlier run has left is longer than ours.
                fs::write(&message, "x".repeat(3000)).expect("make a file");
                launch = launch.args(["-m", &format!("--message={}", message.display())]);
            }
            if self == Self::Install {
                fs::create_dir(&message).expect("make a folder");
                launch = launch.args(["--install"]).args(message.to_str());
            }
            if matches!(self, Self::Terminal | Self::Session) {
                let (ours, theirs) = Terminal::open();
                launch = launch.on_terminal(&theirs);
                terminal = Some(ours);
            }
            if payload.is_empty() { launch.with_zombies(2) } else { launch.args(["--"]).payload(payload) }
        });
        let loses = |loss: Loss| row.loses.contains(&loss);
        if let Outcome::Ends(code, _) = row.outcome {
            if self == Self::Forwarding
                && matches!(fault.when, When::Nth(2))
                && fault.call != "rt_sigprocmask"
            {
                injected.running.handshake("ready");
                injected.running.kill(SIGUSR1);
            }
            if self == Self::Killing && matches!(fault.when, When::Nth(2)) {
                for word in ["member", "orphan", "stranger", "ready"] {
                    injected.running.handshake(word);
                }
                injected.running.kill(SIGTERM);
            }
            assert_eq!(injected.running.ended(), Code(code));
            if self == Self::Message {
                let written = fs::read_to_string(&message).expect("read the message");
                assert!(written.contains("\nstatus: 125\nreason: refused\n"), "{written}");
            }
        } else {
            match self {
                Self::Hold | Self::VerboseHold => hold(&mut injected, &loses),
                Self::Killing => kill(&mut injected.running, &loses),
                Self::Draining | Self::LimitedDraining => drain(&mut injected.running, &loses),
                Self::Install => assert_eq!(injected.running.ended(), Code(0)),
                Self::Terminal | Self::Session => {
                    let terminal = terminal.as_mut().expect("it was opened");
                    terminal.expect("foreground");
                    let child = child_of(&injected.running);
                    if !loses(Loss::Foreground) {
                        assert_eq!(terminal.foreground(), child);
                    }
                    terminal.type_in("exit 7\n");
                    assert_eq!(injected.running.ended(), Code(7));
                }
                Self::Message | Self::ParentDeath => {
                    injected.running.handshake("ready");
                    injected.running.say("exit 7");
                    assert_eq!(injected.running.ended(), Code(7));
                }
                Self::Forwarding | Self::Verbose | Self::Group | Self::Catatonit => {
                    forward(&mut injected, &loses)
                }
            }
            if self == Self::Message {
                let written = fs::read_to_string(&message).expect("read the message");
                assert_eq!(!written.contains("\nreason: "), loses(Loss::Message), "{written:?}");
            }
        }
        if self == Self::Install {
            // All of it or nothing.
            let is_there = matches!(row.outcome, Outcome::Unharmed);
            let names =
                fs::read_dir(&message).expect("read the folder").map(|entry| entry.expect("an entry"));
            let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
            assert_eq!(names, if is_there { vec!["pausa"] } else { Vec::new() });
            if is_there {
                let [ours, copy] =
                    [Pausa.path(), message.join("pausa")].map(|path| fs::read(path).expect("read"));
                assert!(ours == copy, "it is a copy");
            }
        }
        let stderr = injected.running.said_on_stderr();
        if row.outcome == Outcome::Unharmed && !loses(Loss::Lines) {
            for line in self.lines() {
                assert!(stderr.contains(line), "{stderr}");
            }
        }
        Seen { stderr, record: injected.whole_record() }
    }
}

fn child_of(running: &Running) -> Pid {
    let (own, processes) = (running.pid(), running.processes());
    processes.into_iter().find(|process| process.parent == own).expect("a child").pid
}

fn forward(injected: &mut Injected, loses: &dyn Fn(Loss) -> bool) {
    let running = &mut injected.running;
    running.handshake("ready");
    running.kill(SIGUSR1);
    if loses(Loss::Signal) {
        injected.until_injected();
    } else {
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {SIGUSR1} ")), "{line}");
    }
    let running = &mut injected.running;
    running.queue(REAL_TIME, 7);
    let line = running.stdout_line();
    assert!(line.starts_with(&format!("signal {REAL_TIME} ")), "{line}");
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
}

fn is_dead(pid: Pid) -> bool {
    Process::of(pid).is_none_or(|process| process.state == 'Z')
}

fn kill(running: &mut Running, loses: &dyn Fn(Loss) -> bool) {
    let family = ["member", "orphan", "stranger", "ready"].map(|word| running.handshake(word));
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(137));
    if !loses(Loss::Others) {
        assert!(family.into_iter().all(is_dead));
    }
}

fn drain(running: &mut Running, loses: &dyn Fn(Loss) -> bool) {
    let orphan = running.handshake("orphan");
    running.say("exit 7");
    assert_eq!(running.ended(), Code(7));
    if !loses(Loss::Others) {
        assert!(is_dead(orphan));
    }
}

fn hold(injected: &mut Injected, loses: &dyn Fn(Loss) -> bool) {
    let may_stay = loses(Loss::Zombies);
    let is_held = |running: &Running| is_paused(running.pid()) && (may_stay || running.zombies() == 0);
    let running = &mut injected.running;
    running.until("a hold", |running| is_held(running).then_some(()));
    running.kill(SIGTERM);
    assert_eq!(running.ended(), Code(0));
}
