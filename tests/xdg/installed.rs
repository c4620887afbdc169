//! The freedesktop theme as the system's package installs it.

use std::path::PathBuf;

use herald::event::EVENTS;
use rstest::rstest;
use serde_json::Value;

use crate::support::{Missing, TestEnv, or_skip};

/// Where this machine's themes are, if the freedesktop one is among them.
fn bases() -> Result<String, Missing> {
    let bases = std::env::var("XDG_DATA_DIRS").unwrap_or_default();
    let bases = if bases.is_empty() { "/usr/local/share:/usr/share".to_owned() } else { bases };
    let is_there = std::env::split_paths(&bases).any(|base| base.join("sounds/freedesktop/index.theme").is_file());
    is_there.then_some(bases).ok_or_else(|| Missing("the sound theme freedesktop".to_owned()))
}

fn which(env: &TestEnv, what: &str) -> Value {
    let output = env.run(["which", what, "--json"]);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn it_answers_every_event_that_is_on_by_itself() {
    let Some(bases) = or_skip(bases()) else { return };
    let mut env = TestEnv::new();
    env.set("XDG_DATA_DIRS", bases);
    env.config("pack = \"xdg:freedesktop\"\n");
    for row in EVENTS.iter().filter(|row| row.enabled) {
        let answer = which(&env, row.name);
        let path = PathBuf::from(answer["sound"]["path"].as_str().unwrap_or_default());
        let in_theme = path.ancestors().any(|folder| folder.ends_with("sounds/freedesktop"));
        assert!(in_theme && path.is_file(), "{}: {answer:#}", row.name);
        let last = answer["tried"].as_array().and_then(|tried| tried.last()).expect("a rung");
        assert_eq!((&last["rung"], &last["found"]), (&"pack".into(), &true.into()), "{}: {answer:#}", row.name);
        assert_eq!(herald::sound::magic_ok(&path), Ok(()), "{}", row.name);
    }
}

#[rstest]
#[case::a_theme_that_is_not_there("xdg:nobody-made-it/bell")]
#[case::a_more_special_name("xdg:freedesktop/bell-window-system")]
fn it_stands_behind_every_other(#[case] sound: &str) {
    let Some(bases) = or_skip(bases()) else { return };
    let mut env = TestEnv::new();
    env.set("XDG_DATA_DIRS", bases);
    let answer = which(&env, sound);
    assert!(
        answer["sound"]["path"].as_str().is_some_and(|path| path.ends_with("freedesktop/stereo/bell.oga")),
        "{answer:#}"
    );
}
