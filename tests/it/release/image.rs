//! The image that dist/image makes for six platforms: what its layout says, what its layers hold, that two builds are
//! one. The engines run it: `docker/loaded.rs`, `podman/archive.rs` and `containerd.rs` in `engines/`.
//!
//! Where a tool is missing the trials are ignored and say why; under `CI=true` they fail, since there nobody would
//! notice.

mod facts;
mod layers;
mod layout;
mod twice;

use crate::engines::engine::text_of;
use crate::harness::subject;
use crate::harness::trial::ending;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Every name that the binary answers to is in the image, sorted as a layer is.
pub const NAMES: [&str; 9] =
    ["catatonit", "docker-init", "dumb-init", "init", "pausa", "pause", "podman-init", "tini", "tini-static"];

pub struct Platform {
    /// As dist/build and qemu call it.
    pub architecture: &'static str,
    /// As the engines do.
    pub platform: &'static str,
    /// The one that links for it, in Debian.
    pub gcc: &'static str,
    /// `e_machine` of elf(5).
    machine: u16,
    /// The most that the compressed layer may have: what was measured, and a tenth. The goal is 10 KB.
    layer: usize,
}

pub const AARCH64: Platform = Platform {
    architecture: "aarch64",
    platform: "linux/arm64",
    gcc: "aarch64-linux-gnu-gcc",
    machine: libc::EM_AARCH64,
    layer: 32_000,
};

/// In the order of the index, which dist/image has when nobody names any.
pub static PLATFORMS: [Platform; 6] = [
    Platform {
        architecture: "x86_64",
        platform: "linux/amd64",
        gcc: "x86_64-linux-gnu-gcc",
        machine: libc::EM_X86_64,
        layer: 31_000,
    },
    AARCH64,
    Platform {
        architecture: "arm",
        platform: "linux/arm/v7",
        gcc: "arm-linux-gnueabihf-gcc",
        machine: libc::EM_ARM,
        layer: 34_000,
    },
    Platform {
        architecture: "riscv64",
        platform: "linux/riscv64",
        gcc: "riscv64-linux-gnu-gcc",
        machine: libc::EM_RISCV,
        layer: 32_000,
    },
    Platform {
        architecture: "ppc64le",
        platform: "linux/ppc64le",
        gcc: "powerpc64le-linux-gnu-gcc",
        machine: libc::EM_PPC64,
        layer: 36_500,
    },
    Platform {
        architecture: "s390x",
        platform: "linux/s390x",
        gcc: "s390x-linux-gnu-gcc",
        machine: libc::EM_S390,
        layer: 31_000,
    },
];

pub fn trials() -> Vec<Trial> {
    if subject::original() {
        return Vec::new();
    }
    let rows = [layout::rows(), facts::rows(), layers::rows(), twice::rows()];
    let trial = |(name, check): Row| ending(format!("image: {name}"), move || Built::get().map(check));
    rows.into_iter().flatten().map(trial).collect()
}

type Row = (&'static str, fn(&Built));

/// What dist/image made, once for all who ask.
pub struct Built {
    /// The tree that it was made from: a copy of this one, in a repository of its own.
    pub tree: PathBuf,
    /// Its target/dist.
    directory: PathBuf,
}

impl Built {
    /// # Errors
    /// What is missing on this machine.
    ///
    /// # Panics
    /// If it is not made for another reason.
    pub fn get() -> Result<&'static Self, String> {
        static BUILT: OnceLock<Result<Built, String>> = OnceLock::new();
        BUILT.get_or_init(|| missing().map_or_else(|| Ok(twice::first()), Err)).as_ref().map_err(Clone::clone)
    }

    pub fn archive(&self) -> PathBuf {
        self.directory.join("pausa-image.tar")
    }

    fn layout(&self) -> PathBuf {
        self.directory.join("image")
    }

    pub fn binary(&self, platform: &Platform) -> PathBuf {
        self.directory.join(platform.architecture).join("pausa")
    }

    /// What jq(1) finds in a blob, as text.
    fn query(&self, digest: &str, filter: &str) -> String {
        query(&self.blob(digest), filter)
    }

    fn blob(&self, digest: &str) -> PathBuf {
        let name = digest.strip_prefix("sha256:").unwrap_or_else(|| panic!("{digest:?} is no digest"));
        self.layout().join("blobs/sha256").join(name)
    }

    fn index(&self) -> String {
        query(&self.layout().join("index.json"), ".manifests[0].digest")
    }

    /// The digests of the manifests, in the order of `PLATFORMS`.
    fn manifests(&self) -> Vec<String> {
        let digests: Vec<String> =
            self.query(&self.index(), ".manifests[].digest").lines().map(str::to_owned).collect();
        assert_eq!(digests.len(), PLATFORMS.len());
        digests
    }
}

/// Whether a program for `platform` runs here. `.ci/run` has the handlers registered.
///
/// # Errors
/// What is missing.
pub fn emulated(platform: &Platform) -> Result<(), String> {
    if platform.architecture == std::env::consts::ARCH {
        return Ok(());
    }
    let handler = format!("/proc/sys/fs/binfmt_misc/qemu-{}", platform.architecture);
    let text = std::fs::read_to_string(&handler).unwrap_or_default();
    // F: the emulator is opened at once, and so needs not be in the container.
    let flags = text.lines().find_map(|line| line.strip_prefix("flags: ")).unwrap_or_default();
    if text.starts_with("enabled") && flags.contains('F') {
        Ok(())
    } else {
        Err(format!("no emulator for containers of {} is registered at {handler}", platform.platform))
    }
}

fn query(file: &Path, filter: &str) -> String {
    text_of(Command::new("jq").args(["--raw-output", "--compact-output", filter]).arg(file))
}

/// dist/tools installs cargo's where a PATH may not lead.
const FIND: &str =
    "PATH=$PATH:${CARGO_INSTALL_ROOT:-${CARGO_HOME:-$HOME/.cargo}}/bin; command -v \"$0\" >/dev/null";

/// What dist/image wants and this machine lacks, if anything.
pub fn missing() -> Option<String> {
    let tools = [
        "buildah",
        "skopeo",
        "jq",
        "zopfli",
        "git",
        "tar",
        "unshare",
        "cargo-sbom",
        "/usr/bin/cargo",
        "/usr/bin/rustc",
    ];
    let gccs = PLATFORMS.iter().map(|platform| platform.gcc);
    let is_missing = |tool: &&str| {
        let found = Command::new("sh").args(["-c", FIND, tool]).status();
        !found.is_ok_and(|status| status.success())
    };
    tools.into_iter().chain(gccs).find(is_missing).map(|tool| format!("{tool} is missing"))
}
