//! Notices for phones: which are told, what is in them, how often they are tried, and that the token is nowhere.

#![cfg(all(target_os = "linux", feature = "link"))]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "push/delivery.rs"]
mod delivery;
#[path = "push/encrypted.rs"]
mod encrypted;
#[path = "push/letters.rs"]
mod letters;
#[path = "push/ntfy.rs"]
mod ntfy;
#[path = "push/trial.rs"]
mod trial;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use ntfy::Ntfy;
use support::TestEnv;

/// What must be nowhere.
pub(crate) const TOKEN: &str = "tk_hush7hush7hush7hush7hush7hush";
/// Whoever knows it can read along.
pub(crate) const TOPIC: &str = "herald-nobody-guesses-this";

/// A world that pushes to `server`, with the token in a file that is its user's alone.
pub(crate) fn world(server: &str, more: &str) -> TestEnv {
    let env = TestEnv::new();
    let token = write_token(&env, TOKEN);
    env.config(&format!(
        "[push]\nserver = \"{server}\"\ntopic = \"{TOPIC}\"\ntoken_file = \"{}\"\n{more}",
        token.display()
    ));
    env
}

pub(crate) fn write_token(env: &TestEnv, token: &str) -> PathBuf {
    let path = env.write("token", format!("{token}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a file of one's own");
    path
}

pub(crate) fn link(env: &TestEnv) -> Command {
    env.command(env!("CARGO_BIN_EXE_herald-link"))
}

/// `herald-link push --test …`.
pub(crate) fn trial(env: &TestEnv, more: &[&str]) -> Output {
    let mut command = link(env);
    command.args(["push", "--test"]).args(more);
    env.finish(command, b"")
}

/// Everything a user may come to see, and every file of Herald's.
pub(crate) fn seen(env: &TestEnv, output: Option<&Output>) -> String {
    let mut seen: Vec<u8> = output.map(|output| [&output.stdout[..], &output.stderr].concat()).unwrap_or_default();
    let mut folders = vec![env.state_dir(), env.data_dir(), env.runtime_dir()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => seen.extend(std::fs::read(path).unwrap_or_default()),
                _ => {}
            }
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}

/// Asserts that the token got to the server and nowhere else.
#[track_caller]
pub(crate) fn assert_hidden(env: &TestEnv, output: Option<&Output>) {
    let seen = seen(env, output);
    assert!(!seen.contains(TOKEN), "the token is in it: {seen}");
}

/// Asserts that every request had the token in its one place.
#[track_caller]
pub(crate) fn assert_known(ntfy: &Ntfy) {
    for request in ntfy.requests() {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        assert_eq!(request.text().matches(TOKEN).count(), 1, "{}", request.text());
    }
}
