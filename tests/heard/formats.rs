//! Every format is heard: at its pitch, as long as it is, each channel on its side, unclipped.

use std::f32::consts::FRAC_1_SQRT_2;
use std::ops::Range;

use serde_json::Value;

use crate::judge::{Fault, Judgement, but_for_pauses, frames, perform_each};
use crate::stage::{Moment, Stage, Way, hear};
use crate::support::analysis::{gaps, peak, segments, tone_level};
use crate::support::formats::{self, HZ, MS, SoundFile};
use crate::support::recorder::RATE;
use crate::support::{Depth, Kind, Recorder, Tone, Verdict};
use crate::tones::{Heard, sinad_db, steady};

#[test]
fn every_format_is_heard_at_its_pitch_and_length() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let files = formats::all(stage.env.path(), MS);
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
        let wanted = tones(file.mask, side);
        but_for_pauses(samples, |samples| judge_side(samples, heard.rate, &wanted, file.lossy))
            .map_err(|fault| fault.about(["left", "right"][side]))?;
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

fn judge_side(samples: &[f32], rate: u32, wanted: &[(f64, f64)], lossy: bool) -> Result<(), String> {
    let found = segments(samples, rate);
    let [segment] = found.as_slice() else { return Err(format!("{} sounds instead of one", found.len())) };
    let length = segment.duration_ms(rate);
    if (length / MS - 1.0).abs() > 0.01 {
        return Err(format!("it lasts {length:.1} ms instead of {MS}"));
    }
    if let Some(gap) = gaps(segment.of(samples), rate, Verdict::default().gap_ms).first() {
        return Err(format!("it pauses for {:.1} ms", gap.duration_ms(rate)));
    }
    // All that was put in, never as high as half again.
    let highest = peak(samples);
    if highest > if lossy { 0.7 } else { 0.52 } {
        return Err(format!("it rises to {highest}"));
    }
    let steady = steady(samples, rate, 20.0);
    for (hz, amplitude) in wanted.iter().filter(|(hz, _)| *hz > 0.0) {
        // So narrow that a tone half of one percent beside its pitch would be no tone.
        let got = tone_level(steady, rate, *hz);
        let off = if *amplitude > 0.0 { 20.0 * (got / amplitude).log10().abs() } else { got * 200.0 };
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
            let tone = Tone::sine(*rate, *hz, 300.0).amplitude(0.8).ramped(5.0);
            play(stage, recorder, *way, "tone.wav", &tone.wav(Depth::F32))
        },
        |recording, (way, rate, hz), (frames, line)| {
            let heard = Heard::of(recording, frames.clone());
            let judgement = heard.channels.iter().try_for_each(|samples| pure(samples, *hz, purity_db(*rate, *hz)));
            judgement.map_err(|fault| fault.about(format!("{hz} Hz at {rate} by {}: {line}", way.name())))
        },
    );
}

fn pure(samples: &[f32], hz: f64, wanted_db: f64) -> Judgement {
    let steady = steady(samples, RATE, 20.0);
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
