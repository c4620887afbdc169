//! `herald pack list`: all packs there are.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::in_use;
use crate::commands::install::short;
use crate::commands::tell::{self, BOLD, DIM, GOOD, WARN, clean, padded, wrapped};
use crate::paths::Paths;
use crate::sound::Dirs;
use crate::sound::collection::{self, Hider, Shelved};

pub(super) fn run(paths: &Paths, events: bool, as_json: bool) -> anyhow::Result<ExitCode> {
    let packs = collection::all(&Dirs::of(paths));
    let (used, ruled) = in_use(paths);
    if as_json {
        tell::json_line(&packs.iter().map(|pack| shape(pack, &used, &ruled)).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    let width = packs.iter().map(|pack| pack.name.len()).max().unwrap_or(0).clamp(4, 24);
    writeln!(out, "  {BOLD}{:<width$}  {:<8}  EVENTS  SOUNDS  WHERE{BOLD:#}", "NAME", "KIND")?;
    for pack in &packs {
        let is = |list: &[String]| pack.hidden_by.is_none() && list.contains(&pack.name);
        let (mark, style) = match () {
            () if is(&used) => ('*', GOOD),
            () if is(&ruled) => ('+', GOOD),
            () => (' ', DIM),
        };
        let kind = pack.kind.map_or_else(|| "built-in".to_owned(), |kind| kind.to_string());
        let place = pack.path.as_deref().map(|path| short(path, paths)).unwrap_or_default();
        let name = padded(&clean(&pack.name), width);
        if let Some(fault) = &pack.fault {
            writeln!(out, "{WARN}! {name}  {kind:<8}       -       -  {place}{WARN:#}")?;
            for line in wrapped(&clean(fault), 76) {
                writeln!(out, "    {WARN}{line}{WARN:#}")?;
            }
        } else {
            let (events, sounds) = (pack.events.len(), pack.sounds);
            let line = format!("{style}{mark}{style:#} {name}  {kind:<8}  {events:>6}  {sounds:>6}  {place}");
            writeln!(out, "{}", line.trim_end())?;
        }
        match &pack.hidden_by {
            Some(Hider::Builtin) => writeln!(out, "    {WARN}hidden: a built-in pack has this name{WARN:#}")?,
            Some(Hider::Pack(path)) => writeln!(out, "    {WARN}hidden by {}{WARN:#}", short(path, paths))?,
            None => {}
        }
        if events && !pack.events.is_empty() {
            for line in wrapped(&pack.events.join(" "), 76) {
                writeln!(out, "    {DIM}{line}{DIM:#}")?;
            }
        }
    }
    let used: Vec<String> = used.iter().map(|name| clean(name)).collect();
    for line in wrapped(&format!("in use: {}; then the built-in herald", used.join(", ")), 80) {
        writeln!(out, "{DIM}{line}{DIM:#}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A pack as scripts read it.
pub(super) fn shape(pack: &Shelved, used: &[String], ruled: &[String]) -> Value {
    let about = &pack.about;
    let hidden = match &pack.hidden_by {
        None => Value::Null,
        Some(Hider::Builtin) => json!("builtin"),
        Some(Hider::Pack(path)) => json!(path),
    };
    json!({
        "name": pack.name,
        "kind": pack.kind.map_or_else(|| "builtin".to_owned(), |kind| kind.to_string()),
        "path": pack.path,
        "active": pack.hidden_by.is_none() && used.contains(&pack.name),
        "in_rules": pack.hidden_by.is_none() && ruled.contains(&pack.name),
        "hidden_by": hidden,
        "title": about.title,
        "version": about.version,
        "description": about.description,
        "author": about.author,
        "license": about.license,
        "language": about.language,
        "homepage": about.homepage,
        "sounds": pack.sounds,
        "events": pack.events,
        "fault": pack.fault,
    })
}
