//! AIFF and AIFF-C: big-endian samples and those of the compression types that are no compression.

use super::bytes::{be16, be32, chunks};
use super::{Extent, Format, Header, check_spec, unsupported, wav};
use crate::decode::Unplayable;

pub(super) fn header(bytes: &[u8]) -> Result<Header, Unplayable> {
    let (mut common, mut sound) = (None, None);
    for (name, contents) in chunks(bytes, be32) {
        match name {
            b"COMM" if common.is_none() => common = Some(contents),
            b"SSND" if sound.is_none() => sound = Some(contents),
            _ => {}
        }
    }
    let Some(common) = common else { return Err(Unplayable::new("AIFF file without a format")) };
    let compressed = &bytes[8..12] == b"AIFC";
    if common.len() < if compressed { 22 } else { 18 } {
        return Err(Unplayable::new("AIFF header cut off"));
    }
    let (channels, told, bits, rate) = (be16(common, 0), be32(common, 2), be16(common, 6), extended(&common[8..18]));
    check_spec(rate, channels)?;
    let kind = if compressed { &common[18..22] } else { b"NONE" };
    let (codec, order, bits) = samples(kind, bits)?;
    let data = sound.and_then(|sound| {
        let offset = sound.get(..8).map(|head| be32(head, 0) as usize)?;
        sound.get(8_usize.checked_add(offset)?..)
    });
    let align = (channels * bits / 8) as usize;
    let data = data.unwrap_or_default();
    let frames = (data.len() / align).min(told as usize);
    let data = &data[..frames * align];
    let lean = match order {
        Order::Wav(tag) => (Format::Wav, wav::wrapped(tag, channels, rate, bits, data)),
        Order::Big(kind) => (Format::Aiff, wrapped(kind, channels, &common[8..18], bits, data)),
    };
    Ok(Header { extent: Extent::Frames(frames as u64), lean: Some(lean), ..Header::new(Format::Aiff, codec) })
}

/// How samples are stored.
#[derive(Clone, Copy)]
enum Order {
    /// As WAV files store them, under that number.
    Wav(u32),
    /// As AIFF-C stores them, under that name.
    Big(&'static [u8; 4]),
}

/// What a compression type, and a number of bits, means: the codec, how it is stored, the bits of a sample's bytes.
fn samples(kind: &[u8], bits: u32) -> Result<(&'static str, Order, u32), Unplayable> {
    let odd = || unsupported(&format!("AIFF with samples of {bits} bits"));
    let linear = |order: Order| match (bits.div_ceil(8), order) {
        // Eight bits have a sign here, and no order.
        (1, _) => Ok(("pcm_s8", Order::Big(b"NONE"), 8)),
        (2, order) => Ok(("pcm_s16", order, 16)),
        (3, order) => Ok(("pcm_s24", order, 24)),
        (4, order) => Ok(("pcm_s32", order, 32)),
        _ => Err(odd()),
    };
    match kind {
        b"NONE" | b"none" | b"twos" | b"TWOS" | b"in24" | b"in32" => linear(Order::Big(b"NONE")),
        b"sowt" | b"SOWT" | b"42ni" | b"23ni" => linear(Order::Wav(1)),
        b"raw " if bits <= 8 => Ok(("pcm_u8", Order::Wav(1), 8)),
        b"fl32" | b"FL32" => Ok(("pcm_f32", Order::Big(b"fl32"), 32)),
        b"fl64" | b"FL64" => Ok(("pcm_f64", Order::Big(b"fl64"), 64)),
        b"alaw" | b"ALAW" => Ok(("alaw", Order::Wav(6), 8)),
        b"ulaw" | b"ULAW" => Ok(("mulaw", Order::Wav(7), 8)),
        b"ima4" => Err(unsupported("IMA ADPCM in an AIFF file")),
        b"MAC3" | b"MAC6" => Err(unsupported("MACE in an AIFF file")),
        b"GSM " => Err(unsupported("GSM in an AIFF file")),
        b"QDMC" | b"QDM2" => Err(unsupported("QDesign Music in an AIFF file")),
        _ => Err(unsupported(&format!("AIFF compression \"{}\"", kind.escape_ascii()))),
    }
}

/// An AIFF-C file in the plainest way.
fn wrapped(kind: &[u8; 4], channels: u32, rate: &[u8], bits: u32, data: &[u8]) -> Vec<u8> {
    let frames = data.len() as u32 / (channels * bits / 8);
    let mut file = b"FORM".to_vec();
    file.extend((4 + 8 + 24 + 8 + 8 + data.len() as u32).to_be_bytes());
    file.extend(b"AIFCCOMM\0\0\0\x18");
    file.extend((channels as u16).to_be_bytes());
    file.extend(frames.to_be_bytes());
    file.extend((bits as u16).to_be_bytes());
    file.extend(rate);
    file.extend(kind);
    file.extend([0, 0]); // a name of no letters
    file.extend(b"SSND");
    file.extend((8 + data.len() as u32).to_be_bytes());
    file.extend([0; 8]);
    file.extend(data);
    file
}

/// The whole part of an 80-bit extended float; 0 for what is no sample rate anyway.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(be16(bytes, 0) as u16) - 16_383;
    let mantissa = u64::from_be_bytes(bytes[2..10].try_into().unwrap_or_default());
    if (0..32).contains(&exponent) { u32::try_from(mantissa >> (63 - exponent)).unwrap_or(0) } else { 0 }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const RATE: [u8; 10] = [0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0];

    #[test]
    fn an_extended_float_is_read_as_a_sample_rate() {
        assert_eq!(extended(&RATE), 44_100);
        assert_eq!(extended(&[0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0]), 48_000);
        assert_eq!(extended(&[0; 10]), 0);
        assert_eq!(extended(&[0xff; 10]), 0);
    }

    #[rstest]
    #[case(b"NONE", 16, "pcm_s16", Format::Aiff)]
    #[case(b"sowt", 16, "pcm_s16", Format::Wav)]
    #[case(b"sowt", 24, "pcm_s24", Format::Wav)]
    #[case(b"in24", 24, "pcm_s24", Format::Aiff)]
    #[case(b"fl32", 32, "pcm_f32", Format::Aiff)]
    #[case(b"ulaw", 16, "mulaw", Format::Wav)]
    #[case(b"NONE", 12, "pcm_s16", Format::Aiff)]
    fn compression_types_that_are_none_are_known(
        #[case] kind: &[u8; 4],
        #[case] bits: u32,
        #[case] codec: &str,
        #[case] given_as: Format,
    ) {
        let bytes = wrapped(kind, 1, &RATE, bits.next_multiple_of(8), &[0; 48]);
        let got = header(&bytes).expect("a fine file");
        assert_eq!((got.codec, got.lean.map(|(format, _)| format)), (codec, Some(given_as)));
    }

    #[test]
    fn what_cannot_be_played_is_said_by_name() {
        let why = |kind| header(&wrapped(kind, 1, &RATE, 16, &[0; 48])).expect_err("it is refused").to_string();
        assert_eq!(why(b"ima4"), "IMA ADPCM in an AIFF file is not supported");
        assert_eq!(why(b"x\ny\xff"), "AIFF compression \"x\\ny\\xff\" is not supported");
    }

    #[test]
    fn no_more_samples_are_told_than_are_there() {
        let mut bytes = wrapped(b"NONE", 2, &RATE, 16, &[0; 48]);
        bytes[22..26].copy_from_slice(&u32::MAX.to_be_bytes());
        bytes.truncate(bytes.len() - 6);
        assert_eq!(header(&bytes).expect("a fine file").extent, Extent::Frames(10));
    }
}
