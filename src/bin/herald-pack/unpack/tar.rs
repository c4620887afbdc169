//! tar, plain or in gzip.
//!
//! Long names and pax headers are the library's; what they say is judged like any other name. Read to its very end,
//! so that one that was cut off is noticed, by its end mark or by the checksum of gzip.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::{Kind, Sink, shown};
use crate::limits::{Count, Counted, Metered};
use crate::names::Thing;

const BLOCK: u64 = 512;

pub(super) fn unpack_gz(file: File, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    let (packed, count) = Counted::new(file);
    read(MultiGzDecoder::new(BufReader::new(packed)), count, sink)
}

pub(super) fn unpack(file: File, length: u64, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    read(BufReader::new(file), Rc::new(Cell::new(length)), sink)
}

fn read(stream: impl Read, packed: Count, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    let (stream, came) = Metered::new(stream, packed, sink.longest_stream());
    let mut archive = Archive::new(stream);
    let mut end = 0;
    for entry in archive.entries()? {
        let mut entry = entry.context("it is damaged or cut off")?;
        end = entry.raw_file_position() + entry.size().div_ceil(BLOCK) * BLOCK;
        take(&mut entry, sink)?;
    }
    if came.get() == 0 {
        bail!("it is empty");
    }
    if came.get() < end + BLOCK {
        bail!("it is cut off: its end mark is missing");
    }
    // Only at its end gzip tells whether all before was right.
    io::copy(&mut archive.into_inner(), &mut io::sink()).context("it is damaged or cut off")?;
    Ok(())
}

fn take<R: Read>(entry: &mut Entry<'_, R>, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    let raw = entry.path_bytes().into_owned();
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        // What a version control writes before all else: which commit it was.
        return Ok(());
    }
    let sparse = entry
        .pax_extensions()?
        .is_some_and(|mut pairs| pairs.any(|pair| pair.is_ok_and(|pair| pair.key_bytes().starts_with(b"GNU.sparse."))));
    let kind = match kind {
        _ if sparse => Kind::Other("a sparse file"),
        // The oldest tars wrote directories as files with a slash.
        EntryType::Regular if raw.ends_with(b"/") => Kind::Is(Thing::Directory),
        EntryType::Regular | EntryType::Continuous => Kind::Is(Thing::File),
        EntryType::Directory => Kind::Is(Thing::Directory),
        EntryType::Link => Kind::Other("a hard link"),
        EntryType::Symlink => Kind::Other("a symbolic link"),
        EntryType::Char | EntryType::Block => Kind::Other("a device"),
        EntryType::Fifo => Kind::Other("a pipe"),
        EntryType::GNUSparse => Kind::Other("a sparse file"),
        _ => Kind::Other("of an unknown kind"),
    };
    let size = entry.size();
    if matches!(kind, Kind::Is(Thing::Directory)) && size > 0 {
        bail!("{} is a directory with content", shown(&raw));
    }
    let (mut content, came) = Counted::new(&mut *entry);
    if sink.take(&raw, kind, &mut content)? && came.get() != size {
        bail!("it is cut off within {}", shown(&raw));
    }
    Ok(())
}
