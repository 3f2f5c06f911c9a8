//! `docker run --init` where a daemon's `--init-path` names the program under test: a daemon of our own.
//!
//! The engine binds the file at /sbin/docker-init and asks it for its version whenever anybody asks the engine. It
//! is static, since it runs in every image: of the originals that is tini-static.

use super::Row;
use crate::engines::enclosure::{ControlGroup, Enclosure};
use crate::engines::engine::ends;
use crate::engines::engine::orphans::{ORPHANAGE, orphans_come_and_go};
use crate::engines::engine::terminal::{KEYS, Session, shell_has_job_control};
use crate::engines::engine::{Client, Engine, text_of, until};
use crate::engines::image_tree::busybox_tree;
use crate::harness::subject::{self, Tini};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Dropped in this order: the containers, the daemon, what it leaves of them in the kernel.
pub struct Daemon {
    engine: Engine,
    enclosure: Enclosure,
    init: PathBuf,
    app: String,
    _group: ControlGroup,
}

impl Daemon {
    /// # Errors
    /// Why there is none, if this machine has no dockerd or this process is not root.
    pub fn start() -> Result<Self, String> {
        let group = ControlGroup::named("docker");
        // A network namespace of its own besides: a daemon without a bridge takes docker0 away from the machine's.
        let body = format!(
            "command -v dockerd || {{ echo there is no dockerd; exit 1; }}
             echo '{{}}' >daemon.json
             here=$PWD
             dockerd --config-file $here/daemon.json --host unix://$here/socket --pidfile $here/pid \
                 --data-root $here/data --exec-root $here/exec --init-path $here/docker-init {} \
                 --bridge none --iptables=false --ip6tables=false &",
            group.option()
        );
        let init = subject::directory().join("dockerd").join("docker-init");
        fs::create_dir_all(init.parent().expect("a directory")).map_err(|error| error.to_string())?;
        fs::copy(if subject::original() { "/usr/bin/tini-static".into() } else { Tini.path() }, &init)
            .map_err(|error| format!("no init for the daemon: {error}"))?;
        let enclosure = Enclosure::start("dockerd", &body, "kill $! && wait $!")?;
        let socket = format!("unix://{}", enclosure.directory().join("socket").display());
        let client = Client::new(["docker", "--host", &socket]);
        until("dockerd answers or ends", || {
            if !enclosure.is_inhabited() {
                return Some(Err(format!("dockerd ended: {}", enclosure.log())));
            }
            client.answer(&["version"]).ok().map(|_| Ok(()))
        })?;
        let engine = Engine::new(client, &["--init"]);
        let app = engine.tag("app");
        engine.import(&app, busybox_tree(), &BTreeSet::new(), &[]);
        Ok(Self { engine, enclosure, init, app, _group: group })
    }
}

pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("the daemon knows its version and warns of nothing", version),
        row("PID 1 reaps orphans", |daemon| {
            let container = daemon.engine.start(&[], &daemon.app, &ORPHANAGE);
            orphans_come_and_go(&container, &container, "/sbin/docker-init -- sh -c");
        }),
        row("a shell has job control", |daemon| {
            shell_has_job_control(Session::start(&daemon.engine, &[], &daemon.app, &["sh", "-i"]));
        }),
    ];
    for (name, script, deed, status) in ends::ENDS {
        rows.push(row(name, move |daemon| {
            let container = daemon.engine.start(&[], &daemon.app, &["sh", "-c", script]);
            ends::carry_out(deed, &container);
            assert_eq!(container.exit_status(), status, "{}", container.logs());
        }));
    }
    for (name, command, status) in ends::FAILURES {
        rows.push(row(name, move |daemon| {
            let container = daemon.engine.start(&[], &daemon.app, &[command]);
            assert_eq!(container.exit_status(), status, "{}", container.logs());
        }));
    }
    for (name, key, status) in KEYS {
        rows.push(row(name, move |daemon| {
            let mut session = Session::start(&daemon.engine, &[], &daemon.app, &["tail", "-f", "/ready"]);
            session.await_text("ready");
            session.type_in(key);
            session.assert_ends(status);
        }));
    }
    rows
}

fn row(name: &str, check: impl FnOnce(&Daemon) + Send + 'static) -> Row {
    Row::with_own_daemon(format!("--init: {name}"), check)
}

fn version(daemon: &Daemon) {
    let said = text_of(Command::new(&daemon.init).arg("--version"));
    let said = said.strip_prefix("tini version ").expect("the words that the daemon looks for");
    // Debian's tini tells no commit either.
    let (version, commit) = said.split_once(" - git.").unwrap_or((said, ""));
    let component = "{{range .Server.Components}}{{if eq .Name \"docker-init\"}}\
        {{.Version}} {{.Details.GitCommit}}{{end}}{{end}}";
    assert_eq!(daemon.engine.call(&["version", "--format", component]), format!("{version} {commit}").trim());
    let info = daemon.engine.call(&[
        "info",
        "--format",
        "{{.InitBinary}} {{json .ServerErrors}} {{.InitCommit.ID}}",
    ]);
    assert_eq!(info, format!("{} null {commit}", daemon.init.display()).trim());
    // The daemon warns in its log if an init does not answer, fails, or says what it does not understand.
    let log = daemon.enclosure.log();
    let about_init = |line: &&str| line.contains("init version") || line.contains("docker-init");
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("level=")).filter(about_init).collect();
    assert!(warnings.is_empty(), "{warnings:#?}");
}
