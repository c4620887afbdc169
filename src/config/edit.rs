//! The configuration file, edited in place: one key gets a value or loses it, and every other byte stays as it was.
//!
//! Invariant: nothing is written that would leave the file with faults. A file that has faults is left alone, unless
//! the change mends them all. The file is replaced whole; where it is a link, what the link leads to.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::image::check;
use super::problem::Problem;
use super::splice::{set, unset};
use crate::platform::whole;

/// Why the file was left as it is.
#[derive(Debug)]
pub enum Refused {
    /// It has faults of its own.
    Faulty(PathBuf, Box<Problem>),
    /// With the change it would have faults: these, in this text.
    Spoilt(PathBuf, Vec<Problem>, String),
    /// The key can't be set where it stands.
    Unfit(PathBuf, String),
    /// The file system would not have it.
    Unwritten(PathBuf, io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(file, problem) if problem.line == 0 => {
                write!(f, "{} was left alone: {}", file.display(), problem.message)?;
                problem.help.as_ref().map_or(Ok(()), |help| write!(f, "\n  hint: {help}"))
            }
            Self::Faulty(file, problem) => write!(
                f,
                "{} has faults, so it was left alone: {problem}\n  hint: mend it first; this tells where: herald config check",
                file.display()
            ),
            Self::Spoilt(file, problems, _) => {
                write!(f, "{} was left alone: it would be faulty", file.display())?;
                problems.first().map_or(Ok(()), |problem| write!(f, ": {problem}"))
            }
            Self::Unfit(file, why) => {
                write!(f, "{} was left alone: {why}\n  hint: edit it yourself: herald config edit", file.display())
            }
            Self::Unwritten(file, why) => {
                write!(f, "could not write {}: {why}", file.display())?;
                let hint = match why.kind() {
                    io::ErrorKind::PermissionDenied => "you need the right to write it and into its folder",
                    io::ErrorKind::ReadOnlyFilesystem => {
                        "the file system is read-only; HERALD_CONFIG names another file"
                    }
                    io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                        "something on the way to it is no folder; HERALD_CONFIG names another file"
                    }
                    _ => return Ok(()),
                };
                write!(f, "\n  hint: {hint}")
            }
        }
    }
}

impl std::error::Error for Refused {}

/// Gives the key at the end of `way` this value in the file, which is made where there is none. Whether anything changed.
///
/// # Errors
/// Why the file was left as it is.
pub fn edit(file: &Path, home: Option<&Path>, way: &[&str], value: &toml::Value) -> Result<bool, Refused> {
    change(file, home, |text| set(text, way, value))
}

/// Takes the key at the end of `way` out of the file. Whether it was there.
///
/// # Errors
/// Why the file was left as it is.
pub fn remove(file: &Path, home: Option<&Path>, way: &[&str]) -> Result<bool, Refused> {
    // Never make a file to take something out of it.
    if matches!(fs::symlink_metadata(file), Err(error) if error.kind() == io::ErrorKind::NotFound) {
        return Ok(false);
    }
    change(file, home, |text| unset(text, way))
}

fn change(file: &Path, home: Option<&Path>, edited: impl Fn(&str) -> Result<String, String>) -> Result<bool, Refused> {
    let before = check(file, home);
    let fault = before.problems.into_iter().find(Problem::is_error).map(Box::new);
    // Of what can't be read, and of what isn't TOML, nobody knows what it means; what is no UTF-8 would not come out as
    // it was.
    if let Some(fault) = fault.as_ref().filter(|_| !before.is_exact || toml_is_broken(&before.source)) {
        return Err(Refused::Faulty(file.to_owned(), fault.clone()));
    }
    let text = edited(&before.source).map_err(|why| Refused::Unfit(file.to_owned(), why))?;
    if text == before.source && file.exists() {
        return Ok(false);
    }
    let problems: Vec<_> = super::parse(&text, file, home).1.into_iter().filter(Problem::is_error).collect();
    match (problems.is_empty(), fault) {
        (true, _) => {}
        (false, Some(fault)) => return Err(Refused::Faulty(file.to_owned(), fault)),
        (false, None) => return Err(Refused::Spoilt(file.to_owned(), problems, text)),
    }
    write(file, &text).map_err(|error| Refused::Unwritten(file.to_owned(), error))?;
    Ok(true)
}

fn toml_is_broken(text: &str) -> bool {
    toml::from_str::<toml::Table>(text).is_err()
}

/// Writes a file where none is, with the folders it needs.
///
/// # Errors
/// Why there is none.
pub fn create(file: &Path, text: &str) -> Result<(), Refused> {
    write(file, text).map_err(|error| Refused::Unwritten(file.to_owned(), error))
}

/// Replaces the file; where it is a link, what the link leads to.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if let Some(folder) = real.parent() {
        whole::make_directory(folder)?;
    }
    // It could be replaced all the same: but somebody said that it must not be written.
    if fs::metadata(&real).is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    // Replaced, it would be this user's: root's, say, and its owner could change it no more.
    if real.exists() && !is_own(&real) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    whole::replace_alike(&real, text.as_bytes(), 0o644)
}

#[cfg(unix)]
fn is_own(path: &Path) -> bool {
    crate::platform::is_own(path)
}

#[cfg(not(unix))]
fn is_own(_: &Path) -> bool {
    true
}
