//! Renames that never overwrite, and renames that exchange two things in one step.
//!
//! Both depend on the file system as much as on the system: where there is no such call, it is said, and the caller
//! takes another way.

use std::io;
use std::path::Path;

/// What came of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Each is where the other was.
    Done,
    /// This system or this file system can't.
    Unsupported,
}

/// Renames `from` to `to`, where there must be nothing.
///
/// Where the system can't promise that, it is looked for first: then others have to be kept out by a lock.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where there is something, and what the system says.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    match with_flags(from, to, rustix::fs::RenameFlags::NOREPLACE) {
        Err(error) if is_unsupported(error) => {}
        outcome => return Ok(outcome?),
    }
    match std::fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::rename(from, to),
        Err(error) => Err(error),
    }
}

/// Exchanges `a` and `b`, which must both be there: nobody ever sees one of them missing.
///
/// # Errors
/// What the system says.
pub fn exchange(a: &Path, b: &Path) -> io::Result<Exchange> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    match with_flags(a, b, rustix::fs::RenameFlags::EXCHANGE) {
        Err(error) if is_unsupported(error) => {}
        outcome => return Ok(outcome.map(|()| Exchange::Done)?),
    }
    let _ = (a, b);
    Ok(Exchange::Unsupported)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn with_flags(from: &Path, to: &Path, flags: rustix::fs::RenameFlags) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, flags)
}

/// An old kernel has no such call, a file system doesn't know the flag, a sandbox forbids what it has never heard of.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn is_unsupported(error: rustix::io::Errno) -> bool {
    use rustix::io::Errno;
    [Errno::NOSYS, Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::PERM].contains(&error)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn nothing_is_ever_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| dir.path().join(name));
        for folder in [&from, &to] {
            fs::create_dir(folder).unwrap();
        }
        assert_eq!(rename_new(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_dir(&to).unwrap();
        rename_new(&from, &to).unwrap();
        assert!(to.is_dir() && !from.exists());
    }

    #[test]
    fn an_exchange_is_whole_or_is_not_done() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        fs::create_dir(&a).unwrap();
        assert!(exchange(&a, &b).map_or(true, |outcome| outcome == Exchange::Unsupported));
        fs::write(&b, "b").unwrap();
        match exchange(&a, &b).unwrap() {
            Exchange::Done => assert!(a.is_file() && b.is_dir()),
            Exchange::Unsupported => assert!(a.is_dir() && b.is_file()),
        }
    }
}
