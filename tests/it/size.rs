//! What the release binary promises by being what it is: small, static, nothing to write to, no way to panic.

use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The byte budget of the release binary: what it has, and a little. The goal is 16 KiB; DESIGN.md, "Size", says
/// where the rest is.
const BUDGET: usize = 33 * 1024;

/// What the panic handler in `main.rs` would say. Absent means that the optimizer found no way to it.
const PANIC_MARK: &[u8] = b"pausa: panic";

pub fn trials() -> Vec<Trial> {
    let rows: [(&str, fn()); 6] = [
        ("the release binary fits the byte budget", fits_the_budget),
        ("it needs no interpreter and no dynamic linker", needs_no_loader),
        ("no segment can be written to", has_nothing_to_write),
        ("the stack is not executable", has_a_plain_stack),
        ("the entry point is code", enters_at_code),
        ("nothing in it can panic, nor format", cannot_panic),
    ];
    let trial = |(name, row): (&str, fn())| {
        Trial::test(format!("size: {name}"), move || {
            row();
            Ok(())
        })
    };
    rows.into_iter().map(trial).collect()
}

fn release_binary() -> &'static [u8] {
    static BINARY: OnceLock<Vec<u8>> = OnceLock::new();
    BINARY.get_or_init(|| std::fs::read(release_path()).expect("read the release binary"))
}

/// `cargo test` builds the development profile; the promises about size and memory are about the release.
pub fn release_path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        // Apart from the outer cargo's folder, so that it waits for no lock.
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("release");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--bin", "pausa", "--offline", "--target-dir"]).arg(&target);
        let output = cargo.current_dir(root).output().expect("run cargo");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let path = target.join("release/pausa");
        // What is not written to the disk yet counts as dirty in whoever maps it (proc_pid_smaps(5)).
        std::fs::File::open(&path).and_then(|file| file.sync_all()).expect("sync the release binary");
        path
    })
}

/// elf(5): the fields of a 64-bit, little-endian program header that the rows ask for.
struct Segment {
    kind: u32,
    flags: u32,
    address: u64,
    memory_size: u64,
}

fn number<const BYTES: usize>(at: usize) -> u64 {
    let bytes = &release_binary()[at..at + BYTES];
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn segments() -> Vec<Segment> {
    let binary = release_binary();
    assert_eq!(&binary[..6], b"\x7fELF\x02\x01", "64-bit, little-endian");
    let (table, size, entries) =
        (number::<8>(32) as usize, number::<2>(54) as usize, number::<2>(56) as usize);
    (0..entries)
        .map(|index| table + index * size)
        .map(|at| Segment {
            kind: number::<4>(at) as u32,
            flags: number::<4>(at + 4) as u32,
            address: number::<8>(at + 16),
            memory_size: number::<8>(at + 40),
        })
        .collect()
}

fn fits_the_budget() {
    let size = release_binary().len();
    assert!(size <= BUDGET, "{size} bytes, {} over the budget", size - BUDGET);
}

fn needs_no_loader() {
    for kind in [libc::PT_INTERP, libc::PT_DYNAMIC, libc::PT_TLS] {
        assert!(segments().iter().all(|segment| segment.kind != kind), "a segment of type {kind}");
    }
    // ET_EXEC: an address that the linker knows needs no relocation at run time.
    assert_eq!(number::<2>(16), 2, "not position-independent");
}

fn has_nothing_to_write() {
    for segment in segments().iter().filter(|segment| segment.kind == libc::PT_LOAD) {
        assert_eq!(segment.flags & libc::PF_W, 0, "the segment at {:#x}", segment.address);
    }
}

fn has_a_plain_stack() {
    let segments = segments();
    let stack = segments.iter().find(|segment| segment.kind == libc::PT_GNU_STACK).expect("PT_GNU_STACK");
    assert_eq!(stack.flags & libc::PF_X, 0);
}

/// A misspelt `--entry` links all the same, and starts at nothing.
fn enters_at_code() {
    let entry = number::<8>(24);
    let holds = |segment: &Segment| (segment.address..segment.address + segment.memory_size).contains(&entry);
    let code = segments()
        .into_iter()
        .find(|segment| segment.kind == libc::PT_LOAD && segment.flags & libc::PF_X != 0);
    assert!(code.as_ref().is_some_and(holds), "entry {entry:#x}");
    let first = code.expect("code").address;
    assert_ne!(entry, first, "the ELF header is no code");
}

fn cannot_panic() {
    for mark in [PANIC_MARK, b"core::fmt", b"panicked at"] {
        let found = release_binary().windows(mark.len()).any(|window| window == mark);
        assert!(!found, "the binary contains {:?}", String::from_utf8_lossy(mark));
    }
}
