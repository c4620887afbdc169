//! The manual in the repository: fresh, whole, clean, and what `herald man` prints.

#![allow(clippy::print_stderr, reason = "a skipped test says why")]

#[path = "../man/generator/pages.rs"]
mod pages;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn herald(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_herald"));
    command.args(args).stdin(Stdio::null()).output().expect("herald starts")
}

#[test]
fn the_committed_pages_are_those_the_generator_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for (name, text) in pages::all() {
        let kept = std::fs::read_to_string(folder.join(&name)).unwrap_or_default().replace("\r\n", "\n");
        assert!(kept == text, "man/{name} is not fresh; write it anew with: make manual");
    }
}

#[test]
fn the_program_carries_every_page_and_no_other() {
    let dir = tempfile::tempdir().expect("a folder");
    let to = dir.path().join("made/on/the/way");
    let done = herald(&["man", "--dir", to.to_str().expect("text")]);
    assert!(done.status.success() && done.stdout.is_empty() && done.stderr.is_empty(), "{done:?}");
    let written: BTreeSet<String> = std::fs::read_dir(&to)
        .expect("it was made")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    let pages = pages::all();
    let made: BTreeSet<String> = pages.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(written, made, "the names in src/commands/man.rs are those of the pages");
    for (name, text) in pages {
        let found = std::fs::read_to_string(to.join(&name)).expect("a page").replace("\r\n", "\n");
        assert!(found == text, "{name}: build the program anew");
    }
}

#[test]
fn a_page_goes_where_the_output_goes() {
    let whole = herald(&["man"]);
    assert!(whole.status.success() && whole.stdout.starts_with(b".ie"), "{whole:?}");
    let hook = String::from_utf8(herald(&["man", "hook"]).stdout).expect("text");
    assert!(hook.contains(".TH HERALD\\-HOOK 1") || hook.contains(".TH HERALD-HOOK 1"), "{hook}");
    let none = herald(&["man", "hok"]);
    assert_eq!(none.status.code(), Some(1));
    let told = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(told.contains("did you mean: herald man hook"), "{told}");
}

#[test]
fn every_key_of_the_configuration_is_in_its_page() {
    let page = pages::all().into_iter().find(|(name, _)| name == "herald-config.5").expect("a page").1;
    let keys = herald::config::show(&herald::config::Config::default());
    let keys = keys.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key.to_owned()));
    let of_events = ["enabled", "sound", "pack", "volume", "throttle", "priority", "delay", "min_duration"];
    for key in keys.chain(of_events.map(str::to_owned)) {
        let told = page.lines().any(|line| line.strip_prefix(".B").is_some_and(|rest| rest.contains(&key)));
        assert!(told, "man/generator/herald-config.5.in doesn't tell of {key}");
    }
}

/// What a checker says of a page; nothing is what it should say.
fn checked(program: &str, args: &[&str], page: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80");
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    child.stdin.take().expect("piped").write_all(page.as_bytes()).expect("it reads");
    let said = child.wait_with_output().expect("it ends");
    let out = if program == "mandoc" { said.stdout } else { Vec::new() };
    Some(String::from_utf8_lossy(&[out, said.stderr].concat()).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn the_checkers_of_manuals_have_nothing_to_say() {
    for (name, page) in pages::all() {
        for (program, args) in
            [("mandoc", &["-Tlint", "-Wwarning"][..]), ("man", &["--warnings", "-EUTF-8", "-l", "-Tutf8", "-Z", "-"])]
        {
            let Some(said) = checked(program, args, &page) else { continue };
            assert!(said.is_empty(), "{program} on {name}:\n{said}");
        }
    }
}
