//! Small files of JSON that commands change and hooks read.
//!
//! Invariant: private, bounded, and replaced whole under a lock beside it, so that of many commands at once none is lost
//! and a reader, who takes no lock, sees the old one or the new one.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock::LockFile;
use super::{open_own_for_reading, open_to_lock, whole};

/// How long a human waits for another one's command.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than any of them grows to, in bytes.
const LARGEST: u64 = 1 << 20;

/// Such a file, whether or not it exists.
#[derive(Clone, Debug)]
pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// The one at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; `None` where there is none.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where it is there and holds something else; otherwise what the system says.
    pub fn read<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        let file = match open_own_for_reading(&self.path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than 1 MiB"));
        }
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Replaces what it holds by what `change` makes of it, or takes it away for `None`; a damaged one counts as none.
    ///
    /// # Errors
    /// What the file system says; the file is then as it was.
    pub fn change<T, R>(&self, change: impl FnOnce(Option<T>) -> (Option<T>, R)) -> io::Result<R>
    where
        T: DeserializeOwned + Serialize,
    {
        if let Some(folder) = self.path.parent() {
            whole::make_private_directory(folder)?;
        }
        let beside = self.path.with_extension("lock");
        let lock = LockFile::new(open_to_lock(&beside)?);
        let Some(_held) = lock.exclusive_within(PATIENCE)? else {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("{} stays locked; try again", beside.display()),
            ));
        };
        let before = match self.read() {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
            read => read?,
        };
        let (after, answer) = change(before);
        match after {
            Some(after) => whole::replace_soon(&self.path, &serde_json::to_vec(&after)?)?,
            None => match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            },
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(kept: &Kept, number: u32) {
        kept.change(|before: Option<Vec<u32>>| (Some([before.unwrap_or_default(), vec![number]].concat()), ()))
            .unwrap();
    }

    #[test]
    fn what_was_put_in_is_read_and_nothing_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::at(dir.path().join("state/kept"));
        assert_eq!(kept.read::<Vec<u32>>().unwrap(), None);
        add(&kept, 1);
        add(&kept, 2);
        assert_eq!(kept.read().unwrap(), Some(vec![1, 2]));
        assert_eq!(kept.change(|before: Option<Vec<u32>>| (None, before)).unwrap(), Some(vec![1, 2]));
        assert!(!kept.path().exists());
        kept.change(|before: Option<Vec<u32>>| (None, assert_eq!(before, None))).unwrap();
    }

    #[test]
    fn a_damaged_one_is_told_and_made_anew_by_the_next_change() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::at(dir.path().join("kept"));
        for damage in ["", "{", "[\"x\"]", "null"] {
            fs::write(kept.path(), damage).unwrap();
            assert_eq!(kept.read::<Vec<u32>>().unwrap_err().kind(), io::ErrorKind::InvalidData, "{damage}");
        }
        add(&kept, 3);
        assert_eq!(kept.read().unwrap(), Some(vec![3]));
    }

    #[test]
    fn of_many_at_once_none_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::at(dir.path().join("kept"));
        std::thread::scope(|scope| {
            for number in 0..16 {
                let kept = &kept;
                scope.spawn(move || add(kept, number));
            }
        });
        let mut numbers: Vec<u32> = kept.read().unwrap().unwrap();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..16).collect::<Vec<_>>());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::at(dir.path().join("kept"));
        add(&kept, 1);
        assert_eq!(fs::metadata(kept.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
