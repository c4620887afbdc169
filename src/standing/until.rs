//! A point in the future, as people say it: `30m`, `for 2 hours`, `until 18:00`, `until tomorrow 9:30`, `until monday`.
//!
//! Pure: the clock is handed in. Days are those of the time zone, also where one of them has 25 hours.

use anyhow::{Context as _, bail};
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, Timestamp, Zoned};

/// The end that the words stand for; none for none: until it is ended by hand.
///
/// # Errors
/// With what is wrong with them.
pub fn parse(words: &[String], now: &Zoned) -> anyhow::Result<Option<Timestamp>> {
    let words: Vec<String> = words.iter().flat_map(|word| word.split_whitespace()).map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let end = match words.as_slice() {
        [] => return Ok(None),
        ["until", rest @ ..] => moment(rest, now)?,
        ["for", rest @ ..] | rest => after(&rest.join(" "), now)?,
    };
    if end <= *now {
        bail!("it is over already");
    }
    Ok(Some(end.timestamp()))
}

fn after(text: &str, now: &Zoned) -> anyhow::Result<Zoned> {
    if clock(text).is_some() && text.contains(':') {
        bail!("to name a time of day, write: until {text}");
    }
    let span: Span = match text.parse::<u32>() {
        Ok(_) => bail!("a unit is missing, as in {text}m or {text}h"),
        Err(_) => {
            text.parse().map_err(|_| anyhow::anyhow!("it is neither a length, as in 30m, nor \"until\" and a time"))?
        }
    };
    if !span.is_positive() {
        bail!("a length is more than nothing");
    }
    now.checked_add(span).context("that is too long")
}

/// A moment in the future: a time of day, a day, or both.
fn moment(words: &[&str], now: &Zoned) -> anyhow::Result<Zoned> {
    let zone = now.time_zone();
    let at =
        |date: Date, time: Time| date.to_datetime(time).to_zoned(zone.clone()).context("there is no such time here");
    let (first, rest) = match words {
        [] => bail!("the time is missing"),
        [one] => match clock(one) {
            Some(time) => {
                let today = at(now.date(), time)?;
                return if today > *now { Ok(today) } else { at(now.date().tomorrow()?, time) };
            }
            None => (*one, None),
        },
        [day, time] => match clock(time) {
            Some(time) => (*day, Some(time)),
            None => bail!("{time:?} is no time of day, as in 18:00"),
        },
        _ => bail!("there are too many words"),
    };
    let date = match first {
        "today" => now.date(),
        "tomorrow" => now.date().tomorrow()?,
        _ => match weekday(first) {
            Some(day) => now.date().nth_weekday(1, day)?,
            None => match (first.parse::<DateTime>(), first.parse::<Date>()) {
                (Ok(moment), _) if rest.is_none() && first.contains('t') => return Ok(moment.to_zoned(zone.clone())?),
                (_, Ok(date)) => date,
                _ => bail!("{first:?} is neither a time of day, as in 18:00, nor a day"),
            },
        },
    };
    at(date, rest.unwrap_or(Time::midnight()))
}

/// `18:00`, `8`, `6pm`.
fn clock(text: &str) -> Option<Time> {
    let (text, afternoon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(text), _) => (text, Some(0)),
        (_, Some(text)) => (text, Some(12)),
        _ => (text, None),
    };
    let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
    let is_number = |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hour) || minute.len() != 2 || !is_number(minute) {
        return None;
    }
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match afternoon {
        Some(later) => (1..=12).contains(&hour).then_some(hour % 12 + later)?,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

fn weekday(text: &str) -> Option<Weekday> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = days.iter().position(|day| *day == text || (text.len() == 3 && day.starts_with(text)))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use rstest::rstest;

    use super::*;

    /// Friday, a quarter past four in the afternoon, the day before the clocks of Berlin are set back.
    fn now() -> Zoned {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        "2026-10-23T14:15:00Z".parse::<Timestamp>().unwrap().to_zoned(zone)
    }

    fn words(text: &str) -> Vec<String> {
        text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[rstest]
    #[case("30m", "2026-10-23T14:45:00Z")]
    #[case("1h30m", "2026-10-23T15:45:00Z")]
    #[case("for 2 hours", "2026-10-23T16:15:00Z")]
    #[case("90s", "2026-10-23T14:16:30Z")]
    // A day is a day, also the one of 25 hours.
    #[case("2d", "2026-10-25T15:15:00Z")]
    #[case("until 18:00", "2026-10-23T16:00:00Z")]
    #[case("until 6pm", "2026-10-23T16:00:00Z")]
    #[case("until 9", "2026-10-24T07:00:00Z")]
    #[case("until 16:15", "2026-10-24T14:15:00Z")]
    #[case("until tomorrow", "2026-10-23T22:00:00Z")]
    #[case("until tomorrow 9:30", "2026-10-24T07:30:00Z")]
    #[case("until Monday 9:00", "2026-10-26T08:00:00Z")]
    #[case("until fri", "2026-10-29T23:00:00Z")]
    #[case("until 2026-12-24", "2026-12-23T23:00:00Z")]
    #[case("until 2026-12-24 18:00", "2026-12-24T17:00:00Z")]
    #[case("until 2026-12-24T18:00", "2026-12-24T17:00:00Z")]
    fn an_end_is_said_in_many_ways(#[case] text: &str, #[case] end: &str) {
        assert_eq!(parse(&words(text), &now()).unwrap(), Some(end.parse().unwrap()));
        assert_eq!(parse(&[text.to_owned()], &now()).unwrap(), Some(end.parse().unwrap()), "in quotes");
    }

    #[rstest]
    #[case("30", "30m or 30h")]
    #[case("18:00", "until 18:00")]
    #[case("until", "missing")]
    #[case("until noon", "noon")]
    #[case("until 25:00", "25:00")]
    #[case("until tomorrow noon", "noon")]
    #[case("until today 10:00", "over")]
    #[case("until 2020-01-01", "over")]
    #[case("until 1 2 3", "too many")]
    #[case("-30m", "more than nothing")]
    #[case("0s", "more than nothing")]
    #[case("99999999h", "too long")]
    #[case("forever", "neither")]
    fn what_is_no_end_is_told(#[case] text: &str, #[case] says: &str) {
        let why = parse(&words(text), &now()).unwrap_err().to_string();
        assert!(why.contains(says), "{why}");
    }

    #[test]
    fn without_a_word_it_ends_by_hand() {
        assert_eq!(parse(&[], &now()).unwrap(), None);
    }
}
