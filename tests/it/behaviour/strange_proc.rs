//! A /proc that was mounted for another PID namespace (`unshare --pid --fork` without `--mount-proc`): the numbers in it
//! are other processes here. And a /dev/tty that is no terminal.

use super::impostors::apart;
use crate::harness::launch::{AsSubreaper, PLACES, Place};
use crate::harness::message_fields::{Json, paper, to, written};
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Catatonit, Pausa, Subject, Tini, original};
use crate::harness::trial::trial;
use libtest_mimic::Trial;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const TOPIC: &str = "strange";

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for options in ["-k0", "-D -k0"] {
        let name = format!("{options} leaves a stranger alone that /proc lists as a child");
        trials.push(trial(TOPIC, AsSubreaper, name, move || spares_strangers(options)));
    }
    for place in PLACES {
        for (name, stat, command) in [
            ("our own /proc names the sender of a stop", "$$ (pausa)", Some("forged")),
            ("a /proc that knows us by another number names no sender", "1000000 (pausa)", None),
        ] {
            trials.push(trial(TOPIC, place, name, move || names_nobody_else(place, stat, command)));
        }
        for (subject, name) in [(Pausa, "pausa"), (Tini, "tini"), (Catatonit, "catatonit")] {
            let name = format!("{name} -g gives the child a group where /dev/tty is a file");
            trials.push(trial(TOPIC, place, name, move || leads_a_group(place, subject)));
        }
    }
    trials
}

/// The stranger reads a pipe, and is an orphan that came to somebody above us before we were there.
fn spares_strangers(options: &str) {
    let pipe = paper();
    let script = format!(
        "mount -t tmpfs none /proc && mkdir /proc/thread-self && rm {0} && mkfifo {0} && exec 3<>{0} || exit 9
        (sh -c 'read word <&3' & echo \"$! \" >/proc/thread-self/children)
        exec \"$@\"",
        pipe.display()
    );
    let stubborn = "trap '' TERM; kill -TERM $PPID; while :; do sleep 0.01; done";
    let launch = apart(Pausa, AsSubreaper, &script).args(options.split(' '));
    let mut running = launch.args(["--", "sh", "-c", stubborn]).start();
    assert_eq!(running.ended(), Code(137));
    assert!(is_read(&pipe), "the stranger has been killed");
}

/// Whether somebody has it open for reading: fifo(7), ENXIO.
fn is_read(pipe: &Path) -> bool {
    OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(pipe).is_ok()
}

fn names_nobody_else(place: Place, stat: &str, command: Option<&str>) {
    let message = paper();
    let script = format!(
        "mount -t tmpfs none /proc && mkdir /proc/self && echo \"{stat}\" >/proc/self/stat && exec \"$@\""
    );
    let asks =
        "mkdir /proc/$$ && echo forged >/proc/$$/comm && trap 'exit 7' TERM && kill -TERM $PPID || exit 8
while :; do sleep 0.01; done";
    let launch = apart(Pausa, place, &script).args([&to(&message), "-Fjson", "--", "sh", "-c", asks]);
    assert_eq!(launch.start().wait(), Code(7));
    let message = written(Json, &message);
    assert_eq!(message.get("stop_from"), "inside");
    assert_eq!(message.find("stop_command"), command);
}

/// The fifth word of `/proc/PID/stat` is the group, and the first the process.
fn leads_a_group(place: Place, subject: Subject) {
    let launch = apart(subject, place, "mount -t tmpfs none /dev && : >/dev/tty && exec \"$@\"");
    let launch = launch.args(subject.adopting()).args(["-g", "--", "cut", "-d ", "-f1,5", "/proc/self/stat"]);
    let (ended, stdout, stderr) = launch.start().wait_with_output();
    assert_eq!((ended, stderr.as_str()), (Code(0), ""));
    let (process, group) = stdout.trim_end().split_once(' ').expect("two numbers");
    assert_eq!(process, group);
}
