//! Silence that the user asks for: mutes, quiet hours, the volume, and projects that are trusted to turn Herald down.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use bench::{Front, last_decision, occurrences, pair, stop};
use rstest::rstest;
use serde_json::{Value, json};
use support::turn::Turn;
use support::{Depth, PATIENCE, StandIn, TestEnv, Tone, wait_for};

fn play() -> (String, String) {
    pair("play", "ok")
}

fn skip(reason: &str) -> (String, String) {
    pair("skip", reason)
}

fn asks(session: &str) -> String {
    json!({ "hook_event_name": "PermissionRequest", "session_id": session, "tool_name": "Bash" }).to_string()
}

fn stop_in(session: &str, cwd: &Path) -> String {
    json!({ "hook_event_name": "Stop", "session_id": session, "cwd": cwd }).to_string()
}

#[track_caller]
fn run(env: &TestEnv, args: &[&str]) -> String {
    let output = env.run(args);
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[track_caller]
fn json_of(env: &TestEnv, args: &[&str]) -> Value {
    let output = env.run(args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", said(&output)))
}

#[test]
fn what_is_muted_is_not_heard_however_urgent_until_it_is_unmuted() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    assert_eq!(run(&env, &["mute"]), "everything is mute; to end it: herald unmute\n");
    assert_eq!(front.decide(&env, &stop("one")), skip("muted"));
    assert_eq!(front.decide(&env, &asks("two")), skip("muted"));
    assert!(front.calls().is_empty(), "no player is started");
    assert!(run(&env, &["play", "task.complete"]).starts_with("task.complete was skipped: muted\n"));
    assert_eq!(json_of(&env, &["status", "--json"])["muted_until"], "9999-12-30T22:00:00.999999999Z");
    assert_eq!(run(&env, &["unmute"]), "everything is heard again\n");
    assert_eq!(front.decide(&env, &stop("one")), play(), "what was muted throttles nothing");
    assert_eq!(run(&env, &["unmute"]), "nothing is mute\n");
    assert_eq!(json_of(&env, &["status", "--json"])["muted_until"], Value::Null);
}

#[test]
fn a_mute_ends_by_itself() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let muted = json_of(&env, &["mute", "2s", "--json"]);
    let end: jiff::Timestamp = muted["muted_until"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    let mut number = 0;
    wait_for("the end of the mute", PATIENCE, || {
        number += 1;
        let before = jiff::Timestamp::now();
        let decision = front.decide(&env, &stop(&number.to_string()));
        match (before >= end, jiff::Timestamp::now() < end) {
            (_, true) => assert_eq!(decision, skip("muted")),
            (true, _) => assert_eq!(decision, play()),
            (false, false) => {}
        }
        (before >= end).then_some(())
    });
    assert!(number > 1, "it was mute at first");
    assert_eq!(json_of(&env, &["status", "--json"])["muted_until"], Value::Null);
}

#[test]
fn one_session_is_muted_by_its_id_or_by_what_the_log_calls_it() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    run(&env, &["mute", "1h", "--session", "noisy"]);
    assert_eq!(front.decide(&env, &stop("noisy")), skip("muted"));
    assert_eq!(front.decide(&env, &stop("other")), play());
    let short = bench::text(&occurrences(&env)[1], "session");
    run(&env, &["mute", "--session", &short]);
    assert_eq!(front.decide(&env, &asks("other")), skip("muted"));
    let status = json_of(&env, &["status", "--json"]);
    assert_eq!(status["muted_until"], Value::Null);
    assert!(
        status["muted_sessions"].as_array().is_some_and(|all| all.iter().any(|mute| mute["session"] == short.as_str()))
    );
    run(&env, &["unmute", "--session", "noisy"]);
    assert_eq!(front.decide(&env, &asks("noisy")), play());
    assert_eq!(front.decide(&env, &asks("other")), skip("muted"));
    run(&env, &["unmute"]);
    assert_eq!(front.decide(&env, &asks("other")), play(), "nothing is mute any more");
}

#[test]
fn a_human_who_insists_is_heard() {
    let env = TestEnv::new();
    env.config("quiet.hours = \"00:00-24:00\"\n");
    run(&env, &["mute"]);
    run(&env, &["play", "task.complete", "--force"]);
    let line = occurrences(&env).pop().expect("a line");
    assert_eq!((&line["decision"], &line["reason"]), (&json!("play"), &json!("forced")));
    env.wait_for_players_to_end(PATIENCE);
}

#[rstest]
#[case("", "herald mute 30m")]
#[case("30", "a unit is missing")]
#[case("until noon", "herald mute until 18:00")]
#[case("0s", "more than nothing")]
fn what_is_no_time_is_told_with_what_would_be(#[case] words: &str, #[case] says: &str) {
    let env = TestEnv::new();
    if words.is_empty() {
        assert!(run(&env, &["mute", "--help"]).contains("30m"));
        return;
    }
    let output = env.run(["mute"].into_iter().chain(words.split(' ')));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains(says), "{}", said(&output));
    assert_eq!(json_of(&env, &["status", "--json"])["muted_until"], Value::Null, "nothing was muted");
}

#[test]
fn a_damaged_list_of_mutes_stays_mute_until_somebody_says_otherwise() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    run(&env, &["mute", "1h"]);
    fs::write(env.state_dir().join("mutes"), "[{\"until\":").expect("a file");
    assert_eq!(front.decide(&env, &stop("one")), skip("muted"));
    assert!(run(&env, &["status"]).contains("herald unmute"));
    run(&env, &["unmute"]);
    assert_eq!(front.decide(&env, &stop("one")), play());
}

/// A world with a sound server, and a sound of three seconds for each of two events.
fn sounding() -> (TestEnv, StandIn, Turn) {
    let turn = Turn::take();
    let mut env = TestEnv::new();
    let server = StandIn::start();
    server.serve(&mut env);
    let sound = |name: &str, level| {
        let file = env.write(format!("{name}.wav"), Tone::constant(8000, level, 3000.0).wav(Depth::S16));
        format!("[events.\"{name}\"]\nsound = \"{}\"\n", file.display())
    };
    let toml = sound("task.complete", 0.25) + &sound("task.error", 0.25);
    env.config(&format!("volume = 100\nspeaker.normalize = false\nspeaker.min_audible = \"0s\"\n{toml}"));
    (env, server, turn)
}

#[test]
fn what_is_heard_and_what_waits_is_silenced_at_once() {
    let (env, server, _turn) = sounding();
    bench::assert_silent(&env.hook(stop("one")), "one");
    wait_for("the first to be heard", PATIENCE, || server.look(|record| record.first_heard(0)));
    bench::assert_silent(&env.hook(stop("two")), "two");
    let request = |number: usize| occurrences(&env)[number]["request"].clone();
    let (speaks, waits) = (request(0), request(1));
    run(&env, &["mute"]);
    let end_of =
        |id: &Value| env.wait_for_journal(|line| line["kind"] == "playback" && line["request"] == *id, PATIENCE);
    assert_eq!(end_of(&speaks)["outcome"], "superseded");
    assert!(end_of(&speaks)["played_ms"].as_f64().is_some_and(|ms| ms < 2900.0), "{}", end_of(&speaks));
    assert_eq!((&end_of(&waits)["outcome"], &end_of(&waits)["reason"]), (&json!("expired"), &json!("muted")));
    env.wait_for_players_to_end(PATIENCE);
    assert_eq!(server.look(|record| record.voices.len()), 1);
    // The next one is heard as ever, with an id of its own.
    run(&env, &["unmute"]);
    bench::assert_silent(&env.hook(stop("three")), "three");
    assert!(request(2).as_u64() > waits.as_u64());
    wait_for("the next to be heard", PATIENCE, || server.look(|record| record.first_heard(1)));
    run(&env, &["mute"]);
    env.wait_for_players_to_end(PATIENCE);
}

#[test]
fn only_the_session_that_is_muted_is_cut() {
    let (env, server, _turn) = sounding();
    bench::assert_silent(&env.hook(stop("one")), "one");
    wait_for("the first to be heard", PATIENCE, || server.look(|record| record.first_heard(0)));
    bench::assert_silent(&env.hook(stop("two")), "two");
    run(&env, &["mute", "--session", "one"]);
    wait_for("the other to be heard", PATIENCE, || server.look(|record| record.first_heard(1)));
    run(&env, &["mute", "--session", "another"]);
    let two = occurrences(&env)[1]["request"].clone();
    let end = env.wait_for_journal(|line| line["kind"] == "playback" && line["request"] == two, PATIENCE);
    assert_eq!(end["outcome"], "finished", "{end}");
}

#[test]
fn what_is_held_back_is_judged_by_the_silence_of_the_moment_it_is_due() {
    let env = TestEnv::new();
    let delayed = "[events.\"task.complete\"]\ndelay = \"600ms\"\n";
    env.config(delayed);
    bench::assert_silent(&env.hook(stop("one")), "one");
    assert_eq!(last_decision(&env), play());
    env.config(&format!("quiet.hours = \"00:00-24:00\"\n{delayed}"));
    let line = env.wait_for_journal(|line| line["kind"] == "speaker", PATIENCE);
    assert_eq!((&line["what"], &line["detail"]), (&json!("called-off"), &json!("task.complete: quiet-hours")));
    env.config(delayed);
    bench::assert_silent(&env.hook(stop("two")), "two");
    run(&env, &["mute"]);
    let muted = |line: &Value| line["detail"] == "task.complete: muted";
    env.wait_for_journal(muted, PATIENCE);
    env.wait_for_players_to_end(PATIENCE);
}

#[test]
fn quiet_hours_are_those_of_the_clock_here_with_their_exceptions() {
    let mut env = TestEnv::new();
    // A zone without a database: an hour before and after it is always another day or hour.
    env.set("TZ", "XYZ-5:30");
    let front = Front::with_stand_in(&env);
    let clock = |minutes: i64| {
        let zone = jiff::tz::TimeZone::posix("XYZ-5:30").expect("a rule");
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
        time.to_zoned(zone).strftime("%H:%M").to_string()
    };
    let hours = |from: i64, to: i64, more: &str| {
        env.config(&format!("[quiet]\nhours = \"{}-{}\"\n{more}", clock(from), clock(to)));
    };
    hours(-60, 60, "allow = [\"input.*\"]\n");
    assert_eq!(front.decide(&env, &stop("one")), skip("quiet-hours"));
    let idle = json!({ "hook_event_name": "Notification", "notification_type": "idle_prompt", "session_id": "idle" });
    assert_eq!(front.decide(&env, &idle.to_string()), play());
    assert!(run(&env, &["status"]).contains("quiet hours until "));
    let explained = json_of(&env, &["explain", "--event", "task.complete", "--json", "{}"]);
    assert_eq!((&explained["decision"], &explained["reason"]), (&json!("skip"), &json!("quiet-hours")));
    hours(60, 120, "");
    assert_eq!(front.decide(&env, &stop("one")), play());
    assert_eq!(json_of(&env, &["status", "--json"])["quiet_until"], Value::Null);
    hours(-120, -60, "");
    assert_eq!(front.decide(&env, &stop("two")), play());
}

#[test]
fn the_volume_is_written_without_touching_anything_else() {
    let env = TestEnv::new();
    assert_eq!(run(&env, &["volume"]), "70\n");
    env.config("# mine\nvolume = 33   # soft\n\n[events.bell]\nenabled = false # no\n");
    assert_eq!(run(&env, &["volume"]), "33\n");
    assert!(run(&env, &["volume", "+7"]).starts_with("volume 40  was 33; written to "));
    let text = fs::read_to_string(env.config_file()).expect("the file");
    assert_eq!(text, "# mine\nvolume = 40   # soft\n\n[events.bell]\nenabled = false # no\n");
    assert_eq!(json_of(&env, &["volume", "-10", "--json"]), json!({ "volume": 30, "before": 40 }));
    for wrong in ["101", "loud"] {
        let output = env.run(["volume", wrong]);
        assert!(output.status.code() == Some(1) && said(&output).contains("0 to 100"), "{}", said(&output));
    }
    env.config("volume = = 3\n");
    let output = env.run(["volume", "40"]);
    assert!(output.status.code() == Some(1) && said(&output).contains("herald config check"), "{}", said(&output));
    assert_eq!(fs::read_to_string(env.config_file()).expect("the file"), "volume = = 3\n");
}

/// A project with such a file, and a folder in it.
fn project(env: &TestEnv, text: &str) -> (PathBuf, PathBuf) {
    let below = env.path().join("project/src/deep");
    fs::create_dir_all(&below).expect("folders");
    let file = env.write("project/.herald.toml", text);
    (fs::canonicalize(file).expect("the file"), fs::canonicalize(below).expect("the folder"))
}

#[test]
fn a_project_has_a_say_once_it_is_trusted_and_only_as_it_was_then() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let (file, below) = project(&env, "volume = 50\n[events.\"task.complete\"]\nenabled = false\n");
    let path = file.to_str().expect("a name");
    assert_eq!(front.decide(&env, &stop_in("a", &below)), play(), "nobody trusts it");
    assert!(run(&env, &["trust", path]).contains("task.complete off"));
    assert_eq!(front.decide(&env, &stop_in("b", &below)), skip("rule"));
    assert_eq!(front.decide(&env, &stop_in("b", Path::new("/elsewhere"))), play());
    let explained = json_of(
        &env,
        &[
            "explain",
            "--json",
            &json!({ "hook_event_name": "StopFailure", "error": "x", "session_id": "c", "cwd": below }).to_string(),
        ],
    );
    assert_eq!((&explained["volume"], &explained["project"]), (&json!(35), &json!(path)), "{explained}");

    fs::write(&file, "volume = 100\n# changed\n").expect("the file");
    assert_eq!(front.decide(&env, &stop_in("d", &below)), play());
    let detail = bench::text(&occurrences(&env).pop().expect("a line"), "detail");
    assert!(detail.contains("changed since it was trusted"), "{detail}");
    assert_eq!(json_of(&env, &["trust", "--list", "--json"])[0]["now"], "changed");

    fs::write(&file, "enabled = false\n").expect("the file");
    let mut trust = env.herald();
    trust.arg("trust").current_dir(&below);
    assert!(env.finish(trust, b"").status.success(), "the nearest one above the working directory");
    assert_eq!(
        front.decide(&env, &asks("e").replace("\"session_id\"", &format!("\"cwd\":{},\"session_id\"", json!(below)))),
        skip("rule")
    );
    let mut untrust = env.herald();
    untrust.arg("untrust").current_dir(&below);
    assert!(said(&env.finish(untrust, b"")).contains("no longer trusted"));
    assert_eq!(front.decide(&env, &stop_in("f", &below)), play());
    assert_eq!(run(&env, &["trust", "--list"]), "no project is trusted\n");
}

#[test]
fn a_project_that_asks_for_too_much_is_refused_with_the_place() {
    let env = TestEnv::new();
    let (file, _) = project(&env, "volume = 50\n[events.bell]\nsound = \"./evil.wav\"\n");
    let output = env.run(["trust", file.to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    assert!(text.contains(".herald.toml:3:9") && text.contains("no files") && text.contains("not trusted"), "{text}");
    assert_eq!(run(&env, &["trust", "--list"]), "no project is trusted\n");
    for more in [
        "enabled = true\n",
        "volume = 101\n",
        "sound = \"/etc/passwd\"\n",
        "[output]\nserver = \"unix:/tmp/evil\"\n",
        "[link]\nsend_to = \"mqtt://evil.example.org\"\n",
        "[push]\nserver = \"https://evil.example.org\"\n",
        "[speaker]\noverlap = \"replace\"\n",
        "[[rules]]\nmatch = { event = \"*\" }\nenabled = true\n",
        "[events.bell]\npriority = \"urgent\"\n",
        "[events.bell]\nsound = \"https://evil.example.org/a.wav\"\n",
    ] {
        let (file, _) = project(&env, more);
        let output = env.run(["trust", file.to_str().expect("a name")]);
        assert!(output.status.code() == Some(1) && said(&output).contains("not trusted"), "{more}: {}", said(&output));
        assert_eq!(run(&env, &["trust", "--list"]), "no project is trusted\n", "{more}");
    }
    let output = env.run(["trust", env.home().to_str().expect("a name")]);
    assert!(said(&output).contains("there is no .herald.toml in "), "{}", said(&output));
}
