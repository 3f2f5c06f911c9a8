//! A Kubernetes of one node: etcd, API server, controllers, scheduler, kubelet and containerd, and pausa in each pod.
//!
//! The first trial to run brings it up, the last one to end takes it down. Each trial has pods of its own.

use crate::harness::subject;
use crate::harness::trial::{ending, plain};
use libtest_mimic::Trial;
use std::sync::{Arc, OnceLock, RwLock};

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
    // One with the processors to itself waits for those that are under way.
    static ALONE: RwLock<()> = RwLock::new(());
    let rows = rows.into_iter().map(|(name, check)| {
        let together = move |kubernetes: &Cluster| {
            let _others = ALONE.read();
            check(kubernetes);
        };
        trial(format!("cluster: {name}"), together, &cluster)
    });
    let heavy = sandbox::heavy_rows().into_iter().map(|(name, check)| {
        let alone = move |kubernetes: &Cluster| {
            let _alone = ALONE.write();
            check(kubernetes);
        };
        trial(format!("cluster: {name}"), alone, &cluster)
    });
    let sections = page::sections().into_iter().enumerate().map(|(number, section)| {
        let name = format!("page: {}", section.title);
        let together = move |kubernetes: &Cluster| {
            let _others = ALONE.read();
            section.live(kubernetes, &format!("page-{number}"));
        };
        trial(name, together, &cluster)
    });
    let table = plain("page", "its table leads to each section", page::table_is_whole);
    rows.chain(sections).chain([table]).chain(heavy).collect()
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
