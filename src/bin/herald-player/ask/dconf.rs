//! One value of the user's dconf database, where GNOME keeps its settings.
//!
//! The file is what GLib calls GVDB: a table of hashes whose items name their parent and lie behind each other. Only
//! looked into, never written; every offset is checked, and what doesn't add up is no value.

use std::fs;
use std::path::{Path, PathBuf};

/// Far more than any user's settings take.
const MOST_BYTES: u64 = 16 << 20;

/// Signature and version of a table in little-endian order, then where its root lies.
const SIGNATURE: &[u8; 16] = b"GVariant\0\0\0\0\0\0\0\0";

const ITEM: usize = 24;
const VALUE: u8 = b'v';
/// How deep a name may lie.
const DEPTH: usize = 32;

/// Where the user's database lies.
pub(super) fn user_database() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = var("XDG_CONFIG_HOME").or_else(|| Some(var("HOME")?.join(".config")))?;
    Some(config.join("dconf/user"))
}

/// The boolean of that name, if it was ever set.
pub(super) fn boolean(database: &Path, name: &str) -> Option<bool> {
    let about = fs::metadata(database).ok()?;
    if !about.is_file() || about.len() > MOST_BYTES {
        return None;
    }
    lookup(&fs::read(database).ok()?, name)
}

fn lookup(bytes: &[u8], name: &str) -> Option<bool> {
    if bytes.get(..16)? != SIGNATURE {
        return None;
    }
    let table = Table::at(bytes, span(bytes, 16)?)?;
    let value = table.find(name)?;
    // A boxed value: the value, a zero byte, its type.
    match value {
        [value, .., 0, b'b'] => Some(*value != 0),
        _ => None,
    }
}

/// The bytes between the two offsets that stand at `at`.
fn span(bytes: &[u8], at: usize) -> Option<&[u8]> {
    bytes.get(word(bytes, at)? as usize..word(bytes, at + 4)? as usize)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

struct Table<'b> {
    file: &'b [u8],
    buckets: &'b [u8],
    items: &'b [u8],
}

impl<'b> Table<'b> {
    fn at(file: &'b [u8], table: &'b [u8]) -> Option<Self> {
        // The upper five bits of the first word are the filter's shift.
        let filter = (word(table, 0)? & ((1 << 27) - 1)) as usize * 4;
        let buckets = word(table, 4)? as usize * 4;
        let (_, rest) = table.get(8..)?.split_at_checked(filter)?;
        let (buckets, items) = rest.split_at_checked(buckets)?;
        Some(Self { file, buckets, items })
    }

    fn find(&self, name: &str) -> Option<&'b [u8]> {
        let hash = hash(name);
        let count = u32::try_from(self.buckets.len() / 4).ok().filter(|count| *count > 0)?;
        let bucket = (hash % count) as usize;
        let first = word(self.buckets, bucket * 4)? as usize;
        let end = word(self.buckets, bucket * 4 + 4).map_or(self.items.len() / ITEM, |end| end as usize);
        (first..end.min(self.items.len() / ITEM))
            .find(|at| {
                let is_it = word(self.items, at * ITEM) == Some(hash) && self.is_named(*at, name, DEPTH);
                is_it && self.items.get(at * ITEM + 14) == Some(&VALUE)
            })
            .and_then(|at| span(self.file, self.item(at) + 16))
    }

    /// The place of an item in the file.
    fn item(&self, at: usize) -> usize {
        self.items.as_ptr() as usize - self.file.as_ptr() as usize + at * ITEM
    }

    /// Whether the item's own piece of the name, behind those of its parents, is all of it.
    fn is_named(&self, at: usize, name: &str, depth: usize) -> bool {
        let piece = || {
            let start = word(self.items, at * ITEM + 8)? as usize;
            let length = self.items.get(at * ITEM + 12..at * ITEM + 14)?;
            self.file.get(start..start + usize::from(u16::from_le_bytes(length.try_into().ok()?)))
        };
        let (Some(piece), Some(parent)) = (piece(), word(self.items, at * ITEM + 4)) else { return false };
        let Some(rest) = name.as_bytes().strip_suffix(piece).and_then(|rest| std::str::from_utf8(rest).ok()) else {
            return false;
        };
        if parent == u32::MAX { rest.is_empty() } else { depth > 0 && self.is_named(parent as usize, rest, depth - 1) }
    }
}

/// The hash of the format: Bernstein's, over signed characters.
fn hash(name: &str) -> u32 {
    name.bytes().fold(5381, |hash: u32, byte| hash.wrapping_mul(33).wrapping_add_signed(i32::from(byte.cast_signed())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `dconf compile` makes of two booleans, a text and a list.
    const DATABASE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/dconf/user"));
    const SHOW_BANNERS: &str = "/org/gnome/desktop/notifications/show-banners";

    #[test]
    fn booleans_are_found_by_their_whole_name_and_nothing_else_is() {
        assert_eq!(lookup(DATABASE, SHOW_BANNERS), Some(false));
        assert_eq!(lookup(DATABASE, "/org/gnome/desktop/interface/enable-animations"), Some(true));
        for name in [
            "/org/gnome/desktop/interface/color-scheme",
            "/org/gnome/desktop/notifications/application-children",
            "/org/gnome/desktop/notifications/",
            "/org/gnome/desktop/notifications/absent",
            "show-banners",
            "/",
            "",
        ] {
            assert_eq!(lookup(DATABASE, name), None, "{name}");
        }
    }

    #[test]
    fn a_damaged_database_is_read_without_harm() {
        for at in 0..DATABASE.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                let mut bytes = DATABASE.to_vec();
                bytes[at] ^= flip;
                lookup(&bytes, SHOW_BANNERS);
            }
            assert_ne!(lookup(&DATABASE[..at], SHOW_BANNERS), Some(true), "{at} bytes");
        }
    }

    #[test]
    fn what_is_no_file_is_no_database() {
        assert_eq!(boolean(Path::new("/nonexistent/dconf/user"), SHOW_BANNERS), None);
        assert_eq!(boolean(Path::new("/"), SHOW_BANNERS), None);
    }
}
