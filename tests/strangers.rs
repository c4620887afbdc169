//! What strangers say, leave lying about or put on the path does nothing but what `docs/security.md` says.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::process::Command;

use bench::{Front, report, stop};
use serde_json::{Value, json};
use support::{TestEnv, document};

/// Another user's number.
const NOBODY: u32 = 65_534;

/// An escape sequence by two ways, a new line of the journal's, a deleted character, a turned reading direction.
const STEERING: &str = "x\u{1b}]0;title\u{7}\u{9b}31m\n{\"kind\":\"playback\"}\r\u{7f}\u{202e}\u{2066}";

/// What a terminal would obey, but for the ends of lines.
fn steers(text: &str) -> Option<char> {
    let is_direction =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    text.chars().find(|&c| (c.is_control() && c != '\n') || is_direction(c))
}

#[test]
fn what_a_stranger_says_is_one_line_and_steers_no_terminal() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    env.config("[events.\"tool.error\"]\nenabled = true\n");
    let payload = json!({
        "hook_event_name": "PostToolUseFailure", "session_id": STEERING, "tool_name": STEERING, "cwd": STEERING,
        "tool_input": { "command": format!("git {STEERING}") }, "error": STEERING, "message": STEERING,
    });
    let odd = json!({ "hook_event_name": STEERING, "session_id": STEERING, "agent": STEERING });
    let named = ["--agent", STEERING, "--event", STEERING];
    for (count, (args, payload)) in [(&[][..], &payload), (&[][..], &odd), (&named[..], &odd)].into_iter().enumerate() {
        front.run(&env, args, payload.to_string().as_bytes());
        let journal = fs::read_to_string(env.state_dir().join("journal.jsonl")).expect("text");
        assert_eq!(journal.lines().count(), count + 1, "{journal}");
        assert!(journal.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{journal}");
        assert_eq!(steers(&journal), None, "{journal:?}");
    }
    for args in [
        &["log"][..],
        &["log", "--json"],
        &["status"],
        &["status", "--json"],
        &["stats"],
        &["stats", "--by", "agent", "--json"],
        &["agents"],
        &["agents", "--json"],
        &["explain"],
        &["explain", "--json"],
        &["explain", "--agent", STEERING, "--event", STEERING],
        &["explain", "--json", "--agent", STEERING, "--event", STEERING],
        &["which", STEERING],
        &["which", STEERING, "--json"],
        &["play", STEERING],
        &["log", "--session", STEERING],
        &["config", "get", STEERING],
        &["pack", "info", STEERING],
        &["pack", "info", STEERING, "--json"],
    ] {
        let mut command = env.command(&front.herald);
        command.args(args);
        let output = env.finish(command, payload.to_string().as_bytes());
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        assert_eq!(steers(&said), None, "{args:?}: {said:?}");
    }
}

#[test]
fn nothing_on_the_path_is_run_but_the_player_beside_it() {
    let mut env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let folder = env.path().join("path");
    let mark = env.path().join("was-run");
    for name in [
        "herald",
        "herald-player",
        "herald-pack",
        "herald-link",
        "sh",
        "bash",
        "env",
        "paplay",
        "pw-play",
        "aplay",
        "pactl",
        "dbus-launch",
        "dbus-daemon",
        "git",
        "tmux",
        "ssh",
        "systemctl",
        "loginctl",
        "xdg-open",
        "evil",
    ] {
        let file = env.write(folder.join(name), format!("#!/bin/sh\necho {name} >> '{}'\n", mark.display()));
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
    let evil = folder.join("evil").display().to_string();
    env.set("PATH", &folder);
    for name in
        ["SHELL", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "SUDO_ASKPASS", "HERALD_LOG", "HERALD_PLAYER"]
    {
        env.set(name, &evil);
    }
    for (name, scheme) in [("DBUS_SESSION_BUS_ADDRESS", "unixexec:path="), ("PULSE_SERVER", "exec:")] {
        env.set(name, format!("{scheme}{evil}"));
    }
    env.config("[speaker]\nskip_when = [\"microphone-in-use\", \"screen-locked\", \"do-not-disturb\"]\n");
    front.run(&env, &[], stop("a").as_bytes());
    let program = json!({ "hook_event_name": "PermissionRequest", "session_id": evil, "tool_name": "Bash", "cwd": folder,
        "tool_input": { "command": evil } });
    front.run(&env, &["--agent", "codex"], program.to_string().as_bytes());
    for args in [&["play", "bell"][..], &["status"], &["log"], &["mute", "1h"], &["unmute"], &["explain"], &["sounds"]]
    {
        let mut command = env.command(&front.herald);
        command.args(args);
        env.finish(command, stop("b").as_bytes());
    }
    front.wait_for_calls(2);
    // The real one asks the desktop and the sound server by the addresses that would start a program.
    if let Some(mut player) = env.player() {
        player.arg("alone").arg("00");
        env.finish(player, b"");
        env.run(["play", "bell", "--wait"]);
    }
    assert!(!mark.exists(), "{}", fs::read_to_string(&mark).unwrap_or_default());
}

/// The hash that names a copy.
fn hash_of(bytes: &[u8]) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(bytes))
}

#[test]
fn records_of_somebody_else_are_not_believed() {
    if herald::platform::effective_user() != 0 {
        return report("skipped: only root can give files away");
    }
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let settings = env.write("home/.claude/settings.json", "{}\n");
    assert!(env.run(["install", "claude-code"]).status.success());
    // A way back to something else, as its owner could write it where the folder is open to others.
    let bait = b"{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"evil\"}]}]}}\n";
    let record = env.state_dir().join("installed.json");
    let mut known: Value = serde_json::from_slice(&fs::read(&record).expect("a record")).expect("JSON");
    known["files"][0]["before"] = json!(hash_of(bait));
    fs::write(&record, known.to_string()).expect("a record");
    let copy = env.write(env.state_dir().join("backups").join(hash_of(bait)), bait);
    for theirs in [&record, &copy] {
        chown(theirs, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    assert!(env.run(["uninstall", "claude-code"]).status.success());
    let text = fs::read_to_string(&settings).expect("text");
    assert!(!text.contains("evil"), "{text}");

    // And the proof that it would have been written: by its owner's own record it is.
    assert!(env.run(["install", "claude-code"]).status.success());
    fs::write(&record, known.to_string()).expect("a record");
    env.write(env.state_dir().join("backups").join(hash_of(bait)), bait);
    for ours in [&record, &copy] {
        chown(ours, Some(0), Some(0)).expect("root may");
    }
    assert!(env.run(["uninstall", "claude-code"]).status.success());
    assert!(fs::read_to_string(&settings).expect("text").contains("evil"));

    // Who is mute, and what is trusted.
    assert!(env.run(["mute", "1h"]).status.success());
    env.write("work/.herald.toml", "enabled = false\n");
    assert!(env.run(["trust"]).status.success());
    for name in ["mutes", "trusted"] {
        chown(env.state_dir().join(name), Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    let here = json!({ "hook_event_name": "Stop", "session_id": "c", "cwd": env.work_dir() });
    assert_eq!(front.decide(&env, &here.to_string()), bench::pair("play", "ok"));
}

#[test]
fn settings_of_another_user_are_left_alone() {
    if herald::platform::effective_user() != 0 {
        return report("skipped: only root can give files away");
    }
    let env = TestEnv::new();
    let config = env.write("config.toml", "volume = 10\n");
    let claude = env.write("home/.claude/settings.json", "{\"a\": 1}\n");
    for file in [&config, &claude] {
        chown(file, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    for args in [&["volume", "20"][..], &["config", "unset", "volume"], &["install", "claude-code"]] {
        let output = env.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("belongs to another user"), "{args:?}: {said}");
    }
    assert_eq!(fs::read_to_string(&config).expect("text"), "volume = 10\n");
    assert_eq!(fs::read_to_string(&claude).expect("text"), "{\"a\": 1}\n");
    assert_eq!((fs::metadata(&config).expect("it").uid(), fs::metadata(&claude).expect("it").uid()), (NOBODY, NOBODY));
}

#[test]
fn a_link_in_the_place_of_a_lock_or_a_new_file_is_not_followed() {
    let env = TestEnv::new();
    let victim = env.write("victim", "precious\n");
    let missing = env.path().join("made-by-nobody");
    fs::create_dir_all(env.home().join(".claude")).expect("a folder");
    fs::create_dir_all(env.data_dir().join("packs")).expect("a folder");
    for target in [&victim, &missing] {
        for (link, args) in [
            (env.state_dir().join("mutes.lock"), &["mute", "1h"][..]),
            (env.state_dir().join("install.lock"), &["install", "claude-code"]),
            (env.state_dir().join(".mutes.herald-new"), &["mute", "2h"]),
            (env.state_dir().join(".installed.json.herald-new"), &["install", "claude-code"]),
            (env.home().join(".claude/.settings.json.herald-new"), &["install", "claude-code"]),
            (env.path().join(".config.toml.herald-new"), &["volume", "30"]),
            (env.state_dir().join("journal.jsonl"), &["play", "bell"]),
            (env.data_dir().join("packs/.lock"), &["pack", "add", "no-such-folder"]),
        ] {
            let _ = fs::remove_file(&link);
            symlink(target, &link).expect("a link");
            env.run(args);
            let _ = fs::remove_file(&link);
            assert!(!missing.exists(), "{args:?} by {}", link.display());
            assert_eq!(fs::read_to_string(&victim).expect("text"), "precious\n", "{args:?} by {}", link.display());
            assert_eq!(fs::metadata(&victim).expect("it").mode() & 0o777, 0o644, "{args:?}");
            let _ = fs::remove_file(env.home().join(".claude/settings.json"));
        }
    }
}

#[test]
fn every_dependency_comes_from_the_registry_with_its_hash() {
    let lock: toml::Table = toml::from_str(&document::file("Cargo.lock")).expect("TOML");
    let packages = lock["package"].as_array().expect("packages");
    assert!(packages.len() > 100);
    for package in packages {
        let word = |key: &str| package.get(key).and_then(toml::Value::as_str);
        if word("name") == Some("herald") {
            assert!(word("source").is_none(), "{package}");
            continue;
        }
        assert_eq!(word("source"), Some("registry+https://github.com/rust-lang/crates.io-index"), "{package}");
        assert!(word("checksum").is_some_and(|hash| hash.len() == 64), "{package}");
    }
    let manifest = document::file("Cargo.toml");
    assert!(!manifest.contains("path = \"../") && !manifest.contains("git = \""), "a dependency from elsewhere");
    assert!(!document::here("build.rs").exists() && !manifest.contains("\nbuild = "), "a build script of ours");
}

#[test]
fn what_may_come_in_is_said() {
    let rules: toml::Table = toml::from_str(&document::file("deny.toml")).expect("TOML");
    let word =
        |table: &str, key: &str| rules[table].get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    for (table, key) in
        [("sources", "unknown-registry"), ("sources", "unknown-git"), ("bans", "wildcards"), ("advisories", "yanked")]
    {
        assert_eq!(word(table, key), "deny", "{table}.{key}");
    }
    let licenses = rules["licenses"]["allow"].as_array().expect("a list");
    assert!(
        !licenses
            .iter()
            .any(|license| license.as_str().is_some_and(|it| it.starts_with("GPL") || it.starts_with("AGPL")))
    );
    for exception in rules["advisories"].get("ignore").and_then(toml::Value::as_array).into_iter().flatten() {
        assert!(exception.get("reason").is_some(), "without a reason: {exception}");
    }
}

/// Where code may panic a program carries the path of its source, with the library's name.
#[test]
fn the_front_needs_none_of_the_others_libraries() {
    let all =
        ["libasound.so", "/symphonia-", "/rodio-", "/zbus-", "/rumqttc-", "/tokio-1", "/rustls-", "/ureq-", "/zip-"];
    let holds = |program: &str| {
        let mut grep = Command::new("grep");
        grep.args(["--only-matching", "--text", "--fixed-strings"]);
        for name in all {
            grep.args(["-e", name]);
        }
        let found = grep.arg(program).output().expect("grep").stdout;
        String::from_utf8(found).expect("names")
    };
    assert_eq!(holds(env!("CARGO_BIN_EXE_herald")), "");
    // It would be found.
    if let Some(player) = option_env!("CARGO_BIN_EXE_herald-player") {
        assert!(holds(player).contains("/symphonia-"));
    }
}
