//! The built-in packs as bytes: every file's name and content, computed from the scores.
//!
//! The same on every machine, bit for bit: the arithmetic is IEEE 754 `f64` in a fixed order, and each function that
//! is not exact by that standard comes from `libm`, never from the platform. No clock, no file, no random source.
//! It is compiled twice, into the example that writes the packs and into the test that compares.

mod body;
mod finish;
mod gallery;
mod loudness;
mod manifest;
pub(crate) mod picture;
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

impl File {
    /// Whether it is the one with that content. Of pictures only what they show counts.
    pub(crate) fn is(&self, bytes: &[u8]) -> bool {
        self.bytes == bytes || self.name.ends_with(".png") && picture::show_the_same(&self.bytes, bytes)
    }
}

/// Every generated file: the packs, their manifests first, with a picture of each sound; and the page of the pictures.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    let mut add = |name: String, bytes| files.push(File { name, bytes });
    for score in SCORES {
        add(format!("{}/openpeon.json", score.name), manifest::json(score).into_bytes());
        let longest = score.sounds.iter().map(|sound| sound.seconds).fold(0.0, f64::max);
        for sound in score.sounds {
            let samples = finish::samples(sound);
            add(format!("{}/{}", score.name, sound.file()), wav::mono(RATE, &samples));
            add(gallery::picture(score, sound), picture::png(&samples, picture::marks(longest)));
        }
    }
    add("gallery.md".to_owned(), gallery::page().into_bytes());
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
