//! What can happen to a file, by chance and by malice.

use crate::chance::Chance;

/// One of the files, damaged in one to three ways.
pub(crate) fn mutated(chance: &mut Chance, seeds: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut bytes = seed(chance, seeds).to_vec();
    for _ in 0..=chance.below(3) {
        damage(&mut bytes, chance, seeds);
    }
    // Else most of what is inside an Ogg page would never get past its checksum.
    if chance.below(8) > 0 {
        sum_ogg_pages(&mut bytes);
    }
    bytes
}

fn seed<'a>(chance: &mut Chance, seeds: &'a [Vec<Vec<u8>>]) -> &'a [u8] {
    let codec = chance.pick(seeds);
    &codec[chance.below(codec.len())]
}

fn damage(bytes: &mut Vec<u8>, chance: &mut Chance, seeds: &[Vec<Vec<u8>>]) {
    if bytes.is_empty() {
        return;
    }
    match chance.below(10) {
        0 | 1 => {
            for _ in 0..=chance.below(16) {
                let at = place(chance, bytes.len());
                bytes[at] ^= 1 << chance.below(8);
            }
        }
        2 => bytes.truncate(chance.below(bytes.len())),
        3..=5 => lie(bytes, chance),
        6 => {
            let (part, at) = (part(chance, bytes), place(chance, bytes.len()));
            bytes.splice(at..at, part);
        }
        7 => {
            let other = seed(chance, seeds);
            let from = chance.below(other.len());
            bytes.truncate(chance.below(bytes.len()));
            bytes.extend_from_slice(&other[from..]);
        }
        8 => {
            let start = place(chance, bytes.len());
            let end = (start + 1 + chance.below(64)).min(bytes.len());
            let value = *chance.pick(&[None, Some(0), Some(0xff)]);
            for byte in &mut bytes[start..end] {
                *byte = value.unwrap_or_else(|| chance.next() as u8);
            }
        }
        _ => {
            let start = place(chance, bytes.len());
            let end = (start + 1 + chance.below(256)).min(bytes.len());
            bytes.drain(start..end);
        }
    }
}

/// Somewhere, mostly in the head: there is what decoders believe.
fn place(chance: &mut Chance, length: usize) -> usize {
    let within = *chance.pick(&[length, length.min(64), length.min(256), length.min(1024)]);
    chance.below(within)
}

/// A number in the file says something else, in either order of bytes.
fn lie(bytes: &mut [u8], chance: &mut Chance) {
    let width = *chance.pick(&[1, 2, 3, 4, 4, 4, 8]);
    let at = place(chance, bytes.len());
    let length = bytes.len() as u64;
    let near = length.wrapping_add(chance.below(9) as u64).wrapping_sub(4);
    let big = 1 << chance.below(64);
    let any = chance.next();
    let value: u64 = *chance.pick(&[0, 1, u64::MAX, u64::MAX >> 33, u64::MAX >> 32, big, big - 1, near, any]);
    let mut told = value.to_le_bytes();
    if chance.below(2) == 0 {
        told[..width].reverse();
    }
    for (byte, told) in bytes[at..].iter_mut().zip(&told[..width]) {
        *byte = *told;
    }
}

fn part(chance: &mut Chance, bytes: &[u8]) -> Vec<u8> {
    let start = place(chance, bytes.len());
    let end = (start + 1 + chance.below(2048)).min(bytes.len());
    bytes[start..end].to_vec()
}

/// A file made as long as one may be, of one piece of it again and again: what takes long, takes long in this one.
pub(crate) fn stretched(chance: &mut Chance, file: &[u8]) -> Vec<u8> {
    const LENGTH: usize = 10 << 20;
    let mut bytes = file[..file.len() / 2 + chance.below(file.len() / 2)].to_vec();
    if file.starts_with(b"OggS") {
        bytes = file.to_vec();
        let page = last_page(file);
        // As it is, or of as many packets as a page can have.
        let many = 1 + chance.below(3) as u8;
        let packed = [&page[..26], &[255], &[many; 255], &vec![0; 255 * usize::from(many)]].concat();
        let page = if chance.below(2) == 0 { page } else { packed };
        let mut number = u32::from_le_bytes(page[18..22].try_into().expect("four bytes"));
        // The last of the file is not the last any more.
        let last = file.len() - last_page(file).len();
        bytes[last + 5] &= !4;
        while bytes.len() + page.len() <= LENGTH {
            number += 1;
            bytes.extend_from_slice(&page);
            let at = bytes.len() - page.len();
            bytes[at + 5] &= !5;
            bytes[at + 18..at + 22].copy_from_slice(&number.to_le_bytes());
        }
        sum_ogg_pages(&mut bytes);
        return bytes;
    }
    let start = chance.below(bytes.len());
    let most = *chance.pick(&[1, 8, 64, 2048]);
    let end = (start + 1 + chance.below(most)).min(bytes.len());
    let piece = bytes[start..end].to_vec();
    while bytes.len() + piece.len() <= LENGTH {
        bytes.extend_from_slice(&piece);
    }
    bytes
}

fn last_page(file: &[u8]) -> Vec<u8> {
    let start = file.windows(4).rposition(|window| window == b"OggS").expect("it is one");
    file[start..].to_vec()
}

/// Gives the pages of an Ogg file the checksums that they should have.
pub(crate) fn sum_ogg_pages(bytes: &mut [u8]) {
    let sum = |byte: u32| {
        (0..8).fold(byte << 24, |sum, _| if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 })
    };
    let sums: Vec<u32> = (0..256).map(sum).collect();
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 27).filter(|head| head.starts_with(b"OggS")) {
        let lacing = usize::from(head[26]);
        let Some(sizes) = bytes.get(at + 27..at + 27 + lacing) else { return };
        let end = at + 27 + lacing + sizes.iter().map(|size| usize::from(*size)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else { return };
        page[22..26].fill(0);
        let sum = page.iter().fold(0_u32, |sum, byte| sum << 8 ^ sums[(sum >> 24) as usize ^ usize::from(*byte)]);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
}
