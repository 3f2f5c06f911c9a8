//! A builder image for the Dockerfile, made of this machine's own Rust toolchain: no registry is needed.
//!
//! It holds what `cargo build` opens and no more: cargo, rustc and the linker driver, the libraries that
//! ldd(1) finds for them, the target's rlibs, the objects that a link with libc needs, a shell, and the crates
//! of Cargo.lock. Where Debian's compiler and a foreign gcc are installed, these come along, too. It is the one
//! thing that outlives a run, under a name made from all of that, since the next run should not send half a
//! gigabyte again.

use crate::engines::engine::{Engine, text_of};
use crate::engines::image_tree::{on_path, with_libraries, with_links};
use crate::engines::left_behind;
use crate::release::image::{AARCH64, Platform};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the Dockerfile's RUN lines and the scripts behind them call, but for cargo.
const PROGRAMS: [&str; 11] =
    ["/bin/sh", "bash", "env", "uname", "dirname", "install", "mkdir", "cp", "chmod", "ln", "cc"];

/// The one that the suite has the Dockerfile build for besides this machine's own.
pub const FOREIGN: &Platform = &AARCH64;

/// Where Debian's rust-web-src is; dist/build compiles `core` from it.
const STANDARD_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library";

/// What `cc` opens when rustc links a build script against libc, as `cc -print-file-name` takes it.
const LINK_INPUTS: &str = "Scrt1.o crti.o crtn.o crtbeginS.o crtendS.o liblto_plugin.so libgcc.a libgcc_s.so \
    libgcc_s.so.1 libc.so libc.so.6 libc_nonshared.a ld-linux-x86-64.so.2 libm.so libm.so.6 libmvec.so.1 \
    libdl.a libpthread.a librt.a libutil.a";

/// The builder image of this toolchain and this Cargo.lock, made if the daemon has none.
pub fn image(engine: &Engine) -> String {
    let files = files();
    let tag = format!("pausa-it-builder:{:016x}", key(&files));
    if engine.call(&["images", "--quiet", &tag]).is_empty() {
        engine.remove_images("pausa-it-builder");
        let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("builder");
        vendor_crates(&tree);
        let path = format!("PATH={}/bin:/usr/bin:/bin", sysroot().display());
        let environment = format!("ENV {path} CARGO_HOME=/cargo CARGO_NET_OFFLINE=true");
        engine.import(&tag, &tree, &files, &[&environment, "LABEL pausa.it.builder=yes"]);
    }
    left_behind(format!("the image {tag}, for the next run. `docker rmi {tag}` removes it."));
    // The run's label comes down to all that is built upon it, the nameless stages too.
    let own = engine.tag("builder");
    engine.build_without_context(&own, &format!("FROM {tag}\n"));
    own
}

fn files() -> BTreeSet<PathBuf> {
    let libraries = PathBuf::from(line_of("rustc", &["--print", "target-libdir"]));
    let linkers = libraries.with_file_name("bin");
    let mut programs: Vec<PathBuf> = PROGRAMS.iter().map(|name| on_path(name)).collect();
    for name in ["collect2", "lto-wrapper"] {
        programs.push(line_of("cc", &[&format!("-print-prog-name={name}")]).into());
    }
    programs.extend(["cargo", "rustc"].map(|name| sysroot().join("bin").join(name)));
    programs.extend(["rust-lld", "gcc-ld/ld.lld"].map(|name| linkers.join(name)));
    let mut files: BTreeSet<PathBuf> = programs.iter().flat_map(|program| with_libraries(program)).collect();
    for name in LINK_INPUTS.split_whitespace() {
        let path = PathBuf::from(line_of("cc", &[&format!("-print-file-name={name}")]));
        // A name that cc does not know comes back as it was.
        if path.is_absolute() {
            files.extend(with_links(&path));
        }
    }
    for entry in libraries.read_dir().expect("read the target's libraries") {
        let path = entry.expect("read the target's libraries").path();
        // The sanitizers' runtimes and std's shared form are left out.
        if path.extension().is_some_and(|extension| extension == "rlib" || extension == "rmeta") {
            files.extend(with_links(&path));
        }
    }
    if missing_for_foreign().is_none() {
        files.extend(foreign_files());
    }
    files
}

/// What this machine lacks to build for a foreign architecture without rustup.
pub fn missing_for_foreign() -> Option<String> {
    let gcc = Path::new("/usr/bin").join(FOREIGN.gcc);
    let needed =
        [Path::new("/usr/bin/rustc"), Path::new("/usr/bin/cargo"), Path::new(STANDARD_LIBRARY), &gcc];
    needed.into_iter().find(|path| !path.exists()).map(|path| format!("{} is missing", path.display()))
}

/// Debian's compiler, the source of `core`, and a gcc that links without libc.
fn foreign_files() -> BTreeSet<PathBuf> {
    let of_gcc = |name: &str| PathBuf::from(line_of(FOREIGN.gcc, &[&format!("-print-prog-name={name}")]));
    let mut programs: Vec<PathBuf> =
        ["rustc", "cargo", FOREIGN.gcc].map(|name| Path::new("/usr/bin").join(name)).into();
    programs.extend(["collect2", "lto-wrapper", "ld"].map(of_gcc));
    programs.push(line_of(FOREIGN.gcc, &["-print-file-name=liblto_plugin.so"]).into());
    // Debian's compiler links its build scripts by this one, rustup's brings its own.
    programs.push(on_path("ld"));
    let mut files: BTreeSet<PathBuf> = programs.iter().flat_map(|program| with_libraries(program)).collect();
    // Its build scripts are for this machine, and linked with this machine's std.
    let std = line_of("/usr/bin/rustc", &["--print", "target-libdir"]);
    for tree in [std.as_str(), STANDARD_LIBRARY] {
        // -L: the source lies behind a link.
        let below = line_of("find", &["-L", tree, "-type", "f"]);
        files.extend(below.lines().flat_map(|path| with_links(Path::new(path))));
    }
    files
}

fn sysroot() -> PathBuf {
    line_of("rustc", &["--print", "sysroot"]).into()
}

fn line_of(program: &str, arguments: &[&str]) -> String {
    text_of(Command::new(program).args(arguments))
}

/// The crates, and a cargo that takes them from there.
fn vendor_crates(tree: &Path) {
    // A compiler's temporary files want a place too.
    for directory in ["cargo", "tmp"] {
        std::fs::create_dir_all(tree.join(directory)).expect("make the builder's tree");
    }
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let vendor = ["vendor", "--locked", "--quiet", "--respect-source-config", "--manifest-path", manifest];
    let mut cargo = Command::new("cargo");
    if missing_for_foreign().is_none() {
        // Whoever builds `core` from source resolves all that `std` depends on, and compiles none of it.
        cargo = Command::new("/usr/bin/cargo");
        cargo.envs([("RUSTC", "/usr/bin/rustc"), ("RUSTC_BOOTSTRAP", "1")]);
        cargo.args(vendor).arg("--sync").arg(Path::new(STANDARD_LIBRARY).join("sysroot/Cargo.toml"));
    } else {
        cargo.args(vendor);
    }
    text_of(cargo.arg(tree.join("cargo/vendor")));
    let sources = "[source.crates-io]\nreplace-with = \"vendored\"\n\
        [source.vendored]\ndirectory = \"/cargo/vendor\"\n";
    std::fs::write(tree.join("cargo/config.toml"), sources).expect("write cargo's configuration");
}

/// Changes when a file, the set of crates or this recipe does, which is when the image is to be made again.
fn key(files: &BTreeSet<PathBuf>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (include_str!("../../../../Cargo.lock"), include_str!("builder.rs")).hash(&mut hasher);
    for file in files {
        let metadata = file.symlink_metadata().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file, metadata.len(), metadata.modified().ok()).hash(&mut hasher);
    }
    hasher.finish()
}
