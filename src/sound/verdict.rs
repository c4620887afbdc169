//! The strict verdict on a pack's directory: everything that is wrong with it, each with its file and its reason.
//!
//! An error is what makes the pack or one of its files unusable; a warning is what the specification forbids and Herald
//! plays all the same. Reads what lies in the directory and nothing outside it, plays nothing, changes nothing. What the
//! lookup makes of the same directory is the business of `shelf`; the rules for names and files are the same, in `file`.
//!
//! | file | owns |
//! |---|---|
//! | `cesp` | `openpeon.json` and its forerunner, key by key |
//! | `rules` | the specification's rules for single values, pure |
//! | `contents` | the files a manifest names: size, kind, hash |
//! | `theme`, `folder` | the other kinds of packs |

mod cesp;
mod contents;
mod folder;
mod rules;
mod theme;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::file::Root;
use super::{manifest, xdg};
use crate::paths::Paths;

/// The most files of a pack that are counted; more than that is a fault of its own.
const MOST_FILES: usize = 10_000;

/// What a directory was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `openpeon.json`.
    Cesp,
    /// Its forerunner, `manifest.json`.
    Legacy,
    /// `index.theme`.
    Theme,
    /// Sound files named after events.
    Folder,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cesp => "cesp",
            Self::Legacy => "legacy",
            Self::Theme => "theme",
            Self::Folder => "folder",
        })
    }
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The pack, or this file of it, can't be used.
    Error,
    /// The specification forbids it, or it has no effect; everything else is played.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Fault {
    /// How bad it is.
    pub severity: Severity,
    /// The file it is about, relative to the pack, as it is written there; empty where it is the directory itself.
    pub file: String,
    /// What is wrong with it, and by which rule.
    pub why: String,
}

/// What is to be said of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What it was taken for.
    pub kind: Kind,
    /// The name it gives itself, if that may stand as a pack's name.
    pub name: Option<String>,
    /// Everything that is wrong, errors first.
    pub faults: Vec<Fault>,
}

impl Verdict {
    /// Whether the pack can be used as it is.
    pub fn is_usable(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// How many faults are that bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.faults.iter().filter(|fault| fault.severity == severity).count()
    }
}

/// Judges the pack in the directory `dir`; parents of a theme are looked for beside it and where this user's themes are.
pub fn verdict(dir: &Path) -> Verdict {
    let bases = Paths::from_env().map(|paths| paths.xdg_bases()).unwrap_or_default();
    let beside = dir.parent().map(Path::to_path_buf);
    let themes: Vec<PathBuf> = beside.into_iter().chain(bases.iter().map(|base| base.join("sounds"))).collect();
    verdict_among(dir, &themes)
}

/// The same, with the directories in which a theme's parents are looked for.
pub fn verdict_among(dir: &Path, themes: &[PathBuf]) -> Verdict {
    let mut faults = Faults::default();
    let Some(root) = Root::at(dir.to_path_buf()) else {
        faults.error("", "is not a directory");
        return faults.into_verdict(Kind::Folder, None);
    };
    let inventory = Inventory::take(&root, &mut faults);
    let (kind, name) = match manifest::bytes(&root) {
        Ok(Some((file, bytes))) => cesp::judge(&root, file, &bytes, &inventory, &mut faults),
        Err((file, why)) => {
            faults.error(file, why);
            (if file == manifest::NAME { Kind::Cesp } else { Kind::Legacy }, None)
        }
        Ok(None) if xdg::is_theme(root.path()) => {
            theme::judge(&root, themes, &mut faults);
            (Kind::Theme, None)
        }
        Ok(None) => {
            if root.path().join(theme::INDEX).exists() {
                faults.error(theme::INDEX, "is corrupt: no group [Sound Theme]; the pack is taken for a plain folder");
            }
            folder::judge(&root, &mut faults);
            (Kind::Folder, None)
        }
    };
    faults.into_verdict(kind, name)
}

/// The faults found so far, each once.
#[derive(Debug, Default)]
struct Faults(BTreeSet<Fault>);

impl Faults {
    fn error(&mut self, file: &str, why: impl Into<String>) {
        self.0.insert(Fault { severity: Severity::Error, file: file.to_owned(), why: why.into() });
    }

    fn warning(&mut self, file: &str, why: impl Into<String>) {
        self.0.insert(Fault { severity: Severity::Warning, file: file.to_owned(), why: why.into() });
    }

    fn into_verdict(self, kind: Kind, name: Option<String>) -> Verdict {
        Verdict { kind, name, faults: self.0.into_iter().collect() }
    }
}

/// What lies in a pack's directory, links not followed.
#[derive(Debug, Default)]
struct Inventory {
    bytes: u64,
}

impl Inventory {
    /// Counts, and tells of links that lead out.
    fn take(root: &Root, faults: &mut Faults) -> Self {
        let mut inventory = Self::default();
        let mut left = MOST_FILES;
        let mut open = vec![root.path().to_path_buf()];
        while let Some(dir) = open.pop() {
            let Ok(entries) = fs::read_dir(&dir) else { continue };
            for entry in entries.flatten() {
                if left == 0 {
                    faults.warning("", format!("holds more than {MOST_FILES} files; the rest was not looked at"));
                    return inventory;
                }
                left -= 1;
                let path = entry.path();
                let Ok(metadata) = entry.metadata() else { continue };
                if metadata.is_dir() {
                    open.push(path);
                } else if metadata.is_symlink() {
                    if let Err(why) = root.confine(&path) {
                        faults.warning(&shown(root, &path), format!("{why}; it is never opened"));
                    }
                } else {
                    inventory.bytes += metadata.len();
                }
            }
        }
        inventory
    }
}

/// A path of the pack, the way a manifest writes it.
fn shown(root: &Root, path: &Path) -> String {
    let parts = path.strip_prefix(root.path()).unwrap_or(path).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
