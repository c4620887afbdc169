//! What a file is, and whether its header may be shown to a decoder.
//!
//! Pure functions over bytes. The content decides, never the extension. Headers that are known to make decoders panic
//! or allocate gigabytes are refused or cut away here; everything subtler is caught by the guard around the decoder.

use std::ops::Range;

use super::Unplayable;

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
    /// The extension decoders know it by.
    pub(crate) const fn hint(self) -> &'static str {
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

/// The format of `bytes`, if its header is sound too.
pub(crate) fn check(bytes: &[u8]) -> Result<Format, Unplayable> {
    let format = recognise(bytes)?;
    match format {
        Format::Wav => wav(bytes)?,
        Format::Ogg => ogg(bytes)?,
        Format::Flac => flac(bytes)?,
        Format::Aiff => aiff(bytes)?,
        Format::Mp3 | Format::Mp4 => {}
    }
    Ok(format)
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

/// The bytes without those metadata that no sound needs and that decoders allocate by: tags and pictures.
///
/// Most files have nothing to cut; they are returned as `None` and read in place.
pub(crate) fn without_tags(format: Format, bytes: &[u8]) -> Option<Vec<u8>> {
    match format {
        Format::Mp3 => id3(bytes).filter(|tag| *tag < bytes.len()).map(|tag| bytes[tag..].to_vec()),
        Format::Flac => {
            const STREAMINFO: usize = 4 + 4 + 34;
            let audio = flac_audio(bytes)?;
            if audio == STREAMINFO {
                return None;
            }
            let mut lean = bytes[..STREAMINFO].to_vec();
            lean[4] |= 0x80; // the last metadata block
            lean.extend_from_slice(&bytes[audio..]);
            Some(lean)
        }
        _ => None,
    }
}

fn recognise(bytes: &[u8]) -> Result<Format, Unplayable> {
    let word = |at: usize| bytes.get(at..at + 4).unwrap_or_default();
    let unsupported = |what: &str| Err(Unplayable::new(format!("{what} is not supported")));
    match (word(0), word(8)) {
        (b"RIFF", b"WAVE") => Ok(Format::Wav),
        (b"RIFF" | b"RIFX", _) => unsupported("this kind of RIFF file"),
        (b"RF64", _) => unsupported("RF64"),
        (b"OggS", _) => Ok(Format::Ogg),
        (b"fLaC", _) => Ok(Format::Flac),
        (b"FORM", b"AIFF" | b"AIFC") => Ok(Format::Aiff),
        (b"caff", _) => unsupported("CAF"),
        (b"MThd", _) => unsupported("MIDI"),
        ([0x1a, 0x45, 0xdf, 0xa3], _) => unsupported("Matroska or WebM"),
        ([0x30, 0x26, 0xb2, 0x75], _) => unsupported("WMA"),
        (b"#!AM", _) => unsupported("AMR"),
        (_, _) if word(4) == b"ftyp" => Ok(Format::Mp4),
        ([b'I', b'D', b'3', _], _) => Ok(Format::Mp3),
        ([0xff, second, third, _], _) if is_mpeg_header(*second, *third) => Ok(Format::Mp3),
        _ => Err(Unplayable::new("not a sound in a known format (WAV, OGG, FLAC, MP3, AIFF, M4A)")),
    }
}

/// Second and third byte of an MPEG audio frame: sync, no reserved version, layer, bit rate or sample rate.
const fn is_mpeg_header(second: u8, third: u8) -> bool {
    second & 0xe0 == 0xe0 && second & 0x18 != 0x08 && second & 0x06 != 0 && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c
}

/// The length of the ID3v2 tag in front.
fn id3(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..10).filter(|head| head.starts_with(b"ID3"))?;
    let size = head[6..10].iter().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
    let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
    Some(10 + size + footer)
}

fn wav(bytes: &[u8]) -> Result<(), Unplayable> {
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 8) {
        let size = le32(head, 4) as usize;
        match &head[..4] {
            b"fmt " => {
                let fmt = bytes.get(at + 8..at + 24).ok_or_else(|| Unplayable::new("WAV header cut off"))?;
                let (channels, rate, align) = (le16(fmt, 2), le32(fmt, 4), le16(fmt, 12));
                check_spec(rate, channels)?;
                if align == 0 {
                    return Err(Unplayable::new("WAV header says that a frame has no bytes"));
                }
                return Ok(());
            }
            b"data" => break,
            _ => at = at.saturating_add(8).saturating_add(size).saturating_add(size & 1),
        }
    }
    Err(Unplayable::new("WAV file without a format"))
}

fn flac(bytes: &[u8]) -> Result<(), Unplayable> {
    let Some(info) = bytes.get(8..42).filter(|_| bytes[4] & 0x7f == 0) else {
        return Err(Unplayable::new("FLAC file that does not begin with its stream information"));
    };
    flac_stream_info(info)
}

fn flac_stream_info(info: &[u8]) -> Result<(), Unplayable> {
    let (least, most) = (be16(info, 0), be16(info, 2));
    let packed = u32::from_be_bytes([info[10], info[11], info[12], info[13]]);
    check_spec(packed >> 12, (packed >> 9 & 7) + 1)?;
    if least < 16 || most < least {
        return Err(Unplayable::new("FLAC header with impossible block sizes"));
    }
    Ok(())
}

/// Where the frames of a native FLAC file begin; `None` if its metadata do not end.
fn flac_audio(bytes: &[u8]) -> Option<usize> {
    let mut at = 4;
    loop {
        let head = bytes.get(at..at + 4)?;
        at += 4 + usize::from(head[1]) * 65_536 + be16(head, 2) as usize;
        if head[0] & 0x80 != 0 {
            return Some(at).filter(|at| *at < bytes.len());
        }
    }
}

fn aiff(bytes: &[u8]) -> Result<(), Unplayable> {
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 8) {
        let size = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if &head[..4] == b"COMM" {
            let comm = bytes.get(at + 8..at + 26).ok_or_else(|| Unplayable::new("AIFF header cut off"))?;
            return check_spec(extended(&comm[8..18]), be16(comm, 0));
        }
        at = at.saturating_add(8).saturating_add(size).saturating_add(size & 1);
    }
    Err(Unplayable::new("AIFF file without a format"))
}

/// The whole part of an 80-bit extended float; 0 for what is no sample rate anyway.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(be16(bytes, 0) as u16) - 16_383;
    let mantissa = u64::from_be_bytes(bytes[2..10].try_into().unwrap_or_default());
    if (0..32).contains(&exponent) { u32::try_from(mantissa >> (63 - exponent)).unwrap_or(0) } else { 0 }
}

/// Looks into the first packets of an Ogg file: which codec, which rate, no comment longer than the file.
fn ogg(bytes: &[u8]) -> Result<(), Unplayable> {
    let (packet, next) = ogg_page(bytes, 0).ok_or_else(|| Unplayable::new("OGG header cut off"))?;
    if packet.starts_with(b"\x01vorbis") && packet.len() >= 30 {
        check_spec(le32(packet, 12), u32::from(packet[11]))?;
        return match ogg_page(bytes, next) {
            Some((comments, _)) if comments.starts_with(b"\x03vorbis") => vorbis_comments(&comments[7..], bytes.len()),
            _ => Err(Unplayable::new("OGG file without Vorbis comments")),
        };
    }
    if packet.starts_with(b"\x7fFLAC") && packet.len() >= 51 {
        return flac_stream_info(&packet[17..51]);
    }
    Err(Unplayable::new(match packet {
        [b'O', b'p', b'u', b's', ..] => "Opus is not supported",
        [b'S', b'p', b'e', b'e', b'x', ..] => "Speex is not supported",
        [0x80, b't', b'h', ..] => "an Ogg video is not supported",
        _ => "an Ogg file of an unknown codec",
    }))
}

/// The payload of the Ogg page at `at`, and where the next one begins.
fn ogg_page(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let head = bytes.get(at..at + 27).filter(|head| head.starts_with(b"OggS"))?;
    let lacing = bytes.get(at + 27..at + 27 + usize::from(head[26]))?;
    let start = at + 27 + lacing.len();
    let end = start + lacing.iter().map(|part| usize::from(*part)).sum::<usize>();
    Some((bytes.get(start..end)?, end))
}

/// A decoder allocates whatever length a comment claims, so none may claim more than there is.
///
/// Only what the first page holds is looked at; longer comments hold embedded pictures and are read as they come.
fn vorbis_comments(page: &[u8], file: usize) -> Result<(), Unplayable> {
    let too_long = || Unplayable::new("OGG file with an impossible comment");
    let length = |at: usize| page.get(at..at + 4).map(|word| le32(word, 0) as usize);
    let Some(vendor) = length(0) else { return Ok(()) };
    let Some(count) = length(vendor.saturating_add(4)) else {
        return if vendor > file { Err(too_long()) } else { Ok(()) };
    };
    if count > file {
        return Err(too_long());
    }
    let mut at = vendor + 8;
    for _ in 0..count {
        let Some(comment) = length(at) else { break };
        if comment > file {
            return Err(too_long());
        }
        at += 4 + comment;
    }
    Ok(())
}

fn le16(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn be16(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav_header(rate: u32, channels: u16) -> Vec<u8> {
        let mut bytes = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate.wrapping_mul(2)).to_le_bytes());
        bytes.extend(2_u16.to_le_bytes());
        bytes.extend(16_u16.to_le_bytes());
        bytes.extend(b"data\0\0\0\0");
        bytes
    }

    #[test]
    fn content_decides_what_a_file_is() {
        let with = |head: &[u8]| recognise(&[head, &[0; 40]].concat()).map_err(|e| e.to_string());
        assert_eq!(with(b"RIFF\0\0\0\0WAVE"), Ok(Format::Wav));
        assert_eq!(with(b"FORM\0\0\0\0AIFC"), Ok(Format::Aiff));
        assert_eq!(with(b"\0\0\0\x20ftypM4A "), Ok(Format::Mp4));
        assert_eq!(with(&[0xff, 0xfb, 0x90, 0x00]), Ok(Format::Mp3));
        assert_eq!(with(b"ID3\x04"), Ok(Format::Mp3));
        assert_eq!(with(b"caff"), Err("CAF is not supported".into()));
        assert!(with(b"hello").is_err());
        assert!(recognise(b"").is_err());
    }

    #[test]
    fn rates_and_channels_beyond_the_limits_never_reach_a_decoder() {
        assert!(wav(&wav_header(44_100, 2)).is_ok());
        // Rate 0 panics in the decoder, rate 1 would play for hours.
        for (rate, channels) in [(0, 1), (1, 1), (7_999, 1), (192_001, 2), (44_100, 0), (44_100, 9)] {
            assert!(wav(&wav_header(rate, channels)).is_err(), "{rate} {channels}");
        }
        assert_eq!(wav(&wav_header(44_100, 12)).map_err(|e| e.to_string()), Err("12-channel file; at most 8".into()));
    }

    #[test]
    fn an_extended_float_is_read_as_a_sample_rate() {
        assert_eq!(extended(&[0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(extended(&[0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0]), 48_000);
        assert_eq!(extended(&[0; 10]), 0);
        assert_eq!(extended(&[0xff; 10]), 0);
    }

    #[test]
    fn flac_metadata_other_than_the_stream_information_are_cut_away() {
        let mut bytes = b"fLaC\x00\x00\x00\x22".to_vec();
        bytes.extend([7; 34]);
        bytes.extend([0x84, 0, 0, 5]); // the last block: comments of 5 bytes
        bytes.extend([9; 5]);
        bytes.extend(b"frames");
        let lean = without_tags(Format::Flac, &bytes).expect("there is something to cut");
        assert_eq!(&lean[..8], b"fLaC\x80\x00\x00\x22");
        assert_eq!(&lean[42..], b"frames");
        assert_eq!(without_tags(Format::Flac, &lean), None);
    }

    #[test]
    fn an_id3_tag_is_cut_away() {
        let bytes = [b"ID3\x04\0\0\0\0\0\x03".as_slice(), b"abc", b"\xff\xfb"].concat();
        assert_eq!(without_tags(Format::Mp3, &bytes).as_deref(), Some(b"\xff\xfb".as_slice()));
        // Longer than the file: left to the decoder, which finds no sound.
        assert_eq!(without_tags(Format::Mp3, b"ID3\x04\0\0\x7f\x7f\x7f\x7fabc"), None);
    }

    #[test]
    fn a_comment_longer_than_its_file_is_refused() {
        let comments = |vendor: u32, count: u32, comment: u32| {
            [vendor.to_le_bytes(), *b"abcd", count.to_le_bytes(), comment.to_le_bytes(), *b"a=b\0"].concat()
        };
        assert!(vorbis_comments(&comments(4, 1, 4), 1000).is_ok());
        assert!(vorbis_comments(&comments(4, 1, u32::MAX), 1000).is_err());
        assert!(vorbis_comments(&comments(4, u32::MAX, 4), 1000).is_err());
        assert!(vorbis_comments(&comments(u32::MAX, 1, 4), 1000).is_err());
    }
}
