//! Who restarts what: four programs, bare and under pausa, by each restartPolicy; the table at the end of the page.

use crate::cluster::Check;
use crate::cluster::page;
use crate::cluster::rig::Cluster;

pub fn rows() -> Vec<(&'static str, Check)> {
    vec![("who restarts what", table_is_true)]
}

struct Row {
    name: &'static str,
    /// As the page has it.
    words: &'static str,
    /// What pausa runs, or PID 1 is.
    script: &'static str,
    options: &'static str,
    /// By `kubectl exec`.
    kill: &'static str,
    /// Whether it ends for all that: bare, under pausa.
    ends: [bool; 2],
}

const TERM: &str = "kill 1";

const ROWS: [Row; 4] = [
    Row {
        name: "exits",
        words: "handles SIGTERM, exits with 0",
        script: "trap \"exit 0\" TERM; touch /tmp/ready; sleep 1d & wait",
        options: "",
        kill: TERM,
        ends: [true, true],
    },
    Row {
        name: "plain",
        words: "has no handler for SIGTERM",
        script: "touch /tmp/ready; exec sleep 1d",
        options: "",
        kill: TERM,
        ends: [false, true],
    },
    Row {
        name: "deaf",
        words: "ignores SIGTERM; pausa has `-k 1s`",
        script: "trap \"\" TERM; touch /tmp/ready; exec sleep 1d",
        options: "-k 1s",
        kill: TERM,
        ends: [false, true],
    },
    Row {
        name: "killed",
        words: "is sent SIGKILL from inside",
        script: "touch /tmp/ready; exec sleep 1d",
        options: "",
        kill: "kill -9 $(pidof sleep)",
        ends: [false, true],
    },
];

const POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const NAMESPACE: &str = "restarts";

/// One container, `bare` or under `pausa`.
struct Cell<'a> {
    row: &'a Row,
    under_pausa: bool,
    policy: &'a str,
}

impl Cell<'_> {
    fn name(&self) -> String {
        let place = if self.under_pausa { "pausa" } else { "bare" };
        format!("{}-{place}-{}", self.row.name, self.policy.to_lowercase())
    }

    fn manifest(&self) -> String {
        let Row { script, options, .. } = self.row;
        let init = if self.under_pausa { format!("/pausa, -m, {options} --, ") } else { String::new() };
        let init = init.replace("-k 1s ", "-k, 1s, ");
        format!(
            "apiVersion: v1
kind: Pod
metadata: {{ name: {} }}
spec:
  restartPolicy: {}
  containers:
  - name: app
    image: localhost/app:cluster
    command: [{init}sh, -c, '{script}']
    readinessProbe: {{ exec: {{ command: [test, -e, /tmp/ready] }}, periodSeconds: 1 }}
---
",
            self.name(),
            self.policy
        )
    }

    fn kill(&self, cluster: &Cluster) {
        let name = self.name();
        // With the container the call may end first, so its status says nothing.
        cluster.try_kubectl(&["--namespace", NAMESPACE, "exec", &name, "--", "sh", "-c", self.row.kill]);
    }

    fn outcome(&self, cluster: &Cluster) -> String {
        let name = self.name();
        if !self.row.ends[usize::from(self.under_pausa)] {
            // Alive behind the signal, and the same container.
            cluster.kubectl(&["--namespace", NAMESPACE, "exec", &name, "--", "true"]);
            let count = "jsonpath={.status.containerStatuses[0].restartCount}";
            assert_eq!(
                cluster.kubectl(&["--namespace", NAMESPACE, "get", "pod", &name, "--output", count]),
                "0"
            );
            return "goes on".into();
        }
        // A container that ended stays so only in a pod that has ended, too.
        let status = "{.status.containerStatuses[0]";
        let end = |state: &str| format!("{status}.{state}.exitCode}} {status}.{state}.reason}}");
        let look = format!(
            "jsonpath={{.status.phase}}/{status}.restartCount}}/{}/{}{{\"\\n\"}}",
            end("state.terminated"),
            end("lastState.terminated")
        );
        let last = |line: &str| !line.starts_with("Running/0/");
        let line = cluster.watch(&["--namespace", NAMESPACE, "pod", &name, "--output", &look], last);
        let parts: Vec<&str> = line.split('/').collect();
        match parts[..] {
            ["Running", _, _, end] => format!("restarts: {end}"),
            [phase, _, end, _] => format!("{phase}: {end}"),
            _ => panic!("{line}"),
        }
    }
}

fn table_is_true(cluster: &Cluster) {
    let cells = || {
        ROWS.iter().flat_map(|row| {
            [false, true].into_iter().flat_map(move |under_pausa| {
                POLICIES.iter().map(move |policy| Cell { row, under_pausa, policy })
            })
        })
    };
    cluster.kubectl(&["create", "namespace", NAMESPACE]);
    cluster.create_in(NAMESPACE, &cells().map(|cell| cell.manifest()).collect::<String>());
    cluster.kubectl(&[
        "--namespace",
        NAMESPACE,
        "wait",
        "--for=condition=Ready",
        "--timeout=110s",
        "--all",
        "pod",
    ]);
    cells().for_each(|cell| cell.kill(cluster));
    let mut table = "| the program | | Always | OnFailure | Never |\n|---|---|---|---|---|\n".to_owned();
    let mut outcomes = cells().map(|cell| cell.outcome(cluster));
    for row in &ROWS {
        for place in ["bare", "pausa"] {
            let outcomes: Vec<String> = outcomes.by_ref().take(POLICIES.len()).collect();
            let words = if place == "bare" { row.words } else { "" };
            table += &format!("| {words} | {place} | {} |\n", outcomes.join(" | "));
        }
    }
    cluster.kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"]);
    page::assert_table("who restarts what", &table);
}
