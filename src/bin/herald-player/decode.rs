//! A file, or bytes, to decoded sound within limits.
//!
//! Owns every check that stands between somebody's file and the decoder: what may be opened, how large, which header,
//! how long, how many samples. The decoder itself is rodio's, in a panic guard. Short sounds are decoded before
//! anything else happens; long ones in a thread ahead of whoever plays them. Nothing here knows an output.

pub(crate) mod format;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use rodio::{Decoder, Source as _};

use format::Format;

/// Fewest bytes a file can have and hold a sound: a WAV header.
const MIN_BYTES: u64 = 44;
/// Most bytes of a file.
const MAX_BYTES: u64 = 10 << 20;
/// Longest sound.
pub(crate) const MAX_LENGTH: Duration = Duration::from_secs(30);
/// Most decoded bytes (of `f32`) of a sound.
const MAX_PCM_BYTES: u64 = 64 << 20;
/// Sounds up to this length are decoded before anything else happens.
const WHOLE: Duration = Duration::from_secs(2);
/// How much of a longer one is.
const HEAD: Duration = Duration::from_millis(250);
/// Frames per block of the decoding thread.
const BLOCK: usize = 4096;
/// Blocks it may be ahead: about a third of a second.
const AHEAD: usize = 4;
/// How long a player waits for a decoder that is behind.
const PATIENCE: Duration = Duration::from_millis(20);

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

impl Sound {
    /// Opens and decodes a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Unplayable> {
        Self::decode(read(path)?)
    }

    /// Decodes the bytes of a file.
    pub(crate) fn decode(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, Unplayable> {
        let mut bytes = bytes.into();
        let format = format::check(&bytes)?;
        if let Some(lean) = format::without_tags(format, &bytes) {
            bytes = lean.into();
        }
        let mut reader = guarded(|| Reader::new(bytes, format)).unwrap_or_else(|| Err(broken()))?;
        let short = reader.frames.is_some_and(|frames| reader.spec.time(frames) <= WHOLE);
        let upfront = if short { WHOLE * 2 } else { HEAD };
        let samples = usize::try_from(reader.spec.frames(upfront)).unwrap_or(0) * usize::from(reader.spec.channels);
        let mut head = Vec::new();
        let more = guarded(|| reader.read(&mut head, samples)).unwrap_or(false);
        if head.is_empty() {
            return Err(Unplayable::new("no samples in it"));
        }
        let spec = reader.spec;
        let rest = if more { Rest::of(reader) } else { Rest::None };
        Ok(Self { spec, head, at: 0, rest })
    }

    /// Samples that are there already.
    #[cfg(test)]
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

/// The bytes of a regular file of sensible size; a device, a pipe or a directory is refused without waiting for it.
fn read(path: &Path) -> Result<Vec<u8>, Unplayable> {
    use std::io::Read as _;

    let cannot = |error: std::io::Error| Unplayable::new(format!("can't be opened: {error}"));
    let file = open(path).map_err(cannot)?;
    let about = file.metadata().map_err(cannot)?;
    if !about.is_file() {
        return Err(Unplayable::new("not a regular file"));
    }
    if about.len() < MIN_BYTES {
        return Err(Unplayable::new(if about.len() == 0 { "an empty file" } else { "too short to hold a sound" }));
    }
    if about.len() > MAX_BYTES {
        return Err(Unplayable::new(format!("{} MiB long; at most {}", about.len() >> 20, MAX_BYTES >> 20)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    // A file that grows meanwhile is cut, one that shrinks is decoded as far as it goes.
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| Unplayable::new(format!("can't be read: {error}")))?;
    Ok(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK a named pipe would hold us for ever.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::open(path)
}

/// Runs a decoder, which may panic on a damaged file.
fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(run)).ok();
    GUARDED.set(false);
    result
}

/// Whether a panic of this thread would be that of a decoder, and so of no account.
pub(crate) fn is_guarded() -> bool {
    GUARDED.get()
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

fn broken() -> Unplayable {
    Unplayable::new("the decoder gave up on it")
}

fn ahead(mut reader: Reader, sender: &SyncSender<Vec<f32>>) {
    loop {
        let (block, more) = reader.block();
        if (!block.is_empty() && sender.send(block).is_err()) || !more {
            return;
        }
    }
}

/// rodio's decoder with our limits, mixed down to at most two channels.
struct Reader {
    decoder: Decoder<Cursor<Cow<'static, [u8]>>>,
    spec: Spec,
    source_channels: usize,
    frames: Option<u64>,
    left: u64,
}

impl Reader {
    fn new(bytes: Cow<'static, [u8]>, format: Format) -> Result<Self, Unplayable> {
        let length = bytes.len() as u64;
        let decoder = Decoder::builder()
            .with_data(Cursor::new(bytes))
            .with_byte_len(length)
            .with_hint(format.hint())
            .build()
            .map_err(|error| {
                Unplayable::new(format!("not playable as {}: {error}", format.hint().to_ascii_uppercase()))
            })?;
        let (rate, channels) = (decoder.sample_rate().get(), decoder.channels().get());
        format::check_spec(rate, u32::from(channels))?;
        let spec = Spec { rate, channels: channels.min(2) };
        // Headers of piped WAV files claim hours; no frame of theirs is smaller than four bits per channel.
        let most = Duration::from_secs_f64(length as f64 * 2.0 / f64::from(channels) / f64::from(rate));
        let uncompressed = matches!(format, Format::Wav | Format::Aiff);
        let claimed = decoder.total_duration().map(|claimed| if uncompressed { claimed.min(most) } else { claimed });
        if let Some(length) = claimed.filter(|length| *length > MAX_LENGTH) {
            let most = MAX_LENGTH.as_secs();
            return Err(Unplayable::new(format!("{:.1} seconds long; at most {most}", length.as_secs_f64())));
        }
        let most = spec.frames(MAX_LENGTH).min(MAX_PCM_BYTES / 4 / u64::from(channels));
        // Rounded: a duration is nanoseconds, and its frame must not be lost.
        let frames = claimed.map(|length| spec.frames(length + Duration::from_nanos(500_000_000 / u64::from(rate))));
        if frames.is_some_and(|frames| frames > most) {
            return Err(Unplayable::new(format!("more than {} MiB of samples", MAX_PCM_BYTES >> 20)));
        }
        // The last block of Vorbis is always whole; how much of it is sound only the container knows.
        let left = frames.filter(|_| format == Format::Ogg).unwrap_or(most);
        Ok(Self { decoder, spec, source_channels: usize::from(channels), frames, left })
    }

    /// The next block, and whether there may be more. A panic ends the sound where it happened.
    fn block(&mut self) -> (Vec<f32>, bool) {
        let samples = BLOCK * usize::from(self.spec.channels);
        let mut block = Vec::with_capacity(samples);
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
            self.left -= 1;
            if self.source_channels > 2 {
                into.extend(to_stereo(&frame[..self.source_channels]));
            } else {
                into.extend_from_slice(&frame[..self.source_channels]);
            }
        }
        true
    }

    fn is_unchanged(&self) -> bool {
        self.decoder.sample_rate().get() == self.spec.rate
            && usize::from(self.decoder.channels().get()) == self.source_channels
    }
}

/// Mixes a frame of 3 to 8 channels, in the order of WAV files, down to two by ITU-R BS.775: centre and surrounds
/// at -3 dB, no low-frequency effects. Scaled so that full scale on all channels stays full scale.
///
/// It is done here and not by the sound server so that one file sounds alike on every output.
fn to_stereo(frame: &[f32]) -> [f32; 2] {
    const SIDE: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const L: [f32; 2] = [1.0, 0.0];
    const R: [f32; 2] = [0.0, 1.0];
    const C: [f32; 2] = [SIDE, SIDE];
    const SL: [f32; 2] = [SIDE, 0.0];
    const SR: [f32; 2] = [0.0, SIDE];
    const NONE: [f32; 2] = [0.0, 0.0];
    let weights: &[[f32; 2]] = match frame.len() {
        3 => &[L, R, C],
        4 => &[L, R, SL, SR],
        5 => &[L, R, C, SL, SR],
        6 => &[L, R, C, NONE, SL, SR],
        7 => &[L, R, C, NONE, [SIDE * SIDE; 2], SL, SR],
        _ => &[L, R, C, NONE, SL, SR, SL, SR],
    };
    let scale = 1.0 / weights.iter().map(|weight| weight[0]).sum::<f32>();
    let side =
        |side: usize| frame.iter().zip(weights).map(|(sample, weight)| sample * weight[side]).sum::<f32>() * scale;
    [side(0), side(1)]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

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
        let reader = Reader::new(wav(8000, 1, &given).into(), Format::Wav).expect("a fine file");
        let spec = reader.spec;
        let mut sound = Sound { spec, head: Vec::new(), at: 0, rest: Rest::Here(Box::new(reader)) };
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

    #[test]
    fn a_panic_is_the_decoders_only_while_it_runs() {
        assert_eq!((guarded(is_guarded), is_guarded()), (Some(true), false));
        std::panic::set_hook(Box::new(|_| {}));
        let panicked = guarded(|| panic!("on purpose"));
        let _ = std::panic::take_hook();
        assert_eq!((panicked, is_guarded()), (None::<()>, false));
    }

    #[test]
    fn only_regular_files_of_sensible_size_are_opened() {
        let dir = tempfile::tempdir().expect("a directory");
        let why = |path: &Path| Sound::open(path).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(why(dir.path()), Err("not a regular file".into()));
        let path = dir.path().join("short");
        std::fs::write(&path, b"RIFF").expect("written");
        assert_eq!(why(&path), Err("too short to hold a sound".into()));
        assert!(why(&dir.path().join("none")).is_err_and(|why| why.starts_with("can't be opened")));
        let path = dir.path().join("large");
        std::fs::File::create(&path).and_then(|file| file.set_len(MAX_BYTES + 1)).expect("a sparse file");
        assert_eq!(why(&path), Err("10 MiB long; at most 10".into()));
        #[cfg(unix)]
        {
            let path = dir.path().join("pipe");
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
            assert_eq!(why(&path), Err("not a regular file".into()));
        }
    }

    #[test]
    fn mixing_down_keeps_sides_apart_and_full_scale_at_full_scale() {
        for channels in 3..=8 {
            let [left, right] = to_stereo(&vec![1.0; channels]);
            assert!((left - 1.0).abs() < 1e-6 && (right - 1.0).abs() < 1e-6, "{channels}");
        }
        let [left, right] = to_stereo(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert!(left > 0.4 && right == 0.0);
        let [left, right] = to_stereo(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert!(left > 0.25 && left == right, "the centre is in the middle");
        assert_eq!(to_stereo(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]), [0.0, 0.0], "no low-frequency effects");
    }
}
