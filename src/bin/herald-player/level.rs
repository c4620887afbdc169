//! How loud a sound is, and how high its wave really rises.
//!
//! Owns the measure: ITU-R BS.1770 as EBU R 128 uses it. Loudness is that of the loudest 400 ms, or of the whole where
//! it is shorter: a notification is heard as its loudest moment, and gating over minutes says nothing about half a
//! second. Mono counts as heard on both sides, because that is how it is played. Changes no sample.

use std::collections::VecDeque;

use ebur128::{Channel, EbuR128, Mode};

use crate::decode::Spec;

/// Steps per second of the sliding window. Energies of whole steps are added up, so fine steps cost nothing more.
const STEPS: usize = 100;
/// Steps in 400 ms.
const WINDOW: usize = 40;
/// One step, in the milliseconds that the library wants.
const STEP_MS: u32 = 10;
/// Below this absolute gate of the standard, in LUFS, is silence.
const SILENCE: f64 = -70.0;
/// Frames that bring out what the interpolation still holds back.
const BEHIND: usize = 48;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    /// Of the loudest 400 ms, in LUFS; `None` for silence.
    pub(crate) loudness: Option<f64>,
    /// The highest point of the wave, between the samples too: 1 is full scale.
    pub(crate) peak: f64,
}

impl Level {
    /// That of interleaved samples.
    pub(crate) fn of(spec: Spec, samples: &[f32]) -> Self {
        let mut meter = Meter::new(spec);
        meter.push(samples);
        meter.finish()
    }

    /// The peak in dBTP; `None` where there is none.
    pub(crate) fn peak_db(self) -> Option<f64> {
        (self.peak > 0.0).then(|| 20.0 * self.peak.log10())
    }
}

/// Measures a sound that comes in pieces.
pub(crate) struct Meter {
    /// `None` for a rate or a number of channels that the library refuses; sounds have none such.
    ebu: Option<EbuR128>,
    channels: usize,
    /// Samples of one step.
    step: usize,
    /// Samples of the step begun.
    begun: usize,
    /// Energies of the latest steps, and their sum.
    window: VecDeque<f64>,
    /// All steps' energy where they are few, and the greatest window's where they are not.
    greatest: f64,
    steps: usize,
}

impl Meter {
    /// For samples of that rate and those channels, which are 1 or 2.
    pub(crate) fn new(spec: Spec) -> Self {
        let channels = usize::from(spec.channels);
        let mut ebu = EbuR128::new(spec.channels.into(), spec.rate, Mode::M | Mode::SAMPLE_PEAK | Mode::TRUE_PEAK).ok();
        if let Some(ebu) = ebu.as_mut().filter(|_| channels == 1) {
            let _ = ebu.set_channel(0, Channel::DualMono);
        }
        Self {
            ebu,
            channels,
            step: spec.rate as usize / STEPS * channels,
            begun: 0,
            window: VecDeque::with_capacity(WINDOW + 1),
            greatest: 0.0,
            steps: 0,
        }
    }

    /// The next samples, interleaved, in whole frames.
    pub(crate) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() && self.step > 0 {
            let (now, later) = samples.split_at(samples.len().min(self.step - self.begun));
            self.add(now);
            self.begun += now.len();
            if self.begun == self.step {
                self.end_step();
            }
            samples = later;
        }
    }

    /// What it all was.
    pub(crate) fn finish(mut self) -> Level {
        let left = self.begun;
        let frames = (self.steps * self.step + left) / self.channels.max(1);
        if left > 0 {
            self.add(&vec![0.0; self.step - left]);
            self.end_step();
        }
        let loudest = if self.steps <= WINDOW {
            // Shorter than the window: its own length is what counts, not the silence behind it.
            self.sum() * (self.step / self.channels.max(1)) as f64 / frames.min(self.window_frames()).max(1) as f64
        } else {
            self.greatest / WINDOW as f64
        };
        self.add(&vec![0.0; BEHIND * self.channels]);
        let loudness = Some(10.0 * loudest.log10() - 0.691).filter(|loudness| *loudness >= SILENCE);
        Level { loudness, peak: self.peak() }
    }

    fn add(&mut self, samples: &[f32]) {
        if let Some(ebu) = &mut self.ebu {
            let _ = ebu.add_frames_f32(samples);
        }
    }

    /// A step is whole: the window slides over it.
    fn end_step(&mut self) {
        let loudness = self.ebu.as_ref().and_then(|ebu| ebu.loudness_window(STEP_MS).ok());
        // The library tells decibels; what can be added up is energy.
        let energy = loudness.map_or(0.0, |loudness| 10_f64.powf((loudness + 0.691) / 10.0));
        self.window.push_back(energy);
        if self.window.len() > WINDOW {
            self.window.pop_front();
        }
        self.greatest = self.greatest.max(self.sum());
        (self.steps, self.begun) = (self.steps + 1, 0);
    }

    fn sum(&self) -> f64 {
        self.window.iter().sum()
    }

    fn window_frames(&self) -> usize {
        self.step / self.channels.max(1) * WINDOW
    }

    fn peak(&self) -> f64 {
        let peak = |channel| self.ebu.as_ref().and_then(|ebu| ebu.true_peak(channel as u32).ok());
        (0..self.channels).filter_map(peak).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use rstest::rstest;

    use super::*;

    const STEREO: Spec = Spec { rate: 48_000, channels: 2 };

    /// A tone with one amplitude per channel.
    fn tone<const N: usize>(rate: u32, hz: f64, phase: f64, seconds: f64, amplitudes: [f64; N]) -> (Spec, Vec<f32>) {
        let count = (seconds * f64::from(rate)).round() as usize;
        let wave = |n: usize| (TAU * (hz * n as f64 / f64::from(rate) + phase)).sin();
        let samples = (0..count).flat_map(|n| amplitudes.map(|amplitude| (wave(n) * amplitude) as f32)).collect();
        (Spec { rate, channels: N as u16 }, samples)
    }

    #[track_caller]
    fn assert_near(got: Option<f64>, wanted: f64, tolerance: f64) {
        assert!(got.is_some_and(|got| (got - wanted).abs() <= tolerance), "{got:?}, and {wanted} is right");
    }

    /// The standard's own calibration: 997 Hz at full scale in one front channel reads -3.01.
    #[rstest]
    fn loudness_is_calibrated_as_the_standard_says(#[values(44_100, 48_000, 96_000, 192_000)] rate: u32) {
        let (spec, samples) = tone(rate, 997.0, 0.0, 1.0, [1.0, 0.0]);
        assert_near(Level::of(spec, &samples).loudness, -3.01, 0.05);
        let (spec, samples) = tone(rate, 997.0, 0.0, 1.0, [1.0, 1.0]);
        assert_near(Level::of(spec, &samples).loudness, 0.0, 0.05);
        let (spec, samples) = tone(rate, 997.0, 0.0, 1.0, [0.1]);
        assert_near(Level::of(spec, &samples).loudness, -20.0, 0.05);
    }

    /// Signals 3341-9 and -10 of EBU Tech 3341 in our terms: what is louder later or shorter than the window counts.
    #[test]
    fn the_loudest_moment_counts_wherever_it_is() {
        let (_, quiet) = tone(48_000, 997.0, 0.0, 1.003, [0.01, 0.01]);
        let (_, loud) = tone(48_000, 997.0, 0.0, 0.6, [0.1, 0.1]);
        let (_, blip) = tone(48_000, 997.0, 0.0, 0.1, [0.1, 0.1]);
        assert_near(Level::of(STEREO, &[quiet.as_slice(), &loud, &quiet].concat()).loudness, -20.0, 0.05);
        assert_near(Level::of(STEREO, &[loud.as_slice(), &quiet].concat()).loudness, -20.0, 0.05);
        // A quarter of the window: 6 dB less, and the quiet rest adds what it has.
        let quarter = 10.0 * (0.25_f64 * 0.01 + 0.75 * 0.0001).log10();
        assert_near(Level::of(STEREO, &[quiet.as_slice(), &blip, &quiet].concat()).loudness, quarter, 0.1);
    }

    #[rstest]
    fn of_a_short_sound_the_whole_counts(#[values(0.03, 0.1234, 0.3999, 0.4, 0.401, 0.41)] seconds: f64) {
        let (spec, samples) = tone(44_100, 997.0, 0.0, seconds, [0.1, 0.1]);
        // A burst has energy beside its tone; the shorter, the more.
        assert_near(Level::of(spec, &samples).loudness, -20.0, 0.3);
    }

    #[test]
    fn silence_has_no_loudness_and_no_peak() {
        for samples in [&[][..], &[0.0; 96_000][..], &[0.0; 2][..]] {
            let level = Level::of(STEREO, samples);
            assert_eq!((level, level.peak_db()), (Level { loudness: None, peak: 0.0 }, None));
        }
        // A crackle of the last of 16 bits is silence, too.
        let (spec, samples) = tone(48_000, 997.0, 0.0, 1.0, [1.0 / 32_768.0; 2]);
        assert_eq!(Level::of(spec, &samples).loudness, None);
    }

    /// A tone at a quarter of the rate whose samples all miss its crests by 45 degrees.
    #[rstest]
    fn the_peak_between_the_samples_is_found(#[values(44_100, 48_000, 96_000)] rate: u32) {
        let (spec, samples) = tone(rate, f64::from(rate) / 4.0, 0.125, 0.5, [0.0, 0.8]);
        let highest = samples.iter().fold(0.0_f32, |highest, sample| highest.max(sample.abs()));
        assert!((f64::from(highest) - 0.8 / 2_f64.sqrt()).abs() < 1e-3);
        let level = Level::of(spec, &samples);
        // Where it begins and ends at once the band-limited wave overshoots a little.
        assert_near(level.peak_db(), 20.0 * 0.8_f64.log10(), 0.6);
        assert!(level.peak >= 0.8 * 0.98, "{level:?}");
    }

    #[test]
    fn a_peak_in_the_last_sample_is_found() {
        let level = Level::of(STEREO, &[[0.0; 958].as_slice(), &[0.7, -0.9]].concat());
        assert_near(Some(level.peak), 0.9, 0.05);
    }

    #[test]
    fn pieces_of_any_size_are_as_good_as_the_whole() {
        let (spec, samples) = tone(22_050, 440.0, 0.0, 1.2, [0.3, 0.7]);
        let whole = Level::of(spec, &samples);
        for size in [2, 34, 442, 4096, 20_000] {
            let mut meter = Meter::new(spec);
            samples.chunks(size).for_each(|piece| meter.push(piece));
            assert_eq!(meter.finish(), whole, "{size}");
        }
    }
}
