//! One playback stream: its queue, what is still to be asked for, how far it was played.

use std::collections::VecDeque;

use pulseaudio::protocol::PlaybackStreamParams;

use super::record::AUDIBLE;

/// Bytes of one sample; clients here send 32-bit floats.
const SAMPLE: usize = size_of::<f32>();

/// What one tick took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Taken {
    pub(super) frames: u64,
    pub(super) audible: u64,
}

pub(super) struct Stream {
    /// Its place in the record.
    pub(super) voice: usize,
    rate: u32,
    channels: usize,
    /// How many bytes the queue should hold, and the least that is asked for at once.
    target: usize,
    minimum: usize,
    /// Bytes that were asked for and have not come.
    awaited: usize,
    queue: VecDeque<f32>,
    /// Samples taken out of the queue so far.
    read: usize,
    pub(super) started: bool,
}

impl Stream {
    pub(super) fn new(voice: usize, params: &PlaybackStreamParams) -> Self {
        let channels = usize::from(params.sample_spec.channels.max(1));
        let frame = channels * SAMPLE;
        let whole = |bytes: u32, default: usize| match usize::try_from(bytes).unwrap_or(usize::MAX) {
            wanted if wanted > 1 << 20 => default,
            wanted => wanted.max(frame) / frame * frame,
        };
        let target = whole(params.buffer_attr.target_length, 4096);
        Self {
            voice,
            rate: params.sample_spec.sample_rate,
            channels,
            target,
            minimum: whole(params.buffer_attr.minimum_request_length, 1024),
            awaited: target,
            queue: VecDeque::new(),
            read: 0,
            started: false,
        }
    }

    /// What the client may send at first.
    pub(super) fn first_request(&self) -> u32 {
        self.target as u32
    }

    /// Takes bytes that stand at byte `at` of the stream, or behind the last; returns the highest sample in them.
    pub(super) fn write(&mut self, at: Option<u64>, bytes: &[u8]) -> f32 {
        self.awaited = self.awaited.saturating_sub(bytes.len());
        let samples = bytes.as_chunks::<SAMPLE>().0.iter().map(|sample| f32::from_le_bytes(*sample));
        let start = at.map_or(self.read + self.queue.len(), |byte| byte as usize / SAMPLE);
        let mut highest = 0.0_f32;
        for (offset, sample) in samples.enumerate() {
            highest = highest.max(sample.abs());
            // What was played already can't be taken back.
            let Some(place) = (start + offset).checked_sub(self.read) else { continue };
            if place >= self.queue.len() {
                self.queue.resize(place, 0.0);
                self.queue.push_back(sample);
            } else {
                self.queue[place] = sample;
            }
        }
        highest
    }

    /// Plays one tick of `ms` milliseconds.
    pub(super) fn take(&mut self, ms: u32) -> Taken {
        let frames = (self.rate * ms / 1000) as usize;
        let taken = (frames * self.channels).min(self.queue.len());
        self.read += taken;
        self.started |= taken > 0;
        let audible = self.queue.drain(..taken).filter(|sample| sample.abs() > AUDIBLE).count();
        Taken { frames: (taken / self.channels) as u64, audible: (audible / self.channels) as u64 }
    }

    /// Bytes to be asked for now.
    pub(super) fn request(&mut self) -> Option<u32> {
        let wanted = self.target.saturating_sub(self.queue.len() * SAMPLE + self.awaited);
        if wanted < self.minimum.max(1) {
            return None;
        }
        self.awaited += wanted;
        Some(wanted as u32)
    }

    pub(super) fn flush(&mut self) {
        self.queue.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Where the server reads and where the client writes, in bytes.
    pub(super) fn offsets(&self) -> (i64, i64) {
        ((self.read * SAMPLE) as i64, ((self.read + self.queue.len()) * SAMPLE) as i64)
    }
}
