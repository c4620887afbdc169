//! RIFF/WAVE: linear, floating, A-law, µ-law and ADPCM samples, with and without a channel mask.

use super::bytes::{chunks, le16, le32};
use super::{Extent, Format, Header, check_spec, unsupported};
use crate::decode::Unplayable;
use crate::decode::mixdown::Layout;

const PCM: u32 = 1;
const ADPCM_MS: u32 = 2;
const FLOAT: u32 = 3;
const ALAW: u32 = 6;
const MULAW: u32 = 7;
const ADPCM_IMA: u32 = 0x11;
const EXTENSIBLE: u32 = 0xfffe;
/// What follows the two bytes of the format in the identifiers of `WAVE_FORMAT_EXTENSIBLE`.
const GUID: &[u8] = b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let (mut fmt, mut data, mut fact) = (None, None, None);
    for (name, contents) in chunks(bytes, le32) {
        match name {
            b"fmt " if fmt.is_none() => fmt = Some(contents),
            b"fact" if contents.len() >= 4 => fact = Some(u64::from(le32(contents, 0))),
            b"data" => {
                data = Some(contents);
                break;
            }
            _ => {}
        }
    }
    let Some(fmt) = fmt else { return Err(Unplayable::new("WAV file without a format")) };
    if fmt.len() < 16 {
        return Err(Unplayable::new("WAV header cut off"));
    }
    let fmt = Fmt::read(fmt)?;
    let data = data.unwrap_or_default();
    let header = Header::new(Format::Wav, fmt.codec);
    let align = fmt.align as usize;
    let blocks = (data.len() / align) as u64;
    // Blocks of ADPCM are whole; how much of the last is sound only the chunk for that knows.
    let all = blocks * u64::from(fmt.frames_per_block);
    let frames = if fmt.frames_per_block > 1 { all.min(fact.filter(|fact| *fact > 0).unwrap_or(all)) } else { all };
    let head = fmt.plain_head(data.len());
    let lean = (!bytes.starts_with(&head) || bytes.len() > head.len() + data.len())
        .then(|| (Format::Wav, [head.as_slice(), data].concat()));
    let layout = fmt.mask.map(|mask| Layout::of_mask(mask, fmt.channels as usize));
    Ok(Header { layout, extent: Extent::Frames(frames), lean, ..header })
}

/// A WAV file in the plainest way: for samples of other containers.
pub(super) fn wrapped(tag: u32, channels: u32, rate: u32, bits: u32, data: &[u8]) -> Vec<u8> {
    let align = channels * bits / 8;
    let fmt = Fmt { codec: "", tag, channels, rate, align, bits, mask: None, frames_per_block: 1, more: Vec::new() };
    [fmt.plain_head(data.len()).as_slice(), data].concat()
}

/// What the format chunk says.
struct Fmt {
    codec: &'static str,
    tag: u32,
    channels: u32,
    rate: u32,
    /// Bytes of a block: a frame's, where samples are stored one by one.
    align: u32,
    bits: u32,
    mask: Option<u32>,
    frames_per_block: u32,
    /// What ADPCM needs besides.
    more: Vec<u8>,
}

impl Fmt {
    fn read(fmt: &[u8]) -> Result<Self, Unplayable> {
        let (channels, rate, align, bits) = (le16(fmt, 2), le32(fmt, 4), le16(fmt, 12), le16(fmt, 14));
        check_spec(rate, channels)?;
        if align == 0 {
            return Err(Unplayable::new("WAV header says that a frame has no bytes"));
        }
        let (mut tag, mut mask) = (le16(fmt, 0), None);
        if tag == EXTENSIBLE {
            let Some(more) = fmt.get(18..40) else { return Err(Unplayable::new("WAV header cut off")) };
            if &more[8..] != GUID {
                return Err(unsupported("WAV of an unknown kind"));
            }
            (tag, mask) = (le16(more, 6), Some(le32(more, 2)));
        }
        let mut this =
            Self { codec: "", tag, channels, rate, align, bits, mask, frames_per_block: 1, more: Vec::new() };
        match tag {
            PCM => this.pcm()?,
            FLOAT => this.float()?,
            ALAW | MULAW => {
                this.codec = if tag == ALAW { "alaw" } else { "mulaw" };
                (this.bits, this.align) = (8, channels);
            }
            ADPCM_MS | ADPCM_IMA => this.adpcm(fmt)?,
            _ => return Err(unsupported(&name(tag))),
        }
        Ok(this)
    }

    /// Samples fill whole bytes and lie in their upper bits, whatever number of bits is told.
    fn pcm(&mut self) -> Result<(), Unplayable> {
        let told = self.bits.div_ceil(8);
        let stored = if self.align.is_multiple_of(self.channels) { self.align / self.channels } else { told };
        let bytes = if (1..=4).contains(&stored) && stored >= told { stored } else { told };
        self.codec = match bytes {
            1 => "pcm_u8",
            2 => "pcm_s16",
            3 => "pcm_s24",
            4 => "pcm_s32",
            _ => return Err(unsupported(&format!("WAV with samples of {} bits", self.bits))),
        };
        (self.bits, self.align) = (bytes * 8, bytes * self.channels);
        Ok(())
    }

    fn float(&mut self) -> Result<(), Unplayable> {
        self.codec = match self.bits {
            32 => "pcm_f32",
            64 => "pcm_f64",
            bits => return Err(unsupported(&format!("WAV with floating samples of {bits} bits"))),
        };
        self.align = self.bits / 8 * self.channels;
        Ok(())
    }

    fn adpcm(&mut self, fmt: &[u8]) -> Result<(), Unplayable> {
        let impossible = || Unplayable::new("WAV header with impossible ADPCM blocks");
        let more = if fmt.len() >= 18 { le16(fmt, 16) as usize } else { 0 };
        self.more = fmt.get(18..18 + more).ok_or_else(impossible)?.to_vec();
        if self.channels > 2 || self.bits != 4 {
            return Err(unsupported("this kind of ADPCM"));
        }
        // Each block begins with the state of each channel; in IMA words of eight nibbles take turns.
        let (codec, state, first, unit) =
            if self.tag == ADPCM_MS { ("adpcm_ms", 7, 2, 1) } else { ("adpcm_ima", 4, 1, 4 * self.channels) };
        let nibbles = self.align.checked_sub(state * self.channels).ok_or_else(impossible)?;
        let fits = if self.tag == ADPCM_MS { self.more.len() >= 32 } else { self.more.len() == 2 };
        // The decoder counts the bits of a block in sixteen of its own.
        if nibbles == 0 || nibbles > 8191 || !nibbles.is_multiple_of(unit) || !fits {
            return Err(impossible());
        }
        (self.codec, self.frames_per_block) = (codec, nibbles * 2 / self.channels + first);
        Ok(())
    }

    /// All that stands before the samples.
    fn plain_head(&self, data: usize) -> Vec<u8> {
        let more = if matches!(self.tag, PCM | FLOAT) {
            Vec::new()
        } else {
            [&(self.more.len() as u16).to_le_bytes(), self.more.as_slice()].concat()
        };
        let (fmt, data) = (16 + more.len() as u32, data as u32);
        let mut head = b"RIFF".to_vec();
        head.extend((20 + fmt).saturating_add(data).to_le_bytes());
        head.extend(b"WAVEfmt ");
        head.extend(fmt.to_le_bytes());
        head.extend((self.tag as u16).to_le_bytes());
        head.extend((self.channels as u16).to_le_bytes());
        head.extend(self.rate.to_le_bytes());
        head.extend((self.rate.saturating_mul(self.align)).to_le_bytes());
        head.extend((self.align as u16).to_le_bytes());
        head.extend((self.bits as u16).to_le_bytes());
        head.extend(more);
        head.extend(b"data");
        head.extend(data.to_le_bytes());
        head
    }
}

/// What people call a format that can't be played.
fn name(tag: u32) -> String {
    let known = match tag {
        0x31 => "GSM",
        0x50 => "MPEG audio",
        0x55 => "MP3",
        0x160..=0x163 => "WMA",
        0xff | 0x1600 | 0x1601 | 0x1610 => "AAC",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        0x566f | 0x674f..=0x6771 => "Vorbis",
        0xf1ac => "FLAC",
        _ => return format!("WAV of format {tag:#06x}"),
    };
    format!("{known} in a WAV file")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn file(tag: u16, channels: u16, rate: u32, align: u16, bits: u16, more: &[u8], data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt ".to_vec();
        bytes.extend((16 + more.len() as u32).to_le_bytes());
        bytes.extend(tag.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(align.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(more);
        bytes.extend(b"data\xff\xff\xff\xff");
        bytes.extend(data);
        bytes
    }

    fn why(bytes: &[u8]) -> String {
        header(bytes).map(|_| ()).expect_err("it is refused").to_string()
    }

    #[rstest]
    #[case(0, 1)] // panics in the decoder
    #[case(1, 1)] // would play for hours
    #[case(7_999, 1)]
    #[case(192_001, 2)]
    #[case(44_100, 0)]
    #[case(44_100, 9)]
    fn rates_and_channels_beyond_the_limits_never_reach_a_decoder(#[case] rate: u32, #[case] channels: u16) {
        assert!(header(&file(1, 2, 44_100, 4, 16, b"", &[0; 8])).is_ok());
        assert!(header(&file(1, channels, rate, 2, 16, b"", &[0; 8])).is_err());
    }

    #[test]
    fn what_is_told_is_cut_to_what_is_there_and_wrapped_plainly() {
        let got = header(&file(1, 2, 44_100, 4, 16, b"", &[7; 9])).expect("a fine file");
        assert_eq!(got.extent, Extent::Frames(2));
        let (format, lean) = got.lean.expect("it had a list of tags");
        assert_eq!((format, &lean[12..16], le32(&lean, 40), lean.len()), (Format::Wav, &b"fmt "[..], 9, 53));
        // A plain file is read in place.
        let plain = wrapped(1, 2, 44_100, 16, &[7; 8]);
        assert_eq!(header(&plain).expect("a fine file").lean, None);
    }

    #[rstest]
    #[case(8, 1, "pcm_u8")]
    #[case(12, 2, "pcm_s16")]
    #[case(16, 2, "pcm_s16")]
    #[case(20, 3, "pcm_s24")]
    #[case(24, 3, "pcm_s24")]
    #[case(24, 4, "pcm_s32")]
    #[case(32, 4, "pcm_s32")]
    fn samples_fill_whole_bytes(#[case] bits: u16, #[case] align: u16, #[case] codec: &str) {
        let got = header(&file(1, 1, 8000, align, bits, b"", &[0; 24])).expect("a fine file");
        assert_eq!((got.codec, got.extent), (codec, Extent::Frames(24 / u64::from(align))));
    }

    #[test]
    fn a_channel_mask_is_read() {
        let mut more = b"\x16\0\x10\0".to_vec();
        more.extend(0x107_u32.to_le_bytes());
        more.extend(b"\x01\0");
        more.extend(GUID);
        let got = header(&file(0xfffe, 4, 48_000, 8, 16, &more, &[0; 8])).expect("a fine file");
        assert_eq!((got.codec, got.layout), ("pcm_s16", Some(Layout::of_mask(0x107, 4))));
        more[12] = 9;
        assert_eq!(why(&file(0xfffe, 4, 48_000, 8, 16, &more, &[0; 8])), "WAV of an unknown kind is not supported");
    }

    #[test]
    fn what_cannot_be_played_is_said_by_name() {
        assert_eq!(why(&file(0x55, 2, 44_100, 1, 0, b"", b"")), "MP3 in a WAV file is not supported");
        assert_eq!(why(&file(0x1234, 2, 44_100, 1, 0, b"", b"")), "WAV of format 0x1234 is not supported");
        assert_eq!(why(&file(1, 1, 44_100, 8, 64, b"", b"")), "WAV with samples of 64 bits is not supported");
        assert_eq!(why(b"RIFF\0\0\0\0WAVEdata\0\0\0\0"), "WAV file without a format");
    }

    #[test]
    fn impossible_adpcm_blocks_are_refused() {
        let blocks: [(u16, u16, &[u8]); 4] =
            [(2, 6, &[0; 34]), (0x11, 7, &[2, 0, 0, 0]), (0x11, 64, &[9, 0, 0, 0]), (0x11, 8204, &[2, 0, 0, 0])];
        for (tag, align, more) in blocks {
            assert!(why(&file(tag, 1, 8000, align, 4, more, &[0; 64])).contains("ADPCM"), "{tag}");
        }
        let got = header(&file(0x11, 1, 8000, 36, 4, &[2, 0, 65, 0], &[0; 72])).expect("a fine file");
        assert_eq!((got.codec, got.extent), ("adpcm_ima", Extent::Frames(130)));
    }
}
