//! What tini 0.19.0, dumb-init 1.2.5 and catatonit 0.1.7 promise to those who call them, which ours promises by their
//! names. With `INIT_UNDER_TEST=original` the same rows are tried on the originals.

use libtest_mimic::Trial;

mod catatonit;
mod catatonit_pause;
mod command_search;
mod differential;
mod dumb_init;
mod dumb_init_sessions;
mod not_forwarded;
mod option_values;
mod peer_bugs;
pub mod peers;
mod tini;

pub fn trials() -> Vec<Trial> {
    [
        peers::trials(),
        command_search::trials(),
        differential::trials(),
        option_values::trials(),
        not_forwarded::trials(),
        tini::trials(),
        dumb_init::trials(),
        dumb_init_sessions::trials(),
        catatonit::trials(),
        catatonit_pause::trials(),
        peer_bugs::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
