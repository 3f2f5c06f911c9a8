//! The image that the Dockerfile makes: which files, whose bytes, what configuration, and by which builders.

use super::builder::{self, FOREIGN};
use super::{Images, Row};
use crate::engines::engine::{Client, Engine, LONG_LIMIT, text_of};
use crate::harness::subject;
use crate::release::image::{Built, NAMES};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const ARGUMENTS: [&str; 4] =
    ["VERSION=1.2.3", "REVISION=0123abc", "SOURCE=https://example.org/pausa", "CREATED=2009-02-13T23:31:30Z"];

pub fn rows() -> Vec<Row> {
    if subject::original() {
        return Vec::new();
    }
    vec![
        Row::new("image: the legacy builder makes it from source", |images| {
            assert_is_ours(images.engine(), images.pause())
        }),
        Row::ignorable("image: BuildKit makes it from source", |images| {
            let mut client = buildkit_client()?;
            let tag = images.engine().tag("pause-by-buildkit");
            build(images.engine(), &mut client, &tag, images.builder(), &[]);
            assert_is_ours(images.engine(), &tag);
            Ok(())
        }),
        Row::ignorable("image: the legacy builder makes it for another architecture", |images| {
            let client = images.engine().client().command(LONG_LIMIT);
            let option = format!("--build-arg=TARGETPLATFORM={}", FOREIGN.platform);
            build_foreign(images, client, "foreign", &option).map(drop)
        }),
        Row::ignorable("image: BuildKit makes it for another architecture, and says so", |images| {
            let option = format!("--platform={}", FOREIGN.platform);
            let tag = build_foreign(images, buildkit_client()?, "foreign-by-buildkit", &option)?;
            let template = "{{.Os}}/{{.Architecture}}";
            let platform = images.engine().call(&["image", "inspect", "--format", template, &tag]);
            assert_eq!(platform, FOREIGN.platform);
            Ok(())
        }),
    ]
}

/// Builds this repository's Dockerfile.
pub fn build(engine: &Engine, client: &mut Command, tag: &str, builder: &str, options: &[&str]) {
    // Without a network: the build fetches nothing that Cargo.lock and the builder do not give.
    client.args("build --network=none --force-rm --quiet --tag".split(' ')).arg(tag);
    client.arg(format!("--build-arg=BUILDER={builder}")).args(options);
    client.args(ARGUMENTS.map(|argument| format!("--build-arg={argument}")));
    text_of(client.args(["--label", &engine.label(), env!("CARGO_MANIFEST_DIR")]));
}

/// Builds it with an `option` that asks for the foreign platform, and compares the file with dist/build's.
fn build_foreign(images: &Images, mut client: Command, name: &str, option: &str) -> Result<String, String> {
    builder::missing_for_foreign().map_or(Ok(()), Err)?;
    let built = Built::get()?;
    let engine = images.engine();
    let tag = engine.tag(name);
    build(engine, &mut client, &tag, images.builder(), &[option]);
    let made = fs::read(only_layer(engine, &tag).join("pausa")).expect("read /pausa");
    let expected = fs::read(built.binary(FOREIGN)).expect("read the binary");
    assert!(made == expected, "the image has another binary than dist/build made");
    Ok(tag)
}

/// docker 23 and later want the buildx plugin for it; a distribution's older client may stand beside that one.
fn buildkit_client() -> Result<Command, String> {
    let clients = ["docker", "/usr/bin/docker"].into_iter().find_map(|program| {
        let client = || {
            let mut client = Client::new([program]).command(LONG_LIMIT);
            client.env("DOCKER_BUILDKIT", "1");
            client
        };
        client().args(["build", "--help"]).output().is_ok_and(|output| output.status.success()).then(client)
    });
    clients.ok_or_else(|| "no client here can ask for BuildKit".to_owned())
}

fn assert_is_ours(engine: &Engine, tag: &str) {
    let label = |name| {
        let template = format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}");
        engine.call(&["image", "inspect", "--format", &template, tag])
    };
    let values = ["title", "description", "licenses", "version", "revision", "source", "created"].map(label);
    let facts = ["pausa", env!("CARGO_PKG_DESCRIPTION"), env!("CARGO_PKG_LICENSE")];
    let expected =
        facts.into_iter().chain(ARGUMENTS.map(|argument| argument.split_once('=').expect("an =").1));
    assert_eq!(values.to_vec(), expected.collect::<Vec<_>>());
    assert_runs_ours(engine, tag);
}

/// What an image of ours for this machine is, whoever made it.
pub fn assert_runs_ours(engine: &Engine, tag: &str) {
    let inspect = |template: &str| engine.call(&["image", "inspect", "--format", template, tag]);
    let config = inspect("{{.Config.User}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}");
    assert_eq!(config, r#"65535:65535 ["/pause"] null"#);
    // What the builders add by themselves, and the engines to an image that has none.
    let environment = inspect("{{json .Config.Env}}");
    let path = r#"["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]"#;
    assert!([path, "null", "[]"].contains(&environment.as_str()), "{environment}");
    let rest = inspect("{{json .Config.ExposedPorts}} {{json .Config.Volumes}} {{.Config.WorkingDir}}");
    assert_eq!(rest.trim_end_matches('/').trim_end(), "null null");

    let layer = only_layer(engine, tag);
    let entries = fs::read_dir(&layer).expect("read the layer");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("read the layer").file_name()).collect();
    names.sort();
    assert_eq!(names, NAMES);
    let files = NAMES.map(|name| fs::symlink_metadata(layer.join(name)).expect("it is there"));
    for file in files {
        assert_eq!(file.nlink(), NAMES.len() as u64, "the layer has the bytes twice");
        assert_eq!((format!("{:o}", file.mode()), file.uid(), file.gid()), ("100755".to_owned(), 0, 0));
    }
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
