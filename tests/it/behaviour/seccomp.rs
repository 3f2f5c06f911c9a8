//! The seccomp profiles that ship: they allow what pausa calls, not a name less and not one more. Whether an engine
//! and its runtime agree is asked of engines.

use crate::files::tidy::{Source, sources_below};
use crate::harness::launch::{AsPid1, AsSubreaper, Launch, Place};
use crate::harness::process::Process;
use crate::harness::process::is_paused;
use crate::harness::pty::Terminal;
use crate::harness::running::Ended::Code;
use crate::harness::seccomp_profile::{Hold, Profile, Supervise};
use crate::harness::subject::{Pausa, Pause, Subject, directory, original};
use crate::harness::syscall;
use crate::harness::trial::{Named, plain, traced_trial};
use libc::{SIGCHLD, SIGINT, SIGTERM};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

type Names = BTreeSet<String>;

impl Profile {
    /// The rules whose comment begins so.
    fn rules(self, comment: &str) -> Vec<Rule> {
        let text = self.text();
        let rules: Vec<&str> =
            text.split("\"comment\": \"").filter(|rule| rule.starts_with(comment)).collect();
        assert!(!rules.is_empty(), "no rule begins with {comment:?} in {text}");
        rules.into_iter().map(Rule::read).collect()
    }

    fn group(self, comment: &str) -> Names {
        self.rules(comment).into_iter().flat_map(|rule| rule.names).collect()
    }

    fn held(self) -> Names {
        self.group("pausa while it holds")
    }

    fn supervised(self) -> Names {
        self.group("pausa while it supervises, besides")
    }

    fn runtimes(self) -> Names {
        self.group("The runtime between loading this filter and execve, besides")
    }
}

/// What is allowed: these names, with these arguments by their index.
struct Rule {
    names: Vec<String>,
    arguments: Vec<(usize, u64)>,
}

impl Rule {
    /// Knows the layout of these files, and no other JSON; engines read them whole.
    fn read(text: &str) -> Self {
        let names = text.split_once("\"names\": [").and_then(|(_, rest)| rest.split_once(']'));
        let (names, rest) = names.expect("a list of names");
        let number = |part: &str, key: &str| {
            let (_, rest) = part.split_once(key).expect("a key");
            rest.split_once(',').and_then(|(number, _)| number.parse().ok()).expect("a number")
        };
        let arguments = rest.split("{ ").filter(|part| part.starts_with("\"index\""));
        Self {
            names: names.split('"').skip(1).step_by(2).map(str::to_owned).collect(),
            arguments: arguments
                .map(|part| (number(part, "\"index\": ") as usize, number(part, "\"value\": ")))
                .collect(),
        }
    }
}

const TOPIC: &str = "seccomp";

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let read: [Named<fn()>; 5] = [
        ("supervise.json allows each call that the sources name, and no other", agrees_with_sources),
        ("prctl, ioctl and clone are allowed for what the sources ask of them", limits_arguments),
        ("hold.json is a part of supervise.json", is_a_part),
        ("both are for six architectures", knows_architectures),
        ("docs/hardening.md says of each name what it is for", is_explained),
    ];
    let mut trials: Vec<Trial> = read.map(|(name, check)| plain(TOPIC, name, check)).into();
    let name = "hold.json allows each call of a hold's life, and no other";
    trials.push(traced_trial(TOPIC, AsSubreaper, name, is_a_life));
    let name = "hold.json allows each call of a hold's life";
    trials.push(traced_trial(TOPIC, AsPid1, name, is_enough_for_pid_1));
    trials
}

fn assert_same(allowed: &Names, called: &Names) {
    let (missing, idle): (Vec<_>, Vec<_>) =
        (called.difference(allowed).collect(), allowed.difference(called).collect());
    assert!(
        missing.is_empty() && idle.is_empty(),
        "called, not allowed: {missing:?}; never called: {idle:?}"
    );
}

fn agrees_with_sources() {
    let named = |code: &str| -> Vec<String> {
        let after = code.split("libc::SYS_").skip(1);
        after.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
    };
    // What only --install and --inspect call is left to an engine's own profile: the command would get it, too.
    let is_for_command =
        |source: &Source| !["src/sys/install.rs", "src/sys/directory.rs"].iter().any(|path| source.is(path));
    let sources = sources_below("src").into_iter().filter(is_for_command);
    let mut called: Names = sources.flat_map(|source| named(&source.code())).collect();
    // Those of 32-bit arm that libc's crate does not name.
    called.extend(["clock_gettime64", "ppoll_time64", "rt_sigtimedwait_time64"].map(str::to_owned));
    assert_same(&Supervise.held().union(&Supervise.supervised()).cloned().collect(), &called);
}

/// As the headers have it for this machine; the rows for others are in the comments of the profile.
fn limits_arguments() {
    let allowed = |profile: Profile, name: &str| -> BTreeSet<Vec<(usize, u64)>> {
        let rules = profile.rules("pausa while it").into_iter();
        rules.filter(|rule| rule.names.iter().any(|named| named == name)).map(|rule| rule.arguments).collect()
    };
    let options = [libc::PR_SET_CHILD_SUBREAPER, libc::PR_SET_PDEATHSIG];
    assert_eq!(allowed(Hold, "prctl"), options.map(|option| vec![(0, option as u64)]).into());
    let options = [libc::PR_SET_CHILD_SUBREAPER, libc::PR_GET_CHILD_SUBREAPER, libc::PR_SET_PDEATHSIG];
    assert_eq!(allowed(Supervise, "prctl"), options.map(|option| vec![(0, option as u64)]).into());
    let requests = [libc::TIOCSCTTY, libc::TIOCGPGRP, libc::TIOCSPGRP, libc::TIOCNOTTY];
    // TIOCGPGRP and TIOCSPGRP of ppc64le; the others have one number everywhere.
    let requests = requests.into_iter().chain([0x4004_7477, 0x8004_7476]);
    assert_eq!(allowed(Supervise, "ioctl"), requests.map(|request| vec![(1, request)]).collect());
    // Of two arguments the one is the flags and the other 0: the stack, which a child moves to by itself.
    let flags = [libc::CLONE_VM | libc::SIGCHLD, libc::SIGCHLD].map(|flags| flags as u64);
    let orders = flags.map(|flags| [vec![(0, flags), (1, 0)], vec![(0, 0), (1, flags)]]);
    assert_eq!(allowed(Supervise, "clone"), orders.into_iter().flatten().collect());
}

fn is_a_part() {
    assert_same(&Hold.held(), &Supervise.held());
    // Those that are pausa's own, too, if it supervises.
    let own = ["execve", "fcntl", "openat2"].map(str::to_owned);
    assert_same(&Hold.runtimes(), &Supervise.runtimes().into_iter().chain(own).collect());
}

fn knows_architectures() {
    let head = |profile: Profile| profile.text().split("\"syscalls\"").next().expect("a head").to_owned();
    assert_eq!(head(Hold), head(Supervise));
    for architecture in ["X86_64", "AARCH64", "ARM", "RISCV64", "PPC64LE", "S390X"] {
        let row = format!("\"architecture\": \"SCMP_ARCH_{architecture}\"");
        assert_eq!(head(Hold).matches(&row).count(), 1, "{architecture}");
    }
}

fn is_explained() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hardening.md");
    let page = fs::read_to_string(page).expect("read docs/hardening.md");
    // The first cell of each row of the one table about calls.
    let (_, table) = page.split_once("\n| call |").expect("a table of calls");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').nth(1).expect("a cell"));
    let explained: Names =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let allowed = [Supervise.held(), Supervise.supervised(), Supervise.runtimes()];
    assert_same(&allowed.into_iter().flatten().collect(), &explained);
}

/// Where the messages of a hold go.
#[derive(Clone, Copy, Debug)]
enum Stderr {
    Pipe,
    File,
    Terminal,
    Closed,
}

const STDERR: [Stderr; 4] = [Stderr::Pipe, Stderr::File, Stderr::Terminal, Stderr::Closed];

fn is_a_life() {
    let mut called = lives_at(AsSubreaper);
    if cfg!(any(target_arch = "aarch64", target_arch = "riscv64")) {
        // There is none; ppoll stands in for it.
        called.insert("pause".into());
    }
    if cfg!(not(target_arch = "arm")) {
        // Where a machine word has 64 bits, ppoll has, too.
        called.insert("ppoll_time64".into());
    }
    assert_same(&Hold.held(), &called);
}

fn is_enough_for_pid_1() {
    let (allowed, called) = (Hold.held(), lives_at(AsPid1));
    assert!(
        called.is_subset(&allowed),
        "called, not allowed: {:?}",
        called.difference(&allowed).collect::<Vec<_>>()
    );
}

fn lives_at(place: Place) -> Names {
    let mut called = Names::new();
    for (subject, options) in [(Pause, &[][..]), (Pausa, &[]), (Pausa, &["-v"])] {
        for stderr in STDERR {
            for signal in [SIGINT, SIGTERM] {
                called.append(&mut life(place, subject, options, stderr, signal));
            }
        }
    }
    called
}

/// What a hold calls from its first instruction to its end by `signal`, with a child that ends and a SIGCHLD besides.
fn life(place: Place, subject: Subject, options: &[&str], stderr: Stderr, signal: i32) -> Names {
    static RECORDS: AtomicUsize = AtomicUsize::new(0);
    let record = directory().join(format!("life-{}", RECORDS.fetch_add(1, Relaxed)));
    let program = subject.path().to_str().expect("UTF-8").to_owned();
    let mut launch =
        Launch::program("/usr/bin/strace", AsSubreaper).args(["-f", "-o", record.to_str().expect("UTF-8")]);
    if place == AsPid1 {
        let own_user: &[&str] =
            if nix::unistd::getuid().is_root() { &[] } else { &["--user", "--map-root-user"] };
        launch = launch.args(["unshare", "--pid", "--fork"]).args(own_user);
    }
    let redirection = if matches!(stderr, Stderr::Closed) { "2>&-" } else { "" };
    launch =
        launch.args(["sh", "-c", &format!("true & exec \"$@\" {redirection}"), "sh", &program]).args(options);
    let _terminal = match stderr {
        Stderr::Pipe | Stderr::Closed => None,
        Stderr::File => {
            launch = launch.stderr(fs::File::create(record.with_extension("stderr")).expect("make a file"));
            None
        }
        Stderr::Terminal => {
            let (terminal, end) = Terminal::open();
            launch = launch.stderr(end);
            Some(terminal)
        }
    };
    let mut running = launch.start();
    let holds = |process: &Process| process.name == subject.name() && is_paused(process.pid);
    let hold =
        running.until("the subject to pause", |running| running.processes().into_iter().find(holds)).pid;
    syscall::send(hold.as_raw(), SIGCHLD).expect("the subject is there");
    // Signals that are pending together may come in either order.
    running.until("SIGCHLD to be taken", |_| {
        let calls = fs::read_to_string(&record).ok()?;
        (calls.contains("rt_sigreturn(") && is_paused(hold)).then_some(())
    });
    syscall::send(hold.as_raw(), signal).expect("the subject is there");
    assert_eq!(running.wait(), Code(0), "{subject:?} {options:?} {stderr:?} {signal}");
    calls_behind_exec(&fs::read_to_string(record).expect("read the record"), &program)
}

/// The names in a record of strace -f, of the process that has executed `program`, from then on.
fn calls_behind_exec(record: &str, program: &str) -> Names {
    let exec = format!("execve(\"{program}\"");
    let mut lines = record.lines();
    let who =
        lines.find_map(|line| line.split_once(' ').filter(|(_, call)| call.trim_start().starts_with(&exec)));
    let (who, _) = who.unwrap_or_else(|| panic!("{program} is not executed in {record}"));
    let calls =
        lines.filter_map(|line| line.strip_prefix(who)).filter_map(|call| call.trim_start().split_once('('));
    // Neither `--- SIGTERM {…} ---` nor `<... pause resumed>`.
    let is_name =
        |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    calls.map(|(name, _)| name).filter(is_name).map(str::to_owned).collect()
}
