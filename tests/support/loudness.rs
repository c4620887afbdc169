//! How loud a sound is heard, by ITU-R BS.1770: written from the standard for the tests, beside the library that the
//! player uses.
//!
//! For 48 kHz, the rate of every recording and of the built-in packs. The filters are derived from their analogue shapes.

use std::f64::consts::PI;

const RATE: f64 = 48_000.0;
/// Frames of 400 ms.
const WINDOW: usize = 19_200;
/// Frames between two looks.
const HOP: usize = 48;

/// LUFS of the loudest 400 ms, or of the whole where it is shorter; all channels count alike.
pub(crate) fn momentary(channels: &[Vec<f64>]) -> f64 {
    let weighted: Vec<Vec<f64>> = channels.iter().map(|channel| k_weighted(channel)).collect();
    let length = weighted.first().map_or(0, Vec::len);
    let window = length.min(WINDOW);
    let power = |start: usize| -> f64 {
        weighted.iter().map(|channel| channel[start..start + window].iter().map(|x| x * x).sum::<f64>()).sum()
    };
    let loudest = (0..=length - window).step_by(HOP).map(power).fold(0.0, f64::max);
    -0.691 + 10.0 * (loudest / window as f64).log10()
}

fn k_weighted(wave: &[f64]) -> Vec<f64> {
    let k = (PI * 1_681.974_450_955_533 / RATE).tan();
    let (high, q) = (10_f64.powf(3.999_843_853_973_347 / 20.0), 0.707_175_236_955_419_6);
    let band = high.powf(0.499_666_774_154_541_6);
    let scale = 1.0 + k / q + k * k;
    let shelf = biquad(
        wave,
        [(high + band * k / q + k * k) / scale, 2.0 * (k * k - high) / scale, (high - band * k / q + k * k) / scale],
        [2.0 * (k * k - 1.0) / scale, (1.0 - k / q + k * k) / scale],
    );
    let k = (PI * 38.135_470_876_024_44 / RATE).tan();
    let q = 0.500_327_037_323_877_3;
    let scale = 1.0 + k / q + k * k;
    biquad(&shelf, [1.0, -2.0, 1.0], [2.0 * (k * k - 1.0) / scale, (1.0 - k / q + k * k) / scale])
}

fn biquad(wave: &[f64], b: [f64; 3], a: [f64; 2]) -> Vec<f64> {
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    wave.iter()
        .map(|&x| {
            let y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            y
        })
        .collect()
}
