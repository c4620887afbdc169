//! A server far away: what is played there is whole, and an order to be silent is obeyed there.

use std::ops::Range;
use std::path::Path;

use rstest::rstest;

use crate::judge::{Fault, frames, part, perform, whole};
use crate::line::{Line, Nature};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::analysis::click;
use crate::support::recorder::RATE;
use crate::support::{Kind, PATIENCE, Recording, Tone};

/// What a good line at home carries upwards, in bytes a second; a sound of two channels needs a third of it.
const HOME: u64 = 1_250_000;

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Names the end of the line, where the environment names nothing that is there.
fn leads_to(stage: &mut Stage, line: &Line, sounds: &[(&str, &Path)]) {
    stage.env.set("PULSE_SERVER", "unix:/nonexistent/native");
    let settings = format!("[output]\nserver = \"unix:{}\"", line.socket().display());
    stage.sounds_and(&settings, sounds.iter().copied());
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn a_sound_is_whole_however_long_the_line_is(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    let tone = Tone::sine(RATE, 523.25, 1800.0).ramped(5.0);
    for (delay, jitter) in [(0, 0), (20, 10), (50, 20), (100, 40)] {
        perform(
            &mut stage,
            |stage, recorder| {
                stage.begin_anew(Way::Pulse);
                let line = Line::to(&stage.server.socket(), stage.env.path(), Nature::of(delay, jitter, HOME));
                let file = stage.file("tone.wav", &tone);
                leads_to(stage, &line, &[("task.complete", &file)]);
                let mark = recorder.frames();
                let asked = recorder.now_frame();
                let end = stage.end_of(stage.tell(Moment::Stop));
                let heard = hear(recorder, mark);
                (heard, asked, end)
            },
            |recording, (heard, asked, end)| {
                let first = recording.samples[2 * asked..].iter().position(|sample| sample.abs() > 0.001).unwrap_or(0);
                report(&format!("{kind:?} {delay}+{jitter} ms: heard after {:.0} ms; {end}", first as f64 / 96.0));
                if end["outcome"] != "finished" || end["backend"] != "pulse" {
                    return Err(Fault::wrong(end));
                }
                whole(recording, heard.clone(), &tone)
            },
        );
    }
}

/// What can be heard of it after the order, in milliseconds.
fn still_heard(recording: &Recording, within: &Range<usize>, order: usize) -> f64 {
    let heard = part(recording, 0, order..within.end);
    let last = heard.iter().rposition(|sample| sample.abs() > 0.001).unwrap_or(0);
    last as f64 * 1000.0 / f64::from(RATE)
}

/// It has a second of the sound already, and takes back what it has not played.
#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn an_order_to_be_silent_is_obeyed_far_away(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    let tone = Tone::sine(RATE, 440.0, 6000.0).ramped(5.0);
    for (delay, is_gentle) in [(0, true), (10, true), (100, false)] {
        perform(
            &mut stage,
            |stage, recorder| {
                stage.begin_anew(Way::Pulse);
                let line = Line::to(&stage.server.socket(), stage.env.path(), Nature::of(delay, 0, HOME));
                let file = stage.file("tone.wav", &tone);
                leads_to(stage, &line, &[("task.complete", &file)]);
                let mark = recorder.frames();
                let request = stage.tell(Moment::Stop);
                let onset = recorder.wait_for_sound_after(mark, PATIENCE).expect("it begins");
                assert!(recorder.wait_for_frame(onset + frames(600.0), PATIENCE));
                let order = recorder.now_frame();
                assert!(stage.env.run(["mute", "1m"]).status.success());
                let end = stage.end_of(request);
                (hear(recorder, mark), order, end)
            },
            |recording, (heard, order, end)| {
                let after = still_heard(recording, heard, *order);
                report(&format!("{kind:?} {delay} ms: heard for another {after:.0} ms; {end}"));
                // The sound would go on for five seconds, and what the server has for one.
                if after > 700.0 {
                    return Err(Fault::Pauses(format!("heard for {after} ms after the order: {end}")));
                }
                // A machine that was late made the line longer than a ramp can be waited for.
                match click(&part(recording, 0, heard.clone()), RATE, 440.0) {
                    Some(jump) if is_gentle => Err(Fault::Pauses(format!("it clicks: {jump:?}; {end}"))),
                    _ => Ok(()),
                }
            },
        );
    }
}

#[rstest]
#[case::pulled_out(Line::stall as fn(&Line), "no progress")]
#[case::cut(Line::cut as fn(&Line), "closed the connection")]
fn a_line_that_breaks_ends_the_player_and_is_told(#[case] break_it: fn(&Line), #[case] why: &str) {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let line = Line::to(&stage.server.socket(), stage.env.path(), Nature::of(20, 5, HOME));
    let file = stage.file("tone.wav", &Tone::sine(RATE, 440.0, 8000.0).ramped(5.0));
    leads_to(&mut stage, &line, &[("task.complete", &file)]);
    let recorder = stage.listen();
    let mark = recorder.frames();
    let request = stage.tell(Moment::Stop);
    recorder.wait_for_sound_after(mark, PATIENCE).expect("it begins");
    break_it(&line);
    let end = stage.end_of(request);
    assert_eq!((&end["outcome"], &end["reason"]), (&"failed".into(), &"no-audio".into()), "{end}");
    assert!(end["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{end}");
    stage.wait_until_idle();
    let status: serde_json::Value = serde_json::from_slice(&stage.env.run(["status", "--json"]).stdout).expect("JSON");
    assert_eq!(status["output"]["server"], line.socket().display().to_string(), "{status}");
    assert!(status["output"]["cooling_down_until"].is_string(), "{status}");
}

#[test]
fn where_nobody_listens_no_other_way_is_taken() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    // The environment would lead to a server, and ALSA's configuration as well.
    let file = stage.file("tone.wav", &Tone::standard());
    let nowhere = stage.env.path().join("nobody.sock");
    stage
        .sounds_and(&format!("[output]\nserver = \"unix:{}\"", nowhere.display()), [("task.complete", file.as_path())]);
    let end = stage.end_of(stage.tell(Moment::Stop));
    assert_eq!((&end["outcome"], &end["reason"]), (&"failed".into(), &"no-audio".into()), "{end}");
    let why = format!("pulse: nobody listens at {}, which [output] server names", nowhere.display());
    assert_eq!(end["detail"], why, "{end}");
    assert_eq!(stage.told(Moment::Idle)["reason"], "output-cooling-down");
    let said = stage.env.run(["doctor"]);
    let said = String::from_utf8_lossy(&said.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("[output] server names {}, where nothing is", nowhere.display())), "{said}");
    assert!(said.contains("ssh -N -R"), "{said}");

    // And the other way round: what is named is used where the environment leads nowhere.
    stage.env.set("PULSE_SERVER", "unix:/nonexistent/native");
    let socket = stage.server.socket();
    stage.sounds_and(&format!("[output]\nserver = \"unix:{}\"", socket.display()), [("task.complete", file.as_path())]);
    assert!(stage.env.run(["doctor", "--fix"]).status.success());
    let end = stage.end_of(stage.tell(Moment::Permission));
    assert_eq!((&end["outcome"], &end["backend"]), (&"finished".into(), &"pulse".into()), "{end}");
}
