//! Quiet hours over a year of minutes, against a plain reckoning of its own.
//!
//! The oracle knows neither the library's calendar nor its zones: it counts minutes from midnight of 1 January, UTC, adds
//! the offset that holds by a list of changes written down here, and for each day looks for the first minute at which
//! the clock shows the beginning or the end.

use std::ops::Range;
use std::path::Path;

use herald::config::{self, QuietHours};
use herald::policy::{is_quiet, quiet_until};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rstest::rstest;

/// 1 January 2026, 00:00 UTC, a Thursday, in seconds since 1970.
const NEW_YEAR: i64 = 1_767_225_600;
const THURSDAY: i64 = 3;
const DAY: i64 = 24 * 60;
const YEAR: Range<i64> = 0..365 * DAY;

/// A place: its rule as POSIX writes it, its offset at New Year, and at which minute of the year (UTC) another one begins.
struct Place {
    rule: &'static str,
    offset: i64,
    changes: &'static [(i64, i64)],
}

/// Minutes since New Year.
const fn at(day_of_year: i64, hour: i64, minute: i64) -> i64 {
    (day_of_year - 1) * DAY + hour * 60 + minute
}

/// 29 March and 25 October, 01:00 UTC.
const BERLIN: Place =
    Place { rule: "CET-1CEST,M3.5.0,M10.5.0/3", offset: 60, changes: &[(at(88, 1, 0), 120), (at(298, 1, 0), 60)] };

/// 8 March, 07:00 UTC, and 1 November, 06:00 UTC.
const NEW_YORK: Place =
    Place { rule: "EST5EDT,M3.2.0,M11.1.0", offset: -300, changes: &[(at(67, 7, 0), -240), (at(305, 6, 0), -300)] };

/// Half an hour only: 4 April, 15:00 UTC, and 3 October, 15:30 UTC.
const LORD_HOWE: Place = Place {
    rule: "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    offset: 660,
    changes: &[(at(94, 15, 0), 630), (at(276, 15, 30), 660)],
};

/// At midnight itself: 5 April, 03:00 UTC, back to 23:00 of the day before; 6 September, 04:00 UTC, on to 01:00.
const SANTIAGO: Place = Place {
    rule: "<-04>4<-03>,M9.1.6/24,M4.1.6/24",
    offset: -180,
    changes: &[(at(95, 3, 0), -240), (at(249, 4, 0), -180)],
};

impl Place {
    /// What the clock shows: minutes since New Year, by its own time.
    fn clock(&self, minute: i64) -> i64 {
        let changed = self.changes.iter().rev().find(|(since, _)| minute >= *since);
        minute + changed.map_or(self.offset, |(_, offset)| *offset)
    }

    /// The first minute at which the clock shows `time` or later.
    fn reached(&self, time: i64) -> i64 {
        // No offset is more than a day.
        (time - DAY..time + DAY).find(|minute| self.clock(*minute) >= time).expect("the time comes")
    }
}

/// Quiet hours, as numbers: from and to in minutes, and the days on which they begin.
struct Hours {
    written: &'static str,
    spans: &'static [(i64, i64)],
    days: &'static [i64],
}

const EVERY: &[i64] = &[0, 1, 2, 3, 4, 5, 6];

/// All minutes that are quiet, by the plain rule.
fn reckoned(place: &Place, hours: &Hours) -> Vec<bool> {
    let mut quiet = vec![false; usize::try_from(YEAR.end).expect("a year")];
    for day in -2..367 {
        if !hours.days.contains(&(THURSDAY + day).rem_euclid(7)) {
            continue;
        }
        for (from, to) in hours.spans {
            let begin = place.reached(day * DAY + from);
            let end = place.reached(day * DAY + to + if to < from { DAY } else { 0 });
            for minute in begin.max(YEAR.start)..end.min(YEAR.end) {
                quiet[usize::try_from(minute).expect("of this year")] = true;
            }
        }
    }
    quiet
}

fn read(text: &str) -> Vec<QuietHours> {
    let (config, problems) = config::parse(text, Path::new("/cfg/config.toml"), None);
    assert_eq!(problems, []);
    config.quiet
}

const OVERNIGHT: Hours = Hours { written: "[quiet]\nhours = \"22:00-08:00\"\n", spans: &[(1320, 480)], days: EVERY };

/// Begins and ends inside the hours that the clocks leave out or show twice.
const IN_THE_CHANGE: Hours = Hours {
    written: "[quiet]\nhours = [\"00:15-01:45\", \"02:10-02:40\", \"23:20-23:40\"]\n",
    spans: &[(15, 105), (130, 160), (1400, 1420)],
    days: EVERY,
};

const BY_DAYS: Hours = Hours {
    written: "[quiet]\nhours = [\"21:30-02:30\"]\ndays = [\"fri\", \"saturday\", \"sun\"]\n",
    spans: &[(1290, 150)],
    days: &[4, 5, 6],
};

const WEEKENDS: Hours = Hours { written: "[quiet]\ndays = \"weekends\"\n", spans: &[(0, 1440)], days: &[5, 6] };

#[rstest]
fn every_minute_of_a_year_is_as_the_plain_rule_has_it(
    #[values(BERLIN, NEW_YORK, LORD_HOWE)] place: Place,
    #[values(OVERNIGHT, IN_THE_CHANGE, BY_DAYS, WEEKENDS)] hours: Hours,
) {
    judge(&place, &hours);
}

#[test]
fn so_it_is_where_midnight_itself_comes_twice_or_not_at_all() {
    judge(&SANTIAGO, &IN_THE_CHANGE);
}

fn judge(place: &Place, hours: &Hours) {
    let quiet = read(hours.written);
    let expected = reckoned(place, hours);
    let zone = TimeZone::posix(place.rule).expect("a rule");
    let moment = |minute: i64| -> Zoned {
        Timestamp::from_second(NEW_YEAR + minute * 60).expect("a time").to_zoned(zone.clone())
    };
    let event = "task.complete".parse().ok();
    let mut wrong = Vec::new();
    for (minute, expected) in YEAR.zip(&expected) {
        let now = moment(minute);
        if is_quiet(&quiet, event.as_ref(), &now) != *expected {
            wrong.push(now.to_string());
        }
    }
    assert!(wrong.is_empty(), "{} of {} minutes, the first: {:?}", wrong.len(), expected.len(), &wrong[..1]);

    // The end that is told is the next minute that is not quiet.
    let quiet_at = |minute: i64| expected.get(usize::try_from(minute).expect("not before")).copied();
    for begin in YEAR.filter(|minute| quiet_at(*minute) == Some(true)).step_by(97) {
        let Some(end) = (begin..YEAR.end).find(|minute| quiet_at(*minute) == Some(false)) else { break };
        assert_eq!(quiet_until(&quiet, &moment(begin)), Some(moment(end).timestamp()), "from {}", moment(begin));
    }
}

/// The oracle knows the year: by its list, these moments are what the calendars of these places say.
#[rstest]
#[case(BERLIN, at(88, 0, 59), 88, (1, 59))]
#[case(BERLIN, at(88, 1, 0), 88, (3, 0))]
#[case(BERLIN, at(298, 0, 59), 298, (2, 59))]
#[case(BERLIN, at(298, 1, 0), 298, (2, 0))]
#[case(NEW_YORK, at(67, 6, 59), 67, (1, 59))]
#[case(NEW_YORK, at(67, 7, 0), 67, (3, 0))]
#[case(NEW_YORK, at(305, 6, 0), 305, (1, 0))]
#[case(LORD_HOWE, at(94, 15, 0), 95, (1, 30))]
#[case(LORD_HOWE, at(276, 15, 30), 277, (2, 30))]
#[case(SANTIAGO, at(95, 3, 0), 94, (23, 0))]
#[case(SANTIAGO, at(249, 4, 0), 249, (1, 0))]
fn the_clocks_jump_when_they_do(#[case] place: Place, #[case] minute: i64, #[case] day: i64, #[case] time: (i64, i64)) {
    assert_eq!(place.clock(minute), at(day, time.0, time.1));
    let zone = TimeZone::posix(place.rule).expect("a rule");
    let shown = Timestamp::from_second(NEW_YEAR + minute * 60).expect("a time").to_zoned(zone);
    assert_eq!(
        (i64::from(shown.day_of_year()), i64::from(shown.hour()), i64::from(shown.minute())),
        (day, time.0, time.1)
    );
}
