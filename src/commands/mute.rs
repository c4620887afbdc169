//! `herald mute` and `herald unmute`: silence until a time, for everything or for one session.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use jiff::{Timestamp, Zoned};
use serde_json::json;

use super::tell::{self, BOLD, GOOD, WARN, clean};
use crate::cli::{Mute, Unmute};
use crate::event::Session;
use crate::paths::Paths;
use crate::standing::{mute, until};
use crate::{config, link, ring};

pub(super) fn mute(args: &Mute) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let now = crate::platform::zone::wall_clock();
    let until = until::parse(&args.when, &now).map_err(|why| {
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
