//! What is heard at the desk's sound server.

use serde_json::Value;

use crate::bench::{Machine, Moment, far};
use crate::support::{Kind, Mosquitto, PATIENCE, Recorder, Server, or_skip, server_or_skip};

fn at(server: &Server, broker: &Mosquitto) -> Machine {
    Machine::audible(server, &format!("host = \"desk\"\nlisten_to = [\"{}/t\"]", broker.address()))
}

#[test]
fn what_an_agent_far_away_tells_is_heard_at_the_desk_and_names_no_secret() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let mut desk = at(&server, &broker);
    let far = far(&broker.address());
    desk.listen();
    let recorder = Recorder::start(&server);
    for (session, moment) in [("one", Moment::Permission), ("two", Moment::Stop)] {
        let mark = recorder.frames();
        far.tell(moment, session);
        assert!(recorder.wait_for_sound_after(mark, PATIENCE).is_some(), "{moment:?} is heard");
        let is_end = |line: &Value| line["kind"] == "playback" && line["event"] == moment.event();
        assert_eq!(desk.env.wait_for_journal(is_end, PATIENCE)["outcome"], "finished");
        assert!(recorder.wait_for_silence(100, PATIENCE), "it ends");
        far.wait_for_told("sent", |line| line["event"] == moment.event());
    }
    assert!(far.lines("playback").is_empty(), "nothing is heard where it happened");
    let lines = format!("{:?}{}", desk.env.journal(), broker.log());
    assert!(!lines.contains("secret"), "{lines}");
}

#[test]
fn a_mute_on_one_machine_silences_the_other_and_its_end_ends_it() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let (mut desk, mut laptop) = (at(&server, &broker), {
        Machine::new(&format!("host = \"laptop\"\nlisten_to = [\"{}/t\"]", broker.address()))
    });
    desk.listen();
    laptop.listen();
    let recorder = Recorder::start(&server);
    assert!(laptop.run(&["mute", "1h"]).status.success());
    let line = desk.wait_for_told("muted", |line| line["host"] == "laptop");
    let left: u64 = line["detail"].as_str().and_then(|text| text.split(' ').nth(1)?.parse().ok()).expect("a time");
    assert!((3590..=3600).contains(&left), "{line}");
    desk.tell(Moment::Permission, "muted");
    let last = desk.lines("occurrence").pop().expect("a decision");
    assert_eq!((&last["decision"], &last["reason"]), (&"skip".into(), &"muted".into()));
    assert!(laptop.run(&["unmute"]).status.success());
    desk.wait_for_told("unmuted", |line| line["host"] == "laptop");
    let mark = recorder.frames();
    desk.tell(Moment::Permission, "heard");
    assert!(recorder.wait_for_sound_after(mark, PATIENCE).is_some(), "it is heard again");
    assert!(laptop.told("muted").is_empty() && laptop.told("unmuted").is_empty(), "its own word is no news to it");
}

/// A machine that only sends has no ears to silence, and nobody need go there to end it.
#[test]
fn a_mute_on_a_machine_that_only_sends_is_ended_at_the_desk() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some(broker) = or_skip(Mosquitto::start()) else { return };
    let (mut desk, far) = (at(&server, &broker), far(&broker.address()));
    desk.listen();
    let recorder = Recorder::start(&server);
    assert!(far.run(&["mute", "1h"]).status.success());
    desk.wait_for_told("muted", |line| line["host"] == "far");
    far.tell(Moment::Permission, "muted");
    desk.env.wait_for_journal(|line| line["kind"] == "occurrence" && line["reason"] == "muted", PATIENCE);
    assert!(desk.run(&["unmute"]).status.success());
    let mark = recorder.frames();
    far.tell(Moment::Permission, "heard");
    assert!(recorder.wait_for_sound_after(mark, PATIENCE).is_some(), "it is heard again");
}
