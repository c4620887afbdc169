//! The files in the run directory: the speaker's, fit for use, and nothing else.
//!
//! Takes others' access off them, under the arbitration lock, and by order gives the owner's back. Deletes nothing: what doesn't belong there is named, with
//! the command that would remove it.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::places::look_at;
use super::scene::{Scene, UNUSED, quoted};
use super::{Status, Verdict};
use crate::platform::look::{self, Facts, Kind};
use crate::sound::{LEVELS, MEMORIES};
use crate::speaker::FILES;

/// What the run directory may hold in all, in bytes.
const ROOM: u64 = 100 * 1024;

/// Why a file of this user's can't be used by this user; that can be mended.
const CLOSED: &str = "can't be read and written by its owner";

/// What the directory lists under one name.
#[derive(Debug)]
struct Listed {
    name: OsString,
    facts: Facts,
}

/// What follows from a listing.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sorted {
    /// Ours by name, but unusable, and why.
    unusable: Vec<(OsString, &'static str)>,
    /// Ours, but open to others.
    open: Vec<OsString>,
    /// Not ours.
    foreign: Vec<OsString>,
    size: u64,
}

/// The run directory holds the speaker's files, fit for use, and nothing else.
pub(super) fn files(scene: &Scene<'_>) -> Verdict {
    let run = scene.paths.run();
    let listed = match list(&run) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Verdict::ok(UNUSED),
        Err(_) => return Verdict::not_looked("see run-directory"),
        Ok(listed) => listed,
    };
    let count = listed.len();
    let sorted = sort(&listed);
    let mended = if sorted.open.is_empty() { Ok(()) } else { close_to_others(scene, &sorted.open) };
    let mut verdict = judge_files(&run, count, &sorted, &mended);
    if !sorted.unusable.is_empty() && sorted.unusable.iter().all(|(_, why)| *why == CLOSED) {
        verdict = scene.mended(verdict, "they are open to their owner again", || {
            let mut closed = sorted.unusable.iter().map(|(name, _)| run.join(name));
            closed.try_for_each(|path| look::reopen(&path).map_err(|e| format!("{}: {e}", path.display())))
        });
    }
    if verdict.status == Status::Fail {
        scene.close("see files");
    }
    verdict
}

fn list(run: &Path) -> io::Result<Vec<Listed>> {
    let facts = Facts::of(run)?;
    if facts.kind != Kind::Directory || !facts.own {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied));
    }
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(run)? {
        let entry = entry?;
        // What is gone by now was not there to stay.
        if let Ok(facts) = Facts::of(&entry.path()) {
            listed.push(Listed { name: entry.file_name(), facts });
        }
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

fn sort(listed: &[Listed]) -> Sorted {
    let mut sorted = Sorted::default();
    // What waits for other machines has a check of its own.
    let listed = listed.iter().filter(|listed| !crate::link::FILES.iter().any(|own| listed.name == *own));
    for Listed { name, facts } in listed {
        sorted.size = sorted.size.saturating_add(facts.size);
        let ours = FILES.iter().chain(&MEMORIES).any(|ours| name == *ours);
        let why = match facts {
            _ if !ours => {
                sorted.foreign.push(name.clone());
                continue;
            }
            Facts { kind: Kind::Link, .. } => "is a link",
            Facts { kind: Kind::Directory | Kind::Other, .. } => "is not a regular file",
            Facts { own: false, .. } => "belongs to another user",
            Facts { links, .. } if *links != 1 => "has more than one name",
            Facts { mode, .. } if mode & 0o600 != 0o600 => CLOSED,
            Facts { mode, .. } => {
                if mode & 0o077 != 0 {
                    sorted.open.push(name.clone());
                }
                continue;
            }
        };
        sorted.unusable.push((name.clone(), why));
    }
    sorted
}

fn close_to_others(scene: &Scene<'_>, names: &[OsString]) -> Result<(), String> {
    let Ok(Some(speaker)) = scene.speaker() else { return Err("the speaker can't be opened".to_owned()) };
    let closed = scene.look(|_| {
        names
            .iter()
            .filter_map(|name| name.to_str())
            .try_for_each(|name| look::make_private(&speaker.dir().existing_file(name)?))
    });
    closed.map_err(|verdict| verdict.detail)
}

/// What it costs that a memory can't be kept.
fn without(memory: &str) -> &'static str {
    if memory == LEVELS {
        "each sound is measured whenever it is played"
    } else {
        "of several sounds, one may repeat at once"
    }
}

fn judge_files(run: &Path, count: usize, sorted: &Sorted, mended: &Result<(), String>) -> Verdict {
    let names = |names: &[OsString]| {
        let shown: Vec<_> = names.iter().take(3).map(|name| name.to_string_lossy().into_owned()).collect();
        let more = names.len().saturating_sub(shown.len());
        if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
    };
    let remove = |name: &OsString| format!("if nobody needs it: rm -r {}", quoted(&run.join(name)));
    if let [(name, why), ..] = sorted.unusable.as_slice() {
        let others = match sorted.unusable.len() {
            1 => String::new(),
            several => format!(" (and {} more)", several - 1),
        };
        let hint =
            if why.starts_with("can't") { format!("chmod 600 {}", quoted(&run.join(name))) } else { remove(name) };
        let name = name.to_string_lossy();
        // Without a memory a sound is heard all the same; without the others, none is decided on.
        return if sorted.unusable.iter().all(|(name, _)| MEMORIES.iter().any(|memory| name == *memory)) {
            Verdict::warn(format!("{name} {why}: {}", without(&name)), hint)
        } else {
            Verdict::fail(format!("{name} {why}{others}: events are skipped"), hint)
        };
    }
    if let (Err(why), open) = (mended, &sorted.open) {
        let hint = open.first().map(|name| format!("chmod 600 {}", quoted(&run.join(name)))).unwrap_or_default();
        return Verdict::warn(format!("open to others: {}; not mended: {why}", names(open)), hint);
    }
    if let Some(first) = sorted.foreign.first() {
        return Verdict::warn(format!("not Herald's: {}", names(&sorted.foreign)), remove(first));
    }
    if !sorted.open.is_empty() {
        return Verdict::repaired(format!("open to others: {}", names(&sorted.open)), "they are private again");
    }
    let size = sorted.size.div_ceil(1024);
    if sorted.size > ROOM {
        return Verdict::warn(format!("{size} KiB, more than Herald ever writes there"), look_at(run));
    }
    Verdict::ok(format!("{count} file{}, {size} KiB, private", if count == 1 { "" } else { "s" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, facts: Facts) -> Listed {
        Listed { name: name.into(), facts }
    }

    const GOOD: Facts = Facts { kind: Kind::File, own: true, mode: 0o600, links: 1, size: 10 };

    #[test]
    fn files_are_fit_mended_foreign_or_unusable() {
        let run = Path::new("/run dir");
        for (name, facts, status, part) in [
            ("state", GOOD, Status::Ok, "2 files, 1 KiB"),
            ("picks", GOOD, Status::Ok, "private"),
            ("levels", GOOD, Status::Ok, "private"),
            ("state", Facts { mode: 0o644, ..GOOD }, Status::Warn, "open to others: state; repaired"),
            ("state", Facts { size: 200 << 10, ..GOOD }, Status::Warn, "more than Herald"),
            ("notes.txt", GOOD, Status::Warn, "not Herald's: notes.txt"),
            ("notes", Facts { kind: Kind::Directory, ..GOOD }, Status::Warn, "not Herald's"),
            ("state", Facts { kind: Kind::Link, ..GOOD }, Status::Fail, "state is a link"),
            ("fence", Facts { kind: Kind::Directory, ..GOOD }, Status::Fail, "not a regular file"),
            ("fence", Facts { kind: Kind::Other, ..GOOD }, Status::Fail, "not a regular file"),
            ("picks", Facts { kind: Kind::Link, ..GOOD }, Status::Warn, "may repeat"),
            ("levels", Facts { own: false, ..GOOD }, Status::Warn, "is measured"),
            ("fence", Facts { own: false, ..GOOD }, Status::Fail, "another user"),
            ("fence", Facts { links: 2, ..GOOD }, Status::Fail, "more than one name"),
            ("fence", Facts { mode: 0o400, ..GOOD }, Status::Fail, "can't be read and written"),
        ] {
            let all = [listed("arb.lock", Facts { size: 0, ..GOOD }), listed(name, facts)];
            let verdict = judge_files(run, all.len(), &sort(&all), &Ok(()));
            assert_eq!(verdict.status, status, "{name} {facts:?}: {verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
            let hint = verdict.hint.unwrap_or_default();
            assert!(!hint.contains("/run dir/") || hint.contains("'/run dir/"), "{hint}");
        }
    }
}
