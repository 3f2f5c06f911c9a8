//! The layers: one set of bytes under every name, those that dist/build made, and how many they are.

use super::twice::day;
use super::{Built, NAMES, PLATFORMS, Platform, Row};
use crate::engines::engine::text_of;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub fn rows() -> Vec<Row> {
    vec![
        ("a layer is one file under every name, root's, of the commit's day", is_one_file),
        ("the file is dist/build's, and for its platform", is_the_platforms),
        ("the names are those that the binary answers to", names_are_known),
        ("a layer is gzip without name and time, and fits its budget", fits_the_budget),
        ("the configuration knows the layer unpacked", is_known_unpacked),
    ]
}

fn each(built: &Built) -> impl Iterator<Item = (&'static Platform, PathBuf, String)> {
    PLATFORMS.iter().zip(built.manifests()).map(|(platform, manifest)| {
        (platform, built.blob(&built.query(&manifest, ".layers[0].digest")), manifest)
    })
}

fn tar(verb: &[&str], layer: &PathBuf) -> Command {
    let mut tar = Command::new("tar");
    tar.args(verb).arg("--gzip").arg("--file").arg(layer);
    tar
}

fn is_one_file(built: &Built) {
    let day = day();
    for (platform, layer, _) in each(built) {
        let size = fs::metadata(built.binary(platform)).expect("it is there").len();
        let verb = ["--list", "--verbose", "--numeric-owner", "--utc", "--full-time"];
        let entries = text_of(&mut tar(&verb, &layer));
        let [first, others @ ..] = NAMES;
        let mut expected = vec![format!("-rwxr-xr-x 0/0 {size} {day} {first}")];
        expected.extend(others.map(|name| format!("hrwxr-xr-x 0/0 0 {day} {name} link to {first}")));
        let seen = entries.lines().map(|entry| entry.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(seen.collect::<Vec<_>>(), expected, "{}", platform.platform);
    }
}

fn is_the_platforms(built: &Built) {
    for (platform, layer, _) in each(built) {
        let output = tar(&["--extract", "--to-stdout"], &layer).arg(NAMES[0]).output().expect("run tar");
        let made = fs::read(built.binary(platform)).expect("read the binary");
        assert!(output.stdout == made, "{}: other bytes than dist/build's", platform.platform);
        let bytes = [made[18], made[19]];
        // e_ident[EI_DATA]: s390x has the high byte first.
        let machine = if made[5] == 1 { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
        assert_eq!(machine, platform.machine, "{}", platform.platform);
    }
}

/// Read off the sources, so that a new personality comes into the image.
fn names_are_known(_: &Built) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/personality");
    let sources = fs::read_dir(folder)
        .expect("read the folder")
        .map(|entry| fs::read_to_string(entry.expect("read the folder").path()).expect("read a source"));
    let mut names: Vec<String> = sources
        .filter_map(|text| Some(text.split_once("    names: \"")?.1.split('"').next()?.to_owned()))
        .flat_map(|names| names.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    names.sort_unstable();
    assert_eq!(names, NAMES);
}

fn fits_the_budget(built: &Built) {
    for (platform, layer, _) in each(built) {
        let bytes = fs::read(layer).expect("read the layer");
        // gzip(RFC 1952): the method, no flags and so no name, no time.
        assert_eq!(bytes[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "{}", platform.platform);
        let (size, budget) = (bytes.len(), platform.layer);
        assert!(size <= budget, "{}: {size} bytes, {} over the budget", platform.platform, size - budget);
    }
}

fn is_known_unpacked(built: &Built) {
    for (platform, layer, manifest) in each(built) {
        let config = built.query(&manifest, ".config.digest");
        let unpacked =
            Command::new("gzip").args(["--decompress", "--stdout"]).arg(layer).output().expect("run gzip");
        let mut sum = Command::new("sha256sum")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("run sha256sum");
        sum.stdin.take().expect("a pipe").write_all(&unpacked.stdout).expect("send the layer");
        let sum =
            String::from_utf8(sum.wait_with_output().expect("wait for sha256sum").stdout).expect("a sum");
        let digest = format!("sha256:{}", sum.split(' ').next().expect("a sum"));
        assert_eq!(built.query(&config, ".rootfs.diff_ids[]"), digest, "{}", platform.platform);
    }
}
