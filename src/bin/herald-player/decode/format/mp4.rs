//! ISO base media (`.m4a`): AAC in the first track of sound, and how much of it the encoder had to add.
//!
//! A decoder allocates by the tables of the movie, so each is measured first. What isn't needed to find the sound, tags
//! and pictures and other tracks, is marked as free space in the decoder's copy.

use std::ops::Range;

use super::bytes::{be16, be32};
use super::{Extent, Format, Header, check_spec, unsupported};
use crate::decode::Unplayable;

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
    let extent = extent(bytes, movie, &track).unwrap_or(Extent::Decoders);
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

/// The description of the samples: AAC of the plain profile, one or two channels.
#[derive(Debug)]
struct Description {
    /// The boxes in it.
    children: Range<usize>,
    /// What is in the one with the decoder's configuration.
    esds: Range<usize>,
    config: Vec<u8>,
}

impl Description {
    /// From the contents of the table of descriptions.
    fn read(bytes: &[u8], table: Range<usize>) -> Result<Self, Unplayable> {
        let entry = bytes[table.clone()].get(8..).filter(|entry| entry.len() >= 36).ok_or_else(cut_off)?;
        check_codec(&entry[4..8])?;
        if be32(&bytes[table.clone()], 4) != 1 {
            return Err(unsupported("an M4A of several kinds of samples"));
        }
        // The version of QuickTime's first kind adds four words; its second is for other codecs.
        let head = match be16(entry, 16) {
            0 => 36,
            1 => 52,
            _ => return Err(unsupported("this kind of M4A")),
        };
        let start = table.start + 8;
        let children = start + head..start + (be32(entry, 0) as usize).min(entry.len());
        let esds = locate(bytes, &children, &[b"esds"]).or_else(|| locate(bytes, &children, &[b"wave", b"esds"]));
        let esds = esds.ok_or_else(cut_off)?;
        let config = audio_config(bytes[esds.clone()].get(4..).ok_or_else(cut_off)?)?;
        check_config(config)?;
        Ok(Self { config: config.to_vec(), children, esds })
    }

    /// A decoder believes the lengths in a tree of descriptors: it is given one with nothing but the configuration.
    fn write_plainly(&self, bytes: &[u8], lean: &mut [u8]) -> Result<(), Unplayable> {
        let holds = |part: &Part| part.inside.start <= self.esds.start && self.esds.end <= part.inside.end;
        for part in parts(bytes, self.children.clone()) {
            if !holds(&part) {
                part.free(lean);
            } else if part.is(b"wave") {
                parts(bytes, part.inside).filter(|part| !holds(part)).for_each(|part| part.free(lean));
            }
        }
        let config = [&[5, self.config.len() as u8], self.config.as_slice()].concat();
        let decoder = [&[4, 13 + config.len() as u8, 0x40, 0x15], [0; 11].as_slice(), &config].concat();
        let plain = [&[3, 3 + decoder.len() as u8 + 3, 0, 0, 0], decoder.as_slice(), &[6, 1, 2]].concat();
        let place = lean.get_mut(self.esds.start + 4..self.esds.end).filter(|place| place.len() >= plain.len());
        let place = place.ok_or_else(cut_off)?;
        place.fill(0);
        place[..plain.len()].copy_from_slice(&plain);
        Ok(())
    }
}

fn check_codec(name: &[u8]) -> Result<(), Unplayable> {
    Err(unsupported(match name {
        b"mp4a" => return Ok(()),
        b"alac" => "ALAC",
        b"ac-3" | b"ec-3" => "AC-3",
        b"ac-4" => "AC-4",
        b"Opus" => "Opus",
        b"fLaC" => "FLAC in an M4A file",
        b".mp3" => "MP3 in an M4A file",
        b"samr" | b"sawb" => "AMR",
        b"enca" | b"drms" => "a protected M4A",
        b"lpcm" | b"sowt" | b"twos" | b"in24" | b"in32" | b"fl32" | b"raw " => "PCM in an M4A file",
        other => return Err(unsupported(&format!("codec \"{}\" in an M4A file", other.escape_ascii()))),
    }))
}

fn check_config(config: &[u8]) -> Result<(), Unplayable> {
    const RATES: [u32; 12] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000];
    let (object, channels) = (config[0] >> 3, config[1] >> 3 & 0x0f);
    if !matches!(object, 2 | 5 | 29) {
        return Err(unsupported(&format!("AAC of type {object}")));
    }
    if !(1..=2).contains(&channels) {
        return Err(unsupported("AAC with more than two channels"));
    }
    match RATES.get(usize::from((config[0] & 7) << 1 | config[1] >> 7)) {
        Some(rate) => check_spec(*rate, channels.into()),
        None => Err(unsupported("AAC at an odd sample rate")),
    }
}

/// The decoder's configuration in the tree of descriptors: two bytes at least.
fn audio_config(esds: &[u8]) -> Result<&[u8], Unplayable> {
    let mut rest = esds;
    loop {
        let (tag, inside, next) = descriptor(rest).ok_or_else(cut_off)?;
        rest = match tag {
            // Of an elementary stream: its number and flags, which must announce nothing more.
            3 if inside.get(2).is_some_and(|flags| flags & 0xe0 == 0) => inside.get(3..).ok_or_else(cut_off)?,
            4 => match inside.first() {
                Some(0x40 | 0x66 | 0x67) if inside.len() >= 13 => &inside[13..],
                Some(0x69 | 0x6b) => return Err(unsupported("MP3 in an M4A file")),
                Some(0xdd) => return Err(unsupported("Vorbis in an M4A file")),
                _ => return Err(unsupported("this codec in an M4A file")),
            },
            5 => return Some(inside).filter(|config| (2..=32).contains(&config.len())).ok_or_else(cut_off),
            _ => next,
        };
    }
}

/// Tag, contents and what follows.
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (mut length, mut at) = (0, 1);
    for _ in 0..4 {
        let byte = *bytes.get(at)?;
        (length, at) = (length << 7 | usize::from(byte & 0x7f), at + 1);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let end = at.checked_add(length).filter(|end| *end <= bytes.len())?;
    Some((bytes[0], &bytes[at..end], &bytes[end..]))
}

/// No table longer than its box, no samples longer than the file.
fn check_tables<'a>(file: usize, table: impl Fn(&[u8; 4]) -> Option<&'a [u8]>) -> Result<(), Unplayable> {
    let impossible = || Unplayable::new("M4A file with impossible tables");
    let counted = |name: &[u8; 4], head: usize, row: usize| -> Result<Option<&'a [u8]>, Unplayable> {
        let Some(table) = table(name) else { return Ok(None) };
        let count = table.get(head - 4..head).map(|word| be32(word, 0) as usize).ok_or_else(impossible)?;
        let end = count.checked_mul(row).and_then(|length| length.checked_add(head)).ok_or_else(impossible)?;
        table.get(head..end).map(Some).ok_or_else(impossible)
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
    let times = counted(b"stts", 8, 8)?.ok_or_else(cut_off)?;
    let timed: u64 = times.chunks_exact(8).map(|row| u64::from(be32(row, 0))).sum();
    let chunks = counted(b"stsc", 8, 12)?.ok_or_else(cut_off)?;
    if timed != samples as u64 || chunks.chunks_exact(12).any(|row| be32(row, 0) == 0 || be32(row, 4) == 0) {
        return Err(impossible());
    }
    counted(b"stco", 8, 4)?.or(counted(b"co64", 8, 8)?).ok_or_else(cut_off)?;
    Ok(())
}

/// What the file says of the encoder's delay and of its true length: in iTunes' words, or by its list of edits.
fn extent(bytes: &[u8], movie: &Part, track: &Part) -> Option<Extent> {
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
    use super::*;

    fn part(name: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        [&(inside.len() as u32 + 8).to_be_bytes(), name.as_slice(), inside].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
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

    #[test]
    fn itunes_words_on_the_encoders_delay_are_read() {
        let text = " 00000000 00000840 000001C0 0000000000003200 00000000 00000000 00000000 00000000";
        let inside = [&b"\0\0\0\x01\0\0\0\0"[..], text.as_bytes()].concat();
        let movie = [b"\0\0\0\x14name\0\0\0\0iTunSMPB".to_vec(), part(b"data", &inside)].concat();
        assert_eq!(itunes(&movie), Some((0x840, 0x3200)));
        assert_eq!(itunes(&movie[..movie.len() - 70]), None);
    }

    #[test]
    fn what_cannot_be_played_is_said_by_name() {
        let why = |codec: &[u8; 4]| {
            let table = [words(&[0, 1]), part(codec, &[0; 40])].concat();
            Description::read(&table, 0..table.len()).expect_err("it is refused").to_string()
        };
        assert_eq!(why(b"alac"), "ALAC is not supported");
        assert_eq!(why(b"ac-3"), "AC-3 is not supported");
        assert_eq!(why(b"x\x1by\xff"), "codec \"x\\x1by\\xff\" in an M4A file is not supported");
    }

    /// A descriptor that claims a quarter of a gigabyte, behind the one that is believed.
    #[test]
    fn a_decoder_gets_nothing_of_the_descriptors_but_the_configuration() {
        let config = [5, 2, 0x12, 0x10];
        let decoder = [&[4, 17, 0x40, 0x15], [0; 11].as_slice(), &config].concat();
        let claim = [5, 0xff, 0xff, 0xff, 0x7f];
        let descriptors = [&[3, 3 + 19 + 5, 0, 0, 0], decoder.as_slice(), &claim, &[6, 1, 2]].concat();
        let esds = part(b"esds", &[[0; 4].as_slice(), &descriptors].concat());
        let entry = part(b"mp4a", &[[0; 28].as_slice(), &esds, &part(b"esds", &claim)].concat());
        let table = [words(&[0, 1]), entry].concat();
        let description = Description::read(&table, 0..table.len()).expect("a fine table");
        let mut lean = table.clone();
        description.write_plainly(&table, &mut lean).expect("there is room");
        assert!(table.windows(5).any(|window| window == claim));
        assert_eq!(audio_config(&lean[description.esds.start + 4..]).ok(), Some([0x12, 0x10].as_slice()));
        assert_eq!(parts(&lean, description.children).filter(|part| part.is(b"esds")).count(), 1);
        assert!(!lean[description.esds].windows(5).any(|window| window == claim));
    }
}
