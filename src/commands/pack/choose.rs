//! `herald pack use`: which packs are played, by everyone or in one session.

use std::io::Write as _;
use std::process::ExitCode;

use super::must_exist;
use crate::commands::install::short;
use crate::commands::tell::{GOOD, WARN, clean};
use crate::config;
use crate::paths::Paths;
use crate::sound::{Dirs, sessions};

pub(super) fn for_all(paths: &Paths, names: &[String]) -> anyhow::Result<ExitCode> {
    vouch(names, paths)?;
    let texts: Vec<toml::Value> = names.iter().map(|name| toml::Value::String(name.clone())).collect();
    let value = match texts.as_slice() {
        [one] => one.clone(),
        _ => toml::Value::Array(texts),
    };
    let changed = config::edit(&paths.config, paths.home.as_deref(), &["pack"], &value)?;
    let file = short(&paths.config, paths);
    let verb = if changed { "written to" } else { "was so already in" };
    writeln!(anstream::stdout(), "{GOOD}pack = {}{GOOD:#}  {verb} {file}", clean(&value.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn for_session(paths: &Paths, session: &str, names: &[String]) -> anyhow::Result<ExitCode> {
    vouch(names, paths)?;
    let mut out = anstream::stdout();
    let had = sessions::put(&paths.sessions(), session, names)?;
    let session = clean(session);
    match (names, had) {
        ([], true) => writeln!(out, "session {session} plays what the configuration says again")?,
        ([], false) => writeln!(out, "session {session} had no packs of its own")?,
        (names, _) => writeln!(out, "session {session} plays {GOOD}{}{GOOD:#} first", clean(&names.join(", ")))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Every name is one of a pack; of which nothing can be played, that is said.
fn vouch(names: &[String], paths: &Paths) -> anyhow::Result<()> {
    let dirs = Dirs::of(paths);
    for name in names {
        if let Some(fault) = must_exist(name, &dirs)?.fault {
            writeln!(anstream::stderr(), "{WARN}nothing of {name} can be played: {}{WARN:#}", clean(&fault))?;
        }
    }
    Ok(())
}
