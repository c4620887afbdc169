//! `herald pack`: what packs there are, which are played, and what is wrong with them.
//!
//! One file per command. What a pack is and what it holds is `sound`'s business.

mod add;
mod check;
mod choose;
mod info;
mod list;
mod remove;

use std::process::ExitCode;

use anyhow::bail;

use crate::cli::Pack;
use crate::config;
use crate::paths::Paths;
use crate::sound::Dirs;
use crate::sound::collection::{self, Shelved};

pub(super) fn run(command: &Pack) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    match command {
        Pack::List { events, json } => list::run(&paths, *events, *json),
        Pack::Use { names, session: None, .. } => choose::for_all(&paths, names),
        Pack::Use { names, session: Some(session), .. } => choose::for_session(&paths, session, names),
        Pack::Add(args) => add::run(args),
        Pack::Remove { name } => remove::run(&paths, name),
        Pack::Info { name, json } => info::run(&paths, name, *json),
        Pack::Check { what, json } => check::run(&paths, what.as_deref(), *json),
    }
}

/// The pack of that name, or an error that says which was probably meant.
pub(super) fn must_exist(name: &str, dirs: &Dirs) -> anyhow::Result<Shelved> {
    match collection::find(dirs, name) {
        Some(pack) => Ok(pack),
        None => bail!(unknown(name, dirs)),
    }
}

fn unknown(name: &str, dirs: &Dirs) -> String {
    let names = collection::names(dirs);
    let meant = config::nearest(name, names.iter().map(String::as_str));
    let meant = meant.map(|meant| format!("did you mean {meant}? ")).unwrap_or_default();
    format!("there is no pack {name:?}\n  hint: {meant}all there are: herald pack list")
}

/// The packs that the configuration names outright, and those its rules name.
fn in_use(paths: &Paths) -> (Vec<String>, Vec<String>) {
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    let ruled = config.rules.iter().filter_map(|rule| rule.then.packs.clone()).flatten().collect();
    (config.packs, ruled)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
