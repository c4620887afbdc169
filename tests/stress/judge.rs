//! What an episode must have been like, from what was heard and what was written down. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::stand_in::{TICK, Tape};

/// What a player may hand over after the fence has left it: as long as its last look is fresh, and what the server then
/// still has of it.
const FRESHNESS: Duration = Duration::from_millis(60);
const QUEUE: Duration = Duration::from_millis(30);

/// Two levels closer than this are the same sound.
const SAME: f32 = 0.004;

/// What was asked of whom, and what was done to them.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    pub(crate) requests: u64,
    pub(crate) hooks_killed: u64,
    pub(crate) players_killed: u64,
    pub(crate) players_stopped: u64,
}

/// What was found. All but the first five must be zero.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) accepted: u64,
    pub(crate) heard: u64,
    pub(crate) escalated: u64,
    pub(crate) recovered: u64,
    /// Accepted, without an end in the journal, beside a process that was killed before it could write one.
    pub(crate) cut_short: u64,
    pub(crate) overlaps: u64,
    pub(crate) stale: u64,
    pub(crate) reused: u64,
    pub(crate) lost: u64,
}

impl Found {
    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.heard += other.heard;
        self.escalated += other.escalated;
        self.recovered += other.recovered;
        self.cut_short += other.cut_short;
        self.overlaps += other.overlaps;
        self.stale += other.stale;
        self.reused += other.reused;
        self.lost += other.lost;
    }

    pub(crate) fn is_clean(&self) -> bool {
        (self.overlaps, self.stale, self.reused, self.lost) == (0, 0, 0, 0)
    }
}

/// The level of a sound's samples, by its event's name.
pub(crate) type Levels = BTreeMap<String, f32>;

/// Judges one episode. `before` is the highest id of all earlier ones, `last` the request that was made when all was
/// quiet again, `min_audible` what was configured.
pub(crate) fn judge(
    tape: &Tape,
    journal: &[Value],
    levels: &Levels,
    deeds: &Deeds,
    before: u64,
    min_audible: Duration,
) -> Found {
    let of_kind = |kind: &'static str| journal.iter().filter(move |line| line["kind"] == kind);
    let request = |line: &Value| line["request"].as_u64();
    let mut found = Found::default();

    // Ids: given out once, above all before, ended once.
    let mut asked = BTreeMap::new();
    for line in of_kind("occurrence").filter(|line| line["decision"] == "play") {
        let Some(id) = request(line) else { continue };
        found.accepted += 1;
        let event = line["event"].as_str().unwrap_or_default().to_owned();
        found.reused += u64::from(id <= before || asked.insert(id, event).is_some());
    }
    let mut ends: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for line in of_kind("playback") {
        let Some(id) = request(line) else { continue };
        ends.entry(id).or_default().push(line);
        if let Some(event) = line["event"].as_str() {
            asked.entry(id).or_insert_with(|| event.to_owned());
        }
    }
    for lines in ends.values() {
        found.heard += u64::from(lines.iter().any(|line| line["outcome"] == "finished"));
        // A player that is killed between its last line and the record's end is found gone by the next.
        let own = lines.iter().filter(|line| line["reason"] != "player-gone").count();
        found.reused += u64::from(own > 1 || lines.len() > 2);
        found.reused += u64::from(lines.len() == 2 && deeds.players_killed + deeds.players_stopped == 0);
    }
    for line in of_kind("speaker") {
        match line["what"].as_str() {
            Some("escalated") => found.escalated += 1,
            Some("recovered") => found.recovered += 1,
            _ => {}
        }
    }

    // Ends: each accepted request has one, or the one who would have written it was killed.
    let open = asked.keys().filter(|id| !ends.contains_key(id)).count() as u64;
    let excused = open.min(deeds.hooks_killed + deeds.players_killed + found.escalated);
    found.cut_short = excused;
    found.lost = open - excused;
    // Without a kill at all the newest that was accepted is heard, whatever happened before it.
    if deeds.hooks_killed + deeds.players_killed + deeds.players_stopped == 0
        && let Some(newest) = asked.keys().next_back()
    {
        let heard = ends.get(newest).is_some_and(|lines| lines.iter().any(|line| line["outcome"] == "finished"));
        found.lost += u64::from(!heard);
    }

    // Sound: one at a time, and only what the fence names.
    let allowed = FRESHNESS + QUEUE + min_audible + TICK * 2;
    for tick in &tape.ticks {
        found.overlaps += u64::from(tick.heard.len() > 1);
        let (fence, since) = tick.fence;
        let Some(level) = asked.get(&fence).and_then(|event| levels.get(event)) else { continue };
        let is_late = tick.at.duration_since(since) > allowed + tick.late;
        // Nothing fades so long after the fence moved: the level is the sound's own, or another one's.
        let others = tick.heard.iter().filter(|(_, heard)| !matches(*heard, *level)).count() as u64;
        found.stale += if is_late { others } else { 0 };
    }
    found
}

fn matches(heard: f32, level: f32) -> bool {
    (heard - level).abs() < SAME
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::stand_in::Tick;

    fn levels() -> Levels {
        [("soft".to_owned(), 0.1), ("loud".to_owned(), 0.5)].into()
    }

    fn asked(id: u64, event: &str) -> Value {
        json!({ "kind": "occurrence", "decision": "play", "event": event, "request": id })
    }

    fn ended(id: u64, event: &str, outcome: &str, reason: &str) -> Value {
        json!({ "kind": "playback", "event": event, "request": id, "outcome": outcome, "reason": reason })
    }

    fn tick(at: Instant, heard: &[(u32, f32)], fence: u64, since: Instant) -> Tick {
        Tick { at, late: Duration::ZERO, heard: heard.to_vec(), fence: (fence, since) }
    }

    fn judged(ticks: Vec<Tick>, journal: &[Value], deeds: &Deeds) -> Found {
        let tape = Tape { ticks, ..Tape::default() };
        judge(&tape, journal, &levels(), deeds, 4, Duration::from_millis(10))
    }

    #[test]
    fn a_clean_episode_is_clean() {
        let start = Instant::now();
        let late = start + Duration::from_secs(1);
        let journal = [
            asked(5, "loud"),
            asked(6, "soft"),
            ended(5, "loud", "superseded", "superseded"),
            ended(6, "soft", "finished", "ok"),
        ];
        let ticks = vec![
            tick(start, &[(1, 0.5)], 5, start),
            // Just cut: what the server still had.
            tick(start + Duration::from_millis(40), &[(1, 0.5)], 6, start + Duration::from_millis(20)),
            tick(late, &[(2, 0.1)], 6, start),
        ];
        let found = judged(ticks, &journal, &Deeds::default());
        assert!(found.is_clean(), "{found:?}");
        assert_eq!((found.accepted, found.heard), (2, 1));
    }

    #[test]
    fn two_at_once_and_one_that_was_cut_long_ago_are_found() {
        let start = Instant::now();
        let late = start + Duration::from_secs(1);
        let journal = [asked(5, "soft"), ended(5, "soft", "finished", "ok")];
        let both = judged(vec![tick(start, &[(1, 0.1), (2, 0.5)], 5, start)], &journal, &Deeds::default());
        assert_eq!((both.overlaps, both.stale), (1, 0));
        for level in [0.5, 0.05] {
            let stale = judged(vec![tick(late, &[(2, level)], 5, start)], &journal, &Deeds::default());
            assert_eq!((stale.overlaps, stale.stale), (0, 1));
        }
    }

    #[test]
    fn ids_that_come_back_and_requests_without_an_end_are_found() {
        let twice = [asked(5, "soft"), asked(5, "soft"), ended(5, "soft", "finished", "ok")];
        assert_eq!(judged(vec![], &twice, &Deeds::default()).reused, 1);
        let old = [asked(4, "soft"), ended(4, "soft", "finished", "ok")];
        assert_eq!(judged(vec![], &old, &Deeds::default()).reused, 1);
        let two_ends = [asked(5, "soft"), ended(5, "soft", "finished", "ok"), ended(5, "soft", "replaced", "replaced")];
        assert_eq!(judged(vec![], &two_ends, &Deeds::default()).reused, 2);
        let open = [asked(5, "soft"), asked(6, "soft"), ended(6, "soft", "finished", "ok")];
        assert_eq!(judged(vec![], &open, &Deeds::default()).lost, 1);
        let excused = judged(vec![], &open, &Deeds { players_killed: 1, ..Deeds::default() });
        assert_eq!((excused.lost, excused.cut_short), (0, 1));
        let unheard = [asked(5, "soft"), ended(5, "soft", "expired", "expired")];
        assert_eq!(judged(vec![], &unheard, &Deeds::default()).lost, 1, "the newest is heard where nothing is killed");
    }
}
