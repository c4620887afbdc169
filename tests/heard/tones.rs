//! A stretch of a recording, and how pure the tones in it are.

use std::ops::Range;

use crate::judge::part;
use crate::support::Recording;
use crate::support::analysis::{self, AUDIBLE};

/// What was heard of one sound: both channels, from before it to behind it.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) channels: [Vec<f32>; 2],
}

impl Heard {
    pub(crate) fn of(recording: &Recording, frames: Range<usize>) -> Self {
        Self { channels: [0, 1].map(|channel| part(recording, channel, frames.clone())) }
    }
}

/// The sound without `ms` at each of its ends: where nothing rises or falls any more.
pub(crate) fn steady(samples: &[f32], rate: u32, ms: f64) -> &[f32] {
    let is_sound = |sample: &f32| sample.abs() > AUDIBLE;
    let first = samples.iter().position(is_sound).unwrap_or(0);
    let last = samples.iter().rposition(is_sound).unwrap_or(0);
    let edge = analysis::frames(ms, rate);
    samples.get(first + edge..(last + 1).saturating_sub(edge)).unwrap_or_default()
}

/// Signal to noise and distortion, in dB: how far all that isn't the tone lies below it.
pub(crate) fn sinad_db(samples: &[f32], rate: u32, hz: f64) -> f64 {
    let window = analysis::ms(samples.len(), rate);
    let Some(found) = analysis::levels(samples, rate, &[hz], window, window).into_iter().next() else { return 0.0 };
    20.0 * (found.levels[0] / 2_f64.sqrt() / found.residual).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::Tone;

    /// The control of the bound on resampling: drawing lines between samples, as the simplest resamplers do, is heard.
    #[test]
    fn lines_between_samples_are_no_tone() {
        let source = Tone::sine(44_100, 3000.0, 300.0).samples;
        let lines: Vec<f32> = (0..14_000)
            .map(|n| {
                let at = n as f64 * 44_100.0 / 48_000.0;
                let (before, share) = (at as usize, at.fract() as f32);
                source[before] * (1.0 - share) + source[before + 1] * share
            })
            .collect();
        assert!(sinad_db(&lines, 48_000, 3000.0) < 45.0);
        assert!(sinad_db(&source[..12_000], 44_100, 3000.0) > 100.0);
    }
}
