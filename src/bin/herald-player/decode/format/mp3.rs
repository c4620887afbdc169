//! MPEG audio: what stands in front of it, and which layer it is.

use super::{Format, Header, unsupported};
use crate::decode::Unplayable;

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let mut at = 0;
    while let Some(tag) = id3(&bytes[at..]) {
        at = at.saturating_add(tag);
        if at >= bytes.len() {
            return Err(Unplayable::new("nothing but an ID3 tag"));
        }
    }
    let audio = &bytes[at..];
    if let [0xff, second, third, ..] = audio
        && is_frame(*second, *third)
        && second & 0x06 != 0x02
    {
        return Err(unsupported(if second & 0x06 == 0x04 { "MPEG audio layer II" } else { "MPEG audio layer I" }));
    }
    // A decoder looks for anything it knows in what comes before, and would take the header of another format for one.
    let Some(junk) = audio.windows(3).position(is_layer_three) else {
        return Err(Unplayable::new("no MPEG audio in it"));
    };
    let lean = (at + junk > 0).then(|| (Format::Mp3, audio[junk..].to_vec()));
    Ok(Header { lean, ..Header::new(Format::Mp3, "mp3") })
}

/// Second and third byte of an MPEG audio frame: sync, no reserved version, layer, bit rate or sample rate.
pub(super) const fn is_frame(second: u8, third: u8) -> bool {
    second & 0xe0 == 0xe0 && second & 0x18 != 0x08 && second & 0x06 != 0 && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c
}

fn is_layer_three(head: &[u8]) -> bool {
    matches!(head, [0xff, second, third] if is_frame(*second, *third) && second & 0x06 == 0x02)
}

/// The length of the ID3v2 tag in front.
fn id3(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..10).filter(|head| head.starts_with(b"ID3"))?;
    let size = head[6..10].iter().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
    let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
    Some(10 + size + footer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_cut_away() {
        let tag = b"ID3\x04\0\0\0\0\0\x03abc".as_slice();
        for tags in [1, 2] {
            let bytes = [tag.repeat(tags).as_slice(), b"\xff\xfb\x90\0"].concat();
            let lean = header(&bytes).expect("a fine file").lean;
            assert_eq!(lean, Some((Format::Mp3, b"\xff\xfb\x90\0".to_vec())));
        }
        assert_eq!(header(b"\xff\xfb\x90\0").expect("a fine file").lean, None);
    }

    #[test]
    fn nothing_before_the_first_frame_reaches_a_decoder() {
        let tag = b"ID3\x04\0\0\0\0\0\x03abc".as_slice();
        let frame = b"\xff\xfb\x90\0".as_slice();
        let flac = [b"fLaC\x04\0\0\x20".as_slice(), &[0x55; 32]].concat();
        let lean = header(&[tag, &[0; 7], &flac, frame].concat()).expect("a fine file").lean;
        assert_eq!(lean, Some((Format::Mp3, frame.to_vec())));
        assert_eq!(header(&[tag, &flac].concat()), Err(Unplayable::new("no MPEG audio in it")));
    }

    #[test]
    fn a_tag_longer_than_its_file_never_reaches_a_decoder() {
        assert!(header(b"ID3\x04\0\0\x7f\x7f\x7f\x7fabc").is_err());
    }

    #[test]
    fn other_layers_are_said_by_name() {
        let why = header(b"\xff\xfd\x90\0").expect_err("it is refused").to_string();
        assert_eq!(why, "MPEG audio layer II is not supported");
    }
}
