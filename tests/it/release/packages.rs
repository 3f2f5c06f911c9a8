//! What dist/release makes: the same from any folder on any day, complete, installable, and in nobody's way.
//!
//! The rows share one run of it, in a folder of their own. Without one of its tools, or without what a row looks
//! through, a trial is ignored and says why; under `CI=true` it fails, since there nobody would notice.

mod contents;
mod installed;

use crate::engines::engine::text_of;
use crate::harness::subject::{directory, original};
use crate::harness::trial::{ending, plain};
use libtest_mimic::Trial;
use nix::unistd::Uid;
use std::collections::{BTreeMap, BTreeSet};
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let rows = [
        Row::new("the same from another folder, with other times and another umask", comes_out_the_same),
        Row::new("each file has its checksum", checksums_are_right),
        Row::new("the SBOM has what is linked, and no more", sbom_has_what_is_linked),
        Row::with(&["dpkg-deb", "rpm"], "each architecture by each system's name", names_each_architecture),
    ];
    let rows = rows.into_iter().chain(contents::rows()).chain(installed::rows());
    let mut trials: Vec<Trial> = rows.map(Row::into_trial).collect();
    let alone: [(&str, fn()); 2] = [
        ("an architecture that is none ends it at once", refuses_an_architecture),
        ("the changelog of the .deb begins with this version", debian_changelog_is_of_this_version),
    ];
    trials.extend(alone.map(|(name, check)| plain("packages", name, check)));
    trials
}

/// A row that wants the release of this machine's architecture, and perhaps more.
struct Row {
    name: String,
    /// What it looks through.
    tools: &'static [&'static str],
    wants_root: bool,
    check: fn(&Release),
}

impl Row {
    fn new(name: &str, check: fn(&Release)) -> Self {
        Self { name: format!("packages: {name}"), tools: &[], wants_root: false, check }
    }

    fn with(tools: &'static [&'static str], name: &str, check: fn(&Release)) -> Self {
        Self { tools, ..Self::new(name, check) }
    }

    /// Why it cannot be tried here, or what it is tried on.
    fn prepare(&self) -> Result<&'static Release, String> {
        let is_missing = |tool: &&&str| Command::new(tool).arg("--version").output().is_err();
        match self.tools.iter().find(is_missing) {
            Some(tool) => Err(format!("there is no {tool} here")),
            None if self.wants_root && !Uid::effective().is_root() => Err("this is not root".into()),
            None if crate::release::image::missing().is_some() => {
                Err(crate::release::image::missing().unwrap_or_default())
            }
            None => native().map_err(str::to_owned),
        }
    }

    fn into_trial(self) -> Trial {
        ending(self.name.clone(), move || self.prepare().map(self.check))
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// When everything was made, as far as anybody can tell.
const EPOCH: u64 = 1_700_000_000;

/// A folder with what dist/release has made, for this machine's architecture at least.
struct Release {
    folder: PathBuf,
}

impl Release {
    /// Runs dist/release of the tree at `root`. An error is a tool that is not there.
    fn make(root: &Path, target: &Path, architectures: &[&str], umask: &str) -> Result<Self, String> {
        let mut command = Command::new("sh");
        command.args(["-c", "umask $0 && exec \"$@\"", umask]).arg(root.join("dist/release"));
        command
            .args(architectures)
            .env("CARGO_TARGET_DIR", target)
            .env("SOURCE_DATE_EPOCH", EPOCH.to_string());
        // A tree without .git has neither, and both trees are to agree.
        command.env("REVISION", "0123456789abcdef").env_remove("DEBEMAIL");
        let output = command.output().expect("run dist/release");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        match told.lines().find(|line| line.starts_with("dist/") && line.contains(" here")) {
            Some(line) if !output.status.success() => Err(line.to_owned()),
            _ => {
                assert!(output.status.success(), "dist/release: {}\n{told}", output.status);
                Ok(Self { folder: target.join("dist/release") })
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.folder).expect("read the folder");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
    }

    fn deb(&self) -> PathBuf {
        self.path(&format!("pausa_{VERSION}-1_{}.deb", debian(ARCH)))
    }

    fn rpm(&self) -> PathBuf {
        self.path(&format!("pausa-{VERSION}-1.{}.rpm", red_hat(ARCH)))
    }
}

const ARCHITECTURES: [(&str, &str, &str); 6] = [
    ("x86_64", "amd64", "x86_64"),
    ("aarch64", "arm64", "aarch64"),
    ("arm", "armhf", "armv7hl"),
    ("riscv64", "riscv64", "riscv64"),
    ("ppc64le", "ppc64el", "ppc64le"),
    ("s390x", "s390x", "s390x"),
];

fn debian(architecture: &str) -> &'static str {
    ARCHITECTURES.iter().find(|(ours, ..)| *ours == architecture).expect("one of the six").1
}

fn red_hat(architecture: &str) -> &'static str {
    ARCHITECTURES.iter().find(|(ours, ..)| *ours == architecture).expect("one of the six").2
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Apart from the developer's own folder, which a trial must not change.
fn target(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name);
    fs::create_dir_all(&target).expect("make a folder");
    target
}

fn native() -> Result<&'static Release, &'static str> {
    static RELEASE: OnceLock<Result<Release, String>> = OnceLock::new();
    let made = RELEASE.get_or_init(|| Release::make(root(), &target("native"), &[ARCH], "022"));
    made.as_ref().map_err(String::as_str)
}

/// Another path, other times, another umask.
fn comes_out_the_same(release: &Release) {
    let copy = directory().join("a copy of the tree").join("in a longer path");
    fs::create_dir_all(&copy).expect("make a folder");
    // Not with what is built, and without a history.
    let script = "cd \"$1\"
        tar --create --exclude ./target --exclude ./.git . | tar --extract --directory \"$2\" --touch
        find \"$2\" -exec touch --no-dereference --date 2001-02-03 {} +";
    text_of(Command::new("bash").args(["-eo", "pipefail", "-c", script, "bash"]).args([root(), &copy]));
    let again =
        Release::make(&copy, &copy.join("target"), &[ARCH], "077").expect("the tools were there before");
    assert_eq!(again.names(), release.names());
    let differing: Vec<String> =
        release.names().into_iter().filter(|name| again.read(name) != release.read(name)).collect();
    assert!(differing.is_empty(), "{differing:?} differ; see {}", again.folder.display());
    fs::remove_dir_all(copy).expect("remove the copy");
}

fn checksums_are_right(release: &Release) {
    let mut check = Command::new("sha256sum");
    text_of(check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&release.folder));
    let sums = String::from_utf8(release.read("SHA256SUMS")).expect("ASCII");
    let mut summed: BTreeSet<String> =
        sums.lines().map(|line| line.split_once("  ").expect("a sum and a name").1.to_owned()).collect();
    summed.insert("SHA256SUMS".to_owned());
    assert_eq!(summed, release.names());
}

/// What cargo would link, with the checksums of Cargo.lock, and what comes with the compiler.
fn sbom_has_what_is_linked(release: &Release) {
    let ask = |filter: &str| {
        let mut jq = Command::new("jq");
        text_of(jq.args(["--raw-output", filter]).arg(release.path(&format!("pausa-{VERSION}.spdx.json"))))
    };
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none"]).current_dir(root());
    let linked = text_of(tree.args(["--format", "{p}"]));
    let linked: BTreeSet<String> = linked
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ").replace(" v", " "))
        .collect();
    let of_rust = r#"select(.SPDXID | startswith("SPDXRef-Package-rust-"))"#;
    let names = ask(&format!(".packages[] | {of_rust} | .name"));
    let names: BTreeSet<&str> = names.lines().collect();
    assert_eq!(names, BTreeSet::from(["core", "compiler_builtins"]));
    let others = format!(".packages - [.packages[] | {of_rust}] | .[]");
    let listed = ask(&format!(r#"{others} | "\(.name) \(.versionInfo)""#));
    assert_eq!(listed.lines().map(str::to_owned).collect::<BTreeSet<_>>(), linked);
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("read Cargo.lock");
    let sums = ask(&format!("{others} | select(.name != \"pausa\") | .checksums[].checksumValue"));
    assert_eq!(sums.lines().count(), linked.len() - 1);
    assert!(sums.lines().all(|sum| lock.contains(&format!("checksum = \"{sum}\""))), "{sums}");
    assert_eq!(ask(".spdxVersion, .creationInfo.created"), "SPDX-2.3\n2023-11-14T22:13:20Z");
    let described =
        ask(r#".relationships[] | select(.relationshipType == "DESCRIBES") | .relatedSpdxElement"#);
    assert_eq!(described, format!("SPDXRef-Package-pausa-{VERSION}"));
}

fn names_each_architecture(_: &Release) {
    let target = target("each");
    // What dist/build keeps of other runs serves here as well; cargo locks it.
    let core = root().join("target/dist/core");
    fs::create_dir_all(&core).and_then(|()| fs::create_dir_all(target.join("dist"))).expect("make folders");
    let _ = std::os::unix::fs::symlink(&core, target.join("dist/core"));
    let release = Release::make(root(), &target, &[], "022").expect("the tools were there before");
    let found: BTreeMap<&str, (String, String)> = ARCHITECTURES
        .iter()
        .map(|&(ours, debian, red_hat)| {
            assert!(release.names().contains(&format!("pausa-{VERSION}-{ours}.tar.gz")), "{ours}");
            let deb = release.path(&format!("pausa_{VERSION}-1_{debian}.deb"));
            let rpm = release.path(&format!("pausa-{VERSION}-1.{red_hat}.rpm"));
            let deb = text_of(Command::new("dpkg-deb").arg("--field").arg(deb).arg("Architecture"));
            let rpm = text_of(Command::new("rpm").args(["-qp", "--queryformat", "%{ARCH}"]).arg(rpm));
            (ours, (deb, rpm))
        })
        .collect();
    let wanted = ARCHITECTURES.map(|(ours, debian, red_hat)| (ours, (debian.to_owned(), red_hat.to_owned())));
    assert_eq!(found, BTreeMap::from(wanted));
}

// -------------------------------------------------------------------------------------------------- without a release

fn refuses_an_architecture() {
    let mut command = Command::new(root().join("dist/release"));
    let Output { status, stderr, .. } = command.arg("pdp11").output().expect("run dist/release");
    let told = String::from_utf8_lossy(&stderr);
    assert!(
        status.code() == Some(2) && told.contains("'pdp11'") && told.contains("riscv64"),
        "{status}: {told}"
    );
}

fn debian_changelog_is_of_this_version() {
    let changelog = fs::read_to_string(root().join("dist/debian/changelog")).expect("read the changelog");
    assert!(changelog.starts_with(&format!("pausa ({VERSION}-1) ")), "{changelog}");
}
