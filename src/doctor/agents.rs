//! The agents: are the hooks where they were put, do they run this program, when was each last heard.
//!
//! Reads only. Whether an agent trusts its hooks can't be known from outside; that it was heard can.

use std::path::Path;

use super::Verdict;
use super::scene::{Scene, quoted, when};
use crate::install::{self, Standing};
use crate::journal;
use crate::platform::look;

/// The hooks that are installed lead to this program.
pub(super) fn agents(scene: &Scene<'_>) -> Verdict {
    let standings = match install::survey(scene.paths) {
        Ok(standings) => standings,
        Err(e) => return Verdict::not_looked(e),
    };
    let itself = std::env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    let leads = |program: &str| {
        let path = Path::new(program);
        match path.canonicalize().ok() {
            _ if !look::is_executable(path) => Leads::Nowhere,
            path if path == itself => Leads::Here,
            _ => Leads::Elsewhere,
        }
    };
    let heard = |id: &str| journal::last_of_agent(scene.lines(), id).and_then(|time| time.parse().ok()).map(when);
    judge(&standings, &leads, &heard)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leads {
    Here,
    Elsewhere,
    Nowhere,
}

fn judge(standings: &[Standing], leads: &dyn Fn(&str) -> Leads, heard: &dyn Fn(&str) -> Option<String>) -> Verdict {
    let mut said = Vec::new();
    for agent in standings {
        if let (Some(trouble), Some(path)) = (&agent.trouble, &agent.config_path) {
            let path = quoted(path);
            let hint = format!("mend {path}, then: herald install {}", agent.id);
            return Verdict::warn(format!("{}: {path} can't be looked into: {trouble}", agent.id), hint);
        }
        if !agent.installed {
            continue;
        }
        let hint = format!("herald install {}", agent.id);
        for program in &agent.programs {
            match leads(program) {
                Leads::Here => {}
                Leads::Nowhere => {
                    return Verdict::fail(format!("the hooks of {} run {program}, which can't be run", agent.id), hint);
                }
                Leads::Elsewhere => {
                    return Verdict::warn(format!("the hooks of {} run another program: {program}", agent.id), hint);
                }
            }
        }
        let last = heard(agent.id).map_or_else(|| "not heard yet".to_owned(), |at| format!("last heard at {at}"));
        said.push(format!("{} {last}", agent.id));
    }
    if said.is_empty() {
        Verdict::ok("no hooks; herald install AGENT puts them in")
    } else {
        Verdict::ok(said.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn standing(installed: bool, trouble: Option<&str>) -> Standing {
        Standing {
            id: "codex",
            name: "Codex",
            hookable: true,
            present: true,
            config_path: Some("/c".into()),
            installed,
            events: Vec::new(),
            programs: vec!["/p/herald".to_owned()],
            trouble: trouble.map(str::to_owned),
        }
    }

    #[test]
    fn hooks_that_lead_nowhere_weigh_more_than_those_that_lead_elsewhere() {
        for (installed, trouble, leads, heard, status, part) in [
            (false, None, Leads::Here, None, Status::Ok, "no hooks"),
            (true, None, Leads::Here, None, Status::Ok, "codex not heard yet"),
            (true, None, Leads::Here, Some("10:00"), Status::Ok, "codex last heard at 10:00"),
            (true, None, Leads::Elsewhere, None, Status::Warn, "another program: /p/herald"),
            (true, None, Leads::Nowhere, None, Status::Fail, "can't be run"),
            (false, Some("broken"), Leads::Here, None, Status::Warn, "broken"),
        ] {
            let heard = |_: &str| heard.map(str::to_owned);
            let verdict = judge(&[standing(installed, trouble)], &|_| leads, &heard);
            assert_eq!(verdict.status, status, "{verdict:?}");
            assert!(verdict.detail.contains(part), "{verdict:?}");
        }
    }
}
