//! XDG sound themes: where they are, what they inherit, which file a name means.
//!
//! The algorithm is libcanberra's, except that a missing or corrupt parent is passed over and a circle of parents ends.
//! Themes are installed by the system's packages and may be woven of links, so links are followed here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::file;
use crate::sound_ref::is_part;

/// The theme that stands behind every other.
const LAST: &str = "freedesktop";

/// The output profile asked for; notification sounds have no other.
const PROFILE: &str = "stereo";

/// The endings of sounds, in the order in which they are asked for.
pub(super) const ENDINGS: &[&str] = &["oga", "ogg", "wav"];

/// As many as libcanberra reads.
const MOST_THEMES: usize = 8;

/// Bounds on what a hostile index can make us look for.
const MOST_NAMES: usize = 64;
const MOST_DIRECTORIES: usize = 64;
pub(super) const LARGEST_INDEX: u64 = 256 << 10;

/// A theme with all it inherits, ready to be asked.
#[derive(Debug)]
pub(super) struct Theme {
    name: String,
    /// The `sounds` directories, in order.
    bases: Vec<PathBuf>,
    /// Theme and directory of each place for our profile, in order.
    places: Vec<(String, String)>,
    locales: Vec<String>,
}

/// What a theme says to a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// This file.
    File(PathBuf),
    /// The user put a `.disabled` there: nothing is to be heard, not even something else.
    Disabled,
    /// Nothing.
    Nothing,
}

impl Theme {
    /// Reads the theme called `name`, which must be a name, from `bases` (the `sounds` directories).
    ///
    /// A theme that is not there or not sound is replaced by the last one; the fault comes along.
    pub(super) fn load(name: &str, bases: Vec<PathBuf>, locale: Option<&str>) -> (Self, Option<String>) {
        let mut walk = Walk { bases: &bases, seen: Vec::new(), loaded: 0, places: Vec::new() };
        let fault = walk.theme(name).err();
        if !walk.seen.iter().any(|seen| seen == LAST) {
            walk.loaded = walk.loaded.min(MOST_THEMES - 1);
            walk.theme(LAST).ok();
        }
        let places = walk.places;
        (Self { name: name.to_owned(), bases, places, locales: locale.map(locales).unwrap_or_default() }, fault)
    }

    /// The file that `name` means, in this theme, in what it inherits, or outside any theme.
    pub(super) fn find(&self, name: &str) -> Answer {
        // Collected component-wise, so that a directory called `.` leaves no trace in the path.
        let below = |base: &Path, theme: &str, dir: &str| base.join(theme).join(dir).components().collect::<PathBuf>();
        let profiled =
            self.places.iter().flat_map(|(theme, dir)| self.bases.iter().map(move |base| below(base, theme, dir)));
        let bare = self.bases.iter().map(|base| base.join(&self.name));
        let unthemed = self.bases.iter().cloned();
        profiled
            .chain(bare)
            .chain(unthemed)
            .map(|dir| self.look(&dir, name))
            .find(|answer| *answer != Answer::Nothing)
            .unwrap_or(Answer::Nothing)
    }

    /// What it is called among people.
    pub(super) fn title(&self) -> Option<String> {
        index(&self.bases, &self.name).ok()?.title
    }

    /// The sounds of the theme itself, for our profile and for no language in particular: name and file.
    pub(super) fn own(&self) -> Vec<(String, PathBuf)> {
        let own = self.places.iter().filter(|(theme, _)| *theme == self.name);
        let dirs = own.flat_map(|(theme, dir)| self.bases.iter().map(move |base| base.join(theme).join(dir)));
        let mut found = BTreeMap::new();
        for path in dirs.filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten().map(|entry| entry.path()) {
            let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
            if let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| ENDINGS.contains(&end)) {
                found.entry(stem.to_owned()).or_insert_with(|| path.components().collect());
            }
        }
        found.into_iter().collect()
    }

    /// Looks in one directory: the full name before its generic forms, the user's language before none.
    fn look(&self, dir: &Path, name: &str) -> Answer {
        if !dir.is_dir() {
            return Answer::Nothing;
        }
        let mut places: Vec<PathBuf> =
            self.locales.iter().map(|locale| dir.join(locale)).filter(|place| place.is_dir()).collect();
        places.push(dir.to_path_buf());
        for name in cuts(name) {
            for place in &places {
                if place.join(format!("{name}.disabled")).exists() {
                    return Answer::Disabled;
                }
                let sounds = ENDINGS.iter().map(|end| place.join(format!("{name}.{end}")));
                if let Some(sound) = sounds.into_iter().find(|path| path.is_file()) {
                    return Answer::File(sound);
                }
            }
        }
        Answer::Nothing
    }
}

/// The name, then itself cut at the last hyphen, again and again, never to nothing.
pub(super) fn cuts(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| {
        name.rsplit_once('-').map(|(rest, _)| rest).filter(|rest| !rest.is_empty())
    })
}

/// The directories a locale looks into, beside none at all.
fn locales(locale: &str) -> Vec<String> {
    let mut list = Vec::new();
    // libcanberra keeps the encoding and so never asks for `en_US`; theme authors do.
    let forms = [Some(locale), before(locale, '@'), before(locale, '.'), before(locale, '_'), Some("C")];
    for form in forms.into_iter().flatten() {
        let safe = form.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@'))
            && !form.starts_with('.');
        if safe && !form.is_empty() && !list.iter().any(|known| known == form) {
            list.push(form.to_owned());
        }
    }
    list
}

fn before(text: &str, cut: char) -> Option<&str> {
    text.split_once(cut).map(|(before, _)| before)
}

/// The walk over a theme and its parents, depth first.
struct Walk<'a> {
    bases: &'a [PathBuf],
    seen: Vec<String>,
    loaded: usize,
    places: Vec<(String, String)>,
}

impl Walk<'_> {
    fn theme(&mut self, name: &str) -> Result<(), String> {
        if self.loaded == MOST_THEMES || self.seen.len() == MOST_NAMES || self.seen.iter().any(|seen| seen == name) {
            return Ok(());
        }
        self.seen.push(name.to_owned());
        let index = index(self.bases, name)?;
        self.loaded += 1;
        self.places.extend(index.directories.into_iter().map(|dir| (name.to_owned(), dir)));
        for parent in index.inherits {
            // A missing parent costs its own sounds, not those of the others.
            self.theme(&parent).ok();
        }
        Ok(())
    }
}

/// The first index among the bases; indexes are not merged.
fn index(bases: &[PathBuf], theme: &str) -> Result<Index, String> {
    for base in bases {
        if let Some(bytes) = file::small(&base.join(theme).join("index.theme"), LARGEST_INDEX)
            .map_err(|why| format!("index.theme {why}"))?
        {
            return Index::parse(&String::from_utf8_lossy(&bytes))
                .map_err(|why| format!("index.theme is corrupt: {why}"));
        }
    }
    Err("there is no such theme".to_owned())
}

/// What an `index.theme` tells us.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// What the theme is called among people.
    title: Option<String>,
    /// The directories of our profile.
    directories: Vec<String>,
    /// Those of every profile.
    pub(super) listed: Vec<String>,
    /// The parents.
    pub(super) inherits: Vec<String>,
    /// Directories and parents that are passed over, because they would lead elsewhere.
    pub(super) refused: Vec<String>,
}

impl Index {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut group = None;
        let mut inherits: Option<Vec<String>> = None;
        let mut directories: Vec<String> = Vec::new();
        let mut refused: Vec<String> = Vec::new();
        let mut profiles: Vec<(&str, &str)> = Vec::new();
        let mut is_theme = false;
        let mut title = None;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                group = Some(name.trim());
                is_theme |= group == Some("Sound Theme");
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            match (group, key.trim()) {
                (Some("Sound Theme"), "Inherits") if inherits.is_some() => return Err("a second Inherits".to_owned()),
                (Some("Sound Theme"), "Inherits") => {
                    let (good, bad): (Vec<&str>, _) = list(value).partition(|name| is_part(name));
                    inherits = Some(good.into_iter().map(str::to_owned).collect());
                    refused.extend(bad.into_iter().map(str::to_owned));
                }
                (Some("Sound Theme"), "Name") => title = Some(value.to_owned()).filter(|title| !title.is_empty()),
                (Some("Sound Theme"), "Directories") => {
                    for dir in list(value) {
                        if !is_below(dir) {
                            refused.push(dir.to_owned());
                        } else if directories.len() < MOST_DIRECTORIES && !directories.iter().any(|known| known == dir)
                        {
                            directories.push(dir.to_owned());
                        }
                    }
                }
                (Some(dir), "OutputProfile") => {
                    if profiles.iter().any(|(known, profile)| *known == dir && *profile != value) {
                        return Err(format!("two output profiles for {dir:?}"));
                    }
                    profiles.push((dir, value));
                }
                _ => {}
            }
        }
        if !is_theme {
            return Err("no group [Sound Theme]".to_owned());
        }
        let listed = directories.clone();
        directories.retain(|dir| profiles.iter().all(|(known, profile)| known != dir || *profile == PROFILE));
        Ok(Self { title, directories, listed, inherits: inherits.unwrap_or_default(), refused })
    }
}

/// Whether the directory `root` holds a sound theme.
pub(super) fn is_theme(root: &Path) -> bool {
    file::small(&root.join("index.theme"), LARGEST_INDEX).is_ok_and(|bytes| {
        bytes.is_some_and(|bytes| String::from_utf8_lossy(&bytes).lines().any(|line| line.trim() == "[Sound Theme]"))
    })
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split([',', ' ', '\t']).filter(|item| !item.is_empty())
}

/// A directory of a theme: below it, or (as `.`) the theme's own.
fn is_below(dir: &str) -> bool {
    !dir.contains(['\\', ':', '\0'])
        && Path::new(dir).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("message-new-instant", &["message-new-instant", "message-new", "message"])]
    #[case("bell", &["bell"])]
    #[case("a--b", &["a--b", "a-", "a"])]
    #[case("-a", &["-a"])]
    fn names_are_cut_at_the_last_hyphen_never_to_nothing(#[case] name: &str, #[case] expected: &[&str]) {
        assert_eq!(cuts(name).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case("en_US.UTF-8", &["en_US.UTF-8", "en_US", "en", "C"])]
    #[case("de_DE.UTF-8@euro", &["de_DE.UTF-8@euro", "de_DE.UTF-8", "de_DE", "de", "C"])]
    #[case("C.UTF-8", &["C.UTF-8", "C"])]
    #[case("C", &["C"])]
    #[case("", &["C"])]
    #[case("../../etc", &["C"])]
    #[case("en/../..", &["C"])]
    fn locales_go_from_the_full_form_to_c(#[case] locale: &str, #[case] expected: &[&str]) {
        assert_eq!(locales(locale), expected);
    }

    type Read = Result<(Vec<String>, Vec<String>), String>;

    fn index(directories: &[&str], inherits: &[&str]) -> Read {
        let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        Ok((owned(directories), owned(inherits)))
    }

    #[rstest]
    #[case::plain("[Sound Theme]\nName=X\nInherits=a,b\nDirectories=stereo,5.1\n[5.1]\nOutputProfile=5.1\n", index(&["stereo"], &["a", "b"]))]
    #[case::lenient("\u{feff}# c\r\n [Sound Theme] \r\n Directories = a b, a ,c # d\r\nnonsense\r\n[a]\r\nOutputProfile = stereo", index(&["a", "b", "c"], &[]))]
    #[case::own_directory("[Sound Theme]\nDirectories=.\n", index(&["."], &[]))]
    #[case::hostile("[Sound Theme]\nDirectories=../x,/etc,a/../../b,a\\b,ok\nInherits=../x,/etc,.h,good\n", index(&["ok"], &["good"]))]
    #[case::same_profile_twice("[Sound Theme]\nDirectories=a\n[a]\nOutputProfile=stereo\n[a]\nOutputProfile=stereo\n", index(&["a"], &[]))]
    #[case::two_inherits("[Sound Theme]\nInherits=a\nInherits=b\n", Err("a second Inherits".to_owned()))]
    #[case::two_profiles("[Sound Theme]\n[a]\nOutputProfile=x\n[a]\nOutputProfile=y\n", Err("two output profiles for \"a\"".to_owned()))]
    #[case::not_a_theme("[Icon Theme]\nDirectories=a\n", Err("no group [Sound Theme]".to_owned()))]
    #[case::binary("\u{0}\u{1}=[", Err("no group [Sound Theme]".to_owned()))]
    fn indexes_are_read_leniently_and_contradictions_are_corrupt(#[case] text: &str, #[case] expected: Read) {
        assert_eq!(Index::parse(text).map(|index| (index.directories, index.inherits)), expected);
    }
}
