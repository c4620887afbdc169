//! What a track's samples are: AAC that can be played, or another codec by its name.

use std::ops::Range;

use super::super::bytes::{be16, be32};
use super::super::{check_spec, unsupported};
use super::{Part, cut_off, locate, parts};
use crate::decode::Unplayable;

/// The description of the samples: AAC of the plain profile, one or two channels.
#[derive(Debug)]
pub(super) struct Description {
    /// The boxes in it.
    children: Range<usize>,
    /// What is in the one with the decoder's configuration.
    esds: Range<usize>,
    config: Vec<u8>,
}

impl Description {
    /// From the contents of the table of descriptions.
    pub(super) fn read(bytes: &[u8], table: Range<usize>) -> Result<Self, Unplayable> {
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
    pub(super) fn write_plainly(&self, bytes: &[u8], lean: &mut [u8]) -> Result<(), Unplayable> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::{part, words};
    use super::*;

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
