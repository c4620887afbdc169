//! Numbers in headers, and the chunks of RIFF and its like.

pub(super) fn le16(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(super) fn be16(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The chunks behind the twelve bytes of a RIFF or IFF file's head: name and contents, as far as the file goes.
pub(super) fn chunks(bytes: &[u8], size: fn(&[u8], usize) -> u32) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at + 8)?;
        let length = size(head, 4) as usize;
        let start = at + 8;
        let end = start.saturating_add(length).min(bytes.len());
        at = end + (length & 1);
        Some((&head[..4], &bytes[start..end]))
    })
}
