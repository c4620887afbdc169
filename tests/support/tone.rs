//! Test sounds: samples whose every property is known, and files made of them.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::analysis::frames;
use super::process;
use super::{Missing, PATIENCE, find_program};

/// Half of full scale: nothing clips, and a lost bit shows.
const AMPLITUDE: f64 = 0.5;

/// A sound of one channel, which a file carries in all of its channels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tone {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    pub(crate) samples: Vec<f32>,
}

/// How a WAV file stores a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    U8,
    S16,
    S24,
    S32,
    F32,
}

impl Tone {
    /// The sound most tests want: 300 ms of 1 kHz, 48 kHz, stereo.
    pub(crate) fn standard() -> Self {
        Self::sine(48_000, 1000.0, 300.0)
    }

    /// Stereo, from zero, as long as asked to the frame.
    pub(crate) fn sine(rate: u32, hz: f64, ms: f64) -> Self {
        Self::generated(rate, ms, |seconds, _| (TAU * hz * seconds).sin())
    }

    /// Rises from one frequency to the other: no part of it looks like another, so a lost piece always shows.
    pub(crate) fn sweep(rate: u32, from: f64, to: f64, ms: f64) -> Self {
        let per_second = (to - from) / (ms / 1000.0);
        Self::generated(rate, ms, |seconds, _| (TAU * (from + per_second * seconds / 2.0) * seconds).sin())
    }

    /// The same noise each time.
    pub(crate) fn noise(rate: u32, ms: f64) -> Self {
        let hash = |index: u64| {
            // SplitMix64.
            let mut z = index.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        };
        Self::generated(rate, ms, |_, index| hash(index as u64 + 1) as f64 / u64::MAX as f64 * 2.0 - 1.0)
    }

    pub(crate) fn silence(rate: u32, ms: f64) -> Self {
        Self::generated(rate, ms, |_, _| 0.0)
    }

    /// One value and nothing else, in one channel: whoever hears a sample of it knows which sound it is.
    pub(crate) fn constant(rate: u32, level: f64, ms: f64) -> Self {
        Self::generated(rate, ms, |_, _| level / AMPLITUDE).channels(1)
    }

    fn generated(rate: u32, ms: f64, wave: impl Fn(f64, usize) -> f64) -> Self {
        let sample = |index| (AMPLITUDE * wave(index as f64 / f64::from(rate), index)) as f32;
        Self { rate, channels: 2, samples: (0..frames(ms, rate)).map(sample).collect() }
    }

    pub(crate) fn channels(mut self, channels: u16) -> Self {
        self.channels = channels;
        self
    }

    /// The peak of what was generated becomes `amplitude`.
    pub(crate) fn amplitude(mut self, amplitude: f32) -> Self {
        self.samples.iter_mut().for_each(|sample| *sample *= amplitude / AMPLITUDE as f32);
        self
    }

    /// A linear fade of `ms` at both ends, as a well-made sound has it.
    pub(crate) fn ramped(mut self, ms: f64) -> Self {
        let (ramp, count) = (frames(ms, self.rate), self.samples.len());
        for index in 0..ramp.min(count / 2) {
            let factor = index as f32 / ramp as f32;
            self.samples[index] *= factor;
            self.samples[count - 1 - index] *= factor;
        }
        self
    }

    /// `other` right after this one.
    pub(crate) fn then(mut self, other: &Self) -> Self {
        assert_eq!(self.rate, other.rate, "sounds of one rate only");
        self.samples.extend(&other.samples);
        self
    }

    /// `other` on top, from its first sample on.
    pub(crate) fn mixed(mut self, other: &Self) -> Self {
        assert_eq!(self.rate, other.rate, "sounds of one rate only");
        self.samples.resize(self.samples.len().max(other.samples.len()), 0.0);
        self.samples.iter_mut().zip(&other.samples).for_each(|(own, add)| *own += add);
        self
    }

    pub(crate) fn duration_ms(&self) -> f64 {
        super::analysis::ms(self.samples.len(), self.rate)
    }

    /// Writes a 16-bit WAV file.
    pub(crate) fn write_wav(&self, file: &Path) {
        self.write_wav_as(file, Depth::S16);
    }

    pub(crate) fn write_wav_as(&self, file: &Path, depth: Depth) {
        fs::write(file, self.wav(depth)).unwrap_or_else(|error| panic!("could not write {}: {error}", file.display()));
    }

    /// The bytes of a WAV file.
    pub(crate) fn wav(&self, depth: Depth) -> Vec<u8> {
        let mut data = Vec::new();
        for &sample in &self.samples {
            for _ in 0..self.channels {
                depth.push(&mut data, sample);
            }
        }
        let bytes = depth.bytes();
        let frame = self.channels * bytes;
        let format: u16 = if depth == Depth::F32 { 3 } else { 1 };
        let length = data.len() as u32;
        // Chunks begin at even places.
        let padding = data.len() % 2;
        let mut file = Vec::with_capacity(44 + data.len() + padding);
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&(36 + length + padding as u32).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt ");
        file.extend_from_slice(&16_u32.to_le_bytes());
        file.extend_from_slice(&format.to_le_bytes());
        file.extend_from_slice(&self.channels.to_le_bytes());
        file.extend_from_slice(&self.rate.to_le_bytes());
        file.extend_from_slice(&(self.rate * u32::from(frame)).to_le_bytes());
        file.extend_from_slice(&frame.to_le_bytes());
        file.extend_from_slice(&(bytes * 8).to_le_bytes());
        file.extend_from_slice(b"data");
        file.extend_from_slice(&length.to_le_bytes());
        file.append(&mut data);
        file.resize(file.len() + padding, 0);
        file
    }

    /// Encodes to the format of `file`'s extension: `ogg`, `flac`, `mp3` with their own programs, others (`aiff`, `au`,
    /// `caf`, …) with sox, `wav` with none.
    ///
    /// # Panics
    /// When the encoder is there and fails.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Missing> {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if extension == "wav" {
            self.write_wav(file);
            return Ok(());
        }
        let program = match extension {
            "ogg" => "oggenc",
            "flac" => "flac",
            "mp3" => "lame",
            _ => "sox",
        };
        let mut command = Command::new(find_program(program)?);
        let source = file.with_extension("source.wav");
        self.write_wav(&source);
        match program {
            "oggenc" => command.args(["--quiet", "-q", "5", "-o"]).arg(file).arg(&source),
            "flac" => command.args(["--silent", "--force", "-o"]).arg(file).arg(&source),
            "lame" => command.args(["--silent", "-b", "192"]).arg(&source).arg(file),
            _ => command.arg(&source).arg(file),
        };
        let output = process::run(command, b"", PATIENCE).unwrap_or_else(|error| panic!("{error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        fs::remove_file(&source).expect("could not remove the encoder's source");
        Ok(())
    }
}

impl Depth {
    fn bytes(self) -> u16 {
        match self {
            Self::U8 => 1,
            Self::S16 => 2,
            Self::S24 => 3,
            Self::S32 | Self::F32 => 4,
        }
    }

    fn push(self, data: &mut Vec<u8>, sample: f32) {
        let scaled = |full: f64| (f64::from(sample) * full).round().clamp(-full, full - 1.0);
        match self {
            Self::U8 => data.push((scaled(128.0) + 128.0) as u8),
            Self::S16 => data.extend((scaled(32_768.0) as i16).to_le_bytes()),
            Self::S24 => data.extend(&(scaled(8_388_608.0) as i32).to_le_bytes()[..3]),
            Self::S32 => data.extend((scaled(2_147_483_648.0) as i32).to_le_bytes()),
            Self::F32 => data.extend(sample.to_le_bytes()),
        }
    }
}
