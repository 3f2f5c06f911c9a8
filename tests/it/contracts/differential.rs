//! Ours beside the installed originals on random command lines, environments and PATHs: the same exit status, and the
//! same kinds of lines on stdout and stderr.
//!
//! A run takes its seed from the clock and says it; a failure names the seed of its case.
//! `DIFFERENTIAL_SEED=tini:123 cargo test differential` runs that one case.

use crate::harness::left_out::without;
use crate::harness::subject::{Catatonit, DumbInit, Subject, Tini, directory, foreign, original};
use libtest_mimic::{Completion, Failed, Trial};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// How many cases each of the three programs gets.
const CASES: u64 = 400;

pub fn trials() -> Vec<Trial> {
    if original() || foreign().is_some() {
        return Vec::new();
    }
    [Tini, DumbInit, Catatonit].map(trial).into()
}

fn trial(subject: Subject) -> Trial {
    Trial::ignorable_test(format!("differential: {} and the original", subject.name()), move || {
        if !subject.original_path().exists() {
            return without(&format!("{} is not installed", subject.original_path().display()));
        }
        let wish = std::env::var("DIFFERENTIAL_SEED").ok();
        let replayed = wish.as_deref().and_then(|wish| wish.strip_prefix(&format!("{}:", subject.name())));
        let (first, cases) = match replayed {
            Some(seed) => (seed.parse().expect("a number behind the colon"), 1),
            None => (clock(), CASES),
        };
        eprintln!("differential: {cases} cases from DIFFERENTIAL_SEED={}:{first}", subject.name());
        let scene = scene(subject);
        let differences: Vec<String> =
            (first..first + cases).filter_map(|seed| difference(subject, &scene, seed)).collect();
        match differences.len() {
            0 => Ok(Completion::Completed),
            count => {
                let first = &differences[..count.min(10)];
                Err(Failed::from(format!("{count} of {cases} differ, such as\n{}", first.join("\n"))))
            }
        }
    })
}

fn clock() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a date after 1970");
    now.as_micros() as u64
}

// -------------------------------------------------------------------------------------------------------- a case

/// xorshift64*, of Vigna's "An experimental exploration of Marsaglia's xorshift generators": the same everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // Seeds that follow each other shall not begin alike, and none may be 0.
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len())]
    }
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "15",
    "31",
    "32",
    "64",
    "143",
    "255",
    "256",
    "-1",
    "-0",
    "+7",
    " 7",
    "\t7",
    "007",
    "0x7",
    "",
    "7 ",
    "abc",
    "3x",
    "+",
    "-",
    "1.5",
    "2147483648",
    "4294967295",
    "4294967303",
    "9999999999",
    "9223372036854775808",
    "99999999999999999999",
    "-99999999999999999999",
];

const SIGNALS: &[&str] =
    &["SIGTERM", "SIGKILL", "SIGSYS", "SIGIO", "TERM", "15", "sigterm", "SIG", "", "SIGRTMIN"];

/// What follows the options. The scene has the files.
const COMMANDS: &[&[&str]] = &[
    &["true"],
    &["false"],
    &["echo", "a", "b"],
    &["echo", "-v", "--", "-g"],
    &["sh", "-c", "exit 7"],
    &["--", "sh", "-c", "exit 143"],
    &["--", "sh", "-c", "kill -TERM $$"],
    &["--", "sh", "-c", "kill -KILL $$"],
    &["--", "sh", "-c", "echo out; echo err >&2; exit 3"],
    &["--", "seven"],
    &["seven", "x"],
    &["./seven"],
    &["text", "a", "b"],
    &["--", "./text", "-v"],
    &["orphaned"],
    &["./orphaned"],
    &["plain"],
    &["./plain"],
    &["here/locked/seven"],
    &["loop"],
    &["./loop"],
    &["/"],
    &["."],
    &["nosuch"],
    &["/no/such"],
    &["plain/x"],
    &[""],
    &["--"],
    &["-"],
    &[],
];

/// Parts of a PATH, relative to the scene.
const PARTS: &[&str] =
    &["here", "here/locked", "here/empty", "/no/such", "plain", "", ".", "/bin", "/usr/bin", "here/loop"];

struct Case {
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

fn case(subject: Subject, seed: u64) -> Case {
    let random = &mut Random::new(seed);
    let mut arguments = Vec::new();
    while !random.one_in(3) {
        options(subject, random, &mut arguments);
    }
    arguments.extend(random.pick_command().iter().map(|&word| word.to_owned()));
    if random.one_in(40) {
        arguments.push("x".repeat([255, 256, 4100][random.below(3)]));
    }
    let mut environment = Vec::new();
    for name in variables(subject) {
        if random.one_in(6) {
            environment.push((*name, random.pick(NUMBERS).to_owned()));
        }
    }
    match random.below(8) {
        0 => {}
        1 => environment.push(("PATH", path(random))),
        _ => environment.push(("PATH", "here:/usr/bin:/bin".to_owned())),
    }
    Case { arguments, environment }
}

impl Random {
    fn pick_command(&mut self) -> &'static [&'static str] {
        COMMANDS[self.below(COMMANDS.len())]
    }
}

fn path(random: &mut Random) -> String {
    let mut parts = Vec::new();
    while parts.is_empty() || !random.one_in(3) {
        parts.push(match random.below(12) {
            // Longer than a name may be, and so long that only a path with the command's name is too long.
            0 => "x".repeat(256),
            1 => "x/".repeat(2045),
            _ => random.pick(PARTS).to_owned(),
        });
    }
    parts.join(":")
}

fn variables(subject: Subject) -> &'static [&'static str] {
    match subject {
        Tini => &["TINI_SUBREAPER", "TINI_KILL_PROCESS_GROUP", "TINI_VERBOSITY", "POSIXLY_CORRECT"],
        DumbInit => &["DUMB_INIT_DEBUG", "DUMB_INIT_SETSID", "POSIXLY_CORRECT"],
        _ => &["CATATONIT_DEBUG", "CATATONIT_LOG", "POSIXLY_CORRECT"],
    }
}

/// One option more, mostly one that there is.
fn options(subject: Subject, random: &mut Random, arguments: &mut Vec<String>) {
    let mut add = |word: &str| arguments.push(word.to_owned());
    if random.one_in(12) {
        // Of an empty name, dumb-init's getopt lists all options; ours calls it unknown, with the same end.
        let empty = if subject == DumbInit { "--x=" } else { "--=" };
        return add(random.pick(&["-x", "--nonsense", "-", "--", empty, "-gx", "operand", "-g-"]));
    }
    match subject {
        Tini => match random.below(7) {
            0 => add(random.pick(&["-h", "-l", "--version", "-sh", "--help"])),
            1 | 2 => {
                let value = random.pick(NUMBERS);
                if random.one_in(2) {
                    add("-e");
                    add(value);
                } else {
                    add(&format!("-e{value}"));
                }
            }
            3 => {
                add("-p");
                add(random.pick(SIGNALS));
            }
            _ => add(random.pick(&["-s", "-v", "-vv", "-w", "-g", "-sv", "-vg", "-sw"])),
        },
        DumbInit => match random.below(4) {
            0 => {
                let rewrite = format!("{}:{}", random.pick(NUMBERS), random.pick(NUMBERS));
                let name = random.pick(&["-r", "--rewrite", "--rew", "--r"]);
                if name.starts_with("--") && random.one_in(2) {
                    add(&format!("{name}={rewrite}"));
                } else {
                    add(name);
                    add(&rewrite);
                }
            }
            1 => {
                let name =
                    random.pick(&["--single-child", "--verbose", "--help", "--version", "--rewrite=2:3"]);
                let length = 2 + random.below(name.len() - 1);
                add(&name[..length]);
            }
            _ => add(random.pick(&["-c", "-v", "-cv", "-r15:2", "-r", "-h", "-V", "-cV", "--help=1"])),
        },
        // Not -P: a hold does not end.
        _ => add(random.pick(&["-g", "-h", "-L", "-V", "--version", "--vers", "-gh", "--version=1", "--v"])),
    }
}

// ------------------------------------------------------------------------------------------------------ two runs

/// A directory with everything that a command may name.
fn scene(subject: Subject) -> PathBuf {
    let scene = directory().join(format!("differential-{}", subject.name()));
    for folder in ["here/locked", "here/empty"] {
        fs::create_dir_all(scene.join(folder)).expect("make a folder");
    }
    for (path, text, mode) in [
        ("seven", "#!/bin/sh\nexit 7\n", 0o755),
        ("here/seven", "#!/bin/sh\nexit 7\n", 0o755),
        ("here/locked/seven", "#!/bin/sh\nexit 8\n", 0o644),
        ("here/text", "echo \"$0 $# $1\"\nexit 6\n", 0o755),
        ("text", "echo \"$0 $# $1\"\nexit 6\n", 0o755),
        ("orphaned", "#!/no/such/shell\n", 0o755),
        ("here/orphaned", "#!/no/such/shell\n", 0o755),
        ("plain", "", 0o644),
        ("here/plain", "", 0o644),
    ] {
        let path = scene.join(path);
        fs::write(&path, text).expect("write a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set a mode");
    }
    for link in ["loop", "here/loop"] {
        symlink("loop", scene.join(link)).expect("link to itself");
    }
    scene
}

/// Exit status, and the kinds of lines on stdout and stderr.
#[derive(Debug, PartialEq, Eq)]
struct Outcome(Option<i32>, Vec<String>, Vec<String>);

fn difference(subject: Subject, scene: &Path, seed: u64) -> Option<String> {
    let case = case(subject, seed);
    let ours = outcome(&subject.path(), scene, &case);
    // The original's two processes write a line in pieces and at once, so it has more than one outcome of a case.
    let mut theirs = outcome(&subject.original_path(), scene, &case);
    for _ in 1..RUNS_OF_ORIGINAL {
        if ours == theirs {
            break;
        }
        theirs = outcome(&subject.original_path(), scene, &case);
    }
    (ours != theirs).then(|| {
        let Case { arguments, environment } = case;
        let replay = format!("DIFFERENTIAL_SEED={}:{seed}", subject.name());
        let case = abridged(&format!("{environment:?} {arguments:?}"));
        format!("{replay} {case}\n  ours:   {ours:?}\n  theirs: {theirs:?}")
    })
}

/// Ours must be one of these outcomes.
const RUNS_OF_ORIGINAL: usize = 8;

/// Without most of the long names.
fn abridged(text: &str) -> String {
    text.replace(&"x/".repeat(100), "").replace(&"x".repeat(100), "")
}

fn outcome(program: &Path, scene: &Path, case: &Case) -> Outcome {
    let mut command = Command::new(program);
    command.args(&case.arguments).env_clear().current_dir(scene).stdin(Stdio::null());
    let output = command.envs(case.environment.iter().cloned()).output().expect("run an init");
    let kinds = |text: &[u8]| kinds(&String::from_utf8_lossy(text), program);
    Outcome(output.status.code(), kinds(&output.stdout), kinds(&output.stderr))
}

/// Help, version and license.
const OWN_PAGES: &[&str] =
    &["Usage: ", "usage: ", "tini version ", "dumb-init v", "MIT License", "under the MIT", "brain-dead"];

/// What is told below the level of information is in each program's own words.
const OWN_WORDS: &[&str] =
    &["[TRACE ", "[DEBUG ", "DEBUG (", "INFO (", "WARN (", "[dumb-init] ", "pid1 (", "using stdin as tty"];

fn kinds(text: &str, program: &Path) -> Vec<String> {
    let mut kinds = Vec::new();
    // catatonit writes a line and its end apart, and two of its processes at once.
    for line in text.lines().filter(|line| !line.is_empty()) {
        let line = line.replace(program.to_str().expect("UTF-8"), "{0}");
        let is_failure = line.starts_with("[dumb-init] ") && line.contains(": ");
        if OWN_PAGES.iter().any(|words| line.contains(words)) {
            // Help, license and version are in our own words; nothing follows them.
            kinds.push("own words".into());
            break;
        }
        if OWN_WORDS.iter().all(|start| !line.starts_with(start)) || is_failure {
            kinds.push(without_numbers(&line).replace("): DEBUG (catatonit:#): ", "): "));
        }
    }
    // The init and its command may write at the same time.
    kinds.sort();
    kinds
}

/// Pids differ, signals have names or words, and of long names we tell a part.
fn without_numbers(line: &str) -> String {
    let line = line.split(" (with signal").next().unwrap_or(line);
    let mut text = String::new();
    for c in line.chars() {
        match c {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            'x' if text.ends_with("xxx") => {}
            // Control characters steer no terminal of ours.
            _ if c.is_control() => text.push('?'),
            _ => text.push(c),
        }
    }
    text
}
