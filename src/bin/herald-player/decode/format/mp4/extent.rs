//! How much of what a decoder delivers is sound: an encoder of AAC has to put silence in front and behind.

use super::super::Extent;
use super::super::bytes::be32;
use super::{Part, find};

/// What the file says of the encoder's delay and of its true length: in iTunes' words, or by its list of edits.
pub(super) fn of(bytes: &[u8], movie: &Part, track: &Part) -> Option<Extent> {
    let media = Times::read(find(bytes, &track.inside, &[b"mdia", b"mdhd"])?)?;
    if let Some((delay, length)) = itunes(&bytes[movie.inside.clone()]) {
        return media.extent(delay as f64 / media.scale, length as f64 / media.scale);
    }
    let whole = Times::read(find(bytes, &movie.inside, &[b"mvhd"])?)?;
    let edits = find(bytes, &track.inside, &[b"edts", b"elst"])?;
    let row = if edits.first() == Some(&1) { 20 } else { 12 };
    let mut rows = edits.get(8..)?.chunks_exact(row);
    let (length, start) = rows.find_map(|row| {
        let (length, start) = if row.len() == 20 {
            (u64::from_be_bytes(row[..8].try_into().ok()?), i64::from_be_bytes(row[8..16].try_into().ok()?))
        } else {
            (u64::from(be32(row, 0)), i64::from(be32(row, 4).cast_signed()))
        };
        // Negative is a pause before the sound, which nobody waits for.
        u64::try_from(start).ok().map(|start| (length, start))
    })?;
    let start = start as f64 / media.scale;
    let length = if length > 0 { length as f64 / whole.scale } else { media.length - start };
    media.extent(start, length)
}

/// Ticks per second, and seconds.
struct Times {
    scale: f64,
    length: f64,
}

impl Times {
    /// Of a movie's or a medium's head.
    fn read(head: &[u8]) -> Option<Self> {
        let (scale, length) = if head.first()? == &1 {
            (be32(head.get(20..24)?, 0), u64::from_be_bytes(head.get(24..32)?.try_into().ok()?))
        } else {
            (be32(head.get(12..16)?, 0), u64::from(be32(head.get(16..20)?, 0)))
        };
        (scale > 0).then(|| Self { scale: scale.into(), length: length as f64 / f64::from(scale) })
    }

    /// If it lies within the medium: with a frame of tolerance, for it may have been rounded.
    fn extent(&self, skip: f64, length: f64) -> Option<Extent> {
        let fits = skip + length <= self.length + 0.05 && length > 0.0;
        fits.then_some(Extent::Seconds { skip, length })
    }
}

/// The comment in which iTunes tells delay, padding and length, in hexadecimal words.
fn itunes(movie: &[u8]) -> Option<(u64, u64)> {
    const NAME: &[u8] = b"iTunSMPB";
    let at = movie.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let data = movie.get(at..)?.get(..256.min(movie.len() - at))?;
    let text = data.windows(4).position(|window| window == b"data")? + 12;
    let words = std::str::from_utf8(data.get(text..text + 60)?).ok()?;
    let mut words = words.split_ascii_whitespace().skip(1).map(|word| u64::from_str_radix(word, 16).ok());
    let (delay, _padding, length) = (words.next()??, words.next()??, words.next()??);
    (length > 0).then_some((delay, length))
}

#[cfg(test)]
mod tests {
    use super::super::tests::part;
    use super::*;

    #[test]
    fn itunes_words_on_the_encoders_delay_are_read() {
        let text = " 00000000 00000840 000001C0 0000000000003200 00000000 00000000 00000000 00000000";
        let inside = [&b"\0\0\0\x01\0\0\0\0"[..], text.as_bytes()].concat();
        let movie = [b"\0\0\0\x14name\0\0\0\0iTunSMPB".to_vec(), part(b"data", &inside)].concat();
        assert_eq!(itunes(&movie), Some((0x840, 0x3200)));
        assert_eq!(itunes(&movie[..movie.len() - 70]), None);
    }

    fn times(name: &[u8; 4], scale: u32, length: u32) -> Vec<u8> {
        part(name, &[[0; 12].as_slice(), &scale.to_be_bytes(), &length.to_be_bytes()].concat())
    }

    /// A movie in milliseconds, and one track of it at 44.1 kHz.
    fn edited(rows: &[[u32; 3]]) -> Option<Extent> {
        let edits: Vec<u8> = rows.iter().flatten().flat_map(|word| word.to_be_bytes()).collect();
        let edits = [[0; 4].as_slice(), &(rows.len() as u32).to_be_bytes(), &edits].concat();
        let track = [part(b"edts", &part(b"elst", &edits)), part(b"mdia", &times(b"mdhd", 44_100, 23_552))].concat();
        let head = times(b"mvhd", 1000, 500);
        let bytes = part(b"moov", &[head.as_slice(), &part(b"trak", &track)].concat());
        let movie = super::super::parts(&bytes, 0..bytes.len()).next()?;
        let track = super::super::parts(&bytes, movie.inside.clone()).find(|part| part.is(b"trak"))?;
        of(&bytes, &movie, &track)
    }

    #[test]
    fn a_list_of_edits_tells_what_is_sound() {
        let sound = |length| Some(Extent::Seconds { skip: 1024.0 / 44_100.0, length });
        assert_eq!(edited(&[[500, 1024, 0x10000]]), sound(0.5));
        // A pause in front is none; no length means all of it.
        assert_eq!(edited(&[[20, u32::MAX, 0x10000], [500, 1024, 0x10000]]), sound(0.5));
        assert_eq!(edited(&[[0, 1024, 0x10000]]), sound((23_552.0 / 44_100.0) - 1024.0 / 44_100.0));
        // What can't be is not believed.
        assert_eq!(edited(&[[5000, 1024, 0x10000]]), None);
        assert_eq!(edited(&[]), None);
    }
}
