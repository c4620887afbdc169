//! The stand-in for a sound server, proven with the real programs before anything is judged by it.

#![cfg(target_os = "linux")]

mod support;

use std::time::Duration;

use support::stand_in::{Fault, Since};
use support::{Depth, PATIENCE, StandIn, TestEnv, Tone, wait_for};

/// A world whose events `e.0`, `e.1`, … are sounds of one value each.
fn world(server: &StandIn, levels: &[(f64, f64)]) -> TestEnv {
    let mut env = TestEnv::new();
    server.serve(&mut env);
    let mut toml = String::from("volume = 100\nspeaker.normalize = false\n");
    for (n, (level, ms)) in levels.iter().enumerate() {
        let sound = env.write(format!("e{n}.wav"), Tone::constant(8000, *level, *ms).wav(Depth::S16));
        toml += &format!("[events.\"e.{n}\"]\nsound = \"{}\"\nthrottle = \"0s\"\n", sound.display());
    }
    env.config(&toml);
    env
}

fn ends(env: &TestEnv) -> Vec<(String, String)> {
    let word = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let journal = env.journal().into_iter().filter(|line| line["kind"] == "playback");
    journal.map(|line| (word(&line, "outcome"), word(&line, "reason"))).collect()
}

#[test]
fn it_hears_every_frame_of_a_sound_and_knows_whose_it_is() {
    let server = StandIn::start_with(|| 7);
    let env = world(&server, &[(0.5, 250.0), (0.25, 100.0)]);
    for n in 0..2 {
        assert!(env.run(["play", &format!("e.{n}"), "--wait"]).status.success(), "{:?}", env.journal());
    }
    env.wait_for_players_to_end(PATIENCE);
    let record = server.record();
    let heard: Vec<_> = record.voices.iter().map(|voice| voice.audible_frames).collect();
    assert_eq!(heard, [2000, 800]);
    for (voice, level) in record.voices.iter().zip([0.5, 0.25]) {
        assert!((voice.level - level).abs() < 0.001, "{voice:?}");
        assert!(voice.deleted.is_some() && voice.pid > 1, "{voice:?}");
    }
    assert!(record.first_heard(0) < record.first_heard(1));
    assert!(record.ticks.iter().all(|tick| tick.word == 7));
}

#[test]
fn it_plays_in_real_time() {
    let server = StandIn::start();
    let env = world(&server, &[(0.5, 1000.0)]);
    assert!(env.run(["play", "e.0", "--wait"]).status.success());
    let record = server.record();
    let times: Vec<u64> = record.ticks.iter().filter(|tick| !tick.audible.is_empty()).map(|tick| tick.at).collect();
    let length = Duration::from_micros(times[times.len() - 1] - times[0]);
    // Late steps make it longer, never shorter.
    assert!(length >= Duration::from_millis(900), "{length:?}");
}

#[test]
fn it_fails_as_it_is_told_and_heals() {
    let server = StandIn::start();
    let env = world(&server, &[(0.5, 100.0)]);
    server.set(Some((Since::Create, Fault::Closes)));
    assert!(!env.run(["play", "e.0", "--wait"]).status.success());
    assert_eq!(ends(&env)[0].1, "no-audio");
    assert!(server.look(|record| record.voices.iter().all(|voice| voice.frames == 0)));

    server.vanish();
    server.heal();
    let env = world(&server, &[(0.5, 100.0)]);
    assert!(env.run(["play", "e.0", "--wait"]).status.success(), "{:?}", env.journal());
}

#[test]
fn a_killed_client_is_silent_from_the_next_step_on() {
    let server = StandIn::start();
    let env = world(&server, &[(0.5, 2000.0)]);
    assert!(env.run(["play", "e.0"]).status.success());
    wait_for("the sound", PATIENCE, || server.look(|record| record.first_heard(0)));
    let pid = env.player_pids()[0];
    let raw = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a number");
    rustix::process::kill_process(raw, rustix::process::Signal::KILL).expect("could not kill the player");
    wait_for("the end of the stream", PATIENCE, || server.look(|record| record.voices[0].deleted));
    let record = server.record();
    let deleted = record.voices[0].deleted.expect("it was deleted");
    assert!(record.ticks.iter().filter(|tick| tick.at > deleted).all(|tick| tick.audible.is_empty()));
}
