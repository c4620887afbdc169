//! From a row of the score to samples: played, placed in the room, ramped, freed of offset, brought to one loudness.
//!
//! The invariants the test suite holds the pack to are made here: silent ends, no constant part, equal loudness, peak
//! below the ceiling.

use super::score::Sound;
use super::{loudness, raised_cosine, room, samples_in};

/// What every sound is brought to: loud enough to be noticed, with room above for the strike.
const LOUDNESS: f64 = -20.0;
/// -1 dBTP: what a lossy encoder or a resampler may add stays below full scale.
const CEILING: f64 = 0.891;
/// Seconds of the ramp at the start. Short enough to keep the strike, long enough not to click.
const FADE_IN: f64 = 0.005;
/// Seconds of the ramp at the end, for sounds that are long enough: a tail is let go, not cut.
const FADE_OUT: f64 = 0.16;

/// The finished sound, as it is stored.
pub(super) fn samples(sound: &Sound) -> Vec<i16> {
    let mut dry = vec![0.0; samples_in(sound.seconds)];
    for note in sound.notes {
        note.strike(&mut dry);
    }
    let mut wave = room::placed(&dry, sound.room);

    let window = window(wave.len());
    for (sample, gain) in wave.iter_mut().zip(&window) {
        *sample *= gain;
    }
    // The offset is taken out in the window's shape: a plain subtraction would lift the silent ends.
    let offset = wave.iter().sum::<f64>() / window.iter().sum::<f64>();
    for (sample, gain) in wave.iter_mut().zip(&window) {
        *sample -= offset * gain;
    }

    let gain = libm::pow(10.0, (LOUDNESS - loudness::momentary(&wave)) / 20.0);
    let peak = gain * loudness::true_peak(&wave);
    assert!(peak < CEILING, "{} peaks at {peak:.3}: too spiky for its loudness, soften it", sound.event);
    wave.iter().map(|x| (x * gain * f64::from(i16::MAX)).round() as i16).collect()
}

fn window(length: usize) -> Vec<f64> {
    let rise = samples_in(FADE_IN);
    let fall = samples_in(FADE_OUT).min(length / 4);
    (0..length)
        .map(|index| {
            let to_end = length - 1 - index;
            raised_cosine(index as f64 / rise as f64) * raised_cosine(to_end as f64 / fall as f64)
        })
        .collect()
}
