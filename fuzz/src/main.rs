//! Feeds what libFuzzer makes up to the target that the variable `TARGET` names.

#![no_main]

#[path = "../../tests/fuzzed/mod.rs"]
mod fuzzed;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("TARGET").expect("TARGET names a target");
        TARGET.get_or_init(|| fuzzed::target(&name).expect("a target that there is"));
    },
    |data: &[u8]| TARGET.get().expect("set at the beginning")(data)
);
