//! Every sound is heard at one loudness, none above the ceiling, none with a click at its ends.

use std::f64::consts::PI;
use std::ops::Range;

use crate::judge::{Fault, Judgement, frames, part, perform_each, without_pauses};
use crate::stage::{Stage, Way, hear};
use crate::support::formats::{self, SoundFile};
use crate::support::loudness::momentary;
use crate::support::{Depth, Kind, Recording, Tone, Verdict, analysis};

/// What everything is brought to, in LUFS, and how far from it a sound may be.
const TARGET: f64 = -17.0;
const TOLERANCE: f64 = 1.0;
/// -1 dBTP.
const CEILING: f32 = 0.891;
/// What a recording of 16 bits adds.
const STEP: f32 = 1.0 / 32_768.0;

/// What is between the spikes, and around them.
const SPIKES_MS: f64 = 150.0;

struct Case {
    name: String,
    tone: Tone,
    depth: Depth,
    /// It can't get as loud as the others: its peaks stand too far out.
    spiky: bool,
}

/// Sources from -40 to 0 dBFS and beyond, tonal and noisy, on one side and on both, quiet at first and then loud.
fn cases() -> Vec<Case> {
    let level = |dbfs: f64| 10_f64.powf(dbfs / 20.0) as f32;
    let case = |name: &str, tone: Tone, depth| Case { name: format!("{name}.wav"), tone, depth, spiky: false };
    let sine = |dbfs: f64| Tone::sine(48_000, 1000.0, 600.0).amplitude(level(dbfs));
    let mut cases: Vec<Case> = [-40.0, -30.0, -20.0, -10.0, -3.0, 0.0]
        .into_iter()
        .map(|dbfs| case(&format!("sine-at{dbfs}"), sine(dbfs), Depth::S24))
        .collect();
    let noise = |dbfs: f64| Tone::noise(44_100, 700.0).amplitude(level(dbfs));
    let crescendo = sine(-35.0).then(&sine(-5.0)).then(&sine(-35.0));
    cases.extend([
        case("mono", sine(-25.0).channels(1), Depth::S16),
        case("noise-quiet", noise(-40.0), Depth::S24),
        case("noise-loud", noise(0.0), Depth::S16),
        case("above-full-scale", sine(9.0), Depth::F32),
        case("short", Tone::sine(48_000, 800.0, 120.0).amplitude(level(-20.0)), Depth::S16),
        case("crescendo", crescendo, Depth::S16),
        case("low-rate", Tone::sine(8000, 500.0, 500.0).amplitude(level(-15.0)), Depth::S16),
        Case { spiky: true, ..case("spikes", spikes(), Depth::S16) },
    ]);
    cases
}

/// Short strikes in silence, each as high as a file can hold.
fn spikes() -> Tone {
    let strike = Tone::sine(48_000, 4000.0, 1.5).amplitude(1.0).ramped(0.5);
    let pause = Tone::silence(48_000, SPIKES_MS);
    pause.clone().then(&strike).then(&pause).then(&strike).then(&pause)
}

#[test]
fn sources_of_any_level_are_heard_at_one_loudness_below_the_ceiling_and_without_a_click() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    perform_each(
        &mut stage,
        cases(),
        |stage, recorder, case| {
            stage.begin_anew(Way::Pulse);
            let file = stage.env.write(&case.name, case.tone.wav(case.depth));
            stage.sounds_and("speaker.normalize = true", [("task.complete", file.as_path())]);
            let mut heard = Vec::new();
            // Measured the first time, remembered the second.
            for _ in 0..2 {
                let mark = recorder.frames();
                stage.play_to_the_end(["task.complete"]);
                heard.push(hear(recorder, mark));
                stage.wait_until_idle();
            }
            heard
        },
        |recording, case, heard| {
            heard.iter().try_for_each(|within| {
                judge_but_for_pauses(recording, within, |heard, is_cut| judge(heard, case, is_cut))
                    .map_err(|fault| fault.about(&case.name))
            })
        },
    );
}

#[test]
fn every_format_is_heard_at_that_loudness() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    let files: Vec<SoundFile> = formats::all(stage.env.path(), 300.0);
    perform_each(
        &mut stage,
        files,
        |stage, recorder, file| {
            stage.begin_anew(Way::Pulse);
            let sound = stage.env.write(&file.name, &file.bytes);
            stage.sounds_and("speaker.normalize = true", [("task.complete", sound.as_path())]);
            let mark = recorder.frames();
            stage.play_to_the_end(["task.complete"]);
            hear(recorder, mark)
        },
        |recording, file, within| {
            judge_but_for_pauses(recording, within, |heard, _| heard.is_levelled())
                .map_err(|fault| fault.about(&file.name))
        },
    );
}

/// Judges a sound, and once more with its silence cut out where it fails: then only a pause is what is wrong.
fn judge_but_for_pauses(
    recording: &Recording,
    within: &Range<usize>,
    judge: impl Fn(&Heard, bool) -> Result<(), String>,
) -> Judgement {
    let sides = [0, 1].map(|channel| part(recording, channel, within.clone()));
    let judge = |sides: &[Vec<f32>; 2], is_cut| Heard::of(sides).and_then(|heard| judge(&heard, is_cut));
    let Err(why) = judge(&sides, false) else { return Ok(()) };
    let [left, right] = &sides;
    let held_up = judge(&without_pauses([left, right], Verdict::default().gap_ms), true).is_ok();
    Err(if held_up { Fault::Pauses(why) } else { Fault::Wrong(why) })
}

fn judge(heard: &Heard, case: &Case, is_cut: bool) -> Result<(), String> {
    let lasts = analysis::ms(heard.sides[0].len(), 48_000);
    let silence = if case.spiky { SPIKES_MS * if is_cut { 3.0 } else { 2.0 } } else { 0.0 };
    let length = case.tone.duration_ms() - silence;
    expect((lasts - length).abs() <= length * 0.01 + 1.0, || format!("lasts {lasts:.1} ms instead of {length:.1}"))?;
    if case.spiky {
        let (loudness, peak) = (heard.loudness(), heard.peak());
        // Without what is between them they are louder than anybody hears them.
        return expect((is_cut || loudness < TARGET) && (CEILING * 0.94..=CEILING + STEP).contains(&peak), || {
            format!("{loudness:.2} LUFS, peak {peak}")
        });
    }
    heard.is_levelled()?;
    // The loudest samples of a clipped wave are alike; of a sine the top five hundredths hold a fifth of all.
    if case.name.starts_with("sine") || case.name.starts_with("above") {
        let (side, near) = (&heard.sides[0], heard.peak() * 0.95);
        let top = side.iter().filter(|x| x.abs() > near).count() as f64 / side.len() as f64;
        expect((0.15..0.25).contains(&top), || format!("{top:.2} of it lies within 5 % of its peak: it is clipped"))?;
    }
    Ok(())
}

/// One sound, from its first sample to its last, on both sides.
struct Heard {
    sides: [Vec<f32>; 2],
}

impl Heard {
    fn of(sides: &[Vec<f32>; 2]) -> Result<Self, String> {
        let sum: Vec<f32> = sides[0].iter().zip(&sides[1]).map(|(left, right)| left.abs().max(right.abs())).collect();
        let sound = analysis::segments_above(&sum, 48_000, 2.0 * STEP, 400.0);
        let [segment] = sound.as_slice() else {
            return Err(format!("{} sounds were heard", sound.len()));
        };
        Ok(Self { sides: sides.each_ref().map(|side| segment.of(side).to_vec()) })
    }

    fn peak(&self) -> f32 {
        analysis::peak(&self.sides[0]).max(analysis::peak(&self.sides[1]))
    }

    fn loudness(&self) -> f64 {
        momentary(&self.sides.each_ref().map(|side| side.iter().map(|x| f64::from(*x)).collect()))
    }

    /// At the target, below the ceiling, without a click.
    fn is_levelled(&self) -> Result<(), String> {
        let (loudness, peak) = (self.loudness(), self.peak());
        expect((loudness - TARGET).abs() <= TOLERANCE, || format!("{loudness:.2} LUFS"))?;
        expect(peak <= CEILING + STEP, || format!("peaks at {peak}"))?;
        self.sides.iter().try_for_each(|side| {
            ramped(side.iter(), peak).map_err(|why| format!("begins with a click: {why}"))?;
            ramped(side.iter().rev(), peak).map_err(|why| format!("ends with a click: {why}"))
        })
    }
}

fn expect(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// Whether the first 5 ms stay below a raised cosine to the peak. Its foot, half a millisecond, is too soft to be found
/// in a recording of 16 bits.
fn ramped<'s>(samples: impl Iterator<Item = &'s f32>, peak: f32) -> Result<(), String> {
    let length = frames(5.0);
    let foot = 24;
    for (n, sample) in samples.take(length).enumerate() {
        let at = ((n + foot) as f64 / length as f64).min(1.0);
        let allowed = (0.5 - 0.5 * (PI * at).cos()) * f64::from(peak) + 4.0 * f64::from(STEP);
        if f64::from(sample.abs()) > allowed {
            return Err(format!("sample {n} is {sample}, more than {allowed:.4} of {peak}"));
        }
    }
    Ok(())
}

/// A pause is told from a loss, also where silence belongs to the sound.
#[test]
fn a_pause_is_not_a_loss() {
    let case = cases().pop().expect("the spikes");
    let samples = &case.tone.samples;
    let mut scaled: Vec<f32> = samples.iter().map(|sample| sample * CEILING).collect();
    let judged = |samples: &[f32]| {
        let frames = samples.iter().flat_map(|sample| [*sample; 2]).collect::<Vec<f32>>();
        let recording = Recording { samples: frames, chunks: Vec::new(), first_frame: 0 };
        judge_but_for_pauses(&recording, &(0..samples.len()), |heard, is_cut| judge(heard, &case, is_cut))
    };
    let middle = scaled.len() / 2;
    assert!(judged(&scaled).is_ok(), "{:?}", judged(&scaled));
    scaled.splice(middle..middle, vec![0.0; frames(30.0)]);
    assert!(matches!(judged(&scaled), Err(Fault::Pauses(_))));
    let strike = frames(SPIKES_MS);
    scaled.drain(strike..strike + frames(1.5));
    assert!(matches!(judged(&scaled), Err(Fault::Wrong(_))));
}
