//! `herald agents`: which agents are here, which have hooks, when each was last heard; and the same of other machines.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::install::short;
use super::tell::{self, BOLD, DIM, GOOD, WARN, clean};
use crate::cli::Agents;
use crate::install::{self, Standing};
use crate::journal::text::last_of_agents;
use crate::link::hosts::{Host, Hosts};
use crate::paths::Paths;

pub(super) fn run(args: &Agents) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    if args.hosts {
        return hosts(&paths, args.json);
    }
    let agents = install::survey(&paths)?;
    let last = last_of_agents(&paths)?;
    let heard = |agent: &Standing| last.get(agent.id).map(String::as_str);
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
    let (here, others): (Vec<_>, Vec<_>) = agents.iter().partition(|agent| agent.present || agent.installed);
    if here.is_empty() {
        writeln!(out, "no agent is here: neither its program on PATH nor its settings in your home")?;
    } else {
        writeln!(out, "{BOLD}{:<14}  {:<16}  {:<7}  {:<11}  LAST HEARD{BOLD:#}", "ID", "NAME", "HERE", "HOOKS")?;
    }
    for agent in &here {
        let (hooks, style) = match (agent.installed, &agent.trouble) {
            (_, Some(_)) if agent.config_path.is_none() => ("no place".to_owned(), WARN),
            (_, Some(_)) => ("unreadable".to_owned(), WARN),
            (true, None) => (count(agent.events.len()), GOOD),
            (false, None) => ("none".to_owned(), DIM),
        };
        let present = if agent.present { "yes" } else { "no" };
        let when = heard(agent).map_or_else(|| "never".to_owned(), tell::clock);
        let (id, name) = (agent.id, agent.name);
        writeln!(out, "{id:<14}  {name:<16}  {present:<7}  {style}{hooks:<11}{style:#}  {when}")?;
        if let Some(trouble) = &agent.trouble {
            let path = agent.config_path.as_deref().map(|path| format!("{}: ", short(path, &paths)));
            writeln!(out, "  {WARN}{}{}{WARN:#}", path.unwrap_or_default(), clean(trouble))?;
        }
    }
    let absent: Vec<&str> = others.iter().filter(|agent| agent.hookable).map(|agent| agent.id).collect();
    wrapped(&mut out, "not here: ", &absent)?;
    if here.is_empty() {
        writeln!(out, "{DIM}one that runs elsewhere or comes later:{DIM:#} herald install --force AGENT")?;
    } else if here.iter().any(|agent| !agent.installed && agent.hookable) {
        writeln!(out, "{DIM}herald install AGENT… puts the hooks in{DIM:#}")?;
    }
    let machines = Hosts::read(&paths).map(|hosts| hosts.all()).unwrap_or_default();
    if !machines.is_empty() {
        writeln!(out)?;
        table(&mut out, &machines)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The other machines alone.
fn hosts(paths: &Paths, as_json: bool) -> anyhow::Result<ExitCode> {
    let hosts = Hosts::read(paths).with_context(|| format!("could not read {}", paths.hosts().display()))?;
    let machines = hosts.all();
    if as_json {
        let rows = machines.iter().map(|host| {
            json!({
                "id": host.id,
                "present": host.present,
                "last_event": host.last_event,
                "last_event_at": host.last_event_at,
            })
        });
        tell::json_line(&rows.collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    if machines.is_empty() {
        writeln!(out, "no other machine was heard here")?;
    } else {
        table(&mut out, &machines)?;
    }
    if !hosts.is_kept_up() {
        writeln!(out, "{DIM}nobody listens here at the moment; to do so:{DIM:#} herald-link listen")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(out: &mut impl std::io::Write, machines: &[Host]) -> std::io::Result<()> {
    writeln!(out, "{BOLD}{:<24}  {:<4}  {:<18}  LAST HEARD{BOLD:#}", "MACHINE", "HERE", "LAST EVENT")?;
    for host in machines {
        let (here, style) = match host.present {
            Some(true) => ("yes", GOOD),
            Some(false) => ("no", DIM),
            None => ("?", DIM),
        };
        let event = host.last_event.as_ref().map_or("", |event| event.as_str());
        let when = host.last_event_at.map_or_else(|| "never".to_owned(), |at| tell::clock(&at.to_string()));
        let (name, event) = (tell::padded(&clean(&host.id), 24), tell::padded(&clean(event), 18));
        writeln!(out, "{name}  {style}{here:<4}{style:#}  {event}  {when}")?;
    }
    Ok(())
}

fn count(events: usize) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
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
