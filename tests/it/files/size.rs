//! What the release binary promises by being what it is: small, static, nothing to write to, no way to panic.

use crate::harness::subject;
use libtest_mimic::Trial;
use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectKind, ObjectSegment};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The byte budget of the release binary for each architecture. DESIGN.md, "Size", says where the bytes are.
const BUDGETS: [(&str, usize); 6] = [
    ("x86_64", 51 * 1024),
    ("aarch64", 52 * 1024),
    ("arm", 59 * 1024),
    ("riscv64", 49 * 1024),
    ("ppc64le", 70 * 1024),
    ("s390x", 56 * 1024),
];

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
        if subject::foreign().is_some() {
            return subject::ours();
        }
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

/// The binary as an object file, 32 or 64 bits, in either order of bytes.
fn object() -> object::File<'static> {
    object::File::parse(release_binary()).expect("an ELF file")
}

fn fits_the_budget() {
    let architecture = subject::foreign().unwrap_or(std::env::consts::ARCH);
    let (_, budget) = BUDGETS.iter().find(|(known, _)| *known == architecture).expect("a budget");
    let size = release_binary().len();
    assert!(size <= *budget, "{size} bytes, {} over the budget", size - budget);
}

fn needs_no_loader() {
    // An address that the linker knows needs no relocation at run time.
    assert_eq!(object().kind(), ObjectKind::Executable, "not position-independent");
    for segment in every_segment() {
        assert!(![libc::PT_INTERP, libc::PT_DYNAMIC, libc::PT_TLS].contains(&segment.kind), "{segment:?}");
    }
}

fn has_nothing_to_write() {
    assert!(object().segments().count() > 0, "segments that are loaded");
    for segment in object().segments() {
        assert!(!segment.permissions().writable(), "{segment:?}");
        // A variable that begins as zero would be here, and in no segment of its own.
        assert_eq!(segment.size(), segment.file_range().1, "{segment:?}");
    }
}

fn has_a_plain_stack() {
    let stack = every_segment().into_iter().find(|segment| segment.kind == libc::PT_GNU_STACK);
    assert_eq!(stack.expect("PT_GNU_STACK").flags & libc::PF_X, 0);
}

/// A misspelt `--entry` links all the same, and starts at nothing.
fn enters_at_code() {
    let (file, entry) = (object(), object().entry());
    let holds = |segment: &object::Segment<'_, '_>| {
        (segment.address()..segment.address() + segment.size()).contains(&entry)
    };
    let code = file.segments().find(holds).expect("a segment with the entry in it");
    assert!(code.permissions().executable(), "{code:?}");
    assert_ne!(entry, code.address(), "the ELF header is no code");
}

/// What a program header says (elf(5)), also of a segment that is not loaded.
#[derive(Debug)]
struct Segment {
    kind: u32,
    flags: u32,
}

fn every_segment() -> Vec<Segment> {
    fn of<Elf: FileHeader<Endian = Endianness>>() -> Vec<Segment> {
        let header = Elf::parse(release_binary()).expect("an ELF header");
        let endian = header.endian().expect("an order of bytes");
        let headers = header.program_headers(endian, release_binary()).expect("program headers");
        headers
            .iter()
            .map(|segment| Segment { kind: segment.p_type(endian).0, flags: segment.p_flags(endian).0 })
            .collect()
    }
    if object().is_64() { of::<FileHeader64<Endianness>>() } else { of::<FileHeader32<Endianness>>() }
}

fn cannot_panic() {
    for mark in [PANIC_MARK, b"core::fmt", b"panicked at"] {
        let found = release_binary().windows(mark.len()).any(|window| window == mark);
        assert!(!found, "the binary contains {:?}", String::from_utf8_lossy(mark));
    }
}
