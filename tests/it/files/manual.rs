//! docs/pausa.1 against what it describes: the grammars, the help texts, the variables and the exit codes of each
//! personality. Its source is read for that; mandoc(1) and man(1) say whether it is well written.

use crate::contracts::peers::NAMES;
use crate::harness::launch::{AsSubreaper, Launch};
use crate::harness::left_out::without;
use crate::harness::running::Ended::Code;
use crate::harness::subject::{Catatonit, DumbInit, Pausa, Pause, Subject, Tini, original};
use libtest_mimic::Trial;
use pausa::cli::personality::Personality;
use pausa::policy::forward::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let mut trials = vec![
        with_tool("mandoc finds nothing to say", "mandoc", lint_is_silent),
        with_tool("man renders it in 80 columns, without a warning", "man", man_renders_it),
    ];
    let mut row = |name: String, row: Box<dyn FnOnce() + Send>| {
        trials.push(AsSubreaper.trial(format!("manual: {name}"), row));
    };
    for (subject, extra) in WITH_GRAMMAR {
        let name = subject.name();
        row(
            format!("options are those of the grammar ({name})"),
            Box::new(|| has_the_grammar(*subject, extra)),
        );
        row(format!("options are those of the help ({name})"), Box::new(|| has_the_help(*subject, extra)));
        row(format!("the variables are named ({name})"), Box::new(|| has_the_variables(*subject)));
        row(format!("the names that it answers to ({name})"), Box::new(|| has_the_names(*subject)));
        row(format!("exit codes and targets ({name})"), Box::new(|| has_the_exit_codes(*subject)));
    }
    for subject in [Pausa, Pause, Tini, DumbInit, Catatonit] {
        let name = subject.name();
        row(format!("the synopsis has each option ({name})"), Box::new(move || has_a_synopsis(subject)));
    }
    row("the options of pause print its version".into(), Box::new(pause_prints_its_version));
    row("the versions of the contracts".into(), Box::new(has_the_versions));
    row("our own exit codes".into(), Box::new(has_our_exit_codes));
    row("the fields and reasons of the termination message".into(), Box::new(has_the_message));
    row("its date is not older than the release".into(), Box::new(has_a_date));
    trials
}

/// What has a grammar, and the options that the page has for another reason.
const WITH_GRAMMAR: &[(Subject, &[&str])] = &[
    // For PAUSA_OPTIONS only, so the grammar has it and the help does not.
    (Pausa, &["-s"]),
    // Not of the grammar: it counts as the only argument alone.
    (Tini, &["--version"]),
    (DumbInit, &[]),
    (Catatonit, &[]),
];

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pausa.1")
}

fn page() -> String {
    std::fs::read_to_string(page_path()).expect("read the page")
}

fn with_tool(name: &str, tool: &'static str, row: fn()) -> Trial {
    Trial::ignorable_test(format!("manual: {name}"), move || {
        if Command::new(tool).arg("/dev/null").output().is_err() {
            return without(&format!("there is no {tool}(1)"));
        }
        row();
        Ok(libtest_mimic::Completion::Completed)
    })
}

fn lint_is_silent() {
    let output = Command::new("mandoc").args(["-T", "lint"]).arg(page_path()).output().expect("run mandoc");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    // Whether the pages that ours refers to are installed and indexed here says nothing about ours.
    let of_this_machine = ["referenced manual not found", "outdated mandoc.db lacks"];
    let told: Vec<_> =
        text.lines().filter(|line| !of_this_machine.iter().any(|words| line.contains(words))).collect();
    assert!(told.is_empty(), "{told:#?}");
}

fn man_renders_it() {
    let mut man = Command::new("man");
    man.args(["--warnings", "--encoding=UTF-8", "--local-file"]).arg(page_path());
    let output = man.env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80").output().expect("run man");
    let (text, warnings) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && warnings.is_empty(), "{}: {warnings}", output.status);
    assert!(text.lines().count() > 100, "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
}

// ------------------------------------------------------------------------------------------------------------- options

/// Each option by its first name, with its other name and with `:` for a flag, `=` for one with a value, and `?` where
/// the value may be left out, as in a grammar (`src/cli/getopt.rs`).
type Options = BTreeMap<String, (String, char)>;

/// From a heading up to the next of its kind or of a higher one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}"));
    let ends = if heading.starts_with(".Ss") { &["\n.Sh ", "\n.Ss "][..] } else { &["\n.Sh "] };
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    &rest[..end]
}

fn section_of(page: &str, subject: Subject) -> &str {
    match subject {
        Pausa => section(page, ".Sh OPTIONS"),
        _ => section(page, &format!(".Ss {}", subject.name())),
    }
}

fn option_of(names: &[String], kind: char) -> (String, (String, char)) {
    (names[0].clone(), (names.get(1).cloned().unwrap_or_default(), kind))
}

/// What stands in items of the page: `.It Fl t , Fl -to Ar whom`.
fn options_in(section: &str) -> Options {
    let items = section.lines().filter_map(|line| line.strip_prefix(".It Fl "));
    items
        .map(|item| {
            let (mut names, mut kind) = (Vec::new(), ':');
            for option in item.split("Fl ") {
                let words: Vec<&str> = option.split_whitespace().collect();
                names.push(format!("-{}", words[0]));
                kind = match &words[1..] {
                    ["Ar", ..] => '=',
                    ["Ns", "Oo" | "Op", ..] => '?',
                    _ => ':',
                };
            }
            option_of(&names, kind)
        })
        .collect()
}

fn personality_of(subject: Subject) -> &'static Personality {
    Personality::from_argv0(subject.name().as_bytes())
}

fn options_of_the_grammar(subject: Subject) -> Options {
    let entries = personality_of(subject).grammar.entries();
    entries
        .map(|entry| {
            let short = entry.letter().map(|letter| format!("-{}", char::from(letter)));
            let long = Some(format!("--{}", entry.name().escape_ascii())).filter(|long| long != "--");
            option_of(&short.into_iter().chain(long).collect::<Vec<_>>(), char::from(entry.value() as u8))
        })
        .collect()
}

/// Lines such as `  -m, --message[=PATH]    write why it ended`: names, a value, two blanks, words.
fn options_of_the_help(subject: Subject) -> Options {
    let (ended, stdout, stderr) = Launch::of(subject, AsSubreaper).args(["-h"]).start().wait_with_output();
    assert_eq!(ended, Code(0));
    let help = stdout + &stderr;
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    lines
        .map(|line| {
            let line = line.trim_start();
            let (names, _) = line.split_once("  ").unwrap_or((line, ""));
            let kind = match names {
                _ if names.contains('[') && !names.contains(' ') => '?',
                _ if names.contains("[=") => '?',
                _ if names.trim_start_matches('-').replace(", ", "").contains(' ') => '=',
                _ => ':',
            };
            let name = |name: &str| name.split([' ', '[']).next().unwrap_or("").to_owned();
            option_of(&names.split(", ").map(name).collect::<Vec<_>>(), kind)
        })
        .collect()
}

fn has_the_grammar(subject: Subject, extra: &[&str]) {
    let mut in_the_page = options_in(section_of(&page(), subject));
    let grammar = options_of_the_grammar(subject);
    in_the_page.retain(|name, _| grammar.contains_key(name) || !extra.contains(&name.as_str()));
    assert_eq!(in_the_page, grammar);
}

fn has_the_help(subject: Subject, extra: &[&str]) {
    let mut in_the_page = options_in(section_of(&page(), subject));
    let help = options_of_the_help(subject);
    in_the_page.retain(|name, _| help.contains_key(name) || !extra.contains(&name.as_str()));
    assert_eq!(in_the_page, help);
}

/// Lines of the synopsis such as `.Op Fl gsvw`, `.Op Fl e Ar code` and `.Fl h | l | -version`.
fn has_a_synopsis(subject: Subject) {
    let page = page();
    let mut is_about = false;
    let mut found = BTreeMap::new();
    for line in section(&page, ".Sh SYNOPSIS").lines() {
        if let Some(name) = line.strip_prefix(".Nm ") {
            is_about = name == subject.name();
        }
        let option = line.strip_prefix(".Op Fl ").or_else(|| line.strip_prefix(".Fl "));
        let Some((names, rest)) = option.map(|option| option.split_once(' ').unwrap_or((option, ""))) else {
            continue;
        };
        if !is_about || names == "-" {
            continue;
        }
        let kind = match rest {
            _ if rest.starts_with("Ar") => '=',
            _ if rest.starts_with("Ns Op") => '?',
            _ => ':',
        };
        if rest.starts_with('|') {
            let (first, others) = (names, rest.split(" | ").map(|name| name.trim_start_matches("| ")));
            found.extend(others.chain([first]).map(|name| (format!("-{name}"), ':')));
        } else {
            match names.strip_prefix('-') {
                Some(_) => found.extend([(format!("-{names}"), kind)]),
                None => found.extend(names.chars().map(|letter| (format!("-{letter}"), kind))),
            }
        }
    }
    let described = options_in(section_of(&page, subject));
    let mut wanted: BTreeMap<String, char> =
        described.iter().map(|(name, (_, kind))| (name.clone(), *kind)).collect();
    if subject == Pause {
        wanted.extend(described.values().map(|(other, kind)| (other.clone(), *kind)));
    }
    assert_eq!(found, wanted);
}

fn pause_prints_its_version() {
    let page = page();
    let options = options_in(section_of(&page, Pause));
    assert!(!options.is_empty());
    for (name, (other, _)) in &options {
        for option in [name, other] {
            let launch = Launch::of(Pause, AsSubreaper).args([option]);
            let (ended, stdout, _) = launch.start().wait_with_output();
            assert!(ended == Code(0) && stdout.starts_with("pause.c v"), "{option}: {stdout}");
        }
    }
}

// ------------------------------------------------------------------------------------------- variables, names,
// statuses

/// Those that the source of a personality names; all begin with its own name.
fn has_the_variables(subject: Subject) {
    let page = page();
    let file = subject.name().replace('-', "_");
    let path = format!("{}/src/cli/personality/{file}.rs", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(path).expect("read the source");
    let prefix = file.to_uppercase() + "_";
    let words = |text: &'static str| text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    let read: BTreeSet<&str> = words(source.leak()).filter(|word| word.starts_with(&prefix)).collect();
    let text = if subject == Pausa { section(&page, ".Sh ENVIRONMENT") } else { section_of(&page, subject) };
    let items = text.lines().filter_map(|line| line.strip_prefix(".It Ev "));
    let in_the_page: BTreeSet<&str> = items.filter(|name| name.starts_with(&prefix)).collect();
    assert_eq!(in_the_page, read);
}

/// The first paragraph about a personality names all that lead to it.
fn has_the_names(subject: Subject) {
    let page = page();
    let text = section_of(&page, subject);
    let (first, _) = text.split_once(".Bl ").expect("a list of options");
    let in_the_page: BTreeSet<&str> = first
        .lines()
        .filter_map(|line| line.strip_prefix(".Nm "))
        .map(|name| name.trim_end_matches([' ', ',', '.']))
        .chain([subject.name()])
        .collect();
    let of_it = NAMES.iter().filter(|(whose, _)| *whose == subject);
    let known = of_it.map(|(_, path)| path.rsplit('/').next().expect("a name")).chain([subject.name()]);
    assert_eq!(in_the_page, known.collect());
}

fn has_the_exit_codes(subject: Subject) {
    let personality = personality_of(subject);
    // The third is for what neither of the words in the table covers; it is one of the others everywhere.
    let [not_found, not_runnable, _] = personality.contract.exec_failures;
    let not_found = match not_found == not_runnable {
        true => not_found.to_string(),
        false => format!("{not_found}, {not_runnable}"),
    };
    let whom = if personality.contract.target == Target::Group { "its group" } else { "the child" };
    let row =
        format!("\n.It {} Ta {} Ta {not_found} Ta {whom}\n", subject.name(), personality.contract.failure);
    assert!(page().contains(&row), "no {row:?}");
}

fn has_our_exit_codes() {
    let page = page();
    let section = section(&page, ".Sh EXIT STATUS");
    let personality = personality_of(Pausa);
    for code in personality.contract.exec_failures.into_iter().chain([personality.contract.failure]) {
        assert!(section.contains(&format!("\n.It {code}\n")), "{code}");
    }
}

/// A version that stands alone on a line is what the program says, called by that name.
fn has_the_versions() {
    let page = page();
    for subject in [Tini, DumbInit, Catatonit] {
        let is_version = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit()) && line.contains('.');
        let line = section_of(&page, subject).lines().find(is_version).expect("a version");
        let version = line.split(',').next().unwrap_or("").trim_end_matches('.');
        let launch = Launch::of(subject, AsSubreaper).args(["--version"]);
        let (_, stdout, stderr) = launch.start().wait_with_output();
        let printed = stdout + &stderr;
        assert!(printed.contains(version), "{version} is not in {printed:?}");
    }
}

// ------------------------------------------------------------------------------------------------------ message and
// date

/// docs/why.md has the same names in its tables.
fn has_the_message() {
    let page = page();
    let items = section(&page, ".Sh TERMINATION MESSAGE").lines().filter_map(|l| l.strip_prefix(".It Li "));
    let in_the_page: BTreeSet<&str> = items.flat_map(|item| item.split(" , ")).collect();
    let why = std::fs::read_to_string(page_path().with_file_name("why.md")).expect("read docs/why.md");
    let (_, fields) = why.split_once("## Field by field").expect("the section with the tables");
    let rows =
        fields.lines().filter(|line| line.starts_with("| `") && !line.starts_with("| `reason` | must"));
    let first_cells = rows.filter_map(|row| row.split('|').nth(1));
    let in_why: BTreeSet<&str> = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(in_the_page, in_why);
}

/// `.Dd November 24, 2026`, and `## [0.1.0] - 2026-11-24` in the changelog once it is released.
fn has_a_date() {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let page = page();
    let date = page.lines().find_map(|line| line.strip_prefix(".Dd ")).expect("a date");
    let [month, day, year] = date.split(' ').collect::<Vec<_>>()[..] else { panic!("{date:?}") };
    let month = months.iter().position(|&name| name == month).expect("a month") + 1;
    let day: u8 = day.trim_end_matches(',').parse().expect("a day");
    let date = format!("{year}-{month:02}-{day:02}");
    let changelog = Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(changelog).expect("read CHANGELOG.md");
    let heading = concat!("## [", env!("CARGO_PKG_VERSION"), "] - ");
    let released = changelog.lines().find_map(|line| line.strip_prefix(heading)).expect("this version");
    assert!(released == "Unreleased" || date.as_str() >= released, "{date} is before {released}");
}
