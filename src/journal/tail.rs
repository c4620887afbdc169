//! Reading on where one stopped.
//!
//! Invariant: each whole line is told once, also across a rotation; of a file that was cut short, what is in it now is new.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _};
use std::path::PathBuf;

use serde_json::Value;

use super::text::Line;
use crate::paths::Paths;
use crate::platform;

/// Reads on where it stopped, across a rotation.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: Option<BufReader<File>>,
    partial: Vec<u8>,
}

impl Tail {
    /// Begins at the journal's present end.
    ///
    /// # Errors
    /// Where the journal is there but can't be read.
    pub fn from_end(paths: &Paths) -> io::Result<Self> {
        let mut tail = Self::new(paths.journal(), None, Vec::new());
        tail.reopen()?;
        if let Some(file) = &mut tail.file {
            file.seek(io::SeekFrom::End(0))?;
        }
        Ok(tail)
    }

    /// Goes on with `file` from where it is; `partial` is what was read of a line whose end is still to come.
    pub(super) fn new(path: PathBuf, file: Option<File>, partial: Vec<u8>) -> Self {
        Self { path, file: file.map(BufReader::new), partial }
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.partial.clear();
        self.file = match platform::open_for_reading(&self.path) {
            Ok(file) => Some(BufReader::new(file)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        Ok(())
    }

    /// The lines that were added since the last call.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn news(&mut self) -> io::Result<Vec<Value>> {
        let mut lines = Vec::new();
        loop {
            if let Some(file) = &mut self.file {
                // Emptied by somebody: there is no way back to what was cut off, and all of the rest is new.
                if file.get_ref().metadata()?.len() < file.stream_position()? {
                    file.rewind()?;
                    self.partial.clear();
                }
                while file.read_until(b'\n', &mut self.partial)? > 0 && self.partial.ends_with(b"\n") {
                    lines.extend(Line::new(&self.partial).value());
                    self.partial.clear();
                }
                if platform::is_same_file(file.get_ref(), &self.path) {
                    return Ok(lines);
                }
            }
            self.reopen()?;
            if self.file.is_none() {
                return Ok(lines);
            }
        }
    }
}
