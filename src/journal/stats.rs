//! What was heard, how often, and what was not and why: pure reckoning over lines of the journal.
//!
//! Each thing counts once: a playback of which something left for the output is heard; an occurrence that was skipped,
//! a playback that ended before its first sample and what was called off are not. An occurrence that was to play counts
//! by its playback, so that what still waits is neither.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::SLOW_US;
use super::fields::{Fields, Key};
use super::filter::seconds;
use super::tally::Tally;
use super::text::Line;

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

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.heard += other.heard;
        self.unheard += other.unheard;
    }
}

/// Durations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// How many.
    pub count: usize,
    /// The one in the middle.
    pub median: Option<f64>,
    /// What 95 of a hundred don't exceed.
    pub p95: Option<f64>,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        let count = values.len();
        let mut percentile = |percent: usize| {
            let at = (count * percent).div_ceil(100).max(1) - 1;
            // To put all of them in order would take longer.
            (at < count).then(|| *values.select_nth_unstable_by(at, f64::total_cmp).1)
        };
        Self { count, median: percentile(50), p95: percentile(95) }
    }

    fn json(&self) -> Value {
        if self.count == 0 {
            return Value::Null;
        }
        json!({ "count": self.count, "median": self.median, "p95": self.p95 })
    }
}

/// The sums.
#[derive(Debug, Default)]
pub struct Stats {
    /// What the rows are.
    pub by: By,
    /// Whether there was any line, however old.
    pub any: bool,
    /// The first and the last line that counted.
    pub span: Option<(String, String)>,
    /// How many occurrences there were.
    pub happened: u64,
    /// All of them together.
    pub total: Count,
    /// Heard, but cut off by something more urgent.
    pub cut: u64,
    /// Of those heard, how many were sent to another machine, to be heard there.
    pub sent: u64,
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
    since: String,
    hours: Hours<'z>,
}

impl<'z> Reckoner<'z> {
    /// Begins with nothing.
    pub fn new(since: Option<Timestamp>, by: By, zone: &'z TimeZone) -> Self {
        Self {
            sums: Sums { by, ..Sums::default() },
            since: since.map(seconds).unwrap_or_default(),
            hours: Hours { zone, last: (String::new(), 0) },
        }
    }

    /// Adds a line; they come oldest first.
    pub fn take(&mut self, line: &Line<'_>) {
        let Self { sums, since, hours } = self;
        sums.stats.any = true;
        let line = line.fields();
        let Some(time) = line.text(Key::Time) else { return };
        let Some(kind) = line.text(Key::Kind) else { return };
        // To compare with nothing is slow: some memory functions look at where it would be, and no memory is there.
        let recent = since.is_empty() || *time >= **since;
        match &*kind {
            "occurrence" => {
                let owner = sums.remember(&line);
                if recent {
                    sums.occurrence(&line, owner, hours.of(&time));
                }
            }
            "playback" if recent => sums.playback(&line, hours.of(&time)),
            "speaker" if recent && line.is(Key::What, "called-off") => {
                sums.unheard("called-off", Row::Nobody, hours.of(&time));
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

    /// The sums of what was added here, and then there, where each line is newer than all of these.
    pub fn finish_with(mut self, newer: Self) -> Stats {
        self.sums.add(newer.sums);
        self.finish()
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
            let hour = time.parse::<Timestamp>().map(|time| self.zone.to_datetime(time).hour());
            minute.clone_into(&mut self.last.0);
            self.last.1 = hour.ok().and_then(|hour| usize::try_from(hour).ok()).unwrap_or(0);
        }
        self.last.1
    }
}

#[derive(Debug, Default)]
struct Sums {
    by: By,
    stats: Stats,
    rows: Tally<Count>,
    hours: [Count; 24],
    reasons: Tally<u64>,
    without_sound: Tally<u64>,
    /// The row of each request, where agents or sessions are the rows.
    of_request: Rows,
    /// What came of requests that were made further back than these lines go, where agents or sessions are the rows.
    of_older: BTreeMap<u64, Count>,
    first_sample: Vec<f64>,
    hooks: Vec<f64>,
}

/// The row of each request, in the order of their ids, which only grow: lines are seldom out of order.
#[derive(Debug, Default)]
struct Rows(Vec<(u64, usize)>);

impl Rows {
    fn insert(&mut self, id: u64, row: usize) {
        match self.0.last() {
            Some((last, _)) if *last >= id => match self.0.binary_search_by_key(&id, |(id, _)| *id) {
                Ok(at) => self.0[at].1 = row,
                Err(at) => self.0.insert(at, (id, row)),
            },
            _ => self.0.push((id, row)),
        }
    }

    fn get(&self, id: u64) -> Option<usize> {
        self.0.binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| self.0[at].1)
    }
}

/// Where something counts.
#[derive(Clone, Copy)]
enum Row {
    At(usize),
    /// Where the occurrence of the request did.
    OfOlder(u64),
    /// Where nothing says whose it is, if it matters.
    Nobody,
}

/// How what is heard elsewhere ended here.
const SENT: &str = "sent";

/// The name of what is nobody's.
const NOBODY: &str = "unknown";

impl Sums {
    fn seen(&mut self, time: &str) {
        match &mut self.stats.span {
            Some((_, last)) => time.clone_into(last),
            none => *none = Some((time.to_owned(), time.to_owned())),
        }
    }

    /// The row of an agent or a session, where those are the rows; what follows from the occurrence belongs there too.
    fn remember(&mut self, line: &Fields<'_>) -> Row {
        let key = match self.by {
            By::Agent => Key::Agent,
            By::Session => Key::Session,
            By::Event | By::Reason | By::Hour => return Row::Nobody,
        };
        let owner = self.rows.place(line.text(key).as_deref().unwrap_or(NOBODY));
        if let Some(id) = line.request() {
            self.of_request.insert(id, owner);
        }
        Row::At(owner)
    }

    /// The row of an event, or of what stands for it.
    fn named(&mut self, line: &Fields<'_>, otherwise: Key) -> Row {
        let name = line.text(Key::Event).or_else(|| line.text(otherwise));
        name.map_or(Row::Nobody, |name| Row::At(self.rows.place(&name)))
    }

    fn occurrence(&mut self, line: &Fields<'_>, owner: Row, hour: usize) {
        self.stats.happened += 1;
        // In the order in which they stand there: each is then found where the one before it ended.
        let event = if self.by == By::Event { line.text(Key::Event) } else { None };
        let plays = line.is(Key::Decision, "play");
        let reason = if plays { None } else { line.text(Key::Reason) };
        if let Some(us) = line.number(Key::TookUs) {
            self.hooks.push(us / 1000.0);
            self.stats.slow += u64::from(us > SLOW_US as f64);
        }
        // What is heard here counts by its playback.
        let is_sent = plays && line.text(Key::SentTo).is_some() && line.request().is_none();
        if plays && !is_sent {
            return;
        }
        let row = if self.by == By::Event {
            let name = event.or_else(|| line.text(Key::AgentEvent));
            name.map_or(Row::Nobody, |name| Row::At(self.rows.place(&name)))
        } else {
            owner
        };
        if is_sent {
            self.stats.total.heard += 1;
            self.stats.sent += 1;
            self.hours[hour].heard += 1;
            self.row(row, SENT).heard += 1;
            return;
        }
        self.unheard(reason.as_deref().unwrap_or(NOBODY), row, hour);
    }

    fn playback(&mut self, line: &Fields<'_>, hour: usize) {
        let row = match self.by {
            By::Event => self.named(line, Key::Sound),
            By::Agent | By::Session => line.request().map_or(Row::Nobody, |id| self.of_request(id)),
            By::Reason | By::Hour => Row::Nobody,
        };
        let outcome = line.text(Key::Outcome);
        let outcome = outcome.as_deref().unwrap_or(NOBODY);
        let first = line.number(Key::FirstSampleMs);
        let played = || line.number(Key::PlayedMs).is_some_and(|ms| ms > 0.0);
        if first.is_some() || outcome == "finished" || played() {
            self.first_sample.extend(first);
            self.stats.total.heard += 1;
            self.stats.cut += u64::from(outcome == "superseded");
            self.hours[hour].heard += 1;
            self.row(row, outcome).heard += 1;
            return;
        }
        let reason = line.text(Key::Reason);
        let reason = reason.as_deref().unwrap_or(NOBODY);
        if reason == "no-sound"
            && let Some(event) = line.text(Key::Event)
        {
            *self.without_sound.of(&event) += 1;
        }
        self.unheard(reason, row, hour);
    }

    fn unheard(&mut self, reason: &str, row: Row, hour: usize) {
        self.stats.total.unheard += 1;
        self.hours[hour].unheard += 1;
        self.row(row, reason).unheard += 1;
        *self.reasons.of(reason) += 1;
    }

    fn of_request(&self, id: u64) -> Row {
        self.of_request.get(id).map_or(Row::OfOlder(id), Row::At)
    }

    fn row(&mut self, row: Row, why: &str) -> &mut Count {
        match row {
            Row::At(row) => self.rows.at(row),
            Row::OfOlder(id) => self.of_older.entry(id).or_default(),
            Row::Nobody => self.rows.of(if self.by == By::Reason { why } else { NOBODY }),
        }
    }

    /// Adds the sums of newer lines, and nothing after them.
    fn add(&mut self, newer: Self) {
        let (stats, new) = (&mut self.stats, newer.stats);
        stats.any |= new.any;
        stats.span = match (stats.span.take(), new.span) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (one, other) => one.or(other),
        };
        stats.happened += new.happened;
        stats.total += new.total;
        stats.cut += new.cut;
        stats.sent += new.sent;
        stats.slow += new.slow;
        for (id, count) in newer.of_older {
            let row = self.of_request(id);
            *self.row(row, NOBODY) += count;
        }
        self.rows.add(newer.rows);
        self.reasons.add(newer.reasons);
        self.without_sound.add(newer.without_sound);
        self.hours.iter_mut().zip(newer.hours).for_each(|(sum, hour)| *sum += hour);
        self.first_sample.extend(newer.first_sample);
        self.hooks.extend(newer.hooks);
    }

    fn finish(mut self) -> Stats {
        for count in std::mem::take(&mut self.of_older).into_values() {
            *self.row(Row::Nobody, NOBODY) += count;
        }
        let mut rows: Vec<(String, Count)> = match self.by {
            By::Hour => {
                self.hours.into_iter().enumerate().map(|(hour, count)| (format!("{hour:02}:00"), count)).collect()
            }
            _ => self.rows.into_rows().collect(),
        };
        // An hour in which nothing was, and whoever only had to do with what is still to come.
        rows.retain(|(_, count)| *count != Count::default());
        if self.by != By::Hour {
            rows.sort_by_key(|(_, count)| std::cmp::Reverse((count.heard, count.unheard)));
        }
        let ranked = |counts: Tally<u64>| {
            let mut ranked: Vec<_> = counts.into_rows().collect();
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
            hours: self.hours.map(|count| count.heard),
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
            "sent": self.sent,
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

    /// Wherever the journal is cut into two files, the sums are those of one.
    #[rstest]
    fn two_files_are_reckoned_as_one(
        #[values(By::Event, By::Agent, By::Reason, By::Hour, By::Session)] by: By,
        #[values(None, Some("2026-11-21T09:10:01Z"))] since: Option<&str>,
    ) {
        let since = since.map(|time| time.parse().unwrap());
        let journal = journal();
        let zone = TimeZone::UTC;
        let whole = reckon(journal.lines(), since, by, &zone);
        for cut in 0..=journal.lines().count() {
            let nothing = || Reckoner::new(since, by, &zone);
            let (mut old, mut newest) = (nothing(), nothing());
            journal.lines().take(cut).for_each(|line| old.take(&line));
            journal.lines().skip(cut).for_each(|line| newest.take(&line));
            let both = old.finish_with(newest);
            assert_eq!((both.json(), both.any), (whole.json(), whole.any), "{cut}");
        }
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
        assert_eq!(stats.first_sample, Spread { count: 3, median: Some(8.0), p95: Some(30.0) });
        assert_eq!((stats.hooks.count, stats.hooks.median), (6, Some(0.9)));
        assert_eq!(stats.busiest_hour(), Some((8, 1)));
        let span = stats.span.expect("lines");
        assert_eq!((span.0.as_str(), span.1.as_str()), ("2026-11-20T08:00:00Z", "2026-11-21T10:00:04Z"));
    }

    #[test]
    fn what_was_sent_to_be_heard_elsewhere_is_heard() {
        let mut line: Value = serde_json::from_str(&play("2026-11-21T09:00:00Z", "codex", 1)).unwrap();
        line["request"] = Value::Null;
        line["sent_to"] = json!("unix:/run/herald.sock");
        let both = json!({ "sent_to": "x" });
        let here_too = play("2026-11-21T09:00:01Z", "codex", 2).replacen('{', &both.to_string().replace('}', ","), 1);
        let text = Text::from(format!("{line}\n{here_too}\n").as_str());
        for by in [By::Event, By::Agent] {
            let stats = reckon(text.lines(), None, by, &TimeZone::UTC);
            assert_eq!((stats.sent, stats.total), (1, Count { heard: 1, unheard: 0 }));
            assert_eq!(stats.rows[0].1.heard, 1, "{by:?}");
        }
    }

    #[test]
    fn the_row_of_a_request_is_known_in_any_order() {
        let mut rows = Rows::default();
        for (id, row) in [(5, 0), (9, 1), (7, 0), (9, 2), (1, 1)] {
            rows.insert(id, row);
        }
        assert_eq!([1, 5, 6, 7, 9, 10].map(|id| rows.get(id)), [Some(1), Some(0), None, Some(0), Some(2), None]);
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
