//! The built-in packs as bytes: every file's name and content, computed from the scores.
//!
//! The same on every machine, bit for bit: the arithmetic is IEEE 754 `f64` in a fixed order, and each function that
//! is not exact by that standard comes from `libm`, never from the platform. No clock, no file, no random source.
//! It is compiled twice, into the example that writes the packs and into the test that compares.

mod body;
mod finish;
mod loudness;
mod manifest;
mod room;
pub(crate) mod score;
mod synth;
mod wav;

use score::SCORES;

/// Samples per second of everything in the packs.
const RATE: u32 = 48_000;

/// One generated file.
pub(crate) struct File {
    /// Its name, relative to `sounds/`, with forward slashes.
    pub(crate) name: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// Every generated file, pack by pack, the manifest first.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    for score in SCORES {
        let mut add = |name: &str, bytes| files.push(File { name: format!("{}/{name}", score.name), bytes });
        add("openpeon.json", manifest::json(score).into_bytes());
        for sound in score.sounds {
            add(&sound.file(), wav::mono(RATE, &finish::samples(sound)));
        }
    }
    files
}

/// How many samples `seconds` are.
fn samples_in(seconds: f64) -> usize {
    (seconds * f64::from(RATE)).round() as usize
}

/// The rising half of a raised cosine: 0 at 0, 1 at 1, level at both ends.
fn raised_cosine(at: f64) -> f64 {
    0.5 - 0.5 * libm::cos(std::f64::consts::PI * at.clamp(0.0, 1.0))
}
