//! A folder of sounds named after events: `task.complete.ogg`, `task.complete-2.ogg`, …
//!
//! Reads the one directory, once, and nothing below it.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

use super::file::{self, Root};

/// More entries than any folder of sounds has; the rest is not looked at.
const MOST_ENTRIES: usize = 10_000;

/// More variants of one sound than anyone keeps.
const MOST_VARIANTS: usize = 256;

/// The sounds that lie directly in one directory.
#[derive(Debug)]
pub(super) struct Folder {
    root: Root,
    /// File names, read when first asked for.
    entries: OnceCell<Vec<String>>,
}

impl Folder {
    /// The folder at `root`.
    pub(super) fn new(root: Root) -> Self {
        Self { root, entries: OnceCell::new() }
    }

    /// Where it is.
    pub(super) fn root(&self) -> &Root {
        &self.root
    }

    /// The files named `name` and its numbered variants, in that order.
    pub(super) fn variants(&self, name: &str) -> Vec<Result<PathBuf, String>> {
        let mut found: Vec<(u32, &str)> = self
            .entries()
            .iter()
            .filter_map(|entry| Some((variant_of(name, file::stem(entry)?)?, entry.as_str())))
            .collect();
        found.sort_unstable();
        found
            .into_iter()
            .take(MOST_VARIANTS)
            .map(|(_, entry)| {
                let path = self.root.path().join(entry);
                let checked = self.root.confine(&path).and_then(|real| file::usable(&real));
                checked.map(|()| path).map_err(|why| format!("{entry:?} {why}"))
            })
            .collect()
    }

    /// Every sound file that lies there, by name: what it is named after, and where it is or why it may not be used.
    pub(super) fn all(&self) -> Vec<(String, String, Result<PathBuf, String>)> {
        let mut names: Vec<&String> = self.entries().iter().collect();
        names.sort_unstable();
        let listed = names.into_iter().filter_map(|name| Some((file::stem(name)?, name)));
        listed
            .map(|(stem, name)| {
                let path = self.root.path().join(name);
                let checked = self.root.confine(&path).and_then(|real| file::usable(&real));
                (event_of(stem).to_owned(), name.clone(), checked.map(|()| path))
            })
            .collect()
    }

    fn entries(&self) -> &[String] {
        self.entries.get_or_init(|| {
            let Ok(entries) = fs::read_dir(self.root.path()) else { return Vec::new() };
            entries.take(MOST_ENTRIES).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
        })
    }
}

/// Which variant of `name` a stem is: 0 for the name itself, N for `name-N`.
fn variant_of(name: &str, stem: &str) -> Option<u32> {
    let rest = stem.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(0);
    }
    let number = rest.strip_prefix('-')?;
    (matches!(number.len(), 1..=4) && number.bytes().all(|b| b.is_ascii_digit())).then(|| number.parse().ok())?
}

/// The event that a stem is named after, without the number of a variant.
pub(super) fn event_of(stem: &str) -> &str {
    match stem.rsplit_once('-') {
        Some((event, _)) if variant_of(event, stem).is_some() => event,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("task.complete", Some(0))]
    #[case("task.complete-2", Some(2))]
    #[case("task.complete-10", Some(10))]
    #[case("task.complete-", None)]
    #[case("task.complete-x", None)]
    #[case("task.complete-2-3", None)]
    #[case("task.completed", None)]
    #[case("task.complete-+1", None)]
    #[case("task", None)]
    fn variants_end_in_a_number(#[case] stem: &str, #[case] expected: Option<u32>) {
        assert_eq!(variant_of("task.complete", stem), expected);
    }
}
