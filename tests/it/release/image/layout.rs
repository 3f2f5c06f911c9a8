//! The layout by itself: index, media types, platforms, and that each blob is what its name says.

use super::twice::day;
use super::{Built, PLATFORMS, Row, query};
use crate::engines::engine::text_of;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

pub fn rows() -> Vec<Row> {
    vec![
        ("the layout has one index, by the name of the version", has_one_index),
        ("the index has six platforms, arm with its variant", has_six_platforms),
        ("each manifest has one layer, and media types of OCI", has_one_layer),
        ("each blob is what its name says, and none is left over", blobs_are_true),
        ("the archive is the layout", archive_is_layout),
        ("skopeo finds each platform in the archive", skopeo_finds_all),
    ]
}

fn has_one_index(built: &Built) {
    assert_eq!(query(&built.layout().join("oci-layout"), ".imageLayoutVersion"), "1.0.0");
    let filter = ".manifests | map([.mediaType, .annotations[\"org.opencontainers.image.ref.name\"]])";
    let expected = format!(r#"[["{INDEX}","{}"]]"#, env!("CARGO_PKG_VERSION"));
    assert_eq!(query(&built.layout().join("index.json"), filter), expected);
}

fn has_six_platforms(built: &Built) {
    let platforms = ".manifests[].platform | [.os, .architecture, .variant // empty] | join(\"/\")";
    let expected = PLATFORMS.each_ref().map(|platform| platform.platform);
    assert_eq!(built.query(&built.index(), platforms).lines().collect::<Vec<_>>(), expected);
    assert_eq!(
        built.query(&built.index(), ".mediaType, (.manifests | map(.mediaType) | unique[])"),
        format!("{INDEX}\n{MANIFEST}")
    );
    // Who has only the configuration learns the same.
    let of_config = "[.os, .architecture, .variant // empty] | join(\"/\")";
    let configs = built.manifests().into_iter().map(|manifest| {
        let config = built.query(&manifest, ".config.digest");
        built.query(&config, of_config)
    });
    assert_eq!(configs.collect::<Vec<_>>(), expected);
}

fn has_one_layer(built: &Built) {
    for manifest in built.manifests() {
        let types = built.query(&manifest, "[.mediaType, .config.mediaType] + (.layers | map(.mediaType))");
        assert_eq!(types, format!(r#"["{MANIFEST}","{CONFIG}","{LAYER}"]"#));
    }
}

fn blobs_are_true(built: &Built) {
    // Digest and size of every descriptor, from the top down.
    let descriptors = ".. | objects | select(.digest) | \"\\(.digest) \\(.size)\"";
    let mut told: BTreeSet<String> =
        query(&built.layout().join("index.json"), descriptors).lines().map(str::to_owned).collect();
    for parent in [vec![built.index()], built.manifests()].concat() {
        told.extend(built.query(&parent, descriptors).lines().map(str::to_owned));
    }
    let blobs = built.layout().join("blobs/sha256");
    let sums = text_of(Command::new("sh").args(["-c", "sha256sum *"]).current_dir(&blobs));
    let seen = sums.lines().map(|line| {
        let (sum, name) = line.split_once("  ").expect("sum and name");
        assert_eq!(sum, name);
        format!("sha256:{sum} {}", fs::metadata(blobs.join(name)).expect("it is there").len())
    });
    assert_eq!(seen.collect::<BTreeSet<_>>(), told);
    // One index, and a manifest, a configuration and a layer for each platform.
    assert_eq!(told.len(), 1 + 3 * PLATFORMS.len());
}

fn archive_is_layout(built: &Built) {
    let tar = |verb: &[&str]| text_of(Command::new("tar").args(verb).arg("--file").arg(built.archive()));
    // tar compares content, type, mode, owner and time with what is there; the last two are not those of the build.
    let unpacked = built.directory.join("unpacked");
    fs::create_dir(&unpacked).expect("make a directory");
    tar(&["--extract", "--directory", &unpacked.to_string_lossy()]);
    text_of(Command::new("diff").arg("--recursive").args([&unpacked, &built.layout()]));
    let entries = tar(&["--list", "--verbose", "--numeric-owner", "--utc", "--full-time"]);
    let day = day();
    for entry in entries.lines() {
        let fields: Vec<&str> = entry.split_whitespace().collect();
        let mode = if fields[5].ends_with('/') { "drwxr-xr-x" } else { "-rw-r--r--" };
        assert_eq!(
            (fields[0], fields[1], format!("{} {}", fields[3], fields[4])),
            (mode, "0/0", day.clone()),
            "{entry}"
        );
    }
}

fn skopeo_finds_all(built: &Built) {
    for platform in &PLATFORMS {
        let parts: Vec<&str> = platform.platform.split('/').collect();
        let mut skopeo = Command::new("skopeo");
        skopeo.arg(format!("--override-arch={}", parts[1]));
        if let Some(variant) = parts.get(2) {
            skopeo.arg(format!("--override-variant={variant}"));
        }
        let source = format!("oci-archive:{}", built.archive().display());
        let seen = text_of(skopeo.args([
            "inspect",
            "--format",
            "{{.Os}}/{{.Architecture}} {{len .Layers}}",
            &source,
        ]));
        assert_eq!(seen, format!("linux/{} 1", parts[1]));
    }
}
