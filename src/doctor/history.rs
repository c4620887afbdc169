//! What happened before: how the output did, and whether a player ended itself.
//!
//! Reads only. What others wrote, a player of another version among them, is material: bounded, and never trusted.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::Verdict;
use super::places::is_missing;
use super::scene::{Scene, UNUSED, quoted, when, when_stamped, when_written};
use crate::journal;
use crate::platform::clock::Stamp;
use crate::platform::look::Facts;
use crate::speaker::{Dump, Speaker};

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

/// No player had to end itself.
pub(super) fn player_aborts(scene: &Scene<'_>) -> Verdict {
    let path = scene.paths.abort_dump();
    match Facts::of(&path) {
        Err(e) if is_missing(&e) => Verdict::ok("none"),
        Err(e) => Verdict::not_looked(e),
        Ok(_) => judge_dump(&path, Dump::read(&path)),
    }
}

fn judge_dump(path: &Path, dump: io::Result<Option<Dump>>) -> Verdict {
    let path = quoted(path);
    match dump {
        Ok(None) => Verdict::ok("none"),
        Ok(Some(dump)) => {
            let time = dump.time.parse().map_or_else(|_| dump.time.clone(), when);
            let rule = dump.broke.trim_end_matches('.');
            let at = dump.request.map(|id| format!(" at #{id}")).unwrap_or_default();
            let stage = dump.stages.last().map(|last| format!(", which was {}", last.stage)).unwrap_or_default();
            let detail = format!(
                "at {time} the player {} ended itself{at}{stage}: {rule}; that sound was ended at once, the next one \
                 plays",
                dump.version
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
        let whole: Dump = serde_json::from_value(json!({
            "time": "2026-01-01T00:00:00Z", "version": "0.1.0", "pid": 7, "request": 5,
            "broke": "a sound played without the owner lock.",
            "stages": [{ "stage": "claimed", "ms": 0.0 }, { "stage": "playing", "ms": 9.1 }],
            "speaker": { "current": null, "pending": { "id": 6 }, "last_id": 6, "fence": 5 },
        }))
        .unwrap();
        for (dump, part) in [
            (Ok(whole.clone()), "#5, which was playing: a sound played without the owner lock; that sound"),
            (Ok(Dump { request: None, stages: Vec::new(), ..whole }), "ended itself: a sound played"),
            (Err(io::Error::other("it is no dump")), "can't be read: it is no dump"),
        ] {
            let verdict = judge_dump(path, dump.map(Some));
            assert_eq!(verdict.status, Status::Warn);
            assert!(verdict.detail.contains(part), "{verdict:?}");
            let hint = verdict.hint.unwrap_or_default();
            assert!(hint.ends_with("rm '/state of mine/player-abort.json'"), "{hint}");
        }
    }
}
