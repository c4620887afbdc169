//! The journal: lines can be written, and only this user reads them.
//!
//! Takes others' access off it; never changes a line.

use std::io;

use super::Verdict;
use super::scene::{Scene, quoted, when_written};
use crate::paths::Paths;
use crate::platform;
use crate::platform::look::{self, Facts};

/// The journal can be written, and by nobody else.
pub(super) fn journal(scene: &Scene<'_>) -> Verdict {
    let path = scene.paths.journal();
    match both_journals(scene.paths) {
        Err(verdict) => verdict,
        Ok(Journals { found: false, .. }) => Verdict::ok("nothing written yet"),
        Ok(Journals { size, was_open, .. }) => {
            let last = scene
                .lines()
                .last()
                .map_or_else(|| "no line".to_owned(), |line| format!("last line at {}", when_written(line)));
            if was_open {
                return Verdict::repaired(format!("{} was open to others", path.display()), "it is private again");
            }
            Verdict::ok(format!("{} KiB, {last}", size.div_ceil(1024)))
        }
    }
}

#[derive(Debug, Default)]
struct Journals {
    found: bool,
    was_open: bool,
    size: u64,
}

fn both_journals(paths: &Paths) -> Result<Journals, Verdict> {
    let mut both = Journals::default();
    for path in [paths.old_journal(), paths.journal()] {
        let facts = match Facts::of(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            facts => facts,
        };
        let opened = facts.and_then(|facts| Ok((facts, platform::open_for_append(&path)?)));
        let (facts, file) = opened.map_err(|e| {
            let detail = format!("{} can't be written, so nothing is: {e}", path.display());
            Verdict::fail(detail, format!("mv {0} {0}.old", quoted(&path)))
        })?;
        both.found = true;
        both.size += facts.size;
        if facts.mode & 0o077 != 0 {
            look::make_private(&file).map_err(|e| {
                let detail = format!("{} is open to others: {e}", path.display());
                Verdict::warn(detail, format!("chmod 600 {}", quoted(&path)))
            })?;
            both.was_open = true;
        }
    }
    Ok(both)
}
