//! What a player leaves behind that had to end itself: one file in the state directory, the newest only.
//!
//! Owns the file's shape. Written by the player right before its end, read by `herald doctor`.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lifecycle::{Past, Stage};
use super::{Fence, Speaker, State};
use crate::platform;

/// The most that is read of the file, in bytes.
const LIMIT: u64 = 64 * 1024;

/// The file's contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dump {
    /// When, in RFC 3339.
    pub time: String,
    /// Of the program.
    pub version: String,
    /// Of the process.
    pub pid: u32,
    /// What it was speaking, if anything.
    pub request: Option<u64>,
    /// The rule that was broken, as a sentence.
    pub broke: String,
    /// The stages of that request.
    #[serde(default)]
    pub stages: Vec<StageEntry>,
    /// The speaker's state at that moment; nothing where it could not be read.
    pub speaker: Option<SpeakerEntry>,
}

/// One stage of the request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageEntry {
    /// Which.
    pub stage: Stage,
    /// When it began, in milliseconds after the claim.
    pub ms: f64,
}

/// The speaker's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeakerEntry {
    /// Recorded as speaking.
    pub current: Option<CurrentEntry>,
    /// Waits.
    pub pending: Option<PendingEntry>,
    /// The newest id.
    pub last_id: u64,
    /// The id that may sound, if it could be read.
    pub fence: Option<u64>,
}

/// Who was recorded as speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentEntry {
    /// Its request.
    pub id: u64,
    /// Its process.
    pub pid: u32,
}

/// What waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEntry {
    /// Its request.
    pub id: u64,
}

impl StageEntry {
    /// All of a life, in their order.
    pub fn all(past: &Past) -> Vec<Self> {
        let ms = |time: std::time::Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
        past.stages().iter().map(|(stage, at)| Self { stage: *stage, ms: ms(*at) }).collect()
    }
}

impl SpeakerEntry {
    /// What is so in the run directory now, seen without a lock.
    pub fn look(run_dir: &Path) -> Option<Self> {
        let State { last_id, current, pending, .. } = Speaker::peek(run_dir).ok()??.0;
        Some(Self {
            current: current.map(|current| CurrentEntry { id: current.id, pid: current.pid }),
            pending: pending.map(|pending| PendingEntry { id: pending.id }),
            last_id,
            fence: Fence::peek(run_dir).ok().flatten(),
        })
    }
}

impl Dump {
    /// Writes it to `path` in place of an older one, at once whole or not at all.
    ///
    /// # Errors
    /// Where the directory can't be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let mut file = platform::open_for_append(&beside)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        std::fs::rename(&beside, path)
    }

    /// The one at `path`, if there is one.
    ///
    /// # Errors
    /// Where it can't be read or is no dump.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let file: File = match platform::open_for_reading(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut text = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LIMIT {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is far too long"));
        }
        Ok(Some(serde_json::from_slice(&text)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_dump_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("player-abort.json");
        assert_eq!(Dump::read(&path).unwrap(), None);
        let mut dump = Dump {
            time: "2026-01-01T00:00:00Z".to_owned(),
            version: "0.1.0".to_owned(),
            pid: 7,
            request: Some(9),
            broke: "a rule".to_owned(),
            stages: vec![StageEntry { stage: Stage::TimedOut, ms: 0.5 }],
            speaker: Some(SpeakerEntry {
                current: Some(CurrentEntry { id: 9, pid: 7 }),
                pending: None,
                last_id: 9,
                fence: None,
            }),
        };
        for request in [Some(9), None] {
            dump.request = request;
            dump.write(&path).unwrap();
            assert_eq!(Dump::read(&path).unwrap().as_ref(), Some(&dump));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::write(&path, "{").unwrap();
        assert!(Dump::read(&path).is_err());
    }
}
