//! The instrument: struck bodies built from decaying partials.
//!
//! A note is a sum of sines, each with its own decay, under one soft attack. High partials die first, which is what
//! makes a mallet sound warm. Which notes are struck when is the score's business.

use std::f64::consts::TAU;

use super::{RATE, raised_cosine, samples_in};

/// No partial above this: it would only add glare, and far enough below half the rate nothing folds back.
const BRIGHTEST_HERTZ: f64 = 9_000.0;

/// A hand laid on the body lets it ring this much longer, as a time constant in seconds.
const DAMPED_DECAY: f64 = 0.014;

/// One partial of a body.
struct Partial {
    /// Its frequency, as a multiple of the note's.
    ratio: f64,
    /// Its amplitude beside the others.
    level: f64,
    /// Its decay time, as a share of the note's.
    life: f64,
}

const fn partial(ratio: f64, level: f64, life: f64) -> Partial {
    Partial { ratio, level, life }
}

/// What is struck, and how softly.
pub(super) struct Body {
    partials: &'static [Partial],
    /// Seconds until the note is fully there.
    attack: f64,
}

/// A soft mallet on tuned glass: the voice of the family.
///
/// The second fundamental is a few cents off, so that a held note breathes instead of standing still; 2.76 and 5.4 are
/// the modes of a free bar and give the touch of glass; the rest is harmonic, for warmth on small speakers.
pub(super) static GLASS: Body = Body {
    partials: &[
        partial(1.0, 1.0, 1.0),
        partial(1.0021, 0.30, 1.0),
        partial(2.0, 0.16, 0.65),
        partial(3.0, 0.05, 0.40),
        partial(4.0, 0.08, 0.25),
        partial(2.756, 0.05, 0.18),
        partial(5.404, 0.04, 0.10),
    ],
    attack: 0.007,
};

/// The same mallet on wood: darker, shorter, with enough of the lower harmonics to be heard on a laptop.
pub(super) static WOOD: Body = Body {
    partials: &[
        partial(1.0, 1.0, 1.0),
        partial(0.9982, 0.25, 1.0),
        partial(2.0, 0.42, 0.70),
        partial(3.0, 0.18, 0.45),
        partial(3.932, 0.12, 0.16),
        partial(6.1, 0.03, 0.07),
    ],
    attack: 0.006,
};

/// A small bell: hum, minor third, fifth and octave over the struck note.
pub(super) static BELL: Body = Body {
    partials: &[
        partial(0.5, 0.30, 1.30),
        partial(1.0, 1.0, 1.0),
        partial(1.0026, 0.45, 1.0),
        partial(1.1892, 0.20, 0.70),
        partial(1.4983, 0.12, 0.55),
        partial(2.0, 0.34, 0.60),
        partial(2.52, 0.14, 0.30),
        partial(3.01, 0.10, 0.25),
        partial(4.08, 0.07, 0.14),
    ],
    attack: 0.006,
};

/// Glass that is stroked rather than struck: nearly pure, and it swells.
pub(super) static BREATH: Body = Body {
    partials: &[partial(1.0, 1.0, 1.0), partial(1.0030, 0.50, 1.0), partial(2.0, 0.12, 0.80), partial(3.0, 0.05, 0.50)],
    attack: 0.045,
};

/// One note of the score.
#[derive(Clone, Copy)]
pub(super) struct Note {
    body: &'static Body,
    /// Seconds from the start of the sound.
    at: f64,
    /// In semitones, 69 being A at 440 Hz.
    pitch: f64,
    level: f64,
    /// Seconds until the note has fallen to 1/e.
    decay: f64,
    /// Seconds after which a hand is laid on.
    damped_after: f64,
    /// Semitones off pitch at the start.
    bend: f64,
    /// Seconds until the bend has fallen to 1/e.
    bend_time: f64,
}

impl Note {
    /// A note on `body`, struck at `at` seconds, which rings freely with that decay.
    pub(super) const fn new(body: &'static Body, at: f64, pitch: f64, level: f64, decay: f64) -> Self {
        Self { body, at, pitch, level, decay, damped_after: f64::INFINITY, bend: 0.0, bend_time: 1.0 }
    }

    /// The same, stopped by hand after so many seconds.
    pub(super) const fn damped(self, after: f64) -> Self {
        Self { damped_after: after, ..self }
    }

    /// The same, gliding into its pitch from so many semitones off.
    pub(super) const fn bent(self, bend: f64, bend_time: f64) -> Self {
        Self { bend, bend_time, ..self }
    }

    /// Adds the note to what already sounds.
    pub(super) fn strike(&self, out: &mut [f64]) {
        let step = 1.0 / f64::from(RATE);
        let start = samples_in(self.at).min(out.len());
        // In turns of the fundamental; every partial follows it, so a bend keeps the timbre together.
        let mut turns = 0.0_f64;
        for (index, sample) in out[start..].iter_mut().enumerate() {
            let time = index as f64 * step;
            let bend = if self.bend == 0.0 { 0.0 } else { self.bend * libm::exp(-time / self.bend_time) };
            let hertz = hertz(self.pitch + bend);
            let sum: f64 = self
                .body
                .partials
                .iter()
                .filter(|p| p.ratio * hertz < BRIGHTEST_HERTZ)
                .map(|p| {
                    let fall = libm::exp(-time / (self.decay * p.life));
                    p.level * fall * libm::sin(TAU * (p.ratio * turns).fract())
                })
                .sum();
            let hand = libm::exp(-(time - self.damped_after).max(0.0) / DAMPED_DECAY);
            *sample += self.level * sum * hand * raised_cosine(time / self.body.attack);
            turns += hertz * step;
        }
    }
}

/// The frequency of a pitch in semitones, equal temperament, A4 = 440 Hz.
fn hertz(pitch: f64) -> f64 {
    440.0 * libm::exp2((pitch - 69.0) / 12.0)
}
