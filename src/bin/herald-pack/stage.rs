//! The hidden directory in which one run works, and what killed runs left.
//!
//! It lies beside the packs, so that a rename is all that is missing in the end; its name begins with a dot, so that no
//! reader takes it for a pack. Its owner holds the lock in it. One that nobody holds is a killed run's, and the next run
//! clears it away, after it has put back what it had set aside. Directories come and go under one lock of the whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use herald::platform;
use herald::platform::lock::{Held, LockFile};
use herald::platform::rename::rename_new;

/// What the directories' names begin with.
const PREFIX: &str = ".adding-";
/// In each: held by its owner.
const LOCK: &str = "lock";
/// In each: a pack that had to make place, under its own name.
pub(crate) const ASIDE: &str = "aside";
/// The lock of the whole, held while directories come and go.
const WHOLE: &str = ".lock";
/// Nothing that is done under it takes long; clearing away is the longest.
const PATIENCE: Duration = Duration::from_secs(30);

/// The directory that holds the packs.
pub(crate) struct Home {
    dir: PathBuf,
    lock: LockFile,
}

impl Home {
    /// Opens it, or makes it.
    pub(crate) fn open(dir: PathBuf) -> anyhow::Result<Self> {
        let unmade = || format!("could not write to {}, where packs are kept", dir.display());
        fs::create_dir_all(&dir).with_context(unmade)?;
        let lock = LockFile::new(lock_file(&dir.join(WHOLE)).with_context(unmade)?);
        Ok(Self { dir, lock })
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Keeps others from changing what is here.
    pub(crate) fn hold(&self) -> anyhow::Result<Held<'_>> {
        let file = || self.dir.join(WHOLE);
        match self.lock.exclusive_within(PATIENCE) {
            Ok(Some(held)) => Ok(held),
            Ok(None) => bail!("another herald-pack has been holding {} for too long", file().display()),
            Err(error) => Err(error).with_context(|| format!("could not lock {}", file().display())),
        }
    }

    /// Clears away what killed runs left, and makes a fresh directory for this one.
    pub(crate) fn stage(&self) -> anyhow::Result<Stage> {
        let _held = self.hold()?;
        self.sweep();
        let (wall, boot) = platform::clocks();
        let dir = self.dir.join(format!("{PREFIX}{:x}-{:x}", std::process::id(), wall ^ boot.rotate_left(32)));
        let made = fs::create_dir(&dir).and_then(|()| {
            let lock = LockFile::new(lock_file(&dir.join(LOCK))?);
            match lock.try_exclusive()? {
                // Held until the file is closed, at the end of the process or of the stage.
                Some(held) => std::mem::forget(held),
                None => return Err(io::Error::other("somebody else holds it")),
            }
            Ok(lock)
        });
        match made {
            Ok(lock) => Ok(Stage { dir, _lock: lock }),
            Err(error) => {
                let _ = fs::remove_dir_all(&dir);
                Err(error).with_context(|| format!("could not make {}", dir.display()))
            }
        }
    }

    /// What can't be cleared away now is left to the next run: it is in nobody's way.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let is_stage = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())
                && entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_stage && is_abandoned(&entry.path()) && self.put_back(&entry.path()).is_ok() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Packs that had been set aside by a run that was killed before it put the new one in their place.
    fn put_back(&self, stage: &Path) -> io::Result<()> {
        let entries = match fs::read_dir(stage.join(ASIDE)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            match rename_new(&entry.path(), &self.dir.join(entry.file_name())) {
                // Then the new one stands there, and the old one goes.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                outcome => outcome?,
            }
        }
        Ok(())
    }
}

/// Whether nobody works in it any more. Its lock is made under the lock of the whole, and so is never missing for long.
fn is_abandoned(stage: &Path) -> bool {
    match File::options().read(true).write(true).open(stage.join(LOCK)) {
        Ok(file) => LockFile::new(file).try_exclusive().is_ok_and(|held| held.is_some()),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn lock_file(path: &Path) -> io::Result<File> {
    platform::open_to_lock(path)
}

/// The directory of one run; gone with it.
pub(crate) struct Stage {
    dir: PathBuf,
    _lock: LockFile,
}

impl Stage {
    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(dir: &tempfile::TempDir) -> Home {
        Home::open(dir.path().join("packs")).unwrap()
    }

    fn names(home: &Home) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != WHOLE)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_stage_that_is_worked_in_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(&dir);
        let first = home.stage().unwrap();
        let second = home.stage().unwrap();
        assert!(first.path().is_dir() && second.path().is_dir());
        drop((first, second));
        assert!(names(&home).is_empty());
    }

    #[test]
    fn a_killed_run_is_swept_and_what_it_had_set_aside_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(&dir);
        for stage in [".adding-without-lock", ".adding-with-lock"] {
            let old = home.path().join(stage).join(ASIDE).join(format!("old{}", stage.len()));
            fs::create_dir_all(&old).unwrap();
            fs::write(old.join("a.wav"), "old").unwrap();
        }
        lock_file(&home.path().join(".adding-with-lock").join(LOCK)).unwrap();
        // Its new one has come: the old one is not wanted any more.
        fs::create_dir(home.path().join("old17")).unwrap();
        drop(home.stage().unwrap());
        assert_eq!(names(&home), ["old17", "old20"]);
        assert_eq!(fs::read_to_string(home.path().join("old20/a.wav")).unwrap(), "old");
        assert!(!home.path().join("old17/a.wav").exists());
    }
}
