//! What the state stands on: room on its disk, and a clock that can be believed.
//!
//! Reads only.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::Verdict;
use super::scene::{Scene, quoted, when};
use crate::platform::look::{self, Facts, Space};

/// The least a decision needs: a line of the journal and the state.
const LEAST: u64 = 512 * 1024;
/// So little is nearly none.
const LITTLE: u64 = 16 * 1024 * 1024;
/// What may lie between two clocks that are both right.
const HOUR: i64 = 3600;

/// The state can be written.
pub(super) fn disk(scene: &Scene<'_>) -> Verdict {
    let state = &scene.paths.state;
    let folder = state.ancestors().find(|folder| Facts::of(folder).is_ok()).unwrap_or(state);
    match look::space(folder) {
        None => Verdict::ok("not told by this system"),
        Some(space) => {
            let (detail, status) = judge_space(space);
            let shown = folder.display();
            let hint = if space.read_only {
                "export HERALD_STATE_DIR=…, a folder on a disk that can be written to".to_owned()
            } else {
                format!("df -h {}", quoted(folder))
            };
            match status {
                Full => Verdict::fail(format!("{shown} {detail}: nothing can be decided or written down"), hint),
                Nearly => Verdict::warn(format!("{shown} {detail}"), hint),
                Enough => Verdict::ok(detail),
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Full,
    Nearly,
    Enough,
}
use Room::{Enough, Full, Nearly};

fn judge_space(space: Space) -> (String, Room) {
    let free = space.bytes / 1024 / 1024;
    match space {
        Space { read_only: true, .. } => ("is on a disk that is mounted read-only".to_owned(), Full),
        Space { bytes, .. } if bytes < LEAST => ("is on a disk that is full".to_owned(), Full),
        Space { files: Some(0), .. } => ("is on a disk that has no place for another file".to_owned(), Full),
        Space { bytes, .. } if bytes < LITTLE => (format!("is on a disk with only {free} MiB left"), Nearly),
        Space { bytes, .. } if bytes > 10 << 30 => (format!("{} GiB free", bytes >> 30), Enough),
        Space { .. } => (format!("{free} MiB free"), Enough),
    }
}

/// The clock is later than what happened.
pub(super) fn clock(scene: &Scene<'_>) -> Verdict {
    let now = Timestamp::now();
    let written = scene.lines().last().and_then(|line| line["time"].as_str()?.parse().ok());
    let program = scene.machine.program.as_deref();
    let built = program.and_then(|program| program.metadata().ok()?.modified().ok());
    let built = built.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let built = built.and_then(timestamp);
    let hint =
        if scene.machine.finds("timedatectl") { "sudo timedatectl set-ntp true" } else { "set the clock; see: date" };
    judge_clock(now, written, built, hint)
}

fn timestamp(since: Duration) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
}

fn judge_clock(now: Timestamp, written: Option<Timestamp>, built: Option<Timestamp>, hint: &str) -> Verdict {
    let shown = when(now);
    let is_before = |then: Option<Timestamp>| then.filter(|then| then.as_second() - now.as_second() > HOUR);
    match (is_before(written), is_before(built)) {
        (Some(then), _) => {
            Verdict::warn(format!("it says {shown}, but the journal's last line is of {}", when(then)), hint)
        }
        (None, Some(then)) => Verdict::warn(format!("it says {shown}, but this program is of {}", when(then)), hint),
        (None, None) => Verdict::ok(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn room_is_enough_little_or_none() {
        let space = |bytes, files, read_only| Space { bytes, files, read_only };
        for (space, room, part) in [
            (space(100 << 30, Some(9), false), Enough, "100 GiB"),
            (space(100 << 20, None, false), Enough, "100 MiB"),
            (space(8 << 20, Some(9), false), Nearly, "only 8 MiB"),
            (space(4096, Some(9), false), Full, "full"),
            (space(100 << 30, Some(0), false), Full, "another file"),
            (space(100 << 30, Some(9), true), Full, "read-only"),
        ] {
            let (detail, found) = judge_space(space);
            assert_eq!(found, room, "{space:?}");
            assert!(detail.contains(part), "{detail}");
        }
    }

    #[test]
    fn a_clock_behind_what_happened_is_wrong() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let now = at(1_800_000_000).unwrap();
        for (written, built, status) in [
            (None, None, Status::Ok),
            (at(1_799_000_000), at(1_700_000_000), Status::Ok),
            (at(1_800_000_060), None, Status::Ok),
            (at(1_800_090_000), None, Status::Warn),
            (None, at(1_900_000_000), Status::Warn),
        ] {
            assert_eq!(judge_clock(now, written, built, "date").status, status, "{written:?} {built:?}");
        }
    }
}
