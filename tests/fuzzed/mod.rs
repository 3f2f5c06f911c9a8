//! What is fuzzed: functions that take any bytes, lead them through the pure rooms, and panic where something does not
//! hold that must hold for all of them.
//!
//! Two users: `fuzz/`, where libFuzzer makes the bytes up, and the suite, which feeds what `tests/corpus` has of them. To
//! add a target: a row here, and a folder with a file or more in `tests/corpus`.

mod calls;
mod json;
mod messages;
mod texts;

/// A name, and what reads the bytes.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: &[Target] = &[
    ("call-catatonit", |data| calls::call(c"catatonit", data)),
    ("call-dumb-init", |data| calls::call(c"dumb-init", data)),
    ("call-pausa", |data| calls::call(c"pausa", data)),
    ("call-pause", |data| calls::call(c"pause", data)),
    ("call-tini", |data| calls::call(c"tini", data)),
    ("counter", texts::counter),
    ("duration", texts::duration),
    ("ladder", texts::ladder),
    ("line", texts::line),
    ("message", messages::message),
    ("replacement", calls::replacement),
    ("signal", texts::signal),
];

pub fn target(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, deed)| *deed)
}
