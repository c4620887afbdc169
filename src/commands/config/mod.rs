//! `herald config`: where the configuration is, what is in force, what is wrong with it, and changes of it.

mod editor;
mod key;

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::tell::{self, GOOD, WARN, clean};
use crate::cli;
use crate::config::{self, Applied, Checked, Problem};
use crate::paths::Paths;

pub(super) fn run(command: &cli::Config) -> anyhow::Result<ExitCode> {
    if matches!(command, cli::Config::Schema) {
        writeln!(io::stdout(), "{:#}", config::schema())?;
        return Ok(ExitCode::SUCCESS);
    }
    let paths = Paths::from_env()?;
    match command {
        cli::Config::Path(args) => path(&paths, args.json),
        cli::Config::Show(args) => show(&paths, args.json),
        cli::Config::Check(args) => check(&paths, args.json),
        cli::Config::Get { key, json } => key::get(&paths, key, *json),
        cli::Config::Set { key, values } => key::set(&paths, key, values),
        cli::Config::Unset { key } => key::unset(&paths, key),
        cli::Config::Edit => editor::edit(&paths),
        cli::Config::Schema => Ok(ExitCode::SUCCESS),
    }
}

fn path(paths: &Paths, as_json: bool) -> anyhow::Result<ExitCode> {
    if as_json {
        tell::json_line(&json!({ "path": paths.config, "exists": paths.config.exists() }))?;
    } else {
        writeln!(anstream::stdout(), "{}", paths.config.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(paths: &Paths, as_json: bool) -> anyhow::Result<ExitCode> {
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    if as_json {
        // What is shown as TOML, as JSON: one description of the configuration, not two.
        tell::json_line(
            &toml::from_str(&config::show(&loaded.config)).context("could not describe the configuration")?,
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    let origin = match loaded.applied {
        Applied::File if paths.config.exists() => format!("from {}", paths.config.display()),
        Applied::File | Applied::Defaults if !paths.config.exists() => {
            format!("the defaults; {} does not exist", paths.config.display())
        }
        Applied::LastGood => {
            format!("the last good one; {} has faults, see: herald config check", paths.config.display())
        }
        _ => format!("the defaults; {} has faults, see: herald config check", paths.config.display()),
    };
    writeln!(out, "# {}", clean(&origin))?;
    write!(out, "{}", config::show(&loaded.config))?;
    Ok(ExitCode::SUCCESS)
}

fn check(paths: &Paths, as_json: bool) -> anyhow::Result<ExitCode> {
    let file = &paths.config;
    // A link that leads nowhere is there, and a fault.
    let exists = fs::symlink_metadata(file).is_ok();
    let checked = config::check(file, paths.home.as_deref());
    let ok = !checked.problems.iter().any(Problem::is_fault);
    let mut out = anstream::stdout().lock();
    if as_json {
        writeln!(
            out,
            "{}",
            json!({
                "path": file,
                "ok": ok,
                "exists": exists,
                "applied": applied(paths),
                "problems": checked.problems,
            })
        )?;
    } else if !exists {
        writeln!(out, "{} does not exist; the defaults are in force", clean(&file.to_string_lossy()))?;
    } else {
        tell_faults(&mut out, paths, &checked)?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn applied(paths: &Paths) -> Applied {
    config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).applied
}

/// All that is wrong with the file, and what holds meanwhile; or that nothing is.
fn tell_faults(out: &mut impl Write, paths: &Paths, checked: &Checked) -> io::Result<()> {
    let shown = clean(&paths.config.to_string_lossy());
    if checked.problems.is_empty() {
        return writeln!(out, "{GOOD}✓{GOOD:#} {shown} is fine");
    }
    for problem in &checked.problems {
        // The stream takes the colours out again where they don't belong.
        writeln!(out, "{}", problem.render(&paths.config, &checked.source, true))?;
    }
    let count = checked.problems.len();
    writeln!(out, "{count} problem{} in {shown}", if count == 1 { "" } else { "s" })?;
    if checked.problems.iter().any(Problem::is_error) {
        let holds = match applied(paths) {
            Applied::LastGood => "the last good configuration is in force",
            _ => "the defaults are in force",
        };
        writeln!(out, "{WARN}until it is mended, {holds}{WARN:#}")?;
    }
    Ok(())
}
