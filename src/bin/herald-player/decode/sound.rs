//! A decoded sound to pull from. Short ones are decoded before anything else happens; long ones in a thread ahead of
//! whoever plays them.

use std::borrow::Cow;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::reader::Reader;
use super::{Spec, Unplayable};

/// Sounds up to this length are decoded before anything else happens.
const WHOLE: Duration = Duration::from_secs(2);
/// How much of a longer one is.
const HEAD: Duration = Duration::from_millis(250);
/// Blocks the decoding thread may be ahead: about a third of a second.
const AHEAD: usize = 4;
/// How long a player waits for a decoder that is behind.
const PATIENCE: Duration = Duration::from_millis(20);

/// A decoded sound: mono or stereo samples at the file's own rate, interleaved, not yet levelled.
pub(crate) struct Sound {
    spec: Spec,
    /// Samples that are there, and how many of them have been pulled.
    head: Vec<f32>,
    at: usize,
    rest: Rest,
}

/// Where the samples behind the head come from.
enum Rest {
    /// There are none.
    None,
    /// A thread decodes them ahead.
    Ahead(Receiver<Vec<f32>>),
    /// Whoever pulls decodes, where no thread can be had: a block costs him less than it lasts.
    Here(Box<Reader>),
}

impl Rest {
    fn of(reader: Reader) -> Self {
        let (hand_over, handed_over) = sync_channel::<Reader>(1);
        let (sender, receiver) = sync_channel(AHEAD);
        let decode = move || handed_over.into_iter().for_each(|reader| ahead(reader, &sender));
        if std::thread::Builder::new().name("decode".into()).spawn(decode).is_err() {
            return Self::Here(Box::new(reader));
        }
        // It waits for a reader, so this one gets there.
        let _ = hand_over.send(reader);
        Self::Ahead(receiver)
    }
}

fn ahead(mut reader: Reader, sender: &SyncSender<Vec<f32>>) {
    loop {
        let (block, more) = reader.block();
        if (!block.is_empty() && sender.send(block).is_err()) || !more {
            return;
        }
    }
}

impl Sound {
    /// Opens and decodes a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Unplayable> {
        Self::from_reader(Reader::open(path)?)
    }

    /// Decodes the bytes of a file.
    pub(crate) fn decode(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, Unplayable> {
        Self::from_reader(Reader::of(bytes)?)
    }

    fn from_reader(mut reader: Reader) -> Result<Self, Unplayable> {
        let spec = reader.spec();
        let upfront = if reader.length().is_some_and(|length| length <= WHOLE) { WHOLE * 2 } else { HEAD };
        let samples = usize::try_from(spec.frames(upfront)).unwrap_or(0) * usize::from(spec.channels);
        let (head, more) = reader.samples(samples);
        if head.is_empty() {
            return Err(Unplayable::new("no samples in it"));
        }
        let rest = if more { Rest::of(reader) } else { Rest::None };
        Ok(Self { spec, head, at: 0, rest })
    }

    /// Samples that are there already.
    #[cfg(any(test, feature = "device"))]
    pub(crate) fn from_samples(spec: Spec, samples: Vec<f32>) -> Self {
        Self { spec, head: samples, at: 0, rest: Rest::None }
    }

    /// Rate and channels.
    pub(crate) fn spec(&self) -> Spec {
        self.spec
    }

    /// The next samples; fewer than asked for only if the decoder is behind or at the end (`ended` tells which).
    pub(crate) fn pull(&mut self, out: &mut [f32]) -> usize {
        let mut done = 0;
        while done < out.len() {
            if self.at == self.head.len() && !self.refill() {
                break;
            }
            let count = (self.head.len() - self.at).min(out.len() - done);
            out[done..done + count].copy_from_slice(&self.head[self.at..self.at + count]);
            self.at += count;
            done += count;
        }
        done
    }

    /// Decodes ahead of whoever pulls, for up to `most`; whether that was all of it.
    pub(crate) fn gather(&mut self, most: Duration) -> bool {
        let begun = Instant::now();
        let mut gathered = self.head.split_off(self.at);
        while !matches!(self.rest, Rest::None) && begun.elapsed() < most {
            if self.refill() {
                gathered.append(&mut self.head);
            }
        }
        (self.head, self.at) = (gathered, 0);
        matches!(self.rest, Rest::None)
    }

    /// The samples that can be pulled without waiting.
    pub(crate) fn ready(&self) -> &[f32] {
        &self.head[self.at..]
    }

    /// Whether every sample has been pulled.
    pub(crate) fn ended(&self) -> bool {
        self.at == self.head.len() && matches!(self.rest, Rest::None)
    }

    fn refill(&mut self) -> bool {
        let (block, more) = match &mut self.rest {
            Rest::None => return false,
            Rest::Ahead(blocks) => match blocks.recv_timeout(PATIENCE) {
                Ok(block) => (block, true),
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => (Vec::new(), false),
            },
            Rest::Here(reader) => reader.block(),
        };
        if !more {
            self.rest = Rest::None;
        }
        (self.head, self.at) = (block, 0);
        !self.head.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::wav;
    use super::*;

    fn all(sound: &mut Sound) -> Vec<f32> {
        let mut samples = Vec::new();
        let mut block = [0.0; 1000];
        while !sound.ended() {
            let count = sound.pull(&mut block);
            samples.extend_from_slice(&block[..count]);
        }
        samples
    }

    #[test]
    fn samples_come_out_as_they_went_in() {
        let given: Vec<i16> = (0..4410).map(|n| (n * 7 - 15_000) as i16).collect();
        let mut sound = Sound::decode(wav(44_100, 2, &given)).expect("a fine file");
        assert_eq!(sound.spec(), Spec { rate: 44_100, channels: 2 });
        let got: Vec<i16> = all(&mut sound).iter().map(|sample| (sample * 32_768.0) as i16).collect();
        assert_eq!(got, given);
    }

    #[test]
    fn a_long_sound_is_decoded_ahead_and_complete() {
        let given: Vec<i16> = (0..8000 * 5).map(|n| (n % 30_000) as i16).collect();
        let mut sound = Sound::decode(wav(8000, 1, &given)).expect("a fine file");
        assert!(matches!(sound.rest, Rest::Ahead(_)));
        let got: Vec<i16> = all(&mut sound).iter().map(|sample| (sample * 32_768.0) as i16).collect();
        assert_eq!(got, given);
    }

    #[test]
    fn a_long_sound_is_complete_also_where_whoever_pulls_decodes() {
        let given: Vec<i16> = (0..8000 * 5).map(|n| (n % 30_000) as i16).collect();
        let reader = Reader::of(wav(8000, 1, &given)).expect("a fine file");
        let mut sound = Sound { spec: reader.spec(), head: Vec::new(), at: 0, rest: Rest::Here(Box::new(reader)) };
        let got: Vec<i16> = all(&mut sound).iter().map(|sample| (sample * 32_768.0) as i16).collect();
        assert_eq!(got, given);
    }

    #[test]
    fn what_is_too_long_or_empty_is_refused_with_a_reason() {
        let why = |bytes: Vec<u8>| Sound::decode(bytes).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(why(wav(8000, 1, &[])), Err("no samples in it".into()));
        assert_eq!(why(wav(8000, 1, &vec![0; 8000 * 31])), Err("31.0 seconds long; at most 30".into()));
        assert_eq!(why(wav(8000, 12, &[0; 1200])), Err("12-channel file; at most 8".into()));
        assert!(why(b"hello, this is no sound at all, however long it may be".to_vec()).is_err());
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_a_panic() {
        std::panic::set_hook(Box::new(|_| {}));
        let whole = wav(8000, 2, &[1000; 400]);
        for at in 0..60 {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = Sound::decode(bytes);
            }
        }
        let _ = std::panic::take_hook();
    }
}
