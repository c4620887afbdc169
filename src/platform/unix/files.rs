//! Files and directories that are what they should be: this user's own, no link, no pipe.
//!
//! Invariant: each is looked at by its descriptor, after it was opened, so that nobody can exchange it in between; and
//! opening one never waits for whoever would write into it.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};

use super::effective_user;

/// A directory that nobody but this user can have touched.
#[derive(Debug)]
pub struct PrivateDir {
    fd: OwnedFd,
    path: PathBuf,
}

impl PrivateDir {
    /// Opens the directory, making it (0700) where it is missing.
    ///
    /// # Errors
    /// A symbolic link, another owner, any access for others, a network file system, no room, no right.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        match Self::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                use std::os::unix::fs::DirBuilderExt as _;
                let mut builder = std::fs::DirBuilder::new();
                builder.mode(0o700);
                if let Some(parent) = path.parent() {
                    builder.recursive(true).create(parent)?;
                }
                match builder.recursive(false).create(path) {
                    Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                    _ => Self::open(path),
                }
            }
            other => other,
        }
    }

    /// Opens the directory if it is there and fit.
    ///
    /// # Errors
    /// As [`Self::open_or_create`], and where it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| not_opened(path, e))?;
        let stat = rustix::fs::fstat(&fd)?;
        if stat.st_uid != effective_user() {
            return Err(refused(path, "belongs to another user"));
        }
        if stat.st_mode & 0o077 != 0 {
            return Err(refused(path, "is open to other users; its mode must be 0700"));
        }
        if is_on_network(&fd) {
            return Err(refused(path, "lies on a network file system, where locks can't be trusted"));
        }
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file in it for reading and writing, making it (0600) where it is missing.
    ///
    /// # Errors
    /// Anything but a plain file of this user's with one name: links, pipes, devices and directories are refused
    /// unopened or unread, so that nothing of anybody else's is ever written.
    pub fn file(&self, name: &str) -> io::Result<File> {
        self.file_and_length(name).map(|(file, _)| file)
    }

    /// As [`Self::file`], with its length in bytes.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn file_and_length(&self, name: &str) -> io::Result<(File, u64)> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        self.checked(name, rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR))
    }

    /// Opens a file in it for reading; never makes one.
    ///
    /// # Errors
    /// As [`Self::file`], and where it is missing.
    pub fn existing_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        self.checked(name, rustix::fs::openat(&self.fd, name, flags, Mode::empty())).map(|(file, _)| file)
    }

    fn checked(&self, name: &str, opened: rustix::io::Result<OwnedFd>) -> io::Result<(File, u64)> {
        let path = || self.path.join(name);
        let fd = opened.map_err(|e| not_opened(&path(), e))?;
        let stat = rustix::fs::fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(refused(&path(), "is not a regular file"));
        }
        if stat.st_uid != effective_user() {
            return Err(refused(&path(), "belongs to another user"));
        }
        if stat.st_nlink != 1 {
            return Err(refused(&path(), "has more than one name"));
        }
        Ok((File::from(fd), stat.st_size.cast_unsigned()))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_on_network(fd: &OwnedFd) -> bool {
    // Magic numbers of statfs(2). FUSE can't be told apart here; its locks either work or say that they don't.
    const NFS: u32 = 0x6969;
    const SMB: u32 = 0x517b;
    const SMB2: u32 = 0xfe53_4d42;
    const CIFS: u32 = 0xff53_4d42;
    const AFS: u32 = 0x5346_414f;
    const CODA: u32 = 0x7375_7245;
    const NINE_P: u32 = 0x0102_1997;
    rustix::fs::fstatfs(fd)
        .is_ok_and(|fs| [NFS, SMB, SMB2, CIFS, AFS, CODA, NINE_P].contains(&(fs.f_type as u64 as u32)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_on_network(_fd: &OwnedFd) -> bool {
    false
}

/// Appends to a log file (0600), following no link, never blocking on a pipe somebody put in its place.
///
/// # Errors
/// Where the file can't be opened or is no regular file of this user's.
pub fn open_for_append(path: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY
        | OFlags::CREATE
        | OFlags::APPEND
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_uid != effective_user() {
        return Err(refused(path, "is not a regular file of this user's"));
    }
    Ok(File::from(fd))
}

/// Opens a file for reading that is meant to be a plain one, never waiting for whoever would write into a pipe.
///
/// # Errors
/// Where it can't be opened or is no regular file.
pub fn open_for_reading(path: &Path) -> io::Result<File> {
    Ok(open_plain(path)?.0)
}

/// The file, and the number of its owner.
fn open_plain(path: &Path) -> io::Result<(File, u32)> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(refused(path, "is not a regular file"));
    }
    Ok((File::from(fd), stat.st_uid))
}

/// As [`open_for_reading`], and only a file of this user's: what somebody else put there is not to be believed.
///
/// # Errors
/// As [`open_for_reading`], and where it is another user's.
pub fn open_own_for_reading(path: &Path) -> io::Result<File> {
    let (file, owner) = open_plain(path)?;
    if owner != effective_user() {
        return Err(refused(path, "belongs to another user"));
    }
    Ok(file)
}

/// Opens a file that is there to be locked, making it (0600) where it is missing; follows no link.
///
/// # Errors
/// Where it can't be opened or is no regular file of this user's.
pub fn open_to_lock(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let stat = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_uid != effective_user() {
        return Err(refused(path, "is not a regular file of this user's"));
    }
    Ok(File::from(fd))
}

/// Lets everybody do with `new` what they may do with `old`: its group, its access list and other attributes, its mode.
/// What the group may do is given up where it would be another group's, or where the list can't be had.
///
/// # Errors
/// Where the mode can't be set.
pub fn copy_access(old: &File, new: &File) -> io::Result<()> {
    let (was, is) = (rustix::fs::fstat(old)?, rustix::fs::fstat(new)?);
    let mut bits = was.st_mode & 0o7777;
    let has_group =
        was.st_gid == is.st_gid || rustix::fs::fchown(new, None, Some(rustix::fs::Gid::from_raw(was.st_gid))).is_ok();
    // The list first: the mode's group is its mask.
    if !copy_attributes(old, new) || !has_group {
        bits &= !0o2070;
    }
    rustix::fs::fchmod(new, Mode::from_raw_mode(bits))?;
    Ok(())
}

/// Whether nothing was lost by which somebody is kept out.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn copy_attributes(old: &File, new: &File) -> bool {
    const ACCESS_LIST: &[u8] = b"system.posix_acl_access";
    // Twice the most that Linux has of either.
    let (mut names, mut value) = (vec![0_u8; 128 * 1024], vec![0_u8; 128 * 1024]);
    // A file system without attributes has none to lose.
    let Ok(length) = rustix::fs::flistxattr(old, &mut names) else { return true };
    names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty()).all(|name| {
        // Of the system's own, which speak of the content or give rights, it makes new ones.
        if name.starts_with(b"security.") || name.starts_with(b"trusted.") {
            return true;
        }
        let copied = rustix::fs::fgetxattr(old, name, &mut value)
            .and_then(|length| rustix::fs::fsetxattr(new, name, &value[..length], rustix::fs::XattrFlags::empty()));
        copied.is_ok() || name != ACCESS_LIST
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn copy_attributes(_: &File, _: &File) -> bool {
    true
}

/// Whether `path` still names the open file.
pub fn is_same_file(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (rustix::fs::fstat(file), rustix::fs::lstat(path)) else { return false };
    (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino)
}

pub(super) fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{}: {why}", path.display()))
}

/// The error of a failed open, with what was to be opened; the kind stays.
pub(super) fn not_opened(path: &Path, error: rustix::io::Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("could not open {}: {error}", path.display()))
}
