//! `docker run --interactive --tty` at a real terminal: keys become signals for whoever has the foreground.

use super::Row;
use crate::engines::engine::terminal::{KEYS, Session, shell_has_job_control};
use crate::harness::subject::{self, Catatonit, Subject};

pub fn rows() -> Vec<Row> {
    subject::supervisors().iter().flat_map(|&subject| rows_of(subject)).collect()
}

fn rows_of(subject: Subject) -> Vec<Row> {
    let named = |name: &str| format!("terminal: {name} ({})", subject.name());
    let mut rows: Vec<Row> = Vec::new();
    for (name, key, status) in KEYS {
        rows.push(Row::new(named(name), move |images| {
            let mut session =
                Session::start(images.engine(), &[], images.supervised(subject), &["tail", "-f", "/ready"]);
            session.await_text("ready");
            session.type_in(key);
            session.assert_ends(status);
        }));
    }
    // The original catatonit blocks SIGTSTP in all that runs under it.
    if subject != Catatonit || !subject::original() {
        rows.push(Row::new(named("a shell has job control"), move |images| {
            let image = images.supervised(subject);
            shell_has_job_control(Session::start(images.engine(), &[], image, &["sh", "-i"]));
        }));
    }
    rows
}
