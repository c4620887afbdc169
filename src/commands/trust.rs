//! `herald trust` and `herald untrust`: which project files may turn Herald down.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::Silent;
use super::install::short;
use super::tell::{self, DIM, GOOD, WARN, clean};
use crate::cli::{Trust, Untrust};
use crate::config::{PROJECT_FILE, Problem};
use crate::paths::Paths;
use crate::standing::trust::{self, Now, Trusted};

pub(super) fn trust(args: &Trust) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    if args.list {
        return list(&paths, args.json);
    }
    let file = file(args.path.as_deref())?;
    let shown = short(&file, &paths);
    let candidate = trust::candidate(&file).with_context(|| format!("could not read {shown}"))?;
    if !candidate.problems.is_empty() {
        let mut err = anstream::stderr();
        for problem in &candidate.problems {
            writeln!(err, "{}", problem.render(&file, &candidate.source, true))?;
        }
        if candidate.problems.iter().any(Problem::is_error) {
            writeln!(err, "herald: {shown} asks for more than a project may, so it is not trusted")?;
            return Err(Silent.into());
        }
    }
    let wishes = candidate.trusted.project.in_words();
    trust::trust(&paths, &candidate.trusted).with_context(|| could_not(&paths))?;
    if args.json {
        tell::json_line(&as_json(&candidate.trusted))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout();
    writeln!(out, "{GOOD}trusted{GOOD:#}: {shown}, as it is now")?;
    for wish in &wishes {
        writeln!(out, "  {}", clean(wish))?;
    }
    if wishes.is_empty() {
        writeln!(out, "  {DIM}it asks for nothing{DIM:#}")?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn untrust(args: &Untrust) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let gone = if args.all {
        trust::untrust(&paths, |_| true)
    } else {
        let named = named(args.path.as_deref())?;
        // The file may be gone, and so may its folder.
        let real = fs::canonicalize(&named).unwrap_or(named);
        let above = |it: &Trusted| it.file == real || it.file.parent() == Some(&real);
        match args.path {
            Some(_) => trust::untrust(&paths, above),
            None => match innermost(&trust::all(&paths)?, &real) {
                Some(file) => trust::untrust(&paths, |it| it.file == file),
                None => Ok(0),
            },
        }
    };
    let gone = gone.with_context(|| could_not(&paths))?;
    if args.json {
        tell::json_line(&json!({ "untrusted": gone }))?;
    } else {
        match gone {
            0 => writeln!(anstream::stdout(), "no such project was trusted; see: herald trust --list")?,
            1 => writeln!(anstream::stdout(), "one project is {WARN}no longer trusted{WARN:#}")?,
            many => writeln!(anstream::stdout(), "{many} projects are {WARN}no longer trusted{WARN:#}")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn could_not(paths: &Paths) -> String {
    format!("could not write {}", paths.trusted().display())
}

/// The trusted file of the innermost folder around `folder`.
fn innermost(all: &[Trusted], folder: &Path) -> Option<PathBuf> {
    let around = all.iter().filter(|it| it.file.parent().is_some_and(|parent| folder.starts_with(parent)));
    around.max_by_key(|it| it.file.components().count()).map(|it| it.file.clone())
}

/// What was named, or the working directory.
fn named(path: Option<&Path>) -> anyhow::Result<PathBuf> {
    match path {
        Some(path) => Ok(std::path::absolute(path)?),
        None => std::env::current_dir().context("there is no working directory"),
    }
}

/// The project file that is meant.
fn file(path: Option<&Path>) -> anyhow::Result<PathBuf> {
    let named = named(path)?;
    if path.is_some() && !named.is_dir() {
        if named.file_name().is_none_or(|name| name != PROJECT_FILE) {
            bail!("a project's file is called {PROJECT_FILE}, and {} is not", named.display());
        }
        return Ok(named);
    }
    let found = if path.is_some() {
        Some(named.join(PROJECT_FILE)).filter(|file| file.exists())
    } else {
        trust::nearest(&named)
    };
    let place = if path.is_some() { "in" } else { "in or above" };
    found.with_context(|| {
        let shown = named.display();
        format!("there is no {PROJECT_FILE} {place} {shown}\n  hint: one that lowers everything: echo 'volume = 50' > {PROJECT_FILE}")
    })
}

fn list(paths: &Paths, as_json_lines: bool) -> anyhow::Result<ExitCode> {
    let all = trust::all(paths).with_context(|| format!("could not read {}", paths.trusted().display()))?;
    if as_json_lines {
        tell::json_line(&all.iter().map(as_json).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout();
    if all.is_empty() {
        writeln!(out, "no project is trusted")?;
    }
    for it in &all {
        let shown = short(&it.file, paths);
        match it.now() {
            Now::Same => writeln!(out, "{shown}")?,
            Now::Changed => writeln!(out, "{shown}  {WARN}changed since, so it is passed over{WARN:#}")?,
            Now::Gone => writeln!(out, "{shown}  {DIM}gone{DIM:#}")?,
        }
        for wish in it.project.in_words() {
            writeln!(out, "  {DIM}{}{DIM:#}", clean(&wish))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(it: &Trusted) -> serde_json::Value {
    let now = match it.now() {
        Now::Same => "same",
        Now::Changed => "changed",
        Now::Gone => "gone",
    };
    json!({ "path": it.file, "sha256": it.sha256, "now": now, "asks": it.project.in_words() })
}
