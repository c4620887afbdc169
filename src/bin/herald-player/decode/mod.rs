//! A file, or bytes, to decoded sound within limits.
//!
//! Owns every check that stands between somebody's file and the decoder, which is rodio's and runs in a panic guard.
//! Nothing here knows an output.
//!
//! | room | owns |
//! |---|---|
//! | [`limits`] | which files are opened, how large, how long |
//! | [`mod@format`] | what a file is, whether its header can be, and what of it a decoder gets |
//! | [`reader`] | the decoder, block by block |
//! | [`mixdown`] | many channels to two |
//! | [`sound`] | a sound to pull from, decoded before or ahead |
//! | [`guard`] | a panic costs the sound |

mod format;
mod guard;
mod limits;
mod mixdown;
mod reader;
mod sound;

use std::fmt;
use std::time::Duration;

pub(crate) use guard::is_guarded;
pub(crate) use reader::Reader;
pub(crate) use sound::Sound;

/// Why something can't be played, as a short sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unplayable(String);

impl Unplayable {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Unplayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unplayable {}

/// Rate and channels of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Frames per second.
    pub(crate) rate: u32,
    /// Samples per frame: 1 or 2.
    pub(crate) channels: u16,
}

impl Spec {
    /// How many frames that time has.
    pub(crate) fn frames(self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos() * u128::from(self.rate) / 1_000_000_000).unwrap_or(u64::MAX)
    }

    /// How long that many frames last.
    pub(crate) fn time(self, frames: u64) -> Duration {
        Duration::from_nanos(
            u64::try_from(u128::from(frames) * 1_000_000_000 / u128::from(self.rate)).unwrap_or(u64::MAX),
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    /// A 16-bit WAV file of those samples.
    pub(crate) fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
        let bytes = (samples.len() * 2) as u32;
        let mut file = b"RIFF".to_vec();
        file.extend((36 + bytes).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0");
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend((rate * u32::from(channels) * 2).to_le_bytes());
        file.extend((channels * 2).to_le_bytes());
        file.extend(b"\x10\0data");
        file.extend(bytes.to_le_bytes());
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }
}
