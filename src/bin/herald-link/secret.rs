//! Secrets in files: read only where nobody else can read them, and shown nowhere.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use herald::platform;

/// More than any token or password has.
const LARGEST: u64 = 4096;

/// A secret; its text is had only by asking for it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Its text, for the one place it is meant for.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The first line of a file that is this user's alone.
    ///
    /// # Errors
    /// Why it can't be had, and what to type.
    pub(crate) fn read(path: &Path) -> Result<Self, NoSecret> {
        let no = |why: String, hint: String| NoSecret { why: format!("{} {why}", path.display()), hint };
        let file = platform::open_for_reading(path).map_err(|error| {
            no(
                format!("can't be read: {error}"),
                "write the secret into it, and nothing else, then: chmod 600".to_owned(),
            )
        })?;
        if let Some((why, hint)) = objection(&file, path) {
            return Err(no(why, hint));
        }
        let mut bytes = Vec::new();
        let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| no(format!("can't be read: {error}"), "is its disk well?".to_owned()))?;
        Self::of(&bytes).map_err(|(why, hint)| no(why.to_owned(), hint.to_owned()))
    }

    fn of(bytes: &[u8]) -> Result<Self, (&'static str, &'static str)> {
        let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
        match std::str::from_utf8(first) {
            _ if bytes.len() as u64 > LARGEST => Err(("is too large for a secret", "the secret is its first line")),
            Ok("") => Err(("begins with an empty line", "the secret is its first line")),
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Self(text.to_owned())),
            _ => Err((
                "begins with more than plain letters, digits and signs",
                "the secret is its first line, without spaces",
            )),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret can't be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoSecret {
    /// The file, and what is wrong with it.
    pub(crate) why: String,
    /// What would be right.
    pub(crate) hint: String,
}

/// What is in a file that is this user's alone: a key.
///
/// # Errors
/// Why it can't be had, and what to type.
#[cfg(unix)]
pub(crate) fn private(path: &Path) -> anyhow::Result<Vec<u8>> {
    use anyhow::Context as _;

    let unreadable = || format!("could not read {}", path.display());
    let file = platform::open_for_reading(path).with_context(unreadable)?;
    if let Some((why, hint)) = objection(&file, path) {
        anyhow::bail!("{} {why}; hint: {hint}", path.display());
    }
    let mut bytes = Vec::new();
    file.take(16 * LARGEST).read_to_end(&mut bytes).with_context(unreadable)?;
    Ok(bytes)
}

#[cfg(unix)]
fn objection(file: &std::fs::File, path: &Path) -> Option<(String, String)> {
    use std::os::unix::fs::MetadataExt as _;

    let meta = match file.metadata() {
        Ok(meta) => meta,
        Err(error) => return Some((format!("can't be looked at: {error}"), "is its disk well?".to_owned())),
    };
    let hint = || format!("chmod 600 {}", path.display());
    match meta.mode() & 0o7777 {
        _ if meta.uid() != platform::effective_user() => {
            Some(("belongs to somebody else, who knows what is in it".to_owned(), "make a file of your own".to_owned()))
        }
        mode if mode & 0o077 != 0 => Some((format!("is open to other users (mode {mode:04o})"), hint())),
        _ => None,
    }
}

/// A user's profile is private by itself.
#[cfg(not(unix))]
fn objection(_: &std::fs::File, _: &Path) -> Option<(String, String)> {
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"tk_abc\n", Ok("tk_abc"))]
    #[case(b"  tk_abc\r\nmore\n", Ok("tk_abc"))]
    #[case(b"tk_abc", Ok("tk_abc"))]
    #[case(b"", Err("empty"))]
    #[case(b"\ntk_abc\n", Err("empty"))]
    #[case(b"tk abc\n", Err("plain"))]
    #[case(b"tk\x1babc\n", Err("plain"))]
    #[case(b"\xff\xfe\n", Err("plain"))]
    #[case(&[b'x'; 5000], Err("large"))]
    fn the_first_line_is_the_secret(#[case] bytes: &[u8], #[case] expected: Result<&str, &str>) {
        match (Secret::of(bytes), expected) {
            (Ok(secret), expected) => assert_eq!(Ok(secret.reveal()), expected),
            (Err((why, _)), Err(part)) => assert!(why.contains(part), "{why}"),
            (Err((why, _)), Ok(_)) => panic!("{why}"),
        }
    }

    #[test]
    fn it_is_shown_nowhere() {
        assert!(!format!("{:?}", Secret::of(b"tk_abc").unwrap()).contains("tk_abc"));
    }

    #[cfg(unix)]
    #[rstest]
    #[case(0o600, None)]
    #[case(0o400, None)]
    #[case(0o640, Some("0640"))]
    #[case(0o644, Some("0644"))]
    #[case(0o602, Some("0602"))]
    fn what_others_can_read_is_refused(#[case] mode: u32, #[case] told: Option<&str>) {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "tk_abc\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        match (Secret::read(&path), told) {
            (Ok(secret), None) => assert_eq!(secret.reveal(), "tk_abc"),
            (Err(no), Some(told)) => {
                assert!(no.why.contains(told) && no.hint.starts_with("chmod 600 /"), "{no:?}");
                assert!(!format!("{no:?}").contains("tk_abc"));
            }
            (outcome, _) => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Secret::read(&folder.path().join("none")).unwrap_err().why.contains("can't be read"));
        assert!(Secret::read(folder.path()).is_err());
    }
}
