//! What every target has to keep to, whatever the bytes: little time, and a folder that is its own.

#![allow(dead_code, reason = "each target uses only a part of it")]

use std::path::{Path, PathBuf};
use std::time::Duration;

/// No input may take longer, of the processor's time; unoptimised code takes its time.
const LONGEST: Duration = Duration::from_secs(if cfg!(fuzzing) { 2 } else { 20 });

/// Runs it, which must not take long.
///
/// # Panics
/// When it did. Time is the processor's: on a busy machine the clock on the wall says nothing.
pub(crate) fn soon<T>(run: impl FnOnce() -> T) -> T {
    let begun = processor_time();
    let result = run();
    let took = processor_time() - begun;
    assert!(took <= LONGEST, "it took {took:?}");
    result
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a temporary folder");
}

/// A folder of this thread's own; what one input leaves in it, the next one finds.
pub(crate) fn folder() -> PathBuf {
    FOLDER.with(|folder| folder.path().to_owned())
}

/// Writes a file, with the folders it needs.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    if let Err(error) = std::fs::write(path, bytes) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}: {error}", path.display());
        let parent = path.parent().expect("a folder");
        std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, bytes)).expect("a file can be written");
    }
}

/// The input up to the first NUL, and what follows it.
pub(crate) fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// The first byte, and what follows it.
pub(crate) fn first(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}
