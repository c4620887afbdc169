//! Agents' files are changed here, and only here.
//!
//! Invariant: the way back is written down before a file is touched. Links are followed, the mode stays, what hasn't
//! changed isn't touched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::place;
use super::record::{Entry, Record, hash_of};
use crate::platform::whole::{make_directory, replace_alike};

/// One file's way from what it is to what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// As the agent names it.
    pub(super) path: PathBuf,
    /// What is there.
    pub(super) before: Option<Vec<u8>>,
    /// What should be there.
    pub(super) after: Option<Vec<u8>>,
    /// What our leaving should bring back; `None` where there is nothing to bring back.
    pub(super) original: Option<Vec<u8>>,
    /// Whether it is a program.
    pub(super) executable: bool,
}

impl Change {
    /// Whether there is anything to do.
    pub(super) fn is_needed(&self) -> bool {
        self.before != self.after
    }
}

/// The file itself, links followed, also one that isn't there yet.
pub(super) fn real(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().map(|parent| parent.join(&target)).unwrap_or(target),
            Err(_) => {
                let known = |path: &Path| fs::canonicalize(path).ok();
                let parent = path.parent().and_then(known);
                return Ok(match (known(&path), parent, path.file_name()) {
                    (Some(path), _, _) => path,
                    (None, Some(parent), Some(name)) => parent.join(name),
                    _ => path,
                });
            }
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "its links lead in a circle"))
}

/// Why the file had better be left alone, if so.
pub(super) fn objection(path: &Path) -> Option<&'static str> {
    let meta = fs::metadata(path).ok()?;
    if !meta.is_file() {
        return Some("it is not a regular file");
    }
    if meta.permissions().readonly() {
        return Some("it is read-only, so something else may look after it; --force writes it all the same");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if meta.uid() != crate::platform::effective_user() {
            return Some("it belongs to another user");
        }
        if meta.nlink() > 1 {
            return Some("it has several names, and only this one would get the hooks; --force writes it all the same");
        }
    }
    None
}

/// Does a change, with its way back written down first.
pub(super) fn install(change: &Change, agent: &str, record: &mut Record) -> anyhow::Result<()> {
    let Some(after) = &change.after else { return Ok(()) };
    let path = real(&change.path)?;
    let directories = missing_directories(&path);
    let known = record.of(&path).filter(|entry| entry.before == change.original.as_deref().map(hash_of));
    let entry = Entry {
        agent: agent.to_owned(),
        path: path.clone(),
        written: hash_of(after),
        before: change.original.as_deref().map(hash_of),
        directories: known.map(|entry| entry.directories.clone()).unwrap_or_default(),
    };
    let entry = Entry { directories: [entry.directories.clone(), directories].concat(), ..entry };
    record.keep(entry, change.original.as_deref()).context("could not write down the way back")?;
    if !change.is_needed() {
        return Ok(());
    }
    let written = || -> io::Result<()> {
        if let Some(parent) = path.parent() {
            make_directory(parent)?;
        }
        still(&change.path, change.before.as_deref())?;
        replace_alike(&path, after, new_mode(change.executable))
    };
    written().with_context(|| format!("could not write {}", path.display()))
}

/// Undoes one.
pub(super) fn uninstall(change: &Change, record: &mut Record) -> anyhow::Result<()> {
    let path = real(&change.path)?;
    let undone = || -> io::Result<()> {
        still(&change.path, change.before.as_deref())?;
        match &change.after {
            Some(after) if change.is_needed() => replace_alike(&path, after, new_mode(change.executable)),
            None if change.is_needed() => fs::remove_file(&path),
            _ => Ok(()),
        }
    };
    undone().with_context(|| format!("could not write {}", path.display()))?;
    if change.after.is_none()
        && let Some(entry) = record.of(&path)
    {
        // Those that somebody put something into stay.
        for directory in entry.directories.iter().rev() {
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
    }
    record.forget(&path).context("could not forget the way back")
}

/// Whether the file still is what was planned for.
fn still(path: &Path, before: Option<&[u8]>) -> io::Result<()> {
    if place::read(path)?.as_deref() == before {
        return Ok(());
    }
    Err(io::Error::other("it was changed by another program meanwhile; try again"))
}

fn missing_directories(path: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<_> =
        path.ancestors().skip(1).take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    missing.reverse();
    missing
}

/// Less the umask, where there is no file yet.
fn new_mode(executable: bool) -> u32 {
    if executable { 0o755 } else { 0o644 }
}

/// A file's text; an agent's settings are UTF-8 or broken.
pub(super) fn text(bytes: &[u8]) -> anyhow::Result<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => bail!("it can't be parsed: not UTF-8 at byte {}", error.valid_up_to()),
    }
}
