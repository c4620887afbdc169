//! Every format is heard: at its pitch, as long as it is, each channel on its side, unclipped.

use std::f32::consts::FRAC_1_SQRT_2;
use std::ops::Range;

use serde_json::Value;

use crate::judge::{Fault, Judgement, frames, perform_each};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::analysis::{gaps, peak, segments, strongest, tone_level};
use crate::support::formats::{self, HZ, SoundFile};
use crate::support::recorder::RATE;
use crate::support::{Depth, Kind, Recorder, Tone, Verdict};
use crate::tones::{Heard, sinad_db, steady};

/// How long most sounds are: short enough for a busy machine to play without a pause.
const MS: f64 = 300.0;
/// What rises or falls at its ends, and how far a codec sees it.
const EDGE_MS: f64 = 20.0;

#[test]
fn every_format_is_heard_at_its_pitch_and_length() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    // What differs from another file by its rate alone is heard below.
    let is_heard = |file: &SoundFile| !file.name.trim_end_matches(".wav").bytes().all(|c| c.is_ascii_digit());
    let files: Vec<SoundFile> = formats::all(stage.env.path(), MS).into_iter().filter(is_heard).collect();
    perform_each(
        &mut stage,
        files,
        |stage, recorder, file| play(stage, recorder, Way::Pulse, &file.name, &file.bytes),
        |recording, file, (frames, line)| {
            let heard = Heard::of(recording, frames.clone());
            judge(&heard, file).map_err(|fault| fault.about(format!("{}: {line}", file.name)))
        },
    );
}

/// The hook's sound is this file; where it was heard, and what the journal says of it.
fn play(stage: &mut Stage, recorder: &Recorder, way: Way, name: &str, bytes: &[u8]) -> (Range<usize>, Value) {
    stage.begin_anew(way);
    let sound = stage.env.write(name, bytes);
    stage.sounds([("task.complete", sound.as_path())]);
    let mark = recorder.frames();
    let request = stage.tell(Moment::Stop);
    let end = stage.end_of(request);
    assert_eq!(end["outcome"], "finished", "{name}: {end}");
    (hear(recorder, mark), end)
}

fn judge(heard: &Heard, file: &SoundFile) -> Judgement {
    for (side, samples) in heard.channels.iter().enumerate() {
        judge_side(samples, file, &tones(file.mask, side)).map_err(|fault| fault.about(["left", "right"][side]))?;
    }
    Ok(())
}

/// Which tones a side has, and how loud: those of its own loudspeakers and half of the middle ones, scaled so that
/// nothing can clip.
fn tones(mask: u32, side: usize) -> Vec<(f64, f64)> {
    if mask.count_ones() == 1 {
        return HZ.iter().map(|hz| (*hz, if *hz == HZ[mask.trailing_zeros() as usize] { 0.5 } else { 0.0 })).collect();
    }
    let share = |speaker: usize, side: usize| match (speaker, side) {
        (0, 0) | (1, 1) => 1.0,
        (2, _) | (4 | 9, 0) | (5 | 10, 1) => FRAC_1_SQRT_2,
        (8, _) => 0.5,
        _ => 0.0,
    };
    let has = |speaker: usize| mask >> speaker & 1 == 1;
    let sum =
        |side: usize| (0..HZ.len()).filter(|speaker| has(*speaker)).map(|speaker| share(speaker, side)).sum::<f32>();
    let scale = 0.5 / sum(0).max(sum(1));
    let amplitude = |speaker: usize| if has(speaker) { share(speaker, side) * scale } else { 0.0 };
    HZ.iter().enumerate().map(|(speaker, hz)| (*hz, f64::from(amplitude(speaker)))).collect()
}

fn judge_side(samples: &[f32], file: &SoundFile, wanted: &[(f64, f64)]) -> Judgement {
    // All that was put in, never as high as half again.
    let highest = peak(samples);
    if highest > if file.lossy { 0.7 } else { 0.52 } {
        return Err(Fault::wrong(format!("it rises to {highest}")));
    }
    let steady = steady(samples, RATE, EDGE_MS);
    let within = length(samples, file.ms).and_then(|()| are_tones(steady, wanted));
    within.map_err(|why| {
        // Around a pause, however short, a tone jumps; each piece between two is right, and nothing is missing.
        let right = steady.chunks_exact(frames(40.0)).filter(|piece| are_tones(piece, wanted).is_ok()).count();
        let is_complete = steady.len() >= frames(file.ms * 0.99 - 2.0 * EDGE_MS);
        let is_held_up = is_complete && right >= (file.ms / 100.0) as usize;
        if is_held_up { Fault::Pauses(why) } else { Fault::Wrong(why) }
    })
}

/// One sound, as long as it should be to one percent.
fn length(samples: &[f32], wanted: f64) -> Result<(), String> {
    let found = segments(samples, RATE);
    let [segment] = found.as_slice() else { return Err(format!("{} sounds instead of one", found.len())) };
    let length = segment.duration_ms(RATE);
    if (length / wanted - 1.0).abs() > 0.01 {
        return Err(format!("it lasts {length:.1} ms instead of {wanted}"));
    }
    match gaps(segment.of(samples), RATE, Verdict::default().gap_ms).first() {
        Some(gap) => Err(format!("it pauses for {:.1} ms", gap.duration_ms(RATE))),
        None => Ok(()),
    }
}

/// Each tone as loud as it should be, to one decibel; what should not be there is 40 below full scale at least.
fn are_tones(samples: &[f32], wanted: &[(f64, f64)]) -> Result<(), String> {
    let mut there = wanted.iter().filter(|(_, amplitude)| *amplitude > 0.0);
    if let (Some((hz, _)), None) = (there.next(), there.next()) {
        let got = strongest(samples, RATE, hz * 0.95, hz * 1.05, hz * 0.002);
        if (got / hz - 1.0).abs() > 0.01 {
            return Err(format!("its pitch is {got:.1} Hz instead of {hz}"));
        }
    }
    // Of several tones, one a percent beside its pitch would be softer here.
    for (hz, amplitude) in wanted.iter().filter(|(hz, _)| *hz > 0.0) {
        let got = tone_level(samples, RATE, *hz);
        let off = if *amplitude > 0.0 { 20.0 * (got / amplitude).log10().abs() } else { got * 100.0 };
        if off > 1.0 {
            return Err(format!("at {hz} Hz it has {got:.4} instead of {amplitude:.4}"));
        }
    }
    Ok(())
}

/// What may be left beside a tone, in dB below it: the server resamples, and near the middle of a low rate it leaves a
/// mirror image. What draws lines between samples leaves less than 45 dB.
fn purity_db(rate: u32, hz: f64) -> f64 {
    if hz > f64::from(rate) / 4.0 { 55.0 } else { 70.0 }
}

#[test]
fn every_rate_is_heard_without_audible_fault() {
    const RATES: [u32; 11] = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
    // The device leads to the same server.
    const BY_DEVICE: [u32; 3] = [8_000, 44_100, 192_000];
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let by = |way: Way, rates: &'static [u32]| rates.iter().map(move |rate| (way, *rate));
    let rates = by(Way::Pulse, &RATES).chain(by(Way::Device, &BY_DEVICE));
    perform_each(
        &mut stage,
        rates.flat_map(|(way, rate)| [997.0, 2999.0].map(|hz| (way, rate, hz))),
        |stage, recorder, (way, rate, hz)| {
            let tone = Tone::sine(*rate, *hz, MS).amplitude(0.8).ramped(5.0);
            play(stage, recorder, *way, "tone.wav", &tone.wav(Depth::F32))
        },
        |recording, (way, rate, hz), (frames, line)| {
            let heard = Heard::of(recording, frames.clone());
            let judgement = heard.channels.iter().try_for_each(|samples| {
                pure(samples, *hz, purity_db(*rate, *hz))?;
                length(samples, MS).map_err(Fault::Pauses)
            });
            judgement.map_err(|fault| fault.about(format!("{hz} Hz at {rate} by {}: {line}", way.name())))
        },
    );
}

fn pure(samples: &[f32], hz: f64, wanted_db: f64) -> Judgement {
    let steady = steady(samples, RATE, EDGE_MS);
    let whole = sinad_db(steady, RATE, hz);
    if whole >= wanted_db {
        return Ok(());
    }
    // Around a pause a resampler begins anew; what it makes of a tone is then still seen in most pieces.
    let mut pieces: Vec<f64> = steady.chunks_exact(frames(25.0)).map(|piece| sinad_db(piece, RATE, hz)).collect();
    pieces.sort_by(f64::total_cmp);
    let usual = pieces.get(pieces.len() / 2).copied().unwrap_or_default();
    let why = format!("{whole:.1} dB of purity, {usual:.1} in most pieces, not {wanted_db}");
    Err(if usual >= wanted_db { Fault::Pauses(why) } else { Fault::Wrong(why) })
}

/// The control: what isn't the sound fails the same assertion.
#[test]
fn another_pitch_side_or_length_is_no_match() {
    let file = formats::written(MS).into_iter().find(|file| file.name == "s16.wav").expect("it is the plainest");
    let judged = |hz: f64, ms: f64, side: usize| {
        let silence = vec![0.0; frames(30.0)];
        let heard = [silence.as_slice(), &Tone::sine(RATE, hz, ms).ramped(5.0).samples, &silence].concat();
        judge_side(&heard, &file, &tones(file.mask, side))
    };
    assert!(judged(HZ[0], MS, 0).is_ok() && judged(HZ[1], MS, 1).is_ok());
    for (hz, ms, side) in [(HZ[0] * 1.012, MS, 0), (HZ[0], MS * 0.985, 0), (HZ[1], MS, 0)] {
        assert!(matches!(judged(hz, ms, side), Err(Fault::Wrong(_))), "{hz} Hz, {ms} ms");
    }
}
