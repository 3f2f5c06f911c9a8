//! YAML for Kubernetes, in examples/ and in the documents, against the schemas of its API.
//!
//! kubernetes-validate has the schemas; `.ci/schemas` installs it. Without it these trials are ignored and say why; under
//! `CI=true` they fail. A schema knows fields and their types. What the API server asks beyond that, and what
//! pausa's options have to do with the codes in a rule, the last rows look at.

use crate::engines::engine::everything;
use crate::harness::subject::{self, original};
use crate::harness::trial::{ending, plain};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const TOPIC: &str = "manifests";

/// The first that has all fields that are used here, and the last that is known.
const VERSIONS: [&str; 2] = ["1.35", "1.37"];

pub fn trials() -> Vec<Trial> {
    if original() {
        return Vec::new();
    }
    let manifests = manifests();
    let mut trials: Vec<Trial> = manifests.iter().cloned().map(Manifest::into_trial).collect();
    trials.extend(FAULTS.iter().map(|fault| {
        let name = format!("{TOPIC}: {} is refused", fault.what);
        ending(name, || is_refused(fault))
    }));
    let names: Vec<String> = manifests.into_iter().map(|manifest| manifest.name).collect();
    trials.push(plain(TOPIC, "those of examples/ and of documents are found", move || are_found(&names)));
    for file in [JOB, RULES] {
        let name = format!("{} has a rule for each code, in order", last(file));
        trials.push(plain(TOPIC, &name, move || rules_fit_options(file)));
        let name = format!("pausa takes the options of {}", last(file));
        trials.push(plain(TOPIC, &name, move || options_are_taken(file)));
    }
    trials
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

// ------------------------------------------------------------------------------------------------------------ manifests

const JOB: &str = "examples/kubernetes/job-pod-failure-policy.yaml";
const RULES: &str = "examples/kubernetes/restart-rules.yaml";
const POD: &str = "examples/pod.yaml";

#[derive(Clone)]
struct Manifest {
    /// Its file, and of a document the line.
    name: String,
    yaml: String,
}

impl Manifest {
    fn into_trial(self) -> Trial {
        ending(format!("{TOPIC}: {} fits the schemas", self.name), move || {
            let output = validate(&self.yaml)?;
            let said = everything(&output);
            // Of a kind that it does not know it says so, and no more.
            let parts = self.yaml.split("\n---\n").count();
            let passed = said.matches(" passed for ").count();
            assert!(output.status.success() && passed == parts * VERSIONS.len(), "{said}");
            Ok(())
        })
    }
}

/// The last component of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn manifests() -> Vec<Manifest> {
    let files = [files_in("examples"), files_in("examples/kubernetes")].concat();
    let files = files.into_iter().filter(|file| file.ends_with(".yaml"));
    let files = files.map(|name| Manifest { yaml: read(&name), name });
    let documents = [vec!["README.md".to_owned()], files_in("docs")].concat();
    let documents = documents.iter().filter(|file| file.ends_with(".md"));
    let blocks = documents.flat_map(|file| blocks_of(file));
    files.chain(blocks).filter_map(whole).collect()
}

fn are_found(names: &[String]) {
    for file in [JOB, RULES, POD] {
        assert!(names.iter().any(|name| name == file), "{file}: {names:?}");
    }
    assert!(names.iter().any(|name| name.starts_with("docs/hardening.md:")), "{names:?}");
}

fn files_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("read a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("read a folder").file_name().into_string().expect("UTF-8")
    };
    let mut names: Vec<String> = entries.map(|entry| format!("{folder}/{}", name(entry))).collect();
    names.sort();
    names
}

/// What a document shows as YAML.
fn blocks_of(file: &str) -> Vec<Manifest> {
    let text = read(file);
    let mut blocks = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((_, number)) = lines.find(|(line, _)| *line == "```yaml") {
        let block: Vec<&str> =
            lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```").collect();
        blocks.push(Manifest { name: format!("{file}:{number}"), yaml: block.join("\n") + "\n" });
    }
    blocks
}

/// A part of a pod becomes a pod. What is neither is not Kubernetes', such as a compose file.
fn whole(manifest: Manifest) -> Option<Manifest> {
    let begins = |word: &str| manifest.yaml.lines().any(|line| line.starts_with(word));
    if begins("apiVersion:") {
        return Some(manifest);
    }
    let inner: String = manifest.yaml.lines().map(|line| format!("  {line}\n")).collect();
    let yaml = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: shown\nspec:\n{inner}");
    begins("containers:").then_some(Manifest { yaml, ..manifest })
}

// -------------------------------------------------------------------------------------------------------------- schemas

/// # Errors
/// What is missing on this machine.
fn validator() -> Result<PathBuf, String> {
    let places = ["kubernetes-validate".into(), root().join("target/schemas/bin/kubernetes-validate")];
    let answers = |path: &PathBuf| Command::new(path).arg("--version").output().is_ok();
    places
        .into_iter()
        .find(answers)
        .ok_or("there is no kubernetes-validate here: .ci/schemas installs it".into())
}

fn validate(yaml: &str) -> Result<Output, String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Relaxed);
    let path = subject::directory().join(format!("manifest-{number}.yaml"));
    fs::write(&path, yaml).expect("write a file");
    let mut command = Command::new("timeout");
    command.arg("60").arg(validator()?).arg("--strict");
    VERSIONS.iter().for_each(|version| {
        command.args(["--kubernetes-version", version]);
    });
    Ok(command.arg(path).stdin(Stdio::null()).output().expect("run timeout(1)"))
}

/// What is made wrong, and what the answer names.
struct Fault {
    what: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    named: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        what: "a field that is none",
        file: JOB,
        from: "onExitCodes:",
        to: "onExitCode:",
        named: "'onExitCode'",
    },
    Fault { what: "a code in words", file: JOB, from: "[91]", to: "[\"91\"]", named: "'91' is not of type" },
    Fault {
        what: "a rule without an action",
        file: JOB,
        from: "- action: Count\n     ",
        to: "-",
        named: "'action'",
    },
    Fault {
        what: "a rule without an operator",
        file: JOB,
        from: "operator: In",
        to: "",
        named: "'operator'",
    },
    Fault {
        what: "a restart rule in a Job's words",
        file: RULES,
        from: "exitCodes:",
        to: "onExitCodes:",
        named: "'onExitCodes'",
    },
    Fault {
        what: "a restart rule's older name",
        file: RULES,
        from: "restartPolicyRules:",
        to: "restartRules:",
        named: "'restartRules'",
    },
    Fault {
        what: "a number with a unit",
        file: POD,
        from: "Seconds: 30",
        to: "Seconds: 30s",
        named: "'30s' is not of type",
    },
];

fn is_refused(fault: &Fault) -> Result<(), String> {
    let right = read(fault.file);
    let wrong = right.replacen(fault.from, fault.to, 1);
    assert_ne!(right, wrong, "there is no {:?}", fault.from);
    let output = validate(&wrong)?;
    let said = everything(&output);
    assert!(!output.status.success() && said.contains(fault.named), "{said}");
    Ok(())
}

// -------------------------------------------------------------------------------------------------- beyond the schemas

/// The values of `KEY: VALUE` in a file of ours, which has one such a line and no quotes around them.
fn values<'t>(yaml: &'t str, key: &str) -> Vec<&'t str> {
    let lines = yaml.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::trim).collect()
}

/// The options that a file gives pausa.
fn options(yaml: &str) -> Vec<&str> {
    let found = values(yaml, "value");
    assert_eq!(found.len(), 1, "one variable: {found:?}");
    found[0].split(' ').collect()
}

/// `-e REASON:CODE` of these.
fn remaps<'t>(options: &[&'t str]) -> Vec<(&'t str, u8)> {
    let pairs = options.windows(2).filter(|pair| pair[0] == "-e").map(|pair| pair[1]);
    let remap = |text: &'t str| {
        let (reason, code) = text.split_once(':').expect("REASON:CODE");
        (reason, code.parse().expect("a code"))
    };
    pairs.map(remap).collect()
}

/// What an engine says when pausa was killed with all others: no option changes that.
const KILLED: u8 = 137;

fn rules_fit_options(file: &str) {
    let yaml = read(file);
    let lists = values(&yaml, "values").into_iter().map(|list| -> Vec<u8> {
        let inner = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).expect("[CODE, ...]");
        inner.split(", ").map(|code| code.parse().expect("a code")).collect()
    });
    let mut ruled = BTreeSet::new();
    for list in lists {
        // 0 is no failure, and so the API server has no rule for it; and it wants a Job's values in order.
        assert!(list.is_sorted_by(|one, next| one < next) && !list.contains(&0), "{list:?}");
        ruled.extend(list);
    }
    assert!(!ruled.is_empty(), "no rule");
    let made: BTreeSet<u8> = remaps(&options(&yaml)).iter().map(|&(_, code)| code).collect();
    // A program that could not be run is no reason to start it again.
    let unruled: BTreeSet<u8> = made.difference(&ruled).copied().collect();
    assert_eq!(unruled, if file == RULES { BTreeSet::from([90]) } else { BTreeSet::new() });
    let unmade: BTreeSet<u8> = ruled.difference(&made).copied().collect();
    assert!(unmade.is_subset(&BTreeSet::from([KILLED])), "no option makes {unmade:?}");
    let container = values(&yaml, "name").into_iter().find(|name| *name == "app").expect("a container");
    assert!(values(&yaml, "containerName").iter().all(|name| *name == container));
    let actions: &[&str] = if file == JOB { &["Ignore", "FailJob", "Count"] } else { &["Restart"] };
    assert!(values(&yaml, "action").iter().all(|action| actions.contains(action)));
    // podFailurePolicy wants it of the pod, and restartPolicyRules any of the container.
    let policies = values(&yaml, "restartPolicy");
    assert!(policies.iter().all(|policy| policy.starts_with("Never")), "{policies:?}");
    assert_eq!(policies.len(), if file == RULES { 2 } else { 1 });
}

fn options_are_taken(file: &str) {
    let yaml = read(file);
    let options = options(&yaml);
    // There may be no /dev/termination-log here.
    let options: Vec<&str> = options.into_iter().filter(|option| *option != "-m").collect();
    let not_run = remaps(&options).iter().find_map(|&(reason, code)| (reason == "not_run").then_some(code));
    let mut pausa = Command::new(subject::ours());
    let pausa = pausa.env("PAUSA_OPTIONS", options.join(" ")).args(["--", "/no/such"]).stdin(Stdio::null());
    let output = pausa.output().expect("run pausa");
    assert_eq!(output.status.code(), not_run.map(i32::from), "{}", everything(&output));
}
