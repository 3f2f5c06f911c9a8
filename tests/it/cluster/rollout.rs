//! A rollout while a client asks on: how many requests are lost, and when the old pods are gone; a table of the page.

use crate::cluster::Check;
use crate::cluster::page;
use crate::cluster::rig::Cluster;
use std::process::Output;
use std::time::Instant;

pub fn rows() -> Vec<(&'static str, Check)> {
    vec![("a rollout loses no request with -d", rollout)]
}

const NAMESPACE: &str = "rollout";

/// A name, as the page has it, and what stands before the program.
const WEBS: [(&str, &str, &str); 3] = [
    ("bare", "bare", ""),
    ("at-once", "pausa", "/pausa, --,"),
    ("delayed", "pausa `-d 3s`", "/pausa, -d, 3s, --,"),
];

/// Three pods behind a service. The program has no handler for SIGTERM.
fn web(name: &str, init: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name} }}
spec:
  replicas: 3
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec:
      containers:
      - name: app
        image: localhost/app:cluster
        command: [{init} sh, -c, 'mkdir /tmp/www; echo ok >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www']
        readinessProbe: {{ tcpSocket: {{ port: 8080 }}, periodSeconds: 1 }}
---
apiVersion: v1
kind: Service
metadata: {{ name: {name} }}
spec: {{ selector: {{ app: {name} }}, ports: [{{ port: 80, targetPort: 8080 }}] }}
---
"
    )
}

const CLIENT: &str = "apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  containers:
  - { name: app, image: 'localhost/app:cluster', command: [/pausa, --, sleep, 1d] }
";

/// $1 is the file that ends it, $2 the service. Each request is a connection of its own; a minute of them is the most.
const ASKING: &str = r#"
    n=0 lost=0
    while [ ! -e "$1" ] && [ $n -lt 6000 ]; do
      n=$((n + 1))
      printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 2 "$2" 80 2>/dev/null | grep -q '^ok' || lost=$((lost + 1))
      [ $n != 20 ] || echo asking >&2
      usleep 10000
    done
    echo "$lost $n"
"#;

struct Rollout {
    lost: u32,
    requests: u32,
    seconds: u64,
}

fn rollout(cluster: &Cluster) {
    let kubectl = |words: &[&str]| cluster.kubectl(&[&["--namespace", NAMESPACE], words].concat());
    cluster.kubectl(&["create", "namespace", NAMESPACE]);
    let webs: String = WEBS.iter().map(|(name, _, init)| web(name, init)).collect();
    cluster.create_in(NAMESPACE, &(webs + CLIENT));
    kubectl(&["wait", "--for=condition=Ready", "--timeout=110s", "pod/client"]);
    for (name, ..) in WEBS {
        kubectl(&["wait", "--for=condition=Available", "--timeout=110s", &format!("deployment/{name}")]);
    }
    let ended = std::thread::scope(|scope| {
        let threads = WEBS.map(|(name, ..)| scope.spawn(move || roll(cluster, name)));
        threads.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    cluster.kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"]);

    let mut table = "| | requests lost | until the old pods are gone, s |\n|---|--:|--:|\n".to_owned();
    for ((_, words, _), Rollout { lost, requests, seconds }) in WEBS.iter().zip(&ended) {
        table += &format!("| {words} | {lost} of {requests} | {seconds} |\n");
    }
    assert_eq!(ended[2].lost, 0, "{table}");
    // SIGTERM had no effect, and terminationGracePeriodSeconds is 30.
    assert!(ended[0].seconds >= 30, "{table}");
    page::assert_figures("rollout", &table);
}

fn roll(cluster: &Cluster, name: &str) -> Rollout {
    let kubectl = |words: &[&str]| cluster.kubectl(&[&["--namespace", NAMESPACE], words].concat());
    let address = kubectl(&["get", "service", name, "--output", "jsonpath={.spec.clusterIP}"]);
    let end = format!("/tmp/{name}");
    let selector = format!("--selector=app={name}");
    let old = kubectl(&["get", "pods", &selector, "--output=name"]);
    let asking = cluster.asking(NAMESPACE, &["sh", "-c", ASKING, "sh", &end, &address]);
    let begin = Instant::now();
    kubectl(&["rollout", "restart", &format!("deployment/{name}")]);
    kubectl(&["rollout", "status", &format!("deployment/{name}")]);
    let gone: Vec<&str> = ["wait", "--for=delete", "--timeout=110s"].into_iter().chain(old.lines()).collect();
    kubectl(&gone);
    let seconds = begin.elapsed().as_secs();
    kubectl(&["exec", "client", "--", "touch", &end]);
    let Output { stdout, .. } = asking.wait_with_output().expect("wait for kubectl");
    let stdout = String::from_utf8(stdout).expect("two numbers");
    let (lost, requests) = stdout.trim().split_once(' ').unwrap_or_else(|| panic!("two numbers: {stdout}"));
    let [lost, requests] = [lost, requests].map(|number| number.parse().expect("a number"));
    Rollout { lost, requests, seconds }
}
