//! The images in a real Docker daemon: made from source, holding a pod's namespaces, supervising a command.
//!
//! Nothing is pulled: the builder comes from this machine's toolchain, the applications are busybox. Without a
//! daemon the trials are ignored and say why; under `CI=true` they fail, since there nobody would notice.

mod builder;
mod engine;
mod hold;
mod image;
mod supervise;
mod terminal;

use crate::subject::{self, Pause, Subject};
use engine::Engine;
use libtest_mimic::{Completion, Trial};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

pub fn trials() -> Vec<Trial> {
    let images = Arc::new(Images::default());
    let rows = [image::rows(), hold::rows(), supervise::rows(), terminal::rows()];
    rows.into_iter().flatten().map(|row| row.into_trial(Arc::clone(&images))).collect()
}

struct Row {
    name: String,
    check: Box<dyn FnOnce(&Images) -> Completion + Send>,
}

impl Row {
    fn new(name: impl Into<String>, check: impl FnOnce(&Images) + Send + 'static) -> Self {
        Self::ignorable(name, |images| {
            check(images);
            Completion::Completed
        })
    }

    /// One whose check may find that it cannot be made here.
    fn ignorable(
        name: impl Into<String>,
        check: impl FnOnce(&Images) -> Completion + Send + 'static,
    ) -> Self {
        Self { name: format!("docker: {}", name.into()), check: Box::new(check) }
    }

    fn into_trial(self, images: Arc<Images>) -> Trial {
        Trial::ignorable_test(self.name, move || match images.connect() {
            Ok(_) => Ok((self.check)(&images)),
            Err(why) if std::env::var("CI").is_ok_and(|ci| ci == "true") => Err(why.into()),
            Err(why) => Ok(Completion::ignored_with(why)),
        })
    }
}

/// The images that rows share, each made when the first row asks. The last row to end takes them away.
#[derive(Default)]
struct Images {
    engine: OnceLock<Result<Engine, String>>,
    builder: OnceLock<String>,
    pause: OnceLock<String>,
    app: OnceLock<String>,
    supervised: [OnceLock<String>; 5],
}

impl Images {
    fn connect(&self) -> Result<&Engine, &str> {
        self.engine.get_or_init(Engine::connect).as_ref().map_err(String::as_str)
    }

    fn engine(&self) -> &Engine {
        self.connect().expect("no row runs without a daemon")
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
                image::build(engine, &mut engine::client("docker", engine::LONG_LIMIT), &tag, self.builder());
            }
            tag
        })
    }

    /// busybox, and two files for the rows.
    fn app(&self) -> &str {
        self.app.get_or_init(|| {
            let tag = self.engine().tag("app");
            self.engine().import(&tag, busybox_tree(), &BTreeSet::new(), &[]);
            tag
        })
    }

    /// The same with `subject` as its entrypoint: for ours, by the one line that a user would write.
    fn supervised(&self, subject: Subject) -> &str {
        self.supervised[subject as usize].get_or_init(|| {
            let engine = self.engine();
            let name = subject.name();
            let tag = engine.tag(&format!("supervised-by-{name}"));
            let entrypoint = format!("ENTRYPOINT [\"/usr/bin/{name}\",\"--\"]");
            if subject::original() {
                let files = builder::with_libraries(&subject.path());
                engine.import(&tag, busybox_tree(), &files, &[&entrypoint]);
            } else {
                let copy = format!("COPY --from={} /pausa /usr/bin/{name}", self.pause());
                engine.build_without_context(&tag, &format!("FROM {}\n{copy}\n{entrypoint}\n", self.app()));
            }
            tag
        })
    }
}

fn busybox_tree() -> &'static Path {
    static TREE: OnceLock<PathBuf> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = subject::directory().join("busybox-image");
        let programs = tree.join("bin");
        fs::create_dir_all(&programs).expect("make the tree");
        let busybox = builder::on_path("busybox");
        // busybox-static's; another would want a libc in each image.
        assert_eq!(builder::with_libraries(&busybox).iter().filter(|file| !file.is_symlink()).count(), 1);
        fs::copy(&busybox, programs.join("busybox")).expect("copy busybox");
        let applets = engine::text_of(Command::new(&busybox).arg("--list"));
        for applet in applets.lines().filter(|name| *name != "busybox") {
            symlink("busybox", programs.join(applet)).expect("link an applet");
        }
        // What `tail -f` says once it runs.
        fs::write(tree.join("ready"), "ready\n").expect("make a file");
        fs::write(tree.join("not-executable"), "").expect("make a file");
        tree
    })
}

/// What Kubernetes' restricted profile leaves to a container, and less.
const SANDBOX: [&str; 4] =
    ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=65535:65535"];
