//! The run directory: there or to be made, private, and with locks that work.
//!
//! Takes others' access off it. Anything else in its place is left alone and named.

use std::io;
use std::path::Path;

use super::scene::{Scene, UNUSED, quoted};
use super::{Status, Verdict};
use crate::platform::look::{self, Facts, Kind};
use crate::speaker::{PLAYER_PATIENCE, Speaker, Unavailable};

/// The run directory is private, and its locks work.
pub(super) fn run_directory(scene: &Scene<'_>) -> Verdict {
    let run = scene.paths.run();
    let verdict = match Facts::of(&run) {
        Err(e) if is_missing(&e) => could_be_made(&run, UNUSED),
        Err(e) => Verdict::fail(format!("could not look at {}: {e}", run.display()), look_at(&run)),
        Ok(facts) => usable(scene, &run, facts).unwrap_or_else(|verdict| verdict),
    };
    if verdict.status == Status::Fail {
        scene.close("see run-directory");
    }
    verdict
}

fn usable(scene: &Scene<'_>, run: &Path, facts: Facts) -> Result<Verdict, Verdict> {
    let opened_up = judge_run_directory(run, facts).map_err(|verdict| match facts {
        Facts { kind: Kind::Directory, own: true, .. } => {
            scene.mended(verdict, "it is open to its owner again", || look::reopen(run).map_err(|e| e.to_string()))
        }
        _ => verdict,
    })?;
    // Before any lock is taken: what is open to others can't be trusted with locks, and the speaker refuses it.
    if opened_up && let Err(e) = look::make_directory_private(run) {
        return Err(Verdict::fail(format!("it is open to others: {e}"), format!("chmod 700 {}", quoted(run))));
    }
    match scene.speaker() {
        Ok(None) => return Ok(Verdict::ok(UNUSED)),
        Ok(Some(speaker)) => locks_work(speaker)?,
        Err(why) => return Err(Verdict::fail(why, look_at(run))),
    }
    Ok(if opened_up {
        Verdict::repaired(format!("its mode was {:04o}", facts.mode), "others' access is taken off")
    } else {
        Verdict::ok("private, on a file system whose locks work")
    })
}

/// Whether an error says that nothing is there, or that there is no place where it could be.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether it is open to others; `Err` where it can't be used at all.
fn judge_run_directory(run: &Path, facts: Facts) -> Result<bool, Verdict> {
    let shown = run.display();
    let aside = format!("mv {0} {0}.old", quoted(run));
    match facts.kind {
        Kind::Directory if !facts.own => {
            Err(Verdict::fail(format!("{shown} belongs to another user"), format!("ls -ld {}", quoted(run))))
        }
        Kind::Directory if facts.mode & 0o700 != 0o700 => {
            Err(Verdict::fail(format!("{shown} is closed to its owner"), format!("chmod 700 {}", quoted(run))))
        }
        Kind::Directory => Ok(facts.mode & 0o077 != 0),
        Kind::Link => Err(Verdict::fail(format!("{shown} is a link, which Herald doesn't follow"), aside)),
        Kind::File | Kind::Other => Err(Verdict::fail(format!("{shown} is no directory"), aside)),
    }
}

/// Nothing is there yet: could a hook make it?
pub(super) fn could_be_made(path: &Path, so_far: &str) -> Verdict {
    let nearest = path.ancestors().skip(1).find(|folder| Facts::of(folder).is_ok());
    match nearest {
        Some(folder) if !look::is_writable_directory(folder) => {
            let detail = format!("it can't be made: {} is no directory this user may write to", folder.display());
            Verdict::fail(detail, format!("ls -ld {}", quoted(folder)))
        }
        _ => Verdict::ok(so_far),
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

/// What shows a place.
pub(super) fn look_at(path: &Path) -> String {
    format!("ls -la {}", quoted(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts = Facts { kind: Kind::File, own: true, mode: 0o600, links: 1, size: 10 };

    #[test]
    fn the_run_directory_is_used_mended_or_refused() {
        let directory = Facts { kind: Kind::Directory, mode: 0o700, ..GOOD };
        for (facts, expected) in [
            (directory, Ok(false)),
            (Facts { mode: 0o755, ..directory }, Ok(true)),
            (Facts { mode: 0o770, ..directory }, Ok(true)),
            (Facts { own: false, ..directory }, Err(Status::Fail)),
            (Facts { mode: 0o500, ..directory }, Err(Status::Fail)),
            (Facts { kind: Kind::Link, ..directory }, Err(Status::Fail)),
            (GOOD, Err(Status::Fail)),
        ] {
            let found = judge_run_directory(Path::new("/run"), facts).map_err(|verdict| verdict.status);
            assert_eq!(found, expected, "{facts:?}");
        }
    }
}
