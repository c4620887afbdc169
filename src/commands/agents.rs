//! `herald agents`: which agents are here, which have hooks, when each was last heard.

use std::io::Write as _;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::install::short;
use super::tell::{self, BOLD, DIM, GOOD, WARN, clean};
use crate::cli::Json;
use crate::install::{self, Standing};
use crate::journal;
use crate::paths::Paths;

pub(super) fn run(args: &Json) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let agents = install::survey(&paths)?;
    let lines = journal::read(&paths)?;
    let heard = |agent: &Standing| journal::last_of_agent(&lines, agent.id);
    if args.json {
        let rows = agents.iter().map(|agent| {
            json!({
                "id": agent.id,
                "name": agent.name,
                "hookable": agent.hookable,
                "present": agent.present,
                "config_path": agent.config_path,
                "installed": agent.installed,
                "events": agent.events,
                "last_event_at": heard(agent),
                "trouble": agent.trouble,
            })
        });
        tell::json_line(&rows.collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "{BOLD}{:<14}  {:<16}  {:<7}  {:<11}  LAST HEARD{BOLD:#}", "ID", "NAME", "HERE", "HOOKS")?;
    let (here, others): (Vec<_>, Vec<_>) = agents.iter().partition(|agent| agent.present || agent.installed);
    for agent in &here {
        let (hooks, style) = match (agent.installed, &agent.trouble) {
            (_, Some(_)) if agent.config_path.is_none() => ("no place".to_owned(), WARN),
            (_, Some(_)) => ("unreadable".to_owned(), WARN),
            (true, None) => (count(agent.events.len()), GOOD),
            (false, None) => ("none".to_owned(), DIM),
        };
        let present = if agent.present { "yes" } else { "no" };
        let when = heard(agent).map_or_else(|| "never".to_owned(), clock);
        let (id, name) = (agent.id, agent.name);
        writeln!(out, "{id:<14}  {name:<16}  {present:<7}  {style}{hooks:<11}{style:#}  {when}")?;
        if let Some(trouble) = &agent.trouble {
            let path = agent.config_path.as_deref().map(|path| format!("{}: ", short(path, &paths)));
            writeln!(out, "  {WARN}{}{}{WARN:#}", path.unwrap_or_default(), clean(trouble))?;
        }
    }
    let absent: Vec<&str> = others.iter().filter(|agent| agent.hookable).map(|agent| agent.id).collect();
    wrapped(&mut out, "not here: ", &absent)?;
    if here.iter().any(|agent| !agent.installed && agent.hookable) {
        writeln!(out, "{DIM}herald install AGENT… puts the hooks in{DIM:#}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn count(events: usize) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

fn clock(time: &str) -> String {
    let time = time.parse::<Timestamp>().ok();
    time.map_or_else(String::new, |time| time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn wrapped(out: &mut impl std::io::Write, lead: &str, words: &[&str]) -> std::io::Result<()> {
    let mut line = lead.to_owned();
    for (at, word) in words.iter().enumerate() {
        let word = format!("{word}{}", if at + 1 < words.len() { ", " } else { "" });
        if line.len() + word.trim_end().len() > 80 {
            writeln!(out, "{DIM}{}{DIM:#}", line.trim_end())?;
            line = " ".repeat(lead.len());
        }
        line.push_str(&word);
    }
    if words.is_empty() { Ok(()) } else { writeln!(out, "{DIM}{line}{DIM:#}") }
}
