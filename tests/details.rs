//! Sounds for single tools and commands: what `explain` tells, and what the player then plays.
#![cfg(target_os = "linux")]

mod support;

use rstest::rstest;
use serde_json::{Value, json};
use support::{TestEnv, Tone};

const ON: &str = "pack = [\"tools\", \"herald\"]\n[events.\"tool.error\"]\nenabled = true\n";

fn failed(tool: &str, command: &str) -> String {
    json!({
        "hook_event_name": "PostToolUseFailure", "session_id": command, "cwd": "/project",
        "tool_name": tool, "tool_input": { "command": command }, "error": "exit status 1",
    })
    .to_string()
}

/// A world whose pack has one sound for each of `names`.
fn world(names: &[&str]) -> TestEnv {
    let env = TestEnv::new();
    env.config(ON);
    for name in names {
        Tone::standard().write_wav(&env.write(format!("data/packs/tools/{name}.wav"), ""));
    }
    env
}

fn explain(env: &TestEnv, payload: &str) -> Value {
    let mut command = env.herald();
    command.args(["explain", "--json", "--agent", "claude-code"]);
    serde_json::from_slice(&env.finish(command, payload.as_bytes()).stdout).expect("JSON")
}

#[rstest]
#[case("Bash", "cd /x && git push", "tool.error.bash.git-push")]
#[case("Bash", "git fetch", "tool.error.bash.git")]
#[case("Bash", "sudo make install", "tool.error.bash")]
#[case("Edit", "", "tool.error")]
fn the_most_special_sound_of_a_pack_wins(#[case] tool: &str, #[case] command: &str, #[case] expected: &str) {
    let env = world(&["tool.error.bash.git-push", "tool.error.bash.git", "tool.error.bash", "tool.error"]);
    let told = explain(&env, &failed(tool, command));
    assert_eq!(told["sound"]["id"], expected, "{told}");
    assert_eq!(told["sound"]["pack"], "tools");
}

#[test]
fn each_detail_that_was_tried_is_told_in_order() {
    let env = world(&["task.error"]);
    let told = explain(&env, &failed("Bash", "TOKEN=secret git push https://secret@host"));
    let tried: Vec<(&str, &str)> = told["tried"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (row["rung"].as_str().unwrap_or_default(), row["candidate"].as_str().unwrap_or_default()))
        .collect();
    let expected = [
        ("detail", "pack:tools/tool.error.bash.git-push"),
        ("detail", "pack:tools/tool.error.bash.git"),
        ("detail", "pack:tools/tool.error.bash"),
    ];
    assert!(expected.iter().all(|row| tried.contains(row)), "{tried:?}");
    assert!(tried.is_sorted_by_key(|(rung, _)| ["detail", "pack", "parent"].iter().position(|name| name == rung)));
    assert_eq!(told["sound"]["id"], "task.error");
    assert!(!told.to_string().contains("secret"), "{told}");
}

#[cfg(feature = "player")]
#[test]
fn the_player_plays_what_explain_tells() {
    let env = world(&["tool.error.bash.git-push", "tool.error"]);
    let mut hook = env.herald();
    hook.args(["hook", "--agent", "claude-code"]);
    let output = env.finish(hook, failed("Bash", "git push").as_bytes());
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    let playback = env.wait_for_journal(|line| line["kind"] == "playback", support::PATIENCE);
    let sound = playback["sound"].as_str().unwrap_or_default();
    assert!(sound.ends_with("tool.error.bash.git-push.wav"), "{playback}");
}
