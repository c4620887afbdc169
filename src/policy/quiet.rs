//! When quiet hours begin and end on a real clock. Pure: the time and its zone are given.
//!
//! They begin at the first moment at which the clock of the place shows their beginning or later on that day, and end
//! likewise. So an hour that the clock shows twice is not quiet twice, and one that it leaves out is no gap. Days are
//! those on which they begin: "fri, 22:00-08:00" ends on Saturday.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _, Zoned};

use crate::config::{Hours, QuietHours};
use crate::event::EventName;

/// How far ahead the end of hours that follow each other is looked for.
const LONGEST_CHAIN: usize = 32;

/// Whether nothing is heard of `event` at that time.
pub fn is_quiet(quiet: &[QuietHours], event: Option<&EventName>, now: &Zoned) -> bool {
    holding(quiet, event).any(|quiet| end_of(quiet, now).is_some())
}

/// Until when it stays quiet for events without exception; `None` where it isn't.
pub fn quiet_until(quiet: &[QuietHours], now: &Zoned) -> Option<Timestamp> {
    let end = |now: &Zoned| holding(quiet, None).filter_map(|quiet| end_of(quiet, now)).max();
    let mut until = end(now)?;
    // Hours that follow each other are one silence.
    for _ in 0..LONGEST_CHAIN {
        match end(&until.to_zoned(now.time_zone().clone())) {
            Some(later) => until = later,
            None => break,
        }
    }
    Some(until)
}

/// Those that silence the event.
fn holding<'q>(quiet: &'q [QuietHours], event: Option<&'q EventName>) -> impl Iterator<Item = &'q QuietHours> {
    quiet.iter().filter(move |quiet| !event.is_some_and(|event| quiet.allows(event)))
}

/// When the hours end in which `now` lies.
fn end_of(quiet: &QuietHours, now: &Zoned) -> Option<Timestamp> {
    let (zone, at, today) = (now.time_zone(), now.timestamp(), now.date());
    // Overnight they began yesterday; where the clock is set back over midnight, tomorrow has been reached once.
    let days = [today.yesterday(), Ok(today), today.tomorrow()].into_iter().flatten();
    days.filter(|day| quiet.days.has(day.weekday().to_monday_zero_offset().unsigned_abs()))
        .flat_map(|day| quiet.hours.iter().map(move |hours| (day, *hours)))
        .filter_map(|(day, hours)| {
            let (from, to) = bounds(day, hours)?;
            (reached(zone, from)? <= at).then_some(())?;
            reached(zone, to).filter(|end| at < *end)
        })
        .max()
}

/// Beginning and end, as the clock shows them.
fn bounds(day: Date, hours: Hours) -> Option<(DateTime, DateTime)> {
    let end = if hours.is_overnight() { day.tomorrow().ok()? } else { day };
    let at = |day: Date, minutes: u16| day.to_datetime(Time::midnight()).checked_add(i64::from(minutes).minutes()).ok();
    Some((at(day, hours.from)?, at(end, hours.to)?))
}

/// The first moment at which the clock shows this or later.
fn reached(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(time).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(time).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            let too_early = after.to_timestamp(time).ok()?;
            Some(zone.following(too_early).next()?.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;
    use crate::config;

    fn quiet(text: &str) -> Vec<QuietHours> {
        let (config, problems) = config::parse(text, Path::new("/cfg/config.toml"), None);
        assert_eq!(problems, []);
        config.quiet
    }

    /// A time in Berlin, by the rule of the European Union.
    fn at(text: &str) -> Zoned {
        let time: Timestamp = text.parse().unwrap();
        time.to_zoned(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    #[rstest]
    #[case("2026-11-20T21:59:59+01:00", None)]
    #[case("2026-11-20T22:00:00+01:00", Some("2026-11-21T07:00:00Z"))]
    #[case("2026-11-21T07:59:59.9+01:00", Some("2026-11-21T07:00:00Z"))]
    #[case("2026-11-21T08:00:00+01:00", None)]
    // Saturday's are not named, so Sunday's morning is not quiet.
    #[case("2026-11-22T03:00:00+01:00", None)]
    fn they_end_on_the_day_after_the_one_they_are_named_for(#[case] now: &str, #[case] until: Option<&str>) {
        let quiet = quiet("[quiet]\nhours = \"22:00-08:00\"\ndays = [\"fri\"]\n");
        assert_eq!(quiet_until(&quiet, &at(now)), until.map(|until| until.parse().unwrap()));
    }

    #[test]
    fn hours_that_follow_each_other_are_one_silence() {
        let quiet = quiet("[quiet]\nhours = [\"22:00-24:00\", \"00:00-06:00\", \"05:00-07:30\"]\n");
        let until = quiet_until(&quiet, &at("2026-07-01T23:00:00+02:00"));
        assert_eq!(until, Some("2026-07-02T05:30:00Z".parse().unwrap()));
        let always = self::quiet("[quiet]\nhours = \"00:00-24:00\"\n");
        assert!(quiet_until(&always, &at("2026-07-01T23:00:00+02:00")).is_some());
    }

    #[test]
    fn an_exception_is_heard() {
        let quiet = quiet("[quiet]\nhours = \"00:00-24:00\"\nallow = [\"input.*\", \"deploy.done\"]\n");
        let now = at("2026-07-01T12:00:00+02:00");
        for (event, expected) in [("input.question", false), ("deploy.done", false), ("task.complete", true)] {
            assert_eq!(is_quiet(&quiet, event.parse().ok().as_ref(), &now), expected, "{event}");
        }
        assert!(is_quiet(&quiet, None, &now));
    }

    #[test]
    fn an_hour_shown_twice_is_not_quiet_twice_and_one_left_out_is_no_gap() {
        let until_half_past_two = quiet("[quiet]\nhours = \"22:00-02:30\"\n");
        let quiet_at = |quiet: &[QuietHours], now: &str| is_quiet(quiet, None, &at(now));
        assert!(quiet_at(&until_half_past_two, "2026-10-25T02:29:00+02:00"));
        assert!(!quiet_at(&until_half_past_two, "2026-10-25T02:30:00+02:00"));
        assert!(!quiet_at(&until_half_past_two, "2026-10-25T02:10:00+01:00"), "heard already");
        let from_half_past_two = quiet("[quiet]\nhours = \"02:30-04:00\"\n");
        assert!(!quiet_at(&from_half_past_two, "2026-03-29T01:59:59+01:00"));
        assert!(quiet_at(&from_half_past_two, "2026-03-29T03:00:00+02:00"), "half past two never comes");
    }
}
