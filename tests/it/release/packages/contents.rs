//! What is in each package: exactly these files, with these owners, modes and times, and with these demands.

use super::{EPOCH, Release, Row, VERSION, root};
use crate::engines::engine::text_of;
use crate::harness::subject::directory;
use std::collections::BTreeSet;
use std::env::consts::ARCH;
use std::process::Command;

pub fn rows() -> Vec<Row> {
    vec![
        Row::with(&["dpkg-deb"], "the .deb has exactly these files", deb_has_these_files),
        Row::with(&["rpm"], "the .rpm has exactly these files, and wants no package", rpm_has_these_files),
        Row::new("the .tar.gz has exactly these files", tar_has_these_files),
        Row::with(&["lintian"], "lintian has nothing to say", lintian_is_content),
    ]
}

const PAGES: [&str; 5] = ["pausa", "pausa-pause", "pausa-tini", "pausa-dumb-init", "pausa-catatonit"];

/// docs/why.md and its neighbours, to which the README refers, and what these refer to.
fn documents() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("docs")).expect("read docs");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    let pages = names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}"));
    pages.chain(["hold", "supervise"].map(|profile| format!("dist/seccomp/{profile}.json"))).collect()
}

/// `prefix`, and the name in it, of each file that is not in the page's or the documents' list.
fn files(prefix: &str, pages: &str, suffix: &str, documents_in: &str, others: &[&str]) -> BTreeSet<String> {
    let pages = PAGES.iter().map(|page| format!("{pages}/{page}.1{suffix}"));
    let documents = documents().into_iter().map(|document| format!("{documents_in}{document}"));
    pages
        .chain(documents)
        .chain(others.iter().map(|other| (*other).to_owned()))
        .map(|file| prefix.to_owned() + &file)
        .collect()
}

/// Of lines as tar(1) writes them, `-rw-r--r-- 0/0 13380 2023-11-14 22:13:20 NAME`, those of files. Owner, time and
/// mode are looked at on the way.
fn files_of(listing: &str, program: &str) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [mode, owner, _, day, time, name] = words[..] else { panic!("{line:?}") };
        let expected = match () {
            () if mode.starts_with('d') => "drwxr-xr-x",
            () if name == program => "-rwxr-xr-x",
            () => "-rw-r--r--",
        };
        assert_eq!((mode, owner), (expected, "0/0"), "{line}");
        assert!(day == "2023-11-14" && time.starts_with("22:13"), "{line}");
        if !mode.starts_with('d') {
            files.insert(name.to_owned());
        }
    }
    files
}

fn deb_has_these_files(release: &Release) {
    let listing = text_of(Command::new("dpkg-deb").env("TZ", "UTC").arg("--contents").arg(release.deb()));
    let others = [
        "bin/pausa",
        "share/doc/pausa/README.md",
        "share/doc/pausa/changelog.gz",
        "share/doc/pausa/changelog.Debian.gz",
        "share/doc/pausa/copyright",
        "share/lintian/overrides/pausa",
    ];
    let expected = files("./usr/", "share/man/man1", ".gz", "share/doc/pausa/", &others);
    assert_eq!(files_of(&listing, "./usr/bin/pausa"), expected);
    // No script of ours runs when it is installed.
    let control = text_of(
        Command::new("sh").args(["-c", "dpkg-deb --ctrl-tarfile \"$1\" | tar t", "sh"]).arg(release.deb()),
    );
    assert_eq!(control, "./control");
}

fn rpm_has_these_files(release: &Release) {
    let query = |options: &[&str]| text_of(Command::new("rpm").arg("-qp").args(options).arg(release.rpm()));
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEMTIMES} %{FILENAMES}\n]";
    let mut found = BTreeSet::new();
    for line in query(&["--queryformat", format]).lines() {
        let [mode, owner, time, name] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
        let expected = if name == "/usr/bin/pausa" { "-rwxr-xr-x" } else { "-rw-r--r--" };
        assert_eq!((mode, owner, time), (expected, "root:root", EPOCH.to_string().as_str()), "{line}");
        found.insert(name.to_owned());
    }
    let others = [
        "bin/pausa",
        "share/doc/pausa/README.md",
        "share/doc/pausa/CHANGELOG.md",
        "share/licenses/pausa/LICENSE-APACHE",
        "share/licenses/pausa/LICENSE-MIT",
    ];
    assert_eq!(found, files("/usr/", "share/man/man1", "", "share/doc/pausa/", &others));
    // What rpm itself must be able to do is there, too; a package or a shell is not.
    let wanted = query(&["--requires"]);
    assert!(wanted.lines().all(|line| line.starts_with("rpmlib(")), "{wanted}");
    assert_eq!(query(&["--scripts"]), "");
    let made = query(&["--queryformat", "%{BUILDTIME} %{BUILDHOST}"]);
    assert_eq!(made, format!("{EPOCH} (none)"));
}

fn tar_has_these_files(release: &Release) {
    let folder = format!("pausa-{VERSION}-{ARCH}");
    let archive = format!("{folder}.tar.gz");
    let mut tar = Command::new("tar");
    let tar = tar.env("TZ", "UTC").args(["--list", "--verbose", "--numeric-owner", "--full-time", "--file"]);
    let listing = text_of(tar.arg(release.path(&archive)));
    let others = ["pausa", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];
    let expected = files(&format!("{folder}/"), "man/man1", "", "", &others);
    assert_eq!(files_of(&listing, &format!("{folder}/pausa")), expected);
    // Not in the order in which some file system lists them.
    assert!(
        listing.lines().map(|line| line.split_once(&folder).map(|(_, name)| name)).is_sorted(),
        "{listing}"
    );
    // gzip(1) would put a time of its own here.
    assert_eq!(release.read(&archive)[4..8], [0; 4]);
    let mut tar = Command::new("tar");
    let tar = tar.args(["--extract", "--to-stdout", "--file"]).arg(release.path(&archive));
    let program = tar.arg(format!("{folder}/pausa")).output().expect("run tar");
    assert!(program.stdout == release.read(&folder), "the program in it is another");
}

/// Errors and warnings; dist/debian/lintian-overrides says which of them are meant, and why.
fn lintian_is_content(release: &Release) {
    let mut lintian = Command::new("lintian");
    // It leaves files behind.
    lintian.env("TMPDIR", directory());
    let told = text_of(lintian.args(["--display-info", "--fail-on", "none"]).arg(release.deb()));
    let matter = |line: &&str| !line.starts_with("I: ") || line.contains("override");
    let told: Vec<&str> = told.lines().filter(|line| !line.starts_with("N: ")).filter(matter).collect();
    assert!(told.is_empty(), "{told:#?}");
}
