//! Herald's own vocabulary: event names, their parents, priorities and defaults, and the occurrence of one.
//!
//! Owns the table of canonical events. Knows no agent's words, no sound, no file; everything above imports it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How urgently an event wants to be heard. A higher one may cut a lower one short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Nice to know.
    Low,
    /// Worth hearing, nothing is lost if it comes a little late.
    Normal,
    /// Something went wrong.
    High,
    /// A human is being waited for.
    Urgent,
}

impl Priority {
    /// All priorities, lowest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// How long a request of this priority may wait for the speaker before it is stale.
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::Low => Duration::from_secs(1),
            Self::Normal => Duration::from_secs(3),
            Self::High => Duration::from_secs(5),
            Self::Urgent => Duration::from_secs(10),
        }
    }

    /// The word used in configuration and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of an event: 1 to 64 of `A-Z a-z 0-9 . _ -`, so that it is safe in a path, a log line and a terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventName(Box<str>);

impl EventName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` may stand as an event name.
pub fn is_event_name(text: &str) -> bool {
    matches!(text.len(), 1..=64) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The text is not an event name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEventName(pub String);

impl fmt::Display for BadEventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not an event name (1 to 64 letters, digits, '.', '_' or '-')", self.0)
    }
}

impl std::error::Error for BadEventName {}

impl FromStr for EventName {
    type Err = BadEventName;

    fn from_str(text: &str) -> Result<Self, BadEventName> {
        if is_event_name(text) { Ok(Self(text.into())) } else { Err(BadEventName(text.chars().take(80).collect())) }
    }
}

impl TryFrom<String> for EventName {
    type Error = BadEventName;

    fn try_from(text: String) -> Result<Self, BadEventName> {
        text.parse()
    }
}

impl From<EventName> for String {
    fn from(name: EventName) -> Self {
        name.0.into()
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One row of the canonical table.
#[derive(Debug)]
pub struct Canonical {
    /// The event's name.
    pub name: &'static str,
    /// The event whose sound serves where this one has none. Never decides whether to play.
    pub parent: Option<&'static str>,
    /// The CESP category that fits, if any.
    pub cesp: Option<&'static str>,
    /// Names of the XDG sound naming specification, best first.
    pub xdg: &'static [&'static str],
    /// Whether it is heard without any configuration.
    pub enabled: bool,
    /// How urgent it is without any configuration.
    pub priority: Priority,
}

const fn row(
    name: &'static str,
    parent: Option<&'static str>,
    cesp: Option<&'static str>,
    xdg: &'static [&'static str],
    enabled: bool,
    priority: Priority,
) -> Canonical {
    Canonical { name, parent, cesp, xdg, enabled, priority }
}

/// Every event Herald knows by itself, the ones that are on first.
pub static EVENTS: &[Canonical] = {
    use Priority::{High, Low, Normal, Urgent};
    const REQUIRED: Option<&str> = Some("input.required");
    const COMPLETE: Option<&str> = Some("task.complete");
    const ERROR: Option<&str> = Some("task.error");
    const LIMIT: Option<&str> = Some("resource.limit");
    &[
        row("task.complete", None, COMPLETE, &["complete"], true, Normal),
        row("task.error", None, ERROR, &["dialog-error"], true, High),
        row("input.required", None, REQUIRED, &["window-attention", "dialog-question"], true, Urgent),
        row("input.permission", REQUIRED, REQUIRED, &["dialog-warning", "window-attention"], true, Urgent),
        row("input.question", REQUIRED, REQUIRED, &["dialog-question", "window-question"], true, Urgent),
        row("input.idle", REQUIRED, REQUIRED, &["message-new-instant", "bell"], true, Normal),
        row("resource.limit", ERROR, LIMIT, &["battery-low", "dialog-warning"], true, High),
        row("command.success", COMPLETE, COMPLETE, &["complete"], true, Normal),
        row("command.failure", ERROR, ERROR, &["dialog-error"], true, Normal),
        row("bell", REQUIRED, None, &["bell", "bell-terminal"], true, Low),
        row("session.start", None, Some("session.start"), &["service-login"], false, Low),
        row("session.end", None, Some("session.end"), &["service-logout"], false, Low),
        row("task.start", None, Some("task.acknowledge"), &["message-sent-instant"], false, Low),
        row("task.progress", None, Some("task.progress"), &[], false, Low),
        row("task.interrupted", None, None, &[], false, Low),
        row("context.compact", None, LIMIT, &[], false, Low),
        row("subagent.complete", COMPLETE, COMPLETE, &["message"], false, Low),
        row("background.complete", COMPLETE, COMPLETE, &["complete-download"], false, Low),
        row("tool.error", ERROR, ERROR, &["dialog-error"], false, Low),
        row("info", None, None, &["dialog-information"], false, Low),
        row("user.spam", None, Some("user.spam"), &[], false, Low),
    ]
};

/// The canonical row of that name.
pub fn canonical(name: &str) -> Option<&'static Canonical> {
    EVENTS.iter().find(|row| row.name == name)
}

/// When a canonical event happens, in words.
pub fn about(name: &str) -> Option<&'static str> {
    Some(match name {
        "task.complete" => "the turn is over",
        "task.error" => "it ended in an error",
        "input.required" => "you are needed",
        "input.permission" => "a tool wants your permission",
        "input.question" => "a question waits for your answer",
        "input.idle" => "it has been waiting for you a while",
        "resource.limit" => "rate limit, quota, overload",
        "command.success" => "a command of yours succeeded",
        "command.failure" => "a command of yours failed",
        "bell" => "yours to play",
        "session.start" => "a session begins",
        "session.end" => "a session ends",
        "task.start" => "you sent a prompt",
        "task.progress" => "a step is done",
        "task.interrupted" => "you stopped it",
        "context.compact" => "the context is being compacted",
        "subagent.complete" => "a sub-agent is done",
        "background.complete" => "background work is done",
        "tool.error" => "a tool failed",
        "info" => "anything else worth a word",
        "user.spam" => "prompts in quick succession; for packs that have it",
        _ => return None,
    })
}

/// The canonical row that a Herald or CESP name stands for.
pub fn from_herald_or_cesp(name: &str) -> Option<&'static Canonical> {
    canonical(name).or_else(|| EVENTS.iter().find(|row| row.parent.is_none() && row.cesp == Some(name)))
}

/// The event and those it falls back to, nearest first.
///
/// An unknown dotted name has no parents: `deploy.done` is its own.
pub fn with_parents(name: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(name);
    std::iter::from_fn(move || {
        let this = next?;
        next = canonical(this).and_then(|row| row.parent);
        Some(this)
    })
}

/// A session, as the short hash that is written down in its stead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Session(pub u64);

impl Session {
    /// The hash of an agent's session id, or of what stands for it.
    pub fn of(id: &str) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(id.as_bytes()))
    }

    /// Those that a human can mean by `text`: the agent's id of one, or the short hash that is shown everywhere. What
    /// looks like a short hash may be an agent's id as well; then it is both, the short one first.
    pub fn meant_by(text: &str) -> Vec<Self> {
        let short = (text.len() == 8).then(|| u32::from_str_radix(text, 16).ok()).flatten();
        short.map(|short| Self(u64::from(short) << 32)).into_iter().chain([Self::of(text)]).collect()
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0 >> 32)
    }
}

/// One event at one time, as far as its teller told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurrence {
    /// What happened, in Herald's words; `None` where it means nothing to hear.
    pub event: Option<EventName>,
    /// Who told: an id of the agents' table, or the name given by the caller.
    pub agent: String,
    /// What the agent itself calls it, cleaned of everything an event name may not hold.
    pub agent_event: Option<String>,
    /// Whose it is.
    pub session: Option<Session>,
    /// The agent's working directory.
    pub cwd: Option<PathBuf>,
    /// The tool it is about, in the agent's spelling.
    pub tool: Option<String>,
    /// What kind of it: a notification type, an error kind.
    pub detail: Option<String>,
    /// The other machine it comes from.
    pub host: Option<Box<str>>,
    /// The command the tool ran, for sounds of single commands. Never written down.
    pub command: Option<String>,
    /// It repeats, some seconds later, what the agent has told already, or has another hook for.
    pub reminder: bool,
    /// It shows that a question was answered: the tool ran, or leave was given or refused.
    pub answered: bool,
    /// Why it must stay silent whatever the configuration says, if it must.
    pub quiet: Option<Quiet>,
}

/// Reasons the teller itself gives for silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quiet {
    /// It is a sub-agent's, and the human will hear the main one.
    Subagent,
    /// The turn ended but work goes on in the background.
    BackgroundWork,
    /// It could not be read.
    BadPayload,
}

impl Occurrence {
    /// What throttling counts by: the session, else the working directory, else the agent.
    pub fn session_key(&self) -> Session {
        self.session.unwrap_or_else(|| match &self.cwd {
            Some(cwd) => Session::of(&cwd.to_string_lossy()),
            None => Session::of(&self.agent),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parent_and_every_cesp_category_exists() {
        for row in EVENTS {
            assert!(is_event_name(row.name), "{}", row.name);
            if let Some(parent) = row.parent {
                assert!(canonical(parent).is_some_and(|p| p.parent.is_none_or(|g| canonical(g).is_some())), "{parent}");
            }
        }
    }

    #[test]
    fn parents_come_nearest_first_and_end() {
        let chain = |name| with_parents(name).collect::<Vec<_>>();
        assert_eq!(chain("resource.limit"), ["resource.limit", "task.error"]);
        assert_eq!(chain("bell"), ["bell", "input.required"]);
        assert_eq!(chain("deploy.done"), ["deploy.done"]);
    }

    #[test]
    fn cesp_names_find_the_event_that_owns_the_category() {
        let found = |name| from_herald_or_cesp(name).map(|row| row.name);
        assert_eq!(found("task.acknowledge"), Some("task.start"));
        assert_eq!(found("input.required"), Some("input.required"));
        assert_eq!(found("resource.limit"), Some("resource.limit"));
        assert_eq!(found("Stop"), None);
    }

    #[test]
    fn names_that_could_harm_a_path_or_a_terminal_are_refused() {
        for bad in ["", "a/b", "a b", "ä", "\u{1b}[0m", &"x".repeat(65)] {
            assert!(bad.parse::<EventName>().is_err(), "{bad:?}");
        }
        assert!("deploy.done_2-x".parse::<EventName>().is_ok());
    }
}
