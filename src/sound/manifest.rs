//! CESP packs: `openpeon.json` (version 1.0), or its forerunner `manifest.json`.
//!
//! Reads tolerantly: what is not understood is passed over, and one bad entry never costs the others. Judging a pack
//! strictly is a different task. Every path in a manifest is a stranger's and goes through `file`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::file::{self, Root};
use super::folder::Folder;

/// The largest manifest that is read: a hundred times the largest published one.
const LARGEST: u64 = 1 << 20;

/// The manifest's name.
pub(super) const NAME: &str = "openpeon.json";

/// What its forerunner was called.
const LEGACY_NAME: &str = "manifest.json";

/// More variants of one category than any pack has; the rest is not looked at.
pub(super) const MOST_VARIANTS: usize = 256;

/// What the forerunner called the categories.
const LEGACY: &[(&str, &str)] = &[
    ("session.start", "greeting"),
    ("task.acknowledge", "acknowledge"),
    ("task.complete", "complete"),
    ("task.error", "error"),
    ("input.required", "permission"),
    ("resource.limit", "resource_limit"),
    ("user.spam", "annoyed"),
];

/// A pack with a manifest.
#[derive(Debug)]
pub(super) struct Manifest {
    folder: Folder,
    categories: BTreeMap<String, Vec<String>>,
    aliases: BTreeMap<String, String>,
    legacy: bool,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    categories: BTreeMap<String, Lenient<RawCategory>>,
    category_aliases: Option<Lenient<BTreeMap<String, Lenient<String>>>>,
}

#[derive(Deserialize)]
struct RawCategory {
    #[serde(default)]
    sounds: Vec<Lenient<RawSound>>,
}

#[derive(Deserialize)]
struct RawSound {
    file: String,
}

/// What was expected, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Good(T),
    Bad(#[allow(dead_code, reason = "only there to be matched")] IgnoredAny),
}

impl<T> Lenient<T> {
    fn good(self) -> Option<T> {
        match self {
            Self::Good(value) => Some(value),
            Self::Bad(_) => None,
        }
    }
}

impl Manifest {
    /// The pack at `root`; `Ok(None)` where it has no manifest.
    ///
    /// # Errors
    /// The manifest's fault, with its name.
    pub(super) fn read(root: &Root) -> Result<Option<Self>, String> {
        match bytes(root) {
            Ok(None) => Ok(None),
            Ok(Some((name, bytes))) => {
                let mut pack = Self::parse(&bytes, root.clone()).map_err(|error| format!("{name}: {error}"))?;
                pack.legacy = name == LEGACY_NAME;
                Ok(Some(pack))
            }
            Err((name, why)) => Err(format!("{name} {why}")),
        }
    }

    fn parse(bytes: &[u8], root: Root) -> serde_json::Result<Self> {
        let raw: Raw = serde_json::from_slice(without_mark(bytes))?;
        let files =
            |category: RawCategory| category.sounds.into_iter().filter_map(|sound| Some(sound.good()?.file)).collect();
        Ok(Self {
            folder: Folder::new(root),
            categories: raw
                .categories
                .into_iter()
                .filter_map(|(name, category)| Some((name, files(category.good()?))))
                .collect(),
            aliases: raw
                .category_aliases
                .and_then(Lenient::good)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, target)| Some((name, target.good()?)))
                .collect(),
            legacy: false,
        })
    }

    /// The sounds of a category: by its own name, else by an alias, else by what the forerunner called it.
    pub(super) fn category(&self, name: &str) -> Vec<Result<PathBuf, String>> {
        self.files_of(name).map(|file| self.sound(file)).collect()
    }

    /// Whether there is a usable sound for the category.
    pub(super) fn has_category(&self, name: &str) -> bool {
        self.files_of(name).any(|file| self.sound(file).is_ok())
    }

    fn files_of(&self, name: &str) -> impl Iterator<Item = &String> {
        let before = || {
            LEGACY.iter().find(|(new, _)| self.legacy && *new == name).and_then(|(_, old)| self.categories.get(*old))
        };
        let files = self
            .categories
            .get(name)
            .or_else(|| self.aliases.get(name).and_then(|target| self.categories.get(target)))
            .or_else(before);
        files.into_iter().flatten().take(MOST_VARIANTS)
    }

    /// Whether it is the forerunner's.
    pub(super) fn is_legacy(&self) -> bool {
        self.legacy
    }

    /// How many different files it names.
    pub(super) fn count(&self) -> usize {
        self.categories.values().flatten().collect::<BTreeSet<_>>().len()
    }

    /// The sounds whose file is called `name`: those the manifest lists, else those that lie beside it.
    pub(super) fn named(&self, name: &str) -> Vec<Result<PathBuf, String>> {
        let mut listed: Vec<&String> = self
            .categories
            .values()
            .flatten()
            .filter(|path| path.rsplit('/').next().and_then(file::stem) == Some(name))
            .take(MOST_VARIANTS)
            .collect();
        listed.sort_unstable();
        listed.dedup();
        if listed.is_empty() {
            self.folder.variants(name)
        } else {
            listed.into_iter().map(|file| self.sound(file)).collect()
        }
    }

    fn sound(&self, file: &str) -> Result<PathBuf, String> {
        resolve(self.folder.root(), file).map(|found| found.path).map_err(|why| format!("{file:?} {why}"))
    }
}

/// What a category of the forerunner's is called now.
pub(super) fn modern(name: &str) -> Option<&'static str> {
    LEGACY.iter().find(|(_, old)| *old == name).map(|(new, _)| *new)
}

/// A manifest's name, and what belongs to it.
type Named<T> = (&'static str, T);

/// The manifest's name and bytes; `Ok(None)` where there is none.
///
/// # Errors
/// Its name, and why it can't be read.
pub(super) fn bytes(root: &Root) -> Result<Option<Named<Vec<u8>>>, Named<String>> {
    for name in [NAME, LEGACY_NAME] {
        let path = root.path().join(name);
        if let Some(bytes) = file::small(&path, LARGEST).map_err(|why| (name, why))? {
            root.confine(&path).map_err(|why| (name, why))?;
            return Ok(Some((name, bytes)));
        }
    }
    Ok(None)
}

/// The text without a byte order mark in front.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Where a sound is that a manifest names.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) path: PathBuf,
    /// It is not where the manifest says, but in `sounds/`.
    pub(super) moved: bool,
}

/// The file that a manifest means by `file`.
///
/// # Errors
/// Why it may not be used, in words that follow the file's name.
pub(super) fn resolve(root: &Root, file: &str) -> Result<Resolved, String> {
    let found = root.sound(file).map(|path| Resolved { path, moved: false });
    // A bare name meant one in `sounds/` to the forerunner, and some packs still count on it.
    if found.is_err()
        && !file.contains('/')
        && let Ok(path) = root.sound(&format!("sounds/{file}"))
    {
        return Ok(Resolved { path, moved: true });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories(json: &str) -> Result<Vec<(String, usize)>, String> {
        let pack =
            Manifest::parse(json.as_bytes(), Root::at(".".into()).unwrap()).map_err(|error| error.to_string())?;
        Ok(pack.categories.into_iter().map(|(name, files)| (name, files.len())).collect())
    }

    #[test]
    fn one_bad_entry_never_costs_the_others() {
        let read = categories(
            r#"{"cesp_version": 7, "x": [], "categories": {
                "task.complete": {"sounds": [{"file": "a.wav", "label": 1}, {"label": "no file"}, 5, null], "icon": {}},
                "task.error": "none",
                "user.spam": {"sounds": []}}}"#,
        );
        assert_eq!(read, Ok(vec![("task.complete".into(), 1), ("user.spam".into(), 0)]));
    }

    #[test]
    fn a_manifest_without_categories_is_empty_and_one_that_is_no_json_is_a_fault() {
        assert_eq!(categories("\u{feff}{}"), Ok(vec![]));
        for bad in
            ["", "7", "{", "{\"categories\": []}", &"[".repeat(1000), &format!("{{\"x\":{}", "[".repeat(100_000))]
        {
            assert!(categories(bad).is_err());
        }
    }
}
