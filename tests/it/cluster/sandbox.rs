//! pausa as each pod's pause: what containerd says of the sandboxes, and what a pod does without one.

use crate::cluster::Check;
use crate::cluster::pod::{Pod, READY};
use crate::cluster::rig::Cluster;

pub fn rows() -> Vec<(&'static str, Check)> {
    vec![("each pod's pause is pausa", sandboxes_are_pausa)]
}

/// `app` is another image, so the list is not all one.
fn sandboxes_are_pausa(cluster: &Cluster) {
    let args = "[sh, -c, 'touch /tmp/ready; exec sleep 1d']";
    let pod = Pod { name: "sandbox", args, options: "", container: READY, spec: "" };
    pod.create_and_await(cluster);
    let images = |kind: &str| {
        let filter = format!(
            "labels.\"io.cri-containerd.kind\"=={kind},labels.\"io.kubernetes.pod.name\"=={}",
            pod.name
        );
        let output =
            cluster.command("ctr").args(["containers", "list", &filter]).output().expect("run timeout(1)");
        let list = String::from_utf8(output.stdout).expect("a list in UTF-8");
        let images = list.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1));
        images.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(images("sandbox"), ["localhost/pausa:cluster"]);
    assert_eq!(images("container"), ["localhost/app:cluster"]);
}
