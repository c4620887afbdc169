//! How things stand with every agent: is it here, are the hooks in, do they run this program.

use std::path::PathBuf;

use super::place::{self, Scope, Surroundings};
use super::table::{self, Form, Row};
use super::{apply, plan, work};
use crate::agents;
use crate::paths::Paths;

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether its hooks can be written.
    pub hookable: bool,
    /// Whether it was found on this machine.
    pub present: bool,
    /// The file that holds its hooks, or would.
    pub config_path: Option<PathBuf>,
    /// Whether hooks of ours are in it.
    pub installed: bool,
    /// Their events, in the agent's words.
    pub events: Vec<String>,
    /// The programs they run.
    pub programs: Vec<String>,
    /// Why the file can't be looked into.
    pub trouble: Option<String>,
    /// The setting by which the agent runs no hooks at all.
    pub switched_off: Option<String>,
    /// What is left for the human to do, or to know.
    pub then: &'static str,
}

/// Every agent of the table that has hooks, by id; what is neither for the user nor in this project is not seen.
///
/// # Errors
/// Where there is no home directory.
pub fn survey(paths: &Paths) -> anyhow::Result<Vec<Standing>> {
    let around = Surroundings::of(paths)?;
    Ok(agents::AGENTS
        .iter()
        .map(|agent| {
            let none = Standing {
                id: agent.id,
                name: agent.name,
                hookable: false,
                present: false,
                config_path: None,
                installed: false,
                events: Vec::new(),
                programs: Vec::new(),
                trouble: None,
                switched_off: None,
                then: "",
            };
            match table::row(agent.id) {
                Some(row) => Standing { hookable: true, ..look(row, &around, none) },
                None => none,
            }
        })
        .collect())
}

fn look(row: &'static Row, around: &Surroundings, mut standing: Standing) -> Standing {
    standing.present = around.has(row);
    standing.then = row.then;
    let scope = if row.user.is_empty() { Scope::Project } else { Scope::User };
    let (file, path) = match around.target(row, scope) {
        Ok(target) => target,
        Err(error) => {
            standing.trouble = Some(error.to_string()).filter(|_| standing.present && scope == Scope::User);
            return standing;
        }
    };
    let found = match file.form {
        Form::Own(own) => {
            let mut found = Vec::new();
            for (file, _) in work::own_paths(row, own, &path) {
                let text = std::fs::read_to_string(file).ok();
                let content = text.and_then(|text| own.read(row.id, &text));
                found.extend(content.into_iter().flat_map(|content| {
                    let program = content.program;
                    content.events.into_iter().map(move |event| (event, program.clone()))
                }));
            }
            Ok(found)
        }
        form => match place::read(&path) {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(bytes)) => match apply::text(&bytes) {
                Ok(text) => {
                    standing.switched_off = plan::switched_off(form, text, row);
                    plan::present(form, text, row).map_err(|refusal| refusal.to_string())
                }
                Err(error) => Err(error.to_string()),
            },
            Err(error) => Err(error.to_string()),
        },
    };
    standing.config_path = Some(path);
    match found {
        Ok(found) => {
            standing.installed = !found.is_empty();
            for (event, program) in found {
                standing.events.push(event);
                if !standing.programs.contains(&program) {
                    standing.programs.push(program);
                }
            }
        }
        Err(why) => standing.trouble = Some(why),
    }
    standing
}
