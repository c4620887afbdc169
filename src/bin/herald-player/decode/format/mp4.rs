//! ISO base media (`.m4a`): AAC in the first track of sound, and how much of it the encoder had to add.
//!
//! A decoder allocates by the tables of the movie, so each is measured first. What isn't needed to find the sound, tags
//! and pictures and other tracks, is marked as free space in the decoder's copy.

mod describe;
mod extent;

use std::ops::Range;

use super::bytes::be32;
use super::{Extent, Format, Header, unsupported};
use crate::decode::Unplayable;

use describe::Description;

/// Boxes within the movie that a decoder has to see.
const NEEDED: [&[u8; 4]; 15] = [
    b"mvhd", b"trak", b"tkhd", b"mdia", b"mdhd", b"hdlr", b"minf", b"smhd", b"stbl", b"stsd", b"stts", b"stsc",
    b"stsz", b"stco", b"co64",
];
/// Those of them that hold others.
const HOLDERS: [&[u8; 4]; 4] = [b"trak", b"mdia", b"minf", b"stbl"];

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let top: Vec<Part> = parts(bytes, 0..bytes.len()).collect();
    if top.iter().any(|part| part.is(b"moof")) {
        return Err(unsupported("a fragmented M4A"));
    }
    let movie = top.iter().find(|part| part.is(b"moov")).ok_or_else(|| Unplayable::new("M4A file without a movie"))?;
    let tracks = || parts(bytes, movie.inside.clone()).filter(|part| part.is(b"trak"));
    let track =
        tracks().find(|track| is_sound(bytes, track)).ok_or_else(|| Unplayable::new("M4A file without sound"))?;
    let table = |name: &[u8; 4]| find(bytes, &track.inside, &[b"mdia", b"minf", b"stbl", name]);
    let entry = locate(bytes, &track.inside, &[b"mdia", b"minf", b"stbl", b"stsd"]).ok_or_else(cut_off)?;
    let description = Description::read(bytes, entry)?;
    check_tables(bytes.len(), table)?;

    let mut lean = bytes.to_vec();
    description.write_plainly(bytes, &mut lean)?;
    for part in top.iter().filter(|part| !part.is(b"ftyp") && !part.is(b"moov") && !part.is(b"mdat")) {
        part.free(&mut lean);
    }
    free_others(bytes, &mut lean, movie.inside.clone(), &track);
    let extent = extent::of(bytes, movie, &track).unwrap_or(Extent::Decoders);
    Ok(Header { extent, lean: Some((Format::Mp4, lean)), ..Header::new(Format::Mp4, "aac") })
}

/// One box.
struct Part {
    name: [u8; 4],
    /// Where its name stands.
    at: usize,
    inside: Range<usize>,
}

impl Part {
    fn is(&self, name: &[u8; 4]) -> bool {
        &self.name == name
    }

    fn free(&self, bytes: &mut [u8]) {
        bytes[self.at..self.at + 4].copy_from_slice(b"free");
    }
}

/// The boxes in a range; the last is cut where the range ends, and nothing follows what is shorter than a head.
fn parts(bytes: &[u8], range: Range<usize>) -> impl Iterator<Item = Part> + '_ {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at + 8).filter(|_| at + 8 <= range.end)?;
        let (length, start) = match be32(head, 0) {
            0 => (range.end - at, at + 8),
            1 => {
                let long = bytes.get(at + 8..at + 16)?;
                (usize::try_from(u64::from_be_bytes(long.try_into().ok()?)).ok()?, at + 16)
            }
            length => (length as usize, at + 8),
        };
        let end = at.saturating_add(length).min(range.end);
        let part = Part { name: head[4..8].try_into().ok()?, at: at + 4, inside: start..end };
        (start <= end).then(|| {
            at = end;
            part
        })
    })
}

/// Where the contents of the box at the end of that path are.
fn locate(bytes: &[u8], within: &Range<usize>, path: &[&[u8; 4]]) -> Option<Range<usize>> {
    let step = |range, name: &&[u8; 4]| parts(bytes, range).find(|part| part.is(name)).map(|part| part.inside);
    path.iter().try_fold(within.clone(), step)
}

/// The contents of the box at the end of that path.
fn find<'a>(bytes: &'a [u8], within: &Range<usize>, path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    bytes.get(locate(bytes, within, path)?)
}

fn is_sound(bytes: &[u8], track: &Part) -> bool {
    find(bytes, &track.inside, &[b"mdia", b"hdlr"]).and_then(|handler| handler.get(8..12)) == Some(b"soun")
}

fn free_others(bytes: &[u8], lean: &mut [u8], within: Range<usize>, track: &Part) {
    for part in parts(bytes, within) {
        let other_track = part.is(b"trak") && part.at != track.at;
        if other_track || !NEEDED.contains(&&part.name) {
            part.free(lean);
        } else if HOLDERS.contains(&&part.name) {
            free_others(bytes, lean, part.inside, track);
        }
    }
}

fn cut_off() -> Unplayable {
    Unplayable::new("M4A header cut off")
}

/// Most samples. Each has 1024 frames, so half a minute at the highest rate has 2813 of them. A decoder looks through all
/// tables for each.
const MOST_SAMPLES: usize = 4096;

/// No table longer than its box, no samples longer than the file, and not more than a sound has.
fn check_tables<'a>(file: usize, table: impl Fn(&[u8; 4]) -> Option<&'a [u8]>) -> Result<(), Unplayable> {
    let impossible = || Unplayable::new("M4A file with impossible tables");
    let too_many = || Unplayable::new("M4A file of more pieces than a sound has");
    let counted = |name: &[u8; 4], head: usize, row: usize| -> Result<Option<&'a [u8]>, Unplayable> {
        let Some(table) = table(name) else { return Ok(None) };
        let count = table.get(head - 4..head).map(|word| be32(word, 0) as usize).ok_or_else(impossible)?;
        let end = count.checked_mul(row).and_then(|length| length.checked_add(head)).ok_or_else(impossible)?;
        let rows = table.get(head..end).ok_or_else(impossible)?;
        if count > MOST_SAMPLES { Err(too_many()) } else { Ok(Some(rows)) }
    };
    let samples = if let Some(same) = table(b"stsz").filter(|sizes| sizes.len() >= 12 && be32(sizes, 4) > 0) {
        let (size, count) = (be32(same, 4) as usize, be32(same, 8) as usize);
        size.checked_mul(count).filter(|all| *all <= file).map(|_| count).ok_or_else(impossible)?
    } else {
        let sizes = counted(b"stsz", 12, 4)?.ok_or_else(cut_off)?;
        let all: u64 = sizes.chunks_exact(4).map(|size| u64::from(be32(size, 0))).sum();
        if all > file as u64 {
            return Err(impossible());
        }
        sizes.len() / 4
    };
    if samples > MOST_SAMPLES {
        return Err(too_many());
    }
    let times = counted(b"stts", 8, 8)?.ok_or_else(cut_off)?;
    let timed: u64 = times.chunks_exact(8).map(|row| u64::from(be32(row, 0))).sum();
    let chunks = counted(b"stsc", 8, 12)?.ok_or_else(cut_off)?;
    if timed != samples as u64 || chunks.chunks_exact(12).any(|row| be32(row, 0) == 0 || be32(row, 4) == 0) {
        return Err(impossible());
    }
    counted(b"stco", 8, 4)?.or(counted(b"co64", 8, 8)?).ok_or_else(cut_off)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn part(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        [&(inside.len() as u32 + 8).to_be_bytes(), name.as_slice(), inside].concat()
    }

    pub(super) fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn boxes_are_cut_where_what_holds_them_ends() {
        let bytes = [part(b"ftyp", b"M4A "), part(b"free", b""), b"\xff\xff\xff\xffmdatxyz".to_vec()].concat();
        let names: Vec<([u8; 4], usize)> =
            parts(&bytes, 0..bytes.len()).map(|part| (part.name, part.inside.len())).collect();
        assert_eq!(names, [(*b"ftyp", 4), (*b"free", 0), (*b"mdat", 3)]);
        // A length of less than its own head leads nowhere.
        assert_eq!(parts(b"\0\0\0\x04ftypabcd", 0..12).count(), 0);
    }

    fn tables(stsz: &[u32], stts: &[u32], stsc: &[u32], stco: &[u32]) -> Result<(), String> {
        let all = [(b"stsz", words(stsz)), (b"stts", words(stts)), (b"stsc", words(stsc)), (b"stco", words(stco))];
        let table = |name: &[u8; 4]| all.iter().find(|(own, _)| *own == name).map(|(_, table)| table.as_slice());
        check_tables(1000, table).map_err(|error| error.to_string())
    }

    /// Tables of a few megabytes, each row of one asked for with each of another, take a decoder minutes.
    #[test]
    fn tables_of_more_rows_than_a_sound_has_are_refused() {
        let many = [[0, 0, 5000].as_slice(), &[0; 5000]].concat();
        let why = tables(&many, &[0, 1, 5000, 1024], &[0, 1, 1, 5000, 1], &[0, 1, 48]);
        assert_eq!(why, Err("M4A file of more pieces than a sound has".into()));
        let why =
            tables(&[0, 0, 1, 9], &[0, 1, 1, 1024], &[0, 1, 1, 1, 1], &[[0, 5000].as_slice(), &[48; 5000]].concat());
        assert_eq!(why, Err("M4A file of more pieces than a sound has".into()));
    }

    #[test]
    fn tables_that_claim_more_than_there_is_are_refused() {
        const STTS: [u32; 4] = [0, 1, 2, 1024];
        const STSC: [u32; 5] = [0, 1, 1, 2, 1];
        const STCO: [u32; 3] = [0, 1, 48];
        assert_eq!(tables(&[0, 0, 2, 400, 600], &STTS, &STSC, &STCO), Ok(()));
        assert_eq!(tables(&[0, 500, 2], &STTS, &STSC, &STCO), Ok(()));
        let impossible = Err("M4A file with impossible tables".to_owned());
        for stsz in [[0, 0, 2, 401, 600].as_slice(), &[0, 0, u32::MAX, 1, 1], &[0, 501, 2], &[0, u32::MAX, u32::MAX]] {
            assert_eq!(tables(stsz, &STTS, &STSC, &STCO), impossible, "{stsz:?}");
        }
        let sizes = [0, 0, 2, 400, 600];
        assert_eq!(tables(&sizes, &[0, 1, u32::MAX, 1024], &STSC, &STCO), impossible);
        assert_eq!(tables(&sizes, &[0, u32::MAX, 2, 1024], &STSC, &STCO), impossible);
        assert_eq!(tables(&sizes, &STTS, &[0, 1, 0, 2, 1], &STCO), impossible);
        assert_eq!(tables(&sizes, &STTS, &STSC, &[0, u32::MAX, 48]), impossible);
    }
}
