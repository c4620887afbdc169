//! How a sound is written down: `builtin:ID`, `pack:NAME/ID`, `xdg:THEME/NAME`, or a path.
//!
//! Owns the spelling only. Whether the sound exists is `sound`'s business.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Endings that make a bare word a file name rather than an event name.
pub const EXTENSIONS: &[&str] = &["wav", "wave", "ogg", "oga", "flac", "mp3", "aiff", "aif", "aifc", "m4a", "aac"];

/// A sound as written in the configuration or on the command line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SoundRef {
    /// `builtin:ID`: one of the built-in pack `herald`, by id.
    Builtin(String),
    /// `pack:NAME/ID`: one of an installed pack, or of any built-in one.
    Pack {
        /// The pack's name.
        pack: String,
        /// An event, a category or a file stem of that pack.
        id: String,
    },
    /// `xdg:THEME/NAME`: one of an XDG sound theme.
    Xdg {
        /// The theme's directory name.
        theme: String,
        /// A name of the sound naming specification.
        name: String,
    },
    /// A file.
    Path(PathBuf),
}

/// Why a text is no sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSoundRef(pub String);

impl fmt::Display for BadSoundRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSoundRef {}

impl SoundRef {
    /// Reads `text`; relative paths are taken from `base`, a leading `~/` from `home`.
    ///
    /// `Ok(None)` where the text is a plain word, which on a command line is an event name.
    ///
    /// # Errors
    /// A known prefix with a part missing or with characters no pack or theme name holds; a path that names a
    /// network share or a device on Windows (opening `\\host\share` sends the user's credentials to that host).
    pub fn parse(text: &str, base: &Path, home: Option<&Path>) -> Result<Option<Self>, BadSoundRef> {
        let named = |kind: &str, rest: &str, what: &str| -> Result<(String, String), BadSoundRef> {
            match rest.split_once('/') {
                Some((a, b)) if is_part(a) && is_part(b) => Ok((a.to_owned(), b.to_owned())),
                _ => Err(BadSoundRef(format!("{text:?} is not a sound: write {kind}:{what}"))),
            }
        };
        if let Some(id) = text.strip_prefix("builtin:") {
            return if is_part(id) {
                Ok(Some(Self::Builtin(id.to_owned())))
            } else {
                Err(BadSoundRef(format!("{text:?} is not a sound: write builtin:ID")))
            };
        }
        if let Some(rest) = text.strip_prefix("pack:") {
            let (pack, id) = named("pack", rest, "NAME/ID")?;
            return Ok(Some(Self::Pack { pack, id }));
        }
        if let Some(rest) = text.strip_prefix("xdg:") {
            let (theme, name) = named("xdg", rest, "THEME/NAME")?;
            return Ok(Some(Self::Xdg { theme, name }));
        }
        if !looks_like_path(text) {
            return Ok(None);
        }
        if text.contains('\0') {
            return Err(BadSoundRef("a path can't hold a NUL character".to_owned()));
        }
        if cfg!(windows) && (text.starts_with("\\\\") || text.starts_with("//") || text.starts_with("\\??\\")) {
            return Err(BadSoundRef(format!(
                "{text:?} is a network share or a device; only files of this machine are played"
            )));
        }
        let path = match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => base.join(text),
        };
        Ok(Some(Self::Path(path)))
    }
}

/// Whether a word names a file: it has a separator or ends in a known sound extension.
pub fn looks_like_path(text: &str) -> bool {
    text.contains('/')
        || text.contains(std::path::MAIN_SEPARATOR)
        || text.rsplit_once('.').is_some_and(|(_, end)| EXTENSIONS.iter().any(|e| end.eq_ignore_ascii_case(e)))
}

/// Whether `text` may name a pack, a theme or a sound in one: never a way out of its directory.
pub fn is_part(text: &str) -> bool {
    !text.starts_with(['.', '-'])
        && matches!(text.len(), 1..=128)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for SoundRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(id) => write!(f, "builtin:{id}"),
            Self::Pack { pack, id } => write!(f, "pack:{pack}/{id}"),
            Self::Xdg { theme, name } => write!(f, "xdg:{theme}/{name}"),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<SoundRef>, BadSoundRef> {
        SoundRef::parse(text, Path::new("/cfg"), Some(Path::new("/home/u")))
    }

    #[test]
    fn a_word_is_an_event_and_a_known_ending_is_a_file() {
        assert_eq!(parse("task.complete"), Ok(None));
        assert_eq!(parse("done.wav"), Ok(Some(SoundRef::Path("/cfg/done.wav".into()))));
        assert_eq!(parse("./done"), Ok(Some(SoundRef::Path("/cfg/./done".into()))));
        assert_eq!(parse("~/x.ogg"), Ok(Some(SoundRef::Path("/home/u/x.ogg".into()))));
        assert_eq!(parse("/abs/X.OGA"), Ok(Some(SoundRef::Path("/abs/X.OGA".into()))));
    }

    #[test]
    fn names_never_lead_out_of_their_directory() {
        for bad in [
            "pack:",
            "pack:a",
            "pack:../a",
            "pack:a/..",
            "pack:a/b/c",
            "xdg:/x",
            "builtin:",
            "builtin:../x",
            "pack:-a/b",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["builtin:task.complete", "pack:glass/complete", "xdg:freedesktop/bell"] {
            assert_eq!(parse(text).unwrap().unwrap().to_string(), text);
        }
    }
}
