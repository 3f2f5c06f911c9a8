//! Options and a hold: what asks for one, what it makes of options for a command, and whose `PAUSA_OPTIONS` it reads.

use crate::harness::launch::{AsPid1, AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::Process;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::{Catatonit, Pausa, Subject, Tini, original};
use libc::{SIGKILL, SIGTERM, SIGUSR1};
use libtest_mimic::Trial;

/// `PAUSA_OPTIONS`, the arguments, and whether it tells that it holds.
const HOLDS: &[(Subject, &str, &[&str], bool)] = &[
    (Pausa, "", &["-v"], true),
    (Pausa, "", &["-P"], false),
    (Pausa, "", &["--hold", "-v", "-k", "1s", "false"], true),
    (Catatonit, "", &["-P"], false),
    (Catatonit, "", &["-g", "-P", "false"], false),
    // The variable may be set for many containers, some of which hold.
    (Pausa, "-m -k 25s --stop-on QUIT", &[], false),
    (Pausa, "-e 143 -v", &[], true),
];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        for &(subject, variable, arguments, tells) in HOLDS {
            let name =
                format!("asked to hold: {variable:?} {arguments:?} ({}, {})", subject.name(), place.words());
            trials.push(place.trial(name, move || holds(place, subject, variable, arguments, tells)));
        }
    }
    let name = "asked to hold: -p asks for a signal when the parent ends";
    trials.push(AsSubreaper.trial(name.into(), dies_with_its_parent));
    for subject in [Pausa, Tini] {
        let name = format!("entered: the options of PID 1 are not for {}", subject.name());
        trials.push(AsPid1.trial(name, move || leaves_options_to_pid_1(subject)));
    }
    trials.push(AsPid1.trial("entered: below a shell the variable counts".into(), counts_below_a_shell));
    trials
}

fn holds(place: Place, subject: Subject, variable: &str, arguments: &[&str], tells: bool) {
    let mut running = Launch::of(subject, place).env("PAUSA_OPTIONS", variable).args(arguments).start();
    if tells {
        assert_eq!(running.stderr_line(), "pausa: holding until SIGTERM or SIGINT");
    }
    let hold = running.pid();
    running.until("the hold to pause", |_| crate::harness::process::is_paused(hold).then_some(()));
    assert!(!Process::has_children(hold), "it runs a command");
    running.kill(SIGTERM);
    let (ended, stdout, _) = running.wait_with_output();
    assert_eq!((ended, stdout.as_str()), (Code(0), ""));
}

/// A shell starts a hold and dies of SIGKILL. What the hold gets is its end, by default.
fn dies_with_its_parent() {
    let path = Pausa.path();
    let launch = Launch::program("/bin/sh", AsSubreaper).args(["-c", "\"$@\" & wait", "sh"]);
    let mut running = launch.args(path.to_str()).args(["-v", "-p", "USR1"]).start();
    assert_eq!(running.stderr_line(), "pausa: holding until SIGTERM or SIGINT");
    let is_hold = |process: &Process| process.name == "pausa";
    let hold = running.processes().into_iter().find(is_hold).expect("the hold below its shell").pid;
    running.kill(SIGKILL);
    let is_over = |process: Option<Process>| process.is_none_or(|process| process.state == 'Z');
    running.until(&format!("the end of the hold by {SIGUSR1}"), |_| is_over(Process::of(hold)).then_some(()));
}

fn held() -> Running {
    let mut running = Launch::of(Pausa, AsPid1).args(["-v"]).start();
    assert_eq!(running.stderr_line(), "pausa: holding until SIGTERM or SIGINT");
    running
}

/// As `docker exec` does it: the environment is that of the container.
fn leaves_options_to_pid_1(subject: Subject) {
    let running = held();
    let path = subject.path();
    let script = "echo ${PAUSA_OPTIONS-gone}; exit 7";
    for options in ["-t all", "-e 7:9", "--nonsense"] {
        let launch = running.enter().args(path.to_str()).args(["--", "sh", "-c", script]);
        let (ended, stdout, _) = launch.env("PAUSA_OPTIONS", options).start().wait_with_output();
        assert_eq!((ended, stdout.as_str()), (Code(7), "gone\n"), "{options}");
    }
}

/// Who set it there, below whatever was entered, meant it.
fn counts_below_a_shell() {
    let running = held();
    let path = Pausa.path();
    let script = "PAUSA_OPTIONS='-e 7:9' \"$@\"; exit $?";
    let launch = running.enter().args(["sh", "-c", script, "sh"]).args(path.to_str());
    assert_eq!(launch.args(["sh", "-c", "exit 7"]).start().wait(), Code(9));
}
