//! The journal: lines can be written, and only this user reads them.
//!
//! Takes others' access off it; never changes a line.

use std::io;
use std::path::{Path, PathBuf};

use super::Verdict;
use super::places::{could_be_made, is_missing, look_at};
use super::scene::{Scene, quoted, when_written};
use crate::paths::Paths;
use crate::platform;
use crate::platform::look::{self, Facts, Kind};

/// The journal can be written, and by nobody else.
pub(super) fn journal(scene: &Scene<'_>) -> Verdict {
    match both(scene.paths) {
        Err(verdict) => verdict,
        Ok(Journals { found: false, .. }) => could_be_made(&scene.paths.journal(), "nothing written yet"),
        Ok(Journals { was_open: Some(path), .. }) => {
            Verdict::repaired(format!("{} was open to others", path.display()), "it is private again")
        }
        Ok(Journals { size, .. }) => {
            let last = scene.lines().last().map(|line| format!("last line at {}", when_written(line)));
            Verdict::ok(format!("{} KiB, {}", size.div_ceil(1024), last.unwrap_or_else(|| "no line".to_owned())))
        }
    }
}

/// The journal's files together.
#[derive(Debug, Default)]
struct Journals {
    found: bool,
    was_open: Option<PathBuf>,
    size: u64,
}

fn both(paths: &Paths) -> Result<Journals, Verdict> {
    let mut both = Journals::default();
    for path in [paths.old_journal(), paths.journal()] {
        let facts = match Facts::of(&path) {
            Ok(facts) => facts,
            Err(e) if is_missing(&e) => continue,
            Err(e) => return Err(Verdict::fail(format!("could not look at {}: {e}", path.display()), look_at(&path))),
        };
        let file = platform::open_for_append(&path).map_err(|e| unwritable(&path, facts, &e))?;
        both.found = true;
        both.size += facts.size;
        if facts.mode & 0o077 != 0 {
            look::make_private(&file).map_err(|e| {
                let detail = format!("{} is open to others: {e}", path.display());
                Verdict::warn(detail, format!("chmod 600 {}", quoted(&path)))
            })?;
            both.was_open = Some(path);
        }
    }
    Ok(both)
}

fn unwritable(path: &Path, facts: Facts, error: &io::Error) -> Verdict {
    let name = quoted(path);
    let hint = match facts {
        Facts { kind: Kind::File, own: true, .. } => format!("chmod 600 {name}"),
        Facts { kind: Kind::File, .. } => look_at(path),
        _ => format!("mv {name} {name}.old"),
    };
    Verdict::fail(format!("{} can't be written, so nothing is: {error}", path.display()), hint)
}
