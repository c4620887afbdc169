//! An XDG sound theme.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Faults, shown};
use crate::event::EVENTS;
use crate::sound::file::{self, Root, open_sound};
use crate::sound::xdg::{ENDINGS, Index, LARGEST_INDEX, cuts};

/// The file that makes a directory a theme.
pub(super) const INDEX: &str = "index.theme";

/// Judges the index, the directories it names and the sounds in them.
pub(super) fn judge(root: &Root, themes: &[PathBuf], faults: &mut Faults) {
    let path = root.path().join(INDEX);
    let bytes = match root.confine(&path).and_then(|_| file::small(&path, LARGEST_INDEX)) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(why) => {
            faults.error(INDEX, why);
            return;
        }
    };
    if std::str::from_utf8(&bytes).is_err() {
        faults.warning(INDEX, "is not UTF-8");
    }
    let index = match Index::parse(&String::from_utf8_lossy(&bytes)) {
        Ok(index) => index,
        Err(why) => {
            faults.error(INDEX, format!("is corrupt: {why}"));
            return;
        }
    };
    for refused in &index.refused {
        faults.warning(
            INDEX,
            format!("names {refused:?}, which leads out of the theme or is no name; it is passed over"),
        );
    }
    for parent in &index.inherits {
        if !themes.iter().any(|base| base.join(parent).join(INDEX).is_file()) {
            faults.warning(INDEX, format!("inherits {parent:?}, which is not installed; it is passed over"));
        }
    }
    if index.listed.is_empty() {
        faults.warning(INDEX, "names no directory; only sounds that lie beside it are found");
    }
    let mut stems = Vec::new();
    let mut places: Vec<PathBuf> = vec![root.path().to_path_buf()];
    for dir in &index.listed {
        let place: PathBuf = root.path().join(dir).components().collect();
        if place.is_dir() {
            places.push(place);
        } else {
            faults.warning(dir, "is named in Directories and is missing");
        }
    }
    places.dedup();
    for place in places {
        sounds_in(root, &place, &mut stems, faults);
    }
    let answers = |name: &&str| cuts(name).any(|cut| stems.iter().any(|stem| stem == cut));
    if stems.is_empty() && index.inherits.is_empty() {
        faults.error("", "holds no sound and inherits none");
    } else if index.inherits.is_empty() && !EVENTS.iter().flat_map(|row| row.xdg).any(answers) {
        faults.warning("", "has no sound for any event of Herald's");
    }
}

/// The sounds of one directory and of the languages below it.
fn sounds_in(root: &Root, place: &Path, stems: &mut Vec<String>, faults: &mut Faults) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if ENDINGS.contains(&end) {
            match root.confine(&path).and_then(|_| open_sound(&path)) {
                Ok(_) => stems.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned())),
                Err(why) => faults.error(&shown(root, &path), why),
            }
        } else if file::stem(&format!("x.{end}")).is_some() {
            faults.warning(&shown(root, &path), "is of a format that themes don't have; it is never found");
        }
    }
}
