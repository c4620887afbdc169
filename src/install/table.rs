//! The table: how each agent keeps its hooks. Data only; a new agent is a row here.
//!
//! Invariant: only observers are in it. No event that an agent asks for leave, takes an answer from, or calls for every
//! piece of output; those that can be answered at all take silence for "go on".

use serde_json::{Value, json};

use super::command::{self, System};
use super::own::Own;
use super::shape::{By, Inner, Plain, Shape};

/// An agent whose hooks can be written.
#[derive(Debug)]
pub(super) struct Row {
    /// Its id in the table of agents.
    pub(super) id: &'static str,
    /// Its folder: below the home directory, or in `~/.config` (`@config/…`), or where its own variable says.
    pub(super) folder: &'static str,
    /// The variable that moves the folder.
    pub(super) variable: Option<&'static str>,
    /// Its programs, for finding it on `PATH`.
    pub(super) programs: &'static [&'static str],
    /// The files for a user, best first: the first that holds hooks is taken, else the first.
    pub(super) user: &'static [File],
    /// The files for a project.
    pub(super) project: &'static [File],
    /// How a handler is written.
    pub(super) handler: fn(&Writing<'_>) -> Value,
    /// Whether the payload leaves the event's name to the command.
    pub(super) names_event: bool,
    /// What there is to hear.
    pub(super) hooks: &'static [Hook],
    /// What is left for the human to do, or to know.
    pub(super) then: &'static str,
    /// Settings in the same file that keep all hooks from running.
    pub(super) off: &'static [Off],
}

/// A setting, and the value by which it switches hooks off.
pub(super) type Off = (&'static [&'static str], Plain);

/// A file that holds hooks.
#[derive(Debug)]
pub(super) struct File {
    /// Its path: in the agent's folder (`@/…`), below home (`~/…`) or in the project (`./…`).
    pub(super) at: &'static str,
    /// What is in it.
    pub(super) form: Form,
    /// A file that has to lie near it, and its text.
    pub(super) beside: Option<(&'static str, &'static str)>,
}

/// A format and what of it holds the hooks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// JSON.
    Json(Shape),
    /// TOML.
    Toml(Shape),
    /// YAML.
    Yaml(Shape),
    /// YAML with one command for the only event there is, and the switch for it.
    Setting {
        /// The switch.
        switch: &'static str,
        /// The command.
        command: &'static str,
    },
    /// A file of ours.
    Own(Own),
}

/// An event that can be heard.
#[derive(Debug)]
pub(super) struct Hook {
    /// The agent's name for it.
    pub(super) event: &'static str,
    /// Herald's events that come of it.
    pub(super) means: &'static [&'static str],
    /// Whether it is registered unasked.
    pub(super) usual: bool,
    /// Which of its occasions.
    pub(super) matcher: Option<&'static str>,
    /// The longest the agent waits, in seconds, where it isn't the usual.
    pub(super) timeout: u32,
}

/// What a handler is made of.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    /// For which system.
    pub(super) system: System,
    /// The program's full path.
    pub(super) program: &'a str,
    /// The words behind it.
    pub(super) arguments: &'a [String],
    /// The event.
    pub(super) hook: &'a Hook,
}

impl Writing<'_> {
    fn line(&self) -> String {
        command::line(self.system, self.program, self.arguments)
    }

    fn powershell(&self) -> Option<Value> {
        (self.system == System::Windows).then(|| command::powershell(self.program, self.arguments).into())
    }
}

const fn on(event: &'static str, means: &'static [&'static str]) -> Hook {
    Hook { event, means, usual: true, matcher: None, timeout: 10 }
}

const fn ask(event: &'static str, means: &'static [&'static str]) -> Hook {
    Hook { usual: false, ..on(event, means) }
}

const fn grouped(container: &'static [&'static str]) -> Shape {
    Shape { container, by: By::Key, inner: Inner::List("hooks"), extras: &[] }
}

const fn flat(container: &'static [&'static str]) -> Shape {
    Shape { container, by: By::Key, inner: Inner::Itself, extras: &[] }
}

const VERSION_1: &[(&[&str], Plain)] = &[(&["version"], Plain::Number(1))];

const fn json(at: &'static str, shape: Shape) -> File {
    File { at, form: Form::Json(shape), beside: None }
}

const DONE: &[&str] = &["task.complete"];
const FAILED: &[&str] = &["task.error", "resource.limit"];
const ASKED: &[&str] = &["input.permission", "input.question"];
const NOTICE: &[&str] = &["input.permission", "input.question", "input.idle", "input.required"];
const START: &[&str] = &["task.start"];
const SESSION_START: &[&str] = &["session.start"];
const SESSION_END: &[&str] = &["session.end"];
const SUBAGENT: &[&str] = &["subagent.complete"];
const TOOL: &[&str] = &["tool.error"];
const COMPACT: &[&str] = &["context.compact"];
const STOPPED: &[&str] = &["task.interrupted"];

/// The notifications that concern the human.
const NOTICES: Option<&str> = Some(
    "permission_prompt|worker_permission_prompt|idle_prompt|elicitation_dialog|elicitation_url_dialog|agent_needs_input|\
     agent_completed|quota_auto_resume_stale|quota_auto_resume_disabled",
);

const NOTHING_LEFT: &str = "";
const NEXT_SESSION: &str = "sessions that are open now take it up when they are started again";

/// Every agent whose hooks can be written, by id.
pub(super) static ROWS: &[Row] = &[
    Row {
        id: "aider",
        folder: ".aider",
        variable: None,
        programs: &["aider"],
        user: &[SETTING_USER],
        project: &[SETTING_PROJECT],
        handler: |it| it.line().into(),
        names_event: false,
        hooks: &[on("notifications-command", &["input.idle"])],
        then: NOTHING_LEFT,
        off: &[],
    },
    Row {
        id: "antigravity",
        folder: ".gemini/config",
        variable: None,
        programs: &["agy"],
        user: &[json("@/hooks.json", flat(&["herald"]))],
        project: &[json("./.agents/hooks.json", flat(&["herald"]))],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: true,
        hooks: &[on("Stop", DONE)],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "claude-code",
        folder: ".claude",
        variable: Some("CLAUDE_CONFIG_DIR"),
        programs: &["claude"],
        user: &[json("@/settings.json", grouped(&["hooks"]))],
        // The one that isn't shared: the path is that of this machine.
        project: &[json("./.claude/settings.local.json", grouped(&["hooks"]))],
        // Its form without a shell; in the background, because nothing is answered.
        handler: |it| {
            json!({"type": "command", "command": it.program, "args": it.arguments, "async": true,
                "timeout": it.hook.timeout})
        },
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("StopFailure", FAILED),
            on("PermissionRequest", ASKED),
            Hook { matcher: NOTICES, ..on("Notification", NOTICE) },
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("SubagentStop", SUBAGENT),
            ask("PostToolUseFailure", TOOL),
            Hook { matcher: Some("auto"), ..ask("PreCompact", COMPACT) },
        ],
        then: NOTHING_LEFT,
        off: &[(&["disableAllHooks"], Plain::Bool(true))],
    },
    Row {
        id: "cline",
        folder: "Documents/Cline",
        variable: None,
        programs: &["cline"],
        user: &[
            File { at: "@/Hooks", form: Form::Own(Own::Script), beside: None },
            File { at: "@/Rules/Hooks", form: Form::Own(Own::Script), beside: None },
        ],
        project: &[File { at: "./.clinerules/hooks", form: Form::Own(Own::Script), beside: None }],
        handler: |_| Value::Null,
        names_event: true,
        hooks: &[on("TaskComplete", DONE), ask("TaskCancel", STOPPED), ask("UserPromptSubmit", START)],
        then: "hooks must be switched on in Cline's settings",
        off: &[],
    },
    Row {
        id: "codex",
        folder: ".codex",
        variable: Some("CODEX_HOME"),
        programs: &["codex"],
        user: &[
            json("@/hooks.json", grouped(&["hooks"])),
            File { at: "@/config.toml", form: Form::Toml(grouped(&["hooks"])), beside: None },
        ],
        project: &[
            json("./.codex/hooks.json", grouped(&["hooks"])),
            File { at: "./.codex/config.toml", form: Form::Toml(grouped(&["hooks"])), beside: None },
        ],
        handler: |it| {
            let mut handler = json!({"type": "command", "command": it.line()});
            if let Some(line) = it.powershell() {
                handler["commandWindows"] = line;
            }
            handler["timeout"] = it.hook.timeout.into();
            handler
        },
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("PermissionRequest", ASKED),
            // It gives these three seconds at most.
            Hook { timeout: 3, ..on("Interrupt", STOPPED) },
            // What comes after a permission that nobody had to give.
            on("PostToolUse", TOOL),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            Hook { timeout: 3, ..ask("SessionEnd", SESSION_END) },
            ask("SubagentStop", SUBAGENT),
            ask("PreCompact", COMPACT),
        ],
        then: "Codex runs new hooks only once you trust them: type /hooks in Codex",
        off: &[],
    },
    Row {
        id: "copilot-cli",
        folder: ".copilot",
        variable: Some("COPILOT_HOME"),
        programs: &["copilot"],
        // A file of its own: one bad item would drop all hooks of the settings.
        user: &[json("@/hooks/herald.json", Shape { extras: VERSION_1, ..flat(&["hooks"]) })],
        project: &[json("./.github/hooks/herald-copilot.json", Shape { extras: VERSION_1, ..flat(&["hooks"]) })],
        handler: |it| json!({"type": "command", "exec": it.program, "args": it.arguments, "timeoutSec": it.hook.timeout}),
        names_event: true,
        hooks: &[
            on("agentStop", DONE),
            on("notification", NOTICE),
            on("errorOccurred", FAILED),
            ask("userPromptSubmitted", START),
            ask("sessionStart", SESSION_START),
            ask("sessionEnd", SESSION_END),
            ask("subagentStop", SUBAGENT),
            ask("postToolUseFailure", TOOL),
            ask("preCompact", COMPACT),
        ],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "cursor",
        folder: ".cursor",
        variable: None,
        programs: &["cursor", "cursor-agent"],
        user: &[json("@/hooks.json", Shape { extras: VERSION_1, ..flat(&["hooks"]) })],
        project: &[json("./.cursor/hooks.json", Shape { extras: VERSION_1, ..flat(&["hooks"]) })],
        handler: |it| json!({"command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("stop", &["task.complete", "task.error", "task.interrupted"]),
            ask("beforeSubmitPrompt", START),
            ask("sessionStart", SESSION_START),
            ask("sessionEnd", SESSION_END),
            ask("subagentStop", SUBAGENT),
            ask("postToolUseFailure", TOOL),
            ask("preCompact", COMPACT),
        ],
        then: "Cursor has no hook for a question or a permission: those stay silent",
        off: &[],
    },
    Row {
        id: "devin-cli",
        folder: "@config/devin",
        variable: None,
        programs: &["devin"],
        user: &[json("@/config.json", grouped(&["hooks"]))],
        project: &[json("./.devin/hooks.v1.json", grouped(&[]))],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("PermissionRequest", ASKED),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("PostToolUse", TOOL),
        ],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "factory-droid",
        folder: ".factory",
        variable: None,
        programs: &["droid"],
        // Some have the events at the root of the file.
        user: &[
            json("@/hooks.json", grouped(&["hooks"])),
            json("@/hooks.json", grouped(&[])),
            json("@/settings.json", grouped(&["hooks"])),
        ],
        project: &[
            json("./.factory/hooks.json", grouped(&["hooks"])),
            json("./.factory/hooks.json", grouped(&[])),
            json("./.factory/settings.json", grouped(&["hooks"])),
        ],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("Notification", NOTICE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("SubagentStop", SUBAGENT),
            ask("PostToolUse", TOOL),
            ask("PreCompact", COMPACT),
        ],
        then: "Droid takes hooks up when it starts; /hooks shows them",
        off: &[],
    },
    Row {
        id: "gemini-cli",
        folder: ".gemini",
        variable: None,
        programs: &["gemini"],
        user: &[json("@/settings.json", grouped(&["hooks"]))],
        project: &[json("./.gemini/settings.json", grouped(&["hooks"]))],
        handler: |it| json!({"name": "herald", "type": "command", "command": it.line(), "timeout": it.hook.timeout * 1000}),
        names_event: false,
        hooks: &[
            on("AfterAgent", DONE),
            on("Notification", NOTICE),
            ask("BeforeAgent", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("AfterTool", TOOL),
            ask("PreCompress", COMPACT),
        ],
        then: NEXT_SESSION,
        off: &[(&["hooksConfig", "enabled"], Plain::Bool(false))],
    },
    Row {
        id: "goose",
        folder: "@config/goose",
        variable: None,
        programs: &["goose"],
        user: &[File {
            at: "~/.agents/plugins/herald/hooks/hooks.json",
            form: Form::Json(grouped(&["hooks"])),
            beside: Some(GOOSE_PLUGIN),
        }],
        project: &[File {
            at: "./.agents/plugins/herald/hooks/hooks.json",
            form: Form::Json(grouped(&["hooks"])),
            beside: Some(GOOSE_PLUGIN),
        }],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("PostToolUseFailure", TOOL),
        ],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "grok",
        folder: ".grok",
        variable: None,
        programs: &["grok"],
        user: &[json("@/hooks/herald.json", grouped(&["hooks"]))],
        project: &[json("./.grok/hooks/herald.json", grouped(&["hooks"]))],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("StopFailure", FAILED),
            on("Notification", NOTICE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("SubagentStop", SUBAGENT),
            ask("PostToolUseFailure", TOOL),
            ask("PreCompact", COMPACT),
        ],
        then: "for a project, Grok asks for trust first: /hooks-trust",
        off: &[],
    },
    Row {
        id: "junie",
        folder: ".junie",
        variable: None,
        programs: &["junie"],
        user: &[json("@/config.json", grouped(&["hooks"]))],
        project: &[],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        // Not PermissionRequest: there an exit status of 0 is said to grant it.
        hooks: &[
            on("Stop", DONE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
        ],
        then: "Junie's permission requests are not hooked: a hook's success would grant them",
        off: &[],
    },
    Row {
        id: "kimi-code",
        folder: ".kimi-code",
        variable: None,
        programs: &["kimi"],
        user: &[File {
            at: "@/config.toml",
            form: Form::Toml(Shape {
                container: &["hooks"],
                by: By::Field("event"),
                inner: Inner::Itself,
                extras: &[],
            }),
            beside: None,
        }],
        project: &[],
        // Five keys are allowed; any other, and any unknown event, breaks the whole file.
        handler: |it| json!({"command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("StopFailure", FAILED),
            on("PermissionRequest", ASKED),
            on("Notification", NOTICE),
            ask("Interrupt", STOPPED),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("SubagentStop", SUBAGENT),
            ask("PostToolUseFailure", TOOL),
            ask("PreCompact", COMPACT),
        ],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "kiro-cli",
        // What the editor doesn't have.
        folder: ".kiro/agents",
        variable: None,
        programs: &["kiro-cli"],
        // The agent's own file: `{agent}` is the one that is set as the default.
        user: &[json("@/{agent}.json", flat(&["hooks"]))],
        project: &[json("./.kiro/agents/{agent}.json", flat(&["hooks"]))],
        handler: |it| json!({"command": it.line(), "timeout_ms": it.hook.timeout * 1000}),
        names_event: false,
        hooks: &[
            on("stop", DONE),
            ask("userPromptSubmit", START),
            ask("agentSpawn", SESSION_START),
            ask("postToolUse", TOOL),
        ],
        then: "it counts for this agent only; Kiro CLI has no hook for a permission",
        off: &[],
    },
    Row {
        id: "kiro-ide",
        folder: ".kiro",
        variable: None,
        programs: &["kiro"],
        user: &[json("@/hooks/herald.json", KIRO_FILE)],
        project: &[json("./.kiro/hooks/herald.json", KIRO_FILE)],
        handler: |it| json!({"type": "command", "command": it.line()}),
        names_event: true,
        hooks: &[on("Stop", DONE), ask("UserPromptSubmit", START), ask("SessionStart", SESSION_START)],
        then: "Kiro CLI 3 reads this file too",
        off: &[],
    },
    Row {
        id: "opencode",
        folder: "@config/opencode",
        variable: None,
        programs: &["opencode"],
        user: &[File { at: "@/plugins/herald.js", form: Form::Own(Own::Plugin), beside: None }],
        project: &[File { at: "./.opencode/plugins/herald.js", form: Form::Own(Own::Plugin), beside: None }],
        handler: |_| Value::Null,
        names_event: false,
        hooks: &[
            on("session.idle", DONE),
            on("session.error", &["task.error", "task.interrupted"]),
            on("session.status", &["resource.limit"]),
            on("permission.asked", &["input.permission"]),
            // Older builds.
            on("permission.updated", &["input.permission"]),
            on("question.asked", &["input.question"]),
            ask("session.created", SESSION_START),
            ask("session.compacted", COMPACT),
        ],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "openhands",
        folder: ".openhands",
        variable: None,
        programs: &["openhands"],
        user: &[],
        project: &[json("./.openhands/hooks.json", grouped(&["hooks"]))],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("PostToolUse", TOOL),
        ],
        then: NOTHING_LEFT,
        off: &[],
    },
    Row {
        id: "qwen-code",
        folder: ".qwen",
        variable: None,
        programs: &["qwen"],
        user: &[json("@/settings.json", grouped(&["hooks"]))],
        project: &[json("./.qwen/settings.json", grouped(&["hooks"]))],
        handler: |it| {
            json!({"name": "herald", "type": "command", "command": it.line(), "timeout": it.hook.timeout * 1000,
                "async": true})
        },
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("StopFailure", FAILED),
            on("PermissionRequest", ASKED),
            on("Notification", NOTICE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SessionEnd", SESSION_END),
            ask("SubagentStop", SUBAGENT),
            ask("PostToolUseFailure", TOOL),
            ask("PreCompact", COMPACT),
        ],
        then: NEXT_SESSION,
        off: &[(&["disableAllHooks"], Plain::Bool(true))],
    },
    Row {
        id: "rovodev",
        folder: ".rovodev",
        variable: None,
        programs: &["acli", "rovodev"],
        user: &[File {
            at: "@/config.yml",
            form: Form::Yaml(Shape {
                container: &["eventHooks", "events"],
                by: By::Field("name"),
                inner: Inner::List("commands"),
                extras: &[],
            }),
            beside: None,
        }],
        project: &[],
        handler: |it| json!({"command": it.line()}),
        names_event: true,
        hooks: &[
            on("on_complete", DONE),
            on("on_error", FAILED),
            on("on_tool_permission", ASKED),
            ask("on_user_prompt", START),
            ask("on_session_start", SESSION_START),
            ask("on_session_end", SESSION_END),
        ],
        then: NEXT_SESSION,
        off: &[],
    },
    Row {
        id: "vscode",
        folder: "@config/Code",
        variable: None,
        programs: &["code"],
        user: &[],
        project: &[json("./.github/hooks/herald-vscode.json", flat(&["hooks"]))],
        handler: |it| {
            let mut handler = json!({"type": "command", "command": it.line()});
            if let Some(line) = it.powershell() {
                handler["windows"] = line;
            }
            handler["timeout"] = it.hook.timeout.into();
            handler
        },
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("SubagentStop", SUBAGENT),
            ask("PostToolUse", TOOL),
            ask("PreCompact", COMPACT),
        ],
        then: "VS Code also runs the hooks of ~/.claude/settings.json: one of the two is enough",
        off: &[],
    },
    Row {
        id: "windsurf",
        folder: ".codeium/windsurf",
        variable: None,
        programs: &["windsurf"],
        user: &[json("@/hooks.json", flat(&["hooks"]))],
        project: &[json("./.windsurf/hooks.json", flat(&["hooks"]))],
        handler: |it| json!({"command": it.line(), "show_output": false}),
        names_event: false,
        hooks: &[on("post_cascade_response", DONE), ask("pre_user_prompt", START)],
        then: "Windsurf has no hook for a question or a permission: those stay silent",
        off: &[],
    },
    Row {
        id: "zcode",
        folder: ".zcode",
        variable: None,
        programs: &["zcode"],
        user: &[json(
            "@/cli/config.json",
            Shape { extras: &[(&["hooks", "enabled"], Plain::Bool(true))], ..grouped(&["hooks", "events"]) },
        )],
        project: &[],
        handler: |it| json!({"type": "command", "command": it.line(), "timeout": it.hook.timeout}),
        // One unknown name and it drops all hooks: only those that are known to be known.
        names_event: false,
        hooks: &[
            on("Stop", DONE),
            on("PermissionRequest", ASKED),
            ask("UserPromptSubmit", START),
            ask("SessionStart", SESSION_START),
            ask("PostToolUseFailure", TOOL),
        ],
        then: NEXT_SESSION,
        off: &[(&["hooks", "enabled"], Plain::Bool(false))],
    },
];

const SETTING: Form = Form::Setting { switch: "notifications", command: "notifications-command" };
const SETTING_USER: File = File { at: "~/.aider.conf.yml", form: SETTING, beside: None };
const SETTING_PROJECT: File = File { at: "./.aider.conf.yml", form: SETTING, beside: None };

const GOOSE_PLUGIN: (&str, &str) = (
    "../plugin.json",
    "{\n  \"name\": \"herald\",\n  \"version\": \"1.0.0\",\n  \"description\": \"Plays a sound when Goose needs you\"\n}\n",
);

const KIRO_FILE: Shape = Shape {
    container: &["hooks"],
    by: By::Field("trigger"),
    inner: Inner::Object("action"),
    extras: &[(&["version"], Plain::Text("v1"))],
};

/// The row of that agent.
pub(super) fn row(id: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agents, event};

    #[test]
    fn every_row_is_of_an_agent_that_understands_its_events() {
        for row in ROWS {
            let agent = agents::find(row.id).unwrap_or_else(|| panic!("{} is no agent", row.id));
            for hook in row.hooks {
                assert!(agent.knows(hook.event), "{} has no {}", row.id, hook.event);
                for name in hook.means {
                    assert!(event::canonical(name).is_some(), "{} {name}", row.id);
                }
            }
            assert!(row.hooks.iter().any(|hook| hook.usual), "{}", row.id);
            assert!(!row.user.is_empty() || !row.project.is_empty(), "{}", row.id);
        }
    }

    #[test]
    fn no_gate_is_ever_registered() {
        const GATES: &[&str] = &[
            "pretooluse",
            "beforetool",
            "beforeshellexecution",
            "beforemcpexecution",
            "beforereadfile",
            "worktreecreate",
            "messagedisplay",
            "aftermodel",
            "beforemodel",
            "sessionheartbeat",
            "preruncommand",
            "prewritecode",
        ];
        for (row, hook) in ROWS.iter().flat_map(|row| row.hooks.iter().map(move |hook| (row, hook))) {
            let folded = hook.event.to_lowercase().replace(['_', '-', '.'], "");
            assert!(!GATES.contains(&folded.as_str()), "{} {}", row.id, hook.event);
            let granted_by_success = ["junie", "copilot-cli"].contains(&row.id);
            assert!(!(granted_by_success && folded == "permissionrequest"), "{}", row.id);
        }
    }
}
