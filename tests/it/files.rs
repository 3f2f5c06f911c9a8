//! What is read rather than run: the sources and the rules for them, the release binary, the manual page.

use libtest_mimic::Trial;

mod corpus;
mod manual;
pub mod size;
pub mod tidy;

pub fn trials() -> Vec<Trial> {
    [corpus::trials(), manual::trials(), size::trials(), tidy::trials()].into_iter().flatten().collect()
}
