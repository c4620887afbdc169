//! What an output plays: a sound at its level, with silence in front; and how it is faded when it must end early.
//!
//! Owns gain, lead-in and the shape of a fade; knows no output and no order. Outputs pull. When one must end early it
//! fades what it has not let go of yet, which only it knows.

use std::time::Duration;

use crate::decode::{Sound, Spec};

/// How long a fade takes: short enough to be an answer, long enough not to click.
pub(crate) const FADE: Duration = Duration::from_millis(5);

/// The factor for a perceptual volume of 0 to 100: cubic, like the desktop's sliders, and never above full scale.
pub(crate) fn gain(volume: u8) -> f32 {
    (f32::from(volume.min(100)) / 100.0).powi(3)
}

/// A sound on its way out.
pub(crate) struct Voice {
    sound: Sound,
    gain: f32,
    lead_in: u64,
    silence_left: u64,
}

impl Voice {
    /// The sound at `gain` (see [`gain`]; a loudness correction is one more factor in it) after `lead_in` of silence.
    pub(crate) fn new(sound: Sound, gain: f32, lead_in: Duration) -> Self {
        let lead_in = sound.spec().frames(lead_in);
        Self { sound, gain, lead_in, silence_left: lead_in }
    }

    /// Rate and channels; channels are 1 or 2.
    pub(crate) fn spec(&self) -> Spec {
        self.sound.spec()
    }

    /// How many of the first `pulled` frames are the sound's own and not lead-in.
    pub(crate) fn own_frames(&self, pulled: u64) -> u64 {
        pulled.saturating_sub(self.lead_in)
    }

    /// The next frames, interleaved; returns how many. Fewer than fit means that the decoder is behind or that it is
    /// over, which [`Voice::ended`] tells apart.
    pub(crate) fn fill(&mut self, out: &mut [f32]) -> usize {
        let channels = usize::from(self.spec().channels);
        let fits = out.len() / channels;
        let out = &mut out[..fits * channels];
        let silent = self.silence_left.min(fits as u64);
        self.silence_left -= silent;
        let silent = silent as usize * channels;
        out[..silent].fill(0.0);
        let pulled = silent + self.sound.pull(&mut out[silent..]);
        for sample in &mut out[silent..pulled] {
            *sample *= self.gain;
        }
        pulled / channels
    }

    /// Whether nothing more will come.
    pub(crate) fn ended(&self) -> bool {
        self.silence_left == 0 && self.sound.ended()
    }
}

/// Multiplies a falling raised cosine of `length` frames into interleaved samples; what lies behind it becomes silence.
pub(crate) fn fade(samples: &mut [f32], channels: u16, length: usize) {
    for (offset, frame) in samples.chunks_mut(usize::from(channels)).enumerate() {
        let done = (offset + 1) as f32 / length as f32;
        let factor = if done >= 1.0 { 0.0 } else { 0.5 + 0.5 * (std::f32::consts::PI * done).cos() };
        for sample in frame {
            *sample *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(samples: Vec<f32>, channels: u16, gain: f32, lead_in: u64) -> Voice {
        let spec = Spec { rate: 8000, channels };
        Voice::new(Sound::from_samples(spec, samples), gain, spec.time(lead_in) + Duration::from_nanos(1))
    }

    #[test]
    fn volume_is_cubic_and_never_above_full_scale() {
        assert_eq!(gain(0), 0.0);
        assert_eq!(gain(100), 1.0);
        assert_eq!(gain(255), 1.0);
        assert!((gain(50) - 0.125).abs() < 1e-6);
    }

    #[test]
    fn lead_in_is_silent_and_not_counted_as_sound() {
        let mut voice = voice(vec![1.0; 20], 2, 0.5, 3);
        let mut out = [9.0; 8];
        assert_eq!(voice.fill(&mut out), 4);
        assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5]);
        assert_eq!(voice.own_frames(4), 1);
        assert_eq!(voice.own_frames(2), 0);
        let mut out = [9.0; 64];
        assert_eq!(voice.fill(&mut out), 9);
        assert!(voice.ended());
        assert_eq!(voice.fill(&mut out), 0);
    }

    #[test]
    fn a_fade_falls_steadily_to_nothing_on_every_channel() {
        let mut samples = vec![1.0; 120];
        fade(&mut samples, 2, Spec { rate: 8000, channels: 2 }.frames(FADE) as usize);
        let (ramp, rest) = samples.split_at(2 * 40);
        assert!(ramp.chunks(2).all(|frame| frame[0] == frame[1]));
        let left: Vec<f32> = ramp.chunks(2).map(|frame| frame[0]).collect();
        assert!(left[0] > 0.99 && left[39] == 0.0);
        assert!(left.windows(2).all(|pair| pair[1] < pair[0] && pair[0] - pair[1] < 0.05));
        assert!(rest.iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn half_a_frame_is_never_filled() {
        let mut voice = voice(vec![1.0; 20], 2, 1.0, 0);
        let mut out = [9.0; 5];
        assert_eq!(voice.fill(&mut out), 2);
        assert_eq!(out[4], 9.0);
    }
}
