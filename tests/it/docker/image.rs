//! The image that the Dockerfile makes: which files, whose bytes, what configuration, and by which builders.

use super::Row;
use crate::engine::{Client, Engine, LONG_LIMIT, text_of};
use crate::subject;
use libtest_mimic::Completion;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const ARGUMENTS: [&str; 3] = ["VERSION=1.2.3", "REVISION=0123abc", "SOURCE=https://example.org/pausa"];

pub fn rows() -> Vec<Row> {
    if subject::original() {
        return Vec::new();
    }
    vec![
        Row::new("image: the legacy builder makes it from source", |images| {
            assert_is_ours(images.engine(), images.pause())
        }),
        Row::ignorable("image: BuildKit makes it from source", |images| {
            let Some(mut client) = buildkit_client() else {
                let why = "no client here can ask for BuildKit";
                assert!(!std::env::var("CI").is_ok_and(|ci| ci == "true"), "{why}");
                return Completion::ignored_with(why);
            };
            let engine = images.engine();
            let tag = engine.tag("pause-by-buildkit");
            build(engine, &mut client, &tag, images.builder());
            assert_is_ours(engine, &tag);
            Completion::Completed
        }),
    ]
}

/// Builds this repository's Dockerfile.
pub fn build(engine: &Engine, client: &mut Command, tag: &str, builder: &str) {
    // Without a network: the build fetches nothing that Cargo.lock and the builder do not give.
    client.args("build --network=none --force-rm --quiet --tag".split(' ')).arg(tag);
    client.arg(format!("--build-arg=BUILDER={builder}"));
    client.args(ARGUMENTS.map(|argument| format!("--build-arg={argument}")));
    text_of(client.args(["--label", &engine.label(), env!("CARGO_MANIFEST_DIR")]));
}

/// docker 23 and later want the buildx plugin for it; a distribution's older client may stand beside that one.
fn buildkit_client() -> Option<Command> {
    ["docker", "/usr/bin/docker"].into_iter().find_map(|program| {
        let client = || {
            let mut client = Client::new([program]).command(LONG_LIMIT);
            client.env("DOCKER_BUILDKIT", "1");
            client
        };
        client().args(["build", "--help"]).output().is_ok_and(|output| output.status.success()).then(client)
    })
}

fn assert_is_ours(engine: &Engine, tag: &str) {
    let inspect = |template: &str| engine.call(&["image", "inspect", "--format", template, tag]);
    let config = inspect("{{.Config.User}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}");
    assert_eq!(config, r#"65535:65535 ["/pause"] null"#);
    let label = |name| inspect(&format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}"));
    let values = ["title", "version", "revision", "source", "licenses"].map(label);
    assert_eq!(values, ["pausa", "1.2.3", "0123abc", "https://example.org/pausa", "Apache-2.0 OR MIT"]);

    let layer = only_layer(engine, tag);
    let entries = fs::read_dir(&layer).expect("read the layer");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("read the layer").file_name()).collect();
    names.sort();
    assert_eq!(names, ["pausa", "pause"]);
    let [pausa, pause] =
        ["pausa", "pause"].map(|name| fs::symlink_metadata(layer.join(name)).expect("it is there"));
    assert_eq!(pausa.ino(), pause.ino(), "the layer has the bytes twice");
    assert_eq!(format!("{:o}", pause.mode()), "100755");
    // What this suite has tested is what ships: no path, no builder and no profile shows in the bytes.
    let tested = fs::read(env!("CARGO_BIN_EXE_pausa")).expect("read the binary");
    let shipped = fs::read(layer.join("pause")).expect("read /pause");
    assert!(tested == shipped, "the image has another binary than `cargo test` made");
    assert_eq!(inspect("{{.Size}}"), tested.len().to_string());
}

/// The files of an image that must have one layer.
fn only_layer(engine: &Engine, tag: &str) -> PathBuf {
    let directory = subject::directory().join(tag.replace('/', "-"));
    let layer = directory.join("layer");
    fs::create_dir_all(&layer).expect("make a directory");
    let saved = directory.join("saved.tar");
    engine.call(&["save", "--output", &saved.to_string_lossy(), tag]);
    // [{"Config":…,"Layers":["PATH",…]}] in every version of the format.
    let manifest = tar(&["--extract", "--to-stdout"], &saved, &["manifest.json"]);
    let layers = manifest.split_once("\"Layers\":[").expect("a list of layers").1.split(']').next().unwrap();
    assert!(!layers.contains(','), "more than one layer: {layers}");
    let archive = layers.trim_matches('"');
    tar(&["--extract", "--directory", &directory.to_string_lossy()], &saved, &[archive]);
    tar(&["--extract", "--directory", &layer.to_string_lossy()], &directory.join(archive), &[]);
    layer
}

fn tar(verb: &[&str], archive: &Path, members: &[&str]) -> String {
    text_of(Command::new("tar").args(verb).arg("--file").arg(archive).args(members))
}
