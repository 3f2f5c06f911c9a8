//! dumb-init alone: a session of its own for the child, what its terminal's stop signals become, and its farewell.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::pty::Terminal;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::{RTMAX, name};
use crate::harness::subject::DumbInit;
use crate::harness::trial::{Named, trial};
use libc::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1};
use libtest_mimic::Trial;
use nix::unistd::Pid;

/// What the child's group gets in place of a terminal's stop signal.
#[derive(Clone, Copy, Debug)]
enum Becomes {
    /// SIGSTOP, since the child's group is orphaned and these would not stop it.
    Stop,
    Signal(i32),
    Nothing,
}

const STOPS: &[(&[&str], i32, Becomes)] = &[
    (&[], SIGTSTP, Becomes::Stop),
    (&[], SIGTTIN, Becomes::Stop),
    (&[], SIGTTOU, Becomes::Stop),
    (&["-c"], SIGTSTP, Becomes::Signal(SIGTSTP)),
    (&["-c"], SIGTTIN, Becomes::Signal(SIGTTIN)),
    (&["-c"], SIGTTOU, Becomes::Signal(SIGTTOU)),
    (&["-r", "20:10"], SIGTSTP, Becomes::Signal(SIGUSR1)),
    (&["-r", "20:10"], SIGTTIN, Becomes::Stop),
    // A rewrite to itself is one.
    (&["-r", "20:20"], SIGTSTP, Becomes::Signal(SIGTSTP)),
    (&["-r", "20:0"], SIGTSTP, Becomes::Nothing),
    (&["-c", "-r", "20:10"], SIGTSTP, Becomes::Signal(SIGUSR1)),
];

/// Options, and what the rest of the child's group hears when the child has ended.
const FAREWELLS: &[(&[&str], Option<i32>)] = &[
    (&[], Some(SIGTERM)),
    (&["-r", "15:2"], Some(SIGINT)),
    (&["-r", "15:0"], None),
    (&["-r", "15:0", "-r", "15:10"], Some(SIGUSR1)),
    (&["-c"], None),
];

const NAME: &str = "dumb-init";

pub fn trials() -> Vec<Trial> {
    let rows: [Named<fn(Place)>; 2] = [
        ("leaving its terminal is no SIGHUP and no SIGCONT for the child", leaves_its_terminal),
        ("a rewrite of what cannot come is accepted", accepts_what_cannot_come),
    ];
    let mut trials = Vec::new();
    for place in PLACES {
        for &(options, signal, becomes) in STOPS {
            let title = format!("{options:?} makes {becomes:?} of {}", name(signal));
            trials.push(trial(NAME, place, title, move || stops(place, options, signal, becomes)));
        }
        trials.extend(rows.map(|(title, check)| trial(NAME, place, title, move || check(place))));
    }
    for &(options, farewell) in FAREWELLS {
        let title = format!("{options:?} says {farewell:?} as a farewell");
        trials.push(trial(NAME, AsSubreaper, title, move || says_farewell(options, farewell)));
    }
    trials.push(trial(NAME, AsPid1, "the farewell leaves no time", leaves_no_time));
    trials
}

fn start(launch: Launch) -> (Running, Pid) {
    let mut running = launch.payload("ready").start();
    let child = running.handshake("ready");
    (running, child)
}

/// The init stops itself as well, unless it is PID 1, which cannot.
fn stops(place: Place, options: &[&str], signal: i32, becomes: Becomes) {
    let (mut running, child) = start(Launch::supervising(DumbInit, place, options));
    running.kill(signal);
    match becomes {
        Becomes::Stop => running.until_state(child, "T"),
        Becomes::Signal(number) => {
            let line = running.stdout_line();
            assert!(line.starts_with(&format!("signal {number} ")), "{line}");
        }
        Becomes::Nothing => {}
    }
    // Or it is waiting again, for a SIGSTOP that comes behind our SIGCONT would cost that, even where it stops nobody.
    running.until_state(running.pid(), if place == AsSubreaper { "T" } else { "S" });
    running.kill(SIGCONT);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 18 "), "{line}");
    running.say("exit 42");
    let (ended, stdout, _) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(42), ""));
}

/// A session's leader that gives its terminal up hangs up on its own group (tty_ioctl(4), TIOCNOTTY).
fn leaves_its_terminal(place: Place) {
    let (mut terminal, programs_end) = Terminal::open();
    let launch = Launch::supervising(DumbInit, place, &[]).payload("ready").on_terminal(&programs_end);
    let running = launch.start();
    terminal.expect("ready ");
    terminal.expect("\r\n");
    // The first two that come to the child are these: the second SIGHUP, and the fence.
    for (signal, line) in [(RTMAX, "signal 64 "), (SIGHUP, "signal 1 "), (SIGCONT, "signal 18 ")] {
        running.kill(signal);
        assert_eq!(terminal.expect(line), "", "nothing before {line:?}");
        terminal.expect("\r\n");
    }
    terminal.type_in("exit 42\n");
    assert_eq!(running.wait(), Code(42));
}

fn accepts_what_cannot_come(place: Place) {
    let options = ["-r", "17:15", "-r", "9:15", "-r", "19:15"];
    let (mut running, child) = start(Launch::supervising(DumbInit, place, &options));
    // A grandchild's end is a SIGCHLD, and no SIGTERM for the child.
    running.kill(libc::SIGCHLD);
    running.kill(RTMAX);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 64 "), "{line}");
    assert!(Process::of(child).is_some());
    running.say("exit 42");
    assert_eq!(running.wait(), Code(42));
}

/// In the child's group is a grandchild that outlives it and tells what it hears.
fn says_farewell(options: &[&str], farewell: Option<i32>) {
    let (mut running, grandchild) = outlived(AsSubreaper, options);
    assert_eq!(running.ended(), Code(7));
    // The fence: whatever the init sent came before its end.
    crate::harness::syscall::send(grandchild.as_raw(), RTMAX).expect("the grandchild is there");
    for number in farewell.into_iter().chain([RTMAX]) {
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("grandchild signal {number} ")), "{line}");
    }
}

/// The kernel kills a namespace with its PID 1, and nobody has had a turn before that.
fn leaves_no_time() {
    let (mut running, grandchild) = outlived(AsPid1, &[]);
    assert_eq!(running.ended(), Code(7));
    running.until("the grandchild to be gone", |_| Process::of(grandchild).is_none().then_some(()));
}

/// A subject whose child is told to end, and the grandchild in the child's group.
fn outlived(place: Place, options: &[&str]) -> (Running, Pid) {
    let launch = Launch::supervising(DumbInit, place, options);
    let mut running = launch.payload("group-that-outlives 7").start();
    let grandchild = running.handshake("grandchild");
    running.say("exit");
    running.close_stdin();
    (running, grandchild)
}
