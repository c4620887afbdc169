//! Which names and files are fit to be opened.
//!
//! Owns every check between a name that a stranger wrote and an open file. The checks of [`open_sound`] are made on the
//! open file itself, so that nothing can be exchanged between look and use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use crate::sound_ref::EXTENSIONS;

/// The largest file that is taken for a sound, in bytes: minutes of audio, and no more memory than anyone would miss.
pub const LARGEST: u64 = 10 << 20;

/// The header of the smallest of all containers, a WAV without samples.
const SMALLEST: u64 = 44;

/// Whether `path` is of the form a pack may use: forward slashes, plain ASCII components, relative, downwards.
pub(super) fn is_relative(path: &str) -> bool {
    matches!(path.len(), 1..=1024)
        && !path.starts_with('/')
        && !path.ends_with('/')
        && path.split('/').all(|part| {
            part != ".."
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
                && !is_device(part)
        })
}

/// Whether a component of a path means a device on Windows, whatever follows its first dot. Refused everywhere, so that
/// a pack works everywhere or nowhere.
pub fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_lowercase();
    let is_numbered = |rest: &str| {
        let mut digits = rest.chars();
        // Windows takes the raised digits for plain ones.
        matches!((digits.next(), digits.next()), (Some('1'..='9' | '¹' | '²' | '³'), None))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$")
        || stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt")).is_some_and(is_numbered)
}

/// The part of a file name before a known sound ending, and that ending's place in [`EXTENSIONS`].
pub(super) fn stem(file_name: &str) -> Option<&str> {
    let (stem, end) = file_name.rsplit_once('.')?;
    (!stem.is_empty() && EXTENSIONS.iter().any(|e| end.eq_ignore_ascii_case(e))).then_some(stem)
}

/// The file at `path` exists and could be a sound, as far as can be told without looking into it.
///
/// # Errors
/// Why not, in words that follow the file's name.
pub(super) fn usable(path: &Path) -> Result<(), String> {
    fit(&fs::metadata(path).map_err(|error| plain(&error))?)
}

/// A pack's directory: nothing outside it is ever named by the pack.
#[derive(Clone, Debug)]
pub(super) struct Root {
    shown: PathBuf,
    real: PathBuf,
}

impl Root {
    /// The directory at `path`, if it is one. It may itself be a link: that one is its owner's.
    pub(super) fn at(path: PathBuf) -> Option<Self> {
        let real = fs::canonicalize(&path).ok().filter(|real| real.is_dir())?;
        Some(Self { shown: path, real })
    }

    /// The directory, as it was named.
    pub(super) fn path(&self) -> &Path {
        &self.shown
    }

    /// The sound file at `relative`, which a stranger wrote.
    ///
    /// # Errors
    /// Why it may not be used, in words that follow the file's name.
    pub(super) fn sound(&self, relative: &str) -> Result<PathBuf, String> {
        if !is_relative(relative) {
            return Err("is not a path inside the pack".to_owned());
        }
        if relative.rsplit('/').next().and_then(stem).is_none() {
            return Err("does not end like a sound file".to_owned());
        }
        let parts = relative.split('/').filter(|part| !matches!(*part, "" | "."));
        let path = parts.fold(self.shown.clone(), |path, part| path.join(part));
        usable(&self.confine(&path)?)?;
        Ok(path)
    }

    /// Where `path` really is; links may not lead out.
    ///
    /// # Errors
    /// Why it may not be used, in words that follow the file's name.
    pub(super) fn confine(&self, path: &Path) -> Result<PathBuf, String> {
        let real = fs::canonicalize(path).map_err(|error| plain(&error))?;
        if real.starts_with(&self.real) { Ok(real) } else { Err("is a link that leads out of the pack".to_owned()) }
    }
}

fn fit(metadata: &fs::Metadata) -> Result<(), String> {
    if !metadata.is_file() {
        Err("is not a regular file".to_owned())
    } else if metadata.len() > LARGEST {
        Err(format!("is larger than {} MiB", LARGEST >> 20))
    } else {
        Ok(())
    }
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "is missing".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}

/// The bytes of a small text file of a pack.
///
/// # Errors
/// `Ok(None)` where there is no such file; a reason where it is no regular file, too large, or can't be read.
pub(super) fn small(path: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
    let file = match open_without_waiting(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(plain(&error)),
    };
    if !file.metadata().map_err(|error| plain(&error))?.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    if bytes.len() as u64 > most { Err(format!("is larger than {} KiB", most >> 10)) } else { Ok(Some(bytes)) }
}

/// Opens a sound file and makes sure that it is one: regular, of sensible size, and inside what its name says.
///
/// Never waits: a pipe or a terminal that poses as a sound is refused at once. The file is returned at its beginning.
///
/// # Errors
/// Why it is refused, in words that follow the file's name.
pub fn open_sound(path: &Path) -> Result<File, String> {
    let mut file = open_without_waiting(path).map_err(|error| plain(&error))?;
    let metadata = file.metadata().map_err(|error| plain(&error))?;
    fit(&metadata)?;
    // Files of /proc are "regular" and say that they are empty; some never end, some wait.
    if metadata.len() < SMALLEST {
        return Err("is too short to be a sound".to_owned());
    }
    let mut head = [0; 12];
    file.read_exact(&mut head).map_err(|error| plain(&error))?;
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    if !matches(head, end) {
        return Err("does not contain what its name says".to_owned());
    }
    file.rewind().map_err(|error| plain(&error))?;
    Ok(file)
}

/// Whether the file at `path` begins as its name says it should.
///
/// # Errors
/// Why it is refused, in words that follow the file's name; see [`open_sound`].
pub fn magic_ok(path: &Path) -> Result<(), String> {
    open_sound(path).map(drop)
}

fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A plain open of a named pipe would hang until somebody writes to it.
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    options.open(path)
}

/// Whether a file that begins so may end in `end`; a name without a known ending may be any sound.
fn matches(head: [u8; 12], end: &str) -> bool {
    let container = match &head {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => "wav",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C'] => "aiff",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "m4a",
        [b'I', b'D', b'3', ..] => "tagged",
        // Twelve set bits, then the layer: none at all is AAC's, the rest are MPEG audio's.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "aac",
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => "mp3",
        [b'A', b'D', b'I', b'F', ..] => "aac",
        _ => return false,
    };
    match end.to_ascii_lowercase().as_str() {
        "wav" | "wave" => container == "wav",
        "ogg" | "oga" => container == "ogg",
        "flac" => matches!(container, "flac" | "tagged"),
        "mp3" => matches!(container, "mp3" | "tagged"),
        "aiff" | "aif" | "aifc" => container == "aiff",
        "m4a" => container == "m4a",
        "aac" => matches!(container, "aac" | "tagged" | "m4a"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sounds/done.wav", true)]
    #[case("a.b-c_d/E.9.ogg", true)]
    #[case("-leading.ogg", true)]
    #[case("common/console.wav", true)]
    #[case("", false)]
    #[case("/etc/passwd", false)]
    #[case("../x.wav", false)]
    #[case("a/../../x.wav", false)]
    #[case("a/./x.wav", true)]
    #[case("./x.wav", true)]
    #[case("a//x.wav", true)]
    #[case("//x.wav", false)]
    #[case("a/", false)]
    #[case("a\\x.wav", false)]
    #[case("C:x.wav", false)]
    #[case("x.wav:stream", false)]
    #[case("a b.wav", false)]
    #[case("ä.wav", false)]
    #[case("x\0.wav", false)]
    #[case("NUL.wav", false)]
    #[case("sounds/com1.ogg", false)]
    #[case("sounds/com0.ogg", true)]
    fn only_plain_downward_paths_are_relative(#[case] path: &str, #[case] fine: bool) {
        assert_eq!(is_relative(path), fine);
    }

    #[rstest]
    #[case("glass", true)]
    #[case("__custom", true)]
    #[case("5.1", true)]
    #[case("", false)]
    #[case(".", false)]
    #[case("..", false)]
    #[case(".hidden", false)]
    #[case("-x", false)]
    #[case("a/b", false)]
    #[case("a b", false)]
    fn names_are_single_visible_components(#[case] name: &str, #[case] fine: bool) {
        assert_eq!(crate::sound_ref::is_part(name), fine);
    }

    #[rstest]
    #[case(b"RIFF\0\0\0\0WAVE", "wav", true)]
    #[case(b"RIFF\0\0\0\0AVI ", "wav", false)]
    #[case(b"RIFF\0\0\0\0WAVE", "ogg", false)]
    #[case(b"OggS\0\0\0\0\0\0\0\0", "OGA", true)]
    #[case(b"ID3\x04\0\0\0\0\0\0\0\0", "mp3", true)]
    #[case(b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0", "mp3", true)]
    #[case(b"\xff\xf3\x80\xcc\0\0\0\0\0\0\0\0", "mp3", true)]
    #[case(b"\xff\xf2\x80\xcc\0\0\0\0\0\0\0\0", "mp3", true)]
    #[case(b"\xff\xf1\x80\xcc\0\0\0\0\0\0\0\0", "mp3", false)]
    #[case(b"\xff\xf1\x80\xcc\0\0\0\0\0\0\0\0", "aac", true)]
    #[case(b"fLaC\0\0\0\0\0\0\0\0", "flac", true)]
    #[case(b"FORM\0\0\0\0AIFC", "aif", true)]
    #[case(b"\0\0\0\x20ftypM4A ", "m4a", true)]
    #[case(b"#!/bin/sh\n\n\n", "wav", false)]
    #[case(b"#!/bin/sh\n\n\n", "", false)]
    #[case(b"OggS\0\0\0\0\0\0\0\0", "", true)]
    fn contents_must_be_what_the_ending_says(#[case] head: &[u8; 12], #[case] end: &str, #[case] fine: bool) {
        assert_eq!(matches(*head, end), fine);
    }

    #[rstest]
    #[case("task.complete.ogg", Some("task.complete"))]
    #[case("a.WAV", Some("a"))]
    #[case("a.txt", None)]
    #[case(".ogg", None)]
    #[case("ogg", None)]
    fn stems_are_what_stands_before_a_sound_ending(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(stem(name), expected);
    }
}
