//! The headers of Vorbis: a decoder allocates whatever they claim, so they may claim no more than sounds need.

use super::bytes::le32;
use crate::decode::Unplayable;

/// Most entries, and most values, of all codebooks together. Encoders' have a hundredth of it.
const MOST: u64 = 4 << 20;

/// Comments and codebooks within their limits, and no header where sound should be.
pub(super) fn check<'a>(mut packets: impl Iterator<Item = &'a [u8]>) -> Result<(), Unplayable> {
    let mut header = |kind: u8| {
        let packet = packets.next().filter(|packet| packet.first() == Some(&kind))?;
        packet[1..].strip_prefix(b"vorbis")
    };
    let Some((_, comments)) = header(1).zip(header(3)) else {
        return Err(Unplayable::new("OGG file without Vorbis comments"));
    };
    let setup = header(5).ok_or_else(|| Unplayable::new("OGG file without Vorbis codebooks"))?;
    check_comments(comments).ok_or_else(|| Unplayable::new("OGG file with an impossible comment"))?;
    check_codebooks(&mut Bits::of(setup)).ok_or_else(|| Unplayable::new("OGG file with impossible codebooks"))?;
    match packets.find(|packet| packet.first().is_some_and(|kind| kind & 1 == 1)) {
        Some(_) => Err(Unplayable::new("OGG file with headers in its midst")),
        None => Ok(()),
    }
}

/// Each comment ends within them.
fn check_comments(comments: &[u8]) -> Option<()> {
    let skip = |bytes: &mut &[u8]| -> Option<()> {
        let length = le32(bytes.get(..4)?, 0) as usize;
        *bytes = bytes.get(4..)?.get(length..)?;
        Some(())
    };
    let mut rest = comments;
    skip(&mut rest)?;
    let count = le32(rest.get(..4)?, 0);
    rest = &rest[4..];
    (0..count).try_for_each(|_| skip(&mut rest))
}

fn check_codebooks(bits: &mut Bits<'_>) -> Option<()> {
    let count = bits.read(8)? + 1;
    let (mut entries, mut values) = (0_u64, 0_u64);
    for _ in 0..count {
        let (own, dimensions) = codebook(bits)?;
        entries += own;
        values += own * dimensions;
        if entries > MOST || values > MOST {
            return None;
        }
    }
    Some(())
}

/// Entries and, where they stand for vectors, dimensions of the next codebook.
fn codebook(bits: &mut Bits<'_>) -> Option<(u64, u64)> {
    let sync = bits.read(24)?;
    let (dimensions, entries) = (bits.read(16)?, bits.read(24)?);
    if sync != 0x56_4342 || u64::from(entries) > MOST {
        return None;
    }
    if bits.read(1)? == 1 {
        // Runs of entries of one length each, which grows.
        let (mut done, mut length) = (0, bits.read(5)? + 1);
        while done < entries {
            done += bits.read(32 - (entries - done).leading_zeros())?;
            length += 1;
            if length > 34 {
                return None;
            }
        }
        if done > entries {
            return None;
        }
    } else {
        let is_sparse = bits.read(1)? == 1;
        for _ in 0..entries {
            if !is_sparse || bits.read(1)? == 1 {
                bits.read(5)?;
            }
        }
    }
    let lookup = bits.read(4)?;
    if lookup == 0 {
        return Some((entries.into(), 0));
    }
    bits.skip(64)?;
    let width = u64::from(bits.read(4)? + 1);
    bits.skip(1)?;
    let values = match lookup {
        1 => lattice(entries, dimensions)?,
        2 => u64::from(entries) * u64::from(dimensions),
        _ => return None,
    };
    bits.skip(values.checked_mul(width)?)?;
    Some((entries.into(), dimensions.into()))
}

/// The greatest number whose power of `dimensions` is not more than `entries`.
fn lattice(entries: u32, dimensions: u32) -> Option<u64> {
    let fits = |side: u64| side.checked_pow(dimensions).is_some_and(|all| all <= u64::from(entries));
    if dimensions == 0 || entries == 0 {
        return None;
    }
    let (mut least, mut above) = (1, u64::from(entries) + 1);
    while above - least > 1 {
        let middle = least.midpoint(above);
        *(if fits(middle) { &mut least } else { &mut above }) = middle;
    }
    Some(least)
}

/// Numbers of any width, the lowest bit first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl<'a> Bits<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn read(&mut self, width: u32) -> Option<u32> {
        let bit = |at: u64| {
            let byte = *self.bytes.get(usize::try_from(at / 8).ok()?)?;
            Some(u32::from(byte >> (at % 8) & 1))
        };
        let number = (0..width).try_fold(0, |number, n| Some(number | bit(self.at + u64::from(n))? << n))?;
        self.at += u64::from(width);
        Some(number)
    }

    fn skip(&mut self, width: u64) -> Option<()> {
        self.at = self.at.checked_add(width).filter(|at| *at <= self.bytes.len() as u64 * 8)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn comments(vendor: u32, count: u32, comment: u32) -> Vec<u8> {
        [vendor.to_le_bytes(), *b"abcd", count.to_le_bytes(), comment.to_le_bytes(), *b"a=bc"].concat()
    }

    #[test]
    fn a_comment_longer_than_all_of_them_is_refused() {
        assert!(check_comments(&comments(4, 1, 4)).is_some());
        assert!(check_comments(&comments(4, 0, 9)).is_some());
        assert!(check_comments(&comments(4, 1, 5)).is_none());
        assert!(check_comments(&comments(4, 2, 4)).is_none());
        assert!(check_comments(&comments(4, u32::MAX, 4)).is_none());
        assert!(check_comments(&comments(u32::MAX, 1, 4)).is_none());
        assert!(check_comments(b"\0\0\0").is_none());
    }

    /// The lowest bit first, as Vorbis packs them.
    fn packed(fields: &[(u32, u32)]) -> Vec<u8> {
        let bits: Vec<u32> =
            fields.iter().flat_map(|(width, value)| (0..*width).map(move |n| value >> n & 1)).collect();
        bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (n, bit)| sum | (*bit as u8) << n)).collect()
    }

    /// One codebook, all entries of one length.
    fn ordered(dimensions: u32, entries: u32, lookup: u32) -> Vec<u8> {
        let width = 32 - entries.leading_zeros();
        let head = [(8, 0), (24, 0x56_4342), (16, dimensions), (24, entries), (1, 1), (5, 3), (width, entries)];
        let tail = [(4, lookup), (32, 0), (32, 0), (4, 0), (1, 0), (32, 0), (32, 0)];
        packed(&[head.as_slice(), &tail].concat())
    }

    #[rstest]
    #[case(2, 256, 1, true)]
    #[case(1, 16, 2, true)]
    #[case(0, 16, 0, true)]
    // A few bytes that ask for a gigabyte.
    #[case(65_535, 4096, 1, false)]
    #[case(16, 0xff_ffff, 1, false)]
    #[case(1, 0xff_ffff, 0, false)]
    // More values than there are bits.
    #[case(2, 256, 2, false)]
    #[case(1, 16, 3, false)]
    #[case(0, 16, 1, false)]
    fn codebooks_claim_no_more_than_sounds_need(
        #[case] dimensions: u32,
        #[case] entries: u32,
        #[case] lookup: u32,
        #[case] fine: bool,
    ) {
        let bytes = ordered(dimensions, entries, lookup);
        assert_eq!(check_codebooks(&mut Bits::of(&bytes)).is_some(), fine);
        assert_eq!(check_codebooks(&mut Bits::of(&bytes[..bytes.len() / 3])), None, "cut off");
    }

    #[test]
    fn a_lattice_has_as_many_values_a_side_as_fit() {
        assert_eq!(lattice(81, 4), Some(3));
        assert_eq!(lattice(80, 4), Some(2));
        assert_eq!(lattice(1, 1), Some(1));
        assert_eq!(lattice(0xff_ffff, 65_535), Some(1));
    }

    #[rstest]
    #[case::fine(1, 4096, Ok(()))]
    #[case::comment(u32::MAX, 4096, Err("OGG file with an impossible comment"))]
    #[case::codebook(1, 0xff_ffff, Err("OGG file with impossible codebooks"))]
    fn a_header_that_claims_too_much_costs_the_file(
        #[case] count: u32,
        #[case] entries: u32,
        #[case] expected: Result<(), &str>,
    ) {
        let comments = [b"\x03vorbis".as_slice(), &comments(4, count, 4)].concat();
        let setup = [b"\x05vorbis".as_slice(), &ordered(2, entries, 1)].concat();
        let packets: [&[u8]; 4] = [b"\x01vorbis", &comments, &setup, b"\0sound"];
        assert_eq!(check(packets.into_iter()).map_err(|why| why.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_header_in_the_midst_of_sound_is_refused() {
        let ident: &[u8] = b"\x01vorbis";
        let comments = [b"\x03vorbis".as_slice(), &comments(4, 1, 4)].concat();
        let setup = [b"\x05vorbis".as_slice(), &ordered(2, 256, 1)].concat();
        let fine = [ident, &comments, &setup, b"\0sound", b""];
        assert_eq!(check(fine.into_iter()), Ok(()));
        assert!(check(fine.into_iter().chain([comments.as_slice()])).is_err());
        assert!(check(fine[..2].iter().copied()).is_err());
        assert!(check([ident, &setup, &comments].into_iter()).is_err());
    }
}
