//! Linker flags, for the binary alone: tests and benches are ordinary programs with a libc. They stand here and
//! not in `.cargo/config.toml`, so that plain `cargo build` has them, whatever RUSTFLAGS says.

const FLAGS: [&str; 7] = [
    // No libc, and none of its start-up code: `src/sys/arch` has the entry.
    "-nostdlib",
    "-nostartfiles",
    // No interpreter, and addresses that need no relocation. rustc asks for a position-independent program;
    // the later flag counts.
    "-static",
    "-no-pie",
    // A name of our own: `_start` in the library would meet libc's in the test programs. `link.ld` says it, too;
    // a linker that finds no such symbol links silently, and the program crashes, so the suite looks.
    "-Wl,--entry=pausa_entry",
    // Nothing that differs from one build to the next.
    "-Wl,--build-id=none",
    // rustc asks for it as well; `link.ld` relies on it.
    "-Wl,--gc-sections",
];

fn main() {
    for flag in FLAGS {
        println!("cargo:rustc-link-arg-bins={flag}");
    }
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    // Two arguments of the driver: one of `-Wl` ends at a comma, and the path may have one.
    println!("cargo:rustc-link-arg-bins=-T");
    println!("cargo:rustc-link-arg-bins={here}/link.ld");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=link.ld");
}
