//! The commands for people and scripts: what they print, what they exit with, and what they leave alone.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Output;

use bench::{Front, assert_silent, last_decision, pair, paths, report, stop};
use herald::journal::ROTATE_AT;
use rstest::rstest;
use serde_json::{Value, json};
use support::{TestEnv, Tone, find_program};

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout:\n{}\nstderr:\n{}", out(output), err(output));
}

/// The one JSON value that a command printed.
#[track_caller]
fn json_of(output: &Output) -> Value {
    assert!(output.stderr.is_empty(), "{}", err(output));
    assert_eq!(out(output).lines().count(), 1, "one line: {}", out(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[track_caller]
fn assert_keys(value: &Value, keys: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("not an object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "{key} is missing: {value}");
    }
}

/// The front with the stand-in for the player beside it.
fn front(env: &TestEnv, front: &Front, args: &[&str]) -> Output {
    let mut command = env.command(&front.herald);
    command.args(args);
    env.finish(command, b"")
}

/// Everything below the world's folder: kind, mode, time of change and content.
fn snapshot(env: &TestEnv) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>) {
        for entry in fs::read_dir(folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("its data");
            let content = if meta.is_file() { fs::read(&path).expect("its content") } else { Vec::new() };
            if meta.is_dir() {
                walk(&path, found);
            }
            found.insert(path, (meta.mode(), meta.mtime(), meta.mtime_nsec(), content));
        }
    }
    let mut found = BTreeMap::new();
    walk(env.path(), &mut found);
    found
}

#[rstest]
#[case::no_name("what is this", &["\"what is this\"", "no event, sound or file"])]
#[case::empty("", &["no event, sound or file"])]
#[case::missing_file("missing.wav", &["work/missing.wav", "No such file"])]
#[case::missing_folder("no/such/sound.ogg", &["no/such/sound.ogg", "No such file"])]
#[case::directory("folder/", &["folder", "not a regular file"])]
#[case::device("/dev/zero", &["/dev/zero", "not a regular file"])]
#[case::missing_builtin("builtin:nothing", &["builtin:nothing", "herald which"])]
#[case::missing_pack("pack:nobody/nothing", &["pack:nobody/nothing", "herald which"])]
fn what_cannot_be_played_is_named(#[case] what: &str, #[case] said: &[&str]) {
    let env = TestEnv::new();
    fs::create_dir(env.work_dir().join("folder")).expect("a directory");
    let output = env.run(["play", what]);
    assert_exit(&output, 1);
    assert_eq!(out(&output), "");
    for part in said {
        assert!(err(&output).contains(part), "{part:?} is missing in: {}", err(&output));
    }
    assert!(env.journal().is_empty(), "nothing happened that anybody would look for");
}

#[rstest]
#[case(&[])]
#[case(&["frobnicate"])]
#[case(&["play"])]
#[case(&["play", "task.complete", "--frob"])]
#[case(&["play", "task.complete", "--volume", "101"])]
#[case(&["play", "task.complete", "--volume", "loud"])]
#[case(&["play", "task.complete", "task.error"])]
#[case(&["which"])]
#[case(&["log", "--last", "many"])]
#[case(&["config"])]
#[case(&["config", "frob"])]
#[case(&["completions", "cmd"])]
#[case(&["status", "now"])]
#[case(&["doctor", "now"])]
#[case(&["install"])]
#[case(&["install", "--all", "codex"])]
#[case(&["install", "codex", "--scope", "world"])]
#[case(&["uninstall"])]
#[case(&["agents", "all"])]
fn wrong_usage_exits_with_2(#[case] args: &[&str]) {
    let env = TestEnv::new();
    let output = env.run(args);
    assert_exit(&output, 2);
    assert_eq!(out(&output), "");
    assert!(err(&output).contains("Usage:") || err(&output).contains("--help"), "{}", err(&output));
}

#[test]
fn an_event_of_ones_own_plays_once_and_then_says_why_not() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    let output = front(&env, &herald, &["play", "deploy.done"]);
    assert_exit(&output, 0);
    assert_eq!(out(&output) + &err(&output), "");
    assert_eq!(last_decision(&env), pair("play", "ok"));
    let line = bench::occurrences(&env).pop().expect("it was just read");
    assert_eq!((&line["event"], &line["agent"]), (&json!("deploy.done"), &json!("herald")));
    assert!(line["request"].is_u64(), "{line}");

    let again = front(&env, &herald, &["play", "deploy.done"]);
    assert_exit(&again, 0);
    assert!(out(&again).contains("deploy.done was skipped: throttled"), "{}", out(&again));
    let waiting = front(&env, &herald, &["play", "deploy.done", "--wait"]);
    assert_exit(&waiting, 1);
    assert!(out(&waiting).contains("skipped: throttled"), "{}", out(&waiting));
    assert_eq!(last_decision(&env), pair("skip", "throttled"));

    assert_exit(&front(&env, &herald, &["play", "deploy.done", "--force"]), 0);
    assert_eq!(last_decision(&env), pair("play", "forced"));
}

#[test]
fn what_is_off_plays_only_by_force() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    let output = front(&env, &herald, &["play", "session.start"]);
    assert_exit(&output, 0);
    assert!(out(&output).contains("session.start was skipped: event-off"), "{}", out(&output));
    assert_exit(&front(&env, &herald, &["play", "session.start", "--wait"]), 1);
    assert_eq!(last_decision(&env), pair("skip", "event-off"));
    let forced = front(&env, &herald, &["play", "session.start", "--force"]);
    assert_exit(&forced, 0);
    assert_eq!(out(&forced), "");
    assert_eq!(last_decision(&env), pair("play", "forced"));
}

#[test]
fn a_file_and_a_sound_play_without_any_event() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    let file = env.work_dir().join("tone.wav");
    Tone::standard().write_wav(&file);
    for what in ["tone.wav", "./tone.wav", file.to_str().expect("text"), "builtin:task.complete"] {
        let output = front(&env, &herald, &["play", what]);
        assert_exit(&output, 0);
        assert_eq!(last_decision(&env), pair("play", "ok"), "{what}");
        assert!(bench::occurrences(&env).pop().expect("a line")["event"].is_null());
    }
}

#[test]
fn without_the_player_play_is_loud() {
    let env = TestEnv::new();
    let herald = Front::without_player(&env);
    let output = front(&env, &herald, &["play", "deploy.done"]);
    assert_exit(&output, 1);
    assert!(err(&output).contains("no-player") && err(&output).contains("hint:"), "{}", err(&output));
}

#[test]
fn which_names_the_sound() {
    let env = TestEnv::new();
    let found = env.run(["which", "task.complete", "--json"]);
    assert_exit(&found, 0);
    let found = json_of(&found);
    assert_keys(&found, &["event", "sound", "tried"]);
    assert_eq!(found["event"], "task.complete");
    assert_eq!(found["sound"], json!({ "pack": "herald", "id": "task.complete", "path": null, "builtin": true }));
    let tried = found["tried"].as_array().expect("a list");
    tried.iter().for_each(|row| assert_keys(row, &["rung", "candidate", "found"]));
    assert_eq!(tried.last().expect("one at least")["found"], true);

    let file = env.write("work/tone.wav", "which doesn't look into files");
    let found = json_of(&env.run(["which", "tone.wav", "--json"]));
    assert_eq!(found["event"], Value::Null);
    assert_eq!((&found["sound"]["path"], &found["sound"]["builtin"]), (&json!(file), &json!(false)));
    let plain = env.run(["which", "tone.wav"]);
    assert_exit(&plain, 0);
    assert!(out(&plain).contains("tone.wav"), "{}", out(&plain));
}

#[rstest]
#[case("missing.wav")]
#[case("builtin:nothing")]
#[case("pack:nobody/nothing")]
#[case("xdg:nobody/nothing")]
fn which_of_what_is_missing_fails(#[case] what: &str) {
    let env = TestEnv::new();
    let output = env.run(["which", what, "--json"]);
    assert_exit(&output, 1);
    let value = json_of(&output);
    assert_eq!(value["sound"], Value::Null);
    let tried = value["tried"].as_array().expect("a list");
    assert!(!tried.is_empty() && tried.iter().all(|row| row["found"] == false), "{value}");
    let plain = env.run(["which", what]);
    assert_exit(&plain, 1);
    assert_eq!(out(&plain), "");
    assert!(err(&plain).contains(what), "{}", err(&plain));
}

#[track_caller]
fn explain(env: &TestEnv, payload: &str) -> Value {
    let mut command = env.herald();
    command.args(["explain", "--json"]);
    let output = env.finish(command, payload.as_bytes());
    assert_exit(&output, 0);
    json_of(&output)
}

#[test]
fn explain_tells_what_the_hook_then_does() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    env.config("[events.\"task.complete\"]\nvolume = 50\nthrottle = \"7s\"\npriority = \"high\"\n");
    let told = explain(&env, &stop("one"));
    let keys = ["agent", "agent_event", "event", "session", "decision", "reason", "priority", "volume", "throttle_ms"];
    assert_keys(&told, &keys);
    assert_keys(&told, &["sound", "tried"]);
    assert_keys(&told["sound"], &["pack", "id", "path", "builtin"]);
    let expected = json!({
        "agent": "claude-code", "agent_event": "Stop", "event": "task.complete",
        "decision": "play", "reason": "ok", "priority": "high", "throttle_ms": 7000,
    });
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&told[key], value, "{key}");
    }
    // The event's volume is relative to the global one, which is 70.
    assert_eq!(told["volume"], 35);
    assert_eq!(told["sound"]["id"], "task.complete");

    assert_eq!(herald.decide(&env, &stop("one")), pair("play", "ok"));
    let line = bench::occurrences(&env).pop().expect("it was just read");
    for key in ["agent", "agent_event", "event", "session"] {
        assert_eq!(told[key], line[key], "{key}");
    }
    let again = explain(&env, &stop("one"));
    assert_eq!((&again["decision"], &again["reason"]), (&json!("skip"), &json!("throttled")));
    assert_eq!(explain(&env, &stop("two"))["decision"], "play");

    let unknown = explain(&env, r#"{"hook_event_name":"NobodyKnows"}"#);
    assert_eq!((&unknown["event"], &unknown["sound"]), (&Value::Null, &Value::Null));
    assert_eq!(unknown["reason"], "unknown-event");
    assert_eq!(explain(&env, "no json")["reason"], "bad-payload");
    assert_eq!(explain(&env, r#"{"hook_event_name":"SessionStart"}"#)["reason"], "event-off");
}

#[rstest]
#[case::nothing_is_there("nothing")]
#[case::a_clean_world("clean")]
#[case::after_a_hook("used")]
#[case::a_faulty_file("faulty")]
#[case::a_lost_state("garbage")]
fn explain_changes_nothing(#[case] world: &str) {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    match world {
        "nothing" => {
            for folder in [env.state_dir(), env.data_dir(), env.home()] {
                fs::remove_dir(folder).expect("an empty folder");
            }
        }
        "clean" => {
            env.config("volume = 40\n");
        }
        _ => {
            env.config("volume = 40\n");
            assert_eq!(herald.decide(&env, &stop("one")), pair("play", "ok"));
            herald.wait_for_calls(1);
        }
    }
    match world {
        "faulty" => drop(env.config("volume = = 4\n")),
        "garbage" => fs::write(paths(&env).run().join("state"), [0xa5; 100]).expect("the state"),
        _ => {}
    }
    let before = snapshot(&env);
    for payload in [stop("one"), stop("two"), r#"{"hook_event_name":"PermissionRequest"}"#.to_owned(), "{".to_owned()] {
        explain(&env, &payload);
    }
    assert_exit(&env.run(["explain", "--event", "task.error"]), 0);
    assert_exit(&env.run(["which", "task.complete"]), 0);
    assert_exit(&env.run(["config", "show"]), 0);
    assert_exit(&env.run(["config", "check"]), i32::from(world == "faulty"));
    assert_exit(&env.run(["status"]), 0);
    assert_exit(&env.run(["log"]), 0);
    let after = snapshot(&env);
    let names = |all: &BTreeMap<PathBuf, _>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for (path, was) in &before {
        assert!(was == &after[path], "{} changed", path.display());
    }
}

#[test]
fn status_of_a_new_world() {
    let env = TestEnv::new();
    let status = json_of(&env.run(["status", "--json"]));
    assert_keys(&status, &["version", "muted_until", "volume", "pack", "config", "speaker", "counters", "output"]);
    assert_keys(&status["config"], &["path", "ok", "problems"]);
    assert_keys(&status["speaker"], &["owner", "pending", "next_request"]);
    assert_keys(&status["output"], &["backend", "device", "server", "cooling_down_until"]);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&status["volume"], &status["pack"]), (&json!(70), &json!("herald")));
    assert_eq!(status["config"]["path"], json!(env.config_file()));
    assert_eq!((&status["config"]["ok"], &status["config"]["problems"]), (&json!(true), &json!([])));
    for nothing in [&status["muted_until"], &status["speaker"]["owner"], &status["speaker"]["pending"]] {
        assert!(nothing.is_null(), "{status}");
    }
    assert!(status["speaker"]["next_request"].is_u64());
    assert_exit(&env.run(["status"]), 0);
}

#[test]
fn status_counts_and_tells_who_waits() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    env.config("volume = 30\npack = [\"glass\", \"herald\"]\n");
    assert_eq!(herald.decide(&env, &stop("one")), pair("play", "ok"));
    let request = bench::occurrences(&env).pop().expect("it was just read")["request"].clone();
    let status = json_of(&env.run(["status", "--json"]));
    let pending = &status["speaker"]["pending"];
    assert_eq!((&pending["request"], &pending["event"]), (&request, &json!("task.complete")), "{status}");
    assert!(status["speaker"]["next_request"].as_u64() > request.as_u64(), "{status}");
    assert_eq!((&status["volume"], &status["pack"]), (&json!(30), &json!(["glass", "herald"])));

    herald.decide(&env, &stop("one"));
    herald.decide(&env, &stop("one"));
    herald.decide(&env, r#"{"hook_event_name":"SessionStart"}"#);
    let counters = json_of(&env.run(["status", "--json"]))["counters"].clone();
    let decisions = &counters["decisions"];
    assert_eq!((&decisions["ok"], &decisions["throttled"], &decisions["event-off"]), (&json!(1), &json!(2), &json!(1)));
}

#[test]
fn log_prints_the_journal() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    let none = env.run(["log", "--json"]);
    assert_exit(&none, 0);
    assert_eq!(out(&none), "");
    herald.decide(&env, &stop("one"));
    herald.decide(&env, &stop("one"));
    let all = env.run(["log", "--json"]);
    let lines: Vec<Value> = out(&all).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines, env.journal());
    for line in &lines {
        assert_keys(line, &["time", "kind", "agent", "agent_event", "event", "session", "decision", "reason"]);
        assert_keys(line, &["request", "took_us", "lock_us"]);
        assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
    }
    assert_eq!((&lines[0]["decision"], &lines[1]["decision"]), (&json!("play"), &json!("skip")));
    assert_eq!(out(&env.run(["log", "--json", "--last", "1"])).lines().count(), 1);
    assert_eq!(out(&env.run(["log", "--last", "0"])), "");
    assert!(out(&env.run(["log"])).lines().all(|line| line.contains("task.complete")));
}

/// The player on a machine without any output has a playback to tell of.
#[test]
fn a_playback_in_the_log_has_its_keys() {
    let env = TestEnv::new();
    assert_silent(&env.hook(stop("one")), "no sound server");
    env.wait_for_journal(|line| line["kind"] == "playback", support::PATIENCE);
    env.wait_for_players_to_end(support::PATIENCE);
    let lines = out(&env.run(["log", "--json"]));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of_kind = |kind: &str| lines.iter().find(|line| line["kind"] == kind).expect("a line of the kind");
    let playback = of_kind("playback");
    assert_keys(playback, &["time", "kind", "request", "event", "sound", "outcome", "reason", "first_sample_ms"]);
    assert_keys(playback, &["played_ms", "backend"]);
    assert_eq!((&playback["outcome"], &playback["event"]), (&json!("failed"), &json!("task.complete")));
    assert_eq!(playback["request"], of_kind("occurrence")["request"]);
    assert_keys(of_kind("speaker"), &["time", "kind", "request", "what"]);
    let status = json_of(&env.run(["status", "--json"]));
    assert_eq!(status["counters"]["outcomes"]["failed"], 1, "{status}");
}

#[rstest]
#[case::syntax("volume = 3\npack = = 3\n", "error", "2:1", &["joined by one ="])]
#[case::wrong_type("\nvolume = \"loud\"\n", "error", "2:10", &["\"loud\"", "allowed: a whole number from 0 to 100"])]
#[case::out_of_range("volume = 300\n", "error", "1:10", &["300", "from 0 to 100", "did you mean 100?"])]
#[case::unknown_word(
    "[speaker]\noverlap = \"que\"\n", "error", "2:11",
    &["\"que\"", "allowed: queue, replace, drop", "did you mean \"queue\"?"],
)]
#[case::no_unit("timeout = 3\n", "error", "1:11", &["3", "allowed: a duration", "did you mean \"3s\"?"])]
#[case::unknown_key("vlume = 3\n", "warning", "1:1", &["vlume", "allowed: volume, pack", "did you mean volume?"])]
#[case::unknown_table("[speeker]\nlead_in = \"1s\"\n", "warning", "1:2", &["speeker", "did you mean speaker?"])]
fn a_fault_is_told_with_its_place(
    #[case] toml: &str,
    #[case] severity: &str,
    #[case] place: &str,
    #[case] said: &[&str],
) {
    let env = TestEnv::new();
    env.config(toml);
    let output = env.run(["config", "check"]);
    assert_exit(&output, 1);
    let text = out(&output);
    assert!(text.starts_with(severity), "{text}");
    assert!(text.contains(&format!("{}:{place}\n", env.config_file().display())), "{place} is missing in:\n{text}");
    for part in said {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
    let output = env.run(["config", "check", "--json"]);
    assert_exit(&output, 1);
    let value = json_of(&output);
    assert_eq!(value["ok"], false);
    let problem = &value["problems"][0];
    assert_eq!(format!("{}:{}", problem["line"], problem["column"]), place, "{problem}");
    assert_eq!(problem["severity"], severity);
    let status = json_of(&env.run(["status", "--json"]));
    assert_eq!(status["config"]["ok"], false);
    assert_eq!(status["config"]["problems"], value["problems"]);
}

#[test]
fn a_file_that_is_fine_or_missing_is_no_problem() {
    let env = TestEnv::new();
    let output = env.run(["config", "check"]);
    assert_exit(&output, 0);
    assert!(out(&output).contains("does not exist"), "{}", out(&output));
    env.config("volume = 30\n[[rules]]\nmatch = { cwd = \"~/work/**\", agent = \"codex\" }\npack = \"quiet\"\n");
    let output = env.run(["config", "check"]);
    assert_exit(&output, 0);
    assert!(out(&output).contains("is fine"), "{}", out(&output));
    let value = json_of(&env.run(["config", "check", "--json"]));
    assert_eq!((&value["ok"], &value["problems"]), (&json!(true), &json!([])));
}

#[test]
fn config_path_is_where_the_file_belongs() {
    let mut env = TestEnv::new();
    assert_eq!(out(&env.run(["config", "path"])), format!("{}\n", env.config_file().display()));
    let value = json_of(&env.run(["config", "path", "--json"]));
    assert_eq!((&value["path"], &value["exists"]), (&json!(env.config_file()), &json!(false)));
    env.set("HERALD_CONFIG", env.home());
    assert_eq!(out(&env.run(["config", "path"])), format!("{}\n", env.home().join("config.toml").display()));
    env.unset("HERALD_CONFIG");
    let expected = env.home().join(".config/herald/config.toml");
    assert_eq!(out(&env.run(["config", "path"])), format!("{}\n", expected.display()));
}

#[test]
fn config_show_is_a_configuration() {
    let env = TestEnv::new();
    let shown = |env: &TestEnv| out(&env.run(["config", "show"]));
    let parsed = |text: &str| toml::from_str::<Value>(text).expect("TOML");
    let defaults = parsed(&shown(&env));
    assert_eq!((&defaults["volume"], &defaults["pack"]), (&json!(70), &json!("herald")));
    assert_eq!(defaults["timeout"], "10s");
    let speaker = &defaults["speaker"];
    assert_eq!((&speaker["overlap"], &speaker["min_audible"]), (&json!("queue"), &json!("150ms")));
    assert_eq!(json_of(&env.run(["config", "show", "--json"])), defaults);

    env.config(
        "volume = 20\n[speaker]\noverlap = \"drop\"\n[events.\"deploy.done\"]\nthrottle = \"0s\"\nvolume = 50
        sound = [\"builtin:task.complete\", \"pack:glass/complete\"]\n[[rules]]\nmatch = { agent = \"codex\" }\nvolume = 10\n",
    );
    let text = shown(&env);
    let own = parsed(&text);
    assert_eq!((&own["volume"], &own["speaker"]["overlap"]), (&json!(20), &json!("drop")));
    // What is shown, used as the file, is the same configuration.
    env.config(&text);
    let check = env.run(["config", "check"]);
    assert_exit(&check, 0);
    assert!(out(&check).contains("is fine"), "{}", out(&check));
    assert_eq!(parsed(&shown(&env)), own);
}

#[rstest]
#[case::syntax("[events.\"task.complete\"\nenabled = true\n")]
#[case::type_of_a_value("[events.\"task.complete\"]\nenabled = \"yes\"\n")]
#[case::elsewhere("volume = 300\n[events.\"task.complete\"]\nenabled = true\n")]
#[case::garbage("\u{0}\u{1}")]
fn a_faulty_file_never_unmutes(#[case] broken: &str) {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    env.config("[events.\"task.complete\"]\nenabled = false\n");
    assert_eq!(herald.decide(&env, &stop("one")), pair("skip", "event-off"));
    env.config(broken);
    for session in ["one", "two"] {
        assert_eq!(herald.decide(&env, &stop(session)), pair("skip", "event-off"));
    }
    let status = json_of(&env.run(["status", "--json"]));
    assert_eq!(status["config"]["ok"], false);
    assert!(!status["config"]["problems"].as_array().expect("a list").is_empty());
    assert_exit(&env.run(["config", "check"]), 1);
    env.config("[events.\"task.complete\"]\nenabled = true\n");
    assert_eq!(herald.decide(&env, &stop("one")), pair("play", "ok"), "and a good file holds again");
}

#[test]
fn a_full_journal_becomes_the_old_one_and_both_are_read() {
    let env = TestEnv::new();
    let herald = Front::with_stand_in(&env);
    let old = |n: u64| {
        json!({
            "time": "2026-01-01T00:00:00.000Z", "kind": "occurrence", "agent": "filler", "agent_event": "x",
            "event": "task.complete", "session": null, "decision": "skip", "reason": "throttled", "request": null,
            "took_us": n, "lock_us": 0,
        })
        .to_string()
    };
    let mut text = String::new();
    let mut count = 0;
    while (text.len() as u64) <= ROTATE_AT {
        text += &old(count);
        text.push('\n');
        count += 1;
    }
    let journal = paths(&env).journal();
    fs::write(&journal, &text).expect("the journal");
    fs::write(paths(&env).old_journal(), "{\"kind\":\"occurrence\",\"agent\":\"oldest\"}\n").expect("the old journal");
    herald.run(&env, &[], stop("one").as_bytes());
    assert!(fs::metadata(paths(&env).old_journal()).expect("the old journal").len() > ROTATE_AT);
    assert!(!journal.exists(), "a new one is begun with the next line");
    herald.run(&env, &[], stop("two").as_bytes());
    assert_eq!(fs::metadata(&journal).expect("the journal").permissions().mode() & 0o777, 0o600);

    let shown = env.run(["log", "--json"]);
    assert_exit(&shown, 0);
    let mut lines: Vec<Value> = out(&shown).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    // The second took the place of the first, which nobody plays here.
    lines.retain(|line| line["kind"] == "occurrence");
    assert_eq!(lines.len() as u64, count + 2, "there is one older file, not two");
    assert_eq!((&lines[0]["agent"], &lines[0]["took_us"]), (&json!("filler"), &json!(0)));
    assert!(lines[lines.len() - 2..].iter().all(|line| line["agent"] == "claude-code"), "the newest come last");
    let decisions = &json_of(&env.run(["status", "--json"]))["counters"]["decisions"];
    assert_eq!((&decisions["throttled"], &decisions["ok"]), (&json!(count), &json!(2)));
}

#[test]
fn nothing_that_was_said_is_kept() {
    const SECRET: &str = "hush-4711";
    let env = TestEnv::new();
    env.config("[events.\"task.start\"]\nenabled = true\n[events.\"session.start\"]\nenabled = true\n");
    let payload = |event: &str, rest: Value| {
        let mut payload = json!({ "hook_event_name": event, "session_id": format!("{SECRET} {event}") });
        payload.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        payload.to_string()
    };
    let payloads = [
        payload("Stop", json!({ "last_assistant_message": SECRET, "transcript_path": format!("/{SECRET}.jsonl") })),
        payload("UserPromptSubmit", json!({ "prompt": SECRET })),
        payload("PermissionRequest", json!({ "tool_name": "Bash", "tool_input": { "command": SECRET } })),
        payload("PreToolUse", json!({ "tool_name": "AskUserQuestion", "tool_input": { "questions": [SECRET] } })),
        payload("PostToolUseFailure", json!({ "tool_name": "Bash", "tool_input": {}, "error": SECRET })),
        payload("Notification", json!({ "message": SECRET, "title": SECRET })),
        payload("Notification", json!({ "message": SECRET, "notification_type": "permission_prompt" })),
        payload("StopFailure", json!({ "error": "server_error", "error_details": SECRET })),
        payload("SubagentStop", json!({ "last_assistant_message": SECRET, "agent_type": "Explore" })),
        payload("NobodyKnows", json!({ "prompt": SECRET, "command": SECRET, "answer": SECRET })),
        json!({
            "type": "agent-turn-complete", "thread-id": SECRET, "turn-id": SECRET, "cwd": "/project",
            "input-messages": [SECRET], "last-assistant-message": SECRET,
        })
        .to_string(),
        format!("{{\"hook_event_name\":\"Stop\",\"prompt\":\"{SECRET}"),
        SECRET.to_owned(),
    ];
    let commands = |payload: &str| {
        assert_silent(&env.hook(payload), payload);
        assert_silent(&env.hook_with(["--agent", "codex", payload], ""), payload);
        assert_silent(&env.hook_with(["--event", "task.complete", payload], ""), payload);
    };
    payloads.iter().for_each(|payload| commands(payload));
    env.wait_for_players_to_end(support::PATIENCE);
    assert!(env.journal().len() >= 3 * payloads.len());
    let mut files = 0;
    for (path, (_, _, _, content)) in snapshot(&env).into_iter().filter(|(path, _)| path.starts_with(env.state_dir())) {
        files += 1;
        let found = content.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!found, "{} keeps what was said: {}", path.display(), String::from_utf8_lossy(&content));
        assert!(!path.to_string_lossy().contains(SECRET));
    }
    assert!(files >= 5, "the state was looked at");
}

/// Every command that can print a colour.
const COLOURFUL: [&[&str]; 10] = [
    &["status"],
    &["stats"],
    &["doctor"],
    &["log"],
    &["config", "check"],
    &["config", "show"],
    &["which", "missing.wav"],
    &["explain", "--event", "task.complete"],
    &["play", "missing.wav"],
    &["play", "--frob"],
];

fn colourful_world() -> TestEnv {
    let env = TestEnv::new();
    env.config("volume = 300\nvlume = 3\n[quiet]\nhours = []\n");
    let herald = Front::with_stand_in(&env);
    herald.decide(&env, &stop("one"));
    herald.decide(&env, &stop("one"));
    env
}

#[test]
fn without_a_terminal_there_is_no_colour() {
    let mut env = colourful_world();
    for no_color in [false, true] {
        if no_color {
            env.set("NO_COLOR", "1");
            env.set("CLICOLOR_FORCE", "1");
        }
        for args in COLOURFUL {
            let output = env.run(args);
            assert!(!output.stdout.contains(&0x1b), "{args:?}: {}", out(&output));
            assert!(!output.stderr.contains(&0x1b), "{args:?}: {}", err(&output));
        }
    }
}

#[test]
fn on_a_terminal_there_is_colour_unless_it_is_not_wanted() {
    if find_program("script").is_err() {
        return report("skipped: script is not installed");
    }
    let mut env = colourful_world();
    env.set("TERM", "xterm-256color");
    let on_a_terminal = |env: &TestEnv, args: &[&str]| {
        let mut command = env.command("script");
        command.args(["-qec", &format!("'{}' {}", env!("CARGO_BIN_EXE_herald"), args.join(" ")), "/dev/null"]);
        env.finish(command, b"").stdout
    };
    for args in COLOURFUL.iter().filter(|args| args[..] != ["config", "show"]) {
        let text = on_a_terminal(&env, args);
        assert!(text.contains(&0x1b), "{args:?}: {}", String::from_utf8_lossy(&text));
    }
    env.set("NO_COLOR", "1");
    for args in COLOURFUL {
        let text = on_a_terminal(&env, args);
        assert!(!text.is_empty() && !text.contains(&0x1b), "{args:?}: {}", String::from_utf8_lossy(&text));
    }
}

/// What reads the journal must not wait for whoever would write into a pipe in its place.
#[test]
fn a_pipe_in_place_of_the_journal_is_an_error_and_no_wait() {
    let env = TestEnv::new();
    let journal = env.state_dir().join("journal.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&journal).status().expect("mkfifo").success());
    for command in ["log", "status"] {
        let output = env.run([command]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("not a regular file"), "{output:?}");
    }
}
