//! What `--inspect` has found, as one JSON object. Pure.

use super::{each_line, evidence, name, word, worst};
use crate::message::line::Line;
use crate::message::text::{Texts, texts};
use crate::policy::disposition::{Disposition, Effect, Stop};
use crate::policy::inspection::{Inspection, Process};

const DISPOSITIONS: Texts = texts![
    (Disposition::Default, "default"),
    (Disposition::Ignored, "ignored"),
    (Disposition::Caught, "caught"),
    (Disposition::Blocked, "blocked"),
    (Disposition::Awaited, "awaited"),
    (Disposition::Unknown, "unknown"),
];

const EFFECTS: Texts = texts![
    (Effect::None, "none"),
    (Effect::Ends, "ends"),
    (Effect::Handler, "handler"),
    (Effect::Forwards, "forwards"),
    (Effect::Unknown, "unknown"),
];

const STOPS: Texts = texts![
    (Stop::Ends, "ends"),
    (Stop::Handler, "handler"),
    (Stop::Unknown, "unknown"),
    (Stop::Killed, "killed")
];

/// Writes the object, piece by piece. A value that is not known is left out.
pub fn write_json(found: &Inspection, write: &mut dyn FnMut(&[u8])) {
    let mut json = Json { write, is_first: true };
    json.open(b"", b"{");
    json.number(b"pid_namespace", Some(found.namespace));
    let mut room = [0; 16];
    json.string(b"signal", Line::new(&mut room).signal(found.signal).as_bytes());
    json.open(b"main", b"[");
    found.mains.all().iter().for_each(|main| json.process(&main.process, true));
    json.close(b"]");
    json.open(b"child", b"[");
    found
        .mains
        .all()
        .iter()
        .filter_map(|main| main.child.as_ref())
        .for_each(|child| json.process(child, true));
    json.close(b"]");
    let worst = worst(found);
    json.open(b"stop", b"{");
    json.string(b"expected", word(STOPS, worst.stop as u8).0);
    json.number(b"exit_status", worst.exit_status.map(u64::from));
    json.close(b"}");
    json.open(b"exec", b"[");
    found.entered.all().iter().for_each(|process| json.process(process, false));
    json.close(b"]");
    json.open(b"zombies", b"[");
    for careless in found.zombies.all() {
        json.open(b"", b"{");
        json.number(b"ppid", Some(careless.parent.number().into()));
        json.string(b"comm", name(careless));
        json.number(b"count", Some(careless.count.into()));
        json.word(b"waits", b"false");
        json.close(b"}");
    }
    json.close(b"]");
    for (key, stats) in [(&b"stopped"[..], &found.stopped), (b"uninterruptible", &found.uninterruptible)] {
        json.open(key, b"[");
        for stat in stats.all() {
            json.open(b"", b"{");
            json.number(b"pid", Some(stat.pid.number().into()));
            json.string(b"comm", stat.name());
            json.close(b"}");
        }
        json.close(b"]");
    }
    let limits = &found.limits;
    if let Some(frozen) = limits.frozen {
        json.word(b"frozen", if frozen { b"true" } else { b"false" });
    }
    json.open(b"pids", b"{");
    json.number(b"current", limits.pids);
    json.number(b"max", limits.pids_max);
    json.number(b"hits", limits.pids_hits);
    json.close(b"}");
    json.open(b"memory", b"{");
    json.number(b"current", limits.memory);
    json.number(b"max", limits.memory_max);
    json.number(b"oom_kills", limits.oom_kills);
    json.number(b"oom_group", limits.oom_group);
    json.close(b"}");
    json.open(b"findings", b"[");
    let mut texts = Json { write: json.write, is_first: true };
    each_line(found, &mut |label, line, is_fault| {
        let mut room = Line::ROOM;
        let mut whole = Line::new(&mut room);
        whole.bytes(label).bytes(b": ").bytes(line.as_bytes());
        match label {
            b"unseen" => {
                texts.close(b"]");
                texts.string(b"unseen", line.as_bytes());
            }
            _ if is_fault => texts.string(b"", whole.as_bytes()),
            _ => {}
        }
    });
    texts.close(b"}\n");
}

/// An object in the making.
struct Json<'w> {
    write: &'w mut dyn FnMut(&[u8]),
    /// Whether nothing stands before the next one in its object or array.
    is_first: bool,
}

impl Json<'_> {
    /// What comes before a value: a comma, and in an object its key.
    fn key(&mut self, key: &[u8]) {
        if !core::mem::take(&mut self.is_first) {
            (self.write)(b",");
        }
        if !key.is_empty() {
            (self.write)(b"\"");
            (self.write)(key);
            (self.write)(b"\":");
        }
    }

    fn word(&mut self, key: &[u8], value: &[u8]) {
        self.key(key);
        (self.write)(value);
    }

    fn open(&mut self, key: &[u8], bracket: &[u8]) {
        self.word(key, bracket);
        self.is_first = true;
    }

    fn close(&mut self, bracket: &[u8]) {
        (self.write)(bracket);
        self.is_first = false;
    }

    fn number(&mut self, key: &[u8], number: Option<u64>) {
        let Some(number) = number else { return };
        let mut room = [0; 24];
        self.word(key, Line::new(&mut room).number(number).as_bytes());
    }

    fn string(&mut self, key: &[u8], foreign: &[u8]) {
        let mut room = Line::ROOM;
        self.word(key, Line::new(&mut room).push(b'"').json(foreign).push(b'"').as_bytes());
    }

    fn process(&mut self, process: &Process, is_judged: bool) {
        let stat = &process.stat;
        self.open(b"", b"{");
        self.number(b"pid", Some(stat.pid.number().into()));
        self.number(b"ppid", Some(stat.parent.number().into()));
        self.string(b"comm", stat.name());
        if !process.words().is_empty() {
            self.string(b"cmdline", process.words());
        }
        self.string(b"state", &[stat.state]);
        self.number(b"threads", Some(stat.threads.into()));
        if is_judged {
            self.string(b"disposition", word(DISPOSITIONS, process.verdict.disposition as u8).0);
            self.string(b"effect", word(EFFECTS, process.verdict.effect as u8).0);
            self.string(b"evidence", evidence(process).0);
        }
        self.close(b"}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{shell, written};
    use super::*;

    #[test]
    fn an_object_is_for_machines() {
        assert_eq!(
            written(&shell(), write_json),
            concat!(
                r#"{"pid_namespace":4026532198,"signal":"SIGTERM","main":[{"pid":1,"ppid":0,"comm":"sh","#,
                r#""cmdline":"sh -c \"app\"; echo bye","state":"S","threads":1,"disposition":"default","#,
                r#""effect":"none","#,
                r#""evidence":"no effect: default action, which the kernel does not take for PID 1"}],"#,
                r#""child":[{"pid":2,"ppid":1,"comm":"app","cmdline":"app\u000a","state":"S","threads":1,"#,
                r#""disposition":"default","effect":"none","evidence":"not signalled; killed when PID 1 is"}],"#,
                r#""stop":{"expected":"killed","exit_status":137},"#,
                r#""exec":[{"pid":33,"ppid":0,"comm":"bash","state":"S","threads":1}],"#,
                r#""zombies":[{"ppid":2,"comm":"app","count":3,"waits":false}],"stopped":[],"uninterruptible":[],"#,
                r#""pids":{"current":97,"max":100,"hits":12},"#,
                r#""memory":{"current":42991616,"max":67108864,"oom_kills":2,"oom_group":1},"#,
                r#""findings":["SIGTERM: no effect: default action, which the kernel does not take for PID 1","#,
                r#""stop: SIGKILL after the grace period, exit status 137","#,
                r#""zombies: 3, still there after 1 s; their parent 2 (app) does not wait for them, and PID 1 cannot","#,
                r#""pids: 97 of 100, limit hit 12 times","memory: 41 MiB of 64 MiB, 2 OOM kills, oom.group 1"],"#,
                r#""unseen":"stop signal and grace period of the engine; limits of the pod"}"#,
                "\n"
            )
        );
    }
}
