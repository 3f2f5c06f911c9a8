//! A command under an init as a container's entrypoint: its end comes out of `docker inspect`.

use super::{Row, SANDBOX};
use crate::engines::engine::ends::{Deed::Stop, ENDS, FAILURES, WAIT, carry_out};
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go};
use crate::harness::subject::{self, Pausa, Subject, Tini};

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
