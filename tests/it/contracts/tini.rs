//! tini 0.19.0, which is docker-init, too: its options, variables, streams, codes and words, row by row.
//!
//! What it shares with the other inits is in `peers` and in `behaviour/`.

use crate::harness::call::{self, Begins, Has, Is, Nothing, Row, Tells, row, with};
use crate::harness::launch::{AsPid1, AsSubreaper, Launch};
use crate::harness::process::Process;
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::subject::Tini;
use crate::harness::trial::trial;
use libc::SIGTERM;
use libtest_mimic::Trial;
use nix::unistd::Pid;

const USAGE: &str = "tini (tini version 0.19.0*)\nUsage: tini [OPTIONS] PROGRAM -- [ARGS] | --version\n\n";

/// Without -v, a run says nothing of its own.
const ROWS: &[Row] = &[
    // Answers without a run. dockerd reads the first two words of the version.
    row(&["--version"], 0, Is("tini version 0.19.0*\n"), Nothing),
    row(&["-h"], 0, Begins(USAGE), Nothing),
    row(&["-h", "true"], 0, Begins(USAGE), Nothing),
    row(&["true", "-h"], 0, Begins(USAGE), Nothing),
    row(&["-sh"], 0, Begins(USAGE), Nothing),
    row(&["-hl"], 0, Begins(USAGE), Nothing),
    row(&["-l"], 0, Has("MIT"), Nothing),
    row(&["-lh"], 0, Has("MIT"), Nothing),
    // --version is an option only where it stands alone.
    row(
        &["--version", "x"],
        1,
        Nothing,
        Begins("{0}: invalid option -- '-'\ntini (tini version 0.19.0*)\nUsage: "),
    ),
    row(&["-s", "--version"], 1, Nothing, Begins("{0}: invalid option -- '-'\n")),
    row(&["--help"], 1, Nothing, Begins("{0}: invalid option -- '-'\ntini (tini version 0.19.0*)\nUsage: ")),
    row(
        &["--", "--version"],
        127,
        Nothing,
        Is("[FATAL tini (#)] exec --version failed: No such file or directory\n"),
    ),
    // Mistakes. getopt says the whole of argv[0].
    row(&[], 1, Nothing, Begins(USAGE)),
    row(&["--"], 1, Nothing, Begins(USAGE)),
    row(&["-s"], 1, Nothing, Begins(USAGE)),
    row(&["-x"], 1, Nothing, Begins("{0}: invalid option -- 'x'\ntini (tini version 0.19.0*)\nUsage: ")),
    row(&["-sx", "true"], 1, Nothing, Begins("{0}: invalid option -- 'x'\n")),
    row(
        &["-e"],
        1,
        Nothing,
        Begins("{0}: option requires an argument -- 'e'\ntini (tini version 0.19.0*)\nUsage: "),
    ),
    row(&["-p"], 1, Nothing, Begins("{0}: option requires an argument -- 'p'\n")),
    row(&["-e", "300", "true"], 1, Nothing, Begins("[FATAL tini (1)] Not a valid option for -e: 300\n")),
    row(&["-p", "TERM", "true"], 1, Nothing, Begins("[FATAL tini (1)] Not a valid option for -p: TERM\n")),
    // Options may stand behind operands, until `--` or for POSIXLY_CORRECT.
    row(
        &["true", "-v", "-v"],
        0,
        Has("[INFO  tini (1)] Spawned child process 'true' with pid '#'\n"),
        Nothing,
    ),
    row(&["sh", "-c", "x"], 1, Nothing, Begins("{0}: invalid option -- 'c'\n")),
    row(&["sh", "--", "-c", "exit 3"], 3, Nothing, Nothing),
    row(&["--", "sh", "-c", "exit 3"], 3, Nothing, Nothing),
    row(&["--", "echo", "--", "hi"], 0, Is("-- hi\n"), Nothing),
    row(&["echo", "--", "hi"], 0, Is("hi\n"), Nothing),
    row(&["echo", "a", "-s", "b", "--", "-v"], 0, Is("a b -v\n"), Nothing),
    row(&["echo", "a", "-", "b"], 0, Is("a - b\n"), Nothing),
    row(&["echo", "a", "-e", "0", "b"], 0, Is("a b\n"), Nothing),
    with(&[("POSIXLY_CORRECT", "")], &["sh", "-c", "exit 3"], 3, Nothing, Nothing),
    with(&[("POSIXLY_CORRECT", "1")], &["-s", "echo", "-v", "--"], 0, Is("-v --\n"), Nothing),
    // What is said, and where: from INFO on, on stdout.
    row(&["true"], 0, Nothing, Nothing),
    row(
        &["-v", "true"],
        0,
        Is(
            "[INFO  tini (1)] Spawned child process 'true' with pid '#'\n[INFO  tini (1)] Main child exited normally (with status '0')\n",
        ),
        Nothing,
    ),
    row(
        &["-v", "--", "sh", "-c", "exit 7"],
        7,
        Has("[INFO  tini (1)] Main child exited normally (with status '7')\n"),
        Nothing,
    ),
    row(
        &["-v", "--", "sh", "-c", "kill $$"],
        143,
        Has("[INFO  tini (1)] Main child exited with signal (with signal '*')\n"),
        Nothing,
    ),
    row(
        &["-vv", "--", "sh", "-c", TOLD],
        7,
        Tells(&[SPAWNED, PASSING, "[INFO  tini (1)] Main child"]),
        Nothing,
    ),
    row(
        &["-vvv", "true"],
        0,
        Tells(&[
            "[INFO  tini (1)] Spawned child process 'true' with pid '#'\n",
            "[DEBUG tini (1)] Received SIGCHLD\n",
            "[DEBUG tini (1)] Reaped child with pid: '#'\n",
            "[INFO  tini (1)] Main child exited normally (with status '0')\n",
            "[TRACE tini (1)] No child to wait\n",
            "[TRACE tini (1)] Exiting: child has exited\n",
        ]),
        Nothing,
    ),
    // Its own suite looks for these.
    row(&["-h", "x"], 0, Tells(&["supervision of a valid init process", "more verbose"]), Nothing),
    with(&[("TINI_VERBOSITY", "2")], &["true"], 0, Begins("[INFO  tini (1)] Spawned"), Nothing),
    with(&[("TINI_VERBOSITY", "0")], &["-vvv", "true"], 0, Nothing, Nothing),
    with(&[("TINI_VERBOSITY", "loud")], &["-vvv", "true"], 0, Nothing, Nothing),
    with(&[("TINI_VERBOSITY", "")], &["-v", "true"], 0, Nothing, Nothing),
    with(&[("TINI_VERBOSITY", "1")], &["-vvv", "true"], 0, Nothing, Nothing),
    with(&[("TINI_VERBOSITY", "99")], &["true"], 0, Begins("[INFO  tini (1)] Spawned"), Nothing),
    // As atoi(3) reads it, and without a sign afterwards.
    with(&[("TINI_VERBOSITY", " +2x")], &["true"], 0, Begins("[INFO  tini (1)] Spawned"), Nothing),
    with(&[("TINI_VERBOSITY", "-1")], &["true"], 0, Begins("[INFO  tini (1)] Spawned"), Nothing),
    with(&[("TINI_VERBOSITY", "9999999999")], &["true"], 0, Begins("[INFO  tini (1)] Spawned"), Nothing),
    with(&[("TINI_VERBOSITY", "4294967296")], &["true"], 0, Nothing, Nothing),
    row(&["-e", "-0", "true"], 0, Nothing, Nothing),
    with(
        &[("TINI_VERBOSITY", "0")],
        &["nosuch"],
        127,
        Nothing,
        Is("[FATAL tini (#)] exec nosuch failed: No such file or directory\n"),
    ),
    // -e: one status becomes 0, after signals have become 128+N.
    row(&["-e", "7", "--", "sh", "-c", "exit 7"], 0, Nothing, Nothing),
    row(&["-e7", "--", "sh", "-c", "exit 7"], 0, Nothing, Nothing),
    row(&["-e", "7", "--", "sh", "-c", "exit 8"], 8, Nothing, Nothing),
    row(&["-e", "7", "-e", "8", "--", "sh", "-c", "exit 8"], 0, Nothing, Nothing),
    row(&["-e", "143", "--", "sh", "-c", "kill $$"], 0, Nothing, Nothing),
    row(&["-e", "127", "nosuch"], 0, Nothing, Has("exec nosuch failed")),
    row(&["-e", "0", "true"], 0, Nothing, Nothing),
    // Its variables are for the child to see as well.
    with(
        &[("TINI_SUBREAPER", ""), ("TINI_VERBOSITY", "1"), ("TINI_KILL_PROCESS_GROUP", "x")],
        &["--", "sh", "-c", "echo $TINI_VERBOSITY${TINI_SUBREAPER+s}${TINI_KILL_PROCESS_GROUP+g}"],
        0,
        Is("1sg\n"),
        Nothing,
    ),
];

/// Asks the init for a signal and waits until it has come.
const TOLD: &str = "trap 'exit 7' USR1; kill -USR1 1; while :; do :; done";
const SPAWNED: &str = "[INFO  tini (1)] Spawned child process 'sh' with pid '#'\n";
const PASSING: &str = "[DEBUG tini (1)] Passing signal: '*'\n";

const NOT_FIRST: &str = "[WARN  tini (#)] Tini is not running as PID 1 and isn't registered as a child subreaper.\n\
Zombie processes will not be re-parented to Tini, so zombie reaping won't work.\n\
To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register Tini as a child subreaper, or run Tini as PID 1.\n";

/// Somewhere else than at the top: it warns, unless it adopts orphans or may not speak.
const ROWS_BELOW: &[Row] = &[
    row(&["true"], 0, Nothing, Is(NOT_FIRST)),
    row(&["-v", "--", "sh", "-c", "exit 7"], 7, Has("[INFO  tini (#)] Spawned"), Is(NOT_FIRST)),
    row(&["-s", "true"], 0, Nothing, Nothing),
    row(&["-svvv", "true"], 0, Begins("[TRACE tini (#)] Registered as child subreaper\n"), Nothing),
    with(&[("TINI_SUBREAPER", "")], &["true"], 0, Nothing, Nothing),
    with(&[("TINI_SUBREAPER", "0")], &["true"], 0, Nothing, Nothing),
    with(&[("TINI_VERBOSITY", "0")], &["true"], 0, Nothing, Nothing),
    row(&["--version"], 0, Is("tini version 0.19.0*\n"), Nothing),
    row(&["nosuch"], 127, Nothing, Has("[FATAL tini (#)] exec nosuch failed: No such file or directory\n")),
];

const NAME: &str = "tini";

pub fn trials() -> Vec<Trial> {
    let mut trials = call::trials(NAME, Tini, AsPid1, ROWS);
    trials.extend(call::trials(NAME, Tini, AsSubreaper, ROWS_BELOW));
    for (options, warned, told) in
        [(&[][..], 0, 0), (&["-w"], 1, 0), (&["-w", "-vv"], 1, 2), (&["-vv"], 0, 2)]
    {
        let name = format!("{options:?} and the orphan that it reaps");
        trials.push(trial(NAME, AsPid1, name, move || tells_of_an_orphan(options, warned, told)));
    }
    trials
}

/// By a warning with -w, by a line at DEBUG, where the child has one as well.
fn tells_of_an_orphan(options: &[&str], warned: usize, told: usize) {
    let launch = Launch::supervising(Tini, AsPid1, options);
    let mut running = launch.payload("orphan-that-outlives 7").start();
    let said = |running: &mut Running| running.stdout_line().strip_prefix("orphan ")?.parse().ok();
    let number = std::iter::repeat_with(|| said(&mut running)).find_map(|number| number);
    let orphan = running.outside(Pid::from_raw(number.expect("it goes on until it is found")));
    let init = running.pid();
    running.until("the orphan to be adopted", |_| Process::of(orphan).filter(|orphan| orphan.parent == init));
    crate::harness::syscall::send(orphan.as_raw(), SIGTERM).expect("the orphan is there");
    running.until("the orphan to be reaped", |_| Process::of(orphan).is_none().then_some(()));
    running.say("exit");
    running.close_stdin();
    let (ended, stdout, stderr) = running.wait_with_output();
    let count = |text: &str, start| text.lines().filter(|line| line.starts_with(start)).count();
    let seen = count(&stderr, "[WARN  tini (1)] Reaped zombie process with pid=");
    let heard = count(&stdout, "[DEBUG tini (1)] Reaped child with pid: '");
    // The maker of the orphan is waited for by the child itself.
    assert_eq!((ended, seen, heard), (Code(7), warned, told), "{stdout}{stderr}");
}
