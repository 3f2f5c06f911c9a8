//! Nothing keeps pausa from forwarding and reaping: a stderr without a reader, a storm of signals and orphans, a child
//! that is stopped or traced.

use crate::harness::launch::{AsPid1, Launch, PLACES, Place};
use crate::harness::process::{Process, waits_for_ever};
use crate::harness::running::Ended::Code;
use crate::harness::running::Running;
use crate::harness::signals::{self, RTMAX};
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Subject, original};
use crate::harness::trial::{Named, trial};
use libc::{SIGCONT, SIGUSR1};
use libtest_mimic::Trial;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::pipe2;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

/// What stderr is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stderr {
    PipeThatIsFull,
    PipeWithoutReader,
    Closed,
    FullDisk,
    /// Its buffer takes some lines and then half of one.
    UnreadTerminal,
}

use Stderr::{Closed, FullDisk, PipeThatIsFull, PipeWithoutReader, UnreadTerminal};

const TOPIC: &str = "under stress";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    if original() {
        // Their lines wait for a reader, and all else with them.
        for (subject, options, variable) in
            [(DumbInit, &["-v"][..], "X"), (Catatonit, &[], "CATATONIT_DEBUG")]
        {
            let check = move || waits_for_a_reader(subject, options, variable);
            trials.push(trial(
                TOPIC,
                (subject, AsPid1),
                "it waits for whoever should read its stderr",
                check,
            ));
        }
        return trials;
    }
    let rows: [Named<fn(Place)>; 4] = [
        ("it counts the lines that were dropped", counts_the_dropped),
        ("100,000 signals while 20,000 orphans die", weathers),
        ("the child stops itself", outlasts_a_stop),
        ("the child is traced", outlasts_a_tracer),
    ];
    for place in PLACES {
        for stderr in [PipeThatIsFull, PipeWithoutReader, Closed, FullDisk, UnreadTerminal] {
            for options in ["-v", "-vvm/dev/full", "-vm/dev/stderr"] {
                let name = format!("it goes on with {options} and stderr {stderr:?}");
                trials.push(trial(TOPIC, place, name, move || goes_on(place, stderr, options)));
            }
        }
        trials.extend(rows.map(|(name, check)| trial(TOPIC, place, name, move || check(place))));
        for (what, script) in [
            ("forks and exits at once", "true & exit 7"),
            ("executes another program", "exec sh -c 'exit 7'"),
            ("leaves 9 behind and exits at once", "for i in 1 2 3 4 5 6 7 8 9; do true & done; exit 7"),
        ] {
            let name = format!("the child {what}, 50 times");
            trials.push(trial(TOPIC, place, name, move || ends_well(place, script)));
        }
    }
    trials
}

/// A pipe that takes no byte more, and its reader.
fn full_pipe() -> (File, File) {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).expect("pipe");
    let (reader, mut writer) = (File::from(reader), File::from(writer));
    for size in [4096, 1] {
        while writer.write(&vec![b'x'; size]).is_ok() {}
    }
    // A shared setting: pausa gets a pipe on which it would have to wait.
    for end in [&reader, &writer] {
        fcntl(end, FcntlArg::F_SETFL(OFlag::empty())).expect("F_SETFL");
    }
    (reader, writer)
}

/// In write(2), on descriptor 2, until somebody reads.
fn waits_for_a_reader(subject: Subject, options: &[&str], variable: &str) {
    let (_reader, writer) = full_pipe();
    let launch = Launch::supervising(subject, AsPid1, options).env(variable, "1").stderr(writer);
    let mut running = launch.payload("wait").start();
    running.until("it to wait for a reader", |running| {
        let call = std::fs::read_to_string(format!("/proc/{}/syscall", running.pid())).ok()?;
        call.starts_with(&format!("{} 0x2 ", libc::SYS_write)).then_some(())
    });
}

fn goes_on(place: Place, stderr: Stderr, options: &str) {
    let (reader, writer) = full_pipe();
    let terminal = nix::pty::openpty(None, None).expect("openpty");
    let launch = Launch::supervising(Pausa, place, &[options]).payload("besieged 500");
    let launch = match stderr {
        PipeThatIsFull | PipeWithoutReader => launch.stderr(writer),
        Closed => launch.closed(&[2]),
        FullDisk => launch.stderr(File::options().write(true).open("/dev/full").expect("open /dev/full")),
        UnreadTerminal => launch.stderr(terminal.slave),
    };
    let reader = (stderr != PipeWithoutReader).then_some(reader);
    let mut running = launch.start();
    let mut left = 2;
    while left > 0 {
        left -= u32::from(running.stdout_line().starts_with(['r', 'm']));
    }
    for _ in 0..50 {
        running.kill(SIGUSR1);
        assert!(running.stdout_line().starts_with("signal 10 "));
    }
    running.until_reaped(1);
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
    drop(reader);
}

fn counts_the_dropped(place: Place) {
    let (reader, writer) = full_pipe();
    let mut running = Launch::supervising(Pausa, place, &["-v"]).stderr(writer).payload("ready").start();
    running.handshake("ready");
    for _ in 0..30 {
        running.kill(SIGUSR1);
        assert!(running.stdout_line().starts_with("signal 10 "));
    }
    // The child hears of a signal before anybody is told of it.
    running.until("the last line to be dropped", |running| waits_for_ever(running.pid()));
    let mut reader = BufReader::new(reader);
    fcntl(reader.get_ref(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("F_SETFL");
    // Up to EAGAIN.
    while let Ok(length @ 1..) = reader.fill_buf().map(<[u8]>::len) {
        reader.consume(length);
    }
    fcntl(reader.get_ref(), FcntlArg::F_SETFL(OFlag::empty())).expect("F_SETFL");
    running.kill(SIGUSR1);
    running.say("exit 7");
    let mut lines = reader.lines().map(|line| line.expect("read stderr"));
    let (lost, next) = (lines.next(), lines.next());
    assert_eq!(lost.as_deref(), Some("pausa: 30 lines dropped: stderr was not being read"));
    assert!(next.as_deref().is_some_and(|line| line.contains("SIGUSR1")), "{next:?}");
    assert_eq!(running.wait(), Code(7));
    assert!(lines.all(|line| !line.contains("dropped")), "it is said once");
}

/// Signal and value of each line until the one that says `last` of RTMAX; `made N` is taken note of.
fn heard(running: &mut Running, last: i32, made: &mut bool) -> Vec<(i32, i32)> {
    let mut heard = Vec::new();
    loop {
        let line = running.stdout_line();
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "made" {
            *made = true;
            continue;
        }
        let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{line:?}"));
        let pair = (number(words[1]), number(words[words.len() - 1]));
        if pair == (RTMAX, last) {
            return heard;
        }
        heard.push(pair);
    }
}

/// The mark is RTMAX, which comes behind every other signal that is pending, in pausa and in the child.
fn weathers(place: Place) {
    const ROUNDS: i32 = 45;
    let launch = Launch::supervising(Pausa, place, &[]).payload("besieged 20000");
    let mut running = launch.patience(Duration::from_secs(240)).start();
    let mut made = false;
    while !running.stdout_line().starts_with("ready ") {
        made = true;
    }
    let standard: Vec<i32> = signals::forwardable().filter(|&signal| signal < 32).collect();
    for round in 0..ROUNDS {
        for _ in 0..40 {
            standard.iter().for_each(|&signal| running.kill(signal));
        }
        let queued: Vec<(i32, i32)> =
            (32..RTMAX).flat_map(|signal| (0..30).map(move |value| (signal, round * 100 + value))).collect();
        queued.iter().for_each(|&(signal, value)| running.queue(signal, value));
        running.queue(RTMAX, round);
        let came = heard(&mut running, round, &mut made);
        for signal in 32..RTMAX {
            let values = |all: &[(i32, i32)]| -> Vec<i32> {
                all.iter().filter(|pair| pair.0 == signal).map(|pair| pair.1).collect()
            };
            assert_eq!(values(&came), values(&queued), "{}, round {round}", signals::name(signal));
        }
        // One that the kernel merges is as good as heard; one that nothing else can merge with must be.
        for &signal in &standard {
            running.kill(signal);
            running.queue(RTMAX, -signal);
            let came = heard(&mut running, -signal, &mut made);
            assert_eq!(came.iter().map(|pair| pair.0).collect::<Vec<_>>(), [signal], "round {round}");
        }
    }
    if !made {
        running.expect_line("made 20000");
    }
    running.until_reaped(1);
    running.say("exit 7");
    let (ended, rest, stderr) = running.wait_with_output();
    assert_eq!((ended, rest.as_str(), stderr.as_str()), (Code(7), "", ""));
}

fn outlasts_a_stop(place: Place) {
    let mut running = Launch::supervising(Pausa, place, &[]).payload("stop-self").start();
    let child = running.handshake("ready");
    running.until_state(child, "T");
    // What comes meanwhile waits for it in the kernel.
    running.kill(SIGCONT);
    running.expect_line("continued");
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
}

/// A debugger holds the child; its stops are the debugger's to wait for (ptrace(2)).
fn outlasts_a_tracer(place: Place) {
    let mut running = Launch::supervising(Pausa, place, &[]).payload("ready").start();
    let child = running.handshake("ready");
    ptrace::seize(child, ptrace::Options::empty()).expect("PTRACE_SEIZE");
    ptrace::interrupt(child).expect("PTRACE_INTERRUPT");
    waitpid(child, Some(WaitPidFlag::__WALL)).expect("wait for the tracee");
    assert!(Process::of(child).is_some_and(|child| child.state == 't'));
    running.kill(SIGUSR1);
    running.until("the next wait", |running| waits_for_ever(running.pid()));
    ptrace::detach(child, None).expect("PTRACE_DETACH");
    assert!(running.stdout_line().starts_with("signal 10 "));
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
}

fn ends_well(place: Place, script: &str) {
    for round in 0..50 {
        let running = Launch::supervising(Pausa, place, &["-D"]).args(["sh", "-c", script]).start();
        assert_eq!(running.wait(), Code(7), "round {round}");
    }
}
