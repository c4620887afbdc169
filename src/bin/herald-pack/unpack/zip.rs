//! zip, by its central directory; the headers before the files must say the same.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::rc::Rc;

use anyhow::{Context as _, bail};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::{Kind, Sink, shown};
use crate::limits::{LARGEST_FILE, MOST_ENTRIES, Metered, is_bomb};
use crate::names::Thing;

/// The bits of a Unix mode that tell the kind.
const KIND: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// What each entry of the central directory begins with.
const ENTRY: &[u8; 4] = b"PK\x01\x02";

pub(super) fn unpack(mut file: File, packed: u64, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    if lists_too_much(&mut file)? {
        bail!("it has more than {MOST_ENTRIES} entries");
    }
    file.rewind()?;
    let mut archive = ZipArchive::new(BufReader::new(file)).context("it is damaged or cut off")?;
    if archive.has_duplicate_names() {
        bail!("it lists a name twice");
    }
    if archive.has_overlapping_entries().context("it is damaged or cut off")? {
        bail!("its entries overlap, as in a zip bomb");
    }
    for index in 0..archive.len() {
        let about = archive.by_index_data(index)?;
        if about.encrypted() {
            bail!("{} is encrypted", shown(about.name_raw()));
        }
        if !matches!(about.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            bail!("{} is packed by {}, not by deflate", shown(about.name_raw()), about.compression());
        }
    }
    archive.validate_header_consistency().context("its headers contradict each other")?;
    for index in 0..archive.len() {
        take(&mut archive.by_index(index).context("it is damaged or cut off")?, sink)?;
        if is_bomb(sink.total, packed) {
            bail!("it inflates to many times its size, as no sound does");
        }
    }
    Ok(())
}

/// Whether there are more entries than are looked at. Counted before the list is read, which costs time and memory for
/// each; what the end of the archive says of their number may be a lie.
fn lists_too_much(file: &mut impl Read) -> io::Result<bool> {
    let (mut block, mut kept, mut entries) = (vec![0; 64 << 10], 0, 0);
    loop {
        let read = file.read(&mut block[kept..])?;
        if read == 0 {
            return Ok(false);
        }
        let filled = kept + read;
        entries += block[..filled].windows(ENTRY.len()).filter(|window| window == ENTRY).count();
        if entries > MOST_ENTRIES {
            return Ok(true);
        }
        // One may lie across two blocks, but none is counted twice.
        kept = filled.min(ENTRY.len() - 1);
        block.copy_within(filled - kept..filled, 0);
    }
}

fn take<R: io::Read>(entry: &mut ZipFile<'_, R>, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    let raw = entry.name_raw().to_vec();
    let is_directory = raw.ends_with(b"/");
    let kind = match entry.unix_mode().map_or(0, |mode| mode & KIND) {
        LINK => Kind::Other("a symbolic link"),
        0 | REGULAR | DIRECTORY if is_directory => Kind::Is(Thing::Directory),
        0 | REGULAR => Kind::Is(Thing::File),
        DIRECTORY => Kind::Other("a directory with the name of a file"),
        _ => Kind::Other("a pipe, a socket or a device"),
    };
    if is_directory && entry.size() > 0 {
        bail!("{} is a directory with content", shown(&raw));
    }
    let (packed, length) = (Rc::new(Cell::new(entry.compressed_size())), entry.size());
    // More than a file may have, so that the sink is the one to say it.
    let (mut content, came) = Metered::new(entry, packed, 2 * LARGEST_FILE);
    if sink.take(&raw, kind, &mut content)? && came.get() != length {
        bail!("{} is not as long as it says", shown(&raw));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, so that everything lies across two reads at some place.
    struct Drops<'b>(&'b [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(into.len()).min(7);
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_list_of_more_entries_than_are_looked_at_is_not_read() {
        let list = |entries: usize| [ENTRY.as_slice(), b" and more"].concat().repeat(entries);
        assert!(!lists_too_much(&mut Drops(&list(MOST_ENTRIES))).unwrap());
        assert!(lists_too_much(&mut Drops(&list(MOST_ENTRIES + 1))).unwrap());
        assert!(!lists_too_much(&mut Drops(b"")).unwrap());
    }
}
