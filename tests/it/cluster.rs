//! A Kubernetes of one node: etcd, API server, controllers, scheduler, kubelet and containerd, and pausa in each pod.
//!
//! The first trial to run brings it up, the last one to end takes it down. Each trial has pods of its own.

use crate::harness::subject;
use crate::harness::trial::{ending, plain};
use libtest_mimic::Trial;
use std::sync::{Arc, OnceLock};

mod last_words;
mod page;
mod pod;
mod restarts;
mod rig;
mod rollout;
mod sandbox;

use rig::{Cluster, Missing};

/// Fails by a panic.
type Check = fn(&Cluster);

type Shared = Arc<OnceLock<Result<Cluster, Missing>>>;

pub fn trials() -> Vec<Trial> {
    if subject::original() || subject::foreign().is_some() {
        return Vec::new();
    }
    let cluster = Arc::new(OnceLock::new());
    let rows = [last_words::rows(), restarts::rows(), rollout::rows(), sandbox::rows()].concat();
    let rows = rows.into_iter().map(|(name, check)| trial(format!("cluster: {name}"), check, &cluster));
    let sections = page::sections().into_iter().enumerate().map(|(number, section)| {
        let name = format!("page: {}", section.title);
        trial(name, move |kubernetes| section.live(kubernetes, &format!("page-{number}")), &cluster)
    });
    let table = plain("page", "its table leads to each section", page::table_is_whole);
    rows.chain(sections).chain([table]).collect()
}

fn trial(name: String, check: impl FnOnce(&Cluster) + Send + 'static, cluster: &Shared) -> Trial {
    let cluster = Arc::clone(cluster);
    ending(name, move || match cluster.get_or_init(Cluster::start) {
        Ok(cluster) => {
            check(cluster);
            Ok(())
        }
        Err(Missing::Here(why)) => Err(why.clone()),
        Err(Missing::Failed(why)) => panic!("{why}"),
    })
}
