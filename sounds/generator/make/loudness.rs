//! How loud a sound is heard: ITU-R BS.1770 K-weighting, loudest 400 ms, and true peak.
//!
//! Only for mono at 48 kHz, the rate the standard prints its coefficients for.

use std::f64::consts::PI;

use super::samples_in;

/// The window of "momentary" loudness, in seconds.
const MOMENT: f64 = 0.4;

/// One second-order section: numerator and denominator without the leading 1.
struct Section {
    b: [f64; 3],
    a: [f64; 2],
}

/// The head's shelf and the low cut, as printed in the standard for 48 kHz.
const K_WEIGHTING: [Section; 2] = [
    Section {
        b: [1.535_124_859_586_97, -2.691_696_189_406_38, 1.198_392_810_852_85],
        a: [-1.690_659_293_182_41, 0.732_480_774_215_85],
    },
    Section { b: [1.0, -2.0, 1.0], a: [-1.990_047_454_833_98, 0.990_072_250_366_21] },
];

impl Section {
    fn run(&self, samples: &mut [f64]) {
        let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
        for sample in samples {
            let x = *sample;
            let y = self.b[0] * x + self.b[1] * x1 + self.b[2] * x2 - self.a[0] * y1 - self.a[1] * y2;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            *sample = y;
        }
    }
}

/// Loudness in LUFS of the loudest 400 ms, or of the whole where it is shorter.
pub(super) fn momentary(samples: &[f64]) -> f64 {
    let mut weighted = samples.to_vec();
    for section in &K_WEIGHTING {
        section.run(&mut weighted);
    }
    let window = samples_in(MOMENT).min(weighted.len());
    let power = |x: &f64| x * x;
    let mut sum: f64 = weighted[..window].iter().map(power).sum();
    let mut loudest = sum;
    for (entering, leaving) in weighted[window..].iter().zip(&weighted) {
        sum += power(entering) - power(leaving);
        loudest = loudest.max(sum);
    }
    -0.691 + 10.0 * libm::log10(loudest / window as f64)
}

/// The highest magnitude between and on the samples, by fourfold interpolation.
pub(super) fn true_peak(samples: &[f64]) -> f64 {
    const STEPS: usize = 4;
    const REACH: i32 = 12;
    let kernel = |distance: f64| {
        if distance == 0.0 {
            return 1.0;
        }
        let sinc = libm::sin(PI * distance) / (PI * distance);
        sinc * (0.5 + 0.5 * libm::cos(PI * distance / f64::from(REACH + 1)))
    };
    let silence = [0.0; REACH as usize];
    let padded = [&silence, samples, &silence].concat();
    let mut peak = samples.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
    for step in 1..STEPS {
        let offset = step as f64 / STEPS as f64;
        let taps: Vec<f64> = (-REACH..=REACH).map(|tap| kernel(f64::from(tap) - offset)).collect();
        for near in padded.windows(taps.len()) {
            let between: f64 = taps.iter().zip(near).map(|(weight, x)| weight * x).sum();
            peak = peak.max(between.abs());
        }
    }
    peak
}
