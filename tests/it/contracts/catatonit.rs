//! catatonit 0.1.7, which is podman-init, too: its options, variables, streams, codes and words, row by row.
//!
//! What it shares with the other inits is in `peers` and in `behaviour/`; its pause mode is in `catatonit_pause`.

use crate::harness::call::{self, Begins, Has, Is, Nothing, Row, row, with};
use crate::harness::launch::{AsPid1, AsSubreaper};
use crate::harness::subject::Catatonit;
use libtest_mimic::Trial;

/// It calls itself tini, since dockerd wants that.
const VERSION: &str = "tini version 0.1.7_catatonit*\n";
const USAGE: &str = "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";
const NO_PROGRAM: &str =
    "ERROR (catatonit:1): missing program name\nusage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";
const BAD_C: &str =
    "{0}: invalid option -- 'c'\nusage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";
const BAD_X: &str =
    "{0}: invalid option -- 'x'\nusage: catatonit [-ghLPV] [--] <progname> [<arguments>...]\n";
const RESERVED: &str = "ERROR (catatonit:1): CATATONIT_LOG is reserved for future use\n";

const ROWS: &[Row] = &[
    // Answers without a run.
    row(&["-V"], 0, Is(VERSION), Nothing),
    row(&["--version"], 0, Is(VERSION), Nothing),
    row(&["--vers"], 0, Is(VERSION), Nothing),
    row(&["--v", "x"], 0, Is(VERSION), Nothing),
    row(&["--version", "x"], 0, Is(VERSION), Nothing),
    row(&["true", "--version"], 0, Is(VERSION), Nothing),
    row(&["-P", "-V"], 0, Is(VERSION), Nothing),
    row(&["-gV"], 0, Is(VERSION), Nothing),
    row(&["-h"], 0, Nothing, Begins(USAGE)),
    row(&["-hV"], 0, Nothing, Begins(USAGE)),
    row(&["true", "-h"], 0, Nothing, Begins(USAGE)),
    row(&["-L"], 0, Has("*\n*\n"), Nothing),
    row(&["-LV"], 0, Has("*\n*\n"), Nothing),
    row(&["-VL"], 0, Is(VERSION), Nothing),
    // Mistakes.
    row(&[], 1, Nothing, Is(NO_PROGRAM)),
    row(&["--"], 1, Nothing, Is(NO_PROGRAM)),
    row(&["-g"], 1, Nothing, Is(NO_PROGRAM)),
    row(&["-x"], 1, Nothing, Is(BAD_X)),
    row(&["-gx", "true"], 1, Nothing, Is(BAD_X)),
    row(&["-x", "-h"], 1, Nothing, Is(BAD_X)),
    row(&["-P", "-x"], 1, Nothing, Is(BAD_X)),
    row(&["--help"], 1, Nothing, Begins("{0}: unrecognized option '--help'\nusage: catatonit ")),
    row(&["--foo=1"], 1, Nothing, Begins("{0}: unrecognized option '--foo=1'\nusage: catatonit ")),
    row(&["--version=1"], 1, Nothing, Begins("{0}: option '--version' doesn't allow an argument\nusage: ")),
    row(&["--vers=1"], 1, Nothing, Begins("{0}: option '--version' doesn't allow an argument\nusage: ")),
    // Options may stand behind operands, until `--` or for POSIXLY_CORRECT.
    row(&["sh", "-c", "x"], 1, Nothing, Is(BAD_C)),
    row(&["--", "sh", "-c", "exit 3"], 3, Nothing, Nothing),
    row(&["sh", "--", "-c", "exit 3"], 3, Nothing, Nothing),
    row(&["true", "-g"], 0, Nothing, Nothing),
    row(&["--", "echo", "-g", "--"], 0, Is("-g --\n"), Nothing),
    row(&["echo", "-g", "hi", "--", "foo"], 0, Is("hi foo\n"), Nothing),
    row(&["echo", "-", "hi"], 0, Is("- hi\n"), Nothing),
    with(&[("POSIXLY_CORRECT", "")], &["sh", "-c", "exit 3"], 3, Nothing, Nothing),
    with(&[("POSIXLY_CORRECT", "1")], &["-g", "echo", "-g", "--"], 0, Is("-g --\n"), Nothing),
    // Its variables. The reserved one comes before all options.
    with(&[("CATATONIT_LOG", "")], &["-V"], 1, Nothing, Is(RESERVED)),
    with(&[("CATATONIT_LOG", "x")], &["-x"], 1, Nothing, Is(RESERVED)),
    with(&[("CATATONIT_LOG", "x")], &["--", "true"], 1, Nothing, Is(RESERVED)),
    with(&[("CATATONIT_DEBUG", "1")], &["true"], 0, Nothing, Has("pid1 (#) spawned: true\n")),
    with(&[("CATATONIT_DEBUG", "")], &["true"], 0, Nothing, Has("DEBUG (catatonit:1): ")),
    with(&[("CATATONIT_DEBUG", "0")], &["-V"], 0, Is(VERSION), Nothing),
    with(
        &[("CATATONIT_DEBUG", "x")],
        &["sh", "--", "-c", "echo $CATATONIT_DEBUG"],
        0,
        Is("x\n"),
        Has("DEBUG (catatonit:1): "),
    ),
    row(&["true"], 0, Nothing, Nothing),
    row(&["--", "sh", "-c", "kill -9 $$"], 137, Nothing, Nothing),
];

/// Somewhere else than at the top, it becomes a subreaper, and says nothing.
const ROWS_BELOW: &[Row] = &[
    row(&["true"], 0, Nothing, Nothing),
    row(&["--", "sh", "-c", "exit 7"], 7, Nothing, Nothing),
    row(&["nosuch"], 1, Nothing, Is("ERROR (catatonit:#): failed to exec pid1: No such file or directory\n")),
    row(&[], 1, Nothing, Begins("ERROR (catatonit:#): missing program name\nusage: catatonit ")),
];

const NAME: &str = "catatonit";

pub fn trials() -> Vec<Trial> {
    let mut trials = call::trials(NAME, Catatonit, AsPid1, ROWS);
    trials.extend(call::trials(NAME, Catatonit, AsSubreaper, ROWS_BELOW));
    trials
}
