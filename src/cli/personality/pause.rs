//! Kubernetes' pause, 3.1 and later (`build/pause/linux/pause.c` of kubernetes/kubernetes): one option, no
//! environment, four messages. Pure.

use super::{PAUSA, Personality};
use crate::cli::config::{Contract, Holds};
use crate::cli::getopt::Order;
use crate::cli::grammar::{OptionName, flag, grammar};
use crate::message::catalog::{Catalog, catalog};

pub const PAUSE: Personality = Personality {
    names: "pause",
    // In either case, anywhere among the arguments; every other one is ignored.
    grammar: grammar![flag(OptionName::Version, b'v', ""), flag(OptionName::Version, b'V', "")],
    order: Order::Anywhere,
    takes_our_variable: false,
    contract: Contract { adopts_orphans: false, holds: Holds::Always, ..PAUSA.contract },
    catalog: Catalog {
        texts: catalog![
            (Version, Answer, concat!("pause.c v", env!("CARGO_PKG_VERSION"), "-pausa\n")),
            (NotPid1, Warning, "Warning: pause should be the first process"),
            // What psignal(3) says in glibc and musl. pausa's hold says it as well.
            (HoldInterrupted, Warning, "Shutting down, got signal: Interrupt"),
            (HoldEnds, Warning, "Shutting down, got signal: Terminated"),
        ],
        ..PAUSA.catalog
    },
    ..PAUSA
};
