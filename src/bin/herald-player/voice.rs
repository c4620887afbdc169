//! What an output plays: a sound at its level, ramped at both ends, with silence in front; and how it is faded when it
//! must end early.
//!
//! Owns gain, ceiling, ramps, lead-in and the shape of a fade; knows no output and no order. Outputs pull. When one
//! must end early it fades what it has not let go of yet, which only it knows.

use std::time::Duration;

use crate::decode::{Sound, Spec};
use crate::level::Meter;

/// How long a fade takes, and the ramps at both ends: short enough to be an answer, long enough not to click.
pub(crate) const FADE: Duration = Duration::from_millis(5);

/// The factor for a perceptual volume of 0 to 100: cubic, like the desktop's sliders, and never above full scale.
pub(crate) fn gain(volume: u8) -> f32 {
    (f32::from(volume.min(100)) / 100.0).powi(3)
}

/// How a sound is brought to its level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    /// The factor for all of it.
    pub(crate) gain: f32,
    /// No sample leaves above this; a sound that would is turned down from there on, for good.
    pub(crate) ceiling: f32,
    /// Where an end has no ramp of its own it gets one of [`FADE`].
    pub(crate) ramps: bool,
}

impl Shape {
    /// As it is, but for that factor.
    pub(crate) const fn plain(gain: f32) -> Self {
        Self { gain, ceiling: f32::INFINITY, ramps: false }
    }
}

/// A sound on its way out.
pub(crate) struct Voice {
    sound: Sound,
    shape: Shape,
    lead_in: u64,
    silence_left: u64,
    /// The gain where `held` begins: the shape's, or less once the ceiling was met; where it is going, and by how much
    /// a frame.
    gain: f32,
    target: f32,
    step: f32,
    /// Samples pulled from the sound that may yet have to be turned down or ramped: while there may be more, its last
    /// [`FADE`] is kept.
    held: Vec<f32>,
    /// Samples that have got their level, and how many of them were taken.
    ready: Vec<f32>,
    taken: usize,
    /// Frames of the sound that have got their level.
    levelled: usize,
    /// The highest sample known of.
    peak: f32,
    ramp_in: bool,
    meter: Option<Meter>,
}

impl Voice {
    /// The sound in that shape after `lead_in` of silence.
    pub(crate) fn new(sound: Sound, shape: Shape, lead_in: Duration) -> Self {
        let lead_in = sound.spec().frames(lead_in);
        let channels = usize::from(sound.spec().channels);
        let peak = highest(sound.ready());
        let ramp_in = shape.ramps && is_abrupt(sound.ready().chunks_exact(channels), peak, edge(sound.spec()));
        Self {
            sound,
            shape,
            lead_in,
            silence_left: lead_in,
            gain: shape.gain,
            target: shape.gain,
            step: 0.0,
            held: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            levelled: 0,
            peak,
            ramp_in,
            meter: None,
        }
    }

    /// Measures the sound, as it is before it gets its level, while it is pulled.
    pub(crate) fn measured_by(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
        self
    }

    /// The measure of the whole sound, once all of it has been pulled.
    pub(crate) fn measure(self) -> Option<Meter> {
        if self.sound.ended() { self.meter } else { None }
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
        let mut done = silent as usize * channels;
        out[..done].fill(0.0);
        while done < out.len() {
            if self.taken == self.ready.len() && !self.level_more(out.len() - done) {
                break;
            }
            let count = (self.ready.len() - self.taken).min(out.len() - done);
            out[done..done + count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
            self.taken += count;
            done += count;
        }
        done / channels
    }

    /// Whether nothing more will come.
    pub(crate) fn ended(&self) -> bool {
        self.silence_left == 0 && self.sound.ended() && self.held.is_empty() && self.taken == self.ready.len()
    }

    /// Gets `wanted` samples ready, or what there is; `false` if that is nothing.
    fn level_more(&mut self, wanted: usize) -> bool {
        let channels = usize::from(self.spec().channels);
        let edge = edge(self.spec());
        let old = self.held.len();
        // What stays held must not make a caller wait who could have been served.
        self.held.resize(wanted + edge * channels, 0.0);
        let pulled = self.sound.pull(&mut self.held[old..]);
        self.held.truncate(old + pulled);
        if let Some(meter) = &mut self.meter {
            meter.push(&self.held[old..]);
        }

        let frames = self.held.len() / channels;
        let ended = self.sound.ended();
        let count = if ended { frames } else { frames.saturating_sub(edge) };
        let peak = highest(&self.held[old..]);
        self.peak = self.peak.max(peak);
        self.turn_down(peak, old / channels);
        let ramp_out = self.shape.ramps && ended && is_abrupt(self.held.chunks_exact(channels).rev(), self.peak, edge);

        self.ready.clear();
        self.taken = 0;
        for (n, frame) in self.held.chunks_exact(channels).take(count).enumerate() {
            let mut factor = self.gain;
            self.gain = (self.gain - self.step).max(self.target);
            if self.ramp_in {
                factor *= rise(self.levelled + n, edge);
            }
            if ramp_out {
                factor *= rise(frames - 1 - n, edge);
            }
            self.ready.extend(frame.iter().map(|sample| sample * factor));
        }
        self.held.drain(..count * channels);
        self.levelled += count;
        !self.ready.is_empty()
    }

    /// Has the gain come down over the next `frames`, if what follows them rises so high that it must.
    fn turn_down(&mut self, peak: f32, frames: usize) {
        let allowed = self.shape.ceiling / peak;
        if allowed.is_nan() || allowed >= self.target {
            return;
        }
        self.target = allowed;
        if frames == 0 {
            self.gain = allowed;
        } else {
            self.step = self.step.max((self.gain - allowed) / frames as f32);
        }
    }
}

/// The frames of a ramp.
fn edge(spec: Spec) -> usize {
    spec.frames(FADE) as usize
}

fn highest(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |highest, sample| highest.max(sample.abs()))
}

/// Whether a sound whose end these frames are, from outside in, rises faster than a ramp of `edge` frames would.
fn is_abrupt<'f>(frames: impl Iterator<Item = &'f [f32]>, peak: f32, edge: usize) -> bool {
    // 16 bits can't follow the ramp to its foot.
    let step = 2.0 / 32_768.0;
    frames.take(edge).enumerate().any(|(n, frame)| highest(frame) > rise(n, edge) * peak + step)
}

/// The raised cosine that is 0 at 0 and 1 from `length` on.
fn rise(at: usize, length: usize) -> f32 {
    if at >= length { 1.0 } else { 0.5 - 0.5 * (std::f32::consts::PI * at as f32 / length as f32).cos() }
}

/// Multiplies a falling raised cosine of `length` frames into interleaved samples; what lies behind it becomes silence.
pub(crate) fn fade(samples: &mut [f32], channels: u16, length: usize) {
    for (offset, frame) in samples.chunks_mut(usize::from(channels)).enumerate() {
        let factor = rise(length.saturating_sub(offset + 1), length);
        for sample in frame {
            *sample *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: f32 = 0.8;

    fn voice(samples: Vec<f32>, channels: u16, shape: Shape, lead_in: u64) -> Voice {
        let spec = Spec { rate: 8000, channels };
        Voice::new(Sound::from_samples(spec, samples), shape, spec.time(lead_in) + Duration::from_nanos(1))
    }

    /// All of a voice, pulled in blocks of so many samples.
    fn all(mut voice: Voice, block: usize) -> Vec<f32> {
        let mut samples = Vec::new();
        let mut out = vec![9.0; block];
        while !voice.ended() {
            let frames = voice.fill(&mut out);
            samples.extend_from_slice(&out[..frames * usize::from(voice.spec().channels)]);
        }
        samples
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
        let mut voice = voice(vec![1.0; 20], 2, Shape::plain(0.5), 3);
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
    fn a_plain_shape_changes_nothing_but_the_gain_however_it_is_pulled() {
        let samples: Vec<f32> = (0..2000).map(|n| (n as f32 / 1000.0) - 1.0).collect();
        for block in [2, 6, 80, 158, 4000] {
            assert_eq!(all(voice(samples.clone(), 2, Shape::plain(1.0), 0), block), samples, "{block}");
        }
    }

    #[test]
    fn both_ends_are_ramped_on_every_channel_and_the_middle_is_not() {
        let shape = Shape { gain: 1.0, ceiling: 2.0, ramps: true };
        for block in [2, 78, 80, 1000] {
            let out = all(voice(vec![1.0; 800], 2, shape, 0), block);
            assert_eq!(out.len(), 800);
            let left: Vec<f32> = out.chunks(2).map(|frame| frame[0]).collect();
            assert!(out.chunks(2).all(|frame| frame[0] == frame[1]));
            assert!((left[0], left[399]) == (0.0, 0.0), "{block}");
            assert!(left[..40].is_sorted() && left[360..].is_sorted_by(|a, b| a >= b), "{block}");
            assert!(left[40..360].iter().all(|sample| *sample == 1.0), "{block}");
        }
    }

    #[test]
    fn an_end_that_has_a_ramp_of_its_own_is_left_as_it_is() {
        let tone = |n: usize| rise(n, 40) * rise(1599 - n, 40) * (n as f32 * 0.7).sin();
        let samples: Vec<f32> = (0..1600).map(tone).collect();
        let shape = Shape { gain: 1.0, ceiling: 2.0, ramps: true };
        assert_eq!(all(voice(samples.clone(), 1, shape, 0), 100), samples);
        let cut = all(voice(samples[..1000].to_vec(), 1, shape, 0), 100);
        assert_eq!(cut[..960], samples[..960], "its beginning is as it was");
        assert!(cut[999] == 0.0 && cut[980].abs() < samples[980].abs(), "where it was cut it falls");
    }

    #[test]
    fn a_sound_shorter_than_its_ramps_stays_below_both() {
        let out = all(voice(vec![1.0; 20], 1, Shape { gain: 1.0, ceiling: 2.0, ramps: true }, 0), 7);
        assert_eq!(out.len(), 20);
        assert!(out[0] == 0.0 && out[19] == 0.0 && out.iter().all(|sample| *sample < 0.5));
    }

    #[test]
    fn what_would_pass_the_ceiling_is_turned_down_without_a_jump_and_stays_so() {
        let samples: Vec<f32> = (0..4000)
            .map(|n| {
                if n < 1000 {
                    0.1
                } else if n < 3000 {
                    0.5
                } else {
                    0.05
                }
            })
            .collect();
        for block in [1, 33, 40, 500, 4000] {
            let out = all(voice(samples.clone(), 1, Shape { gain: 4.0, ceiling: CEILING, ramps: false }, 0), block);
            assert_eq!(out.len(), 4000);
            assert!(out.iter().all(|sample| *sample <= CEILING * 1.0001), "{block}");
            assert!((out[2000] - CEILING).abs() < 1e-4, "{block}: {}", out[2000]);
            assert!((out[3500] - 0.08).abs() < 1e-4, "{block}: as quiet against it as before");
            if block <= 500 {
                assert!((out[300] - 0.4).abs() < 1e-4, "{block}: not before it must");
            }
            assert!(out[..999].windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.02), "{block}: no jump");
        }
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
        let mut voice = voice(vec![1.0; 20], 2, Shape::plain(1.0), 0);
        let mut out = [9.0; 5];
        assert_eq!(voice.fill(&mut out), 2);
        assert_eq!(out[4], 9.0);
    }
}
