//! The fence: the id that may sound, as eight bytes that every player reads for every buffer.
//!
//! Its format never changes: an old player and a new hook must understand each other. Written only under the
//! arbitration lock, read without it.

use std::fs::File;
use std::io;

use crate::platform::PrivateDir;

const NAME: &str = "fence";

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

    /// The id that may sound; zero where there never was one.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn read(&self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        let got = super::slots::read_at(&self.0, &mut bytes, 0)?;
        Ok(if got == 8 { u64::from_le_bytes(bytes) } else { 0 })
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
