//! `microphone-in-use`: programs that record, and what only looks like one.

use std::time::{Duration, Instant};

use pulseaudio::protocol::stream::StreamFlags;
use rstest::rstest;

use crate::recording::{MICROPHONE, plug_in, record, record_natively, stop, stream};
use crate::stage::{Moment, Stage, text};
use crate::support::{Kind, StandIn, TestEnv, find_program};
use crate::{heard_now, short};

const IN_USE: &str = "microphone-in-use";

/// A world in which nothing is heard in a call.
fn world(kind: Kind) -> Option<Stage> {
    let stage = Stage::with(kind)?;
    let sound = stage.file("s.wav", &short());
    let settings = "[speaker]\nskip_when = [\"microphone-in-use\"]\n";
    stage.sounds_and(settings, [("input.permission", sound.as_path()), ("task.complete", sound.as_path())]);
    plug_in(&stage.server);
    Some(stage)
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn nothing_is_heard_while_a_program_records_and_everything_before_and_after(#[case] kind: Kind) {
    let Some(stage) = world(kind) else { return };
    assert_eq!(heard_now(&stage), "ok", "nobody records");

    let call = record(&stage.server, MICROPHONE);
    assert_eq!(heard_now(&stage), IN_USE, "an urgent one, too");
    stage.server.pactl(&["set-source-mute", MICROPHONE, "1"]).expect("muted");
    assert_eq!(heard_now(&stage), IN_USE, "who is muted is in the call all the same");
    stage.server.pactl(&["set-source-mute", MICROPHONE, "0"]).expect("not muted any more");

    stop(&stage.server, call);
    assert_eq!(heard_now(&stage), "ok", "the call is over");
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_recording_of_what_is_played_is_no_microphone(#[case] kind: Kind) {
    let Some(stage) = world(kind) else { return };
    let recording = record(&stage.server, &stage.server.sink_monitor());
    assert_eq!(heard_now(&stage), "ok");
    stop(&stage.server, recording);
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_level_meter_is_no_call(#[case] kind: Kind) {
    let Some(stage) = world(kind) else { return };
    let meter = stream(&stage.server, StreamFlags { peak_detect: true, ..StreamFlags::default() }, &[]);
    assert_eq!(heard_now(&stage), "ok", "it asks for peaks: {:?}", stage.server.pactl(&["list", "source-outputs"]));
    drop(meter);
    let mixer = [("application.id", "org.PulseAudio.pavucontrol")];
    let mixer = stream(&stage.server, StreamFlags::default(), &mixer);
    assert_eq!(heard_now(&stage), "ok", "it is a mixer's");
    drop(mixer);
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_paused_recording_is_no_call(#[case] kind: Kind) {
    let Some(stage) = world(kind) else { return };
    let paused = stream(&stage.server, StreamFlags { start_corked: true, ..StreamFlags::default() }, &[]);
    assert_eq!(heard_now(&stage), "ok", "{:?}", stage.server.pactl(&["list", "source-outputs"]));
    drop(paused);
}

#[test]
fn a_program_that_records_without_pipewires_pulseaudio_layer_is_seen() {
    let Some(stage) = world(Kind::PipeWire) else { return };
    let Some(_) = crate::support::or_skip(find_program("pw-record")) else { return };
    let call = record_natively(&stage.server, MICROPHONE);
    assert_eq!(heard_now(&stage), IN_USE);
    stop(&stage.server, call);
    assert_eq!(heard_now(&stage), "ok");
}

#[test]
fn what_is_skipped_is_told_as_skipped_everywhere_and_stays_stamped() {
    let Some(stage) = world(Kind::PulseAudio) else { return };
    let call = record(&stage.server, MICROPHONE);
    assert_eq!(heard_now(&stage), IN_USE);

    let ends = stage.lines("playback");
    assert_eq!(ends.len(), stage.lines("occurrence").len(), "one line for each: {ends:?}");
    let log = text(&stage.env.run(["log"]).stdout);
    assert!(log.contains("skipped") && log.contains(IN_USE) && !log.contains("failed"), "{log}");
    let status: serde_json::Value = serde_json::from_slice(&stage.env.run(["status", "--json"]).stdout).expect("JSON");
    let outcomes = &status["counters"]["outcomes"];
    assert!(outcomes[IN_USE].as_u64() >= Some(1) && outcomes["failed"].is_null(), "{status}");
    assert!(status["output"]["failure"].is_null() && status["output"]["cooling_down_until"].is_null(), "{status}");

    let (content, said) = stage.play(["task.complete", "--wait"]);
    assert!(!content, "a script is told that it was not heard");
    assert!(said.contains("skipped (microphone-in-use): a microphone is in use"), "{said}");
    let (content, said) = stage.play(["task.complete", "--wait", "--force"]);
    assert!(content, "who insists is heard: {said}");

    let explained = stage.env.run(["explain", "--event", "task.complete", "{}"]);
    let explained = text(&explained.stdout);
    assert!(explained.contains("would be asked by the player: microphone-in-use"), "{explained}");
    stop(&stage.server, call);
}

#[test]
fn what_was_skipped_counts_as_told_and_the_next_one_is_served() {
    let Some(stage) = world(Kind::PulseAudio) else { return };
    let sound = stage.file("s.wav", &short());
    // As the stage has it, but with the throttle of every day.
    stage.env.config(&format!(
        "speaker.skip_when = [\"microphone-in-use\"]\n[events.\"input.permission\"]\nsound = \"{0}\"\n\
         throttle = \"1h\"\n[events.\"task.error\"]\nsound = \"{0}\"\nskip_when = []\n",
        sound.display()
    ));
    let call = record(&stage.server, MICROPHONE);
    let payload =
        r#"{"hook_event_name":"Notification","session_id":"s","notification_type":"permission_prompt","message":"m"}"#;
    stage.env.hook(payload);
    stage.env.hook(r#"{"hook_event_name":"StopFailure","session_id":"s","error":"server_error"}"#);
    let spared = stage
        .env
        .wait_for_journal(|line| line["kind"] == "playback" && line["event"] == "task.error", crate::support::PATIENCE);
    assert_eq!(spared["outcome"], "finished", "a rule of its own, and it waited behind the one that was skipped");
    stage.env.hook(payload);
    let reasons: Vec<_> = stage.lines("occurrence").iter().map(|line| line["reason"].clone()).collect();
    assert_eq!(reasons, ["ok", "ok", "throttled"]);
    stop(&stage.server, call);
}

/// A server that plays and knows nothing of recordings: it refuses the question.
#[test]
fn a_server_that_does_not_know_the_question_plays() {
    let server = StandIn::start();
    let mut env = TestEnv::new();
    server.serve(&mut env);
    let sound = env.write("s.wav", short().wav(crate::support::Depth::S16));
    env.config(&format!(
        "speaker.skip_when = [\"microphone-in-use\"]\n[events.bell]\nsound = \"{}\"\n",
        sound.display()
    ));
    assert!(env.run(["play", "bell", "--wait"]).status.success(), "{:?}", env.journal());
    let journal = env.journal();
    let end = journal.iter().find(|line| line["kind"] == "playback").expect("an end");
    let untold = end["detail"].as_str().unwrap_or_default();
    assert!(untold.starts_with("could not tell microphone-in-use: "), "{end}");
    assert!(server.record().voices.iter().any(|voice| voice.audible_frames > 0));
}

#[test]
fn a_server_that_is_frozen_holds_nothing_up_for_longer_than_without_the_question() {
    let Some(stage) = world(Kind::PulseAudio) else { return };
    assert_eq!(heard_now(&stage), "ok");
    stage.wait_until_idle();
    stage.server.stop_process();
    let begun = Instant::now();
    let request = stage.tell(Moment::Permission);
    let end = stage.end_of(request);
    stage.server.continue_process();
    assert_eq!((&end["outcome"], &end["reason"]), (&"failed".into(), &"no-audio".into()), "{end}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// With nothing to skip for, nothing is asked: no thread, and one connection to the server and none to a bus.
#[test]
fn without_skip_when_nobody_is_asked() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let sound = stage.file("s.wav", &short());
    let bus = crate::bus::Listener::at(&stage.env.path().join("silent-bus"));
    stage.env.set("DBUS_SESSION_BUS_ADDRESS", bus.address());
    stage.env.set("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    stage.sounds([("input.permission", sound.as_path())]);
    assert_eq!(heard_now(&stage), "ok");
    assert_eq!(bus.calls(), 0);

    stage.sounds_and("[speaker]\nskip_when = [\"screen-locked\"]\n", [("input.permission", sound.as_path())]);
    let request = stage.tell(Moment::Permission);
    assert_eq!(stage.end_of(request)["outcome"], "finished", "a bus that never answers");
    assert!(bus.calls() > 0, "it was asked");
}
