//! Rendering into a WAV file: what would be heard, where there is nobody to hear it.
//!
//! 16 bits at a fixed rate and number of channels; voices of other rates are resampled.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use herald::platform::whole::create_for_user;

use super::resample::Resampler;
use crate::decode::Spec;
use crate::voice::Voice;

/// Frames per block.
const BLOCK: usize = 4096;
/// Bytes of the header.
const HEADER: u32 = 44;

/// A WAV file being written.
#[derive(Debug)]
pub(crate) struct WavFile {
    file: BufWriter<File>,
    spec: Spec,
    frames: u64,
}

impl WavFile {
    /// A new file of that rate, with one or two channels; an old one of that name is lost.
    pub(crate) fn create(path: &Path, rate: u32, channels: u16) -> io::Result<Self> {
        let mut file = Self { file: BufWriter::new(create_for_user(path)?), spec: Spec { rate, channels }, frames: 0 };
        file.header()?;
        Ok(file)
    }

    /// Writes a whole voice, from where it is to its end.
    pub(crate) fn append(&mut self, voice: &mut Voice) -> io::Result<()> {
        let spec = voice.spec();
        let channels = usize::from(spec.channels);
        let mut resampler =
            (spec.rate != self.spec.rate).then(|| Resampler::new(spec.rate, self.spec.rate, spec.channels));
        let mut block = vec![0.0; BLOCK * channels];
        let mut resampled = Vec::new();
        while !voice.ended() {
            let frames = voice.fill(&mut block);
            let samples = &block[..frames * channels];
            match &mut resampler {
                None => self.write(samples, spec.channels)?,
                Some(resampler) => {
                    resampled.clear();
                    resampler.push(samples, &mut resampled);
                    self.write(&resampled, spec.channels)?;
                }
            }
        }
        if let Some(mut resampler) = resampler {
            resampled.clear();
            resampler.finish(&mut resampled);
            self.write(&resampled, spec.channels)?;
        }
        Ok(())
    }

    /// Writes silence.
    pub(crate) fn silence(&mut self, length: Duration) -> io::Result<()> {
        let frames = self.spec.frames(length) as usize;
        self.write(&vec![0.0; frames * usize::from(self.spec.channels)], self.spec.channels)
    }

    /// Completes the header. A file that is dropped without it claims to be empty.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.header()?;
        self.file.flush()
    }

    fn write(&mut self, samples: &[f32], channels: u16) -> io::Result<()> {
        for frame in samples.chunks_exact(usize::from(channels)) {
            for sample in spread(frame, self.spec.channels) {
                let sample = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
                self.file.write_all(&sample.to_le_bytes())?;
            }
            self.frames += 1;
        }
        Ok(())
    }

    fn header(&mut self) -> io::Result<()> {
        let align = self.spec.channels * 2;
        let data = u32::try_from(self.frames * u64::from(align)).unwrap_or(u32::MAX - HEADER);
        let file = &mut self.file;
        file.write_all(b"RIFF")?;
        file.write_all(&(data + HEADER - 8).to_le_bytes())?;
        file.write_all(b"WAVEfmt \x10\0\0\0\x01\0")?;
        file.write_all(&self.spec.channels.to_le_bytes())?;
        file.write_all(&self.spec.rate.to_le_bytes())?;
        file.write_all(&(self.spec.rate * u32::from(align)).to_le_bytes())?;
        file.write_all(&align.to_le_bytes())?;
        file.write_all(b"\x10\0data")?;
        file.write_all(&data.to_le_bytes())
    }
}

/// A mono or stereo frame on `channels` channels: mono on all of the first two, stereo on them, silence on the rest.
pub(super) fn spread(frame: &[f32], channels: u16) -> impl Iterator<Item = f32> {
    let left = frame.first().copied().unwrap_or(0.0);
    let right = frame.get(1).copied().unwrap_or(left);
    let middle = (left + right) * 0.5;
    (0..channels).map(move |channel| match channel {
        _ if channels == 1 => middle,
        0 => left,
        1 => right,
        _ => 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Sound;
    use crate::voice::Shape;

    #[test]
    fn what_is_rendered_reads_back_as_it_was() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out.wav");
        let spec = Spec { rate: 48_000, channels: 2 };
        let samples: Vec<f32> = (0..4800).map(|n| f32::from(n as i16) / 32_768.0).collect();
        let mut file = WavFile::create(&path, 48_000, 2).expect("created");
        for n in 0..2 {
            if n > 0 {
                file.silence(Duration::from_millis(10)).expect("written");
            }
            file.append(&mut Voice::new(Sound::from_samples(spec, samples.clone()), Shape::plain(1.0), Duration::ZERO))
                .expect("written");
        }
        file.finish().expect("finished");
        let mut sound = Sound::open(&path).expect("a fine file");
        assert_eq!(sound.spec(), spec);
        let mut read = vec![0.0; 20_000];
        assert_eq!(sound.pull(&mut read), 2 * (2400 + 480 + 2400));
        assert_eq!(read[..4800], samples);
        assert_eq!(read[4800 + 960..][..4800], samples);
    }

    #[test]
    fn a_mono_voice_of_another_rate_is_heard_on_both_sides_and_as_long() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out.wav");
        let sound = Sound::from_samples(Spec { rate: 44_100, channels: 1 }, vec![0.25; 4410]);
        let mut file = WavFile::create(&path, 48_000, 2).expect("created");
        file.append(&mut Voice::new(sound, Shape::plain(1.0), Duration::ZERO)).expect("written");
        file.finish().expect("finished");
        let mut sound = Sound::open(&path).expect("a fine file");
        let mut read = vec![0.0; 20_000];
        assert_eq!(sound.pull(&mut read), 2 * 4800);
        let middle = &read[1000..8000];
        assert!(middle.iter().all(|sample| (sample - 0.25).abs() < 1e-3));
    }

    #[test]
    fn frames_are_spread_over_any_number_of_channels() {
        let on = |frame: &[f32], channels| spread(frame, channels).collect::<Vec<_>>();
        assert_eq!(on(&[1.0], 2), [1.0, 1.0]);
        assert_eq!(on(&[1.0, 0.0], 1), [0.5]);
        assert_eq!(on(&[1.0, 0.5], 4), [1.0, 0.5, 0.0, 0.0]);
    }
}
