//! An agent's settings, with hooks put in and taken out again. Input: which agent, and the file as its human left it.
//! Either it is refused and nothing is touched, or taking out gives back every byte.

use std::fs;
use std::path::{Path, PathBuf};

use herald::install::{Report, Way, Wish, run};
use herald::paths::Paths;

use crate::bounds::{first, folder, soon, write};

/// JSON of several shapes, TOML, YAML, and a single value of a document: the agent, and its file below the home.
const AGENTS: &[(&str, &str)] = &[
    ("factory-droid", ".factory/settings.json"),
    ("gemini-cli", ".gemini/settings.json"),
    ("cursor", ".cursor/hooks.json"),
    ("windsurf", ".codeium/windsurf/hooks.json"),
    ("kimi-code", ".kimi-code/config.toml"),
    ("rovodev", ".rovodev/config.yml"),
    ("aider", ".aider.conf.yml"),
    (CODEX, ".codex/config.toml"),
];

/// Its folder may be elsewhere, where nothing of ours has any business.
const CODEX: &str = "codex";
const ELSEWHERE: &str = "CODEX_HOME";

const PROGRAM: &str = "/usr/bin/herald";

pub(crate) fn check(data: &[u8]) {
    let (which, text) = first(data);
    let (agent, place) = AGENTS[usize::from(which) % AGENTS.len()];
    if agent == CODEX && std::env::var_os(ELSEWHERE).is_some() {
        return;
    }
    let home = folder().join("home");
    let paths =
        Paths { home: Some(home.clone()), config: home.join("c"), data: home.join("d"), state: folder().join("state") };
    let _ = (fs::remove_dir_all(&home), fs::remove_dir_all(&paths.state));
    let file = home.join(place);
    write(&file, text);
    soon(|| there_and_back(&paths, agent));
    let _ = fs::remove_dir_all(&home);
}

fn there_and_back(paths: &Paths, agent: &'static str) {
    let all = |folder: &Path| files(folder);
    let home = paths.home.clone().expect("there is one");
    let given = all(&home);
    // A hook of ours that the file brings along is taken out first: it would be at the end.
    if go(paths, Way::Uninstall, agent).is_none() {
        assert_eq!(all(&home), given, "refused, and yet touched");
    }
    let before = all(&home);
    if go(paths, Way::Install, agent).is_none() {
        assert_eq!(all(&home), before, "refused, and yet touched");
        return;
    }
    let installed = all(&home);
    let again = go(paths, Way::Install, agent).expect("what was taken once is taken again");
    assert!(again.changes.is_empty(), "a second time changes nothing: {}", again.changes[0].unified());
    assert_eq!(all(&home), installed);
    go(paths, Way::Uninstall, agent).expect("what was put in can be taken out");
    assert_eq!(all(&home), before, "{installed:?}");
    // And without a record of what was there before, as after a loss of the state directory.
    let _ = go(paths, Way::Install, agent);
    let _ = fs::remove_dir_all(&paths.state);
    go(paths, Way::Uninstall, agent).expect("what was put in can be taken out");
    if let Some(again) = go(paths, Way::Uninstall, agent) {
        assert!(again.changes.is_empty(), "a hook was left: {}", again.changes[0].unified());
    }
}

/// What was done; `None` where it was refused.
fn go(paths: &Paths, way: Way, agent: &str) -> Option<herald::install::Done> {
    let wish = Wish { agents: vec![agent.to_owned()], ..Wish::default() };
    let mut reports: Vec<Report> = run(paths, way, &wish, PROGRAM).expect("something can be done");
    let report = reports.pop().expect("one agent, one report");
    match report.outcome {
        Ok(done) => Some(done),
        Err(why) => {
            assert!(!why.to_string().is_empty());
            None
        }
    }
}

/// All files below a folder, with what is in them; copies of what was there before are no part of it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).expect("it is ours").flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else if !path.to_string_lossy().contains(".herald") {
                found.push((path.clone(), fs::read(&path).expect("it is ours")));
            }
        }
    }
    found.sort();
    found
}
