//! What was heard, how often, and what was not and why: pure reckoning over lines of the journal.
//!
//! Each thing counts once: a playback of which something left for the output is heard; an occurrence that was skipped,
//! a playback that ended before its first sample and what was called off are not. An occurrence that was to play counts
//! by its playback, so that what still waits is neither.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::SLOW_US;
use super::filter::seconds;
use super::text::{Field, Line};

/// What the rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Herald's name of the event, or the sound where there was none.
    #[default]
    Event,
    /// The agent.
    Agent,
    /// The reason, of what was heard its outcome.
    Reason,
    /// The hour of the day.
    Hour,
    /// The session.
    Session,
}

impl By {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Agent => "agent",
            Self::Reason => "reason",
            Self::Hour => "hour",
            Self::Session => "session",
        }
    }
}

/// How often something was heard and was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Something of it left for the output.
    pub heard: u64,
    /// Nothing did.
    pub unheard: u64,
}

/// Durations in order.
#[derive(Debug, Default, PartialEq)]
pub struct Spread(Vec<f64>);

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value that so many of a hundred don't exceed.
    pub fn percentile(&self, percent: usize) -> Option<f64> {
        let at = (self.0.len() * percent).div_ceil(100).max(1) - 1;
        self.0.get(at).copied()
    }

    fn json(&self) -> Value {
        if self.0.is_empty() {
            return Value::Null;
        }
        json!({ "count": self.count(), "median": self.percentile(50), "p95": self.percentile(95) })
    }
}

/// The sums.
#[derive(Debug, Default)]
pub struct Stats {
    /// What the rows are.
    pub by: By,
    /// The first and the last line that counted.
    pub span: Option<(String, String)>,
    /// How many occurrences there were.
    pub happened: u64,
    /// All of them together.
    pub total: Count,
    /// Heard, but cut off by something more urgent.
    pub cut: u64,
    /// The rows, the loudest first; hours as the day has them.
    pub rows: Vec<(String, Count)>,
    /// Why something wasn't heard, the most frequent reason first.
    pub reasons: Vec<(String, u64)>,
    /// Events that were to be heard and had no sound.
    pub without_sound: Vec<(String, u64)>,
    /// From request to first sample, in milliseconds.
    pub first_sample: Spread,
    /// From a hook's start to its line, in milliseconds.
    pub hooks: Spread,
    /// Hooks that took longer than 10 ms.
    pub slow: u64,
    /// What was heard in each hour of the day.
    pub hours: [u64; 24],
}

/// Reckons line by line, from a point in time on.
#[derive(Debug)]
pub struct Reckoner<'z> {
    sums: Sums,
    fields: Fields,
    since: String,
    hours: Hours<'z>,
}

impl<'z> Reckoner<'z> {
    /// Begins with nothing.
    pub fn new(since: Option<Timestamp>, by: By, zone: &'z TimeZone) -> Self {
        Self {
            sums: Sums { by, ..Sums::default() },
            fields: Fields::new(),
            since: since.map(seconds).unwrap_or_default(),
            hours: Hours { zone, last: (String::new(), 0) },
        }
    }

    /// Adds a line; they come oldest first.
    pub fn take(&mut self, line: &Line<'_>) {
        let Self { sums, fields, since, hours } = self;
        let Some(time) = line.text(&fields.time) else { return };
        let Some(kind) = line.text(&fields.kind) else { return };
        let recent = *time >= **since;
        match &*kind {
            "occurrence" => {
                sums.remember(line, fields);
                if recent {
                    sums.occurrence(line, fields, hours.of(&time));
                }
            }
            "playback" if recent => sums.playback(line, fields, hours.of(&time)),
            "speaker" if recent && line.text(&fields.what).as_deref() == Some("called-off") => {
                sums.unheard("called-off".to_owned(), None, hours.of(&time));
            }
            _ => return,
        }
        if recent {
            sums.seen(&time);
        }
    }

    /// The sums of what was added.
    pub fn finish(self) -> Stats {
        self.sums.finish()
    }
}

#[derive(Debug)]
struct Fields {
    time: Field,
    kind: Field,
    agent: Field,
    agent_event: Field,
    event: Field,
    session: Field,
    decision: Field,
    reason: Field,
    request: Field,
    took_us: Field,
    sound: Field,
    outcome: Field,
    first_sample_ms: Field,
    played_ms: Field,
    what: Field,
}

impl Fields {
    fn new() -> Self {
        Self {
            time: Field::new("\"time\":"),
            kind: Field::new("\"kind\":"),
            agent: Field::new("\"agent\":"),
            agent_event: Field::new("\"agent_event\":"),
            event: Field::new("\"event\":"),
            session: Field::new("\"session\":"),
            decision: Field::new("\"decision\":"),
            reason: Field::new("\"reason\":"),
            request: Field::new("\"request\":"),
            took_us: Field::new("\"took_us\":"),
            sound: Field::new("\"sound\":"),
            outcome: Field::new("\"outcome\":"),
            first_sample_ms: Field::new("\"first_sample_ms\":"),
            played_ms: Field::new("\"played_ms\":"),
            what: Field::new("\"what\":"),
        }
    }
}

/// Hours of the day, each minute looked up once.
#[derive(Debug)]
struct Hours<'a> {
    zone: &'a TimeZone,
    last: (String, usize),
}

impl Hours<'_> {
    fn of(&mut self, time: &str) -> usize {
        const MINUTE: usize = "2026-11-21T15:30".len();
        let minute = time.get(..MINUTE).unwrap_or_default();
        if self.last.0 != minute {
            let hour = time.parse::<Timestamp>().map(|time| time.to_zoned(self.zone.clone()).hour());
            self.last = (minute.to_owned(), hour.ok().and_then(|hour| usize::try_from(hour).ok()).unwrap_or(0));
        }
        self.last.1
    }
}

#[derive(Debug, Default)]
struct Sums {
    by: By,
    stats: Stats,
    rows: BTreeMap<String, Count>,
    reasons: BTreeMap<String, u64>,
    without_sound: BTreeMap<String, u64>,
    /// Agent or session of each request, where they are the rows.
    of_request: HashMap<u64, String>,
    first_sample: Vec<f64>,
    hooks: Vec<f64>,
}

/// Where nothing says whose it is.
const NOBODY: &str = "unknown";

impl Sums {
    fn seen(&mut self, time: &str) {
        match &mut self.stats.span {
            Some((_, last)) => {
                last.clear();
                last.push_str(time);
            }
            none => *none = Some((time.to_owned(), time.to_owned())),
        }
    }

    /// The row of an agent or a session, where those are the rows.
    fn owner(&self, line: &Line<'_>, fields: &Fields) -> Option<String> {
        let field = match self.by {
            By::Agent => &fields.agent,
            By::Session => &fields.session,
            _ => return None,
        };
        Some(line.text(field).map_or_else(|| NOBODY.to_owned(), std::borrow::Cow::into_owned))
    }

    fn remember(&mut self, line: &Line<'_>, fields: &Fields) {
        if let Some(owner) = self.owner(line, fields)
            && let Some(id) = line.number(&fields.request)
        {
            self.of_request.insert(id as u64, owner);
        }
    }

    fn occurrence(&mut self, line: &Line<'_>, fields: &Fields, hour: usize) {
        self.stats.happened += 1;
        if let Some(us) = line.number(&fields.took_us) {
            self.hooks.push(us / 1000.0);
            self.stats.slow += u64::from(us > SLOW_US as f64);
        }
        if line.text(&fields.decision).as_deref() == Some("play") {
            return;
        }
        let reason = line.text(&fields.reason).unwrap_or(NOBODY.into()).into_owned();
        let row = match self.by {
            By::Event => {
                line.text(&fields.event).or_else(|| line.text(&fields.agent_event)).map(|name| name.into_owned())
            }
            _ => self.owner(line, fields),
        };
        self.unheard(reason, row, hour);
    }

    fn playback(&mut self, line: &Line<'_>, fields: &Fields, hour: usize) {
        let event = || line.text(&fields.event).map(|name| name.into_owned());
        let row = match self.by {
            By::Event => event().or_else(|| line.text(&fields.sound).map(|name| name.into_owned())),
            By::Agent | By::Session => {
                let id = line.number(&fields.request).map(|id| id as u64);
                id.and_then(|id| self.of_request.get(&id).cloned())
            }
            By::Reason | By::Hour => None,
        };
        let outcome = line.text(&fields.outcome).unwrap_or(NOBODY.into()).into_owned();
        let first = line.number(&fields.first_sample_ms);
        let played = line.number(&fields.played_ms).is_some_and(|ms| ms > 0.0);
        if first.is_some() || played || outcome == "finished" {
            self.first_sample.extend(first);
            self.stats.total.heard += 1;
            self.stats.cut += u64::from(outcome == "superseded");
            self.stats.hours[hour] += 1;
            self.row(row, &outcome, hour).heard += 1;
            return;
        }
        let reason = line.text(&fields.reason).unwrap_or(NOBODY.into()).into_owned();
        if reason == "no-sound"
            && let Some(event) = event()
        {
            *self.without_sound.entry(event).or_default() += 1;
        }
        self.unheard(reason, row, hour);
    }

    fn unheard(&mut self, reason: String, row: Option<String>, hour: usize) {
        self.stats.total.unheard += 1;
        self.row(row, &reason, hour).unheard += 1;
        *self.reasons.entry(reason).or_default() += 1;
    }

    fn row(&mut self, row: Option<String>, why: &str, hour: usize) -> &mut Count {
        let name = match self.by {
            By::Reason => why.to_owned(),
            By::Hour => format!("{hour:02}:00"),
            _ => row.unwrap_or_else(|| NOBODY.to_owned()),
        };
        self.rows.entry(name).or_default()
    }

    fn finish(self) -> Stats {
        let mut rows: Vec<_> = self.rows.into_iter().collect();
        if self.by != By::Hour {
            rows.sort_by_key(|(_, count)| std::cmp::Reverse((count.heard, count.unheard)));
        }
        let ranked = |counts: BTreeMap<String, u64>| {
            let mut ranked: Vec<_> = counts.into_iter().collect();
            ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            ranked
        };
        Stats {
            by: self.by,
            rows,
            reasons: ranked(self.reasons),
            without_sound: ranked(self.without_sound),
            first_sample: Spread::of(self.first_sample),
            hooks: Spread::of(self.hooks),
            ..self.stats
        }
    }
}

impl Stats {
    /// The hour in which most was heard, if anything was.
    pub fn busiest_hour(&self) -> Option<(usize, u64)> {
        // Of several the first.
        let most = self.hours.iter().copied().enumerate().rev().max_by_key(|(_, count)| *count)?;
        (most.1 > 0).then_some(most)
    }

    /// It as the JSON shape.
    pub fn json(&self) -> Value {
        let counted = |list: &[(String, u64)], name: &str| {
            list.iter().map(|(word, count)| json!({ name: word, "count": count })).collect::<Vec<_>>()
        };
        json!({
            "first": self.span.as_ref().map(|(first, _)| first),
            "last": self.span.as_ref().map(|(_, last)| last),
            "happened": self.happened,
            "heard": self.total.heard,
            "not_heard": self.total.unheard,
            "cut": self.cut,
            "by": self.by.as_str(),
            "rows": self.rows.iter().map(|(name, count)| {
                json!({ "name": name, "heard": count.heard, "not_heard": count.unheard })
            }).collect::<Vec<_>>(),
            "reasons": counted(&self.reasons, "reason"),
            "without_sound": counted(&self.without_sound, "event"),
            "first_sample_ms": self.first_sample.json(),
            "hook_ms": self.hooks.json(),
            "slow_hooks": self.slow,
            "hours": self.hours,
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::journal::Text;

    /// One occurrence a line: time, agent, event, session, request or reason, microseconds.
    fn skip(time: &str, agent: &str, event: &str, reason: &str, us: u64) -> String {
        json!({
            "time": time, "kind": "occurrence", "agent": agent, "agent_event": "x",
            "event": Some(event).filter(|event| !event.is_empty()), "session": "5e55101d",
            "decision": "skip", "reason": reason, "request": null, "took_us": us, "lock_us": 0,
        })
        .to_string()
    }

    fn play(time: &str, agent: &str, request: u64) -> String {
        json!({
            "time": time, "kind": "occurrence", "agent": agent, "agent_event": "x", "event": "task.complete",
            "session": "5e55102d", "decision": "play", "reason": "ok", "request": request, "took_us": 900, "lock_us": 0,
        })
        .to_string()
    }

    fn ended(time: &str, request: u64, event: &str, outcome: &str, reason: &str, first: Option<f64>) -> String {
        json!({
            "time": time, "kind": "playback", "request": request, "event": event, "sound": "builtin:x",
            "outcome": outcome, "reason": reason, "first_sample_ms": first, "played_ms": first.map_or(0.0, |_| 200.0),
            "backend": "pulse",
        })
        .to_string()
    }

    fn journal() -> Text {
        let lines = [
            play("2026-11-20T08:00:00Z", "codex", 1),
            ended("2026-11-20T08:00:00.4Z", 1, "task.complete", "finished", "ok", Some(8.0)),
            play("2026-11-21T09:00:00Z", "codex", 2),
            ended("2026-11-21T09:00:00.4Z", 2, "task.complete", "superseded", "barge-in", Some(4.0)),
            skip("2026-11-21T09:10:00.123Z", "claude-code", "task.complete", "throttled", 12_000),
            skip("2026-11-21T09:10:01Z", "claude-code", "", "unknown-event", 700),
            play("2026-11-21T10:00:00Z", "claude-code", 3),
            ended("2026-11-21T10:00:01Z", 3, "deploy.done", "failed", "no-sound", None),
            ended("2026-11-21T10:00:02Z", 99, "input.idle", "finished", "ok", Some(30.0)),
            json!({ "time": "2026-11-21T10:00:03Z", "kind": "speaker", "request": 0, "what": "called-off" })
                .to_string(),
            json!({ "time": "2026-11-21T10:00:03Z", "kind": "speaker", "request": 2, "what": "barge-in" }).to_string(),
            play("2026-11-21T10:00:04Z", "codex", 4),
            "{\"time\":\"2026-11-2".to_owned(),
            "what is this".to_owned(),
        ];
        Text::from(format!("{}\n", lines.join("\n")).as_str())
    }

    fn reckon<'a>(lines: impl Iterator<Item = Line<'a>>, since: Option<Timestamp>, by: By, zone: &TimeZone) -> Stats {
        let mut reckoner = Reckoner::new(since, by, zone);
        lines.for_each(|line| reckoner.take(&line));
        reckoner.finish()
    }

    fn rows(by: By, since: Option<&str>) -> Vec<(String, u64, u64)> {
        let since = since.map(|time| time.parse().unwrap());
        let stats = reckon(journal().lines(), since, by, &TimeZone::UTC);
        let (heard, unheard) = stats.rows.iter().fold((0, 0), |sum, (_, n)| (sum.0 + n.heard, sum.1 + n.unheard));
        assert_eq!((heard, unheard), (stats.total.heard, stats.total.unheard), "each counts in one row");
        stats.rows.into_iter().map(|(name, count)| (name, count.heard, count.unheard)).collect()
    }

    #[rstest]
    #[case(By::Event, &[
        ("task.complete", 2, 1), ("input.idle", 1, 0), ("deploy.done", 0, 1), ("unknown", 0, 1), ("x", 0, 1),
    ])]
    #[case(By::Agent, &[("codex", 2, 0), ("unknown", 1, 1), ("claude-code", 0, 3)])]
    #[case(By::Session, &[("5e55102d", 2, 1), ("unknown", 1, 1), ("5e55101d", 0, 2)])]
    #[case(By::Hour, &[("08:00", 1, 0), ("09:00", 1, 2), ("10:00", 1, 2)])]
    #[case(By::Reason, &[
        ("finished", 2, 0), ("superseded", 1, 0), ("called-off", 0, 1), ("no-sound", 0, 1), ("throttled", 0, 1),
        ("unknown-event", 0, 1),
    ])]
    fn each_thing_counts_once_in_its_row(#[case] by: By, #[case] expected: &[(&str, u64, u64)]) {
        let expected: Vec<_> = expected.iter().map(|&(name, heard, not)| (name.to_owned(), heard, not)).collect();
        assert_eq!(rows(by, None), expected);
    }

    #[test]
    fn what_is_older_doesn_t_count_but_still_tells_whose_a_playback_is() {
        let rows = rows(By::Agent, Some("2026-11-20T08:00:00.2Z"));
        assert_eq!(rows[0], ("codex".to_owned(), 2, 0), "to the second: {rows:?}");
        let rows = self::rows(By::Agent, Some("2026-11-21T00:00:00Z"));
        assert!(rows.contains(&("codex".to_owned(), 1, 0)), "{rows:?}");
        assert!(self::rows(By::Event, Some("2027-01-01T00:00:00Z")).is_empty());
    }

    #[test]
    fn the_sums() {
        let stats = reckon(journal().lines(), None, By::Event, &TimeZone::UTC);
        assert_eq!((stats.happened, stats.cut, stats.slow), (6, 1, 1));
        assert_eq!(stats.total, Count { heard: 3, unheard: 4 });
        assert_eq!(stats.without_sound, [("deploy.done".to_owned(), 1)]);
        assert_eq!(stats.first_sample.count(), 3);
        assert_eq!((stats.first_sample.percentile(50), stats.first_sample.percentile(95)), (Some(8.0), Some(30.0)));
        assert_eq!((stats.hooks.count(), stats.hooks.percentile(50)), (6, Some(0.9)));
        assert_eq!(stats.busiest_hour(), Some((8, 1)));
        let span = stats.span.expect("lines");
        assert_eq!((span.0.as_str(), span.1.as_str()), ("2026-11-20T08:00:00Z", "2026-11-21T10:00:04Z"));
    }

    #[test]
    fn nothing_is_reckoned_of_nothing() {
        let stats = reckon(Text::default().lines(), None, By::Event, &TimeZone::UTC);
        assert!(stats.span.is_none() && stats.rows.is_empty() && stats.busiest_hour().is_none());
        assert_eq!(stats.json()["first_sample_ms"], Value::Null);
    }

    #[test]
    fn hours_are_those_of_the_time_zone() {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(-9));
        let stats = reckon(journal().lines(), None, By::Hour, &zone);
        let hours: Vec<&str> = stats.rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(hours, ["00:00", "01:00", "23:00"]);
    }
}
