//! A small pack, ways to add it, and what is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::TestEnv;

pub(crate) const PACK: &str = env!("CARGO_BIN_EXE_herald-pack");

/// A manifest with one sound.
pub(crate) fn manifest(name: &str, version: &str) -> String {
    format!(
        r#"{{"cesp_version": "1.0", "name": "{name}", "display_name": "{name}", "version": "{version}", "license": "CC0-1.0",
            "categories": {{"task.complete": {{"sounds": [{{"file": "sounds/done.wav", "label": "done"}}]}}}}}}"#
    )
}

/// A short sound; `filler` tells one from another.
pub(crate) fn wav(filler: u8) -> Vec<u8> {
    let samples = [filler; 400];
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + 400_u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0data");
    bytes.extend(400_u32.to_le_bytes());
    bytes.extend(samples);
    bytes
}

/// The files of a pack with one sound.
pub(crate) fn pack(name: &str, version: &str, filler: u8) -> Vec<(String, Vec<u8>)> {
    vec![
        ("openpeon.json".to_owned(), manifest(name, version).into_bytes()),
        ("sounds/done.wav".to_owned(), wav(filler)),
    ]
}

/// Writes files below the world's folder `work`.
pub(crate) fn lay(env: &TestEnv, folder: &str, files: &[(String, Vec<u8>)]) -> PathBuf {
    for (name, content) in files {
        env.write(format!("work/{folder}/{name}"), content);
    }
    env.work_dir().join(folder)
}

pub(crate) fn add(env: &TestEnv, args: &[&str]) -> Output {
    env.run(["pack", "add"].iter().chain(args))
}

pub(crate) fn packs(env: &TestEnv) -> PathBuf {
    env.data_dir().join("packs")
}

/// Everything below the packs' directory but its lock, as relative paths.
pub(crate) fn left(env: &TestEnv) -> Vec<String> {
    let home = packs(env);
    let mut found = Vec::new();
    let mut open = vec![home.clone()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir()) {
                open.push(path.clone());
            }
            found.push(path.strip_prefix(&home).expect("below").to_string_lossy().into_owned());
        }
    }
    found.retain(|name| name != ".lock");
    found.sort();
    found
}

#[track_caller]
pub(crate) fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// That it was refused with a reason, and nothing is left.
#[track_caller]
pub(crate) fn refused(env: &TestEnv, output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains(why), "{why:?} is not in: {said}");
    assert!(said.contains("nothing was changed"), "{said}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    assert_eq!(left(env), Vec::<String>::new(), "{said}");
}

/// Where `herald which` finds a sound.
#[track_caller]
pub(crate) fn which(env: &TestEnv, sound: &str) -> PathBuf {
    PathBuf::from(ok(&env.run(["which", sound])).trim_end())
}

/// What the file system holds under a pack's name: its files and what is in them.
pub(crate) fn whole(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").to_string_lossy().into_owned();
                files.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

pub(crate) fn herald_pack(env: &TestEnv, args: &[&str]) -> Command {
    let mut command = env.command(PACK);
    command.arg("add").args(args);
    command
}
