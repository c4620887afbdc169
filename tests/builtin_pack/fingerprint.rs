//! What a sound is recognised by: its spectrum over time and its melody, whatever its gain; and how far two are apart.

use std::f64::consts::TAU;

use crate::measures::power;
use crate::sounds;

#[test]
fn a_copy_is_alike_whatever_its_gain_start_or_end() {
    for sound in sounds::all() {
        let print = fingerprint(&sound.wave);
        let quieter: Vec<f64> = sound.wave.iter().map(|x| x * 0.5).collect();
        let later: Vec<f64> = [0.0; 960].iter().chain(&sound.wave).copied().collect();
        let shorter = &sound.wave[..sound.wave.len() * 9 / 10];
        for copy in [&quieter[..], &later, shorter] {
            let distance = distance(&print, &fingerprint(copy));
            assert!(distance < ALIKE, "{}/{}: {distance:.3}", sound.pack, sound.id);
        }
    }
}

/// Two sounds nearer than this would be taken for each other.
///
/// A copy that is quieter, later or cut at the end stays below 0.3; the nearest two of a pack, a parent and its child,
/// are 0.43 apart, and half of all pairs 0.8 or more.
pub(crate) const ALIKE: f64 = 0.35;

/// The semitones a fingerprint listens to: 131 Hz to 4.2 kHz.
const SEMITONES: std::ops::RangeInclusive<u8> = 48..=108;

/// What is heard in 50 ms.
pub(crate) struct Frame {
    /// How strong each band of three semitones is, 0 at 45 dB below the sound's strongest, 1 at it.
    pub(crate) bands: Vec<f64>,
    /// The strongest semitone, where anything is loud enough to have one.
    pub(crate) pitch: Option<usize>,
}

/// What is heard over time, whatever the gain: one frame every 25 ms.
pub(crate) fn fingerprint(wave: &[f64]) -> Vec<Frame> {
    const FRAME: usize = 2_400;
    const FLOOR: f64 = 45.0;
    const PITCHED_ABOVE: f64 = 25.0;
    let padded: Vec<f64> = wave.iter().copied().chain([0.0; FRAME]).collect();
    let window: Vec<f64> = (0..FRAME).map(|i| 0.5 - 0.5 * (TAU * i as f64 / FRAME as f64).cos()).collect();
    let powers: Vec<Vec<f64>> = padded
        .windows(FRAME)
        .step_by(FRAME / 2)
        .map(|frame| {
            let frame: Vec<f64> = frame.iter().zip(&window).map(|(x, w)| x * w).collect();
            SEMITONES.map(|semitone| power(&frame, 440.0 * ((f64::from(semitone) - 69.0) / 12.0).exp2())).collect()
        })
        .collect();
    let strongest = powers.iter().flatten().fold(f64::MIN_POSITIVE, |a, &b| a.max(b));
    let above = |power: f64, floor: f64| (10.0 * (power / strongest).max(1e-12).log10() + floor).max(0.0);
    powers
        .iter()
        .map(|semitones| {
            let band = |three: &[f64]| above(three.iter().copied().fold(0.0, f64::max), FLOOR) / FLOOR;
            let loudest = (0..semitones.len()).max_by(|&a, &b| semitones[a].total_cmp(&semitones[b])).unwrap();
            Frame {
                bands: semitones.chunks(3).map(band).collect(),
                pitch: (above(semitones[loudest], PITCHED_ABOVE) > 0.0)
                    .then_some(loudest + usize::from(*SEMITONES.start())),
            }
        })
        .collect()
}

/// How far apart two sounds are, 0 to 1: half by spectrum over time, half by pitch; at the best of small delays.
pub(crate) fn distance(a: &[Frame], b: &[Frame]) -> f64 {
    let silent = Frame { bands: vec![0.0; a[0].bands.len()], pitch: None };
    let at_lag = |lag: isize| {
        let frame = |of: &'_ [Frame], index: isize| usize::try_from(index).ok().filter(|&i| i < of.len());
        let (mut apart, mut whole, mut off_pitch, mut pitched) = (0.0, 0.0, 0.0, 0.0_f64);
        for index in -2..(a.len().max(b.len()) as isize + 2) {
            let one = frame(a, index).map_or(&silent, |i| &a[i]);
            let other = frame(b, index + lag).map_or(&silent, |i| &b[i]);
            for (x, y) in one.bands.iter().zip(&other.bands) {
                apart += (x - y).abs();
                whole += x.max(*y);
            }
            if one.pitch.is_some() || other.pitch.is_some() {
                pitched += 1.0;
                off_pitch += match (one.pitch, other.pitch) {
                    (Some(x), Some(y)) => x.abs_diff(y).min(6) as f64 / 6.0,
                    _ => 1.0,
                };
            }
        }
        0.5 * apart / whole + 0.5 * off_pitch / pitched
    };
    (-2..=2).map(at_lag).fold(f64::INFINITY, f64::min)
}

/// The mean height of what is heard, in semitones.
pub(crate) fn brightness(print: &[Frame]) -> f64 {
    let (mut weighted, mut whole) = (0.0, 0.0);
    for frame in print {
        for (band, level) in frame.bands.iter().enumerate() {
            weighted += level * (f64::from(*SEMITONES.start()) + 3.0 * band as f64);
            whole += level;
        }
    }
    weighted / whole
}
