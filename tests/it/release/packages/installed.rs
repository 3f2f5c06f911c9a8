//! The packages installed for real, in a root of their own, beside peers that other packages own; and the two ways to
//! give pausa the name of a peer that README.md shows.

use super::{Release, Row, VERSION};
use crate::engines::engine::text_of;
use crate::harness::subject::directory;
use std::env::consts::ARCH;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn rows() -> Vec<Row> {
    let rows = [
        Row::with(
            &["dpkg", "man"],
            "the .deb gives pausa and its pages, and touches no peer",
            deb_is_in_nobodys_way,
        ),
        Row::with(&["dpkg"], "a link in /usr/local gives pausa a peer's name", a_link_gives_the_name),
        Row::with(&["dpkg"], "a diversion gives pausa a peer's very path", a_diversion_gives_the_path),
        Row::with(
            &["rpm", "man"],
            "the .rpm gives pausa and its pages, and goes without a trace",
            rpm_comes_and_goes,
        ),
    ];
    // chroot(2) and the owners of files are root's.
    rows.into_iter().map(|row| Row { wants_root: true, ..row }).collect()
}

const PEERS: [&str; 4] = ["tini", "dumb-init", "catatonit", "pause"];

/// A root with dpkg's records and nothing else but what is installed into it.
struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Self {
        let root = directory().join("root-".to_owned() + name);
        for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "usr/bin", "usr/local/bin"] {
            fs::create_dir_all(root.join(folder)).expect("make the root");
        }
        fs::write(root.join("var/lib/dpkg/status"), "").expect("begin the records");
        Self(root)
    }

    /// With a package for each peer, whose program is a text.
    fn with_peers(name: &str) -> Self {
        let root = Self::new(name);
        for peer in PEERS {
            root.install_peer(peer, "1");
        }
        root
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.join(inside.trim_start_matches('/'))
    }

    fn dpkg(&self, arguments: &[&str]) -> String {
        let mut dpkg = Command::new("dpkg");
        // Its programs are in /sbin; nobody here wants the indices of pages.
        dpkg.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DEBIAN_FRONTEND", "noninteractive");
        text_of(dpkg.arg("--root").arg(&self.0).args(arguments))
    }

    fn install(&self, deb: &Path) {
        self.dpkg(&["--install", deb.to_str().expect("UTF-8")]);
    }

    fn install_peer(&self, peer: &str, version: &str) {
        let tree = self.0.with_extension(format!("{peer}-{version}"));
        fs::create_dir_all(tree.join("DEBIAN"))
            .and_then(|()| fs::create_dir_all(tree.join("usr/bin")))
            .expect("make a tree");
        let control = format!(
            "Package: {peer}\nVersion: {version}\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\nDescription: a peer\n"
        );
        fs::write(tree.join("DEBIAN/control"), control).expect("write the control file");
        fs::write(tree.join("usr/bin").join(peer), format!("{peer} {version}")).expect("write the program");
        let deb = tree.with_extension("deb");
        text_of(Command::new("dpkg-deb").args(["--root-owner-group", "--build"]).arg(&tree).arg(&deb));
        self.install(&deb);
    }

    /// What is there by the name of `peer`, followed to the end.
    fn holds(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|error| panic!("read {inside}: {error}"))
    }

    /// What the installed pausa says, which looks for the command in the root's own PATH.
    fn pausa(&self, arguments: &[&str]) -> String {
        let mut chroot = Command::new("/usr/sbin/chroot");
        chroot.arg(&self.0).arg("/usr/bin/pausa").args(arguments);
        text_of(chroot.env_clear().env("PATH", "/usr/local/bin:/usr/bin"))
    }

    fn man(&self, arguments: &[&str]) -> String {
        let mut man = Command::new("man");
        man.arg("--manpath").arg(self.path("usr/share/man")).args(arguments);
        text_of(man.env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80"))
    }

    /// The installed program is the one that is offered by itself, runs, and has its pages.
    fn has_pausa(&self, release: &Release) {
        let alone = release.read(&format!("pausa-{VERSION}-{ARCH}"));
        assert!(fs::read(self.path("usr/bin/pausa")).expect("read pausa") == alone, "it is another program");
        let version = format!("pausa {VERSION}");
        assert_eq!(self.pausa(&["--version"]), version);
        assert_eq!(self.pausa(&["--", "pausa", "--version"]), version);
        let where_it_is = self.man(&["-w", "pausa"]);
        assert!(
            where_it_is.starts_with(self.path("usr/share/man/man1/pausa.1").to_str().expect("UTF-8")),
            "{where_it_is}"
        );
        let page = self.man(&["pausa"]);
        for peer in PEERS {
            assert!(self.man(&[&format!("pausa-{peer}")]) == page, "pausa-{peer}(1) is another page");
        }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // What remains is in this run's directory, which goes at the end.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn deb_is_in_nobodys_way(release: &Release) {
    let root = Root::with_peers("deb");
    root.install(&release.deb());
    root.has_pausa(release);
    for peer in PEERS {
        assert_eq!(root.holds(&format!("usr/bin/{peer}")), format!("{peer} 1"));
        assert!(!root.path(&format!("usr/share/man/man1/{peer}.1.gz")).exists(), "{peer}(1) is not ours");
    }
    root.dpkg(&["--purge", "pausa"]);
    assert!(!root.path("usr/bin/pausa").exists());
    assert!(root.path("usr/bin/tini").exists());
}

/// A line of README.md, so that what it shows is what is tried here.
fn from_the_page(line: &str) {
    let page = fs::read_to_string(super::root().join("docs/building.md")).expect("read docs/building.md");
    assert!(page.lines().any(|shown| shown.trim() == line), "docs/building.md does not show {line:?}");
}

fn a_link_gives_the_name(release: &Release) {
    let root = Root::with_peers("link");
    root.install(&release.deb());
    from_the_page("ln -s /usr/bin/pausa /usr/local/bin/tini");
    symlink("/usr/bin/pausa", root.path("usr/local/bin/tini")).expect("link");
    assert!(root.pausa(&["tini", "--version"]).starts_with("tini version"));
    assert_eq!(root.holds("usr/bin/tini"), "tini 1");
}

fn a_diversion_gives_the_path(release: &Release) {
    let root = Root::with_peers("diversion");
    root.install(&release.deb());
    let divert = |action: &str| {
        let line =
            format!("dpkg-divert --local --rename --divert /usr/bin/tini.distrib {action} /usr/bin/tini");
        from_the_page(&line);
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().expect("a program"));
        text_of(command.env("DPKG_ROOT", &root.0).args(words));
    };
    divert("--add");
    from_the_page("ln -s pausa /usr/bin/tini");
    symlink("pausa", root.path("usr/bin/tini")).expect("link");
    assert!(root.pausa(&["/usr/bin/tini", "--version"]).starts_with("tini version"));
    // The peer's next version goes to where the last one is.
    root.install_peer("tini", "2");
    assert!(root.pausa(&["/usr/bin/tini", "--version"]).starts_with("tini version"));
    assert_eq!(root.holds("usr/bin/tini.distrib"), "tini 2");
    from_the_page("rm /usr/bin/tini");
    fs::remove_file(root.path("usr/bin/tini")).expect("remove the link");
    divert("--remove");
    assert_eq!(root.holds("usr/bin/tini"), "tini 2");
}

fn rpm_comes_and_goes(release: &Release) {
    let root = Root::new("rpm");
    let rpm = |arguments: &[&str]| {
        // Debian's rpm wants to be told that this root is not Debian's.
        text_of(Command::new("rpm").args(["--force-debian", "--root"]).arg(&root.0).args(arguments))
    };
    rpm(&["--install", release.rpm().to_str().expect("UTF-8")]);
    root.has_pausa(release);
    rpm(&["--verify", "pausa"]);
    rpm(&["--erase", "pausa"]);
    assert!(!root.path("usr/bin/pausa").exists());
}
