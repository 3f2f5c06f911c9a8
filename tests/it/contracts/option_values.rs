//! What the options of tini and dumb-init with a value take and refuse: as strtol(3) and sscanf(3) have it, or exactly.

use crate::contracts::dumb_init::BAD_REWRITE;
use crate::harness::launch::{AsPid1, Launch};
use crate::harness::running::Ended::Code;
use crate::harness::subject::{DumbInit, Tini};
use crate::harness::trial::trial;
use libtest_mimic::Trial;

/// What -e takes, and what it does not: strtol(3), to the end of the text.
const CODES: &[&str] = &["-0", "0", "7", "255", "", " 7", "+7", "007", "\t7"];
const NO_CODES: &[&str] = &[
    "0x7",
    "7 ",
    "-1",
    "256",
    "300",
    "abc",
    "7a",
    "+",
    "-",
    " ",
    "--7",
    "4294967296",
    "99999999999999999999",
];

/// What -p takes, and what it does not: these names exactly.
const SIGNALS: &[&str] = &[
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGSYS",
];
const NO_SIGNALS: &[&str] = &[
    "SIGIO",
    "SIGPOLL",
    "SIGPWR",
    "SIGSTKFLT",
    "SIGRTMIN",
    "SIGIOT",
    "SIGCLD",
    "TERM",
    "sigterm",
    "SIGterm",
    "15",
    "SIGTERM ",
    " SIGTERM",
    "",
    "SIG",
    "SIGSIGTERM",
    "SIG15",
];

/// What -r takes, and what it does not: sscanf(3) with `%d:%d`, 1 to 31 and 0 to 31.
const REWRITES: &[&str] = &[
    "15:2",
    " 15:2",
    "+15:+2",
    "15: 2",
    "015:2",
    "15:2junk",
    "15:2:3",
    "1:0",
    "31:31",
    "9:15",
    "19:15",
    "17:15",
    "\t15:\n2",
    "15:+0",
    "15:-0",
    "4294967311:2",
    "\x0b15:2",
];
const NO_REWRITES: &[&str] = &[
    "15 :2",
    "-1:2",
    "15:-1",
    "32:1",
    "1:32",
    "0:1",
    "SIGTERM:2",
    "TERM:INT",
    "1",
    "15:",
    ":2",
    "",
    ":",
    "15:x",
    "15;2",
    "0x0f:2",
    "15:+-2",
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (option, values, are_good) in
        [("-e", CODES, true), ("-e", NO_CODES, false), ("-p", SIGNALS, true), ("-p", NO_SIGNALS, false)]
    {
        trials.extend(values.iter().map(|value| {
            let verb = if are_good { "takes" } else { "refuses" };
            trial("tini", AsPid1, format!("{option} {verb} {value:?}"), move || {
                takes(option, value, are_good)
            })
        }));
    }
    for (verb, values) in [("takes", REWRITES), ("refuses", NO_REWRITES)] {
        trials.extend(values.iter().map(|value| {
            let check = move || rewrites(value, verb == "takes");
            trial("dumb-init", AsPid1, format!("-r {verb} {value:?}"), check)
        }));
    }
    trials
}

fn takes(option: &str, value: &str, is_good: bool) {
    // -p asks for the signal when the parent dies, which it does not do here.
    let (ended, stdout, stderr) =
        Launch::of(Tini, AsPid1).args([option, value, "true"]).start().wait_with_output();
    let complaint = format!("[FATAL tini (1)] Not a valid option for {option}: {value}\n");
    let expected = if is_good { "" } else { &complaint };
    assert_eq!((ended, stdout.as_str(), stderr.as_str()), (Code(i32::from(!is_good)), "", expected));
}

fn rewrites(value: &str, is_good: bool) {
    let running = Launch::of(DumbInit, AsPid1).args(["-r", value, "true"]).start();
    let (code, said) = if is_good { (0, "") } else { (1, BAD_REWRITE) };
    assert_eq!(running.wait_with_output(), (Code(code), String::new(), said.to_owned()));
}
