//! docs/why-did-my-pod-restart.md: each of its sections is lived through, and prints what the page says it prints.
//!
//! A section is a trial, in a Kubernetes namespace of its own. Its blocks are done in their order: `yaml` is created, and of
//! `console` each line behind `$ ` is run, in a shell that knows the functions of the page's one block `sh`. What comes
//! out must be what stands below the line, but for times, numbers of processes and the like. Between them a comment says what
//! is waited for: `<!-- until pod/NAME JSONPATH is VALUE -->`. With BLESS=1 a block that differs is written anew.

use crate::cluster::rig::Cluster;
use regex_lite::Regex;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

/// What the page calls the image that the cluster has as `LOCAL`.
const SHOWN: &str = "example.org/app";
const LOCAL: &str = "localhost/app:cluster";

pub struct Section {
    pub title: String,
    text: String,
    /// What every shell of the page knows.
    functions: String,
}

enum Step {
    Create(String),
    Await {
        object: String,
        path: String,
        value: String,
    },
    /// With the block as it stands in the page.
    Run(String),
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/why-did-my-pod-restart.md")
}

/// Those that run something.
pub fn sections() -> Vec<Section> {
    let page = fs::read_to_string(file()).expect("read the page");
    let functions = block(&page, "```sh\n").expect("a block `sh`").to_owned();
    let parts = page.split("\n## ").skip(1).filter(|part| part.contains("\n```console\n"));
    let section = |part: &str| {
        let (title, text) = part.split_once('\n').expect("more than a title");
        Section { title: title.into(), text: text.into(), functions: functions.clone() }
    };
    parts.map(section).collect()
}

/// What stands between `fence` and the next one.
fn block<'t>(text: &'t str, fence: &str) -> Option<&'t str> {
    let begin = text.find(fence)? + fence.len();
    Some(&text[begin..begin + text[begin..].find("```")?])
}

impl Section {
    fn steps(&self) -> Vec<Step> {
        let until = Regex::new(r"^<!-- until (\S+) (\S+) is (.*) -->$").expect("a pattern");
        let mut steps = Vec::new();
        let mut rest = self.text.as_str();
        while let Some((line, behind)) = rest.split_once('\n') {
            let inner = |fence: &str| block(rest, fence).expect("the end of a block").to_owned();
            rest = match line {
                "```yaml" | "```console" => {
                    let inner = inner(&format!("{line}\n"));
                    rest = &behind[inner.len()..];
                    steps.push(if line == "```yaml" { Step::Create(inner) } else { Step::Run(inner) });
                    rest.split_once('\n').map_or("", |(_, rest)| rest)
                }
                _ => behind,
            };
            if let Some(found) = until.captures(line) {
                let [object, path, value] = [1, 2, 3].map(|group| found[group].to_owned());
                steps.push(Step::Await { object, path, value });
            } else {
                assert!(!line.starts_with("<!-- until"), "not understood: {line}");
            }
        }
        steps
    }

    pub fn live(&self, cluster: &Cluster, namespace: &str) {
        let shell = Shell { cluster, namespace, functions: &self.functions };
        cluster.kubectl(&["create", "namespace", namespace]);
        let mut differing = Vec::new();
        for step in self.steps() {
            match step {
                Step::Create(manifest) => cluster.create_in(namespace, &manifest.replace(SHOWN, LOCAL)),
                Step::Await { object, path, value } => {
                    let look = format!("jsonpath={path}{{\"\\n\"}}");
                    cluster
                        .watch(&["--namespace", namespace, &object, "--output", &look], |line| line == value);
                }
                Step::Run(expected) => {
                    let printed = shell.session(&expected);
                    if normal(&expected) != normal(&printed) {
                        differing.push((expected, printed));
                    }
                }
            }
        }
        cluster.kubectl(&["delete", "namespace", namespace, "--wait=false"]);
        if std::env::var_os("BLESS").is_some() {
            differing.drain(..).for_each(|(old, new)| self.bless(&old, &new));
        }
        if let Some((expected, printed)) = differing.first() {
            panic!("the page says:\n{expected}\nand it is (BLESS=1 writes it into the page):\n{printed}");
        }
    }

    fn bless(&self, old: &str, new: &str) {
        let fenced = |inner: &str| format!("```console\n{inner}```");
        replace(&format!("\n## {}\n", self.title), &fenced(old), &fenced(new));
    }
}

/// Writes `new` into the page in the place of the first `old` behind `place`.
fn replace(place: &str, old: &str, new: &str) {
    static PAGE: Mutex<()> = Mutex::new(());
    let _alone = PAGE.lock().expect("writing does not panic");
    let page = fs::read_to_string(file()).expect("read the page");
    let (before, behind) = page.split_at(page.find(place).expect("the place"));
    fs::write(file(), before.to_owned() + &behind.replacen(old, new, 1)).expect("write the page");
}

/// The page has `table` behind the comment with its `name`; with BLESS=1 it has from now on.
pub fn assert_table(name: &str, table: &str) {
    assert_alike(name, table, |text| text.to_owned());
}

/// The same for one whose numbers are another run's.
pub fn assert_figures(name: &str, table: &str) {
    let number = Regex::new(r"\d+").expect("a pattern");
    assert_alike(name, table, |text| number.replace_all(text, "N").into_owned());
}

fn assert_alike(name: &str, table: &str, kept: impl Fn(&str) -> String) {
    let comment = format!("<!-- table: {name} -->\n");
    let page = fs::read_to_string(file()).expect("read the page");
    let (_, behind) = page.split_once(&comment).expect("the table's comment");
    let lines = behind.lines().take_while(|line| line.starts_with('|'));
    let old: String = lines.map(|line| format!("{line}\n")).collect();
    if kept(&old) != kept(table) && std::env::var_os("BLESS").is_some() {
        return replace(&comment, &(comment.clone() + &old), &(comment.clone() + table));
    }
    assert_eq!(kept(&old), kept(table), "BLESS=1 writes it into the page");
}

struct Shell<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
    functions: &'a str,
}

impl Shell<'_> {
    /// Runs the commands of a block; gives the block as it should be.
    fn session(&self, block: &str) -> String {
        let mut printed = String::new();
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let mut command = command.to_owned();
            // One that goes on behind a backslash.
            while command.ends_with('\\') {
                command += "\n";
                command += lines.next().expect("the rest of a command");
            }
            printed += &format!("$ {command}\n{}", self.run(&command));
        }
        printed
    }

    fn run(&self, command: &str) -> String {
        // As a context with this namespace would do it; kubectl takes the option in front of a command as well.
        let kubectl = r#"kubectl() { /run/cluster/bin/kubectl --namespace $NAMESPACE "$@"; }"#;
        let script =
            format!("NAMESPACE={}\n{kubectl}\n{}\n{{ {command}\n}} 2>&1", self.namespace, self.functions);
        let output = self.cluster.command("bash").args(["-c", &script]).output().expect("run timeout(1)");
        let text = String::from_utf8_lossy(&output.stdout).replace(LOCAL, SHOWN);
        // The call may end together with the container that it has ended.
        text.lines()
            .filter(|line| !line.starts_with("command terminated with exit code 137"))
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect()
    }
}

/// What differs from run to run, and what is put in its place.
const CHANGING: &[(&str, &str)] = &[
    (r"\w{3}, \d+ \w{3} \d{4} [\d:]+ [+-]\d{4}", "DATE"),
    (r"\d{4}-\d\d-\d\dT[\d:]+Z", "DATE"),
    (r"_bytes: \d+", "_bytes: N"),
    (r"peak \d+ MiB", "peak N MiB"),
    (r"\b\d+\.\d{3} s\b", "TIME"),
    (r"\b(\d+[mhd])*\d+[smhd]\b( \(x\d+ over \d+\w+\))?", "AGE"),
    (r"\bpid:? \d+", "pid N"),
    // Who asked may be gone before anybody can ask for its name.
    (r"from [\w ]+ \(pid N, uid 0\) inside", "from SOMEBODY inside"),
    (r"\b100\.64\.0\.\d+", "ADDRESS"),
    // The letters that Kubernetes makes names of.
    (r"(-[bcdfghjklmnpqrstvwxz2456789]{8,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-NAME"),
    (r"max_rss_bytes: \d+", "max_rss_bytes: N"),
    (r"[ \t]+", " "),
];

fn normal(text: &str) -> String {
    static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        CHANGING.iter().map(|(pattern, place)| (Regex::new(pattern).expect("a pattern"), *place)).collect()
    });
    PATTERNS
        .iter()
        .fold(text.to_owned(), |text, (pattern, place)| pattern.replace_all(&text, *place).into_owned())
}

/// Each link of the page's top leads to a section, and each section is there.
pub fn table_is_whole() {
    let page = fs::read_to_string(file()).expect("read the page");
    let anchor = |title: &str| -> String {
        let kept = title.to_lowercase().replace(' ', "-");
        kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
    };
    let titles: Vec<String> =
        page.split("\n## ").skip(1).map(|part| anchor(part.lines().next().unwrap_or_default())).collect();
    let (top, _) = page
        .split_once(
            "
## ",
        )
        .expect("sections");
    let linked: Vec<&str> = top.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!linked.is_empty(), "no links");
    for link in &linked {
        assert!(titles.iter().any(|title| title == link), "{link} leads nowhere: {titles:?}");
    }
    for title in &titles {
        assert!(linked.contains(&title.as_str()), "{title} is not at the top: {linked:?}");
    }
}
