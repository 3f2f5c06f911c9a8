//! stderr that takes no line, or half of one, whatever it is and however many lines pausa has: pausa neither waits nor
//! spins nor dies, and the child gets no signal that pausa's own write has raised.

use super::impostors::apart;
use crate::harness::launch::{AsSubreaper, Launch, PLACES, Place};
use crate::harness::process::{Process, children, is_paused, waits_for_ever};
use crate::harness::running::Ended::{self, Code};
use crate::harness::running::Running;
use crate::harness::subject::{Pausa, Subject, Tini, directory, original};
use crate::harness::trial::trial;
use libc::{SIGTERM, SIGURG, SIGUSR1};
use libtest_mimic::Trial;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const TOPIC: &str = "bad stderr";

/// What stderr is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stderr {
    PipeThatIsFull,
    PipeWithoutReader,
    SocketThatIsFull,
    SocketWithoutReader,
    /// Its peer is there, and has said that it reads no more (shutdown(2)).
    SocketShutDown,
    TerminalThatNobodyReads,
    /// /proc is not there, so it cannot be opened once more.
    TerminalWithoutProc,
    /// RLIMIT_FSIZE is reached (setrlimit(2)).
    FileAtItsLimit,
    /// A tmpfs of one page.
    FileOnFullDisk,
    DevFull,
    Closed,
}

use Stderr::*;

const STDERR: [Stderr; 11] = [
    PipeThatIsFull,
    PipeWithoutReader,
    SocketThatIsFull,
    SocketWithoutReader,
    SocketShutDown,
    TerminalThatNobodyReads,
    TerminalWithoutProc,
    FileAtItsLimit,
    FileOnFullDisk,
    DevFull,
    Closed,
];

/// Who says something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    /// At default verbosity, of each orphan.
    TiniW,
    /// Of each signal and each process.
    Verbose,
    /// Of each process, from a signal handler.
    VerboseHold,
}

use Speaker::{TiniW, Verbose, VerboseHold};

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for place in PLACES {
        let name = "a line that a terminal cuts short counts as lost";
        trials.push(trial(TOPIC, place, name, move || counts_the_cut(place)));
    }
    for place in PLACES {
        let name = "why there is no command waits for room";
        trials.push(trial(TOPIC, place, name, move || waits_for_room(place)));
    }
    for stderr in STDERR {
        for place in PLACES {
            for speaker in [TiniW, Verbose, VerboseHold] {
                let name = format!("{speaker:?} on {stderr:?}");
                trials.push(trial(TOPIC, place, name, move || goes_on(place, stderr, speaker)));
            }
        }
        let name = format!("a command that is not there is 127 on {stderr:?}");
        trials.push(trial(TOPIC, AsSubreaper, name, move || ends_with(stderr)));
    }
    trials
}

/// The other end of stderr, which must stay as it is until the run has ended.
struct Held {
    _held: Option<OwnedFd>,
}

/// Fills it, if nobody reads, and makes it as it is by default: whoever writes to it waits for room.
fn full(writer: impl Into<OwnedFd>) -> File {
    let mut writer = File::from(writer.into());
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("F_SETFL");
    for size in [4096, 1] {
        while writer.write(&vec![b'x'; size]).is_ok() {}
    }
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).expect("F_SETFL");
    writer
}

/// The subject with this stderr, which a shell becomes when it has done `before`; and what has to be kept.
fn launch(subject: Subject, place: Place, stderr: Stderr, before: &str) -> (Launch, Held) {
    static DISKS: AtomicUsize = AtomicUsize::new(0);
    let disk = directory().join(format!("disk-{}", DISKS.fetch_add(1, Relaxed)));
    std::fs::create_dir(&disk).expect("make a folder");
    let disk = disk.display();
    let (prepare, redirection) = match stderr {
        TerminalWithoutProc => ("mount -t tmpfs none /proc;".to_owned(), String::new()),
        // A few bytes are left, so that a line is cut short first.
        FileAtItsLimit => {
            (format!("head -c 1020 /dev/zero >{disk}/log; ulimit -f 2;"), format!("2>>{disk}/log"))
        }
        FileOnFullDisk => (
            format!("mount -t tmpfs -o size=4k none {disk}; head -c 4090 /dev/zero >{disk}/log;"),
            format!("2>>{disk}/log"),
        ),
        _ => (String::new(), String::new()),
    };
    let launch = apart(subject, place, &format!("set -e; {prepare} {before} exec \"$@\" {redirection}"));
    let (launch, held) = match stderr {
        PipeThatIsFull | PipeWithoutReader => {
            let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
            (launch.stderr(full(writer)), (stderr == PipeThatIsFull).then_some(reader))
        }
        SocketThatIsFull => {
            let (ours, theirs) = UnixStream::pair().expect("socketpair");
            (launch.stderr(full(theirs)), Some(ours.into()))
        }
        SocketWithoutReader => {
            let (_, theirs) = UnixStream::pair().expect("socketpair");
            (launch.stderr(OwnedFd::from(theirs)), None)
        }
        SocketShutDown => {
            let (ours, theirs) = UnixStream::pair().expect("socketpair");
            ours.shutdown(Shutdown::Read).expect("shutdown");
            (launch.stderr(OwnedFd::from(theirs)), Some(ours.into()))
        }
        TerminalThatNobodyReads | TerminalWithoutProc => {
            let terminal = nix::pty::openpty(None, None).expect("openpty");
            (launch.stderr(terminal.slave), Some(terminal.master))
        }
        DevFull => (launch.stderr(File::options().write(true).open("/dev/full").expect("open")), None),
        Closed => (launch.closed(&[2]), None),
        FileAtItsLimit | FileOnFullDisk => (launch, None),
    };
    (launch, Held { _held: held })
}

/// Hundredths of a second of processor time. proc_pid_stat(5): utime and stime are fields 14 and 15.
fn ticks(pid: Pid) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("stat");
    let fields: Vec<&str> = stat[stat.rfind(')').expect("a name")..].split(' ').collect();
    fields[12..14].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum()
}

fn has_no_zombie(running: &mut Running, left: usize) {
    running.until("no zombies", |running| (running.processes().len() == left).then_some(()));
}

fn goes_on(place: Place, stderr: Stderr, speaker: Speaker) {
    if speaker == VerboseHold {
        return holds_on(place, stderr);
    }
    let (subject, options) = if speaker == TiniW { (Tini, &["-sw"]) } else { (Pausa, &["-v"]) };
    let (launch, held) = launch(subject, place, stderr, "");
    let mut running = launch.args(options).args(["--"]).payload("besieged 500").start();
    let mut left = 2;
    while left > 0 {
        left -= u32::from(running.stdout_line().starts_with(['r', 'm']));
    }
    for signal in [SIGUSR1, SIGURG].repeat(10) {
        running.kill(signal);
        // Nothing else comes: neither SIGPIPE nor SIGXFSZ.
        let line = running.stdout_line();
        assert!(line.starts_with(&format!("signal {signal} ")), "{line}");
    }
    has_no_zombie(&mut running, 1);
    running.until("it to wait for signals", |running| waits_for_ever(running.pid()));
    assert!(ticks(running.pid()) < 100, "{} ticks of processor time", ticks(running.pid()));
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
    drop(held);
}

/// Orphans for a hold: a shell leaves them behind, and becomes it.
fn holds_on(place: Place, stderr: Stderr) {
    const ORPHANS: &str = "exec 3<&0; for i in 1 2 3 4 5 6 7 8; do sh -c 'read line' <&3 & done; exec 3<&-;";
    // A pipe that ends when we say so.
    let (wait, end) = nix::unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
    let (launch, held) = launch(Pausa, place, stderr, ORPHANS);
    let mut running = launch.stdin(wait).args(["-v"]).start();
    let is_hold = |running: &Running| is_paused(running.pid()).then_some(());
    running.until("it to hold", is_hold);
    drop(end);
    has_no_zombie(&mut running, 0);
    running.until("it to hold", is_hold);
    assert!(ticks(running.pid()) < 100, "{} ticks of processor time", ticks(running.pid()));
    assert!(Process::of(running.pid()).is_some_and(|hold| hold.state == 'S'));
    running.kill(SIGTERM);
    assert_eq!(running.wait(), Code(0));
    drop(held);
}

/// How the line ends that counts the lost ones.
const TELLS: &str = " lines dropped: stderr was not being read";

/// As many lines as signals: whole ones, and those that the next whole line counts as lost.
fn counts_the_cut(place: Place) {
    let pty = nix::pty::openpty(None, None).expect("openpty");
    let mut running = Launch::of(Pausa, place).args(["-v", "--"]).stderr(pty.slave).payload("ready").start();
    running.handshake("ready");
    let mut sent = 0;
    let mut send = |running: &mut Running, number: usize| {
        for _ in 0..number {
            running.kill(SIGUSR1);
            assert!(running.stdout_line().starts_with("signal 10 "));
        }
        // The child hears of a signal before anybody is told of it.
        running.until("the last line to be written", |running| waits_for_ever(running.pid()));
        sent += number;
    };
    // More than a terminal holds (drivers/tty/tty_buffer.c: 64 KiB).
    send(&mut running, 3000);
    let mut screen = File::from(pty.master);
    fcntl(&screen, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("F_SETFL");
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(TELLS) {
        // Up to EAGAIN; what was read stays.
        let _ = screen.read_to_end(&mut bytes);
        send(&mut running, 1);
    }
    running.say("exit 7");
    assert_eq!(running.wait(), Code(7));
    // Up to EIO: nobody has it open any more.
    fcntl(&screen, FcntlArg::F_SETFL(OFlag::empty())).expect("F_SETFL");
    let _ = screen.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("UTF-8");
    // One that was cut short itself stands before the next one, in the same line.
    let (tells, others): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.ends_with(TELLS));
    let mut lost = 0;
    let mut cut = 0;
    for line in tells {
        let before = line.strip_suffix(TELLS).expect("just seen");
        let (beginning, number) = before.rsplit_once("pausa: ").expect("our name");
        lost += number.parse::<usize>().expect("a number");
        cut += usize::from(!beginning.is_empty());
    }
    assert!(cut > 0, "no line was cut short");
    let whole = others.iter().filter(|line| line.contains("SIGUSR1")).count();
    assert_eq!(whole + lost, sent);
}

/// The child says that its program is not there, with the signals that the program would have had.
fn ends_with(stderr: Stderr) {
    let (launch, held) = launch(Pausa, AsSubreaper, stderr, "");
    let ended: Ended = launch.args(["--", "/nonexistent"]).start().wait();
    assert_eq!(ended, Code(127));
    drop(held);
}

/// The child's one line is the reason for its end. It may wait for a moment, as pausa may not.
fn waits_for_room(place: Place) {
    let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC).expect("pipe");
    let launch = Launch::of(Pausa, place).args(["--", "/nonexistent"]).stderr(full(writer));
    let mut running = launch.start();
    let asleep = |pid: &Pid| {
        let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        call.split(' ').next() == Some(&libc::SYS_ppoll.to_string())
    };
    running.until("the child to wait", |running| {
        children(running.pid()).iter().find(|pid| asleep(pid)).copied()
    });
    let mut reader = File::from(reader);
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("F_SETFL");
    let mut heard = String::new();
    let _ = reader.read_to_string(&mut heard);
    assert_eq!(running.ended(), Code(127));
    let _ = reader.read_to_string(&mut heard);
    assert_eq!(
        heard.trim_start_matches('x'),
        "pausa: cannot run '/nonexistent': No such file or directory\n"
    );
}
