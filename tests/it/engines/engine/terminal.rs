//! `run --interactive --tty` at a real terminal, with the harness at the keyboard.

use super::{Container, Engine};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::openpty;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Child;

pub const KEYS: [(&str, &str, i32); 2] =
    [("Ctrl-C ends the command", "\x03", 130), ("Ctrl-\\ ends the command", "\x1c", 131)];

/// `sh -i` stops a job that stops itself and one by Ctrl-Z, and `fg` continues it.
pub fn shell_has_job_control(mut session: Session) {
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
}

pub struct Session {
    client: Child,
    keyboard: File,
    seen: String,
    taken: usize,
    container: Container,
}

impl Session {
    pub fn start(engine: &Engine, options: &[&str], image: &str, command: &[&str]) -> Self {
        let terminal = openpty(None, None).expect("openpty");
        let end = || terminal.slave.try_clone().expect("duplicate the terminal");
        // Chosen here, since this client does not tell the id of what it runs.
        let name = engine.container_name();
        let mut client = engine.run("--interactive");
        client.args(["--tty", "--network=none", "--name", &name]).args(options).arg(image).args(command);
        let client = client.stdin(end()).stdout(end()).stderr(end()).spawn().expect("run the client");
        let (keyboard, container) = (terminal.master.into(), engine.container(name));
        Self { client, keyboard, seen: String::new(), taken: 0, container }
    }

    pub fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("type");
    }

    /// Reads on until the screen has shown `text` after what was awaited before.
    pub fn await_text(&mut self, text: &str) {
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
    pub fn assert_ends(mut self, status: i32) {
        while self.read_on() {}
        let client = self.client.wait().expect("wait for the client");
        assert_eq!(client.code(), Some(status), "{:?}", self.seen);
        assert_eq!(self.container.exit_status(), status);
    }
}
