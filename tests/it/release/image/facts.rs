//! What configurations, manifests and the index tell of the image.

use super::twice::{DAY, SOURCE};
use super::{Built, PLATFORMS, Row};
use crate::engines::engine::text_of;
use std::process::Command;

pub fn rows() -> Vec<Row> {
    vec![
        ("index, manifests and configurations tell the same facts", tells_facts),
        ("each configuration has the user, the entry point, and no more", is_configured),
        ("the day is that of the commit", has_the_day),
    ]
}

/// Sorted, as jq --sort-keys has them.
fn facts(built: &Built) -> String {
    let revision = text_of(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(&built.tree));
    let facts = [
        ("created", DAY),
        ("description", env!("CARGO_PKG_DESCRIPTION")),
        ("licenses", env!("CARGO_PKG_LICENSE")),
        ("revision", &revision),
        ("source", SOURCE),
        ("title", env!("CARGO_PKG_NAME")),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    let lines = facts.map(|(name, value)| format!("org.opencontainers.image.{name}={value}"));
    lines.join("\n")
}

fn tells_facts(built: &Built) {
    let facts = facts(built);
    let sorted = |at: &str| format!("{at} | to_entries | sort_by(.key)[] | \"\\(.key)=\\(.value)\"");
    assert_eq!(built.query(&built.index(), &sorted(".annotations")), facts);
    for manifest in built.manifests() {
        assert_eq!(built.query(&manifest, &sorted(".annotations")), facts);
        let config = built.query(&manifest, ".config.digest");
        assert_eq!(built.query(&config, &sorted(".config.Labels")), facts);
    }
}

fn is_configured(built: &Built) {
    for manifest in built.manifests() {
        let config = built.query(&manifest, ".config.digest");
        let rest = built.query(&config, ".config | del(.Labels) | to_entries | sort_by(.key) | from_entries");
        assert_eq!(rest, r#"{"Entrypoint":["/pause"],"User":"65535:65535"}"#);
    }
}

fn has_the_day(built: &Built) {
    for (manifest, platform) in built.manifests().iter().zip(&PLATFORMS) {
        let config = built.query(manifest, ".config.digest");
        let days = built.query(&config, "[.created] + (.history | map(.created)) | unique[]");
        assert_eq!(days, DAY, "{}", platform.platform);
    }
}
