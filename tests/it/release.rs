//! What is shipped: the image for six platforms, which the engines run, and the packages.

use libtest_mimic::Trial;

mod building;
pub mod image;
mod packages;

pub fn trials() -> Vec<Trial> {
    if crate::harness::subject::foreign().is_some() {
        // They build for this machine, or for all.
        return Vec::new();
    }
    [building::trials(), image::trials(), packages::trials()].into_iter().flatten().collect()
}
