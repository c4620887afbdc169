//! What was done to which file, and how it was before: `installed.json` and `backups/` in the state directory.
//!
//! Invariant: it is written before the file it speaks of, so that whatever happens the way back is known. It is a help,
//! not the truth: what is installed is told by the agents' own files.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::paths::Paths;
use crate::platform::{self, whole};

/// One file that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// For which agent.
    pub(super) agent: String,
    /// The file, links followed.
    pub(super) path: PathBuf,
    /// The hash of what was written.
    pub(super) written: String,
    /// The hash, and the name in `backups/`, of what was there before; nothing where nothing was.
    pub(super) before: Option<String>,
    /// The directories that were made for it, outermost first.
    #[serde(default)]
    pub(super) directories: Vec<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    version: u32,
    files: Vec<Entry>,
}

/// The record.
#[derive(Debug)]
pub(super) struct Record {
    state: PathBuf,
    files: Vec<Entry>,
}

impl Record {
    /// Reads it; what can't be read is as good as none.
    pub(super) fn read(paths: &Paths) -> Self {
        let bytes = read_own(&paths.state.join("installed.json")).unwrap_or_default();
        let contents: Contents = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { state: paths.state.clone(), files: contents.files }
    }

    /// What it knows of the file.
    pub(super) fn of(&self, path: &Path) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.path == path)
    }

    /// The file as it was before.
    pub(super) fn before(&self, entry: &Entry) -> Option<Vec<u8>> {
        let hash = entry.before.as_ref()?;
        let bytes = read_own(&self.backup(hash)).ok()?;
        (hash_of(&bytes) == *hash).then_some(bytes)
    }

    /// Where the copy of that hash lies.
    pub(super) fn backup(&self, hash: &str) -> PathBuf {
        self.state.join("backups").join(hash)
    }

    /// Keeps a copy, and the entry that speaks of it.
    pub(super) fn keep(&mut self, entry: Entry, before: Option<&[u8]>) -> io::Result<()> {
        if let (Some(hash), Some(bytes)) = (&entry.before, before) {
            let file = self.backup(hash);
            if read_own(&file).ok().as_deref() != Some(bytes) {
                whole::make_private_directory(&self.state.join("backups"))?;
                whole::replace(&file, bytes)?;
            }
        }
        if self.of(&entry.path) == Some(&entry) {
            return Ok(());
        }
        self.files.retain(|other| other.path != entry.path);
        self.files.push(entry);
        self.write()
    }

    /// Forgets a file.
    pub(super) fn forget(&mut self, path: &Path) -> io::Result<()> {
        let Some(at) = self.files.iter().position(|entry| entry.path == path) else { return Ok(()) };
        let gone = self.files.remove(at);
        self.write()?;
        if let Some(hash) = gone.before.filter(|hash| self.files.iter().all(|it| it.before.as_ref() != Some(hash))) {
            let _ = std::fs::remove_file(self.backup(&hash));
        }
        Ok(())
    }

    fn write(&self) -> io::Result<()> {
        whole::make_private_directory(&self.state)?;
        let contents = Contents { version: 1, files: self.files.clone() };
        whole::replace(&self.state.join("installed.json"), &serde_json::to_vec_pretty(&contents)?)
    }
}

/// What somebody else wrote is nothing to put into an agent's settings.
fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    platform::open_own_for_reading(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What tells one text from another.
pub(super) fn hash_of(bytes: &[u8]) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(bytes))
}
