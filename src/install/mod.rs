//! Writes Herald's hooks into the settings of agents, and takes them out again.
//!
//! Plan, show, apply, and the exact inverse: a plan is made of bytes (`plan`, with `edit` and the formats below it),
//! shown as a difference, and applied file by file (`apply`) with the way back written down first (`record`). Which
//! agent keeps what where is data (`table`). Invariant: what can't be proved to be exactly ours is never touched.

mod advice;
mod apply;
mod command;
mod edit;
mod json;
mod own;
mod place;
mod plan;
mod record;
mod shape;
mod survey;
mod table;
mod toml;
mod work;
mod yaml;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};

pub use place::Scope;
pub use survey::{Standing, survey};

use crate::agents;
use crate::event;
use crate::paths::Paths;
use crate::platform::{self, lock::LockFile};
use place::Surroundings;
use record::Record;
use table::{Hook, Row};

/// How long another installation is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Debug, Default)]
pub struct Wish {
    /// Of whom, by id.
    pub agents: Vec<String>,
    /// Of all that are here.
    pub all: bool,
    /// For whom; without it for the user.
    pub scope: Option<Scope>,
    /// Which events beside the usual ones; for uninstalling, these alone.
    pub events: Vec<String>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Also where the agent isn't found, or a file had better be left alone.
    pub force: bool,
    /// Only those that are there already, none of the usual ones that are missing: they are written anew.
    pub as_they_are: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Put hooks in.
    Install,
    /// Take them out.
    Uninstall,
}

/// What came of it for one agent.
#[derive(Debug)]
pub struct Report {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What was done, or why nothing was.
    pub outcome: anyhow::Result<Done>,
    /// What to paste by hand, where the file was left alone.
    pub snippet: Option<(PathBuf, String)>,
}

/// What was done, or would be.
#[derive(Debug, Default)]
pub struct Done {
    /// The file that holds the hooks.
    pub path: PathBuf,
    /// The agent's events that are heard now.
    pub events: Vec<String>,
    /// Each file that changes, before and after.
    pub changes: Vec<Difference>,
    /// The copy of what was there before.
    pub backup: Option<PathBuf>,
    /// What in the file keeps them from being heard.
    pub warning: Option<String>,
    /// What is left for the human.
    pub then: &'static str,
}

/// A file that changes.
#[derive(Debug)]
pub struct Difference {
    /// Which.
    pub path: PathBuf,
    /// Its text; nothing where there is no file.
    pub before: Option<String>,
    /// The same, afterwards.
    pub after: Option<String>,
}

impl Difference {
    /// As `diff -u` would show it.
    pub fn unified(&self) -> String {
        let side = |text: &Option<String>| match text {
            Some(_) => self.path.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (before, after) = (text(&self.before), text(&self.after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        diff.unified_diff().header(&side(&self.before), &side(&self.after)).to_string()
    }
}

/// Where this program is, by a path that outlives its next version where there is one.
///
/// # Errors
/// Where it can't be told.
pub fn program_path(called_as: Option<&OsStr>) -> anyhow::Result<PathBuf> {
    let itself = std::env::current_exe().context("could not tell where this program is")?;
    Ok(command::program(called_as, &Paths::search_path(), &itself))
}

/// The path by which agents should call this program.
///
/// # Errors
/// Where it can't be told, can't be written down, or wouldn't be known again.
pub fn this_program(called_as: Option<&OsStr>) -> anyhow::Result<String> {
    let program = program_path(called_as)?;
    let Some(path) = program.to_str() else {
        bail!("{} can't be written into settings: its name is not UTF-8", program.display())
    };
    if command::ours(&[&[path.to_owned()][..], &command::arguments("", None)].concat(), "").is_none() {
        bail!("hooks are known again by the name of their program, so {path} must be called herald; rename it");
    }
    Ok(path.to_owned())
}

/// Does it for every agent that is asked for; what goes wrong with one doesn't keep the others from it.
///
/// # Errors
/// Where nothing at all can be done: no home, no state, another installation at work, no such agent.
pub fn run(paths: &Paths, way: Way, wish: &Wish, program: &str) -> anyhow::Result<Vec<Report>> {
    let around = Surroundings::of(paths)?;
    let rows = rows(way, wish, paths, &around)?;
    let lock = if wish.dry_run { None } else { Some(lock(paths)?) };
    let _held = match &lock {
        None => None,
        Some(lock) => Some(lock.exclusive_within(PATIENCE)?.context("another herald install is at work; try again")?),
    };
    let mut worker = work::Worker { around: &around, record: Record::read(paths), program, wish };
    let reports = rows.into_iter().map(|known| match known {
        Known::Row(row, name) => worker.report(way, row, name),
        Known::Advice(id, name, advice) => {
            let outcome = Err(anyhow::anyhow!("{}", advice.replace("{herald}", program)));
            Report { id, name, outcome, snippet: None }
        }
    });
    Ok(reports.collect())
}

fn lock(paths: &Paths) -> anyhow::Result<LockFile> {
    let path = paths.state.join("install.lock");
    platform::whole::make_private_directory(&paths.state)
        .with_context(|| format!("could not make {}", paths.state.display()))?;
    let file = platform::open_to_lock(&path).with_context(|| format!("could not open {}", path.display()))?;
    Ok(LockFile::new(file))
}

enum Known {
    Row(&'static Row, &'static str),
    Advice(&'static str, &'static str, String),
}

fn rows(way: Way, wish: &Wish, paths: &Paths, around: &Surroundings) -> anyhow::Result<Vec<Known>> {
    let name_of = |row: &Row| agents::find(row.id).map_or(row.id, |agent| agent.name);
    if wish.all {
        let scope = wish.scope.unwrap_or(Scope::User);
        let fits = |row: &&Row| match scope {
            Scope::User => !row.user.is_empty(),
            Scope::Project => !row.project.is_empty(),
        };
        let installed = survey(paths)?;
        let has = |row: &&Row| match way {
            Way::Install => around.has(row),
            Way::Uninstall if scope == Scope::Project => true,
            Way::Uninstall => installed.iter().any(|standing| standing.id == row.id && standing.installed),
        };
        let rows: Vec<_> =
            table::ROWS.iter().filter(fits).filter(has).map(|row| Known::Row(row, name_of(row))).collect();
        if rows.is_empty() {
            match way {
                Way::Install => bail!("no agent was found here; herald agents lists those that are looked for"),
                Way::Uninstall => bail!("no agent has hooks of Herald's"),
            }
        }
        return Ok(rows);
    }
    let mut rows = Vec::new();
    for id in &wish.agents {
        let Some(agent) = agents::find(id) else {
            let near =
                agents::AGENTS.iter().map(|agent| agent.id).map(|known| (strsim::jaro_winkler(known, id), known));
            let near = near.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
            match (advice::without_hooks(id), near) {
                (Some(advice), _) => bail!("{id}: {advice}"),
                (None, Some((_, near))) => {
                    bail!("there is no agent {id:?}; did you mean {near}? herald agents lists all")
                }
                (None, None) => bail!("there is no agent {id:?}; herald agents lists all"),
            }
        };
        rows.push(match table::row(agent.id) {
            Some(row) => Known::Row(row, agent.name),
            None => Known::Advice(agent.id, agent.name, advice::instead(agent.id)),
        });
    }
    Ok(rows)
}

/// The hooks of a row that an event's name stands for: the agent's own name, Herald's or CESP's.
fn named(row: &'static Row, name: &str) -> anyhow::Result<Vec<&'static Hook>> {
    let own = row.hooks.iter().filter(|hook| hook.event.eq_ignore_ascii_case(name)).collect::<Vec<_>>();
    if !own.is_empty() {
        return Ok(own);
    }
    let event = event::from_herald_or_cesp(name).map(|event| event.name);
    let meant = row.hooks.iter().filter(|hook| event.is_some_and(|event| hook.means.contains(&event)));
    let meant = meant.collect::<Vec<_>>();
    if meant.is_empty() {
        let mut names: Vec<&str> = row.hooks.iter().flat_map(|hook| hook.means.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        let own: Vec<&str> = row.hooks.iter().map(|hook| hook.event).collect();
        bail!("it can't tell of {name:?}; it can of {}; in its own words {}", names.join(", "), own.join(", "));
    }
    Ok(meant)
}
