//! `docker run --interactive --tty` at a real terminal: keys become signals for whoever has the foreground.

use super::engine::{self, Container};
use super::{Images, Row};
use crate::subject::{self, Catatonit, Subject};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Child;

const KEYS: [(&str, &str, i32); 2] =
    [("Ctrl-C ends the command", "\x03", 130), ("Ctrl-\\ ends the command", "\x1c", 131)];

pub fn rows() -> Vec<Row> {
    subject::supervisors().iter().flat_map(|&subject| rows_of(subject)).collect()
}

fn rows_of(subject: Subject) -> Vec<Row> {
    let named = |name: &str| format!("terminal: {name} ({})", subject.name());
    let mut rows: Vec<Row> = Vec::new();
    for (name, key, status) in KEYS {
        rows.push(Row::new(named(name), move |images| {
            let mut session = Session::start(images, subject, &["tail", "-f", "/ready"]);
            session.await_text("ready");
            session.type_in(key);
            session.assert_ends(status);
        }));
    }
    // The original catatonit blocks SIGTSTP in all that runs under it.
    if subject != Catatonit || !subject::original() {
        rows.push(Row::new(named("a shell has job control"), move |images| {
            let mut session = Session::start(images, subject, &["sh", "-i"]);
            // Nothing is typed ahead, since a line editor may take what was meant for the job; and the quotes
            // keep the echo of what is typed from being taken for the answer.
            session.await_text("# ");
            session.type_in("sh -c 'kill -TSTP $$; echo re\"\"sumed; exec cat'\n");
            session.await_text("Stopped");
            session.await_text("# ");
            session.type_in("fg\n");
            session.await_text("resumed");
            session.type_in("\x1a");
            session.await_text("Stopped");
            session.await_text("# ");
            // exit would refuse while a job is stopped.
            session.type_in("exec sh -c 'exit 5'\n");
            session.assert_ends(5);
        }));
    }
    rows
}

struct Session {
    client: Child,
    keyboard: File,
    seen: String,
    taken: usize,
    container: Container,
}

impl Session {
    fn start(images: &Images, subject: Subject, command: &[&str]) -> Self {
        let engine = images.engine();
        let terminal = openpty(None, None).expect("openpty");
        let end = || terminal.slave.try_clone().expect("duplicate the terminal");
        // Chosen here, since this client does not tell the id of what it runs.
        let name = engine.container_name();
        let mut client = engine::client("docker", engine::LIMIT);
        client.args("run --interactive --tty --network=none --label".split(' ')).arg(engine.label());
        client.args(["--name", &name, images.supervised(subject)]).args(command);
        let client = client.stdin(end()).stdout(end()).stderr(end()).spawn().expect("run docker");
        let (keyboard, container) = (terminal.master.into(), Container::named(name));
        Self { client, keyboard, seen: String::new(), taken: 0, container }
    }

    fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type");
    }

    /// Reads on until the screen has shown `text` after what was awaited before.
    fn await_text(&mut self, text: &str) {
        loop {
            if let Some(position) = self.seen[self.taken..].find(text) {
                self.taken += position + text.len();
                return;
            }
            assert!(self.read_on(), "no {text:?} after byte {} of {:?}", self.taken, self.seen);
        }
    }

    /// False once nobody holds the other end any more, which pty(7) says by EIO.
    fn read_on(&mut self) -> bool {
        let mut ready = [PollFd::new(self.keyboard.as_fd(), PollFlags::POLLIN)];
        let answer = poll(&mut ready, PollTimeout::from(60_000_u16));
        let state = || self.container.inspect("{{json .State}}");
        assert_eq!(answer, Ok(1), "nothing more came after {:?}; {}", self.seen, state());
        let mut bytes = [0; 4096];
        let count = self.keyboard.read(&mut bytes).unwrap_or(0);
        self.seen += &String::from_utf8_lossy(&bytes[..count]);
        count > 0
    }

    /// The client and the engine agree on how it ended.
    fn assert_ends(mut self, status: i32) {
        while self.read_on() {}
        let client = self.client.wait().expect("wait for docker");
        assert_eq!(client.code(), Some(status), "{:?}", self.seen);
        assert_eq!(self.container.exit_status(), status);
    }
}
