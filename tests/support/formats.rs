//! One short sound in every format that can be played, each channel with a tone of its own.
//!
//! Headers of the kinds that encoders rarely write are written here, byte by byte; what needs an encoder is made with one,
//! or left out with a word where that is missing. `tests/fixtures/sounds/tone.m4a` is the same sound as AAC: 44.1 kHz
//! stereo, left and right as [`HZ`] says, with the encoder's delay told by an edit list.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Missing, PATIENCE, find_program, or_skip, process};

/// How long the fixture is.
const FIXTURE_MS: f64 = 500.0;

/// The tone of each loudspeaker, in the order of a WAV file's channel mask: front left and right, centre, low-frequency
/// effects, back left and right, two that nobody has, back centre, side left and right.
pub(crate) const HZ: [f64; 11] = [600.0, 1000.0, 1400.0, 300.0, 1800.0, 2200.0, 0.0, 0.0, 2600.0, 3000.0, 3400.0];

/// Half of full scale.
const AMPLITUDE: f64 = 0.5;

/// A file, and what has to be found in it.
#[derive(Debug, Clone)]
pub(crate) struct SoundFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Container and codec, as `herald-player inspect` calls them.
    pub(crate) format: &'static str,
    pub(crate) codec: &'static str,
    pub(crate) rate: u32,
    /// How long it is.
    pub(crate) ms: f64,
    /// Which loudspeakers it has a channel for.
    pub(crate) mask: u32,
    /// A codec that throws something away.
    pub(crate) lossy: bool,
}

impl SoundFile {
    pub(crate) fn channels(&self) -> u32 {
        self.mask.count_ones()
    }
}

/// How samples are stored, whatever the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    U8,
    S8,
    S16,
    S24,
    S32,
    F32,
    F64,
}

impl Stored {
    fn bits(self) -> u16 {
        match self {
            Self::U8 | Self::S8 => 8,
            Self::S16 => 16,
            Self::S24 => 24,
            Self::S32 | Self::F32 => 32,
            Self::F64 => 64,
        }
    }

    /// Little-endian.
    fn bytes(self, sample: f64) -> Vec<u8> {
        let scaled = |full: f64| (sample * full).round().clamp(-full, full - 1.0);
        match self {
            Self::U8 => vec![(scaled(128.0) + 128.0) as u8],
            Self::S8 => (scaled(128.0) as i8).to_le_bytes().to_vec(),
            Self::S16 => (scaled(32_768.0) as i16).to_le_bytes().to_vec(),
            Self::S24 => (scaled(8_388_608.0) as i32).to_le_bytes()[..3].to_vec(),
            Self::S32 => (scaled(2_147_483_648.0) as i32).to_le_bytes().to_vec(),
            Self::F32 => (sample as f32).to_le_bytes().to_vec(),
            Self::F64 => sample.to_le_bytes().to_vec(),
        }
    }

    fn codec(self) -> &'static str {
        match self {
            Self::U8 => "pcm_u8",
            Self::S8 => "pcm_s8",
            Self::S16 => "pcm_s16",
            Self::S24 => "pcm_s24",
            Self::S32 => "pcm_s32",
            Self::F32 => "pcm_f32",
            Self::F64 => "pcm_f64",
        }
    }
}

/// The usual mask of so many channels.
pub(crate) const fn usual(channels: u32) -> u32 {
    match channels {
        1 => 0x1,
        2 => 0x3,
        3 => 0x7,
        4 => 0x33,
        5 => 0x37,
        6 => 0x3f,
        7 => 0x70f,
        _ => 0x63f,
    }
}

/// The sound as frames, interleaved.
fn frames(ms: f64, rate: u32, mask: u32) -> Vec<f64> {
    let count = (f64::from(rate) * ms / 1000.0).round() as usize;
    let ramp = f64::from(rate) * 0.005;
    let tones: Vec<f64> = (0..11).filter(|bit| mask >> bit & 1 == 1).map(|bit| HZ[bit as usize]).collect();
    let level = move |n: usize| (n.min(count - 1 - n) as f64 / ramp).min(1.0) * AMPLITUDE;
    let frame = |n: usize| {
        let turn = TAU * n as f64 / f64::from(rate);
        tones.iter().map(move |hz| level(n) * (turn * hz).sin()).collect::<Vec<_>>()
    };
    (0..count).flat_map(frame).collect()
}

fn data(ms: f64, stored: Stored, rate: u32, mask: u32) -> Vec<u8> {
    frames(ms, rate, mask).into_iter().flat_map(|sample| stored.bytes(sample)).collect()
}

/// Chunks of RIFF, with tags before and behind the samples as editors leave them.
fn riff(fmt: &[u8], data: &[u8]) -> Vec<u8> {
    let chunk = |name: &[u8; 4], contents: &[u8]| {
        [name, &(contents.len() as u32).to_le_bytes()[..], contents, &[0][..contents.len() % 2]].concat()
    };
    let list = chunk(b"LIST", b"INFOISFT\x05\0\0\0Tests\0");
    let inside = [b"WAVE", chunk(b"fmt ", fmt).as_slice(), &list, &chunk(b"data", data), &list].concat();
    chunk(b"RIFF", &inside)
}

fn fmt(tag: u16, stored: Stored, rate: u32, channels: u16) -> Vec<u8> {
    let align = channels * stored.bits() / 8;
    let mut fmt = Vec::new();
    fmt.extend(tag.to_le_bytes());
    fmt.extend(channels.to_le_bytes());
    fmt.extend(rate.to_le_bytes());
    fmt.extend((rate * u32::from(align)).to_le_bytes());
    fmt.extend(align.to_le_bytes());
    fmt.extend(stored.bits().to_le_bytes());
    fmt
}

fn wav(ms: f64, name: &str, stored: Stored, rate: u32, mask: u32) -> SoundFile {
    let tag = if matches!(stored, Stored::F32 | Stored::F64) { 3 } else { 1 };
    let fmt = fmt(tag, stored, rate, mask.count_ones() as u16);
    let bytes = riff(&fmt, &data(ms, stored, rate, mask));
    SoundFile { name: name.to_owned(), bytes, format: "wav", codec: stored.codec(), rate, ms, mask, lossy: false }
}

/// With a channel mask.
fn extensible(ms: f64, name: &str, stored: Stored, rate: u32, mask: u32) -> SoundFile {
    let tag: u16 = if matches!(stored, Stored::F32 | Stored::F64) { 3 } else { 1 };
    let mut fmt = fmt(0xfffe, stored, rate, mask.count_ones() as u16);
    fmt.extend(22_u16.to_le_bytes());
    fmt.extend(stored.bits().to_le_bytes());
    fmt.extend(mask.to_le_bytes());
    fmt.extend(tag.to_le_bytes());
    fmt.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    let bytes = riff(&fmt, &data(ms, stored, rate, mask));
    SoundFile { name: name.to_owned(), bytes, format: "wav", codec: stored.codec(), rate, ms, mask, lossy: false }
}

/// AIFF where `kind` is `None`, else AIFF-C of that compression type; as on macOS, with room before the samples.
fn aiff(ms: f64, name: &str, kind: Option<&[u8; 4]>, stored: Stored, rate: u32, mask: u32) -> SoundFile {
    let chunk = |name: &[u8; 4], contents: &[u8]| {
        [name, &(contents.len() as u32).to_be_bytes()[..], contents, &[0][..contents.len() % 2]].concat()
    };
    let samples = frames(ms, rate, mask);
    let channels = mask.count_ones();
    let mut common = (channels as u16).to_be_bytes().to_vec();
    common.extend((samples.len() as u32 / channels).to_be_bytes());
    common.extend(stored.bits().to_be_bytes());
    let exponent = 31 - rate.leading_zeros();
    common.extend((16_383 + exponent as u16).to_be_bytes());
    common.extend((u64::from(rate) << (63 - exponent)).to_be_bytes());
    if let Some(kind) = kind {
        common.extend(kind);
        common.extend(b"\x04test\0");
    }
    let is_little = kind == Some(b"sowt");
    let swap = |mut bytes: Vec<u8>| {
        if !is_little {
            bytes.reverse();
        }
        bytes
    };
    let sound: Vec<u8> = samples.into_iter().flat_map(|sample| swap(stored.bytes(sample))).collect();
    let sound = [[0, 0, 0, 4, 0, 0, 0, 0].as_slice(), b"room", &sound].concat();
    let form: &[u8] = if kind.is_some() { b"AIFC" } else { b"AIFF" };
    let inside =
        [form, &chunk(b"FVER", &[0xa2, 0x80, 0x51, 0x40]), &chunk(b"COMM", &common), &chunk(b"SSND", &sound)].concat();
    let bytes = chunk(b"FORM", &inside);
    SoundFile { name: name.to_owned(), bytes, format: "aiff", codec: stored.codec(), rate, ms, mask, lossy: false }
}

/// The files that need no encoder. AAC is always as long as its fixture.
pub(crate) fn written(ms: f64) -> Vec<SoundFile> {
    let wavs = [
        ("u8.wav", Stored::U8),
        ("s16.wav", Stored::S16),
        ("s24.wav", Stored::S24),
        ("s32.wav", Stored::S32),
        ("f32.wav", Stored::F32),
        ("f64.wav", Stored::F64),
    ];
    let wavs = wavs.map(|(name, stored)| wav(ms, name, stored, 48_000, 0x3));
    let rates = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 88_200, 96_000, 176_400, 192_000];
    let rates = rates.map(|rate| wav(ms, &format!("{rate}.wav"), Stored::S16, rate, 0x3));
    let channels = [1, 3, 4, 5, 6, 7, 8];
    let channels = channels.map(|count| wav(ms, &format!("{count}-channels.wav"), Stored::S16, 48_000, usual(count)));
    let others = [
        extensible(ms, "extensible-24.wav", Stored::S24, 44_100, 0x3),
        extensible(ms, "extensible-f32-5.1.wav", Stored::F32, 48_000, 0x3f),
        // The surrounds at the sides, and a mask that isn't the usual one of four channels.
        extensible(ms, "extensible-5.1-side.wav", Stored::S16, 48_000, 0x60f),
        extensible(ms, "extensible-3.0-back.wav", Stored::S16, 48_000, 0x107),
        aiff(ms, "s16.aiff", None, Stored::S16, 44_100, 0x3),
        aiff(ms, "s8.aiff", None, Stored::S8, 44_100, 0x3),
        aiff(ms, "s24.aif", None, Stored::S24, 48_000, 0x3),
        aiff(ms, "s32.aiff", None, Stored::S32, 48_000, 0x1),
        aiff(ms, "sowt.aifc", Some(b"sowt"), Stored::S16, 44_100, 0x3),
        aiff(ms, "fl32.aifc", Some(b"fl32"), Stored::F32, 48_000, 0x3),
        aiff(ms, "fl64.aifc", Some(b"fl64"), Stored::F64, 48_000, 0x1),
        aiff(ms, "in24.aifc", Some(b"in24"), Stored::S24, 48_000, 0x3),
        SoundFile {
            name: "tone.m4a".to_owned(),
            bytes: include_bytes!("../fixtures/sounds/tone.m4a").to_vec(),
            format: "m4a",
            codec: "aac",
            rate: 44_100,
            ms: FIXTURE_MS,
            mask: 0x3,
            lossy: true,
        },
    ];
    wavs.into_iter().chain(rates).chain(channels).chain(others).collect()
}

/// The files that programs make; those whose program is missing are left out.
pub(crate) fn encoded(folder: &Path, ms: f64) -> Vec<SoundFile> {
    type Row = (&'static str, &'static str, &'static str, u32, u32, bool, &'static [&'static str]);
    const MASK: &str = "WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x107";
    const ROWS: [Row; 16] = [
        ("vorbis.ogg", "ogg", "vorbis", 44_100, 0x3, true, &["oggenc", "--quiet", "-q", "6", "-o", "OUT", "IN"]),
        ("vorbis-mono.ogg", "ogg", "vorbis", 22_050, 0x1, true, &["oggenc", "--quiet", "-q", "6", "-o", "OUT", "IN"]),
        ("vorbis-5.1.ogg", "ogg", "vorbis", 48_000, 0x3f, true, &["oggenc", "--quiet", "-q", "6", "-o", "OUT", "IN"]),
        ("flac-16.flac", "flac", "flac_s16", 44_100, 0x3, false, &["flac", "--silent", "-o", "OUT", "IN"]),
        ("flac-24.flac", "flac", "flac_s24", 96_000, 0x3, false, &["flac", "--silent", "-o", "OUT", "IN"]),
        ("flac-5.1.flac", "flac", "flac_s16", 48_000, 0x3f, false, &["flac", "--silent", "-o", "OUT", "IN"]),
        // Its channel mask is a comment.
        (
            "flac-3.0-back.flac",
            "flac",
            "flac_s16",
            48_000,
            0x107,
            false,
            &["flac", "--silent", "--channel-map=none", "-T", MASK, "-o", "OUT", "IN"],
        ),
        ("flac.oga", "ogg", "flac_s16", 48_000, 0x3, false, &["flac", "--ogg", "--silent", "-o", "OUT", "IN"]),
        ("cbr.mp3", "mp3", "mp3", 44_100, 0x3, true, &["lame", "--silent", "--scale", "1", "-b", "192", "IN", "OUT"]),
        ("vbr.mp3", "mp3", "mp3", 48_000, 0x3, true, &["lame", "--silent", "--scale", "1", "-V", "2", "IN", "OUT"]),
        (
            "tagged.mp3",
            "mp3",
            "mp3",
            44_100,
            0x1,
            true,
            &["lame", "--silent", "--scale", "1", "--add-id3v2", "--tt", "A title", "-b", "128", "IN", "OUT"],
        ),
        ("mpeg2.mp3", "mp3", "mp3", 22_050, 0x3, true, &["lame", "--silent", "--scale", "1", "-b", "96", "IN", "OUT"]),
        ("a-law.wav", "wav", "alaw", 44_100, 0x3, true, &["sox", "IN", "-e", "a-law", "OUT"]),
        ("mu-law.wav", "wav", "mulaw", 16_000, 0x1, true, &["sox", "IN", "-e", "mu-law", "OUT"]),
        ("ima.wav", "wav", "adpcm_ima", 44_100, 0x3, true, &["sox", "IN", "-e", "ima-adpcm", "OUT"]),
        ("ms.wav", "wav", "adpcm_ms", 44_100, 0x3, true, &["sox", "IN", "-e", "ms-adpcm", "OUT"]),
    ];
    let make = |row: &Row| -> Result<SoundFile, Missing> {
        let (name, format, codec, rate, mask, lossy, line) = *row;
        let (from, to) = (folder.join("source.wav"), folder.join(name));
        let stored = if codec.ends_with("24") { Stored::S24 } else { Stored::S16 };
        let source = if mask.count_ones() > 2 {
            extensible(ms, "source.wav", stored, rate, mask)
        } else {
            wav(ms, "source.wav", stored, rate, mask)
        };
        let mut command = Command::new(find_program(line[0])?);
        command.args(line[1..].iter().map(|word| match *word {
            "IN" => from.as_os_str(),
            "OUT" => to.as_os_str(),
            word => word.as_ref(),
        }));
        fs::write(&from, source.bytes).unwrap_or_else(|error| panic!("could not write {}: {error}", from.display()));
        let output = process::run(command, b"", PATIENCE).unwrap_or_else(|error| panic!("{error}"));
        assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
        let bytes = fs::read(&to).expect("the encoder wrote it");
        Ok(SoundFile { name: name.to_owned(), bytes, format, codec, rate, ms, mask, lossy })
    };
    ROWS.iter().filter_map(|row| or_skip(make(row))).collect()
}

/// All of them.
pub(crate) fn all(folder: &Path, ms: f64) -> Vec<SoundFile> {
    let mut all = written(ms);
    all.extend(encoded(folder, ms));
    all
}
