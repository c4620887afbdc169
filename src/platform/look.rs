//! What lies at a path and who holds a lock: for those who check, not for those who use.
//!
//! Follows no link, and changes nothing but a mode that lets others in.

use std::fs::File;
use std::io;
use std::path::Path;

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, wherever it leads.
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// What is known of a path without opening it.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// It belongs to the effective user.
    pub own: bool,
    /// The permission bits; where the system has none, those of something private.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// Its length in bytes.
    pub size: u64,
}

impl Facts {
    /// Looks at `path` itself.
    ///
    /// # Errors
    /// Where there is nothing, or it can't be looked at.
    pub fn of(path: &Path) -> io::Result<Self> {
        let meta = std::fs::symlink_metadata(path)?;
        let kind = match meta.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_symlink() => Kind::Link,
            _ => Kind::Other,
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let own = meta.uid() == super::effective_user();
            Ok(Self { kind, own, mode: meta.mode() & 0o7777, links: meta.nlink(), size: meta.len() })
        }
        #[cfg(not(unix))]
        {
            // A user's profile is private by itself.
            let mode = if kind == Kind::Directory { 0o700 } else { 0o600 };
            Ok(Self { kind, own: true, mode, links: 1, size: meta.len() })
        }
    }
}

/// Takes others' access off an open file of this user's.
///
/// # Errors
/// Where it isn't this user's, or the file system refuses.
pub fn make_private(file: &File) -> io::Result<()> {
    set_mode(file, 0o600)
}

/// Takes others' access off a directory of this user's, which must not be a link.
///
/// # Errors
/// As [`make_private`], and where it isn't a directory.
pub fn make_directory_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        set_mode(&File::from(rustix::fs::open(path, flags, Mode::empty())?), 0o700)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Gives a file or directory of this user's back to its owner, and to nobody else. It can't be opened before.
///
/// # Errors
/// Where it is another user's, a link or something else, or the file system refuses.
pub fn reopen(path: &Path) -> io::Result<()> {
    let facts = Facts::of(path)?;
    let mode = match facts {
        Facts { kind: Kind::Directory, own: true, .. } => 0o700,
        Facts { kind: Kind::File, own: true, links: 1, .. } => 0o600,
        _ => return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it isn't this user's alone")),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = mode;
        Ok(())
    }
}

/// Lets this user, and whoever may read it, run a program of this user's.
///
/// # Errors
/// Where it isn't this user's, or the file system refuses.
pub fn make_executable(path: &Path) -> io::Result<()> {
    let facts = Facts::of(path)?;
    if facts.kind != Kind::File || !facts.own {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is no file of this user's"));
    }
    let may_run = (facts.mode & 0o444) >> 2;
    set_mode(&open_as_it_is(path)?, facts.mode | may_run | 0o100)
}

/// Opens what was looked at, and not what a link leads to that took its place meanwhile.
fn open_as_it_is(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
    }
    #[cfg(not(unix))]
    File::open(path)
}

/// What room there is where a directory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// For this user's files, in bytes.
    pub bytes: u64,
    /// For so many more files, where they are counted.
    pub files: Option<u64>,
    /// Nothing can be written there.
    pub read_only: bool,
}

/// The room where `path` lies; `None` where it can't be told.
pub fn space(path: &Path) -> Option<Space> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::statvfs(path).ok()?;
        Some(Space {
            bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            // Some file systems make room for files as they go, and count none.
            files: (stat.f_files > 0).then_some(stat.f_favail),
            read_only: stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        })
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, mode);
        Ok(())
    }
}

/// Whether this user could make something in the directory `path`.
pub fn is_writable_directory(path: &Path) -> bool {
    #[cfg(unix)]
    let allowed = rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
    #[cfg(not(unix))]
    let allowed = true;
    allowed && path.is_dir()
}

/// Whether `path` is a file this user may run.
pub fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    let allowed = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    #[cfg(not(unix))]
    let allowed = true;
    allowed && path.is_file()
}

/// The process that holds the lock on `file`, as far as the system tells: Linux does, to those who share its view of
/// processes.
pub fn lock_holder(file: &File) -> Option<u32> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let stat = rustix::fs::fstat(file).ok()?;
        let (major, minor) = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
        holder_in(&std::fs::read_to_string("/proc/locks").ok()?, &format!("{major:02x}:{minor:02x}:{}", stat.st_ino))
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = file;
        None
    }
}

/// Lines are `1: FLOCK  ADVISORY  WRITE 4711 08:01:131085 0 EOF`; a lock that is waited for has `->` after its number.
#[cfg(any(target_os = "linux", target_os = "android", test))]
fn holder_in(locks: &str, file: &str) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, _, _, pid, place) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
        // A process that can't be seen from here has no number.
        let pid: u32 = pid.parse().ok().filter(|pid| *pid > 0)?;
        (kind == "FLOCK" && place == file).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_the_one_of_that_file_and_not_one_that_waits() {
        let locks = "1: POSIX  ADVISORY  WRITE 1 08:01:77 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 2 08:01:77 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 0 08:01:77 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE 3 08:02:77 0 EOF\n\
                     nonsense\n\
                     5: FLOCK  ADVISORY  WRITE 4 08:01:77 0 EOF\n";
        assert_eq!(holder_in(locks, "08:01:77"), Some(4));
        assert_eq!(holder_in(locks, "08:01:78"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found_as_the_holder_of_its_lock() {
        let file = tempfile::tempfile().unwrap();
        let lock = crate::platform::lock::LockFile::new(file.try_clone().unwrap());
        assert_eq!(lock_holder(&file), None);
        let _held = lock.try_exclusive().unwrap().unwrap();
        assert_eq!(lock_holder(&file), Some(std::process::id()));
    }
}
