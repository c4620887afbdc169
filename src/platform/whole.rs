//! Files that are replaced whole, and the directories they lie in.
//!
//! Invariant: at every moment a file is the old one or the new one: the new one is written beside it, made durable, and
//! put in its place by one rename. Herald's own are private whatever the umask says; the user's keep who may do what with
//! them, and new ones follow the umask without ever being writable by others.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// A directory that nobody else may look into.
///
/// # Errors
/// Where it can't be made.
pub fn make_private_directory(path: &Path) -> io::Result<()> {
    make(path, 0o700)
}

/// A directory for the user's own files, as the umask has it, and never writable by others.
///
/// # Errors
/// Where it can't be made.
pub fn make_directory(path: &Path) -> io::Result<()> {
    make(path, 0o755)
}

fn make(path: &Path, mode: u32) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    #[cfg(not(unix))]
    let _ = mode;
    builder.create(path)
}

/// Opens a file for the user to be written anew, as the umask has it, and never writable by others where it is new.
///
/// # Errors
/// What the file system says.
pub fn create_for_user(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.open(path)
}

/// Puts a new private file in the place of the old one, or of none.
///
/// # Errors
/// What the file system says. The old one is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, &Like::Private)?;
    sync_parent(path);
    Ok(())
}

/// As [`replace`], without waiting until the exchange itself is durable: a power cut in the next seconds may bring the
/// old one back, whole.
///
/// # Errors
/// As [`replace`].
pub fn replace_soon(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, &Like::Private)
}

/// As [`replace`], for a file of the user's: it keeps its mode, its group, its access list and other attributes. A new
/// one gets `mode`, less the umask.
///
/// # Errors
/// As [`replace`].
pub fn replace_alike(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let like = match super::open_for_reading(path) {
        Ok(file) => Like::Of(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Like::New(mode),
        Err(error) => return Err(error),
    };
    put(path, bytes, &like)?;
    sync_parent(path);
    Ok(())
}

/// Who may do what with a file that is written.
enum Like {
    /// Nobody but its owner anything.
    Private,
    /// As with that one.
    Of(File),
    /// This mode, less the umask.
    New(u32),
}

fn put(path: &Path, bytes: &[u8], like: &Like) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no name"));
    };
    // Always the same name: what a killed run left behind is cleared away by the next.
    let new = parent.join(format!(".{}.herald-new", name.to_string_lossy()));
    let _ = fs::remove_file(&new);
    let written = write_new(&new, bytes, like).and_then(|()| fs::rename(&new, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8], like: &Like) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mode = if let Like::New(mode) = like { *mode } else { 0o600 };
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file: File = options.open(path)?;
    file.write_all(bytes)?;
    if let Like::Of(old) = like {
        super::copy_access(old, &file)?;
    }
    file.sync_all()
}

/// The rename itself is durable once its directory is; where that can't be had, the file is whole all the same.
fn sync_parent(path: &Path) {
    #[cfg(unix)]
    if let Some(Ok(directory)) = path.parent().map(File::open) {
        let _ = directory.sync_all();
    }
    #[cfg(not(unix))]
    let _ = path;
}
