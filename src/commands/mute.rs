//! `herald mute` and `herald unmute`: silence until a time, for everything or for one session.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, Timestamp, Zoned};
use serde_json::json;

use super::tell::{self, BOLD, GOOD, WARN, clean};
use crate::cli::{Mute, Unmute};
use crate::event::Session;
use crate::paths::Paths;
use crate::standing::mute;
use crate::{config, link, ring};

pub(super) fn mute(args: &Mute) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let now = crate::platform::zone::wall_clock();
    let until = until(&args.when, &now).map_err(|why| {
        let said = args.when.join(" ");
        anyhow::anyhow!(
            "{said:?} is no time: {why}\n  hint: herald mute 30m, herald mute until 18:00, herald mute until tomorrow 9:00"
        )
    })?;
    let sessions = sessions(args.session.as_deref());
    let told =
        tell_others(&paths, &sessions, true, until.map(|until| until.duration_since(now.timestamp()).unsigned_abs()));
    // Where nothing is heard, there is nothing to mute as long as those learn of it who hear; and they end it for all.
    let is_elsewhere = matches!(told, Ok(true)) && is_heard_elsewhere(&paths);
    let hushed = if is_elsewhere {
        Ok(false)
    } else {
        mute::mute(&paths, &sessions, until).with_context(|| could_not(&paths))?;
        ring::hush(&paths, &sessions)
    };
    if args.json {
        tell::json_line(&json!({
            "muted_until": until.unwrap_or(mute::FOREVER),
            "session": args.session,
            "elsewhere": is_elsewhere,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let who = who(args.session.as_deref());
    let place = if is_elsewhere { " on the machines that hear it" } else { "" };
    let time = until.map_or_else(String::new, |until| format!(" {}", end(until, &now)));
    let undo = args.session.as_deref().map_or_else(String::new, |session| format!(" --session {}", clean(session)));
    writeln!(anstream::stdout(), "{who} {BOLD}mute{BOLD:#}{place}{time}; to end it: herald unmute{undo}")?;
    if let Err(why) = hushed {
        writeln!(anstream::stderr(), "{WARN}what is heard at this moment goes on to its end: {why}{WARN:#}")?;
    }
    warn_untold(told)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn unmute(args: &Unmute) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let sessions = sessions(args.session.as_deref());
    let was = mute::unmute(&paths, &sessions).with_context(|| could_not(&paths))?;
    let still = mute::is_muted(&paths, None);
    let told = tell_others(&paths, &sessions, false, None);
    if args.json {
        tell::json_line(&json!({ "was_muted": was, "muted": still, "session": args.session }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let who = who(args.session.as_deref());
    let mut out = anstream::stdout();
    if was {
        writeln!(out, "{who} {GOOD}heard{GOOD:#} again")?;
    } else if matches!(told, Ok(true)) && is_heard_elsewhere(&paths) {
        writeln!(out, "{who} {GOOD}heard{GOOD:#} again on the machines that hear it")?;
    } else if args.session.is_some() {
        writeln!(out, "{who} not mute")?;
    } else {
        writeln!(out, "nothing is mute")?;
    }
    if still {
        writeln!(out, "{WARN}everything is mute; to end that: herald unmute{WARN:#}")?;
    }
    warn_untold(told)?;
    Ok(ExitCode::SUCCESS)
}

/// What holds for everything holds on all machines of the user's that are linked; a session is of one machine.
fn tell_others(paths: &Paths, sessions: &[Session], muted: bool, left: Option<Duration>) -> io::Result<bool> {
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    match config.link {
        Some(link) if sessions.is_empty() => link::tell_mute(paths, &link, muted, left),
        _ => Ok(false),
    }
}

fn is_heard_elsewhere(paths: &Paths) -> bool {
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    config.link.is_some_and(|link| link.elsewhere().is_some())
}

fn warn_untold(told: io::Result<bool>) -> io::Result<()> {
    match told {
        Ok(_) => Ok(()),
        Err(why) => {
            writeln!(anstream::stderr(), "{WARN}your other machines could not be told: {why}{WARN:#}")?;
            writeln!(anstream::stderr(), "  what is wrong with [link]: herald doctor")
        }
    }
}

fn could_not(paths: &Paths) -> String {
    format!("could not write {}", paths.mutes().display())
}

fn sessions(session: Option<&str>) -> Vec<Session> {
    session.map(Session::meant_by).unwrap_or_default()
}

fn who(session: Option<&str>) -> String {
    session.map_or_else(|| "everything is".to_owned(), |session| format!("session {} is", clean(session)))
}

/// An end, as people say it: by the clock, with the day where it isn't today, and how long that is.
pub(super) fn end(until: Timestamp, now: &Zoned) -> String {
    let then = until.to_zoned(now.time_zone().clone());
    let format = if then.date() == now.date() { "%H:%M" } else { "%a %-d %b, %H:%M" };
    let minutes = until.duration_since(now.timestamp()).unsigned_abs().as_secs().div_ceil(60);
    let left = match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    };
    format!("until {} ({left})", then.strftime(format))
}

/// The end that the words stand for; none for none: until it is ended by hand.
fn until(words: &[String], now: &Zoned) -> anyhow::Result<Option<Timestamp>> {
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
        assert_eq!(until(&words(text), &now()).unwrap(), Some(end.parse().unwrap()));
        assert_eq!(until(&[text.to_owned()], &now()).unwrap(), Some(end.parse().unwrap()), "in quotes");
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
        let why = until(&words(text), &now()).unwrap_err().to_string();
        assert!(why.contains(says), "{why}");
    }

    #[test]
    fn without_a_word_it_ends_by_hand() {
        assert_eq!(until(&[], &now()).unwrap(), None);
    }

    #[rstest]
    #[case("2026-10-23T14:16:00Z", "until 16:16 (1 min)")]
    #[case("2026-10-23T16:15:00Z", "until 18:15 (2 h)")]
    #[case("2026-10-23T16:45:00Z", "until 18:45 (2 h 30 min)")]
    #[case("2026-10-24T07:00:00Z", "until Sat 24 Oct, 09:00 (16 h 45 min)")]
    #[case("2026-10-26T14:15:00Z", "until Mon 26 Oct, 15:15 (3 d)")]
    fn an_end_is_told_as_people_say_it(#[case] until: &str, #[case] said: &str) {
        assert_eq!(end(until.parse().unwrap(), &now()), said);
    }
}
