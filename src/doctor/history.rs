//! What happened before: how the output did, and whether a player ended itself.
//!
//! Reads only. What others wrote, a player of another version among them, is material: bounded, and never trusted.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::Verdict;
use super::places::is_missing;
use super::scene::{Scene, quoted, when, when_stamped, when_written};
use crate::journal;
use crate::platform::clock::Stamp;
use crate::platform::look::Facts;
use crate::speaker::Dump;

/// How the output did so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Past {
    /// Nothing has reached it yet.
    Nothing,
    /// The last sound was heard.
    Heard { at: String, backend: String },
    /// The last one was not.
    Failed { at: String, why: String },
    /// It failed so that it is left alone for a while.
    Cooling { until: String, why: Option<String> },
}

/// What the speaker's state and the last playback that reached the output tell.
pub(super) fn past(cooling_until: Option<Stamp>, lines: &[Value]) -> Past {
    let last = journal::last_at_output(lines);
    let failed = last.filter(|line| journal::is_without_output(line)).map(why);
    match (cooling_until, failed, last) {
        (Some(until), why, _) => Past::Cooling { until: when_stamped(until), why },
        (None, Some(why), Some(line)) => Past::Failed { at: when_written(line), why },
        (None, _, Some(line)) => {
            let backend = line["backend"].as_str().unwrap_or_default().to_owned();
            Past::Heard { at: when_written(line), backend }
        }
        (None, _, None) => Past::Nothing,
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
        let told = |cooling, lines: Vec<Value>| match past(cooling, &lines) {
            Past::Nothing => "nothing".to_owned(),
            Past::Heard { backend, .. } => backend,
            Past::Failed { why, .. } => format!("failed: {why}"),
            Past::Cooling { why, .. } => format!("cooling: {why:?}"),
        };
        assert_eq!(told(None, vec![]), "nothing");
        assert_eq!(told(None, vec![no_sound()]), "nothing");
        assert_eq!(told(None, vec![none(), heard(), no_sound()]), "pulse");
        assert_eq!(told(None, vec![heard(), none()]), "failed: connection refused");
        assert_eq!(told(until, vec![heard(), none()]), "cooling: Some(\"connection refused\")");
        assert_eq!(told(until, vec![]), "cooling: None");
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
