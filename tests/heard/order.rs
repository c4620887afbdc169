//! Who waits for whom, and what the settings do to a sound.

use std::ops::Range;
use std::path::{Path, PathBuf};

use herald::event::EVENTS;
use rstest::rstest;
use serde_json::Value;

use crate::judge::{
    Fault, Judgement, but_for_pauses, complete, frames, part, perform, perform_each, whole, whole_with,
};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::analysis::{self, click, fit_head, rms_dbfs, segments_above};
use crate::support::recorder::RATE;
use crate::support::{Kind, PATIENCE, Recording, Tone, Verdict};

/// Silence at a sound's end, so that the next one can be told from it.
const APART_MS: f64 = 120.0;

fn spaced(hz: f64, ms: f64) -> Tone {
    Tone::sine(RATE, hz, ms).ramped(5.0)
}

fn with_silence(tone: &Tone) -> Tone {
    tone.clone().then(&Tone::silence(RATE, APART_MS))
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn equals_wait_for_each_other_and_the_newest_of_those_that_wait_is_heard(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    let tones = [spaced(440.0, 700.0), spaced(880.0, 300.0), spaced(660.0, 300.0)];
    perform_each(
        &mut stage,
        [&[Moment::Stop, Moment::Idle][..], &[Moment::Stop, Moment::Idle, Moment::StopFailure]],
        |stage, recorder, moments| {
            stage.begin_anew(Way::Pulse);
            let files = ["a.wav", "b.wav", "c.wav"];
            let files: Vec<PathBuf> =
                files.iter().zip(&tones).map(|(name, tone)| stage.file(name, &with_silence(tone))).collect();
            let events = ["task.complete", "input.idle", "task.error"];
            let priority = "[[rules]]\nmatch = {}\npriority = \"normal\"";
            stage.sounds_and(priority, events.into_iter().zip(files.iter().map(PathBuf::as_path)));
            let mark = recorder.frames();
            let requests: Vec<u64> = moments
                .iter()
                .map(|moment| {
                    let request = stage.tell(*moment);
                    assert!(recorder.wait_for_frame(recorder.now_frame() + frames(50.0), PATIENCE));
                    request
                })
                .collect();
            let ends: Vec<Value> = requests.iter().map(|request| stage.end_of(*request)).collect();
            stage.wait_until_idle();
            (hear(recorder, mark), ends, stage.lines("speaker"))
        },
        |recording, moments, (within, ends, steps)| {
            let outcomes: Vec<&Value> = ends.iter().map(|end| &end["outcome"]).collect();
            let (heard, expected, replaced): (&[usize], &[&str], usize) = match moments.len() {
                2 => (&[0, 1], &["finished", "finished"], 0),
                _ => (&[0, 2], &["finished", "replaced", "finished"], 1),
            };
            let about = format!("{moments:?}: {ends:?}, {steps:?}");
            let steps = steps.iter().filter(|step| step["what"] == "replaced").count();
            if outcomes != expected || steps != replaced {
                return Err(Fault::wrong(about));
            }
            in_order(recording, within, heard.iter().map(|index| &tones[*index])).map_err(|fault| fault.about(about))
        },
    );
}

/// Whether exactly these were heard, one after the other, each whole.
fn in_order<'a>(
    recording: &Recording,
    within: &Range<usize>,
    tones: impl ExactSizeIterator<Item = &'a Tone>,
) -> Judgement {
    let heard = part(recording, 0, within.clone());
    let found = segments_above(&heard, RATE, analysis::AUDIBLE, APART_MS * 0.7);
    if found.len() != tones.len() {
        return Err(Fault::wrong(format!("{} sounds instead of {}: {found:?}", found.len(), tones.len())));
    }
    for (segment, tone) in found.iter().zip(tones) {
        let around = frames(10.0);
        let sound = &heard[segment.start.saturating_sub(around)..(segment.end + around).min(heard.len())];
        complete(Verdict::default(), sound, tone).map_err(|fault| fault.about(format!("at {}", segment.start)))?;
    }
    Ok(())
}

#[test]
fn every_event_that_is_on_has_a_sound_in_each_built_in_pack_that_is_heard() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    perform_each(
        &mut stage,
        ["herald", "quiet"]
            .into_iter()
            .flat_map(|pack| EVENTS.iter().filter(|row| row.enabled).map(move |row| (pack, row.name))),
        |stage, recorder, (pack, event)| {
            let mark = recorder.frames();
            // The first is the one that an event means where nothing is configured.
            let named = if *pack == "herald" { (*event).to_owned() } else { format!("pack:{pack}/{event}") };
            let line = stage.play_to_the_end([&*named, "--force"]);
            (hear(recorder, mark), line)
        },
        |recording, (pack, event), (within, line)| {
            let sound = builtin(pack, event);
            let about = format!("{pack}/{event}: {line}");
            if line["played_ms"].as_f64().is_none_or(|played| (played - sound.duration_ms()).abs() > 0.1) {
                return Err(Fault::wrong(format!("not {} ms: {about}", sound.duration_ms())));
            }
            // 70 is the volume without any configuration.
            same_sound(recording, within, &sound, 0.7_f64.powi(3)).map_err(|fault| fault.about(about))
        },
    );
}

/// Whether the part is that sound, to its last sample, at that gain.
fn same_sound(recording: &Recording, within: &Range<usize>, sound: &Tone, gain: f64) -> Judgement {
    // At the level that is expected, so that the first audible sample is the same.
    let sound: Vec<f32> = sound.samples.iter().map(|sample| sample * gain as f32).collect();
    but_for_pauses(&part(recording, 0, within.clone()), |heard| {
        let fit = fit_head(heard, &sound, RATE, 100.0).ok_or("nothing is heard")?;
        let at = usize::try_from(fit.lag).map_err(|_| format!("its head is missing: {fit:?}"))?;
        if at + sound.len() > heard.len() {
            return Err(format!("it is too short: {fit:?}"));
        }
        if (20.0 * fit.gain.log10()).abs() > Verdict::default().level_db {
            return Err(format!("its level is wrong: {fit:?}"));
        }
        let wanted = |index: usize| sound.get(index.wrapping_sub(at)).copied().unwrap_or(0.0);
        let difference: Vec<f32> =
            heard.iter().enumerate().map(|(index, sample)| sample - wanted(index) * fit.gain as f32).collect();
        // Over all of it, silence before and behind included.
        let (error, level) = (rms_dbfs(&difference), rms_dbfs(heard));
        if error > level - 40.0 { Err(format!("it is not the sound: {:.1} dB of it", error - level)) } else { Ok(()) }
    })
}

/// A sound of a built-in pack: mono or stereo, 16 bits, 48 kHz; its left channel.
fn builtin(pack: &str, id: &str) -> Tone {
    let bytes = herald::sound::builtin::bytes(pack, id).unwrap_or_else(|| panic!("{pack}/{id} is not built in"));
    let wav = crate::wav::Wav::parse(bytes);
    assert_eq!(wav.rate, RATE);
    Tone { rate: wav.rate, channels: wav.channels, samples: wav.channel(0) }
}

#[test]
fn a_sound_that_cannot_be_played_makes_way_for_the_built_in_one() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    perform_each(
        &mut stage,
        [Some("This is no sound.".repeat(9)), None],
        |stage, recorder, content| {
            stage.begin_anew(Way::Pulse);
            let file = stage.env.path().join("broken.wav");
            if let Some(content) = content {
                stage.env.write(&file, content);
            }
            stage.sounds([("task.complete", file.as_path())]);
            let mark = recorder.frames();
            let request = stage.tell(Moment::Stop);
            let end = stage.end_of(request);
            (hear(recorder, mark), end)
        },
        |recording, _, (within, line)| {
            same_sound(recording, within, &builtin("herald", "task.complete"), 1.0).map_err(|fault| fault.about(line))
        },
    );
}

#[test]
fn the_volume_is_the_desktop_s() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let tone = Tone::standard();
    perform_each(
        &mut stage,
        [(50, -18.06), (80, -5.81), (100, 0.0)],
        |stage, recorder, (volume, _)| {
            let file = stage.file("tone.wav", &tone);
            stage.sounds_and(&format!("volume = {volume}"), [("task.complete", file.as_path())]);
            let mark = recorder.frames();
            let request = stage.tell(Moment::Stop);
            stage.end_of(request);
            hear(recorder, mark)
        },
        |recording, (_, decibels), within| {
            let verdict = Verdict { level_db: 0.7, head_tolerance: 0.02, ..Verdict::default() };
            whole_with(verdict.gain_db(*decibels), recording, within.clone(), &tone)
        },
    );
}

#[test]
fn a_lead_in_is_silence_in_front_and_not_counted() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let tone = Tone::standard();
    perform(
        &mut stage,
        |stage, recorder| {
            stage.begin_anew(Way::Pulse);
            let file = stage.file("tone.wav", &tone);
            stage.sounds_and("[speaker]\nlead_in = \"200ms\"", [("task.complete", file.as_path())]);
            let mark = recorder.now_frame();
            let request = stage.tell(Moment::Stop);
            let end = stage.end_of(request);
            (mark, hear(recorder, mark), end)
        },
        |recording, (mark, within, line)| {
            whole(recording, within.clone(), &tone).map_err(|fault| fault.about(line))?;
            let onset = analysis::segments(&part(recording, 0, within.clone()), RATE)[0].start + within.start - mark;
            let first = line["first_sample_ms"].as_f64().unwrap_or_default();
            let told = line["played_ms"] == 300.0 && line["outcome"] == "finished" && first >= 195.0;
            // The server may have begun its present block a moment before the mark.
            if told && onset >= frames(195.0) { Ok(()) } else { Err(Fault::wrong(format!("{onset}: {line}"))) }
        },
    );
}

#[test]
fn a_sound_that_is_too_long_fades_at_the_limit() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let tone = Tone::sine(RATE, 500.0, 5000.0).ramped(5.0);
    perform(
        &mut stage,
        |stage, recorder| {
            stage.begin_anew(Way::Pulse);
            let file = stage.file("tone.wav", &tone);
            stage.sounds_and("timeout = \"1s\"", [("task.complete", file.as_path())]);
            let mark = recorder.frames();
            let request = stage.tell(Moment::Stop);
            let end = stage.end_of(request);
            (hear(recorder, mark), end)
        },
        |recording, (within, line)| {
            let told = line["outcome"] == "timed_out" && line["reason"] == "timeout";
            let played = line["played_ms"].as_f64().unwrap_or_default();
            if !told || !(900.0..1150.0).contains(&played) {
                return Err(Fault::wrong(line));
            }
            but_for_pauses(&part(recording, 0, within.clone()), |heard| {
                let found = analysis::segments(heard, RATE);
                let [only] = found.as_slice() else { return Err(format!("{} sounds: {line}", found.len())) };
                if !(950.0..1150.0).contains(&only.duration_ms(RATE)) {
                    return Err(format!("it lasts {:.1} ms: {line}", only.duration_ms(RATE)));
                }
                click(heard, RATE, 500.0).map_or(Ok(()), |jump| Err(format!("it clicks: {jump:?}")))
            })
        },
    );
}

#[rstest]
#[case::pulseaudio(Kind::PulseAudio)]
#[case::pipewire(Kind::PipeWire)]
fn play_returns_when_a_long_file_was_heard_without_a_gap(#[case] kind: Kind) {
    let Some(mut stage) = Stage::with(kind) else { return };
    // Longer than what is decoded in advance.
    let tone = Tone::sine(RATE, 1000.0, 5000.0).ramped(5.0);
    perform(
        &mut stage,
        |stage, recorder| {
            let file = stage.file("long.wav", &tone);
            stage.sounds([]);
            let mark = recorder.frames();
            let line = stage.play_to_the_end([Path::new("--volume"), Path::new("100"), &file]);
            let heard_at = recorder.frames();
            (hear(recorder, mark), heard_at, line)
        },
        |recording, (within, returned, line)| {
            whole(recording, within.clone(), &tone).map_err(|fault| fault.about(line))?;
            if line["played_ms"] != 5000.0 || !line["first_sample_ms"].is_number() {
                return Err(Fault::wrong(line));
            }
            // It returned when the end had left for the ear, not when it was handed over.
            let end = analysis::segments(&part(recording, 0, within.clone()), RATE)[0].end + within.start;
            if end > returned + frames(100.0) { Err(Fault::wrong("it returned too early")) } else { Ok(()) }
        },
    );
}
