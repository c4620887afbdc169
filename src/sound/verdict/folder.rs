//! A plain folder: files named after events.

use std::fs;

use super::Faults;
use crate::event::canonical;
use crate::sound::details::event_with_detail;
use crate::sound::file::{self, Root, open_sound};
use crate::sound::folder::event_of;

/// Judges every sound file that lies directly in the folder.
pub(super) fn judge(root: &Root, faults: &mut Faults) {
    let Ok(entries) = fs::read_dir(root.path()) else {
        return faults.error("", "may not be read");
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| match entry.file_name().into_string() {
            Ok(name) => Some(name),
            Err(name) => {
                faults.warning(&name.to_string_lossy(), "has a name that is no text; it is never played");
                None
            }
        })
        .collect();
    names.sort_unstable();
    let mut any = false;
    for name in names {
        let Some(stem) = file::stem(&name) else { continue };
        let path = root.path().join(&name);
        match root.confine(&path).and_then(|real| file::usable(&real)).and_then(|()| open_sound(&path)) {
            Err(why) => faults.error(&name, why),
            Ok(_) if canonical(event_of(stem)).is_some() => any = true,
            Ok(_) if event_with_detail(event_of(stem)).is_some() => any = true,
            Ok(_) => {
                faults.warning(&name, "is named after no event of Herald's; only an own event of that name plays it");
            }
        }
    }
    if !any {
        faults.error("", "holds no manifest, no theme, and no sound that is named after an event");
    }
}
