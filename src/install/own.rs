//! Files that are ours alone: a plugin for agents that have no hooks of commands, a script for those that look for one.
//!
//! Pure: text in, text out. Invariant: a file is ours if it is, byte for byte, what would be written for the program and
//! the events that stand in it; any other is somebody's.

use serde_json::{Value, json};

use super::command::{self, Ours, System};

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// One JavaScript module for all events.
    Plugin,
    /// One executable script for each event, which the file's name tells.
    Script,
}

/// Whose file it is, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// What it runs.
    pub(super) program: String,
    /// For which events.
    pub(super) events: Vec<String>,
}

impl Own {
    /// Whether each event has a file of its own.
    pub(super) fn is_one_per_event(self) -> bool {
        self == Self::Script
    }

    /// The file's text.
    pub(super) fn written(self, agent: &str, content: &Content) -> String {
        match self {
            Self::Plugin => plugin(agent, content),
            Self::Script => {
                let event = content.events.first().map(String::as_str);
                let line = command::line(System::Unix, &content.program, &command::arguments(agent, event));
                // Whatever happens to Herald, the agent goes on: it takes any other status for a veto.
                format!("#!/bin/sh\n# Written by `herald install {agent}`.\n{line} 2>/dev/null\nexit 0\n")
            }
        }
    }

    /// What is in the text, if it is ours.
    pub(super) fn read(self, agent: &str, text: &str) -> Option<Content> {
        let content = match self {
            Self::Plugin => {
                let value = |name: &str| -> Option<Value> {
                    let line = text.lines().find_map(|line| line.strip_prefix(&format!("const {name} = ")))?;
                    serde_json::from_str(line.trim_end_matches(';')).ok()
                };
                let events = value("EVENTS")?;
                let events = events.as_array()?.iter().map(|it| it.as_str().map(str::to_owned));
                Content { program: value("HERALD")?.as_str()?.to_owned(), events: events.collect::<Option<_>>()? }
            }
            Self::Script => {
                let line = text.lines().nth(2)?.strip_suffix(" 2>/dev/null")?;
                let Ours { program, event } = command::ours(&command::words(line)?, agent)?;
                Content { program, events: event.into_iter().collect() }
            }
        };
        (self.written(agent, &content) == text).then_some(content)
    }
}

/// OpenCode runs plugins inside itself: nothing in it may throw, print or wait.
fn plugin(agent: &str, content: &Content) -> String {
    let Content { program, events } = content;
    format!(
        r#"// Written by `herald install {agent}`; `herald uninstall {agent}` removes it.
import {{ spawn }} from "node:child_process";

const HERALD = {};
const EVENTS = {};

// Sessions of sub-agents, by the session they belong to: their end is not the end of your turn.
const parents = new Map();

function tell(event) {{
  const child = spawn(HERALD, ["hook", "--agent", "{agent}"], {{
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    windowsHide: true,
  }});
  child.on("error", () => {{}});
  child.stdin.on("error", () => {{}});
  child.stdin.end(JSON.stringify(event));
  child.unref();
}}

export const Herald = async () => ({{
  event: async ({{ event }}) => {{
    try {{
      const {{ type, properties = {{}} }} = event;
      const info = properties.info;
      if (info?.id && info.parentID) parents.set(info.id, info.parentID);
      if (!EVENTS.includes(type)) return;
      const parentID = parents.get(properties.sessionID) ?? info?.parentID;
      tell({{ type, properties: parentID ? {{ ...properties, parentID }} : properties }});
    }} catch {{
      // A sound is never worth an error.
    }}
  }},
}});
"#,
        json!(program),
        json!(events),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ours_to_the_last_byte_or_not_at_all() {
        for own in [Own::Plugin, Own::Script] {
            let content = Content { program: "/it's a/herald".to_owned(), events: vec!["a.b".to_owned()] };
            let text = own.written("cline", &content);
            assert_eq!(own.read("cline", &text), Some(content), "{text}");
            assert_eq!(own.read("opencode", &text), None);
            assert_eq!(own.read("cline", &format!("{text}// mine\n")), None);
            assert_eq!(own.read("cline", ""), None);
        }
    }
}
