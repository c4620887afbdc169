//! How strong each frequency is over time: a short-time Fourier transform.
//!
//! The project's own and in `f64`, because a library picks its instructions by the processor, and the pictures have to
//! come out the same everywhere.

use std::f64::consts::TAU;

use crate::make::RATE;

/// Samples a column looks at, a power of two: 43 ms, which tells tones 50 Hz apart and notes 50 ms apart.
const SPAN: usize = 2048;

/// What a transform of [`SPAN`] samples needs, computed once.
pub(super) struct Transform {
    window: Vec<f64>,
    /// Cosine and sine of each step round the circle.
    turns: Vec<(f64, f64)>,
}

impl Transform {
    pub(super) fn new() -> Self {
        let angle = |index: usize| TAU * index as f64 / SPAN as f64;
        Self {
            window: (0..SPAN).map(|index| 0.5 - 0.5 * libm::cos(angle(index))).collect(),
            turns: (0..SPAN / 2).map(|index| (libm::cos(angle(index)), -libm::sin(angle(index)))).collect(),
        }
    }

    /// The power of each frequency around that sample, in steps of [`Transform::hertz`] of one.
    pub(super) fn powers(&self, samples: &[i16], around: usize) -> Vec<f64> {
        let mut points: Vec<(f64, f64)> = (0..SPAN)
            .map(|index| {
                let sample = (around + index).checked_sub(SPAN / 2).and_then(|at| samples.get(at)).copied();
                (f64::from(sample.unwrap_or(0)) / f64::from(i16::MAX) * self.window[index], 0.0)
            })
            .collect();
        self.transform(&mut points);
        points[..SPAN / 2].iter().map(|(re, im)| re * re + im * im).collect()
    }

    /// The frequency of the `index`th power.
    pub(super) fn hertz(index: usize) -> f64 {
        index as f64 * f64::from(RATE) / SPAN as f64
    }

    /// Cooley and Tukey's, in place.
    fn transform(&self, points: &mut [(f64, f64)]) {
        let shift = usize::BITS - SPAN.trailing_zeros();
        for index in 0..SPAN {
            let mirrored = index.reverse_bits() >> shift;
            if index < mirrored {
                points.swap(index, mirrored);
            }
        }
        let mut half = 1;
        while half < SPAN {
            for pair in points.chunks_exact_mut(2 * half) {
                let (low, high) = pair.split_at_mut(half);
                let turns = self.turns.iter().step_by(SPAN / 2 / half);
                for ((a, b), (cos, sin)) in low.iter_mut().zip(high).zip(turns) {
                    let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                    *b = (a.0 - turned.0, a.1 - turned.1);
                    *a = (a.0 + turned.0, a.1 + turned.1);
                }
            }
            half *= 2;
        }
    }
}
