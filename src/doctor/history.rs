//! What happened before: how the output did, and whether a player ended itself.
//!
//! Reads only. What others wrote, a player of another version among them, is material: bounded, and never trusted.

use std::io::{self, Read as _};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Verdict;
use super::places::is_missing;
use super::scene::{Scene, UNUSED, quoted, when, when_stamped, when_written};
use crate::journal;
use crate::platform;
use crate::platform::clock::Stamp;
use crate::platform::look::Facts;
use crate::speaker::Speaker;

/// More than any dump is long.
const DUMP_LIMIT: u64 = 64 * 1024;

/// The output works, as far as the last sounds tell.
pub(super) fn output(scene: &Scene<'_>) -> Verdict {
    let state = Speaker::peek(&scene.paths.run()).ok().flatten().unwrap_or_default().0;
    judge_output(state.cooling_until(Stamp::now()), scene.lines())
}

fn judge_output(cooling_until: Option<Stamp>, lines: &[Value]) -> Verdict {
    let hint = "look after the sound server, then: herald play bell --force --wait";
    let last = journal::last_at_output(lines);
    let failed = last.filter(|line| journal::is_without_output(line)).map(why);
    match (cooling_until, failed, last) {
        (Some(until), failed, _) => {
            let why = failed.map(|why| format!(": {why}")).unwrap_or_default();
            Verdict::warn(format!("left alone until {}{why}", when_stamped(until)), hint)
        }
        (None, Some(why), Some(line)) => {
            Verdict::warn(format!("at {} there was none: {why}", when_written(line)), hint)
        }
        (None, _, Some(line)) => {
            let backend = line["backend"].as_str().unwrap_or_default();
            Verdict::ok(format!("{backend}, last heard at {}", when_written(line)))
        }
        (None, _, None) => Verdict::ok(UNUSED),
    }
}

/// Why a playback failed, in the journal's words.
fn why(line: &Value) -> String {
    let text = |key: &str| line[key].as_str().filter(|text| !text.is_empty());
    text("detail").or(text("reason")).unwrap_or("unknown").to_owned()
}

/// What a player leaves behind when it breaks a rule of its own life cycle.
#[derive(Debug, Deserialize)]
struct Dump {
    time: Timestamp,
    version: String,
    request: u64,
    broke: String,
}

/// No player had to end itself.
pub(super) fn player_aborts(scene: &Scene<'_>) -> Verdict {
    let path = scene.paths.abort_dump();
    match Facts::of(&path) {
        Err(e) if is_missing(&e) => Verdict::ok("none"),
        Err(e) => Verdict::not_looked(e),
        Ok(_) => judge_dump(&path, read_bounded(&path)),
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    platform::open_for_reading(path)?.take(DUMP_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DUMP_LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is far too long"));
    }
    Ok(bytes)
}

fn judge_dump(path: &Path, dump: io::Result<Vec<u8>>) -> Verdict {
    let path = quoted(path);
    let dump = dump.and_then(|bytes| serde_json::from_slice::<Dump>(&bytes).map_err(io::Error::from));
    match dump {
        Ok(dump) => {
            let (time, rule) = (when(dump.time), dump.broke.trim_end_matches('.'));
            let detail = format!(
                "at {time} the player {} ended itself at #{}: {rule}; that sound was ended at once, the next one plays",
                dump.version, dump.request
            );
            Verdict::warn(detail, format!("report what is in it, then: rm {path}"))
        }
        Err(e) => Verdict::warn(
            format!("a player ended itself, and what it left behind can't be read: {e}"),
            format!("look at it, then: rm {path}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Status;
    use super::*;

    #[test]
    fn the_newest_playback_that_reached_the_output_tells_how_it_is() {
        let line = |backend: Value, reason: &str, detail: Value| {
            json!({
                "kind": "playback", "time": "2026-01-01T00:00:00Z",
                "backend": backend, "reason": reason, "detail": detail,
            })
        };
        let heard = || line(json!("pulse"), "ok", Value::Null);
        let none = || line(json!("device"), "no-audio", json!("connection refused"));
        let no_sound = || line(Value::Null, "no-sound", Value::Null);
        let until = Some(Stamp { wall_ms: 1_700_000_000_000, boot_us: 1 });
        for (cooling, lines, status, part) in [
            (None, vec![], Status::Ok, "not used yet"),
            (None, vec![no_sound()], Status::Ok, "not used yet"),
            (None, vec![none(), heard(), no_sound()], Status::Ok, "pulse, last heard at 2026-01-01"),
            (None, vec![heard(), none()], Status::Warn, "there was none: connection refused"),
            (until, vec![heard(), none()], Status::Warn, "left alone until 2023-11-1"),
            (until, vec![none()], Status::Warn, ": connection refused"),
            (until, vec![], Status::Warn, "left alone until 2023-11-1"),
        ] {
            let verdict = judge_output(cooling, &lines);
            assert_eq!(verdict.status, status, "{lines:?}: {verdict:?}");
            assert!(verdict.detail.contains(part), "{lines:?}: {verdict:?}");
        }
    }

    #[test]
    fn a_dump_is_told_and_one_that_can_t_be_read_is_too() {
        let path = Path::new("/state of mine/player-abort.json");
        let whole = json!({
            "time": "2026-01-01T00:00:00Z", "version": "0.1.0", "pid": 7, "request": 5,
            "broke": "a sound played without the owner lock.",
            "stages": [{ "stage": "claimed", "ms": 0.0 }],
            "speaker": { "current": null, "pending": { "id": 6 }, "last_id": 6, "fence": 5 },
        });
        for (dump, part) in [
            (Ok(whole.to_string().into_bytes()), "#5: a sound played without the owner lock; that sound"),
            (Ok(b"{\"time\":".to_vec()), "can't be read"),
            (Ok(vec![0xff; 100]), "can't be read"),
            (Err(io::Error::other("it is far too long")), "far too long"),
        ] {
            let verdict = judge_dump(path, dump);
            assert_eq!(verdict.status, Status::Warn);
            assert!(verdict.detail.contains(part), "{verdict:?}");
            let hint = verdict.hint.unwrap_or_default();
            assert!(hint.ends_with("rm '/state of mine/player-abort.json'"), "{hint}");
        }
    }
}
