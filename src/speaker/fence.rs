//! The fence: the id that may sound, as eight bytes that every player reads for every buffer.
//!
//! Its format never changes: an old player and a new hook must understand each other. Written only under the
//! arbitration lock, read without it.

use std::fs::File;
use std::io;
use std::path::Path;

use super::baton::ID_LIMIT;
use crate::platform::PrivateDir;

const NAME: &str = "fence";

/// Where the fence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It never moved.
    Nothing,
    /// At this id.
    At(u64),
    /// What is there can't be an id; it counts as never moved.
    Damaged,
}

/// The fence file, open.
#[derive(Debug)]
pub struct Fence(File);

impl Fence {
    /// Opens or makes it.
    ///
    /// # Errors
    /// As [`PrivateDir::file`].
    pub fn open(dir: &PrivateDir) -> io::Result<Self> {
        dir.file(NAME).map(Self)
    }

    /// The id that may sound, read without making anything; `None` where there is no fence yet.
    ///
    /// # Errors
    /// As [`PrivateDir::existing_file`].
    pub fn peek(run_dir: &Path) -> io::Result<Option<u64>> {
        let missing = |e: &io::Error| e.kind() == io::ErrorKind::NotFound;
        match PrivateDir::open(run_dir).and_then(|dir| dir.existing_file(NAME)) {
            Err(e) if missing(&e) => Ok(None),
            file => Self(file?).read().map(Some),
        }
    }

    /// The id that may sound; zero where there never was one, or where what is there can't be one: a damaged fence must
    /// not stand above all ids to come.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn read(&self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        let got = super::slots::read_at(&self.0, &mut bytes, 0)?;
        let id = if got == 8 { u64::from_le_bytes(bytes) } else { 0 };
        Ok(if id < ID_LIMIT { id } else { 0 })
    }

    /// What the file holds, told apart where [`Self::read`] says zero to all of it.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn mark(&self) -> io::Result<Mark> {
        let mut bytes = [0; 9];
        let got = super::slots::read_at(&self.0, &mut bytes, 0)?;
        Ok(match (got, self.read()?) {
            (0, _) => Mark::Nothing,
            (8, 0) if bytes != [0; 9] => Mark::Damaged,
            (8, 0) => Mark::Nothing,
            (8.., id) if id > 0 => Mark::At(id),
            _ => Mark::Damaged,
        })
    }

    /// Moves it.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn write(&self, id: u64) -> io::Result<()> {
        super::slots::write_all_at(&self.0, &id.to_le_bytes(), 0)
    }

    /// Whether the file this was opened from is still the one that others will open.
    ///
    /// A run directory that was wiped leaves its owner with a fence nobody can move any more.
    pub fn is_in_place(&self, dir: &PrivateDir) -> bool {
        crate::platform::is_same_file(&self.0, &dir.path().join(NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_that_can_t_be_one_reads_as_none_and_can_be_moved_again() {
        let folder = tempfile::tempdir().unwrap();
        let dir = PrivateDir::open_or_create(&folder.path().join("run")).unwrap();
        let fence = Fence::open(&dir).unwrap();
        for bad in [&[0xff; 8][..], &ID_LIMIT.to_le_bytes(), &[1, 2, 3]] {
            std::fs::write(dir.path().join(NAME), bad).unwrap();
            assert_eq!((fence.read().unwrap(), fence.mark().unwrap()), (0, Mark::Damaged));
            fence.write(7).unwrap();
            assert_eq!((fence.read().unwrap(), fence.mark().unwrap()), (7, Mark::At(7)));
        }
    }
}
