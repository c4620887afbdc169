//! `herald pack info`: what a pack says of itself, and the files of each event.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::{counted, in_use, list, must_exist};
use crate::commands::install::short;
use crate::commands::tell::{self, BOLD, DIM, WARN, clean, padded, wrapped};
use crate::event::EVENTS;
use crate::paths::Paths;
use crate::sound::collection::{self, Sound};
use crate::sound::{Dirs, Severity, verdict};

pub(super) fn run(paths: &Paths, name: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let dirs = Dirs::of(paths);
    let pack = must_exist(name, &dirs)?;
    let sounds = collection::sounds(&dirs, name);
    let verdict = pack.path.as_deref().map(verdict);
    let count = |severity| verdict.as_ref().map_or(0, |verdict| verdict.count(severity));
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if as_json {
        let (used, ruled) = in_use(paths);
        let mut shape = list::shape(&pack, &used, &ruled);
        shape["errors"] = json!(errors);
        shape["warnings"] = json!(warnings);
        shape["files"] = sounds.iter().map(tell::sound_json).collect();
        tell::json_line(&shape)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    let about = &pack.about;
    writeln!(out, "{BOLD}{}{BOLD:#}", clean(about.title.as_deref().unwrap_or(name)))?;
    let where_it_is = pack.path.as_deref().map_or_else(|| "built in".to_owned(), |path| short(path, paths));
    let kind = pack.kind.map(|kind| kind.to_string());
    let trouble = match (errors, warnings) {
        (0, 0) => None,
        (errors, warnings) => Some(format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"))),
    };
    for (key, value) in [
        ("name", Some(name)),
        ("version", about.version.as_deref()),
        ("about", about.description.as_deref()),
        ("author", about.author.as_deref()),
        ("licence", about.license.as_deref()),
        ("language", about.language.as_deref()),
        ("homepage", about.homepage.as_deref()),
        ("kind", kind.as_deref()),
        ("where", Some(where_it_is.as_str())),
        ("fault", pack.fault.as_deref()),
    ] {
        for (at, line) in value.map(|value| wrapped(&clean(value), 69)).unwrap_or_default().iter().enumerate() {
            writeln!(out, "{DIM}{:>9}{DIM:#}  {line}", if at == 0 { key } else { "" })?;
        }
    }
    if let Some(trouble) = trouble {
        writeln!(out, "{DIM}{:>9}{DIM:#}  {WARN}{trouble}{WARN:#}; see: herald pack check {}", "faults", clean(name))?;
    }
    for row in EVENTS.iter().filter(|row| pack.events.contains(&row.name)) {
        writeln!(out, "{}", row.name)?;
        for sound in sounds.iter().filter(|sound| sound.events.contains(&row.name)) {
            line(&mut out, sound)?;
        }
    }
    let others: Vec<&Sound> = sounds.iter().filter(|sound| sound.events.is_empty()).collect();
    if !others.is_empty() {
        writeln!(out, "for no event of Herald's")?;
        for sound in others {
            line(&mut out, sound)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(out: &mut impl std::io::Write, sound: &Sound) -> std::io::Result<()> {
    let file = clean(&sound.file);
    let text = match &sound.label {
        Some(label) => format!("  {}  {}", padded(&file, 30), clean(label)),
        None => format!("  {file}"),
    };
    match &sound.place {
        Ok(_) => writeln!(out, "{}", text.trim_end()),
        Err(why) => writeln!(out, "{WARN}  {file} {}{WARN:#}", clean(why)),
    }
}
