//! A directory of this machine. It may be a link itself; what lies in it may not.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::Context as _;

use super::{Kind, Sink};
use crate::names::Thing;

pub(super) fn copy(from: &Path, sink: &mut Sink<'_>) -> anyhow::Result<()> {
    // Names relative to `from`; a directory stands before what is in it.
    let mut left = vec![String::new()];
    while let Some(folder) = left.pop() {
        let here = from.join(&folder);
        let unread = || format!("could not read {}", here.display());
        let mut entries =
            fs::read_dir(&here).with_context(unread)?.collect::<io::Result<Vec<_>>>().with_context(unread)?;
        // The same refusal on every machine.
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let file_name = entry.file_name();
            let raw = [folder.as_bytes(), file_name.as_encoded_bytes()].concat();
            let unread = || format!("could not read {}", entry.path().display());
            let kind = entry.file_type().with_context(unread)?;
            if kind.is_dir() {
                sink.take(&raw, Kind::Is(Thing::Directory), &mut io::empty())?;
                // A repository is not walked through only to be passed over.
                if !file_name.as_encoded_bytes().starts_with(b".") {
                    // It was judged: it is UTF-8.
                    left.push(format!("{}/", String::from_utf8_lossy(&raw)));
                }
            } else if kind.is_file() {
                let mut file = open(&entry.path()).with_context(unread)?;
                sink.take(&raw, Kind::Is(Thing::File), &mut file)?;
            } else {
                sink.take(&raw, Kind::Other(what(kind)), &mut io::empty())?;
            }
        }
    }
    Ok(())
}

fn what(kind: fs::FileType) -> &'static str {
    if kind.is_symlink() { "a symbolic link" } else { "a pipe, a socket or a device" }
}

/// Opens what was a regular file a moment ago, if it still is one.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no longer a regular file")) }
}
