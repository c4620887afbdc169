//! What is let near a decoder at all: which files are opened, how many bytes, how long, how many samples.

use std::path::Path;
use std::time::Duration;

use super::Unplayable;

/// Fewest bytes a file can have and hold a sound: a WAV header.
const MIN_BYTES: u64 = 44;
/// Most bytes of a file.
pub(super) const MAX_BYTES: u64 = 10 << 20;
/// Longest sound.
pub(crate) const MAX_LENGTH: Duration = Duration::from_secs(30);
/// Most decoded bytes (of `f32`) of a sound.
pub(super) const MAX_PCM_BYTES: u64 = 64 << 20;

/// The bytes of a regular file of sensible size; a device, a pipe or a directory is refused without waiting for it.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Unplayable> {
    use std::io::Read as _;

    let cannot = |error: std::io::Error| Unplayable::new(format!("can't be opened: {error}"));
    let file = open(path).map_err(cannot)?;
    let about = file.metadata().map_err(cannot)?;
    if !about.is_file() {
        return Err(Unplayable::new("not a regular file"));
    }
    if about.len() < MIN_BYTES {
        return Err(Unplayable::new(if about.len() == 0 { "an empty file" } else { "too short to hold a sound" }));
    }
    if about.len() > MAX_BYTES {
        return Err(Unplayable::new(format!("{} MiB long; at most {}", about.len() >> 20, MAX_BYTES >> 20)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    // A file that grows meanwhile is cut, one that shrinks is decoded as far as it goes.
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| Unplayable::new(format!("can't be read: {error}")))?;
    Ok(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK a named pipe would hold us for ever.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_sensible_size_are_opened() {
        let dir = tempfile::tempdir().expect("a directory");
        let why = |path: &Path| read(path).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(why(dir.path()), Err("not a regular file".into()));
        let path = dir.path().join("short");
        std::fs::write(&path, b"RIFF").expect("written");
        assert_eq!(why(&path), Err("too short to hold a sound".into()));
        assert!(why(&dir.path().join("none")).is_err_and(|why| why.starts_with("can't be opened")));
        let path = dir.path().join("large");
        std::fs::File::create(&path).and_then(|file| file.set_len(MAX_BYTES + 1)).expect("a sparse file");
        assert_eq!(why(&path), Err("10 MiB long; at most 10".into()));
        #[cfg(unix)]
        {
            let path = dir.path().join("pipe");
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
            assert_eq!(why(&path), Err("not a regular file".into()));
        }
    }
}
