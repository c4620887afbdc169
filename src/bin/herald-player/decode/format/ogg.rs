//! Ogg: the pages of its first stream, and which codec is in it.
//!
//! A decoder looks for pages after broken ones and for headers between sounds. So only what was looked at here reaches
//! it: whole pages of one stream in order, up to the first that is not. FLAC needs no pages at all.

use std::ops::Range;

use super::bytes::le32;
use super::{Format, Header, check_spec, flac, unsupported, vorbis};
use crate::decode::Unplayable;

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let stream = Stream::read(bytes);
    if stream.ends.len() > MOST_PACKETS {
        return Err(Unplayable::new("OGG file of more pieces than a sound has"));
    }
    let first = stream.packets().next().ok_or_else(|| Unplayable::new("OGG header cut off"))?;
    if first.starts_with(b"\x01vorbis") && first.len() == 30 {
        check_spec(le32(first, 12), u32::from(first[11]))?;
        vorbis::check(stream.packets())?;
        let lean = (stream.pages.iter().map(ExactSizeIterator::len).sum::<usize>() < bytes.len())
            .then(|| (Format::Ogg, stream.pages.iter().flat_map(|page| &bytes[page.clone()]).copied().collect()));
        return Ok(Header { lean, ..Header::new(Format::Ogg, "vorbis") });
    }
    if first.starts_with(b"\x7fFLAC") && first.len() >= 51 {
        let mut native = [b"fLaC\x80\0\0\x22", &first[17..51]].concat();
        // Tags don't begin with a frame's mark.
        stream.packets().skip(1).filter(|packet| packet.first() == Some(&0xff)).for_each(|frame| native.extend(frame));
        let inside = flac::header(&native)?;
        return Ok(Header { format: Format::Ogg, lean: Some((Format::Flac, native)), ..inside });
    }
    Err(match first {
        [b'O', b'p', b'u', b's', ..] => unsupported("Opus"),
        [b'S', b'p', b'e', b'e', b'x', ..] => unsupported("Speex"),
        [0x80, b't', b'h', ..] | [b'f', b'i', b's', b'h', ..] => unsupported("an Ogg video"),
        _ => Unplayable::new("an Ogg file of an unknown codec"),
    })
}

/// Most packets of a stream: as many as half a minute has of the shortest at the highest rate. Empty ones take a decoder
/// time, too.
const MOST_PACKETS: usize = 200_000;

/// The first stream of a file: its pages, and its packets one after the other.
#[derive(Default)]
struct Stream {
    pages: Vec<Range<usize>>,
    data: Vec<u8>,
    /// Where each packet ends. An empty one costs a byte of the file, and no more here than four.
    ends: Vec<u32>,
}

impl Stream {
    fn read(bytes: &[u8]) -> Self {
        let (mut stream, mut at) = (Self::default(), 0);
        let mut before: Option<(u32, u32)> = None;
        while let Some(page) = Page::read(bytes, at).filter(|_| stream.ends.len() <= MOST_PACKETS) {
            at = page.range.end;
            let (begins, goes_on) = (page.flags & 2 != 0, page.flags & 1 != 0);
            match before {
                None if goes_on => break,
                None => {}
                // Others' pages lie between.
                Some((serial, _)) if serial != page.serial => continue,
                Some((_, number)) => {
                    let is_next = page.number == number.wrapping_add(1) && !begins;
                    let is_pending = stream.data.len() > stream.ends.last().map_or(0, |end| *end as usize);
                    if !is_next || is_pending != goes_on {
                        break;
                    }
                }
            }
            before = Some((page.serial, page.number));
            let mut start = page.body.start;
            for size in page.lacing {
                let end = start + usize::from(*size);
                stream.data.extend_from_slice(&bytes[start..end]);
                if *size < 255 {
                    stream.ends.push(stream.data.len() as u32);
                }
                start = end;
            }
            stream.pages.push(page.range);
        }
        stream
    }

    fn packets(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.data[start as usize..*end as usize])
    }
}

struct Page<'a> {
    flags: u8,
    serial: u32,
    number: u32,
    lacing: &'a [u8],
    body: Range<usize>,
    range: Range<usize>,
}

impl<'a> Page<'a> {
    /// The whole and undamaged page at `at`.
    fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        let head = bytes.get(at..at + 27).filter(|head| head.starts_with(b"OggS\0"))?;
        let start = at + 27 + usize::from(head[26]);
        let lacing = bytes.get(at + 27..start)?;
        let end = start + lacing.iter().map(|part| usize::from(*part)).sum::<usize>();
        let body = bytes.get(start..end)?;
        let parts = [&head[..22], &[0; 4], &head[26..], lacing, body];
        let sum = parts
            .into_iter()
            .flatten()
            .fold(0, |sum: u32, byte| sum << 8 ^ SUMS[(sum >> 24) as usize ^ usize::from(*byte)]);
        (sum == le32(head, 22)).then(|| Self {
            flags: head[5],
            serial: le32(head, 14),
            number: le32(head, 18),
            lacing,
            body: start..end,
            range: at..end,
        })
    }
}

/// What each byte adds to a page's checksum.
static SUMS: [u32; 256] = {
    let mut sums = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 };
            bit += 1;
        }
        sums[byte] = sum;
        byte += 1;
    }
    sums
};

#[cfg(test)]
mod tests {
    use super::*;

    fn page(flags: u8, serial: u32, number: u32, lacing: &[u8], body: &[u8]) -> Vec<u8> {
        let mut page = [b"OggS\0".as_slice(), &[flags], &[0; 8]].concat();
        page.extend(serial.to_le_bytes());
        page.extend(number.to_le_bytes());
        page.extend([0; 4]);
        page.push(lacing.len() as u8);
        page.extend(lacing);
        page.extend(body);
        let sum = page.iter().fold(0, |sum: u32, byte| sum << 8 ^ SUMS[(sum >> 24) as usize ^ usize::from(*byte)]);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        page
    }

    fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
        Stream::read(bytes).packets().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn packets_reach_over_pages_and_others_lie_between() {
        let long = [7; 300];
        let first = page(2, 1, 0, &[2, 255], &[b"ab".as_slice(), &long[..255]].concat());
        let other = page(2, 9, 0, &[1], b"x");
        let second = page(1, 1, 1, &[45, 1], &[&long[255..], b"c"].concat());
        let all = [first, other, second].concat();
        assert_eq!(packets(&all), [b"ab".to_vec(), long.to_vec(), b"c".to_vec()]);
    }

    #[test]
    fn nothing_behind_a_damaged_page_or_one_out_of_order_reaches_a_decoder() {
        let good = page(2, 1, 0, &[2], b"ab");
        let next = page(0, 1, 1, &[1], b"c");
        assert_eq!(packets(&[good.clone(), next.clone()].concat()).len(), 2);
        let mut damaged = next.clone();
        damaged[27] ^= 1;
        let others = [damaged, page(0, 1, 2, &[1], b"c"), page(1, 1, 1, &[1], b"c"), page(2, 1, 1, &[1], b"c")];
        for other in others {
            assert_eq!(packets(&[good.clone(), other, next.clone()].concat()).len(), 1);
        }
    }

    #[test]
    fn what_cannot_be_played_is_said_by_name() {
        let why = |packet: &[u8]| {
            let bytes = page(2, 1, 0, &[packet.len() as u8], packet);
            header(&bytes).expect_err("it is refused").to_string()
        };
        assert_eq!(why(b"OpusHead"), "Opus is not supported");
        assert_eq!(why(b"Speex   "), "Speex is not supported");
        assert_eq!(why(b"\x80theora"), "an Ogg video is not supported");
        assert_eq!(why(b"who knows"), "an Ogg file of an unknown codec");
    }

    /// Ten megabytes of empty packets are nine million of them.
    #[test]
    fn a_file_of_nothing_but_packets_is_refused() {
        let pages: Vec<u8> = (0..800).flat_map(|n| page(if n == 0 { 2 } else { 0 }, 1, n, &[0; 255], b"")).collect();
        let why = header(&pages).expect_err("it is refused").to_string();
        assert_eq!(why, "OGG file of more pieces than a sound has");
    }

    /// Tags of FLAC in Ogg once let a decoder ask for two gigabytes.
    #[test]
    fn of_flac_only_frames_are_left() {
        let mut first = b"\x7fFLAC\x01\0\0\x02fLaC\0\0\0\x22".to_vec();
        first.extend([0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0xb8, 0x02, 0xf0]);
        first.extend([0; 20]);
        let bytes = [
            page(2, 1, 0, &[51], &first),
            page(0, 1, 1, &[12, 6], &[b"\x04\0\0\x08\0\0\0\x72\0\0\0\0".as_slice(), b"\xff\xf8abcd"].concat()),
        ]
        .concat();
        let (format, lean) = header(&bytes).expect("a fine file").lean.expect("anew");
        assert_eq!((format, &lean[42..]), (Format::Flac, b"\xff\xf8abcd".as_slice()));
    }
}
