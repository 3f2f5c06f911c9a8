//! dumb-init 1.2.5: its options, variables, streams, codes and words, row by row.
//!
//! What it shares with the other inits is in `peers` and in `behaviour/`; its sessions and its handling of terminal
//! signals are in `dumb_init_sessions`.

use crate::harness::call::{self, Begins, Has, Is, Nothing, Row, Tells, row, with};
use crate::harness::launch::{AsPid1, AsSubreaper};
use crate::harness::subject::DumbInit;
use libtest_mimic::Trial;

const VERSION: &str = "dumb-init v1.2.5*\n";
const HELP: &str = "dumb-init v1.2.5*\nUsage: {0} [option] command [[arg] ...]\n\n";
const NO_PROGRAM: &str = "Usage: {0} [option] program [args]\nTry {0} --help for full usage.\n";
pub const BAD_REWRITE: &str = "\
Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.
This option can be specified multiple times.
Use --help for full usage.
";

const ROWS: &[Row] = &[
    // Answers without a run, on stderr. The first of them is given.
    row(&["-V"], 0, Nothing, Is(VERSION)),
    row(&["--version"], 0, Nothing, Is(VERSION)),
    row(&["-V", "false"], 0, Nothing, Is(VERSION)),
    row(&["-h"], 0, Nothing, Begins(HELP)),
    row(&["--help"], 0, Nothing, Begins(HELP)),
    row(&["-hV"], 0, Nothing, Begins(HELP)),
    row(&["-h", "-x"], 0, Nothing, Begins(HELP)),
    row(&["-Vh"], 0, Nothing, Is(VERSION)),
    row(&["-cvV"], 0, Nothing, Is(VERSION)),
    row(&["-c", "-r", "15:2", "--version", "--help"], 0, Nothing, Is(VERSION)),
    // Long names may be cut short.
    row(&["--h"], 0, Nothing, Begins(HELP)),
    row(&["--vers"], 0, Nothing, Is(VERSION)),
    row(&["--s", "true"], 0, Nothing, Nothing),
    row(&["--single", "true"], 0, Nothing, Nothing),
    row(&["--rew=15:2", "true"], 0, Nothing, Nothing),
    row(&["--rew", "15:2", "true"], 0, Nothing, Nothing),
    row(&["--verb", "-c", "true"], 0, Nothing, Has("[dumb-init] Child spawned with PID #.\n")),
    row(&["--v", "true"], 1, Nothing, Begins("{0}: ")),
    row(&["--ver", "true"], 1, Nothing, Begins("{0}: ")),
    row(&["--=x", "true"], 1, Nothing, Begins("{0}: ")),
    // Options end at the first operand.
    row(&["echo", "-h"], 0, Is("-h\n"), Nothing),
    row(&["echo", "--", "hi"], 0, Is("-- hi\n"), Nothing),
    row(&["-c", "--", "echo", "--", "-V"], 0, Is("-- -V\n"), Nothing),
    row(&["sh", "-c", "exit 3"], 3, Nothing, Nothing),
    with(&[("POSIXLY_CORRECT", "")], &["-c", "sh", "-c", "exit 3"], 3, Nothing, Nothing),
    // Mistakes: getopt's line alone, with the whole of argv[0].
    row(&[], 1, Nothing, Is(NO_PROGRAM)),
    row(&["--"], 1, Nothing, Is(NO_PROGRAM)),
    row(&["-c", "-r", "15:2"], 1, Nothing, Is(NO_PROGRAM)),
    row(&["-x"], 1, Nothing, Is("{0}: invalid option -- 'x'\n")),
    row(&["-cx", "true"], 1, Nothing, Is("{0}: invalid option -- 'x'\n")),
    row(&["-x", "-h"], 1, Nothing, Is("{0}: invalid option -- 'x'\n")),
    row(&["--foo", "true"], 1, Nothing, Is("{0}: unrecognized option '--foo'\n")),
    row(&["--foo=7", "true"], 1, Nothing, Is("{0}: unrecognized option '--foo=7'\n")),
    row(&["--versionx"], 1, Nothing, Is("{0}: unrecognized option '--versionx'\n")),
    row(&["-r"], 1, Nothing, Is("{0}: option requires an argument -- 'r'\n")),
    row(&["--rewrite"], 1, Nothing, Is("{0}: option '--rewrite' requires an argument\n")),
    row(&["--rew"], 1, Nothing, Is("{0}: option '--rewrite' requires an argument\n")),
    row(&["--help=1"], 1, Nothing, Is("{0}: option '--help' doesn't allow an argument\n")),
    row(&["--single=1", "true"], 1, Nothing, Is("{0}: option '--single-child' doesn't allow an argument\n")),
    row(&["-h=3"], 0, Nothing, Begins(HELP)),
    row(&["-r", "1", "true"], 1, Nothing, Is(BAD_REWRITE)),
    row(&["-r", "15:-0", "true"], 0, Nothing, Nothing),
    row(&["-r", "15:2", "-r", "x", "-h"], 1, Nothing, Is(BAD_REWRITE)),
    // What -v tells.
    row(
        &["-v", "sh", "-c", "exit 7"],
        7,
        Nothing,
        Tells(&[SPAWNED, "[dumb-init] Child exited with status 7. Goodbye.\n"]),
    ),
    row(
        &["-v", "sh", "-c", "kill -9 $$"],
        137,
        Nothing,
        Has("[dumb-init] Child exited with status 137. Goodbye.\n"),
    ),
    row(
        &["-v", "-c", "sh", "-c", TOLD],
        7,
        Nothing,
        Tells(&[
            SPAWNED,
            "[dumb-init] Received signal 10.\n",
            "[dumb-init] Forwarded signal 10 to children.\n",
            "[dumb-init] Received signal 17.\n",
            "[dumb-init] A child with PID # exited with exit status 7.\n",
            "[dumb-init] Forwarded signal 15 to children.\n",
            "[dumb-init] Child exited with status 7. Goodbye.\n",
        ]),
    ),
    row(
        &["-v", "-c", "-r", "12:10", "sh", "-c", REWRITTEN],
        7,
        Nothing,
        Tells(&[
            "[dumb-init] Received signal 12.\n",
            "[dumb-init] Translating signal 12 to 10.\n",
            "[dumb-init] Forwarded signal 10 to children.\n",
        ]),
    ),
    row(
        &["-v", "-c", "-r", "1:0", "sh", "-c", DROPPED],
        7,
        Nothing,
        Tells(&[
            "[dumb-init] Received signal 1.\n",
            "[dumb-init] Not forwarding signal 0 to children (ignored).\n",
            "[dumb-init] Received signal 10.\n",
        ]),
    ),
    row(&["true"], 0, Nothing, Nothing),
    // Its variables: these values alone; they are for the child to see as well.
    with(
        &[("DUMB_INIT_DEBUG", "1")],
        &["true"],
        0,
        Nothing,
        Tells(&["[dumb-init] Running in debug mode.\n", SPAWNED, ENDED]),
    ),
    with(
        &[("DUMB_INIT_SETSID", "0")],
        &["-v", "true"],
        0,
        Nothing,
        Is("[dumb-init] Not running in setsid mode.\n\
            [dumb-init] Child spawned with PID #.\n\
            [dumb-init] Received signal 17.\n\
            [dumb-init] A child with PID # exited with exit status 0.\n\
            [dumb-init] Forwarded signal 15 to children.\n\
            [dumb-init] Child exited with status 0. Goodbye.\n"),
    ),
    // Without a terminal. The child and its parent may speak in either order.
    row(
        &["-v", "true"],
        0,
        Nothing,
        Tells(&[
            "[dumb-init] Unable to detach from controlling tty (errno=25 Inappropriate ioctl for device).\n",
            "[dumb-init] Unable to attach to controlling tty (errno=25 Inappropriate ioctl for device).\n",
            "[dumb-init] setsid complete.\n",
            "[dumb-init] Received signal 17.\n",
            ENDED,
        ]),
    ),
    with(&[("DUMB_INIT_DEBUG", "0")], &["true"], 0, Nothing, Nothing),
    with(&[("DUMB_INIT_DEBUG", "yes")], &["true"], 0, Nothing, Nothing),
    with(&[("DUMB_INIT_DEBUG", "")], &["true"], 0, Nothing, Nothing),
    with(&[("DUMB_INIT_DEBUG", "1")], &["-V"], 0, Nothing, Is(VERSION)),
    with(
        &[("DUMB_INIT_DEBUG", ""), ("DUMB_INIT_SETSID", "0")],
        &["sh", "-c", "echo ${DUMB_INIT_DEBUG+d}$DUMB_INIT_SETSID"],
        0,
        Is("d0\n"),
        Nothing,
    ),
];

const ENDED: &str = "[dumb-init] Child exited with status 0. Goodbye.\n";
const SPAWNED: &str = "[dumb-init] Child spawned with PID #.\n";
/// Asks the init for a signal and waits until it has come.
const TOLD: &str = "trap 'exit 7' USR1; kill -USR1 1; while :; do :; done";
const REWRITTEN: &str = "trap 'exit 7' USR1; kill -USR2 1; while :; do :; done";
const DROPPED: &str = "trap 'exit 7' USR1; kill -HUP 1; kill -USR1 1; while :; do :; done";

/// Somewhere else than at the top, it does not mind, and says nothing.
const ROWS_BELOW: &[Row] = &[
    row(&["true"], 0, Nothing, Nothing),
    row(&["sh", "-c", "exit 7"], 7, Nothing, Nothing),
    row(&["nosuch"], 2, Nothing, Is("[dumb-init] nosuch: No such file or directory\n")),
];

const NAME: &str = "dumb-init";

pub fn trials() -> Vec<Trial> {
    let mut trials = call::trials(NAME, DumbInit, AsPid1, ROWS);
    trials.extend(call::trials(NAME, DumbInit, AsSubreaper, ROWS_BELOW));
    trials
}
