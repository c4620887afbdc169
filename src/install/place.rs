//! Where an agent's hooks are, on this machine and in this project.
//!
//! Looks, and changes nothing.

use std::io;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::edit::{Editor as _, at, keys};
use super::json::Json;
use super::plan;
use super::table::{File, Form, Row};
use crate::paths::Paths;
use crate::platform::look;

/// For whom hooks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For all that this user does.
    User,
    /// For what is done in the project around the working directory.
    Project,
}

/// The world as agents find it.
#[derive(Debug)]
pub(super) struct Surroundings {
    home: PathBuf,
    settings: PathBuf,
    project: PathBuf,
    search: Vec<PathBuf>,
}

impl Surroundings {
    /// That of this process.
    pub(super) fn of(paths: &Paths) -> anyhow::Result<Self> {
        let home = paths.home.clone();
        let home = home.ok_or_else(|| anyhow::anyhow!("there is no home directory to look for agents in; set HOME"))?;
        let settings = paths.settings_of_others().unwrap_or_else(|| home.join(".config"));
        let here = std::env::current_dir().unwrap_or_else(|_| home.clone());
        let root = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here);
        Ok(Self { project: root.to_owned(), home, settings, search: Paths::search_path() })
    }

    fn folder(&self, row: &Row) -> PathBuf {
        let moved = row.variable.and_then(Paths::folder_in);
        moved.unwrap_or_else(|| match row.folder.strip_prefix("@config/") {
            Some(inner) => self.settings.join(inner),
            None => self.home.join(row.folder),
        })
    }

    /// Whether the agent is here: its folder, or one of its programs.
    pub(super) fn has(&self, row: &Row) -> bool {
        let program = |name: &&str| {
            let names = [(*name).to_owned(), format!("{name}.exe"), format!("{name}.cmd")];
            let names = &names[..if cfg!(windows) { 3 } else { 1 }];
            self.search.iter().any(|folder| names.iter().any(|name| look::is_executable(&folder.join(name))))
        };
        self.folder(row).is_dir() || row.programs.iter().any(program)
    }

    /// What shows that the agent is here.
    pub(super) fn signs(&self, row: &Row) -> String {
        let programs = row.programs.iter().map(|name| format!("a program {name}")).collect::<Vec<_>>().join(", ");
        format!("neither {} nor {programs} on PATH", self.folder(row).display())
    }

    /// The files that may hold the hooks, best first, each with its path.
    pub(super) fn candidates(&self, row: &'static Row, scope: Scope) -> anyhow::Result<Vec<(&'static File, PathBuf)>> {
        let files = match scope {
            Scope::User => row.user,
            Scope::Project => row.project,
        };
        match scope {
            Scope::Project if files.is_empty() => {
                anyhow::bail!("it reads your own hooks only; leave out --scope project")
            }
            Scope::User if files.is_empty() => anyhow::bail!(
                "it reads hooks of projects only; in one, type: herald install {} --scope project",
                row.id
            ),
            Scope::Project if self.project == self.home => anyhow::bail!(
                "{} is your home directory, not a project; go into one, or leave out --scope project",
                self.project.display()
            ),
            _ => files.iter().map(|file| Ok((file, self.path(row, file.at)?))).collect(),
        }
    }

    /// The file whose hooks count: the one that has ours, else the first that has any, else the first.
    pub(super) fn target(&self, row: &'static Row, scope: Scope) -> anyhow::Result<(&'static File, PathBuf)> {
        let mut found = self.candidates(row, scope)?;
        let ours = found.iter().position(|(file, path)| has_ours(row, file, path));
        let best = ours.or_else(|| found.iter().position(|(file, path)| holds_hooks(file, path))).unwrap_or(0);
        Ok(found.swap_remove(best))
    }

    fn path(&self, row: &Row, at: &str) -> anyhow::Result<PathBuf> {
        let (base, inner) = at.split_once('/').unwrap_or(("~", at));
        let base = match base {
            "@" => self.folder(row),
            "." => self.project.clone(),
            _ => self.home.clone(),
        };
        let inner =
            if inner.contains("{agent}") { inner.replace("{agent}", &self.kiro_agent(row)?) } else { inner.to_owned() };
        Ok(base.join(inner))
    }

    /// Kiro CLI keeps hooks with an agent, and has none for all of them.
    fn kiro_agent(&self, row: &Row) -> anyhow::Result<String> {
        let settings = self.folder(row).with_file_name("settings").join("cli.json");
        let text = std::fs::read_to_string(&settings).unwrap_or_default();
        let value = Json.parse(&text).unwrap_or_default();
        let name = value["chat.defaultAgent"].as_str().or_else(|| value["chat"]["defaultAgent"].as_str());
        let fits = |name: &&str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        name.filter(fits).map(str::to_owned).ok_or_else(|| {
            anyhow::anyhow!(
                "its hooks lie in the file of an agent, and {} names no chat.defaultAgent; Kiro CLI 3 also reads what \
                 this writes: herald install kiro-ide",
                settings.display()
            )
        })
    }
}

pub(super) fn has_ours(row: &Row, file: &File, path: &Path) -> bool {
    let text = std::fs::read_to_string(path).ok();
    text.and_then(|text| plan::present(file.form, &text, row).ok()).is_some_and(|ours| !ours.is_empty())
}

/// Whether there are hooks in the file already, anybody's.
fn holds_hooks(file: &File, path: &Path) -> bool {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    match file.form {
        Form::Own(own) if own.is_one_per_event() => path.is_dir(),
        Form::Own(_) | Form::Setting { .. } => path.exists(),
        Form::Json(shape) | Form::Toml(shape) | Form::Yaml(shape) => {
            let value = read(path).and_then(|text| plan::editor(file.form).parse(&text).ok());
            let container = value.as_ref().and_then(|value| at(value, &keys(shape.container)));
            match container {
                // Codex keeps which hooks are trusted beside them.
                Some(Value::Object(events)) => events.values().any(Value::is_array),
                Some(Value::Array(list)) => !list.is_empty(),
                _ => false,
            }
        }
    }
}

/// The bytes of a file, if it is there.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}
