//! Which names of a stranger's archive are fit to be written to disk.
//!
//! The rules are the same on every system, so that a pack works everywhere or nowhere. Pure: no file is touched.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use herald::sound::is_device;

use super::limits::{MOST_DIRECTORIES, MOST_FILES};

/// Longer ones are no file names anywhere.
const LONGEST_PART: usize = 200;
const LONGEST: usize = 1024;
/// Components of a whole path; how deep a pack itself may be is decided where its root is known.
const MOST_PARTS: usize = 16;

/// A path downwards, of plain components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(Vec<String>);

impl Name {
    /// The name in an archive or of a file.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow it. One slash at its end and a leading `./` are nothing wrong.
    pub(crate) fn read(raw: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(raw).map_err(|_| "is not UTF-8".to_owned())?;
        if raw.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        if text.starts_with('/') {
            return Err("is an absolute path".to_owned());
        }
        let text = text.strip_prefix("./").unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.is_empty() || text == "." {
            return Ok(Self(Vec::new()));
        }
        let parts: Vec<String> =
            text.split('/').map(|part| judge(part).map(|()| part.to_owned())).collect::<Result<_, _>>()?;
        if parts.len() > MOST_PARTS {
            return Err(format!("has more than {MOST_PARTS} components"));
        }
        Ok(Self(parts))
    }

    /// The archive's own top.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing of a pack: a file manager's or a version control's.
    pub(crate) fn is_hidden(&self) -> bool {
        self.0.iter().any(|part| part.starts_with('.') || part == "__MACOSX")
    }

    /// Whether it lies below `folder`, or below a single directory's `folder`.
    pub(crate) fn is_below(&self, folder: &Self) -> bool {
        self.0.starts_with(&folder.0) || self.0.get(1..).is_some_and(|rest| rest.starts_with(&folder.0))
    }

    /// Where it is below `root`.
    pub(crate) fn under(&self, root: &Path) -> PathBuf {
        self.0.iter().fold(root.to_path_buf(), |path, part| path.join(part))
    }
}

/// One component.
fn judge(part: &str) -> Result<(), String> {
    let fault = match part {
        "" => "has an empty component",
        "." => "has a component \".\"",
        ".." => "leads out of the pack by \"..\"",
        _ if part.contains('\0') => "has a NUL character",
        _ if part.contains('\\') => "has a backslash",
        _ if part.contains(':') => "has a colon: a drive or a stream on Windows",
        _ if part.chars().any(is_invisible) => "has a control character",
        _ if part.contains(['<', '>', '"', '|', '?', '*']) => "has a character that no file has on Windows",
        _ if part.starts_with('-') => "begins with \"-\", as options do",
        _ if part.ends_with(['.', ' ']) || part.starts_with(' ') => "has a component that Windows would shorten",
        _ if part.len() > LONGEST_PART => "has a component that is too long",
        _ if is_device(part) => "is the name of a device on Windows",
        _ => return Ok(()),
    };
    Err(fault.to_owned())
}

/// Moves the cursor, turns the reading direction, or can't be seen.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// The names there are already, as a file system without letter case sees them.
#[derive(Debug, Default)]
pub(crate) struct Census {
    seen: HashMap<String, (String, Thing)>,
    files: usize,
}

impl Census {
    /// Takes one more in.
    ///
    /// # Errors
    /// Why it can't stand beside the others, in words that follow the name.
    pub(crate) fn admit(&mut self, name: &Name, thing: Thing) -> Result<(), String> {
        for end in 1..name.0.len() {
            self.note(&name.0[..end], Thing::Directory)?;
        }
        self.note(&name.0, thing)
    }

    fn note(&mut self, parts: &[String], thing: Thing) -> Result<(), String> {
        let spelled = parts.join("/");
        let Some((known, was)) = self.seen.get(&folded(&spelled)) else {
            match thing {
                Thing::File => self.files += 1,
                Thing::Directory => {}
            }
            if self.files > MOST_FILES {
                return Err(format!(
                    "is one file too many: a pack has at most {MOST_FILES}\n  hint: take one folder of several with --path"
                ));
            }
            self.seen.insert(folded(&spelled), (spelled, thing));
            if self.seen.len() - self.files > MOST_DIRECTORIES {
                return Err(format!(
                    "is one directory too many: a pack has at most {MOST_DIRECTORIES}\n  hint: take one folder of several with --path"
                ));
            }
            return Ok(());
        };
        match (was, thing) {
            _ if *known != spelled => Err(format!("differs from {known:?} in letter case alone")),
            (Thing::Directory, Thing::Directory) => Ok(()),
            (Thing::File, Thing::File) => Err("is there twice".to_owned()),
            _ => Err(format!("needs {known:?} to be a file and a directory")),
        }
    }
}

fn folded(text: &str) -> String {
    // By way of upper case, so that the two small sigmas and the like are one.
    text.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("sounds/done.wav")]
    #[case::odd_but_fine("My Sounds (2)/ä ö.wav")]
    #[case::dot_slash("./sounds/a.wav")]
    #[case::directory("sounds/")]
    #[case::hidden(".git/config")]
    #[case::dots_within("a..b/c...wav")]
    #[case::no_device("console/com0.wav")]
    fn plain_downward_names_are_taken(#[case] name: &str) {
        assert!(Name::read(name.as_bytes()).is_ok());
    }

    #[rstest]
    #[case(b"/etc/passwd", "absolute")]
    #[case(b"//host/share", "absolute")]
    #[case(b"..", "leads out")]
    #[case(b"../x.wav", "leads out")]
    #[case(b"a/../../x.wav", "leads out")]
    #[case(b"a/..", "leads out")]
    #[case(b"./../x.wav", "leads out")]
    #[case(b"a//b.wav", "empty")]
    #[case(b"a/./b.wav", "\".\"")]
    #[case(b".//a", "empty")]
    #[case(b"a//", "empty")]
    #[case(b"a\\b.wav", "backslash")]
    #[case(b"..\\x.wav", "backslash")]
    #[case(b"\\\\host\\share\\x", "backslash")]
    #[case(b"C:/x.wav", "colon")]
    #[case(b"c:x.wav", "colon")]
    #[case(b"x.wav:stream", "colon")]
    #[case(b"a\0.wav", "NUL")]
    #[case(b"a\n.wav", "control")]
    #[case(b"a\x1b[2J.wav", "control")]
    #[case(b"a\x7f.wav", "control")]
    #[case("a\u{9b}1m.wav".as_bytes(), "control")]
    #[case("a\u{202e}vaw.exe".as_bytes(), "control")]
    #[case("a\u{200b}.wav".as_bytes(), "control")]
    #[case(b"a\xff.wav", "UTF-8")]
    #[case(b"\xc0\xae\xc0\xae/x", "UTF-8")]
    #[case(b"-rf.wav", "option")]
    #[case(b"a/-x.wav", "option")]
    #[case(b"a.wav.", "shorten")]
    #[case(b"a.wav ", "shorten")]
    #[case(b".. /x", "shorten")]
    #[case(b" a.wav", "shorten")]
    #[case(b"NUL", "device")]
    #[case(b"sounds/con.wav", "device")]
    #[case(b"AUX.tar.gz", "device")]
    #[case(b"com1.wav", "device")]
    #[case("lpt\u{b2}.wav".as_bytes(), "device")]
    #[case(b"conin$", "device")]
    #[case(b"nul .wav", "device")]
    #[case(b"what?.wav", "Windows")]
    #[case(b"a*.wav", "Windows")]
    #[case(b"a|b", "Windows")]
    #[case(b"a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", "components")]
    fn hostile_names_are_refused_with_the_reason(#[case] name: &[u8], #[case] why: &str) {
        let error = Name::read(name).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[rstest]
    #[case::twice(&["a", "a"], "twice")]
    #[case::letter_case(&["a.wav", "A.WAV"], "letter case")]
    #[case::sigma(&["σ", "ς"], "letter case")]
    #[case::sharp_s(&["straße", "STRASSE"], "letter case")]
    #[case::directories(&["Sounds/a", "sounds/b"], "letter case")]
    #[case::file_then_directory(&["a", "a/b"], "file and a directory")]
    #[case::directory_then_file(&["a/b", "a"], "file and a directory")]
    fn names_that_clash_are_refused(#[case] names: &[&str], #[case] why: &str) {
        let mut census = Census::default();
        let judged: Result<Vec<_>, _> =
            names.iter().map(|name| census.admit(&Name::read(name.as_bytes()).unwrap(), Thing::File)).collect();
        assert!(judged.clone().is_err_and(|error| error.contains(why)), "{judged:?}");
    }

    #[test]
    fn a_pack_has_five_hundred_files_and_no_more() {
        let mut census = Census::default();
        let mut admit = |n: usize| census.admit(&Name::read(format!("d/{n}.wav").as_bytes()).unwrap(), Thing::File);
        assert!((0..MOST_FILES).all(|n| admit(n).is_ok()));
        assert!(admit(MOST_FILES).is_err());
    }

    #[rstest]
    #[case("packs/glass/a.wav", "packs/glass", true)]
    #[case("repo-main/packs/glass/a.wav", "packs/glass", true)]
    #[case("packs/glass", "packs/glass", true)]
    #[case("x/y/packs/glass/a.wav", "packs/glass", false)]
    #[case("packs/glassy/a.wav", "packs/glass", false)]
    #[case("packs", "packs/glass", false)]
    fn a_wanted_folder_is_at_the_top_or_below_the_single_one(
        #[case] name: &str,
        #[case] folder: &str,
        #[case] it: bool,
    ) {
        let name = Name::read(name.as_bytes()).unwrap();
        assert_eq!(name.is_below(&Name::read(folder.as_bytes()).unwrap()), it);
    }
}
