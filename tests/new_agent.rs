//! `docs/agents.md`: a copy of the source into which its blocks are put knows the new agent.
//!
//! The copy is built as the page says, offline, with the dependencies that are built already; what is built of it is
//! kept in the build's `tmp/new-agent/`, and is nobody else's.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::document::{self, Block, all_blocks, here};
use support::{Missing, TestEnv, or_skip};

/// What the copy is made of.
const PARTS: &[&str] =
    &["Cargo.toml", "Cargo.lock", "README.md", "src", "tests", "benches", "sounds", "completions", "man", "docs"];

/// With the features of this build, but for those that bring TLS: their dependencies are there as they are wanted, and
/// with the page's own features many would have to be compiled anew.
const FEATURES: &[(&str, bool)] = &[
    ("player", cfg!(feature = "player")),
    ("device", cfg!(feature = "device")),
    ("desktop", cfg!(feature = "desktop")),
    ("pack", cfg!(feature = "pack")),
];

#[test]
fn an_agent_is_added_as_the_document_says() {
    let cargo = std::env::var_os("CARGO").ok_or_else(|| Missing("cargo".to_owned()));
    let Some(cargo) = or_skip(cargo) else { return };
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-agent");
    let (tree, build) = (place.join("tree"), place.join("build"));
    if tree.exists() {
        fs::remove_dir_all(&tree).expect("an old copy");
    }
    fs::create_dir_all(&tree).expect("a folder");
    for part in PARTS {
        copy(&here(part), &tree.join(part));
    }
    let manifest = fs::read_to_string(tree.join("Cargo.toml")).expect("the manifest");
    fs::write(tree.join("Cargo.toml"), with_the_front_alone(&manifest)).expect("the manifest");
    take_what_is_built(&build);

    let mut typed = Vec::new();
    for block in all_blocks(&document::file("docs/agents.md")) {
        match block.language.as_str() {
            "rust" => put(&tree, &block, ""),
            "jsonl" => put(&tree, &block, &fs::read_to_string(tree.join(&block.named)).expect("the fixtures")),
            "diff" => patch(&tree, &block),
            "sh" => typed.push(block.text),
            other => panic!("line {}: nobody tries what is in {other:?}", block.line),
        }
    }
    let [tests, by_hand] = typed.as_slice() else { panic!("{typed:?}") };

    let words: Vec<&str> = tests.split_whitespace().collect();
    assert_eq!(words[..2], ["cargo", "test"]);
    let features: Vec<&str> = FEATURES.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let mut command = Command::new(cargo);
    command.args(&words[1..]).args(["--features", &features.join(" ")]);
    command.args(["--offline", "--locked", "--color", "never"]).current_dir(&tree);
    command.env("CARGO_TARGET_DIR", &build).env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let output = command.output().expect("cargo");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("test result: ok"), "{said}");

    try_by_hand(by_hand, &build.join("debug"));
}

/// The other programs, which take long to link, are not asked for.
fn with_the_front_alone(manifest: &str) -> String {
    let lines = manifest.lines().map(|line| match line {
        "[features]" => "[features]\nnever = []\n".to_owned(),
        _ if line.starts_with("required-features = ") => "required-features = [\"never\"]\n".to_owned(),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// What is typed at the end is heard, and says so.
fn try_by_hand(typed: &str, programs: &Path) {
    let mut env = TestEnv::new();
    env.set("PATH", format!("{}:{}", programs.display(), std::env::var("PATH").expect("PATH")));
    let folder = env.path().to_owned();
    env.set("TMPDIR", folder);
    fs::create_dir_all(env.home().join(".quill")).expect("a folder");
    let mut shell = env.command("sh");
    shell.args(["-e", "-c", typed]);
    let output = env.finish(shell, b"");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.matches("task.error").count() >= 2, "explained, and in the journal: {said}");
    assert!(said.contains("Quill") || said.contains("quill"), "{said}");
    assert!(said.contains(".quill/hooks.json") && said.contains("turn_over") && !said.contains("may_i"), "{said}");
}

/// A block that is a file, or the end of one.
fn put(tree: &Path, block: &Block, before: &str) {
    let file = tree.join(&block.named);
    fs::write(&file, format!("{before}{}", block.text)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

/// A block that says what is new beside what is there: exactly once in the file.
fn patch(tree: &Path, block: &Block) {
    let named = block.text.lines().find_map(|line| line.strip_prefix("+++ b/"));
    let file = tree.join(named.unwrap_or_else(|| panic!("line {}: it names no file", block.line)));
    let (mut old, mut new) = (String::new(), String::new());
    for line in block.text.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("+++ ")) {
        let (mark, line) = line.split_at_checked(1).unwrap_or((" ", ""));
        if mark == " " {
            old.push_str(&format!("{line}\n"));
        } else {
            assert_eq!(mark, "+", "line {}: {line}", block.line);
        }
        new.push_str(&format!("{line}\n"));
    }
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    assert_eq!(text.matches(&old).count(), 1, "line {}: it is not in {} once", block.line, file.display());
    fs::write(&file, text.replace(&old, &new)).expect("the copy");
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder of the copy");
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else if from.is_file() {
        fs::copy(from, to).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    }
}

/// Dependencies are built already: linked, and not made again. Never what is built of this tree: a link that is written
/// to changes the original.
fn take_what_is_built(build: &Path) {
    let made = Path::new(env!("CARGO_BIN_EXE_herald")).parent().expect("a folder");
    for (part, is_wanted) in [
        ("deps", (|name: &str| name.starts_with("lib") && !name.starts_with("libherald")) as fn(&str) -> bool),
        ("build", |name| !name.starts_with("herald")),
        (".fingerprint", |name| !name.starts_with("herald")),
    ] {
        let to = build.join("debug").join(part);
        fs::create_dir_all(&to).expect("a folder of the build");
        for entry in fs::read_dir(made.join(part)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if is_wanted(&name.to_string_lossy()) && !to.join(&name).exists() {
                link(&entry.path(), &to.join(name), part == "deps");
            }
        }
    }
}

/// What can't be taken is built again.
fn link(from: &PathBuf, to: &PathBuf, may_be_shared: bool) {
    if from.is_dir() {
        let _ = fs::create_dir_all(to);
        for entry in fs::read_dir(from).into_iter().flatten().flatten() {
            link(&entry.path(), &to.join(entry.file_name()), may_be_shared);
        }
    } else if !(may_be_shared && fs::hard_link(from, to).is_ok()) && fs::copy(from, to).is_ok() {
        // Cargo goes by the times.
        let time = fs::metadata(from).and_then(|meta| meta.modified());
        if let (Ok(time), Ok(file)) = (time, fs::File::options().write(true).open(to)) {
            let _ = file.set_modified(time);
        }
    }
}
