//! A point in the past, as people write it: `7d`, `90m`, `today`, `yesterday`, `2026-11-01`, `2026-11-01T18:00`.
//!
//! Pure: the clock is handed in. Days are those of the time zone, also where one of them has 23 hours.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Timestamp, ToSpan as _, Zoned};

/// What a point in the past may look like.
pub const FORMS: &str = "30m, 7d, today, yesterday, 18:00, 2026-11-01, 2026-11-01T18:00";

/// Reads it.
///
/// # Errors
/// With what it may look like.
pub fn parse(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let text = text.trim();
    let at = read(text, now).ok_or_else(|| format!("it is no time\n  [possible: {FORMS}]"))?;
    if at > now.timestamp() {
        return Err("that is still to come".to_owned());
    }
    Ok(at)
}

fn read(text: &str, now: &Zoned) -> Option<Timestamp> {
    let midnight = |day: &Zoned| day.start_of_day().ok().map(|day| day.timestamp());
    match text {
        "now" => return Some(now.timestamp()),
        "today" => return midnight(now),
        "yesterday" => return midnight(&now.yesterday().ok()?),
        _ => {}
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let local = |time: DateTime| time.to_zoned(now.time_zone().clone()).ok().map(|time| time.timestamp());
    if text.contains(['T', 't', ' ', ':'])
        && let Ok(time) = text.parse::<DateTime>()
    {
        return local(time);
    }
    if let Ok(date) = text.parse::<Date>() {
        return local(date.at(0, 0, 0, 0));
    }
    if let Ok(time) = text.parse::<Time>() {
        // The last time it was so late.
        let today = now.with().time(time).build().ok()?;
        let at = if today.timestamp() > now.timestamp() { today.checked_sub(1.day()).ok()? } else { today };
        return Some(at.timestamp());
    }
    let span = text.parse::<Span>().ok()?.abs();
    now.checked_sub(span).ok().map(|time| time.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::tz::{Offset, TimeZone};
    use rstest::rstest;

    use super::*;

    fn now() -> Zoned {
        let zone = TimeZone::fixed(Offset::constant(2));
        "2026-11-21T15:30:00Z".parse::<Timestamp>().unwrap().to_zoned(zone)
    }

    #[rstest]
    #[case("7d", "2026-11-14T15:30:00Z")]
    #[case("90m", "2026-11-21T14:00:00Z")]
    #[case("1h30m", "2026-11-21T14:00:00Z")]
    #[case("2w", "2026-11-07T15:30:00Z")]
    #[case("3 days", "2026-11-18T15:30:00Z")]
    #[case("3 days ago", "2026-11-18T15:30:00Z")]
    #[case("today", "2026-11-20T22:00:00Z")]
    #[case("yesterday", "2026-11-19T22:00:00Z")]
    #[case("now", "2026-11-21T15:30:00Z")]
    #[case("2026-11-01", "2026-10-31T22:00:00Z")]
    #[case("2026-11-01T18:00", "2026-11-01T16:00:00Z")]
    #[case("2026-11-01 18:00", "2026-11-01T16:00:00Z")]
    #[case("2026-11-01T18:00:00Z", "2026-11-01T18:00:00Z")]
    #[case::earlier_today("09:00", "2026-11-21T07:00:00Z")]
    #[case::not_yet_today("18:00", "2026-11-20T16:00:00Z")]
    fn people_s_words_are_points_in_time(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text, &now()).map(|time| time.to_string()).as_deref(), Ok(expected));
    }

    #[rstest]
    #[case("")]
    #[case("7")]
    #[case("soon")]
    #[case("7 parsecs")]
    #[case("2026-13-01")]
    #[case("2026-11-22")]
    fn what_is_none_or_still_to_come_is_refused(#[case] text: &str) {
        assert!(parse(text, &now()).is_err(), "{text}");
    }
}
