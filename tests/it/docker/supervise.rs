//! A command under an init as a container's entrypoint: its end comes out of `docker inspect`.

use super::engine::Container;
use super::hold::{ORPHANAGE, orphans_come_and_go};
use super::{Row, SANDBOX};
use crate::subject::{self, Pausa, Subject, Tini};

/// What is done to a container that has said that it is ready.
#[derive(Clone, Copy)]
enum Deed {
    Nothing,
    Stop,
    Kill(&'static str),
}

use Deed::{Kill, Nothing, Stop};

/// The line comes from tail: busybox's shell ignores SIGQUIT until it becomes another program.
const WAIT: &str = "exec tail -f /ready";
const TRAP: &str = "trap 'exit 3' TERM; tail -f /ready & wait";

/// Name, script, what is done, exit status.
const ENDS: [(&str, &str, Deed, i32); 12] = [
    ("exit 0 is 0", "exit 0", Nothing, 0),
    ("exit 7 is 7", "exit 7", Nothing, 7),
    ("ended by SIGTERM is 143", "kill -TERM $$", Nothing, 143),
    ("ended by SIGKILL is 137", "kill -KILL $$", Nothing, 137),
    ("ended by SIGSEGV is 139", "kill -SEGV $$", Nothing, 139),
    ("docker stop is 143", WAIT, Stop, 143),
    ("docker stop of what traps it is the trap's status", TRAP, Stop, 3),
    ("docker kill is 137", WAIT, Kill("KILL"), 137),
    ("SIGHUP is forwarded", WAIT, Kill("HUP"), 129),
    ("SIGQUIT is forwarded", WAIT, Kill("QUIT"), 131),
    ("SIGUSR1 is forwarded", WAIT, Kill("USR1"), 138),
    ("a real time signal is forwarded", WAIT, Kill("40"), 168),
];

/// Command and exit status of what cannot be executed; dumb-init says 2 and catatonit 1 to all of these.
const FAILURES: [(&str, &str, i32); 4] = [
    ("not found is 127", "no-such-program", 127),
    ("no such path is 127", "/no/such/program", 127),
    ("not executable is 126", "/not-executable", 126),
    ("a directory is 126", "/bin", 126),
];

pub fn rows() -> Vec<Row> {
    subject::supervisors().iter().flat_map(|&subject| rows_of(subject)).collect()
}

fn rows_of(subject: Subject) -> Vec<Row> {
    let named = |name: &str| format!("{name} ({})", subject.name());
    let mut rows: Vec<Row> = Vec::new();
    for (name, script, deed, status) in ENDS {
        rows.push(Row::new(named(name), move |images| {
            let container = images.engine().start(&[], images.supervised(subject), &["sh", "-c", script]);
            carry_out(deed, &container);
            assert_eq!(container.exit_status(), status, "{}", container.logs());
        }));
    }
    rows.push(Row::new(named("it does with no rights, two processes and 6 MB"), move |images| {
        let options = [&SANDBOX[..], &["--pids-limit=2", "--memory=6m"]].concat();
        let container = images.engine().start(&options, images.supervised(subject), &["sh", "-c", WAIT]);
        carry_out(Stop, &container);
        assert_eq!(container.exit_status(), 143, "{}", container.logs());
    }));
    rows.push(Row::new(named("orphans are reaped"), move |images| {
        let container = images.engine().start(&[], images.supervised(subject), &ORPHANAGE);
        orphans_come_and_go(&container, &container, &format!("/usr/bin/{} -- sh -c", subject.name()));
    }));
    if matches!(subject, Pausa | Tini) {
        for (name, command, status) in FAILURES {
            rows.push(Row::new(named(name), move |images| {
                let container = images.engine().start(&[], images.supervised(subject), &[command]);
                assert_eq!(container.exit_status(), status, "{}", container.logs());
                assert!(
                    container.logs().contains(command),
                    "the message does not name {command}: {}",
                    container.logs()
                );
            }));
        }
    }
    if !subject::original() {
        // No handshake, on purpose. dumb-init loses most of these.
        rows.push(Row::new(named("a stop at once is not lost"), move |images| {
            for _ in 0..10 {
                let container =
                    images.engine().start(&[], images.supervised(subject), &["tail", "-f", "/ready"]);
                container.stop();
                assert_eq!(container.exit_status(), 143, "{}", container.logs());
            }
        }));
    }
    rows
}

fn carry_out(deed: Deed, container: &Container) {
    match deed {
        Nothing => {}
        Stop => {
            container.await_line("ready");
            container.stop();
        }
        Kill(signal) => {
            container.await_line("ready");
            container.kill(signal);
        }
    }
}
