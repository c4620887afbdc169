//! A home with every agent in it, and where each keeps its hooks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::TestEnv;

/// An agent, the folder that shows it is there, and the file that gets its hooks.
pub(crate) struct Agent {
    pub(crate) id: &'static str,
    pub(crate) folder: &'static str,
    pub(crate) file: &'static str,
    pub(crate) project: bool,
}

const fn agent(id: &'static str, folder: &'static str, file: &'static str) -> Agent {
    Agent { id, folder, file, project: false }
}

/// All whose hooks can be written.
pub(crate) const AGENTS: &[Agent] = &[
    agent("aider", ".aider", ".aider.conf.yml"),
    agent("antigravity", ".gemini/config", ".gemini/config/hooks.json"),
    agent("claude-code", ".claude", ".claude/settings.json"),
    agent("cline", "Documents/Cline", "Documents/Cline/Hooks/TaskComplete"),
    agent("codex", ".codex", ".codex/hooks.json"),
    agent("copilot-cli", ".copilot", ".copilot/hooks/herald.json"),
    agent("cursor", ".cursor", ".cursor/hooks.json"),
    agent("devin-cli", ".config/devin", ".config/devin/config.json"),
    agent("factory-droid", ".factory", ".factory/hooks.json"),
    agent("gemini-cli", ".gemini", ".gemini/settings.json"),
    agent("goose", ".config/goose", ".agents/plugins/herald/hooks/hooks.json"),
    agent("grok", ".grok", ".grok/hooks/herald.json"),
    agent("junie", ".junie", ".junie/config.json"),
    agent("kimi-code", ".kimi-code", ".kimi-code/config.toml"),
    agent("kiro-cli", ".kiro/agents", ".kiro/agents/mine.json"),
    agent("kiro-ide", ".kiro", ".kiro/hooks/herald.json"),
    agent("opencode", ".config/opencode", ".config/opencode/plugins/herald.js"),
    Agent { project: true, ..agent("openhands", ".openhands", ".openhands/hooks.json") },
    agent("qwen-code", ".qwen", ".qwen/settings.json"),
    agent("rovodev", ".rovodev", ".rovodev/config.yml"),
    Agent { project: true, ..agent("vscode", ".config/Code", ".github/hooks/herald-vscode.json") },
    agent("windsurf", ".codeium/windsurf", ".codeium/windsurf/hooks.json"),
    agent("zcode", ".zcode", ".zcode/cli/config.json"),
];

impl Agent {
    pub(crate) fn path(&self, env: &TestEnv) -> PathBuf {
        if self.project { env.work_dir().join(self.file) } else { env.home().join(self.file) }
    }

    pub(crate) fn extension(&self) -> &str {
        Path::new(self.file).extension().and_then(|it| it.to_str()).unwrap_or_default()
    }

    /// Whether the file is edited, not owned.
    pub(crate) fn is_edited(&self) -> bool {
        matches!(self.extension(), "json" | "toml" | "yml")
    }

    pub(crate) fn scope(&self) -> &'static [&'static str] {
        if self.project { &["--scope", "project"] } else { &[] }
    }

    /// Runs `herald VERB` for this agent.
    pub(crate) fn herald(&self, env: &TestEnv, verb: &str, more: &[&str]) -> Output {
        let args = [&[verb, self.id], self.scope(), more].concat();
        env.run(args)
    }
}

/// A world in which these agents are present, with no programs but the usual.
pub(crate) fn world(agents: &[Agent]) -> TestEnv {
    let mut env = TestEnv::new();
    // No agent of the machine's own.
    env.set("PATH", "/usr/bin:/bin");
    for agent in agents {
        fs::create_dir_all(env.home().join(agent.folder)).expect("a folder");
    }
    if agents.iter().any(|agent| agent.id == "kiro-cli") {
        env.write("home/.kiro/settings/cli.json", "{\"chat.defaultAgent\": \"mine\"}\n");
    }
    env
}

pub(crate) fn one(agent: &Agent) -> TestEnv {
    world(&[Agent { ..*agent }])
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// What was said, as one line: messages are broken to fit a terminal.
pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(crate) fn ok(output: &Output) {
    assert!(output.status.success(), "stdout:\n{}\nstderr:\n{}", out(output), err(output));
}

#[track_caller]
pub(crate) fn refused(output: &Output) {
    assert_eq!(output.status.code(), Some(1), "stdout:\n{}\nstderr:\n{}", out(output), err(output));
}

/// Everything below a folder: links, folders, and files with their content.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            let meta = fs::symlink_metadata(&path).expect("its data");
            let content = if meta.is_file() { fs::read(&path).expect("its content") } else { Vec::new() };
            if meta.is_dir() {
                left.push(path.clone());
            }
            found.insert(path, content);
        }
    }
    found
}

/// The program as it is written in settings.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_herald");
