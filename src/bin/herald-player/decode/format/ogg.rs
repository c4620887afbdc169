//! Ogg: which codec is in it, and no comment longer than the file.

use super::bytes::le32;
use super::{Format, Header, check_spec, flac, unsupported};
use crate::decode::Unplayable;

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let (packet, next) = page(bytes, 0).ok_or_else(|| Unplayable::new("OGG header cut off"))?;
    if packet.starts_with(b"\x01vorbis") && packet.len() >= 30 {
        check_spec(le32(packet, 12), u32::from(packet[11]))?;
        return match page(bytes, next) {
            Some((comments, _)) if comments.starts_with(b"\x03vorbis") => {
                check_comments(&comments[7..], bytes.len()).map(|()| Header::new(Format::Ogg, "vorbis"))
            }
            _ => Err(Unplayable::new("OGG file without Vorbis comments")),
        };
    }
    if packet.starts_with(b"\x7fFLAC") && packet.len() >= 51 {
        return Ok(Header::new(Format::Ogg, flac::check_stream_info(&packet[17..51])?));
    }
    Err(match packet {
        [b'O', b'p', b'u', b's', ..] => unsupported("Opus"),
        [b'S', b'p', b'e', b'e', b'x', ..] => unsupported("Speex"),
        [0x80, b't', b'h', ..] => unsupported("an Ogg video"),
        _ => Unplayable::new("an Ogg file of an unknown codec"),
    })
}

/// The payload of the page at `at`, and where the next one begins.
fn page(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let head = bytes.get(at..at + 27).filter(|head| head.starts_with(b"OggS"))?;
    let lacing = bytes.get(at + 27..at + 27 + usize::from(head[26]))?;
    let start = at + 27 + lacing.len();
    let end = start + lacing.iter().map(|part| usize::from(*part)).sum::<usize>();
    Some((bytes.get(start..end)?, end))
}

/// A decoder allocates whatever length a comment claims, so none may claim more than there is.
///
/// Only what the first page holds is looked at; longer comments hold embedded pictures and are read as they come.
fn check_comments(page: &[u8], file: usize) -> Result<(), Unplayable> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_longer_than_its_file_is_refused() {
        let comments = |vendor: u32, count: u32, comment: u32| {
            [vendor.to_le_bytes(), *b"abcd", count.to_le_bytes(), comment.to_le_bytes(), *b"a=b\0"].concat()
        };
        assert!(check_comments(&comments(4, 1, 4), 1000).is_ok());
        assert!(check_comments(&comments(4, 1, u32::MAX), 1000).is_err());
        assert!(check_comments(&comments(4, u32::MAX, 4), 1000).is_err());
        assert!(check_comments(&comments(u32::MAX, 1, 4), 1000).is_err());
    }

    #[test]
    fn what_cannot_be_played_is_said_by_name() {
        let page = [b"OggS".as_slice(), &[0; 22], &[1, 8], b"OpusHead"].concat();
        assert_eq!(header(&page).expect_err("it is refused").to_string(), "Opus is not supported");
    }
}
