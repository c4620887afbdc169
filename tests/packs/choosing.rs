//! Which packs are played, by everybody and in one session; and packs that go.

use std::fs;
use std::os::unix::fs::symlink;

use rstest::rstest;
use serde_json::{Value, json};

use super::world::{assortment, err, json_of, refused, said, tree};
use crate::support::TestEnv;

fn config(env: &TestEnv) -> String {
    fs::read_to_string(env.config_file()).unwrap()
}

#[test]
fn a_choice_is_written_into_the_configuration_and_every_other_byte_stays() {
    let env = assortment();
    env.config("# mine\r\nvolume = 40 # not too loud\r\npack = 'glass'   # for now\r\n\r\n[events.bell]\r\nenabled = false\r\n");
    let text = said(&env, &["pack", "use", "robot", "xdg:calm"]);
    assert!(text.contains("pack = [\"robot\", \"xdg:calm\"]"), "{text}");
    assert_eq!(
        config(&env),
        "# mine\r\nvolume = 40 # not too loud\r\npack = [\"robot\", \"xdg:calm\"]   # for now\r\n\r\n[events.bell]\r\nenabled = false\r\n"
    );
    said(&env, &["pack", "use", "quiet"]);
    assert!(config(&env).contains("pack = \"quiet\"   # for now"));
    assert!(said(&env, &["pack", "use", "quiet"]).contains("was so already"));
    assert_eq!(json_of(&env, &["which", "bell", "--json"])["sound"]["pack"], "quiet");
}

#[test]
fn where_there_is_no_configuration_one_is_made() {
    let mut env = assortment();
    env.set("HERALD_CONFIG", env.path().join("new/folder/config.toml"));
    said(&env, &["pack", "use", "robot"]);
    assert_eq!(fs::read_to_string(env.path().join("new/folder/config.toml")).unwrap(), "pack = \"robot\"\n");
}

#[test]
fn a_linked_configuration_stays_a_link_and_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = assortment();
    let real = env.write("dotfiles/herald.toml", "volume = 40\n");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, env.config_file()).unwrap();
    said(&env, &["pack", "use", "robot"]);
    assert!(fs::symlink_metadata(env.config_file()).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "volume = 40\npack = \"robot\"\n");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

#[rstest]
#[case::no_toml("pack = [")]
#[case::wrong_value("volume = 170\n")]
fn a_faulty_configuration_is_left_alone_and_the_way_out_is_told(#[case] text: &str) {
    let env = assortment();
    env.config(text);
    let said = refused(&env, &["pack", "use", "robot"]);
    assert!(said.contains("has faults") && said.contains("herald config check"), "{said}");
    assert_eq!(config(&env), text);
}

#[test]
fn a_pack_of_which_nothing_can_be_played_is_chosen_with_a_warning() {
    let env = assortment();
    let output = env.run(["pack", "use", "broken"]);
    assert!(output.status.success());
    assert!(err(&output).contains("nothing of broken can be played: openpeon.json"), "{}", err(&output));
}

// Sessions

fn explained(env: &TestEnv, session: &str, event: &str) -> Value {
    let mut command = env.herald();
    command.args(["explain", "--agent", "claude-code", "--json"]);
    let payload = json!({ "hook_event_name": event, "session_id": session, "cwd": "/p" }).to_string();
    serde_json::from_slice(&env.finish(command, payload.as_bytes()).stdout).unwrap()
}

#[test]
fn a_session_plays_its_own_packs_first_and_no_other_session_does() {
    let env = assortment();
    env.config("pack = \"quiet\"\n");
    let before = config(&env);
    let text = said(&env, &["pack", "use", "robot", "glass", "--session", "mine"]);
    assert!(text.contains("session mine plays robot, glass first"), "{text}");
    assert_eq!(config(&env), before);
    let mine = explained(&env, "mine", "Stop");
    assert_eq!(
        (&mine["sound"]["pack"], &mine["tried"].as_array().unwrap().last().unwrap()["rung"]),
        (&json!("robot"), &json!("session"))
    );
    assert_eq!(explained(&env, "other", "Stop")["sound"]["pack"], "quiet");
    for (session, pack) in [("mine", "robot"), (mine["session"].as_str().unwrap(), "robot"), ("other", "quiet")] {
        assert_eq!(json_of(&env, &["which", "task.complete", "--session", session, "--json"])["sound"]["pack"], pack);
    }
    // What its own packs don't have comes from where it always came from.
    let start = explained(&env, "mine", "SessionStart");
    assert_eq!(start["sound"]["pack"], "quiet");
    let tried: Vec<&str> = start["tried"].as_array().unwrap().iter().map(|row| row["rung"].as_str().unwrap()).collect();
    assert!(tried.starts_with(&["session", "session"]) && tried.last() == Some(&"pack"), "{tried:?}");
}

#[test]
fn a_session_is_named_by_its_short_hash_too_and_can_be_undone() {
    let env = assortment();
    let short = explained(&env, "mine", "Stop")["session"].as_str().unwrap().to_owned();
    said(&env, &["pack", "use", "robot", "--session", &short]);
    assert_eq!(explained(&env, "mine", "Stop")["sound"]["pack"], "robot");
    assert!(
        said(&env, &["pack", "use", "--session", "mine", "--default"]).contains("what the configuration says again")
    );
    assert_eq!(explained(&env, "mine", "Stop")["sound"]["pack"], "herald");
    assert!(said(&env, &["pack", "use", "--session", "mine", "--default"]).contains("had no packs of its own"));
}

#[test]
fn a_session_whose_pack_is_gone_falls_through() {
    let env = assortment();
    said(&env, &["pack", "use", "robot", "--session", "mine"]);
    fs::remove_dir_all(env.data_dir().join("packs/robot")).unwrap();
    fs::remove_dir_all(env.home().join(".openpeon/packs/robot")).unwrap();
    let mine = explained(&env, "mine", "Stop");
    assert_eq!(mine["sound"]["pack"], "herald");
    assert_eq!(
        mine["tried"][0],
        json!({ "rung": "session", "candidate": "robot", "found": false, "why": "there is no such pack" })
    );
}

#[test]
fn the_player_plays_what_the_session_was_given() {
    let env = assortment();
    let Some(_) = env.player() else { return };
    said(&env, &["pack", "use", "robot", "--session", "mine"]);
    env.hook(json!({ "hook_event_name": "Stop", "session_id": "mine", "cwd": "/p" }).to_string());
    // There is no output here, and no samples in the file: what was found is written down all the same.
    let line = env.wait_for_journal(|line| line["kind"] == "playback", crate::support::PATIENCE);
    let line = line.to_string();
    assert!(line.contains("good.wav") || line.contains("fine.wav") || line.contains("no-audio"), "{line}");
}

#[rstest]
#[case(&["pack", "use"])]
#[case(&["pack", "use", "--default"])]
#[case(&["pack", "use", "robot", "--default", "--session", "s"])]
fn half_a_wish_is_wrong_usage(#[case] args: &[&str]) {
    assert_eq!(assortment().run(args).status.code(), Some(2));
}

// Removing

#[test]
fn a_pack_that_was_added_goes_whole_and_nothing_else_does() {
    let env = assortment();
    env.config("pack = \"glass\"\n");
    let before = tree(&env, "data");
    let output = env.run(["pack", "remove", "glass"]);
    assert!(output.status.success());
    assert!(err(&output).contains("the configuration still names glass"), "{}", err(&output));
    let kept: Vec<_> = before.into_iter().filter(|(path, _)| !path.contains("/glass/")).collect();
    assert_eq!(tree(&env, "data"), kept);
    assert_eq!(fs::read_dir(env.data_dir().join("packs")).unwrap().count(), 3, "nothing is left aside");
    assert!(refused(&env, &["pack", "remove", "glass"]).contains("there is no pack \"glass\""));
}

#[rstest]
#[case::built_in("herald", "built in")]
#[case::built_in_though_a_folder_has_its_name("quiet", "built in")]
#[case::somebody_elses("worker", "is not Herald's to remove")]
#[case::of_the_system("xdg:calm", "is not Herald's to remove")]
#[case::way_out("..", "there is no pack")]
#[case::in_part("rob", "did you mean robot?")]
fn what_is_not_heralds_stays(#[case] name: &str, #[case] why: &str) {
    let env = assortment();
    let all = || ["data", "home", "share"].map(|folder| tree(&env, folder));
    let before = all();
    let said = refused(&env, &["pack", "remove", name]);
    assert!(said.contains(why), "{said}");
    assert_eq!(all(), before);
}

#[test]
fn the_pack_behind_a_removed_one_takes_its_place() {
    let env = assortment();
    env.config("pack = \"robot\"\n");
    let output = env.run(["pack", "remove", "robot"]);
    assert!(err(&output).contains("~/.openpeon/packs/robot takes its place"), "{}", err(&output));
    assert_eq!(json_of(&env, &["which", "task.error", "--json"])["sound"]["pack"], "robot");
}

#[test]
fn a_linked_pack_is_unlinked_and_what_it_leads_to_stays() {
    let env = assortment();
    env.write("elsewhere/bell.wav", super::content::WAV);
    symlink(env.path().join("elsewhere"), env.data_dir().join("packs/linked")).unwrap();
    said(&env, &["pack", "remove", "linked"]);
    assert!(env.path().join("elsewhere/bell.wav").exists());
    assert!(!env.data_dir().join("packs/linked").exists());
}

#[test]
fn what_a_killed_removal_left_is_no_pack_and_is_swept_by_the_next() {
    let env = assortment();
    let left = env.write("data/packs/.removed-1-old/bell.wav", super::content::WAV);
    let names = json_of(&env, &["pack", "list", "--json"]).to_string();
    assert!(!names.contains("removed-1"), "{names}");
    said(&env, &["pack", "remove", "glass"]);
    assert!(!left.exists());
}
