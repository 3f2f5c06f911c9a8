//! A Kubernetes of one node: etcd, API server, controllers, scheduler, kubelet and containerd, and pausa in each pod.
//!
//! The first trial to run brings it up, the last one to end takes it down. Each trial has pods of its own.

use crate::harness::subject;
use crate::harness::trial::ending;
use libtest_mimic::Trial;
use std::sync::{Arc, OnceLock};

mod last_words;
mod pod;
mod rig;
mod sandbox;

use rig::{Cluster, Missing};

/// Fails by a panic.
type Check = fn(&Cluster);

pub fn trials() -> Vec<Trial> {
    if subject::original() || subject::foreign().is_some() {
        return Vec::new();
    }
    let cluster = Arc::new(OnceLock::new());
    let rows = [last_words::rows(), sandbox::rows()].concat();
    rows.into_iter().map(|(name, check)| trial(name, check, Arc::clone(&cluster))).collect()
}

fn trial(name: &str, check: Check, cluster: Arc<OnceLock<Result<Cluster, Missing>>>) -> Trial {
    ending(format!("cluster: {name}"), move || match cluster.get_or_init(Cluster::start) {
        Ok(cluster) => {
            check(cluster);
            Ok(())
        }
        Err(Missing::Here(why)) => Err(why.clone()),
        Err(Missing::Failed(why)) => panic!("{why}"),
    })
}
