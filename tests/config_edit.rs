//! `herald config get`, `set`, `unset` and `edit` on real files: what changes, what stays, and what is refused.

#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Output, Stdio};

use herald::config::keys::{self, Kind};
use rstest::rstest;
use serde_json::Value;
use support::{TestEnv, find_program, or_skip};

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs `herald config`, which must do as it was told.
#[track_caller]
fn done(env: &TestEnv, args: &[&str]) -> String {
    let output = env.run([&["config"], args].concat());
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{args:?}");
    out(&output)
}

/// Runs `herald config`, which must refuse, print nothing else, and leave the file as it is.
#[track_caller]
fn refused(env: &TestEnv, args: &[&str]) -> String {
    let before = fs::read(env.config_file()).ok();
    let output = env.run([&["config"], args].concat());
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{args:?}");
    assert_eq!(fs::read(env.config_file()).ok(), before, "{args:?}");
    err(&output)
}

fn file(env: &TestEnv) -> String {
    String::from_utf8(fs::read(env.config_file()).expect("a file")).expect("UTF-8")
}

/// A file with everything that an edit could lose.
const MINE: &str = "\u{feff}# mine\r\n\r\nvolume = 70   # not too loud\r\n\r\n# who speaks\r\n[speaker] # s\r\noverlap = 'queue'\r\n\r\n\
                    # own\r\n[events.\"deploy.done\"]\r\nsound = [\r\n  \"builtin:bell\", # one\r\n]\r\n# the end";

#[rstest]
#[case::value(&["set", "volume", "50"], "volume = 70   #", "volume = 50   #")]
#[case::percent(&["set", "volume", "50%"], "volume = 70   #", "volume = 50   #")]
#[case::word(&["set", "speaker.overlap", "replace"], "overlap = 'queue'", "overlap = \"replace\"")]
#[case::new_at_the_top(&["set", "timeout", "5s"], "not too loud\r\n", "not too loud\r\ntimeout = \"5s\"\r\n")]
#[case::new_in_a_table(&["set", "speaker.lead_in", "1s"], "'queue'\r\n", "'queue'\r\nlead_in = \"1s\"\r\n")]
#[case::new_in_an_event(&["set", "events.deploy.done.volume", "9"], "]\r\n# the end", "]\r\nvolume = 9\r\n# the end")]
#[case::new_table(&["set", "events.task.complete.enabled", "off"], "# the end", "# the end\r\n\r\n[events.\"task.complete\"]\r\nenabled = false\r\n")]
#[case::list(&["set", "events.deploy.done.sound", "pack:a/b", "builtin:bell"], "[\r\n  \"builtin:bell\", # one\r\n]", "[\"pack:a/b\", \"builtin:bell\"]")]
#[case::same_as_before(&["set", "speaker.overlap", "queue"], "", "")]
#[case::taken_out(&["unset", "volume"], "volume = 70   # not too loud\r\n", "")]
#[case::table_taken_out(&["unset", "speaker"], "[speaker] # s\r\noverlap = 'queue'\r\n", "")]
#[case::not_there(&["unset", "timeout"], "", "")]
fn one_key_changes_and_every_other_byte_stays(#[case] args: &[&str], #[case] old: &str, #[case] new: &str) {
    let env = TestEnv::new();
    env.config(MINE);
    done(&env, args);
    assert_eq!(file(&env), MINE.replacen(old, new, 1));
}

#[test]
fn a_file_that_is_no_utf_8_is_left_alone_to_the_byte() {
    let env = TestEnv::new();
    // As an editor writes it that knows Latin-1 only.
    let latin = b"# f\xfcr J\xf6rg\n[events.bell]\nsound = \"/home/j\xf6rg/x.wav\"\n";
    fs::write(env.config_file(), latin).expect("a file");
    assert!(refused(&env, &["set", "volume", "50"]).contains("UTF-8"));
    assert!(refused(&env, &["unset", "events.bell.sound"]).contains("UTF-8"));
}

#[test]
fn every_key_is_set_told_and_taken_out_again() {
    const BASE: &str = "[quiet]\nhours = \"01:00-02:00\"\n\n[[rules]]\nmatch = {}\nenabled = true\n";
    let env = TestEnv::new();
    let tables = [
        ("", keys::ROOT),
        ("speaker.", keys::SPEAKER),
        ("quiet.", keys::QUIET),
        ("events.bell.", keys::EVENT),
        ("rules[0].", keys::RULE),
        ("rules[0].match.", keys::MATCH),
    ];
    let mut count = 0;
    for (prefix, table) in tables {
        for key in table.iter().filter(|key| !key.example.is_empty() && !matches!(key.kind, Kind::Table(_))) {
            let name = format!("{prefix}{}", key.name);
            env.config(BASE);
            // Some of the examples are files that aren't there, which is told.
            let output = env.run(["config", "set", &name, key.example]);
            assert_eq!(output.status.code(), Some(0), "{name}: {}", err(&output));
            let told: Value = serde_json::from_str(&done(&env, &["get", &name, "--json"])).expect("JSON");
            let meant: toml::Table = toml::from_str(&format!("v = {}", key.example)).expect("TOML");
            let meant = serde_json::to_value(&meant["v"]).expect("JSON");
            // Paths are told whole.
            let same = told == meant || told.to_string().contains("done.wav") || told.to_string().contains("/work/");
            assert!(same, "{name}: {told} is not {meant}");
            done(&env, &["unset", &name]);
            // A table that was made for it stays.
            let rest = ["speaker", "events.bell"]
                .iter()
                .fold(file(&env), |text, name| text.replace(&format!("\n[{name}]\n"), ""));
            if !["rules[0].enabled", "quiet.hours"].contains(&name.as_str()) {
                assert_eq!(rest.trim_start(), BASE, "{name}");
            }
            count += 1;
        }
    }
    assert!(count >= 25, "{count}");
}

#[test]
fn where_there_is_no_file_it_is_made_with_its_folders() {
    let mut env = TestEnv::new();
    let file = env.path().join("new/folder/config.toml");
    env.set("HERALD_CONFIG", &file);
    assert!(done(&env, &["unset", "volume"]).starts_with("volume was not set"));
    assert!(!file.exists());
    done(&env, &["set", "volume", "50"]);
    assert_eq!(fs::read_to_string(&file).expect("a file"), "volume = 50\n");
    let names: Vec<_> = fs::read_dir(file.parent().expect("a folder")).expect("a folder").flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_link_stays_a_link_and_a_mode_stays() {
    let env = TestEnv::new();
    let real = env.write("dotfiles/herald.toml", "volume = 1\n");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).expect("a mode");
    symlink("dotfiles/herald.toml", env.config_file()).expect("a link");
    done(&env, &["set", "volume", "2"]);
    assert!(fs::symlink_metadata(env.config_file()).expect("it").is_symlink());
    assert_eq!(fs::read_to_string(&real).expect("a file"), "volume = 2\n");
    assert_eq!(fs::metadata(&real).expect("it").permissions().mode() & 0o777, 0o600);
}

#[rstest]
#[case::too_loud(&["set", "volume", "170"], &["volume must be 0 to 100", "config.toml:2:10", "did you mean 100?"])]
#[case::below_zero(&["set", "volume", "-5"], &["volume must be 0 to 100", "2 | volume = -5"])]
#[case::no_unit(&["set", "timeout", "5"], &["timeout must be a text with a unit", "did you mean \"5s\"?"])]
#[case::no_such_word(&["set", "speaker.overlap", "mix"], &["overlap can't be \"mix\"", "allowed: queue, replace, drop"])]
#[case::no_sound(&["set", "events.bell.sound", "complete"], &["did you mean \"builtin:task.complete\"?"])]
#[case::no_event(&["set", "events.a b.volume", "3"], &["can't be the name of an event"])]
#[case::mistyped(&["set", "volumne", "5"], &["volumne is not a key", "did you mean volume?", "allowed: volume, pack"])]
#[case::mistyped_unset(&["unset", "speaker.overlp"], &["did you mean speaker.overlap?"])]
#[case::mistyped_get(&["get", "overlap"], &["did you mean speaker.overlap?"])]
#[case::a_table(&["set", "speaker", "drop"], &["speaker is a table", "speaker.overlap"])]
#[case::no_such_rule(&["set", "rules[3].volume", "5"], &["there is no rules[3] in it"])]
#[case::no_such_rule_told(&["get", "rules[3]"], &["there is no rules[3]", "herald config get rules"])]
#[case::not_set(&["get", "events.bell.sound"], &["is not set: the pack's sound is played"])]
#[case::unknown_event(&["get", "events.deploy.nothing"], &["none of Herald's events"])]
#[case::several_for_one(&["set", "volume", "1", "2"], &["volume must be a whole number from 0 to 100, not a list"])]
fn what_would_be_a_fault_is_refused_with_a_remedy(#[case] args: &[&str], #[case] told: &[&str]) {
    let env = TestEnv::new();
    env.config("# mine\nvolume = 33\n");
    let said = refused(&env, args);
    for part in told {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(said.starts_with("herald: "), "{said}");
}

#[test]
fn a_faulty_file_is_left_alone_unless_the_change_mends_it() {
    let env = TestEnv::new();
    env.config("volume = 170\n");
    let said = refused(&env, &["set", "timeout", "5s"]);
    assert!(said.contains("1:10: volume must be 0 to 100") && said.contains("herald config check"), "{said}");
    done(&env, &["set", "volume", "70"]);
    assert_eq!(file(&env), "volume = 70\n");
    env.config("volume = 170\ntimeout = \"5s\"\n");
    done(&env, &["unset", "volume"]);
    assert_eq!(file(&env), "timeout = \"5s\"\n");
    // What isn't TOML nobody can edit but a person.
    env.config("volume = 70\npack = \"a\n");
    assert!(refused(&env, &["set", "pack", "herald"]).contains("2:8: this is not TOML: this quote is never closed"));
}

#[test]
fn what_can_not_be_written_is_told_with_the_way_out() {
    let env = TestEnv::new();
    env.config("volume = 1\n");
    fs::set_permissions(env.config_file(), fs::Permissions::from_mode(0o444)).expect("a mode");
    assert!(refused(&env, &["set", "volume", "2"]).contains("it is read-only"));
    fs::remove_file(env.config_file()).expect("it was there");

    symlink("nowhere.toml", env.config_file()).expect("a link");
    for args in [&["set", "volume", "2"][..], &["unset", "volume"], &["edit"]] {
        let said = refused(&env, args);
        assert!(said.contains("link that leads nowhere"), "{args:?}: {said}");
    }
    fs::remove_file(env.config_file()).expect("it was there");

    fs::create_dir_all(env.config_file().join("config.toml")).expect("a folder");
    for args in [&["set", "volume", "2"][..], &["unset", "volume"]] {
        let said = refused(&env, args);
        assert!(said.contains("it is a directory") && said.contains("put a file in its place"), "{args:?}: {said}");
    }
    assert!(refused(&env, &["edit"]).contains("is no file"));

    let mut env = TestEnv::new();
    let taken = env.write("taken", "a file");
    env.set("HERALD_CONFIG", taken.join("config.toml"));
    for args in [&["set", "volume", "2"][..], &["edit"]] {
        let said = refused(&env, args);
        assert!(said.contains("taken/config.toml") && said.contains("hint: "), "{args:?}: {said}");
    }
}

#[test]
fn what_is_doubtful_is_written_and_told() {
    let env = TestEnv::new();
    let output = env.run(["config", "set", "events.task.completed.volume", "3"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(err(&output).contains("did you mean \"task.complete\"?"), "{}", err(&output));
    let output = env.run(["config", "set", "events.bell.sound", "ding.wav"]);
    assert!(err(&output).contains("there is no sound file"), "{}", err(&output));
    env.write("ding.wav", "");
    assert_eq!(done(&env, &["set", "events.bell.sound", "ding.wav"]).lines().count(), 1);
    let checked = out(&env.run(["config", "check"]));
    assert!(!checked.contains("no sound file"), "{checked}");
}

#[test]
fn values_are_told_plainly_for_scripts_and_whole_for_people() {
    let env = TestEnv::new();
    env.config(
        "pack = [\"a\", \"b\"]\n[events.bell]\nvolume = 3\n[[rules]]\nmatch = { agent = \"codex\" }\nenabled = false\n",
    );
    assert_eq!(done(&env, &["get", "pack"]), "a\nb\n");
    assert_eq!(done(&env, &["get", "speaker.overlap"]), "queue\n");
    assert_eq!(done(&env, &["get", "events.bell.volume"]), "3\n");
    assert_eq!(done(&env, &["get", "events.input.permission.priority"]), "urgent\n");
    assert_eq!(done(&env, &["get", "events", "--json"]), "{\"bell\":{\"volume\":3}}\n");
    assert_eq!(done(&env, &["get", "rules[0].enabled"]), "false\n");
    assert!(done(&env, &["get", "rules"]).starts_with("[[rules]]\n"));
    for table in ["speaker", "events.bell", "rules[0]"] {
        let told = done(&env, &["get", table]);
        assert!(toml::from_str::<toml::Table>(&told).is_ok_and(|table| !table.is_empty()), "{table}: {told}");
    }
}

#[test]
fn an_editor_is_opened_on_a_file_that_explains_itself_and_the_file_is_checked_afterwards() {
    let mut env = TestEnv::new();
    // Arguments and quotes in the variable are the shell's business.
    env.set("EDITOR", "sed -i -e 's/^#volume = 70$/volume = 44/'");
    let said = done(&env, &["edit"]);
    assert!(said.starts_with("made ") && said.ends_with("config.toml is fine\n"), "{said}");
    assert_eq!(done(&env, &["get", "volume"]), "44\n");
    assert!(file(&env).contains("#:schema ./herald.schema.json"));

    // VISUAL goes before EDITOR; a fault is told, and what holds meanwhile.
    env.set("VISUAL", "sed -i -e 's/^volume = 44$/volume = 444/'");
    let output = env.run(["config", "edit"]);
    assert_eq!(output.status.code(), Some(1));
    let said = out(&output);
    assert!(said.contains("did you mean 100?") && said.contains("until it is mended"), "{said}");
    assert!(!said.contains("[Y/n]"), "nobody is there to answer: {said}");

    for (editor, told) in [("false", "ended with exit status: 1"), ("no-such-editor -w", "there is no editor")] {
        env.set("VISUAL", editor);
        let output = env.run(["config", "edit"]);
        assert_eq!(output.status.code(), Some(1), "{editor}");
        assert!(err(&output).contains(told) && err(&output).contains("hint: "), "{editor}: {}", err(&output));
    }
    // Without any of both, the first that is installed.
    env.unset("VISUAL");
    env.unset("EDITOR");
    let bin = env.write("bin/editor", "#!/bin/sh\nsed -i -e 's/444/55/' \"$1\"\n");
    fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = format!("{}:/usr/bin:/bin", env.path().join("bin").display());
    env.set("PATH", path);
    if find_program("sensible-editor").is_err() {
        done(&env, &["edit"]);
        assert_eq!(done(&env, &["get", "volume"]), "55\n");
    }
    env.set("PATH", env.path().join("nothing"));
    let output = env.run(["config", "edit"]);
    assert!(err(&output).contains("there is no editor") && err(&output).contains("EDITOR=nano"), "{}", err(&output));
}

#[test]
fn on_a_terminal_a_faulty_file_is_offered_again() {
    let Some(script) = or_skip(find_program("script")) else { return };
    let mut env = TestEnv::new();
    env.config("volume = 70\n");
    // First it makes a fault, then it mends it.
    env.set("EDITOR", "sed -i -e 's/^volume = 700$/volume = 50/;t' -e 's/^volume = 70$/volume = 700/'");
    let mut command = env.command(script);
    let herald = format!("{} config edit", env!("CARGO_BIN_EXE_herald"));
    command.args(["--quiet", "--return", "--command", &herald, "/dev/null"]).stdin(Stdio::piped());
    let output = env.finish(command, b"y\n");
    let said = out(&output);
    assert!(said.contains("Edit it again? [Y/n]") && said.contains("config.toml is fine"), "{said}");
    assert!(output.status.success(), "{said}");
    assert_eq!(file(&env), "volume = 50\n");
}
