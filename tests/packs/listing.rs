//! What is there, what it holds, and what is wrong with it.

use std::fs;

use rstest::rstest;
use serde_json::{Value, json};

use super::world::{OWN, assert_fits, assortment, cesp, err, json_of, out, refused, said};
use crate::support::TestEnv;

fn row<'a>(rows: &'a Value, name: &str, nth: usize) -> &'a Value {
    let mut rows = rows.as_array().unwrap().iter().filter(|row| row["name"] == name);
    rows.nth(nth).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn every_pack_of_every_place_is_listed_with_what_it_covers() {
    let env = assortment();
    env.config("pack = [\"glass\", \"xdg:calm\"]\n[[rules]]\nmatch = { agent = \"codex\" }\npack = \"worker\"\n");
    let rows = json_of(&env, &["pack", "list", "--json"]);
    let names: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["herald", "quiet", "broken", "glass", "quiet", "robot", "robot", "worker", "xdg:calm"]);
    assert_eq!(row(&rows, "herald", 0)["kind"], "builtin");
    assert_eq!(row(&rows, "herald", 0)["events"].as_array().unwrap().len(), 21);
    let robot = row(&rows, "robot", 0);
    assert_eq!(
        robot["events"],
        json!(["task.complete", "command.success", "subagent.complete", "background.complete", "user.spam"])
    );
    assert_eq!(
        (&robot["sounds"], &robot["title"], &robot["license"]),
        (&json!(3), &json!("The robot"), &json!("CC0-1.0"))
    );
    assert_eq!(robot["path"], json!(env.data_dir().join("packs/robot")));
    assert_eq!(
        row(&rows, "worker", 0)["events"],
        json!(["input.required", "input.permission", "input.question", "input.idle"])
    );
    assert_eq!(row(&rows, "glass", 0)["events"], json!(["bell"]));
    assert_eq!(row(&rows, "xdg:calm", 0)["events"], json!(["task.complete", "command.success", "background.complete"]));
    assert!(row(&rows, "broken", 0)["fault"].as_str().unwrap().starts_with("openpeon.json"));
    let active = |key: &str| {
        names
            .iter()
            .zip(rows.as_array().unwrap())
            .filter(|(_, row)| row[key] == true)
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
    };
    assert_eq!((active("active"), active("in_rules")), (vec!["glass", "xdg:calm"], vec!["worker"]));
}

#[test]
fn a_pack_behind_another_of_its_name_is_listed_as_hidden_and_by_whom() {
    let env = assortment();
    env.config("pack = [\"robot\", \"quiet\"]\n");
    let rows = json_of(&env, &["pack", "list", "--json"]);
    assert_eq!(row(&rows, "robot", 0)["hidden_by"], Value::Null);
    assert_eq!(row(&rows, "robot", 1)["hidden_by"], row(&rows, "robot", 0)["path"]);
    assert_eq!(row(&rows, "quiet", 1)["hidden_by"], "builtin");
    for (name, nth, active) in [("robot", 0, true), ("robot", 1, false), ("quiet", 0, true), ("quiet", 1, false)] {
        assert_eq!(row(&rows, name, nth)["active"], active, "{name} {nth}");
    }
    let text = said(&env, &["pack", "list"]);
    assert!(text.contains("hidden by ") && text.contains("hidden: a built-in pack has this name"), "{text}");
}

#[test]
fn the_list_fits_a_terminal_and_marks_what_is_in_use() {
    let env = assortment();
    env.config("pack = \"glass\"\n[[rules]]\nmatch = { agent = \"codex\" }\npack = \"worker\"\n");
    let text = said(&env, &["pack", "list"]);
    assert_fits(&text);
    let line = |name: &str| text.lines().find(|line| line[2..].starts_with(name)).unwrap();
    assert!(
        line("glass ").starts_with('*') && line("worker").starts_with('+') && line("herald").starts_with(' '),
        "{text}"
    );
    assert!(line("broken").starts_with('!') && line("xdg:calm").starts_with(' '), "{text}");
    assert!(line("worker").ends_with("~/.openpeon/packs/worker"), "{text}");
    assert!(text.contains("in use: glass; then the built-in herald"), "{text}");
    let wide = said(&env, &["pack", "list", "--events"]);
    assert_fits(&wide);
    assert!(wide.contains("task.complete command.success"), "{wide}");
}

#[test]
fn a_pack_tells_of_itself_and_of_the_files_of_each_event() {
    let env = assortment();
    fs::remove_file(env.data_dir().join("packs/robot/sounds/fine.wav")).unwrap();
    let text = said(&env, &["pack", "info", "robot"]);
    assert_fits(&text);
    for expected in [
        "The robot\n",
        "version  1.2.0",
        "author  Somebody",
        "licence  CC0-1.0",
        "1 error, 0 warnings; see: herald pack check robot",
        "sounds/good.wav",
        "This is good.wav",
        "sounds/fine.wav is missing",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let json = json_of(&env, &["pack", "info", "robot", "--json"]);
    assert_eq!((&json["errors"], &json["warnings"], &json["version"]), (&json!(1), &json!(0), &json!("1.2.0")));
    let files = json["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(files[0]["label"], "This is good.wav");
    assert_eq!(
        files[0]["events"],
        json!(["task.complete", "command.success", "subagent.complete", "background.complete"])
    );
    assert_eq!((&files[1]["path"], &files[1]["fault"]), (&Value::Null, &json!("is missing")));
    assert!(said(&env, &["pack", "info", "quiet"]).contains("built in"));
    assert!(said(&env, &["pack", "info", "xdg:calm"]).contains("Calm\n"));
    let glass = said(&env, &["pack", "info", "glass"]);
    assert!(glass.contains("bell\n  bell-2.wav\n  bell.wav\nfor no event of Herald's\n  laser.wav\n"), "{glass}");
}

#[rstest]
#[case::near("robto", "did you mean robot?")]
#[case::theme("xdg:clam", "did you mean xdg:calm?")]
#[case::far("zzzzzz", "herald pack list")]
#[case::hostile("../robot", "there is no pack")]
fn a_pack_that_is_not_there_is_refused_with_what_was_meant(#[case] name: &str, #[case] expected: &str) {
    let env = assortment();
    for args in [
        &["pack", "info", name][..],
        &["pack", "use", name],
        &["sounds", name],
        &["pack", "remove", name],
        &["pack", "use", "--session", "s", name],
    ] {
        let said = refused(&env, args);
        assert!(said.contains(expected) && said.contains("hint:"), "{args:?}: {said}");
    }
    assert!(!env.config_file().exists());
}

#[test]
fn a_check_names_every_fault_and_fails_on_errors_alone() {
    let env = assortment();
    let all = env.run(["pack", "check"]);
    assert_eq!(all.status.code(), Some(1));
    let text = out(&all);
    assert_fits(&text);
    for expected in [
        "✗ broken",
        "error    openpeon.json: is not JSON",
        "! glass",
        "warning  laser.wav: is named after no event",
        "✓ robot",
        "1 error",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    said(&env, &["pack", "check", "glass"]);
    said(&env, &["pack", "check", "robot"]);
    said(&env, &["pack", "check", "herald"]);
    said(&env, &["pack", "check", "xdg:calm"]);
    assert_eq!(env.run(["pack", "check", "broken"]).status.code(), Some(1));
    let rows = json_of(&env, &["pack", "check", "glass", "--json"]);
    assert_eq!((&rows[0]["kind"], &rows[0]["ok"]), (&json!("folder"), &json!(true)));
    assert_eq!(
        (&rows[0]["faults"][0]["severity"], &rows[0]["faults"][0]["file"]),
        (&json!("warning"), &json!("laser.wav"))
    );
}

#[test]
fn any_directory_can_be_checked_before_it_is_installed() {
    let env = assortment();
    cesp(&env, "work", "fresh", &[("task.complete", &["a.wav"])]);
    said(&env, &["pack", "check", "fresh"]);
    fs::write(env.work_dir().join("fresh/sounds/a.wav"), "this is no sound, but long enough to be taken for one")
        .unwrap();
    let output = env.run(["pack", "check", "./fresh"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("sounds/a.wav: does not contain what its name says"), "{}", out(&output));
    assert!(refused(&env, &["pack", "check", "./gone.zip"]).contains("herald pack add ./gone.zip"));
}

#[test]
fn the_directory_one_stands_in_can_be_checked_whatever_kind_of_pack_it_is() {
    let env = assortment();
    for (pack, kind) in [("data/packs/robot", "cesp"), ("data/packs/glass", "folder"), ("share/sounds/calm", "theme")] {
        let mut command = env.herald();
        command.args(["pack", "check", ".", "--json"]).current_dir(env.path().join(pack));
        let rows: Value = serde_json::from_slice(&env.finish(command, b"").stdout).unwrap();
        assert_eq!((&rows[0]["kind"], &rows[0]["ok"]), (&json!(kind), &json!(true)), "{rows}");
    }
}

#[test]
fn a_sound_that_cannot_be_decoded_is_an_error_also_of_a_pack_nobody_hears() {
    let env = assortment();
    let Some(_) = env.player() else { return };
    // Behind the user's own pack of the same name.
    fs::write(env.home().join(".openpeon/packs/robot/sounds/other.wav"), super::content::WAV).unwrap();
    let rows = json_of(&env, &["pack", "check", "--json"]);
    let hidden = row(&rows, "robot", 1);
    assert_eq!((&hidden["ok"], &hidden["decoded"]), (&json!(false), &json!(true)), "{hidden}");
    assert_eq!(hidden["faults"][0]["file"], "sounds/other.wav");
    assert_eq!(row(&rows, "robot", 0)["ok"], true);
}

#[test]
fn what_strangers_wrote_does_not_command_the_terminal() {
    let env = TestEnv::new();
    let name = "a\x1b]0;x\x07\u{202e}";
    env.write("data/packs/evil/sounds/a.wav", super::content::WAV);
    let manifest = json!({ "cesp_version": name, "name": name, "display_name": name, "version": name, "description": name, "author": { "name": name },
        "categories": { "task.complete": { "sounds": [{ "file": "sounds/a.wav", "label": name }, { "file": name, "label": name }] }, name: { "sounds": [] } } });
    env.write("data/packs/evil/openpeon.json", manifest.to_string());
    env.write(format!("data/packs/glass/bell{name}.wav"), super::content::WAV);
    for args in [
        &["pack", "list"][..],
        &["pack", "info", "evil"],
        &["pack", "check", "evil"],
        &["pack", "check", "glass"],
        &["sounds", "evil"],
        &["sounds", "glass"],
    ] {
        let output = env.run(args);
        let text = out(&output) + &err(&output);
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{args:?}: {text:?}");
    }
}

/// The front alone, with a program beside it that answers as the player does, or doesn't.
fn beside(env: &TestEnv, player: Option<&str>) -> std::path::PathBuf {
    let herald = env.path().join("bin/herald");
    fs::create_dir_all(herald.parent().unwrap()).unwrap();
    let real = env!("CARGO_BIN_EXE_herald");
    fs::hard_link(real, &herald).or_else(|_| fs::copy(real, &herald).map(drop)).unwrap();
    if let Some(script) = player {
        // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
        let mut command = env.command("sh");
        command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(env.path().join("bin/herald-player"));
        assert!(env.finish(command, script.as_bytes()).status.success());
    }
    herald
}

const ANSWERS: &str = r#"#!/bin/sh
[ "$1" = inspect ] || exit 9
tr '\0' '\n' | while read -r place; do
    case $place in
        */fine.wav) echo '{"place":"x","fault":"has no samples in it"}' ;;
        builtin:quiet/*) echo '{"place":"x","format":"wav","codec":"pcm_s16","rate":48000,"channels":2,"length_ms":500.0,"loudness_lufs":-23.04,"peak_dbtp":-9.5}' ;;
        /*) echo '{"place":"x","format":"ogg","length_ms":812.3,"loudness_lufs":null}' ;;
    esac
done
"#;

#[test]
fn the_sounds_of_a_pack_have_length_level_and_format_as_the_player_tells() {
    let env = assortment();
    let herald = beside(&env, Some(ANSWERS));
    let run = |args: &[&str]| {
        let mut command = env.command(&herald);
        command.args(args);
        env.finish(command, b"")
    };
    let text = out(&run(&["sounds", "robot"]));
    assert_fits(&text);
    assert!(text.contains("task.complete          0.81         ogg     sounds/good.wav  This is good.wav"), "{text}");
    assert!(text.contains("sounds/fine.wav: has no samples in it"), "{text}");
    let quiet = out(&run(&["sounds", "quiet"]));
    assert!(quiet.contains("0.50  -23.0  wav"), "{quiet}");
    let rows: Value = serde_json::from_slice(&run(&["sounds", "robot", "--json"]).stdout).unwrap();
    assert_eq!(
        (&rows[0]["pack"], &rows[0]["id"], &rows[0]["heard"]["length_ms"]),
        (&json!("robot"), &json!("task.complete"), &json!(812.3))
    );
    assert_eq!((&rows[1]["fault"], &rows[0]["fault"]), (&json!("has no samples in it"), &Value::Null));
    let check = run(&["pack", "check", "robot"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(out(&check).contains("error    sounds/fine.wav: has no samples in it"), "{}", out(&check));
}

#[rstest]
#[case::none(None)]
#[case::one_that_fails(Some("#!/bin/sh\nexit 1\n"))]
#[case::one_that_knows_nothing_of_it(Some("#!/bin/sh\necho what?\n"))]
#[case::one_that_ends_early(Some("#!/bin/sh\necho '{\"length_ms\": 1}'\n"))]
fn without_a_player_that_tells_the_sounds_are_listed_all_the_same(#[case] player: Option<&str>) {
    let env = assortment();
    let mut command = env.command(beside(&env, player));
    command.args(["sounds", "robot"]);
    let output = env.finish(command, b"");
    assert!(output.status.success());
    assert_eq!(out(&output).lines().count(), 4, "{}", out(&output));
    assert!(
        err(&output).starts_with("without length, level and format: herald-player could not be asked"),
        "{}",
        err(&output)
    );
}

#[test]
fn without_a_name_the_sounds_in_use_are_listed_pack_by_pack() {
    let env = assortment();
    env.config("pack = [\"glass\", \"gone\"]\n");
    let rows = json_of(&env, &["sounds", "--json"]);
    let of = |pack: &str| rows.as_array().unwrap().iter().filter(|row| row["pack"] == pack).count();
    assert_eq!((of("glass"), of("gone"), of("herald")), (3, 0, 21));
    assert_fits(&said(&env, &["sounds"]));
}

#[test]
fn a_preview_renders_each_sound_of_a_pack_once() {
    let env = assortment();
    let Some(_) = env.player() else { return };
    let tone = env.path().join("tone.wav");
    crate::support::Tone::sine(48_000, 440.0, 50.0).write_wav(&tone);
    for file in ["good.wav", "fine.wav", "stop.wav"] {
        fs::copy(&tone, env.data_dir().join("packs/robot/sounds").join(file)).unwrap();
    }
    let file = env.path().join("out.wav");
    let text = said(&env, &["preview", "robot", "--render", file.to_str().unwrap()]);
    assert!(text.contains("wrote 3 sounds"), "{text}");
    cesp(&env, OWN, "none", &[("task.complete", &[])]);
    assert!(refused(&env, &["preview", "none"]).contains("neither an event nor a pack with a sound in it"));
}
