//! The image that dist/image makes, loaded into the daemon by skopeo: Docker before 25 reads no OCI layout by itself.

use super::hold::await_handlers;
use super::image::assert_runs_ours;
use super::{Images, Row, SANDBOX};
use crate::engines::engine::ends::{Deed, WAIT, carry_out};
use crate::engines::engine::{Engine, text_of};
use crate::harness::subject;
use crate::release::image::{Built, NAMES};
use std::process::Command;

pub fn rows() -> Vec<Row> {
    if subject::original() {
        return Vec::new();
    }
    let rows: [(&str, Check); 4] = [
        ("it is what the Dockerfile makes", |engine, _, tag| assert_runs_ours(engine, tag)),
        ("it holds with no rights, and docker stop ends it with 0", |engine, _, tag| hold(engine, tag)),
        ("every name in it runs", |engine, _, tag| answer(engine, tag)),
        ("/tini from it supervises", supervise),
    ];
    let row = |(name, check): (&str, Check)| {
        Row::ignorable(format!("loaded image: {name}"), move |images| {
            check(images.engine(), images, images.loaded()?);
            Ok(())
        })
    };
    rows.map(row).into()
}

/// With the tag of the image.
type Check = fn(&Engine, &Images, &str);

/// # Errors
/// What is missing here.
pub fn load(engine: &Engine) -> Result<String, String> {
    let built = Built::get()?;
    let tag = engine.tag("loaded");
    let archive = subject::directory().join("loaded.tar");
    text_of(
        Command::new("skopeo")
            .args(["copy", "--quiet"])
            .arg(format!("oci-archive:{}", built.archive().display()))
            .arg(format!("docker-archive:{}:{tag}:latest", archive.display())),
    );
    engine.call(&["load", "--quiet", "--input", &archive.to_string_lossy()]);
    Ok(tag)
}

fn hold(engine: &Engine, tag: &str) {
    let container = engine.start(&SANDBOX, tag, &[]);
    await_handlers(&container);
    container.stop();
    assert_eq!(container.exit_status(), 0);
    assert_eq!(container.logs(), "Shutting down, got signal: Terminated\n");
}

fn answer(engine: &Engine, tag: &str) {
    for name in NAMES {
        let option = if name == "pause" { "-v" } else { "--version" };
        let container = engine.start(&[&format!("--entrypoint=/{name}")], tag, &[option]);
        assert_eq!(container.exit_status(), 0, "{name}: {}", container.logs());
        assert!(container.logs().contains("pausa"), "{name}: {}", container.logs());
    }
}

/// By the COPY line that README has for an image with a tini in it.
fn supervise(engine: &Engine, images: &Images, tag: &str) {
    let supervised = engine.tag("supervised-by-loaded");
    let entrypoint = "ENTRYPOINT [\"/usr/bin/tini\",\"--\"]";
    let dockerfile = format!("FROM {}\nCOPY --from={tag} /tini /usr/bin/tini\n{entrypoint}\n", images.app());
    engine.build_without_context(&supervised, &dockerfile);
    for (script, deed, status) in [("exit 7", Deed::Nothing, 7), (WAIT, Deed::Stop, 143)] {
        let container = engine.start(&[], &supervised, &["sh", "-c", script]);
        carry_out(deed, &container);
        assert_eq!(container.exit_status(), status, "{}", container.logs());
    }
}
