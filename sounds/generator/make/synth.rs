//! How a note sounds: a struck body, built from decaying partials.
//!
//! A note is a sum of sines, each with its own decay, under one soft attack; and, where the body has it, the brush of
//! what strikes it. High partials die first, which is what makes a mallet sound warm. What is struck is `body`'s
//! business, when it is the score's.

use std::f64::consts::TAU;

use super::body::Body;
use super::{RATE, raised_cosine, samples_in};

/// No partial above this: it would only add glare, and far enough below half the rate nothing folds back.
const BRIGHTEST_HERTZ: f64 = 9_000.0;

/// A hand laid on the body lets it ring this much longer, as a time constant in seconds.
const DAMPED_DECAY: f64 = 0.014;

/// The brush falls off below the one by 6 dB an octave, above the other by 12.
const BRUSH_HERTZ: (f64, f64) = (200.0, 500.0);
/// One note of the score.
#[derive(Clone, Copy)]
pub(crate) struct Note {
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
        let start = samples_in(self.at).min(out.len());
        self.ring(&mut out[start..]);
        if self.body.brush > 0.0 {
            self.brush(&mut out[start..]);
        }
    }

    fn ring(&self, out: &mut [f64]) {
        let step = 1.0 / f64::from(RATE);
        // In turns of the fundamental; every partial follows it, so a bend keeps the timbre together.
        let mut turns = 0.0_f64;
        for (index, sample) in out.iter_mut().enumerate() {
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

    /// The touch of felt, or breath: noise without treble and without rumble.
    fn brush(&self, out: &mut [f64]) {
        let [high, low] = [BRUSH_HERTZ.1, BRUSH_HERTZ.0].map(|hertz| libm::exp(-TAU * hertz / f64::from(RATE)));
        // A linear congruential generator, the same noise at every strike: variety comes from the notes.
        let mut state = 1_u32;
        let (mut once, mut twice, mut rumble) = (0.0, 0.0, 0.0);
        for (index, sample) in out.iter_mut().enumerate() {
            let time = index as f64 / f64::from(RATE);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0;
            once = noise * (1.0 - high) + once * high;
            twice = once * (1.0 - high) + twice * high;
            rumble = twice * (1.0 - low) + rumble * low;
            let fall = libm::exp(-time / self.body.brush_decay);
            let rise = raised_cosine(time / self.body.attack);
            *sample += self.level * self.body.brush * (twice - rumble) * fall * rise;
        }
    }
}

/// The frequency of a pitch in semitones, equal temperament, A4 = 440 Hz.
fn hertz(pitch: f64) -> f64 {
    440.0 * libm::exp2((pitch - 69.0) / 12.0)
}
