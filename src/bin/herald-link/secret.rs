//! Files that only their owner may read: a password, a token, a key.
//!
//! Invariant: what others could read is never used, as `ssh` does it. What such a file holds is never shown.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use herald::platform;

/// More than a chain of keys has, in bytes.
const MOST: u64 = 64 * 1024;

/// All that is in it.
pub(crate) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("could not read {}", path.display());
    let file = platform::open_for_reading(path).with_context(unreadable)?;
    let metadata = file.metadata().with_context(unreadable)?;
    if metadata.uid() != platform::effective_user() {
        bail!("{} belongs to another user, so it is not used\n  hint: keep your own copy of it", path.display());
    }
    if metadata.mode() & 0o077 != 0 {
        bail!("{0} can be read by others, so it is not used\n  hint: chmod 600 {0}", path.display());
    }
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    if bytes.len() as u64 > MOST {
        bail!("{} is larger than 64 KiB\n  hint: is it the right file?", path.display());
    }
    Ok(bytes)
}

/// Its first line, without blanks around it.
pub(crate) fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = String::from_utf8(bytes(path)?).with_context(|| format!("{} is not UTF-8", path.display()))?;
    match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => bail!("{} has nothing in its first line", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn kept(content: &str, mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn the_first_line_is_read_without_its_end() {
        for (content, read) in [("open sesame\nrest\n", "open sesame"), ("x\r\n", "x"), ("  y", "y")] {
            let (_dir, path) = kept(content, 0o600);
            assert_eq!(first_line(&path).unwrap(), read);
        }
    }

    #[test]
    fn what_others_can_read_is_refused_and_never_shown() {
        for mode in [0o640, 0o604, 0o620] {
            let (_dir, path) = kept("open sesame", mode);
            let why = format!("{:#}", first_line(&path).unwrap_err());
            assert!(why.contains("chmod 600") && !why.contains("sesame"), "{why}");
        }
    }

    #[test]
    fn nothing_is_no_secret() {
        for content in ["", "\n", "  \nsecond"] {
            let (_dir, path) = kept(content, 0o400);
            assert!(first_line(&path).is_err(), "{content:?}");
        }
    }
}
