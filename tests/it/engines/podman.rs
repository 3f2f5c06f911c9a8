//! podman, with root and without: `run --init`, and pods whose infra container is ours.
//!
//! Each podman is enclosed and has its storage in there. Where this machine has none, or this process is not root,
//! the trials are ignored and say why; under `CI=true` they fail, since there nobody would notice.

mod archive;
mod client;
mod hardening;
mod init;
mod pod;

use crate::harness::trial::ending;
use client::{Podman, Who};
use libtest_mimic::Trial;
use std::sync::{Arc, OnceLock};

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for who in [Who::Root, Who::Nobody] {
        let engine = Arc::new(OnceLock::new());
        let rows = [init::rows(who), pod::rows(who), hardening::rows(), archive::rows(who)];
        trials.extend(rows.into_iter().flatten().map(|row| row.into_trial(who, Arc::clone(&engine))));
    }
    trials
}

/// Fails by a panic; what it says else is why it cannot be made here.
type Check = Box<dyn FnOnce(&Podman) -> Result<(), String> + Send>;

struct Row {
    name: String,
    check: Check,
}

impl Row {
    fn new(name: impl Into<String>, check: impl FnOnce(&Podman) + Send + 'static) -> Self {
        Self::ignorable(name, |podman| {
            check(podman);
            Ok(())
        })
    }

    fn ignorable(
        name: impl Into<String>,
        check: impl FnOnce(&Podman) -> Result<(), String> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), check: Box::new(check) }
    }

    /// The first row to run starts its engine, the last one to end takes it away.
    fn into_trial(self, who: Who, engine: Arc<OnceLock<Result<Podman, String>>>) -> Trial {
        let name = match who {
            Who::Root => format!("podman: {}", self.name),
            Who::Nobody => format!("podman, rootless: {}", self.name),
        };
        ending(name, move || {
            let started = engine.get_or_init(|| Podman::start(who)).as_ref();
            started.map_err(Clone::clone).and_then(self.check)
        })
    }
}
