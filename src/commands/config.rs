//! `herald config`: where the configuration is, what is in force, and what is wrong with it.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::tell::{self, GOOD};
use crate::cli;
use crate::config::{self, Applied, Checked};
use crate::paths::Paths;

pub(super) fn run(command: &cli::Config) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    match command {
        cli::Config::Path(args) => path(&paths, args.json),
        cli::Config::Show(args) => show(&paths, args.json),
        cli::Config::Check(args) => check(&paths, args.json),
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
    writeln!(out, "# {origin}")?;
    write!(out, "{}", config::show(&loaded.config))?;
    Ok(ExitCode::SUCCESS)
}

fn check(paths: &Paths, as_json: bool) -> anyhow::Result<ExitCode> {
    let file = &paths.config;
    let shown = file.display();
    let exists = file.exists();
    let Checked { problems, source, .. } = config::check(file, paths.home.as_deref());
    let ok = !problems.iter().any(config::Problem::is_fault);
    let mut out = anstream::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!({ "path": file, "ok": ok, "exists": exists, "problems": problems }))?;
    } else if !exists {
        writeln!(out, "{shown} does not exist; the defaults are in force")?;
    } else if problems.is_empty() {
        writeln!(out, "{GOOD}✓{GOOD:#} {shown} is fine")?;
    } else {
        for problem in &problems {
            // The stream takes the colours out again where they don't belong.
            writeln!(out, "{}", problem.render(file, &source, true))?;
        }
        let count = problems.len();
        writeln!(out, "{count} problem{} in {shown}", if count == 1 { "" } else { "s" })?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
