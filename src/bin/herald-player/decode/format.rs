//! What a file is, by its contents, and whether its header keeps within the limits.
//!
//! Pure functions on the first bytes to the last. Invariant: no length that a header claims reaches a decoder unless the
//! file holds as much; rates and channels that make decoders panic are refused. Containers that are mere wrapping (WAV,
//! AIFF) are wrapped anew in the plainest way, tags and pictures are cut away: what a decoder never sees can't harm it.
//! Everything subtler is caught by the guard around the decoder.

mod aiff;
mod bytes;
mod flac;
mod mp3;
mod mp4;
mod ogg;
mod vorbis;
mod wav;

use std::ops::Range;

use super::Unplayable;
use super::mixdown::Layout;

/// Fewest and most samples per second.
pub(crate) const RATES: Range<u32> = 8_000..192_001;

/// Most channels.
pub(crate) const MAX_CHANNELS: u32 = 8;

/// A container that can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RIFF/WAVE.
    Wav,
    /// Ogg with Vorbis or FLAC in it.
    Ogg,
    /// Native FLAC.
    Flac,
    /// MPEG audio, with or without ID3 in front.
    Mp3,
    /// AIFF and AIFF-C.
    Aiff,
    /// ISO base media (`.m4a`) with AAC in it.
    Mp4,
}

impl Format {
    /// The extension decoders, and people, know it by.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Ogg => "ogg",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Aiff => "aiff",
            Self::Mp4 => "m4a",
        }
    }
}

/// What is known of a file before a decoder sees it.
#[derive(Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) format: Format,
    /// `pcm_s16`, `vorbis` and the like.
    pub(crate) codec: &'static str,
    /// Where it says which channel is whose.
    pub(super) layout: Option<Layout>,
    /// What is sound of it, where that is told.
    pub(super) extent: Extent,
    /// What the decoder is given, as what; the file's own bytes where this is `None`.
    pub(super) lean: Option<(Format, Vec<u8>)>,
}

/// Which frames of what a decoder delivers are sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Extent {
    /// The decoder knows.
    Decoders,
    /// That many.
    Frames(u64),
    /// From and for so many seconds: what an encoder had to put in front and behind is not.
    Seconds { skip: f64, length: f64 },
}

impl Header {
    const fn new(format: Format, codec: &'static str) -> Self {
        Self { format, codec, layout: None, extent: Extent::Decoders, lean: None }
    }
}

/// The format of `bytes`, if its header is sound too.
pub(crate) fn check(bytes: &[u8]) -> Result<Header, Unplayable> {
    match recognise(bytes)? {
        Format::Wav => wav::header(bytes),
        Format::Ogg => ogg::header(bytes),
        Format::Flac => flac::header(bytes),
        Format::Aiff => aiff::header(bytes),
        Format::Mp3 => mp3::header(bytes),
        Format::Mp4 => mp4::header(bytes),
    }
}

/// Refuses rates and channel counts beyond the limits.
pub(crate) fn check_spec(rate: u32, channels: u32) -> Result<(), Unplayable> {
    if channels == 0 {
        return Err(Unplayable::new("no channels"));
    }
    if channels > MAX_CHANNELS {
        return Err(Unplayable::new(format!("{channels}-channel file; at most {MAX_CHANNELS}")));
    }
    if !RATES.contains(&rate) {
        return Err(Unplayable::new(format!("{rate} samples per second; {} to {}", RATES.start, RATES.end - 1)));
    }
    Ok(())
}

/// That something is a sound, but none that can be played.
fn unsupported(what: &str) -> Unplayable {
    Unplayable::new(format!("{what} is not supported"))
}

fn recognise(bytes: &[u8]) -> Result<Format, Unplayable> {
    let word = |at: usize| bytes.get(at..at + 4).unwrap_or_default();
    Err(unsupported(match (word(0), word(8)) {
        (b"RIFF", b"WAVE") => return Ok(Format::Wav),
        (b"OggS", _) => return Ok(Format::Ogg),
        (b"fLaC", _) => return Ok(Format::Flac),
        (b"FORM", b"AIFF" | b"AIFC") => return Ok(Format::Aiff),
        (b"FORM", b"8SVX") => "8SVX",
        (b"RIFF", b"RMID") => "MIDI",
        (b"RIFF" | b"RIFX", _) => "this kind of RIFF file",
        (b"RF64" | b"BW64", _) => "RF64",
        (b"riff", _) => "Wave64",
        (b"caff", _) => "CAF",
        (b"MThd", _) => "MIDI",
        (b".snd", _) => "AU",
        (b"wvpk", _) => "WavPack",
        (b"MAC ", _) => "Monkey's Audio",
        (b"MPCK" | b"MP+\x07", _) => "Musepack",
        (b"TTA1", _) => "True Audio",
        ([0x1a, 0x45, 0xdf, 0xa3], _) => "Matroska or WebM",
        ([0x30, 0x26, 0xb2, 0x75], _) => "WMA",
        ([0x0b, 0x77, ..], _) => "AC-3",
        (b"#!AM", _) => "AMR",
        (b"ADIF", _) => "AAC without a container",
        ([0xff, second, ..], _) if second & 0xf6 == 0xf0 => "AAC without a container (ADTS)",
        (_, _) if word(4) == b"ftyp" => return Ok(Format::Mp4),
        ([b'I', b'D', b'3', _], _) => return Ok(Format::Mp3),
        ([0xff, second, third, _], _) if mp3::is_frame(*second, *third) => return Ok(Format::Mp3),
        _ => return Err(Unplayable::new("not a sound in a known format (WAV, OGG, FLAC, MP3, AIFF, M4A)")),
    }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"RIFF\0\0\0\0WAVE", Ok(Format::Wav))]
    #[case(b"FORM\0\0\0\0AIFC", Ok(Format::Aiff))]
    #[case(b"\0\0\0\x20ftypM4A ", Ok(Format::Mp4))]
    #[case(&[0xff, 0xfb, 0x90, 0x00], Ok(Format::Mp3))]
    #[case(b"ID3\x04", Ok(Format::Mp3))]
    #[case(b"caff", Err("CAF is not supported"))]
    #[case(b"MThd", Err("MIDI is not supported"))]
    #[case(b"RF64\0\0\0\0WAVE", Err("RF64 is not supported"))]
    #[case(&[0x1a, 0x45, 0xdf, 0xa3], Err("Matroska or WebM is not supported"))]
    #[case(&[0x30, 0x26, 0xb2, 0x75], Err("WMA is not supported"))]
    #[case(&[0x0b, 0x77, 0x12, 0x34], Err("AC-3 is not supported"))]
    #[case(&[0xff, 0xf1, 0x50, 0x80], Err("AAC without a container (ADTS) is not supported"))]
    #[case(b"hello", Err("not a sound in a known format (WAV, OGG, FLAC, MP3, AIFF, M4A)"))]
    fn contents_decide_what_a_file_is(#[case] head: &[u8], #[case] wanted: Result<Format, &str>) {
        let got = recognise(&[head, &[0; 40]].concat()).map_err(|error| error.to_string());
        assert_eq!(got, wanted.map_err(str::to_owned));
        assert!(recognise(&head[..head.len().min(3)]).is_err());
    }
}
