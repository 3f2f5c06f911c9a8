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

const WAIT: &str = "echo ready; exec tail -f /dev/null";
const TRAP: &str = "trap 'exit 3' TERM; echo ready; tail -f /dev/null & wait";

/// Name, script, what is done, exit status.
const ENDS: [(&str, &str, Deed, i32); 12] = [
    ("exit_0_is_0", "exit 0", Nothing, 0),
    ("exit_7_is_7", "exit 7", Nothing, 7),
    ("ended_by_sigterm_is_143", "kill -TERM $$", Nothing, 143),
    ("ended_by_sigkill_is_137", "kill -KILL $$", Nothing, 137),
    ("ended_by_sigsegv_is_139", "kill -SEGV $$", Nothing, 139),
    ("stop_is_143", WAIT, Stop, 143),
    ("stop_with_a_trap_is_its_status", TRAP, Stop, 3),
    ("kill_is_137", WAIT, Kill("KILL"), 137),
    ("sighup_is_forwarded", WAIT, Kill("HUP"), 129),
    ("sigquit_is_forwarded", WAIT, Kill("QUIT"), 131),
    ("sigusr1_is_forwarded", WAIT, Kill("USR1"), 138),
    ("a_real_time_signal_is_forwarded", WAIT, Kill("40"), 168),
];

/// Command and exit status of what cannot be executed; dumb-init says 2 and catatonit 1 to all of these.
const FAILURES: [(&str, &str, i32); 4] = [
    ("not_found_is_127", "no-such-program", 127),
    ("no_such_path_is_127", "/no/such/program", 127),
    ("not_executable_is_126", "/not-executable", 126),
    ("a_directory_is_126", "/bin", 126),
];

pub fn rows() -> Vec<Row> {
    subject::supervisors().iter().flat_map(|&subject| rows_of(subject)).collect()
}

fn rows_of(subject: Subject) -> Vec<Row> {
    let named = |name: &str| format!("supervise::{}::{name}", subject.name());
    let mut rows: Vec<Row> = Vec::new();
    for (name, script, deed, status) in ENDS {
        rows.push(Row::new(named(name), move |images| {
            let container = images.engine().start(&[], images.supervised(subject), &["sh", "-c", script]);
            carry_out(deed, &container);
            assert_eq!(container.exit_status(), status, "{}", container.logs());
        }));
    }
    rows.push(Row::new(named("works_without_any_right"), move |images| {
        let options = [&SANDBOX[..], &["--pids-limit=2", "--memory=6m"]].concat();
        let container = images.engine().start(&options, images.supervised(subject), &["sh", "-c", WAIT]);
        carry_out(Stop, &container);
        assert_eq!(container.exit_status(), 143, "{}", container.logs());
    }));
    rows.push(Row::new(named("orphans_are_reaped"), move |images| {
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
        rows.push(Row::new(named("a_stop_at_once_is_not_lost"), move |images| {
            for _ in 0..10 {
                let container =
                    images.engine().start(&[], images.supervised(subject), &["tail", "-f", "/dev/null"]);
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
