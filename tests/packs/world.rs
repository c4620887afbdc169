//! The real program among packs.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use super::content::WAV;
use crate::support::TestEnv;

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// What a command prints that succeeds.
#[track_caller]
pub(crate) fn said(env: &TestEnv, args: &[&str]) -> String {
    let output = env.run(args);
    assert!(output.status.success(), "{args:?}\n{}\n{}", out(&output), err(&output));
    out(&output)
}

/// What a command says that fails.
#[track_caller]
pub(crate) fn refused(env: &TestEnv, args: &[&str]) -> String {
    let output = env.run(args);
    assert_eq!(output.status.code(), Some(1), "{args:?}\n{}\n{}", out(&output), err(&output));
    err(&output)
}

#[track_caller]
pub(crate) fn json_of(env: &TestEnv, args: &[&str]) -> Value {
    let output = env.run(args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}\n{}", err(&output)))
}

/// A pack with these categories, in the user's own directory of packs or in the other one.
pub(crate) fn cesp(env: &TestEnv, place: &str, name: &str, categories: &[(&str, &[&str])]) {
    let of = |files: &[&str]| {
        files
            .iter()
            .map(|file| json!({ "file": format!("sounds/{file}"), "label": format!("This is {file}") }))
            .collect::<Vec<_>>()
    };
    let categories: serde_json::Map<String, Value> =
        categories.iter().map(|(name, files)| ((*name).to_owned(), json!({ "sounds": of(files) }))).collect();
    for file in categories.values().flat_map(|category| category["sounds"].as_array().unwrap()) {
        env.write(format!("{place}/{name}/{}", file["file"].as_str().unwrap()), WAV);
    }
    let manifest = json!({
        "cesp_version": "1.0", "name": name, "display_name": format!("The {name}"), "version": "1.2.0",
        "author": { "name": "Somebody" }, "license": "CC0-1.0", "categories": categories,
    });
    env.write(format!("{place}/{name}/openpeon.json"), manifest.to_string());
}

pub(crate) const OWN: &str = "data/packs";
pub(crate) const PEON: &str = "home/.openpeon/packs";

/// One pack of every kind, and some trouble.
pub(crate) fn assortment() -> TestEnv {
    let env = TestEnv::new();
    cesp(&env, OWN, "robot", &[("task.complete", &["good.wav", "fine.wav"]), ("user.spam", &["stop.wav"])]);
    cesp(&env, PEON, "worker", &[("input.required", &["what.wav"])]);
    cesp(&env, PEON, "robot", &[("task.error", &["other.wav"])]);
    env.write("data/packs/glass/bell.wav", WAV);
    env.write("data/packs/glass/bell-2.wav", WAV);
    env.write("data/packs/glass/laser.wav", WAV);
    env.write("data/packs/broken/openpeon.json", "{");
    env.write("data/packs/quiet/bell.wav", WAV);
    env.write("share/sounds/calm/index.theme", "[Sound Theme]\nName=Calm\nDirectories=stereo\n");
    env.write("share/sounds/calm/stereo/complete.oga", [b"OggS", &[0; 60][..]].concat());
    env
}

/// Every line fits a terminal that was never made wider.
#[track_caller]
pub(crate) fn assert_fits(text: &str) {
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80 && !line.contains("/tmp")).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    assert!(!text.contains('\x1b'), "colours belong on a terminal");
}

/// Everything below a folder of the world: path and contents.
pub(crate) fn tree(env: &TestEnv, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![env.path().join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.strip_prefix(env.path()).unwrap().display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
