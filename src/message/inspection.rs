//! What `--inspect` says to people, in lines; `object` says the same to machines. Pure.

mod object;

use crate::bytes::split;
use crate::message::line::Line;
use crate::message::text::{Text, Texts, text, texts};
use crate::model::process::Pid;
use crate::model::stat::Stat;
use crate::policy::disposition::{Effect, Evidence, Stop};
use crate::policy::inspection::{Careless, Inspection, Main, Process};
pub use object::write_json;

const EVIDENCE: Texts = texts![
    (Evidence::DefaultOfInit, "no effect: default action, which the kernel does not take for PID 1"),
    (Evidence::Default, "ends it: default action"),
    (Evidence::Harmless, "unknown: the default action does not end it"),
    (Evidence::Ignored, "no effect: ignored"),
    (Evidence::Caught, "a handler decides"),
    (Evidence::CaughtByShell, "a trap decides, when the shell's foreground command has ended"),
    (Evidence::CaughtByRuntime, "a handler decides; this program has one in any case"),
    (Evidence::SignalFd, "the program decides: it reads the signal from a signalfd"),
    (Evidence::Waits, "the program decides: a thread waits for it in sigtimedwait"),
    (Evidence::Blocked, "unknown: blocked in every thread"),
    (Evidence::MayWait, "unknown: a thread may wait for it in sigtimedwait, which cannot be read from here"),
    (Evidence::NotShown, "unknown: its signal masks are not shown here"),
    (Evidence::Stopped, "unknown: it is stopped, and acts when it is continued"),
    (Evidence::Init, "passed on to its child: an init, by its name"),
    (Evidence::NotSignalled, "not signalled; killed when PID 1 is"),
    (Evidence::NotPermitted, "not signalled: its init may not signal this user, for lack of CAP_KILL"),
    (Evidence::Options, "unknown: options of its init may change the signal or when it comes"),
    (Evidence::Gone, "unknown: it has ended meanwhile"),
];

fn word(texts: Texts, number: u8) -> Text {
    texts.find(number).unwrap_or(Text::EMPTY)
}

/// One line, without its newline: gets its label, what it says, and whether it is a fault.
type Tell<'t> = &'t mut dyn FnMut(&[u8], &Line<'_>, bool);

/// Writes the lines, piece by piece.
pub fn write_text(found: &Inspection, write: &mut dyn FnMut(&[u8])) {
    each_line(found, &mut |label, line, _| {
        write(label);
        write(b"           ".get(label.len()..).unwrap_or(b" "));
        write(line.as_bytes());
        write(b"\n");
    });
}

/// Whether a line of it is a fault.
#[must_use]
pub fn has_fault(found: &Inspection) -> bool {
    let mut has = false;
    each_line(found, &mut |_, _, is_fault| has |= is_fault);
    has
}

/// The main process whose stop is the worst.
fn worst(found: &Inspection) -> Main {
    let rank = |main: &Main| match main.stop {
        Stop::Killed => 3,
        Stop::Unknown => 2,
        Stop::Handler => 1,
        Stop::Ends => 0,
    };
    let mut mains = found.mains.all().iter();
    let first = mains.next().copied().unwrap_or(Main::NONE);
    mains.fold(first, |worst, main| if rank(main) > rank(&worst) { *main } else { worst })
}

fn each_line(found: &Inspection, tell: Tell<'_>) {
    let mut say = |label: &[u8], is_fault: bool, fill: &mut dyn FnMut(&mut Line<'_>)| {
        let mut room = Line::ROOM;
        let mut line = Line::new(&mut room);
        fill(&mut line);
        tell(label, &line, is_fault);
    };
    let mut room = [0; 16];
    let mut signal = Line::new(&mut room);
    signal.signal(found.signal);
    for main in found.mains.all() {
        let process = &main.process;
        let is_killed = main.stop == Stop::Killed;
        if process.stat.pid == Pid::INIT {
            say(b"PID 1", false, &mut |line| called(process, line));
            say(signal.as_bytes(), is_killed, &mut |line| _ = line.text(evidence(process)));
        } else {
            say(b"main", is_killed, &mut |line| judged(process, line));
        }
        if let Some(child) = &main.child {
            say(b"child", is_killed && main.process.verdict.effect == Effect::Forwards, &mut |line| {
                judged(child, line)
            });
        }
    }
    for process in found.entered.all() {
        say(b"exec", false, &mut |line| numbered(process, line));
    }
    let worst = worst(found);
    say(b"stop", worst.stop == Stop::Killed, &mut |line| {
        match worst.stop {
            Stop::Killed => line.bytes(b"SIGKILL after the grace period"),
            Stop::Ends => line.bytes(b"ends by itself"),
            Stop::Handler => line.bytes(b"the program decides"),
            Stop::Unknown => line.bytes(b"unknown"),
        };
        if let Some(status) = worst.exit_status {
            line.bytes(b", exit status ").number(status.into());
        }
    });
    if let Some(remedy) = remedy(&worst) {
        say(b"remedy", false, &mut |line| _ = line.text(remedy));
    }
    for careless in found.zombies.all() {
        say(b"zombies", true, &mut |line| zombies(careless, line));
    }
    each_stat(found.stopped.all(), b"stopped", &mut say);
    each_stat(found.uninterruptible.all(), b"state D", &mut say);
    let limits = &found.limits;
    if limits.frozen == Some(true) {
        say(b"frozen", true, &mut |line| _ = line.bytes(b"the cgroup; nothing in it acts on any signal"));
    }
    if let Some(pids) = limits.pids {
        let is_near = limits.pids_max.is_some_and(|max| pids.saturating_mul(10) >= max.saturating_mul(9));
        let hits = limits.pids_hits.unwrap_or(0);
        say(b"pids", is_near || hits > 0, &mut |line| {
            line.number(pids);
            if let Some(max) = limits.pids_max {
                line.bytes(b" of ").number(max);
            }
            if hits > 0 {
                line.bytes(b", limit hit ").number(hits).bytes(if hits == 1 { b" time" } else { b" times" });
            }
        });
    }
    if let Some(memory) = limits.memory {
        let kills = limits.oom_kills.unwrap_or(0);
        say(b"memory", kills > 0, &mut |line| {
            line.size(memory);
            if let Some(max) = limits.memory_max {
                line.bytes(b" of ").size(max);
            }
            if kills > 0 {
                line.bytes(b", ").number(kills).bytes(if kills == 1 { b" OOM kill" } else { b" OOM kills" });
            }
            if let Some(group) = limits.oom_group {
                line.bytes(b", oom.group ").number(group);
            }
        });
    }
    say(b"unseen", false, &mut |line| unseen(found, line));
}

/// Puts a line together: gets its label, whether it is a fault, and what fills it.
type Say<'s> = &'s mut dyn FnMut(&[u8], bool, &mut dyn FnMut(&mut Line<'_>));

fn each_stat(stats: &[Stat], label: &[u8], say: Say<'_>) {
    for stat in stats {
        say(label, true, &mut |line| {
            line.pid(stat.pid).bytes(b" ").quote(stat.name());
        });
    }
}

/// The command line, or the name in brackets, as ps(1) shows it.
fn called(process: &Process, line: &mut Line<'_>) {
    match process.words() {
        b"" => line.push(b'[').quote(process.stat.name()).push(b']'),
        words => line.quote(words),
    };
}

fn numbered(process: &Process, line: &mut Line<'_>) {
    line.pid(process.stat.pid).push(b' ');
    called(process, line);
}

fn judged(process: &Process, line: &mut Line<'_>) {
    numbered(process, line);
    line.bytes(b": ").text(evidence(process));
}

fn evidence(process: &Process) -> Text {
    word(EVIDENCE, process.verdict.evidence as u8)
}

fn remedy(main: &Main) -> Option<Text> {
    if main.stop != Stop::Killed {
        return None;
    }
    let last = main.child.as_ref().filter(|_| main.process.verdict.effect == Effect::Forwards);
    match last.unwrap_or(&main.process).verdict.evidence {
        Evidence::DefaultOfInit => Some(text!(
            "start the program with exec if a shell starts it, or put an init before it: pausa -- COMMAND"
        )),
        Evidence::Ignored => {
            Some(text!("handle the signal, or set STOPSIGNAL of the image to one that the program handles"))
        }
        Evidence::NotPermitted => {
            Some(text!("give the container CAP_KILL, or start the program as its user"))
        }
        _ => None,
    }
}

fn zombies(careless: &Careless, line: &mut Line<'_>) {
    line.number(careless.count.into()).bytes(b", still there after 1 s; ");
    match careless.parent.raw() {
        0 => line.bytes(b"their parent is outside of this PID namespace"),
        1 => line
            .bytes(b"PID 1 (")
            .quote(name(careless))
            .bytes(b") does not wait for them: put an init before it"),
        _ => line
            .bytes(b"their parent ")
            .pid(careless.parent)
            .bytes(b" (")
            .quote(name(careless))
            .bytes(b") does not wait for them, and PID 1 cannot"),
    };
}

fn name(careless: &Careless) -> &[u8] {
    split(&careless.comm, 0).next().unwrap_or(&[])
}

fn unseen(found: &Inspection, line: &mut Line<'_>) {
    line.bytes(b"stop signal and grace period of the engine; limits of the pod");
    if let Some(pid) = found.unseen.limits_of {
        line.bytes(b"; limits of process ").pid(pid);
    }
    if found.unseen.hidden {
        line.bytes(b"; processes of other users, which /proc may hide (hidepid)");
    }
    if found.unseen.more {
        line.bytes(b"; more than 16 of a kind");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::signal::Signal;
    use crate::policy::disposition::{Disposition, Verdict};
    use crate::policy::inspection::Words;

    fn process(
        pid: i32,
        parent: i32,
        name: &[u8],
        words: &[u8],
        effect: Effect,
        evidence: Evidence,
    ) -> Process {
        let mut stat =
            Stat { pid: Pid::new(pid), parent: Pid::new(parent), state: b'S', threads: 1, ..Stat::NONE };
        stat.comm[..name.len()].copy_from_slice(name);
        let mut bytes = [0; 160];
        bytes[..words.len()].copy_from_slice(words);
        let verdict = Verdict { disposition: Disposition::Default, effect, evidence };
        Process { stat, words: Words { bytes, length: words.len() }, verdict }
    }

    pub(super) fn shell() -> Inspection {
        let mut found = Inspection::new(4_026_532_198, Signal::TERM);
        found.mains.push(Main {
            process: process(1, 0, b"sh", b"sh -c \"app\"; echo bye", Effect::None, Evidence::DefaultOfInit),
            child: Some(process(2, 1, b"app", b"app\n", Effect::None, Evidence::NotSignalled)),
            stop: Stop::Killed,
            exit_status: Some(137),
        });
        found.entered.push(process(33, 0, b"bash", b"", Effect::Unknown, Evidence::Gone));
        found.zombies.push(Careless {
            parent: Pid::new(2),
            comm: *b"app\0\0\0\0\0\0\0\0\0\0\0\0\0",
            count: 3,
        });
        found.limits.pids = Some(97);
        found.limits.pids_max = Some(100);
        found.limits.pids_hits = Some(12);
        found.limits.memory = Some(41 << 20);
        found.limits.memory_max = Some(64 << 20);
        found.limits.oom_kills = Some(2);
        found.limits.oom_group = Some(1);
        found
    }

    type Writer = fn(&Inspection, &mut dyn FnMut(&[u8]));

    pub(super) fn written(found: &Inspection, write: Writer) -> String {
        let mut all = Vec::new();
        write(found, &mut |piece| all.extend_from_slice(piece));
        String::from_utf8(all).unwrap()
    }

    #[test]
    fn lines_are_for_people() {
        assert_eq!(
            written(&shell(), write_text),
            "\
PID 1      sh -c \"app\"; echo bye
SIGTERM    no effect: default action, which the kernel does not take for PID 1
child      2 app?: not signalled; killed when PID 1 is
exec       33 [bash]
stop       SIGKILL after the grace period, exit status 137
remedy     start the program with exec if a shell starts it, or put an init before it: pausa -- COMMAND
zombies    3, still there after 1 s; their parent 2 (app) does not wait for them, and PID 1 cannot
pids       97 of 100, limit hit 12 times
memory     41 MiB of 64 MiB, 2 OOM kills, oom.group 1
unseen     stop signal and grace period of the engine; limits of the pod
"
        );
        assert!(has_fault(&shell()));
    }

    #[test]
    fn nothing_found_is_no_fault() {
        let mut found = Inspection::new(1, Signal::TERM);
        let init = process(1, 0, b"tini", b"tini app", Effect::Forwards, Evidence::Init);
        let child = process(7, 1, b"app", b"app", Effect::Ends, Evidence::Default);
        found.mains.push(Main {
            process: init,
            child: Some(child),
            stop: Stop::Ends,
            exit_status: Some(143),
        });
        found.limits.pids = Some(2);
        found.limits.pids_max = Some(100);
        assert!(!has_fault(&found), "{}", written(&found, write_text));
        found.limits.pids = Some(90);
        assert!(has_fault(&found), "nine tenths of the limit");
    }
}
