//! The search for a sound as the specification and libcanberra have it, step by step, on lists instead of a disk.
//!
//! Shares no line with the program. Where libcanberra gives up, a missing or corrupt parent is passed over and a circle
//! ends, as Herald promises.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use crate::tree::{Tree, WAV};

const THEMES: &[&str] = &["t0", "t1", "t2", "freedesktop"];
const PLACES: &[&str] = &["stereo", "alt", "."];
const LOCALES: &[&str] =
    &["", "", "en_US.UTF-8", "en_US", "en", "C", "de_DE.UTF-8@euro", "de_DE.UTF-8", "de_DE", "de", "fr"];
pub(crate) const NAMES: &[&str] =
    &["message-new-instant", "message-new-email", "message-new", "message", "bell-terminal", "bell"];
const ENDS: &[&str] = &["disabled", "oga", "ogg", "wav", "mp3"];

#[derive(Clone, Debug)]
pub(crate) struct ModelTheme {
    directories: Vec<&'static str>,
    profiles: BTreeMap<&'static str, &'static str>,
    inherits: Vec<&'static str>,
    corrupt: bool,
    /// Written with blanks, comments and capitals of the editor's own.
    loose: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// By base and theme.
    indexes: BTreeMap<(usize, &'static str), ModelTheme>,
    /// Relative to the tree.
    files: HashSet<String>,
}

pub(crate) fn model() -> impl Strategy<Value = Model> {
    let pick = |from: &'static [&'static str]| proptest::sample::select(from);
    let theme = (
        proptest::collection::vec(pick(PLACES), 0..4),
        proptest::collection::btree_map(pick(PLACES), proptest::sample::select(&["stereo", "5.1"][..]), 0..3),
        proptest::collection::vec(pick(&["t0", "t1", "t2", "freedesktop", "missing"]), 0..4),
        proptest::bool::weighted(0.1),
        proptest::bool::ANY,
    )
        .prop_map(|(directories, profiles, inherits, corrupt, loose)| ModelTheme {
            directories,
            profiles,
            inherits,
            corrupt,
            loose,
        });
    let file = (
        0..2_usize,
        proptest::option::weighted(0.9, (pick(THEMES), proptest::option::weighted(0.8, pick(PLACES)))),
        pick(LOCALES),
        pick(NAMES),
        proptest::sample::subsequence(ENDS, 1..3),
    )
        .prop_map(|(base, place, locale, name, ends)| {
            let mut parts = vec![format!("x{base}"), "sounds".to_owned()];
            if let Some((theme, dir)) = place {
                parts.push(theme.to_owned());
                parts.extend(dir.filter(|dir| *dir != ".").map(str::to_owned));
            }
            parts.extend((!locale.is_empty()).then(|| locale.to_owned()));
            parts.push(name.to_owned());
            let stem = parts.join("/");
            ends.into_iter().map(|end| format!("{stem}.{end}")).collect::<Vec<_>>()
        });
    (proptest::collection::btree_map((0..2_usize, pick(THEMES)), theme, 0..7), proptest::collection::vec(file, 0..18))
        .prop_map(|(indexes, files)| Model { indexes, files: files.into_iter().flatten().collect() })
}

impl Model {
    fn load(
        &self,
        theme: &'static str,
        seen: &mut Vec<&'static str>,
        list: &mut Vec<(&'static str, &'static str, Option<&'static str>)>,
    ) {
        if seen.contains(&theme) {
            return;
        }
        seen.push(theme);
        for base in 0..2 {
            let Some(index) = self.indexes.get(&(base, theme)) else { continue };
            if !index.corrupt {
                for dir in &index.directories {
                    let entry = (theme, *dir, index.profiles.get(dir).copied());
                    if !list.contains(&entry) {
                        list.push(entry);
                    }
                }
                for parent in &index.inherits {
                    self.load(parent, seen, list);
                }
            }
            return;
        }
    }

    /// `Some("")` for disabled.
    fn attempt(&self, dir: &str, name: &str, locale: &str) -> Option<String> {
        let mut locales: Vec<&str> = Vec::new();
        if !locale.is_empty() {
            locales = vec![
                locale,
                locale.split('@').next().unwrap(),
                locale.split('.').next().unwrap(),
                locale.split('_').next().unwrap(),
                "C",
            ];
        }
        locales.push("");
        let mut name = name.to_owned();
        loop {
            for locale in &locales {
                for end in ["disabled", "oga", "ogg", "wav"] {
                    let path = if locale.is_empty() {
                        format!("{dir}/{name}.{end}")
                    } else {
                        format!("{dir}/{locale}/{name}.{end}")
                    };
                    if self.files.contains(&path) {
                        return Some(if end == "disabled" { String::new() } else { path });
                    }
                }
            }
            match name.rfind('-') {
                Some(cut) if cut > 0 => name.truncate(cut),
                _ => return None,
            }
        }
    }

    /// `Some("")` for disabled, `None` for nothing.
    pub(crate) fn find(&self, theme: &'static str, name: &str, locale: &str) -> Option<String> {
        let (mut seen, mut list) = (Vec::new(), Vec::new());
        self.load(theme, &mut seen, &mut list);
        self.load("freedesktop", &mut seen, &mut list);
        for (theme, dir, profile) in list {
            if profile.is_none_or(|profile| profile == "stereo") {
                for base in 0..2 {
                    let place = if dir == "." {
                        format!("x{base}/sounds/{theme}")
                    } else {
                        format!("x{base}/sounds/{theme}/{dir}")
                    };
                    if let Some(found) = self.attempt(&place, name, locale) {
                        return Some(found);
                    }
                }
            }
        }
        for base in 0..2 {
            if let Some(found) = self.attempt(&format!("x{base}/sounds/{theme}"), name, locale) {
                return Some(found);
            }
        }
        (0..2).find_map(|base| self.attempt(&format!("x{base}/sounds"), name, locale))
    }

    pub(crate) fn write(&self) -> Tree {
        let tree = Tree::new();
        for file in &self.files {
            tree.write(file, WAV);
        }
        for ((base, theme), index) in &self.indexes {
            let mut text = format!(
                "[Sound Theme]\nName=X\nDirectories={}\nInherits={}\n",
                index.directories.join(","),
                index.inherits.join(",")
            );
            if index.corrupt {
                text.push_str("Inherits=t0\n");
            }
            for (dir, profile) in &index.profiles {
                text.push_str(&format!("[{dir}]\nOutputProfile={profile}\n"));
            }
            if index.loose {
                text = format!("# made by hand\n\n{}", text.replace('=', " = ").replace('\n', " # so\r\n"));
            }
            tree.write(&format!("x{base}/sounds/{theme}/index.theme"), text);
        }
        tree
    }
}
