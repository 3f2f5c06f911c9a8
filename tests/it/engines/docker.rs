//! The images in a real Docker daemon: made from source, holding a pod's namespaces, supervising a command.
//!
//! Nothing is pulled: the builder comes from this machine's toolchain, the applications are busybox. Without a
//! daemon the trials are ignored and say why; under `CI=true` they fail, since there nobody would notice.

mod builder;
mod hardening;
mod hold;
mod image;
mod init;
mod loaded;
mod sandbox;
mod supervise;
mod swapped;
mod terminal;
mod why;

use crate::engines::engine::{Engine, LONG_LIMIT};
use crate::engines::image_tree::{busybox_tree, with_libraries};
use crate::harness::subject::{self, Pause, Subject};
use crate::harness::trial::ending;
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, OnceLock};

pub fn trials() -> Vec<Trial> {
    let images = Arc::new(Images::default());
    let rows = [
        image::rows(),
        loaded::rows(),
        hold::rows(),
        supervise::rows(),
        terminal::rows(),
        swapped::rows(),
        init::rows(),
        why::rows(),
        hardening::rows(),
        sandbox::rows(),
    ];
    rows.into_iter().flatten().map(|row| row.into_trial(Arc::clone(&images))).collect()
}

struct Row {
    name: String,
    needs: fn(&Images) -> Result<(), &str>,
    original: Option<Subject>,
    check: Check,
}

/// Fails by a panic; what it says else is why it cannot be made here.
type Check = Box<dyn FnOnce(&Images) -> Result<(), String> + Send>;

impl Row {
    fn new(name: impl Into<String>, check: impl FnOnce(&Images) + Send + 'static) -> Self {
        Self::ignorable(name, |images| {
            check(images);
            Ok(())
        })
    }

    /// One whose check may find that it cannot be made here, and says why.
    fn ignorable(
        name: impl Into<String>,
        check: impl FnOnce(&Images) -> Result<(), String> + Send + 'static,
    ) -> Self {
        let name = format!("docker: {}", name.into());
        Self { name, needs: |images| images.connect().map(drop), original: None, check: Box::new(check) }
    }

    /// One that wants the original of `subject` beside ours.
    fn swapped(name: String, subject: Subject, check: impl FnOnce(&Images) + Send + 'static) -> Self {
        let mut row = Self::new(name, check);
        row.original = Some(subject);
        row
    }

    fn with_own_daemon(name: String, check: impl FnOnce(&init::Daemon) + Send + 'static) -> Self {
        Self {
            needs: |images| images.own_daemon().map(drop),
            ..Self::new(name, |images| check(images.own_daemon().expect("it was needed")))
        }
    }

    fn into_trial(self, images: Arc<Images>) -> Trial {
        ending(self.name, move || {
            (self.needs)(&images)?;
            if self.original.is_some_and(|subject| !subject.original_path().exists()) {
                return Err("the original is not installed".into());
            }
            (self.check)(&images)
        })
    }
}

/// The images that rows share, each made when the first row asks. The last row to end takes them away.
#[derive(Default)]
struct Images {
    engine: OnceLock<Result<Engine, String>>,
    builder: OnceLock<String>,
    pause: OnceLock<String>,
    loaded: OnceLock<Result<String, String>>,
    app: OnceLock<String>,
    supervised: [OnceLock<String>; 5],
    originals: [OnceLock<String>; 5],
    swapped: [OnceLock<String>; 5],
    own_daemon: OnceLock<Result<init::Daemon, String>>,
}

impl Images {
    fn connect(&self) -> Result<&Engine, &str> {
        self.engine.get_or_init(Engine::connect).as_ref().map_err(String::as_str)
    }

    fn engine(&self) -> &Engine {
        self.connect().expect("no row runs without a daemon")
    }

    fn own_daemon(&self) -> Result<&init::Daemon, &str> {
        self.own_daemon.get_or_init(init::Daemon::start).as_ref().map_err(String::as_str)
    }

    fn builder(&self) -> &str {
        self.builder.get_or_init(|| builder::image(self.engine()))
    }

    /// What this repository's Dockerfile makes, or the original pause in the same place.
    fn pause(&self) -> &str {
        self.pause.get_or_init(|| {
            let engine = self.engine();
            let tag = engine.tag("pause");
            if subject::original() {
                let tree = subject::directory().join("pause-image");
                fs::create_dir(&tree).expect("make the tree");
                fs::copy(Pause.path(), tree.join("pause")).expect("copy pause");
                let changes = ["USER 65535:65535", "ENTRYPOINT [\"/pause\"]"];
                engine.import(&tag, &tree, &BTreeSet::new(), &changes);
            } else {
                image::build(engine, &mut engine.client().command(LONG_LIMIT), &tag, self.builder(), &[]);
            }
            tag
        })
    }

    /// What dist/image makes for this machine, as a user gets it into a daemon.
    fn loaded(&self) -> Result<&str, String> {
        self.loaded.get_or_init(|| loaded::load(self.engine())).as_deref().map_err(Clone::clone)
    }

    /// busybox, and two files for the rows.
    fn app(&self) -> &str {
        self.app.get_or_init(|| {
            let tag = self.engine().tag("app");
            self.engine().import(&tag, busybox_tree(), &BTreeSet::new(), &[]);
            tag
        })
    }

    /// The same with the distribution's `subject` as its entrypoint.
    fn original(&self, subject: Subject) -> &str {
        self.originals[subject as usize].get_or_init(|| {
            let tag = self.engine().tag(&format!("original-{}", subject.name()));
            let files = with_libraries(&subject.original_path());
            self.engine().import(&tag, busybox_tree(), &files, &[&entrypoint(subject)]);
            tag
        })
    }

    /// The same as `original` with ours in its place, by the one line that a user would write.
    fn swapped(&self, subject: Subject) -> &str {
        self.swapped[subject as usize].get_or_init(|| {
            let tag = self.engine().tag(&format!("swapped-{}", subject.name()));
            let dockerfile = format!("FROM {}\n{}\n", self.original(subject), self.copy_line(subject));
            self.engine().build_without_context(&tag, &dockerfile);
            tag
        })
    }

    /// The app with the `subject` of this run as its entrypoint.
    fn supervised(&self, subject: Subject) -> &str {
        if subject::original() {
            return self.original(subject);
        }
        self.supervised[subject as usize].get_or_init(|| {
            let tag = self.engine().tag(&format!("supervised-by-{}", subject.name()));
            let lines = [&format!("FROM {}", self.app()), &self.copy_line(subject), &entrypoint(subject)];
            self.engine().build_without_context(&tag, &lines.map(|line| format!("{line}\n")).concat());
            tag
        })
    }

    fn copy_line(&self, subject: Subject) -> String {
        format!("COPY --from={} /pausa /usr/bin/{}", self.pause(), subject.name())
    }
}

fn entrypoint(subject: Subject) -> String {
    format!("ENTRYPOINT [\"/usr/bin/{}\",\"--\"]", subject.name())
}

/// What Kubernetes' restricted profile leaves to a container, and less.
pub const SANDBOX: [&str; 4] =
    ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=65535:65535"];
