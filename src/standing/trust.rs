//! Which project files the user trusts, as they were when the user looked at them.
//!
//! Invariant: a file counts only with the content it was trusted with. What it asks is kept, so that a hook reads no TOML
//! and, while the file is unchanged, not even the file.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::{PROJECT_FILE, Problem, Project, parse_project};
use crate::paths::Paths;
use crate::platform::file_stamp::{FileStamp, is_young};
use crate::platform::kept::Kept;
use crate::platform::open_for_reading;

/// How many project files are remembered; the one trusted longest ago is forgotten first.
const MOST: usize = 256;

/// The largest project file, in bytes.
const LARGEST: u64 = 64 << 10;

/// A file that is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trusted {
    /// Where it really lies.
    pub file: PathBuf,
    /// The folder as the user called it, where that is another name for it.
    also: Option<PathBuf>,
    /// Of its content, in hexadecimal digits.
    pub sha256: String,
    stamp: FileStamp,
    /// What it asks.
    pub project: Project,
}

/// What lies at the place of a trusted file now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// What was trusted.
    Same,
    /// Something else.
    Changed,
    /// Nothing that can be read.
    Gone,
}

impl Trusted {
    /// How many components of `cwd` the project's folder has; `None` where `cwd` isn't in it.
    fn depth_above(&self, cwd: &Path) -> Option<usize> {
        let above = [self.file.parent(), self.also.as_deref()].into_iter().flatten();
        above.filter(|folder| cwd.starts_with(folder)).map(|folder| folder.components().count()).max()
    }

    /// Whether the file is still what it was.
    pub fn now(&self) -> Now {
        match fs::metadata(&self.file) {
            Err(_) => return Now::Gone,
            Ok(metadata) if FileStamp::of(&metadata) == self.stamp => return Now::Same,
            Ok(_) => {}
        }
        match content(&self.file) {
            Ok((bytes, _)) if hash(&bytes) == self.sha256 => Now::Same,
            Ok(_) => Now::Changed,
            Err(_) => Now::Gone,
        }
    }
}

/// What holds in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// No project the user ever trusted.
    #[default]
    Nothing,
    /// This project's wishes.
    Project(Box<Trusted>),
    /// The project's file is not what was trusted, so it is passed over.
    Changed(PathBuf),
}

/// What holds in `cwd`: the innermost trusted project around it.
pub fn around(paths: &Paths, cwd: Option<&Path>) -> Holds {
    let Some(cwd) = cwd else { return Holds::Nothing };
    let Ok(Some(all)) = kept(paths).read::<Vec<Trusted>>() else { return Holds::Nothing };
    let innermost = all.into_iter().filter_map(|it| Some((it.depth_above(cwd)?, it))).max_by_key(|(depth, _)| *depth);
    match innermost.map(|(_, it)| (it.now(), it)) {
        None | Some((Now::Gone, _)) => Holds::Nothing,
        Some((Now::Same, it)) => Holds::Project(Box::new(it)),
        Some((Now::Changed, it)) => Holds::Changed(it.file),
    }
}

/// All that are trusted, the newest first.
///
/// # Errors
/// Where the list is there and can't be read.
pub fn all(paths: &Paths) -> io::Result<Vec<Trusted>> {
    Ok(kept(paths).read()?.unwrap_or_default())
}

/// A project file, read to be trusted.
#[derive(Debug)]
pub struct Candidate {
    /// With the content it has now.
    pub trusted: Trusted,
    /// Its text.
    pub source: String,
    /// What is wrong with it. With an error in it nobody should trust it.
    pub problems: Vec<Problem>,
}

/// Reads the project file at `file`.
///
/// # Errors
/// Where it can't be read, is no text, or is larger than 64 KiB.
pub fn candidate(file: &Path) -> io::Result<Candidate> {
    let real = fs::canonicalize(file)?;
    let (bytes, stamp) = content(&real)?;
    let sha256 = hash(&bytes);
    let source = String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
    let (project, problems) = parse_project(&source, &real);
    let named = std::path::absolute(file)?.parent().map(Path::to_owned);
    let also = named.filter(|named| Some(named.as_path()) != real.parent());
    Ok(Candidate { trusted: Trusted { file: real, also, sha256, stamp, project }, source, problems })
}

/// Trusts it from now on, with this content.
///
/// # Errors
/// What the file system says; what was trusted stays so.
pub fn trust(paths: &Paths, trusted: &Trusted) -> io::Result<()> {
    kept(paths).change(|before: Option<Vec<Trusted>>| {
        let others = before.into_iter().flatten().filter(|it| it.file != trusted.file);
        (Some([trusted.clone()].into_iter().chain(others).take(MOST).collect()), ())
    })
}

/// Trusts those no more that `is_meant`; how many there were.
///
/// # Errors
/// What the file system says; what was trusted stays so.
pub fn untrust(paths: &Paths, is_meant: impl Fn(&Trusted) -> bool) -> io::Result<usize> {
    kept(paths).change(|before: Option<Vec<Trusted>>| {
        let (gone, left): (Vec<_>, Vec<_>) = before.into_iter().flatten().partition(is_meant);
        ((!left.is_empty()).then_some(left), gone.len())
    })
}

/// The project file of the innermost folder above `cwd` that has one.
pub fn nearest(cwd: &Path) -> Option<PathBuf> {
    cwd.ancestors().map(|folder| folder.join(PROJECT_FILE)).find(|file| file.is_file())
}

fn kept(paths: &Paths) -> Kept {
    Kept::at(paths.trusted())
}

/// The bytes, and the stamp of the file; an empty one where it may yet change unnoticed.
fn content(file: &Path) -> io::Result<(Vec<u8>, FileStamp)> {
    let opened = open_for_reading(file)?;
    let before = opened.metadata()?;
    let mut bytes = Vec::new();
    (&opened).take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than 64 KiB"));
    }
    let after = opened.metadata()?;
    let is_settled = !is_young(&after) && FileStamp::of(&before) == FileStamp::of(&after);
    Ok((bytes, if is_settled { FileStamp::of(&after) } else { FileStamp::default() }))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, Paths, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let paths = Paths { home: None, config: root.join("c"), data: root.join("d"), state: root.join("state") };
        let project = root.join("project");
        fs::create_dir_all(project.join("sub/deep")).unwrap();
        (dir, paths, project)
    }

    fn write(folder: &Path, text: &str) -> PathBuf {
        let file = folder.join(PROJECT_FILE);
        fs::write(&file, text).unwrap();
        file
    }

    fn volume(paths: &Paths, cwd: &Path) -> Option<u8> {
        match around(paths, Some(cwd)) {
            Holds::Project(trusted) => trusted.project.all.volume,
            _ => None,
        }
    }

    #[test]
    fn a_project_counts_once_it_is_trusted_and_as_long_as_it_is_unchanged() {
        let (_dir, paths, project) = world();
        let file = write(&project, "volume = 50\n");
        let below = project.join("sub/deep");
        assert_eq!(around(&paths, Some(&below)), Holds::Nothing);
        trust(&paths, &candidate(&file).unwrap().trusted).unwrap();
        assert_eq!((volume(&paths, &below), volume(&paths, &project)), (Some(50), Some(50)));
        assert_eq!(around(&paths, project.parent()), Holds::Nothing);
        assert_eq!(around(&paths, Some(Path::new("/"))), Holds::Nothing);

        fs::write(&file, "volume = 51\n").unwrap();
        assert_eq!(around(&paths, Some(&below)), Holds::Changed(file.clone()));
        fs::write(&file, "volume = 50\n").unwrap();
        assert_eq!(volume(&paths, &below), Some(50), "it is what was trusted again");
        fs::remove_file(&file).unwrap();
        assert_eq!(around(&paths, Some(&below)), Holds::Nothing);
        assert_eq!(untrust(&paths, |it| it.file == file).unwrap(), 1);
        assert!(!paths.trusted().exists());
    }

    #[test]
    fn the_innermost_project_counts() {
        let (_dir, paths, project) = world();
        for (folder, text) in [(project.clone(), "volume = 50\n"), (project.join("sub"), "volume = 20\n")] {
            trust(&paths, &candidate(&write(&folder, text)).unwrap().trusted).unwrap();
        }
        assert_eq!(volume(&paths, &project.join("sub/deep")), Some(20));
        assert_eq!(volume(&paths, &project), Some(50));
        assert_eq!(nearest(&project.join("sub/deep")), Some(project.join("sub").join(PROJECT_FILE)));
    }

    #[cfg(unix)]
    #[test]
    fn an_agent_may_call_the_folder_as_the_user_did() {
        let (_dir, paths, project) = world();
        write(&project, "volume = 50\n");
        let link = project.parent().unwrap().join("link");
        std::os::unix::fs::symlink(&project, &link).unwrap();
        trust(&paths, &candidate(&link.join(PROJECT_FILE)).unwrap().trusted).unwrap();
        assert_eq!((volume(&paths, &link.join("sub")), volume(&paths, &project)), (Some(50), Some(50)));
    }

    #[test]
    fn what_is_too_large_or_no_text_is_no_candidate() {
        let (_dir, _, project) = world();
        let file = write(&project, "");
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(candidate(&file).unwrap_err().to_string().contains("UTF-8"));
        fs::write(&file, vec![b'#'; 70_000]).unwrap();
        assert!(candidate(&file).unwrap_err().to_string().contains("64 KiB"));
    }
}
