//! Another sample rate, for outputs that can't be opened at the sound's own.
//!
//! A windowed sinc, block by block: alias and image below -85 dB, flat to nine tenths of the audible band. Output frame
//! `n` stands at the time of input frame `n * from / to`; nothing is delayed and nothing is lost at either end.

use std::f64::consts::PI;

/// Zero crossings of the kernel on each side.
const HALF: usize = 24;
/// Table entries per zero crossing; in between it is interpolated.
const FINE: usize = 512;
/// Cut-off in cycles per sample of the lower rate.
const CUT_OFF: f64 = 0.47;
/// Shape of the Kaiser window: 90 dB.
const BETA: f64 = 9.0;

/// One stream on its way from one rate to another.
#[derive(Debug)]
pub(crate) struct Resampler {
    from: u64,
    to: u64,
    channels: usize,
    /// The kernel over distance, in samples of the lower rate.
    table: Vec<f32>,
    /// Input frames kept, the first of which stands at `first`.
    kept: Vec<f32>,
    first: i64,
    /// Frames given and taken.
    input: u64,
    output: u64,
}

impl Resampler {
    /// From `from` to `to` frames per second, interleaved.
    pub(crate) fn new(from: u32, to: u32, channels: u16) -> Self {
        let channels = usize::from(channels);
        let mut resampler = Self {
            from: from.into(),
            to: to.into(),
            channels,
            table: kernel(),
            kept: Vec::new(),
            first: 0,
            input: 0,
            output: 0,
        };
        let reach = resampler.reach();
        resampler.kept = vec![0.0; reach * channels];
        resampler.first = -(reach as i64);
        resampler
    }

    /// Takes input and appends what it makes possible.
    pub(crate) fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.input += (input.len() / self.channels) as u64;
        self.kept.extend_from_slice(input);
        self.produce(out, u64::MAX);
    }

    /// Appends what is left: in all as many frames as the input lasts.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        self.kept.extend(std::iter::repeat_n(0.0, (self.reach() + 1) * self.channels));
        let all = (self.input * self.to).div_ceil(self.from);
        self.produce(out, all);
    }

    /// Input frames that one output frame is made of, on each side.
    fn reach(&self) -> usize {
        HALF * (self.from.max(self.to).div_ceil(self.to)) as usize + 1
    }

    fn produce(&mut self, out: &mut Vec<f32>, all: u64) {
        let reach = self.reach() as i64;
        let scale = (self.to as f64 / self.from as f64).min(1.0);
        let mut sums = [0.0_f32; 2];
        while self.output < all {
            let at = self.output * self.from;
            let (whole, part) = ((at / self.to) as i64, (at % self.to) as f64 / self.to as f64);
            let start = (whole - reach + 1 - self.first) as usize;
            let Some(window) = self.kept.get(start * self.channels..(start + 2 * reach as usize) * self.channels)
            else {
                break;
            };
            sums[..self.channels].fill(0.0);
            for (offset, frame) in window.chunks_exact(self.channels).enumerate() {
                let distance = (offset as i64 - reach + 1) as f64 - part;
                let weight = self.weight(distance * scale) * scale as f32;
                for (sum, sample) in sums.iter_mut().zip(frame) {
                    *sum += sample * weight;
                }
            }
            out.extend_from_slice(&sums[..self.channels]);
            self.output += 1;
        }
        // What lies before the next frame's window is done with.
        let next = (self.output * self.from / self.to) as i64 - reach + 1;
        let done = usize::try_from(next - self.first).unwrap_or(0).min(self.kept.len() / self.channels);
        self.kept.drain(..done * self.channels);
        self.first += done as i64;
    }

    fn weight(&self, distance: f64) -> f32 {
        let at = distance.abs() * FINE as f64;
        let (index, part) = (at as usize, at.fract() as f32);
        match self.table.get(index..index + 2) {
            Some([here, next]) => here + (next - here) * part,
            _ => 0.0,
        }
    }
}

/// One side of the windowed sinc.
fn kernel() -> Vec<f32> {
    let size = HALF * FINE;
    let at = |n: usize| {
        let x = n as f64 / FINE as f64;
        let sinc = if n == 0 { 2.0 * CUT_OFF } else { (2.0 * PI * CUT_OFF * x).sin() / (PI * x) };
        let edge = n as f64 / size as f64;
        (sinc * bessel(BETA * (1.0 - edge * edge).max(0.0).sqrt()) / bessel(BETA)) as f32
    };
    (0..=size).map(at).collect()
}

/// The modified Bessel function of the first kind and order zero.
fn bessel(x: f64) -> f64 {
    let mut sum = 1.0;
    let mut term = 1.0;
    for n in 1..40 {
        term *= x / (2.0 * f64::from(n));
        sum += term * term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hertz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (2.0 * PI * hertz * n as f64 / f64::from(rate)).sin() as f32 * 0.5).collect()
    }

    fn convert(from: u32, to: u32, input: &[f32], block: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to, 1);
        let mut out = Vec::new();
        for block in input.chunks(block) {
            resampler.push(block, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    #[test]
    fn a_sine_stays_that_sine() {
        for (from, to, hertz) in [
            (44_100, 48_000, 1000.0),
            (44_100, 48_000, 6000.0),
            (48_000, 44_100, 6000.0),
            (8000, 48_000, 1000.0),
            (96_000, 48_000, 6000.0),
        ] {
            let out = convert(from, to, &sine(from, hertz, from as usize / 5), 700);
            let want = sine(to, hertz, out.len());
            // The ends are cut-off sines, which no filter can keep.
            let middle = 500..out.len() - 500;
            let error: f64 = middle.clone().map(|n| f64::from(out[n] - want[n]).powi(2)).sum();
            let power: f64 = middle.map(|n| f64::from(want[n]).powi(2)).sum();
            let sinad = 10.0 * (power / error).log10();
            assert!(sinad > 75.0, "{from} to {to} at {hertz}: {sinad:.1} dB");
        }
    }

    #[test]
    fn length_is_kept_however_it_is_cut_into_blocks() {
        let input = sine(44_100, 440.0, 4410);
        let whole = convert(44_100, 48_000, &input, input.len());
        assert_eq!(whole.len(), 4800);
        assert_eq!(convert(44_100, 48_000, &input, 1), whole);
        assert_eq!(convert(192_000, 8000, &sine(192_000, 440.0, 19_200), 100).len(), 800);
        assert_eq!(convert(48_000, 8000, &[], 100).len(), 0);
    }

    #[test]
    fn what_the_lower_rate_can_not_hold_is_filtered_out() {
        let out = convert(48_000, 8000, &sine(48_000, 6000.0, 9600), 1000);
        let loudest = out[100..out.len() - 100].iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        assert!(loudest < 0.5e-4, "{loudest}");
    }
}
