//! The built-in pack as bytes: every file's name and content, computed from the score.
//!
//! The same on every machine, bit for bit: the arithmetic is IEEE 754 `f64` in a fixed order, and each function that
//! is not exact by that standard comes from `libm`, never from the platform. No clock, no file, no random source.
//! It is compiled twice, into the example that writes the pack and into the test that compares.

mod finish;
mod loudness;
mod manifest;
mod room;
mod score;
mod synth;
mod wav;

/// Samples per second of everything in the pack.
const RATE: u32 = 48_000;

/// One file of the pack.
pub(crate) struct File {
    /// Its name, relative to the pack's folder.
    pub(crate) name: String,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
}

/// Every generated file of the pack, the manifest first.
pub(crate) fn files() -> Vec<File> {
    let manifest = File { name: "openpeon.json".to_owned(), bytes: manifest::json().into_bytes() };
    let sounds =
        score::SOUNDS.iter().map(|sound| File { name: sound.file(), bytes: wav::mono(RATE, &finish::samples(sound)) });
    std::iter::once(manifest).chain(sounds).collect()
}

/// How many samples `seconds` are.
fn samples_in(seconds: f64) -> usize {
    (seconds * f64::from(RATE)).round() as usize
}

/// The rising half of a raised cosine: 0 at 0, 1 at 1, level at both ends.
fn raised_cosine(at: f64) -> f64 {
    0.5 - 0.5 * libm::cos(std::f64::consts::PI * at.clamp(0.0, 1.0))
}
