//! Native FLAC: its stream information, and where its frames begin.

use super::bytes::be16;
use super::{Extent, Format, Header, check_spec};
use crate::decode::Unplayable;
use crate::decode::mixdown::Layout;

const STREAMINFO: usize = 4 + 4 + 34;

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let Some(info) = bytes.get(8..STREAMINFO).filter(|_| bytes[4] & 0x7f == 0) else {
        return Err(Unplayable::new("FLAC file that does not begin with its stream information"));
    };
    let header = Header::new(Format::Flac, check_stream_info(info)?);
    let frames =
        u64::from(info[13] & 0x0f) << 32 | u64::from(u32::from_be_bytes([info[14], info[15], info[16], info[17]]));
    let extent = if frames > 0 { Extent::Frames(frames) } else { Extent::Decoders };
    let channels = usize::from(info[12] >> 1 & 7) + 1;
    let tags = &bytes[STREAMINFO..audio(bytes).unwrap_or(STREAMINFO).max(STREAMINFO)];
    let layout = mask(tags).map(|mask| Layout::of_mask(mask, channels));
    Ok(Header { extent, layout, lean: without_tags(bytes).map(|lean| (Format::Flac, lean)), ..header })
}

/// Which channel is whose, where a comment says so in the words of WAV.
fn mask(tags: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x";
    let at = tags.windows(NAME.len()).position(|window| window.eq_ignore_ascii_case(NAME))? + NAME.len();
    let digits = tags[at..].iter().take_while(|digit| digit.is_ascii_hexdigit()).count();
    u32::from_str_radix(std::str::from_utf8(&tags[at..at + digits]).ok()?, 16).ok()
}

/// The codec's name with its bits, if the numbers can be.
pub(super) fn check_stream_info(info: &[u8]) -> Result<&'static str, Unplayable> {
    let (least, most) = (be16(info, 0), be16(info, 2));
    let packed = u32::from_be_bytes([info[10], info[11], info[12], info[13]]);
    check_spec(packed >> 12, (packed >> 9 & 7) + 1)?;
    if least < 16 || most < least {
        return Err(Unplayable::new("FLAC header with impossible block sizes"));
    }
    Ok(match (packed >> 4 & 0x1f) + 1 {
        8 => "flac_s8",
        16 => "flac_s16",
        24 => "flac_s24",
        32 => "flac_s32",
        _ => "flac",
    })
}

/// The bytes without the metadata that no sound needs and that decoders allocate by; `None` if there are none.
fn without_tags(bytes: &[u8]) -> Option<Vec<u8>> {
    let audio = audio(bytes).filter(|audio| *audio != STREAMINFO)?;
    let mut lean = bytes[..STREAMINFO].to_vec();
    lean[4] |= 0x80; // the last metadata block
    lean[5..8].copy_from_slice(&[0, 0, 34]);
    lean.extend_from_slice(&bytes[audio..]);
    Some(lean)
}

/// Where the frames begin; where the metadata don't end, right behind the stream information.
fn audio(bytes: &[u8]) -> Option<usize> {
    let mut at = 4;
    loop {
        let Some(head) = bytes.get(at..at + 4) else { return (bytes[4] & 0x80 == 0).then_some(bytes.len()) };
        at += 4 + usize::from(head[1]) * 65_536 + be16(head, 2) as usize;
        if head[0] & 0x80 != 0 {
            return Some(at.min(bytes.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_other_than_the_stream_information_are_cut_away() {
        let mut bytes = b"fLaC\x00\x00\x00\x22".to_vec();
        bytes.extend([7; 34]);
        bytes.extend([0x84, 0, 0, 5]); // the last block: comments of 5 bytes
        bytes.extend([9; 5]);
        bytes.extend(b"frames");
        let lean = without_tags(&bytes).expect("there is something to cut");
        assert_eq!(&lean[..8], b"fLaC\x80\x00\x00\x22");
        assert_eq!(&lean[42..], b"frames");
        assert_eq!(without_tags(&lean), None);
    }

    #[test]
    fn metadata_that_claim_more_than_the_file_never_reach_a_decoder() {
        let mut bytes = b"fLaC\x00\x00\x00\x22".to_vec();
        bytes.extend([7; 34]);
        for last in [0x04, 0x84] {
            bytes.truncate(42);
            bytes.extend([last, 0xff, 0xff, 0xff]);
            bytes.extend(b"frames");
            assert_eq!(without_tags(&bytes).map(|lean| lean.len()), Some(42));
        }
    }

    #[test]
    fn a_comment_says_which_channel_is_whose() {
        assert_eq!(mask(b"..\x28\0\0\0WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x0107\x01\0"), Some(0x107));
        assert_eq!(mask(b"waveformatextensible_channel_mask=0x60F"), Some(0x60f));
        assert_eq!(mask(b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0xfffffffff"), None);
        assert_eq!(mask(b"TITLE=0x107"), None);
    }
}
