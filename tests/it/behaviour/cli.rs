//! The command line of pausa under its own name: options as rows, and what passes through to the child untouched.

use crate::behaviour::exit_status::script;
use crate::harness::call::{self, Complains, Has, Is, Nothing, Row, row, with};
use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Pausa, directory, original};
use crate::harness::trial::{Named, trial};
use libtest_mimic::Trial;

/// With PAUSA_OPTIONS.
macro_rules! option {
    ($text:literal) => {
        &[("PAUSA_OPTIONS", $text)]
    };
}

const VERSION: &str = concat!("pausa ", env!("CARGO_PKG_VERSION"), "\n");

const NO_SUCH: &str = "pausa: cannot run '/no/such': No such file or directory\n";

const ROWS: &[Row] = &[
    // Answers without a run.
    row(&["-h"], 0, Has("Usage: pausa"), Nothing),
    row(&["--help"], 0, Has("PAUSA_OPTIONS"), Nothing),
    row(&["-V"], 0, Is(VERSION), Nothing),
    row(&["--version"], 0, Is(VERSION), Nothing),
    row(&["-gV"], 0, Is(VERSION), Nothing),
    row(&["-V", "false"], 0, Is(VERSION), Nothing),
    row(&["-hV"], 0, Has("Usage: pausa"), Nothing),
    // Where options end.
    row(&["echo", "-h"], 0, Is("-h\n"), Nothing),
    row(&["echo", "--", "-g"], 0, Is("-- -g\n"), Nothing),
    row(&["--", "echo", "hi"], 0, Is("hi\n"), Nothing),
    row(&["-g", "--", "echo", "--", "hi"], 0, Is("-- hi\n"), Nothing),
    row(&["-g", "echo", "hi"], 0, Is("hi\n"), Nothing),
    row(&["--", "-g"], 127, Nothing, Complains(&["-g"])),
    row(&["-"], 127, Nothing, Complains(&["-"])),
    // Exit codes on their way out.
    row(&["-e", "7", "sh", "-c", "exit 7"], 0, Nothing, Nothing),
    row(&["-e7", "sh", "-c", "exit 7"], 0, Nothing, Nothing),
    row(&["-e7:8", "sh", "-c", "exit 7"], 8, Nothing, Nothing),
    row(&["-e", "7:8", "sh", "-c", "exit 6"], 6, Nothing, Nothing),
    row(&["--remap", "7:8", "sh", "-c", "exit 7"], 8, Nothing, Nothing),
    row(&["--remap=7:255", "sh", "-c", "exit 7"], 255, Nothing, Nothing),
    row(&["-e", "0:3", "true"], 3, Nothing, Nothing),
    row(&["-e", "7:8", "-e", "8:9", "sh", "-c", "exit 7"], 8, Nothing, Nothing),
    row(&["-e", "7:8", "-e", "7:9", "sh", "-c", "exit 7"], 9, Nothing, Nothing),
    row(&["-ge7:8", "sh", "-c", "exit 7"], 8, Nothing, Nothing),
    row(&["-e", "143", "sh", "-c", "kill -TERM $$"], 0, Nothing, Nothing),
    row(&["-e", "143:0", "sh", "-c", "kill -TERM $$"], 0, Nothing, Nothing),
    row(&["-e", "127:0", "no-such-command"], 0, Nothing, Complains(&["no-such-command"])),
    // Mistakes: one line that names the input, and 125.
    row(&["-x"], 125, Nothing, Complains(&["-x"])),
    row(&["-gx", "true"], 125, Nothing, Complains(&["-x"])),
    row(&["--nonsense", "true"], 125, Nothing, Complains(&["--nonsense"])),
    row(&["--nonsense=5", "true"], 125, Nothing, Complains(&["--nonsense"])),
    row(&["--group=yes", "true"], 125, Nothing, Complains(&["--group"])),
    row(&["--to"], 125, Nothing, Complains(&["--to"])),
    row(&["-r"], 125, Nothing, Complains(&["-r"])),
    row(&["-e"], 125, Nothing, Complains(&["-e"])),
    row(&["-p"], 125, Nothing, Complains(&["-p"])),
    row(&["--to", "mars", "true"], 125, Nothing, Complains(&["--to", "mars", "child", "group", "all"])),
    row(&["--to=", "true"], 125, Nothing, Complains(&["--to", "child"])),
    row(&["-r", "TERM", "true"], 125, Nothing, Complains(&["TERM", "SIGNAL"])),
    row(&["-r", "TERM:BANANA", "true"], 125, Nothing, Complains(&["'BANANA'"])),
    row(&["-r", "TERM:65", "true"], 125, Nothing, Complains(&["'65'"])),
    row(&["-r", "0:TERM", "true"], 125, Nothing, Complains(&["'0'"])),
    row(&["-r", "RTMIN+31:TERM", "true"], 125, Nothing, Complains(&["'RTMIN+31'"])),
    row(&["-r", "KILL:TERM", "true"], 125, Nothing, Complains(&["'KILL'", "not KILL"])),
    row(&["-r", "CHLD:TERM", "true"], 125, Nothing, Complains(&["'CHLD'"])),
    row(&["-e", "256", "true"], 125, Nothing, Complains(&["256", "255"])),
    row(&["-e", "1:", "true"], 125, Nothing, Complains(&["1:"])),
    row(&["-e", "x", "true"], 125, Nothing, Complains(&["x"])),
    row(&["-p", "BANANA", "true"], 125, Nothing, Complains(&["BANANA"])),
    // A long name that is nearly right.
    row(&["--kil-after=1s", "true"], 125, Nothing, Complains(&["'--kil-after'", "'--kill-after'"])),
    row(&["--kill", "1s", "true"], 125, Nothing, Complains(&["did you mean '--kill-after'?"])),
    // Options that only a command can use, and none.
    row(&["-k", "1s"], 125, Nothing, Complains(&["--kill-after", "COMMAND", "--help"])),
    row(&["-m"], 125, Nothing, Complains(&["--message "])),
    row(&["-vge7:8", "--"], 125, Nothing, Complains(&["--group "])),
    row(&["--stop-on", "QUIT"], 125, Nothing, Complains(&["--stop-on "])),
    row(&["--stop-on", "TERM,BANANA", "true"], 125, Nothing, Complains(&["'BANANA'", "--stop-on"])),
    row(&["--stop-on=", "true"], 125, Nothing, Complains(&["''", "--stop-on"])),
    row(&["--stop-on=TERM,rtmin+3", "true"], 0, Nothing, Nothing),
    // The path of -m belongs in the same word.
    row(&["-q", "-m", "/no/such/log", "true"], 127, Nothing, Complains(&["/no/such/log", "-mPATH"])),
    row(&["-q", "-m", "--", "/no/such"], 127, Nothing, Is(NO_SUCH)),
    row(&["-m=/dev/null", "true"], 0, Nothing, Nothing),
    // Why a command does not run, beyond the number.
    row(&["/usr"], 126, Nothing, Complains(&["'/usr': Permission denied", "directory"])),
    row(&["/etc/passwd"], 126, Nothing, Is("pausa: cannot run '/etc/passwd': Permission denied\n")),
    row(&["/no/such"], 127, Nothing, Is(NO_SUCH)),
    // The variable: read first, split at blanks, options only, gone for the child.
    with(option!("-V"), &["echo", "hi"], 0, Is(VERSION), Nothing),
    with(option!("-e 7:8"), &["sh", "-c", "exit 7"], 8, Nothing, Nothing),
    with(option!("-e 7:8"), &["-e", "7:9", "sh", "-c", "exit 7"], 9, Nothing, Nothing),
    with(option!("  -g\t --remap=7:8  "), &["sh", "-c", "exit 7"], 8, Nothing, Nothing),
    with(option!(""), &["echo", "hi"], 0, Is("hi\n"), Nothing),
    with(option!("-g"), &["sh", "-c", "echo ${PAUSA_OPTIONS-gone}"], 0, Is("gone\n"), Nothing),
    with(option!("-x"), &["true"], 125, Nothing, Complains(&["PAUSA_OPTIONS: ", "-x"])),
    with(option!("-e"), &["7", "true"], 125, Nothing, Complains(&["PAUSA_OPTIONS: ", "-e"])),
    with(option!("true"), &["echo", "hi"], 125, Nothing, Complains(&["PAUSA_OPTIONS", "true"])),
    with(option!("-- -k 1s"), &["true"], 125, Nothing, Complains(&["PAUSA_OPTIONS: '--'"])),
    with(option!("-v -- --nonsense foo"), &["true"], 125, Nothing, Complains(&["PAUSA_OPTIONS: '--'"])),
    // Who hears what.
    row(&["-q", "no-such-command"], 127, Nothing, Complains(&["no-such-command"])),
    row(&["-v", "true"], 0, Nothing, Has("pausa: ")),
    row(&["-vv", "sh", "-c", "exit 7"], 7, Nothing, Has("7")),
    row(&["-v", "-q", "true"], 0, Nothing, Nothing),
];

const TOPIC: &str = "cli";

pub fn trials() -> Vec<Trial> {
    if original() {
        // The grammar is ours.
        return Vec::new();
    }
    let through: [Named<fn(Place)>; 5] = [
        ("the environment", passes_the_environment),
        ("a long environment", passes_a_long_environment),
        ("argv", passes_arguments),
        ("the working directory", passes_the_directory),
        ("what is open", passes_descriptors),
    ];
    let mut trials = Vec::new();
    for place in PLACES {
        trials.extend(call::trials(TOPIC, Pausa, place, ROWS));
        trials.extend(through.map(|(what, check)| {
            trial(TOPIC, place, format!("{what} passes untouched"), move || check(place))
        }));
        trials.push(trial(TOPIC, place, "a script without its interpreter is told as that", move || {
            tells_of_an_interpreter(place);
        }));
    }
    let name = "-p asks for a signal when the parent ends";
    trials.push(trial(TOPIC, AsSubreaper, name, asks_for_the_parents_death));
    trials
}

/// By its path, and found in PATH.
fn tells_of_an_interpreter(place: Place) {
    let path = script("orphaned", "#!/no/such/shell\n", 0o755);
    let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let folder = directory().to_str().expect("UTF-8");
    for command in [name, path.to_str().expect("UTF-8")] {
        let launch =
            Launch::of(Pausa, place).without_environment().env("PATH", &format!("/no/such:{folder}"));
        let (ended, _, stderr) = launch.args([command]).start().wait_with_output();
        Complains(&["No such file or directory", "interpreter"]).check("stderr", &stderr, "");
        assert_eq!(ended, Code(127));
    }
}

/// What a command says below pausa.
fn said_below(launch: Launch) -> String {
    let (ended, stdout, stderr) = launch.start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(0), ""));
    stdout
}

fn passes_the_environment(place: Place) {
    let launch = Launch::of(Pausa, place).args(["cat", "/proc/self/environ"]);
    let launch = launch.env("B", "2").env("PAUSA_OPTIONS", "-g").env("A", "").env("PAUSA_OPTIONSX", "x=y");
    let mut variables: Vec<String> =
        said_below(launch).trim_end().split_terminator('\0').map(str::to_owned).collect();
    variables.sort();
    assert_eq!(variables, ["A=", "B=2", "PATH=/usr/bin:/bin", "PAUSA_OPTIONSX=x=y"]);
}

fn passes_a_long_environment(place: Place) {
    let long = "x".repeat(100_000);
    let launch = Launch::of(Pausa, place).args(["sh", "-c", "echo ${#LONG}"]).env("LONG", &long);
    assert_eq!(said_below(launch), "100000\n");
}

fn passes_arguments(place: Place) {
    let launch =
        Launch::of(Pausa, place).args(["--", "cat", "/proc/self/cmdline", "-", "", "a b"]).stdin(null());
    let (_, stdout, _) = launch.start().wait_with_output();
    assert!(stdout.starts_with("cat\0/proc/self/cmdline\0-\0\0a b\0"), "{stdout:?}");
}

fn passes_the_directory(place: Place) {
    let directory = directory().canonicalize().expect("a real path");
    let launch = Launch::of(Pausa, place).args(["pwd", "-P"]).directory(&directory);
    assert_eq!(said_below(launch).trim_end(), directory.to_str().expect("UTF-8"));
}

/// The same descriptors as without pausa between: none is added, none is lost, none closed is opened.
fn passes_descriptors(place: Place) {
    let script = "exec 5</dev/null 9<&0; exec \"$@\" ls /proc/self/fd";
    let list = |prefix: &[&str]| {
        let launch = Launch::program("/bin/sh", place).args(["-c", script, "sh"]).args(prefix).closed(&[2]);
        let (ended, stdout, _) = launch.start().wait_with_output();
        assert_eq!(ended, Code(0));
        stdout
    };
    let path = Pausa.path();
    let (without, below) = (list(&["env"]), list(&[path.to_str().expect("UTF-8"), "--"]));
    assert_eq!(below, without);
    assert!(["0", "1", "5", "9"].iter().all(|number| below.lines().any(|line| line == *number)), "{below}");
}

fn null() -> std::process::Stdio {
    std::process::Stdio::null()
}

/// A shell starts pausa and dies of SIGKILL; the child hears of it.
fn asks_for_the_parents_death() {
    let path = Pausa.path();
    let launch = Launch::program("/bin/sh", AsSubreaper).args(["-c", "\"$@\" & wait", "sh"]);
    let mut running = launch.args(path.to_str()).args(["-p", "USR1", "--"]).payload("ready").start();
    running.handshake("ready");
    running.kill(libc::SIGKILL);
    let line = running.stdout_line();
    assert!(line.starts_with("signal 10 "), "{line}");
}
