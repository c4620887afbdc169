//! What is held back: heard when it is due, never where its session went on, and never lost.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;

use std::time::Duration;

use rustix::process::{Signal, pidfd_send_signal};
use serde_json::{Value, json};

use bench::{occurrences, paths};
use herald::speaker::Speaker;
use support::stand_in::{Record, boot_us};
use support::turn::Turn;
use support::{Depth, PATIENCE, StandIn, TestEnv, Tone, wait_for};

/// Of Codex' questions for permission.
const DELAY: Duration = Duration::from_millis(1500);

/// What a busy machine may add.
const BUSY: Duration = Duration::from_millis(700);

struct World {
    env: TestEnv,
    server: StandIn,
    _turn: Turn,
}

impl World {
    fn new() -> Self {
        let turn = Turn::take();
        let mut env = TestEnv::new();
        let server = StandIn::start();
        server.serve(&mut env);
        let sound = |name: &str, level| {
            let file = env.write(format!("{name}.wav"), Tone::constant(8000, level, 100.0).wav(Depth::S16));
            format!("[events.\"{name}\"]\nsound = \"{}\"\n", file.display())
        };
        let toml = sound("input.permission", 0.25) + &sound("task.complete", 0.5);
        env.config(&format!("volume = 100\nspeaker.normalize = false\n{toml}"));
        Self { env, server, _turn: turn }
    }

    /// One hook of Codex; what the journal says of it.
    fn codex(&self, event: &str, fields: &Value) -> Value {
        let mut payload = json!({ "hook_event_name": event, "session_id": "s", "turn_id": "t" });
        for (key, value) in fields.as_object().into_iter().flatten() {
            payload[key] = value.clone();
        }
        let before = occurrences(&self.env).len();
        bench::assert_silent(&self.env.hook_with(["--agent", "codex"], payload.to_string()), event);
        occurrences(&self.env).get(before).cloned().unwrap_or_default()
    }

    fn asks(&self) -> Value {
        self.codex("PermissionRequest", &json!({ "tool_name": "Bash" }))
    }

    fn speaker_lines(&self, what: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == "speaker" && line["what"] == what).collect()
    }

    /// The one process that waits until something is due.
    fn keeper(&self) -> u32 {
        wait_for("a keeper", PATIENCE, || match self.env.player_pids()[..] {
            [pid] => Some(pid),
            _ => None,
        })
    }

    fn is_held_back(&self) -> bool {
        let state = Speaker::peek(&paths(&self.env).run()).expect("the run directory");
        state.is_some_and(|(state, _)| !state.deferred.is_empty())
    }
}

/// When each of the sounds was first heard, and at which level.
fn heard(record: &Record) -> Vec<(u64, f32)> {
    let voices = record.voices.iter().enumerate();
    voices.filter_map(|(number, voice)| Some((record.first_heard(number)?, voice.level))).collect()
}

#[test]
fn a_question_that_nobody_answers_is_heard_after_its_delay() {
    let world = World::new();
    let asked = boot_us();
    let line = world.asks();
    assert_eq!((&line["decision"], &line["reason"], &line["request"]), (&"play".into(), &"ok".into(), &Value::Null));
    assert_eq!(line["detail"], "held back for 1500 ms");
    let end = world.env.wait_for_journal(|line| line["kind"] == "playback", PATIENCE);
    assert_eq!((&end["outcome"], &end["event"]), (&"finished".into(), &"input.permission".into()));
    let (at, level) = world.server.look(heard)[0];
    let waited = Duration::from_micros(at - asked);
    assert!(waited >= DELAY && waited < DELAY + BUSY, "{waited:?}");
    assert!((level - 0.25).abs() < 0.01, "{level}");
    let due = world.speaker_lines("due");
    assert_eq!(due.len(), 1);
    assert_eq!(due[0]["request"], end["request"]);
    world.env.wait_for_players_to_end(PATIENCE);
}

#[test]
fn a_question_that_is_answered_is_never_heard_and_leaves_nobody_behind() {
    let world = World::new();
    world.asks();
    assert!(world.is_held_back());
    world.codex("PostToolUse", &json!({ "tool_name": "Bash", "tool_response": "Exit code: 0" }));
    assert!(!world.is_held_back());
    world.env.wait_for_players_to_end(PATIENCE);
    assert_eq!(world.speaker_lines("called-off").len(), 1);
    assert!(world.speaker_lines("due").is_empty());
    assert_eq!(world.server.look(|record| record.connections), 0);
    // It counts as never heard.
    world.asks();
    let end = world.env.wait_for_journal(|line| line["kind"] == "playback", PATIENCE);
    assert_eq!(end["outcome"], "finished");
}

#[test]
fn something_else_is_heard_at_once_meanwhile_and_the_question_after_it() {
    let world = World::new();
    world.asks();
    let line = world.codex("Stop", &json!({ "session_id": "another" }));
    assert_eq!(line["reason"], "ok", "{line}");
    wait_for("both", PATIENCE, || (world.server.look(|record| heard(record).len()) == 2).then_some(()));
    let levels: Vec<f32> = world.server.look(heard).iter().map(|(_, level)| (level * 4.0).round() / 4.0).collect();
    assert_eq!(levels, [0.5, 0.25]);
}

#[test]
fn a_keeper_that_is_killed_is_replaced_by_the_next_hook() {
    let world = World::new();
    world.asks();
    let keeper = world.env.player_handle(world.keeper()).expect("the keeper");
    pidfd_send_signal(&keeper, Signal::KILL).expect("the keeper is there");
    world.env.wait_for_players_to_end(PATIENCE);
    assert!(world.is_held_back());
    world.codex("Stop", &json!({ "session_id": "another" }));
    let asks = |line: &Value| line["kind"] == "playback" && line["event"] == "input.permission";
    assert_eq!(world.env.wait_for_journal(asks, PATIENCE)["outcome"], "finished");
    world.env.wait_for_players_to_end(PATIENCE);
}

#[test]
fn status_shows_what_is_held_back_and_doctor_finds_it_a_keeper() {
    let world = World::new();
    world.asks();
    let json = |args: &[&str]| -> Value {
        let output = world.env.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    };
    let held = &json(&["status", "--json"])["speaker"]["held_back"];
    assert_eq!((&held[0]["event"], &held[0]["delay_ms"]), (&"input.permission".into(), &1500.into()), "{held}");
    let text = world.env.run(["status"]).stdout;
    assert!(String::from_utf8_lossy(&text).contains("held back  input.permission since "), "{text:?}");

    let keeper = world.env.player_handle(world.keeper()).expect("the keeper");
    pidfd_send_signal(&keeper, Signal::KILL).expect("the keeper is there");
    world.env.wait_for_players_to_end(PATIENCE);
    let checks = json(&["doctor", "--json"]);
    let pending = checks.as_array().into_iter().flatten().find(|check| check["check"] == "pending");
    let detail = pending.map(|check| check["detail"].to_string()).unwrap_or_default();
    assert!(detail.contains("a keeper was started"), "{checks}");
    let end = world.env.wait_for_journal(|line| line["kind"] == "playback", PATIENCE);
    assert_eq!((&end["event"], &end["outcome"]), (&"input.permission".into(), &"finished".into()));
}

#[test]
fn without_a_player_nothing_is_held_back_for_ever() {
    let env = TestEnv::new();
    let front = bench::Front::without_player(&env);
    let payload = r#"{"hook_event_name":"PermissionRequest","session_id":"s","tool_name":"Bash"}"#;
    front.run(&env, &["--agent", "codex"], payload.as_bytes());
    let line = occurrences(&env).pop().expect("a line");
    assert_eq!((&line["decision"], &line["reason"]), (&"skip".into(), &"no-player".into()));
    let (state, _) = Speaker::peek(&paths(&env).run()).expect("the run directory").expect("a state");
    assert!(state.deferred.is_empty());
}
