//! rodio's decoder within our limits: only what is sound of a file, block by block, on at most two channels.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use rodio::{Decoder, Source as _};

use super::format::{self, Extent, Format};
use super::guard::guarded;
use super::limits::{self, MAX_LENGTH, MAX_PCM_BYTES};
use super::mixdown::{Layout, Mixdown};
use super::{Spec, Unplayable};

/// Frames per block.
const BLOCK: usize = 4096;

/// A file on its way through the decoder.
pub(crate) struct Reader {
    decoder: Decoder<Cursor<Cow<'static, [u8]>>>,
    format: Format,
    codec: &'static str,
    spec: Spec,
    source_channels: usize,
    mixdown: Option<Mixdown>,
    /// How many frames it will be, if that is told.
    frames: Option<u64>,
    skip: u64,
    left: u64,
}

impl Reader {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Unplayable> {
        Self::of(limits::read(path)?)
    }

    /// Reads the bytes of a file.
    pub(crate) fn of(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, Unplayable> {
        let bytes = bytes.into();
        guarded(|| Self::new(bytes)).unwrap_or_else(|| Err(Unplayable::new("the decoder gave up on it")))
    }

    fn new(bytes: Cow<'static, [u8]>) -> Result<Self, Unplayable> {
        let header = format::check(&bytes)?;
        let (given_as, bytes) = match header.lean {
            Some((format, lean)) => (format, lean.into()),
            None => (header.format, bytes),
        };
        let length = bytes.len() as u64;
        let decoder = Decoder::builder()
            .with_data(Cursor::new(bytes))
            .with_byte_len(length)
            .with_hint(given_as.name())
            .build()
            .map_err(|error| {
                Unplayable::new(format!("not playable as {}: {error}", header.format.name().to_ascii_uppercase()))
            })?;
        let (rate, channels) = (decoder.sample_rate().get(), decoder.channels().get());
        format::check_spec(rate, u32::from(channels))?;
        let spec = Spec { rate, channels: channels.min(2) };
        // Rounded: a duration is nanoseconds, and its frame must not be lost.
        let nearest = |time: Duration| spec.frames(time + Duration::from_nanos(500_000_000 / u64::from(rate)));
        let claimed = decoder.total_duration().map(nearest);
        let in_frames = |seconds: f64| (seconds * f64::from(rate)).round() as u64;
        let (skip, frames) = match header.extent {
            Extent::Decoders => (0, claimed),
            Extent::Frames(frames) => (0, Some(frames)),
            Extent::Seconds { skip, length } => (in_frames(skip), Some(in_frames(length))),
        };
        let most = spec.frames(MAX_LENGTH).min(MAX_PCM_BYTES / 4 / u64::from(channels));
        if let Some(frames) = frames.filter(|frames| *frames > most) {
            let length = spec.time(frames);
            return Err(Unplayable::new(if length > MAX_LENGTH {
                format!("{:.1} seconds long; at most {}", length.as_secs_f64(), MAX_LENGTH.as_secs())
            } else {
                format!("more than {} MiB of samples", MAX_PCM_BYTES >> 20)
            }));
        }
        // The last block of Vorbis is always whole, what was told of MP3 may be a guess.
        let is_exact = header.extent != Extent::Decoders || header.format == Format::Ogg;
        let left = frames.filter(|_| is_exact).unwrap_or(most);
        let source_channels = usize::from(channels);
        let layout = header.layout.unwrap_or(Layout::usual(source_channels));
        let mixdown = (source_channels > 2).then(|| layout.mixdown());
        Ok(Self {
            decoder,
            format: header.format,
            codec: header.codec,
            spec,
            source_channels,
            mixdown,
            frames,
            skip,
            left,
        })
    }

    /// Rate and channels of what is delivered.
    pub(crate) fn spec(&self) -> Spec {
        self.spec
    }

    /// The container.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// What samples are coded in.
    pub(crate) fn codec(&self) -> &'static str {
        self.codec
    }

    /// Channels of the file.
    pub(crate) fn channels(&self) -> usize {
        self.source_channels
    }

    /// How long it will be, if that is told.
    pub(super) fn length(&self) -> Option<Duration> {
        self.frames.map(|frames| self.spec.time(frames))
    }

    /// The next block, and whether there may be more. A panic ends the sound where it happened.
    pub(crate) fn block(&mut self) -> (Vec<f32>, bool) {
        self.samples(BLOCK * usize::from(self.spec.channels))
    }

    /// So many samples at once.
    pub(super) fn samples(&mut self, samples: usize) -> (Vec<f32>, bool) {
        let mut block = Vec::new();
        let more = guarded(|| self.read(&mut block, samples)).unwrap_or(false);
        (block, more)
    }

    /// Appends up to `samples` samples; `false` if that was the end.
    fn read(&mut self, into: &mut Vec<f32>, samples: usize) -> bool {
        let mut frame = [0.0; format::MAX_CHANNELS as usize];
        while into.len() < samples {
            if self.left == 0 {
                return false;
            }
            for (channel, slot) in frame[..self.source_channels].iter_mut().enumerate() {
                let Some(sample) = self.decoder.next() else { return false };
                // A chained file may go on at another rate: it ends where it does.
                if channel == 0 && !self.is_unchanged() {
                    return false;
                }
                *slot = if sample.is_finite() { sample } else { 0.0 };
            }
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            self.left -= 1;
            let frame = &frame[..self.source_channels];
            match &self.mixdown {
                Some(mixdown) => into.extend(mixdown.of(frame)),
                None => into.extend_from_slice(frame),
            }
        }
        true
    }

    fn is_unchanged(&self) -> bool {
        self.decoder.sample_rate().get() == self.spec.rate
            && usize::from(self.decoder.channels().get()) == self.source_channels
    }
}
