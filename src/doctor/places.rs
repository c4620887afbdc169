//! The places: the run directory, the files in it, and the journal.
//!
//! Takes others' access off what is Herald's own. Deletes nothing: what doesn't belong there is named, with the command
//! that would remove it.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::Verdict;
use super::scene::{Scene, UNUSED, quoted, when_written};
use crate::paths::Paths;
use crate::platform;
use crate::platform::look::{self, Facts, Kind};
use crate::sound::Picks;
use crate::speaker::{FILES, PLAYER_PATIENCE, Speaker, Unavailable};

/// What the run directory may hold in all, in bytes.
const ROOM: u64 = 100 * 1024;

/// The run directory is private, and its locks work.
pub(super) fn run_directory(scene: &Scene<'_>) -> Verdict {
    let run = scene.paths.run();
    let facts = match Facts::of(&run) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return could_be_made(&run),
        Err(e) => return Verdict::fail(format!("could not look at {}: {e}", run.display()), look_at(&run)),
        Ok(facts) => facts,
    };
    let opened_up = match judge_run_directory(&run, facts) {
        Err(verdict) => return verdict,
        Ok(opened_up) => opened_up,
    };
    // Before any lock is taken: what is open to others can't be trusted with locks, and the speaker refuses it.
    if opened_up && let Err(e) = look::directory(&run).and_then(|dir| look::make_private(&dir)) {
        return Verdict::fail(format!("it is open to others: {e}"), format!("chmod 700 {}", quoted(&run)));
    }
    let speaker = match scene.speaker() {
        Ok(Some(speaker)) => speaker,
        Ok(None) => return Verdict::ok(UNUSED),
        Err(why) => return Verdict::fail(why, look_at(&run)),
    };
    match locks_work(speaker) {
        Err(verdict) => {
            scene.close("the arbitration lock can't be had");
            verdict
        }
        Ok(()) if opened_up => {
            Verdict::repaired(format!("its mode was {:04o}", facts.mode), "others' access is taken off")
        }
        Ok(()) => Verdict::ok("private, on a file system whose locks work"),
    }
}

/// Whether it is open to others; `Err` where it can't be used at all.
fn judge_run_directory(run: &Path, facts: Facts) -> Result<bool, Verdict> {
    let shown = run.display();
    let aside = format!("mv {0} {0}.old", quoted(run));
    match facts.kind {
        Kind::Directory if !facts.own => {
            Err(Verdict::fail(format!("{shown} belongs to another user"), format!("ls -ld {}", quoted(run))))
        }
        Kind::Directory => Ok(facts.mode & 0o077 != 0),
        Kind::Link => Err(Verdict::fail(format!("{shown} is a link, which Herald doesn't follow"), aside)),
        Kind::File | Kind::Other => Err(Verdict::fail(format!("{shown} is no directory"), aside)),
    }
}

/// Nothing is there yet: could a hook make it?
fn could_be_made(run: &Path) -> Verdict {
    let nearest = run.ancestors().skip(1).find(|folder| Facts::of(folder).is_ok());
    match nearest {
        Some(folder) if !look::is_writable_directory(folder) => {
            let detail = format!("it can't be made: {} is no directory this user may write to", folder.display());
            Verdict::fail(detail, format!("ls -ld {}", quoted(folder)))
        }
        _ => Verdict::ok(UNUSED),
    }
}

/// Takes the arbitration lock and gives it back.
fn locks_work(speaker: &Speaker) -> Result<(), Verdict> {
    match speaker.try_arbitration(PLAYER_PATIENCE) {
        Ok(()) => Ok(()),
        Err(Unavailable::Unusable(e)) => {
            let hint = "set HERALD_STATE_DIR to a folder on a local disk";
            Err(Verdict::fail(format!("locks don't work there: {e}"), hint))
        }
        Err(Unavailable::Contended) => Err(match speaker.arbiter() {
            Some(pid) => Verdict::fail(
                format!("process {pid} holds the arbitration lock and doesn't let go; events are skipped"),
                format!("ps -fp {pid}, and if it hangs: kill {pid}"),
            ),
            None => Verdict::fail(
                "a process holds the arbitration lock and doesn't let go; events are skipped",
                format!("fuser -v {}", quoted(&speaker.dir().path().join("arb.lock"))),
            ),
        }),
    }
}

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
        Err(e) => return Verdict::not_looked(format!("could not list {}: {e}", run.display())),
        Ok(listed) => listed,
    };
    let count = listed.len();
    let sorted = sort(&listed);
    let mended = if sorted.open.is_empty() { Ok(()) } else { close_to_others(scene, &sorted.open) };
    judge_files(&run, count, &sorted, mended)
}

fn list(run: &Path) -> io::Result<Vec<Listed>> {
    look::directory(run)?;
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
    for Listed { name, facts } in listed {
        sorted.size = sorted.size.saturating_add(facts.size);
        let ours = FILES.iter().chain([&Picks::FILE]).any(|ours| name == *ours);
        let why = match facts {
            _ if !ours => {
                sorted.foreign.push(name.clone());
                continue;
            }
            Facts { kind: Kind::Link, .. } => "is a link",
            Facts { kind: Kind::Directory | Kind::Other, .. } => "is not a regular file",
            Facts { own: false, .. } => "belongs to another user",
            Facts { links, .. } if *links != 1 => "has more than one name",
            Facts { mode, .. } if mode & 0o600 != 0o600 => "can't be read and written by its owner",
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

fn judge_files(run: &Path, count: usize, sorted: &Sorted, mended: Result<(), String>) -> Verdict {
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
        return Verdict::fail(format!("{} {why}{others}: events are skipped", name.to_string_lossy()), hint);
    }
    if let (Err(why), open) = (&mended, &sorted.open) {
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

fn look_at(path: &Path) -> String {
    format!("ls -la {}", quoted(path))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
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
            ("state", Facts { mode: 0o644, ..GOOD }, Status::Warn, "open to others: state; repaired"),
            ("state", Facts { size: 200 << 10, ..GOOD }, Status::Warn, "more than Herald"),
            ("notes.txt", GOOD, Status::Warn, "not Herald's: notes.txt"),
            ("notes", Facts { kind: Kind::Directory, ..GOOD }, Status::Warn, "not Herald's"),
            ("state", Facts { kind: Kind::Link, ..GOOD }, Status::Fail, "state is a link"),
            ("fence", Facts { kind: Kind::Directory, ..GOOD }, Status::Fail, "not a regular file"),
            ("fence", Facts { kind: Kind::Other, ..GOOD }, Status::Fail, "not a regular file"),
            ("fence", Facts { own: false, ..GOOD }, Status::Fail, "another user"),
            ("fence", Facts { links: 2, ..GOOD }, Status::Fail, "more than one name"),
            ("fence", Facts { mode: 0o400, ..GOOD }, Status::Fail, "can't be read and written"),
        ] {
            let all = [listed("arb.lock", Facts { size: 0, ..GOOD }), listed(name, facts)];
            let verdict = judge_files(run, all.len(), &sort(&all), Ok(()));
            assert_eq!(verdict.status, status, "{name} {facts:?}: {verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
            let hint = verdict.hint.unwrap_or_default();
            assert!(!hint.contains("/run dir/") || hint.contains("'/run dir/"), "{hint}");
        }
    }

    #[test]
    fn the_run_directory_is_used_mended_or_refused() {
        let directory = Facts { kind: Kind::Directory, mode: 0o700, ..GOOD };
        for (facts, expected) in [
            (directory, Ok(false)),
            (Facts { mode: 0o755, ..directory }, Ok(true)),
            (Facts { mode: 0o770, ..directory }, Ok(true)),
            (Facts { own: false, ..directory }, Err(Status::Fail)),
            (Facts { kind: Kind::Link, ..directory }, Err(Status::Fail)),
            (GOOD, Err(Status::Fail)),
        ] {
            let found = judge_run_directory(Path::new("/run"), facts).map_err(|verdict| verdict.status);
            assert_eq!(found, expected, "{facts:?}");
        }
    }
}
