//! A server far away: what is played there is whole, and an order to be silent is obeyed there.

use std::path::Path;

use rstest::rstest;

use crate::judge::{Fault, perform, whole};
use crate::line::{Line, Nature};
use crate::stage::{Moment, Stage, hear};
use crate::support::recorder::RATE;
use crate::support::{Kind, Tone};

/// What a good line at home carries upwards, in bytes a second; a sound of two channels needs a third of it.
const HOME: u64 = 1_250_000;

/// Names the end of the line, where the environment names nothing that is there.
fn leads_to(stage: &mut Stage, line: &Line, sounds: &[(&str, &Path)], more: &str) {
    stage.env.set("PULSE_SERVER", "unix:/nonexistent/native");
    let settings = format!("{more}\n[output]\nserver = \"unix:{}\"", line.socket().display());
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
                stage.begin_anew(crate::stage::Way::Pulse);
                let line = Line::to(&stage.server.socket(), stage.env.path(), Nature::of(delay, jitter, HOME));
                let file = stage.file("tone.wav", &tone);
                leads_to(stage, &line, &[("task.complete", &file)], "");
                let mark = recorder.frames();
                let asked = recorder.now_frame();
                let end = stage.end_of(stage.tell(Moment::Stop));
                let heard = hear(recorder, mark);
                (heard, asked, end)
            },
            |recording, (heard, asked, end)| {
                let first = recording.samples[2 * asked..].iter().position(|sample| sample.abs() > 0.001).unwrap_or(0);
                println!("{kind:?} {delay}+{jitter} ms: heard after {:.0} ms; {end}", first as f64 / 96.0);
                if end["outcome"] != "finished" || end["backend"] != "pulse" {
                    return Err(Fault::wrong(end));
                }
                whole(recording, heard.clone(), &tone)
            },
        );
    }
}
