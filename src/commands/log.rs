//! `herald log`: the journal, as a person reads it or as it is stored.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;

use super::tell::{self, BAD, BOLD, DIM, GOOD, WARN, clean};
use crate::cli::Log;
use crate::journal::{self, Tail};
use crate::paths::Paths;
use crate::platform::{self, lock::pause};

/// How often a followed journal is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How many lines a terminal gets where it didn't ask for a number.
const ON_A_TERMINAL: usize = 50;

pub(super) fn run(args: &Log) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let mut tail = Tail::from_end(&paths)?;
    let lines = journal::read(&paths)?;
    let default = if platform::stdout_is_terminal() && !args.json { ON_A_TERMINAL } else { usize::MAX };
    let last = args.last.unwrap_or(default);
    let mut out = anstream::stdout().lock();
    for line in &lines[lines.len().saturating_sub(last)..] {
        print(&mut out, line, args.json)?;
    }
    if !args.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        out.flush()?;
        pause(LOOK);
        for line in tail.news()? {
            print(&mut out, &line, args.json)?;
        }
    }
}

fn print(out: &mut impl Write, line: &Value, as_json: bool) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{line}");
    }
    let text = |key: &str| line[key].as_str().map(clean).unwrap_or_default();
    let time = line["time"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let time = time.map_or_else(
        || text("time"),
        |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%m-%d %H:%M:%S").to_string(),
    );
    write!(out, "{DIM}{time}{DIM:#} ")?;
    match line["kind"].as_str() {
        Some("occurrence") => {
            let (verb, style) = if line["decision"] == "play" { ("play", GOOD) } else { ("skip", DIM) };
            let event = line["event"].as_str().map_or_else(|| format!("({})", text("agent_event")), clean);
            write!(out, "{style}{verb}{style:#} {BOLD}{event:<18}{BOLD:#} {:<13}", text("reason"))?;
            write!(out, " {DIM}{} {}{DIM:#}", text("agent"), text("session"))?;
        }
        Some("playback") => {
            let skipped = journal::skipped_for(line);
            let outcome = skipped.map_or_else(|| text("outcome").replace('_', " "), |_| "skipped".to_owned());
            let style = match line["outcome"].as_str() {
                Some("finished") => GOOD,
                _ if skipped.is_some() => DIM,
                _ => WARN,
            };
            let named = if line["event"].is_string() { text("event") } else { text("sound") };
            write!(out, "  {style}♪{style:#}  {BOLD}{named:<18}{BOLD:#} {style}{outcome:<13}{style:#}")?;
            if let Some(first) = line["first_sample_ms"].as_f64() {
                let played = line["played_ms"].as_f64().unwrap_or(0.0);
                write!(out, " {DIM}{played:.0} ms, first after {first:.1} ms, {}{DIM:#}", text("backend"))?;
            } else {
                let style = if skipped.is_some() { DIM } else { BAD };
                write!(out, " {style}{}{style:#}", text("reason"))?;
            }
        }
        _ => write!(out, "  {WARN}·{WARN:#}  {} #{}", text("what"), line["request"])?,
    }
    if let Some(detail) = line["detail"].as_str() {
        write!(out, " {WARN}{}{WARN:#}", tell::clean(detail))?;
    }
    writeln!(out)
}
