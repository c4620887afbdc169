//! `herald config get`, `set` and `unset`: one key of the configuration.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::anyhow;
use toml::Value;

use crate::commands::Silent;
use crate::commands::install::short;
use crate::commands::tell::{self, BAD, GOOD, clean};
use crate::config::keys::{self, Kind};
use crate::config::{self, NoSuchKey, Place, Refused};
use crate::paths::Paths;

pub(super) fn get(paths: &Paths, key: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let place = find(key)?;
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    let Some(value) = config::get(&config, &place) else { return Err(nothing(&place)) };
    if as_json {
        tell::json_line(&serde_json::to_value(&value)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    match &value {
        Value::Table(table) => write!(out, "{}", toml::to_string(table)?)?,
        // A list of tables is shown as the file has it.
        Value::Array(list) if list.iter().any(Value::is_table) => {
            let name = place.way.last().cloned().unwrap_or_default();
            let table: toml::Table = [(name, value.clone())].into_iter().collect();
            write!(out, "{}", toml::to_string(&table)?)?;
        }
        Value::Array(list) => {
            for one in list {
                writeln!(out, "{}", plain(one))?;
            }
        }
        value => writeln!(out, "{}", plain(value))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A value as a script wants it: a text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), clean)
}

fn nothing(place: &Place) -> anyhow::Error {
    let steps = place.steps();
    match (steps.as_slice(), place.row.map(|row| row.name)) {
        (["events", name], _) => {
            anyhow!("{name} is none of Herald's events, and the configuration says nothing about it")
        }
        (_, Some("sound")) => anyhow!("{place} is not set: the pack's sound is played"),
        (["rules" | "quiet", ..], None) => anyhow!("there is no {place}; `herald config get {}` shows all", steps[0]),
        _ => anyhow!("{place} is not set, and nothing holds without it"),
    }
}

pub(super) fn set(paths: &Paths, key: &str, words: &[String]) -> anyhow::Result<ExitCode> {
    let place = find(key)?;
    let value = config::given(place.kind, words);
    if let Kind::Table(inner) | Kind::TableOrTables(inner) = place.kind
        && !matches!(value, Value::Table(_) | Value::Array(_))
    {
        let names: Vec<String> = keys::names(inner).map(|name| format!("{place}.{name}")).collect();
        return Err(anyhow!("{place} is a table; set one of its keys\n  hint: {}", names.join(", ")));
    }
    let shown = clean(&format!("{place} = {value}"));
    let file = short(&paths.config, paths);
    let changed = match config::edit(&paths.config, paths.home.as_deref(), &place.steps(), &value) {
        Ok(changed) => changed,
        Err(Refused::Spoilt(_, problems, text)) => {
            let mut err = anstream::stderr().lock();
            writeln!(err, "{BAD}herald:{BAD:#} {shown} was not written: it would be a fault\n")?;
            for problem in problems {
                write!(err, "{}", problem.render(&paths.config, &text, true))?;
            }
            return Err(Silent.into());
        }
        Err(refused) => return Err(refused.into()),
    };
    let verb = if changed { "written to" } else { "was so already in" };
    writeln!(anstream::stdout(), "{GOOD}{shown}{GOOD:#}  {verb} {file}")?;
    tell_doubts(paths, &place)?;
    Ok(ExitCode::SUCCESS)
}

/// What is odd about the key as it stands now.
fn tell_doubts(paths: &Paths, place: &Place) -> anyhow::Result<()> {
    let checked = config::check(&paths.config, paths.home.as_deref());
    let (key, above) = (place.to_string(), format!("{place}."));
    let named = |name: &str| name == key || name.starts_with(&above) || key.starts_with(&format!("{name}."));
    let mut err = anstream::stderr().lock();
    for problem in checked.problems.iter().filter(|problem| named(&problem.key)) {
        write!(err, "\n{}", problem.render(&paths.config, &checked.source, true))?;
    }
    Ok(())
}

pub(super) fn unset(paths: &Paths, key: &str) -> anyhow::Result<ExitCode> {
    let place = find(key)?;
    let file = short(&paths.config, paths);
    let there = config::remove(&paths.config, paths.home.as_deref(), &place.steps())?;
    let mut out = anstream::stdout().lock();
    if !there {
        writeln!(out, "{place} was not set in {file}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    let now = config::get(&config, &place).filter(|value| !value.is_table() && !value.is_array());
    let now = now.map_or_else(String::new, |value| format!("; now {}", clean(&value.to_string())));
    writeln!(out, "{GOOD}{place}{GOOD:#}  taken out of {file}{now}")?;
    Ok(ExitCode::SUCCESS)
}

fn find(key: &str) -> anyhow::Result<Place> {
    config::find(key).map_err(|NoSuchKey { why, suggestion, allowed }| {
        let mut message = format!("{} {why}", if key.is_empty() { "\"\"".to_owned() } else { clean(key) });
        if let Some(suggestion) = suggestion {
            message.push_str(&format!("\n  hint: did you mean {suggestion}?"));
        }
        if !allowed.is_empty() {
            message.push_str(&format!("\n  allowed: {}", allowed.join(", ")));
        }
        anyhow!(message)
    })
}
