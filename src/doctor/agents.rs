//! The agents: are the hooks where they were put, do they run this program, does the agent run them, when was each last
//! heard.
//!
//! Whether an agent trusts its hooks can't be known from outside; that it was heard can. Where it was asked for, hooks
//! of Herald's own that lead nowhere are written anew, by `install`, which touches nothing else.

use std::path::Path;

use super::Verdict;
use super::scene::{Scene, quoted, when};
use crate::install::{self, Standing, Way, Wish};
use crate::journal;
use crate::platform::look;

/// The hooks that are installed lead to this program, and are run.
pub(super) fn agents(scene: &Scene<'_>) -> Vec<Verdict> {
    let standings = match install::survey(scene.paths) {
        Ok(standings) => standings,
        Err(e) => return vec![Verdict::not_looked(e)],
    };
    let itself = scene.machine.program.as_deref().and_then(|path| path.canonicalize().ok());
    let leads = |program: &str| {
        let path = Path::new(program);
        match path.canonicalize().ok() {
            _ if !look::is_executable(path) => Leads::Nowhere,
            path if path == itself => Leads::Here,
            _ => Leads::Elsewhere,
        }
    };
    let heard = |id: &str| journal::last_of_agent(scene.lines(), id).and_then(|time| time.parse().ok()).map(when);
    let mut verdicts = Vec::new();
    let mut well = Vec::new();
    for agent in &standings {
        match judge(agent, &leads, heard(agent.id)) {
            Standard::Absent => {}
            Standard::Well(said) => well.push(said),
            Standard::Ill(verdict) => verdicts.push(verdict),
            Standard::Astray(verdict) => {
                verdicts.push(scene.mended(verdict, "they run this program", || rewrite(scene, agent.id)));
            }
        }
    }
    if verdicts.is_empty() {
        let said =
            if well.is_empty() { "no hooks; herald install AGENT puts them in".to_owned() } else { well.join(", ") };
        verdicts.push(Verdict::ok(said));
    }
    verdicts
}

/// Where the program of hooks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leads {
    Here,
    Elsewhere,
    Nowhere,
}

/// How it stands with one agent.
#[derive(Debug)]
enum Standard {
    /// It isn't here.
    Absent,
    Well(String),
    Ill(Verdict),
    /// Its hooks lead nowhere, and can be written anew.
    Astray(Verdict),
}

fn judge(agent: &Standing, leads: &dyn Fn(&str) -> Leads, heard: Option<String>) -> Standard {
    let id = agent.id;
    if let (Some(trouble), Some(path)) = (&agent.trouble, &agent.config_path) {
        let path = quoted(path);
        let hint = format!("mend {path}, then: herald install {id}");
        return Standard::Ill(Verdict::warn(format!("{id}: {path} can't be looked into: {trouble}"), hint));
    }
    if !agent.installed {
        // Many have a folder and are not used; nobody is urged.
        return if agent.present { Standard::Well(format!("{id} has no hooks")) } else { Standard::Absent };
    }
    let hint = format!("herald install {id}");
    for program in &agent.programs {
        match leads(program) {
            Leads::Here => {}
            Leads::Nowhere => {
                let detail = format!("the hooks of {id} run {program}, which can't be run");
                return Standard::Astray(Verdict::fail(detail, hint));
            }
            Leads::Elsewhere => {
                let detail = format!("the hooks of {id} run another program: {program}");
                return Standard::Ill(Verdict::warn(detail, hint));
            }
        }
    }
    if let (Some(switch), Some(path)) = (&agent.switched_off, &agent.config_path) {
        let detail = format!("{id} runs no hooks at all: {switch} in {}", path.display());
        return Standard::Ill(Verdict::warn(detail, format!("take that line out of {}", quoted(path))));
    }
    Standard::Well(match heard {
        Some(at) => format!("{id} last heard at {at}"),
        None if agent.then.is_empty() => format!("{id} not heard yet"),
        None => format!("{id} not heard yet ({})", agent.then),
    })
}

fn rewrite(scene: &Scene<'_>, id: &str) -> Result<(), String> {
    let program = install::this_program(None).map_err(|e| e.to_string())?;
    let wish = Wish { agents: vec![id.to_owned()], as_they_are: true, ..Wish::default() };
    let reports = install::run(scene.paths, Way::Install, &wish, &program).map_err(|e| e.to_string())?;
    reports.into_iter().try_for_each(|report| report.outcome.map(drop).map_err(|e| e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn standing(installed: bool) -> Standing {
        Standing {
            id: "codex",
            name: "Codex",
            hookable: true,
            present: true,
            config_path: Some("/c".into()),
            installed,
            events: Vec::new(),
            programs: vec!["/p/herald".to_owned()],
            trouble: None,
            switched_off: None,
            then: "trust them",
        }
    }

    #[test]
    fn hooks_that_lead_nowhere_weigh_more_than_those_that_lead_elsewhere() {
        let broken = Standing { trouble: Some("broken".to_owned()), ..standing(false) };
        let off = Standing { switched_off: Some("disableAllHooks is true".to_owned()), ..standing(true) };
        for (agent, leads, heard, status, part) in [
            (standing(false), Leads::Here, None, Status::Ok, "codex has no hooks"),
            (standing(true), Leads::Here, None, Status::Ok, "codex not heard yet (trust them)"),
            (standing(true), Leads::Here, Some("10:00"), Status::Ok, "codex last heard at 10:00"),
            (standing(true), Leads::Elsewhere, None, Status::Warn, "another program: /p/herald"),
            (standing(true), Leads::Nowhere, None, Status::Fail, "can't be run"),
            (off, Leads::Here, Some("10:00"), Status::Warn, "runs no hooks at all: disableAllHooks is true"),
            (broken, Leads::Here, None, Status::Warn, "broken"),
        ] {
            let verdict = match judge(&agent, &|_| leads, heard.map(str::to_owned)) {
                Standard::Well(said) => Verdict::ok(said),
                Standard::Ill(verdict) | Standard::Astray(verdict) => verdict,
                Standard::Absent => panic!("{agent:?}"),
            };
            assert_eq!(verdict.status, status, "{verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
        }
        let absent = Standing { present: false, ..standing(false) };
        assert!(matches!(judge(&absent, &|_| Leads::Here, None), Standard::Absent));
    }
}
