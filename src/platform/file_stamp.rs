//! Whether a file is still the one that was read, told without reading it again.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// How many words a stamp has.
pub const WORDS: usize = 7;

/// All that tells one content of a file from another without looking at it: where it lies, how long it is, and when it
/// changed. Unlike the time of modification, nobody can set the time of change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp(pub [u64; WORDS]);

impl FileStamp {
    /// Of a file that is there.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let m = metadata;
            let signed = [m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()].map(i64::cast_unsigned);
            Self([m.dev(), m.ino(), m.size(), signed[0], signed[1], signed[2], signed[3]])
        }
        #[cfg(windows)]
        {
            use std::os::windows::fs::MetadataExt as _;
            Self([metadata.file_size(), metadata.last_write_time(), 0, 0, 0, 0, 0])
        }
    }
}

/// Whether the file changed so lately that it may change again within one tick of the clock that stamps it.
pub fn is_young(metadata: &Metadata) -> bool {
    const TICK: Duration = Duration::from_millis(50);
    #[cfg(unix)]
    let changed = {
        use std::os::unix::fs::MetadataExt as _;
        let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
        Some(SystemTime::UNIX_EPOCH + Duration::new(seconds, u32::try_from(metadata.ctime_nsec()).unwrap_or_default()))
    };
    #[cfg(windows)]
    let changed = metadata.modified().ok();
    changed.is_none_or(|changed| match SystemTime::now().duration_since(changed) {
        Ok(age) => age < TICK,
        Err(ahead) => ahead.duration() < TICK,
    })
}
