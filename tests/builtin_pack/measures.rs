//! What is measured of a wave by itself: ends, constant part, true peak, loudness, spectral centroid.

use crate::loudness::momentary;
use std::f64::consts::{PI, TAU};

use crate::sounds::{self, RATE};

#[test]
fn the_measures_see_a_spoilt_sound() {
    let wave = &sounds::of("herald")[0].wave;
    let loud: Vec<f64> = wave.iter().map(|x| x * 4.0).collect();
    assert!(true_peak(&loud) > 0.9);
    assert!((momentary_loudness(&loud) - momentary_loudness(wave) - 12.04).abs() < 0.01);
    assert!(!ramped(&wave[2_000..]), "cut at the start");
    assert!(!ramped(&wave[..20_000]), "cut at the end");
    assert!(offset(&wave.iter().map(|x| x + 0.002).collect::<Vec<_>>()) > 0.001);
    // A sine of a quarter of the rate, sampled between its peaks: 3 dB more than any sample shows.
    let between: Vec<f64> = (0..480).map(|i| (PI / 2.0 * f64::from(i) + PI / 4.0).sin()).collect();
    assert!((true_peak(&between[..]) - 1.0).abs() < 0.08, "{}", true_peak(&between));
    // The standard's own calibration: 997 Hz at full scale in one channel is -3.01 LUFS.
    let calibration: Vec<f64> = (0..48_000).map(|i| (TAU * 997.0 * f64::from(i) / RATE).sin()).collect();
    assert!((momentary_loudness(&calibration) + 3.01).abs() < 0.02, "{}", momentary_loudness(&calibration));
    let tone = |hertz: f64| (0..4_800).map(|i| (TAU * hertz * f64::from(i) / RATE).sin()).collect::<Vec<_>>();
    for hertz in [110.0, 440.0, 3_000.0] {
        assert!((centroid(&tone(hertz)) / hertz - 1.0).abs() < 0.05, "{hertz} Hz: {}", centroid(&tone(hertz)));
    }
    let both: Vec<f64> = tone(400.0).iter().zip(tone(800.0)).map(|(a, b)| a + b).collect();
    assert!((centroid(&both) - 600.0).abs() < 20.0, "two tones equally strong: {}", centroid(&both));
    assert!(share_above(&both, 600.0) > 0.4 && share_above(&both, 1_000.0) < 0.01);
}

/// Whether both ends lie under a raised cosine of 5 ms, and begin and end within 2 steps of zero.
pub(crate) fn ramped(wave: &[f64]) -> bool {
    let step = 1.0 / 32_768.0;
    let peak = wave.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
    let under = |(index, sample): (usize, &f64)| {
        let allowed = 0.5 - 0.5 * (PI * index as f64 / 240.0).cos();
        sample.abs() <= allowed * peak + 2.0 * step
    };
    wave.iter().take(240).enumerate().all(under) && wave.iter().rev().take(240).enumerate().all(under)
}

/// How far the mean is from zero.
pub(crate) fn offset(wave: &[f64]) -> f64 {
    (wave.iter().sum::<f64>() / wave.len() as f64).abs()
}

/// The highest magnitude of the signal, also between its samples.
pub(crate) fn true_peak(wave: &[f64]) -> f64 {
    let mut peak = wave.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
    for quarter in [0.25, 0.5, 0.75] {
        let weights: Vec<f64> = (-7..9)
            .map(|tap| {
                let distance = f64::from(tap) - quarter;
                let sinc = (PI * distance).sin() / (PI * distance);
                sinc * (0.5 + 0.5 * (PI * distance / 9.0).cos())
            })
            .collect();
        for near in wave.windows(weights.len()) {
            let between: f64 = near.iter().zip(&weights).map(|(x, weight)| x * weight).sum();
            peak = peak.max(between.abs());
        }
    }
    peak
}

/// LUFS of one channel at 48 kHz.
pub(crate) fn momentary_loudness(wave: &[f64]) -> f64 {
    momentary(&[wave.to_vec()])
}

/// The middle of the spectrum, each frequency weighted by its power, in hertz.
pub(crate) fn centroid(wave: &[f64]) -> f64 {
    let spectrum = spectrum(wave);
    spectrum.iter().map(|(hertz, power)| hertz * power).sum::<f64>() / total(&spectrum)
}

/// How much of the power lies above a frequency, 0 to 1.
pub(crate) fn share_above(wave: &[f64], hertz: f64) -> f64 {
    let spectrum = spectrum(wave);
    let above: Vec<_> = spectrum.iter().copied().filter(|(at, _)| *at > hertz).collect();
    total(&above) / total(&spectrum)
}

fn total(spectrum: &[(f64, f64)]) -> f64 {
    spectrum.iter().map(|(_, power)| power).sum()
}

/// The power of every frequency from 20 Hz to 8 kHz in steps of 10 Hz, over the whole wave.
fn spectrum(wave: &[f64]) -> Vec<(f64, f64)> {
    (2..800).map(|ten| (f64::from(ten) * 10.0, power(wave, f64::from(ten) * 10.0))).collect()
}

/// The power of one frequency in a frame, after Goertzel.
pub(crate) fn power(frame: &[f64], hertz: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / RATE).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for x in frame {
        (s2, s1) = (s1, x + turn * s1 - s2);
    }
    s1 * s1 + s2 * s2 - turn * s1 * s2
}
