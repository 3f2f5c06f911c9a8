//! An image whose entrypoint is an original, and the same image with one COPY line more: nobody sees a difference.

use super::{Images, Row};
use crate::engines::engine::Container;
use crate::engines::engine::ends::{Deed, ENDS, FAILURES, carry_out};
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go, processes};
use crate::harness::subject::{self, DumbInit, Subject, Tini};
use std::fmt::Debug;

pub fn rows() -> Vec<Row> {
    // Both sides are in each row.
    if subject::original() { Vec::new() } else { [Tini, DumbInit].into_iter().flat_map(rows_of).collect() }
}

fn rows_of(subject: Subject) -> Vec<Row> {
    let named = |name: &str| format!("swapped: {name}, as before ({})", subject.name());
    let mut rows = vec![Row::swapped(named("orphans are reaped"), subject, move |images| {
        same_on_both(images, subject, &ORPHANAGE, |container| {
            orphans_come_and_go(container, container, &format!("/usr/bin/{} -- sh -c", subject.name()));
            processes(container)
                .into_iter()
                .map(|process| (process.state, process.command))
                .filter(|(_, command)| !command.starts_with("ps "))
                .collect::<Vec<_>>()
        });
    })];
    for (name, script, deed, status) in ENDS {
        rows.push(Row::swapped(named(name), subject, move |images| {
            let seen = same_on_both(images, subject, &["sh", "-c", script], |container| end(container, deed));
            assert_eq!(seen.0, status);
        }));
    }
    for (name, command, _) in FAILURES {
        let name = name.split_once(" is ").expect("a failure and its status").0;
        rows.push(Row::swapped(named(name), subject, move |images| {
            same_on_both(images, subject, &[command], |container| end(container, Deed::Nothing));
        }));
    }
    rows
}

/// Exit status, and both streams without their digits: a message may hold a pid.
fn end(container: &Container, deed: Deed) -> (i32, String) {
    carry_out(deed, container);
    (container.exit_status(), container.logs().replace(|letter: char| letter.is_ascii_digit(), ""))
}

fn same_on_both<T: Debug + PartialEq>(
    images: &Images,
    subject: Subject,
    command: &[&str],
    look: impl Fn(&Container) -> T,
) -> T {
    let [before, after] = [images.original(subject), images.swapped(subject)]
        .map(|image| look(&images.engine().start(&[], image, command)));
    assert_eq!(before, after, "left the original, right ours");
    after
}
