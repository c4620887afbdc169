//! zip, by its central directory; the headers before the files must say the same.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader};
use std::rc::Rc;

use anyhow::{Context as _, bail};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::{Kind, Sink, shown};
use crate::limits::{LARGEST_FILE, Metered, is_bomb};
use crate::names::Thing;

/// The bits of a Unix mode that tell the kind.
const KIND: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

pub(super) fn unpack(file: File, packed: u64, sink: &mut Sink<'_>) -> anyhow::Result<()> {
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
