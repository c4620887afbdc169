//! One call of the hook: what a dialect is made of, and the fields that every reader looks for.
//!
//! Owns the shape of the tables ([`Word`], [`Meaning`], [`Dialect`]) and the aliases of the common fields. Decides
//! nothing about events; that is the dialects' and [`super::moments`]'.

use std::borrow::Cow;
use std::path::PathBuf;

use super::payload::{self, Object};
use crate::event::{Quiet, Session};

/// The longest event name, kind or tool that is kept.
const LONGEST_WORD: usize = 64;
/// The longest command that is kept for looking up sounds.
const LONGEST_COMMAND: usize = 4096;
/// The largest input of a tool that is searched for a command, in bytes.
const LARGEST_INPUT: usize = 32 * 1024;

/// A word of an agent, [folded](fold), and what it means.
pub(super) type Word = (&'static str, Meaning);

/// What an agent's event comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// Always this event of Herald's.
    Is(&'static str),
    /// Nothing to hear.
    Nothing,
    /// It depends on the payload.
    Depends(fn(&Call<'_>) -> Verdict),
}

/// What a payload was found to mean.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Herald's event.
    pub(super) event: Option<&'static str>,
    /// What kind of it, a single word.
    pub(super) detail: Option<String>,
    /// It repeats, some seconds later, what another hook tells at once.
    pub(super) reminder: bool,
    /// Why it must be silent.
    pub(super) quiet: Option<Quiet>,
}

impl Verdict {
    /// Nothing to hear.
    pub(super) const NOTHING: Self = Self { event: None, detail: None, reminder: false, quiet: None };

    /// This event.
    pub(super) const fn of(event: &'static str) -> Self {
        Self { event: Some(event), ..Self::NOTHING }
    }

    /// This event if the condition holds, else nothing.
    pub(super) const fn when(condition: bool, event: &'static str) -> Self {
        if condition { Self::of(event) } else { Self::NOTHING }
    }

    /// With this detail, if it is a word; sentences hold secrets and are dropped.
    #[must_use]
    pub(super) fn detail(mut self, detail: Option<Cow<'_, str>>) -> Self {
        self.detail = detail.filter(|word| is_word(word)).map(Cow::into_owned);
        self
    }

    /// With this reason for silence, if the condition holds.
    #[must_use]
    pub(super) const fn quiet_if(mut self, condition: bool, reason: Quiet) -> Self {
        if condition {
            self.quiet = Some(reason);
        }
        self
    }
}

/// How one family of agents speaks, as data.
#[derive(Debug)]
pub(super) struct Dialect {
    /// The keys that may hold the event's name, in this order. Keys are written in snake_case and found in any spelling.
    pub(super) names: &'static [&'static str],
    /// The agent's words; the first table that knows a word wins.
    pub(super) words: &'static [&'static [Word]],
    /// The nested object that holds the event's own fields, if the agent has such. Takes the folded name.
    pub(super) inner: for<'a> fn(&Object<'a>, &str) -> Option<Object<'a>>,
    /// The name told by the fields alone, for payloads that come without one.
    pub(super) infer: fn(&Object<'_>) -> Option<&'static str>,
    /// What a call without any name means.
    pub(super) nameless: Meaning,
    /// Whether a name that nobody knows may be the user's own event.
    pub(super) open: bool,
}

impl Dialect {
    /// The event's name in `hook_event_name`, all fields at the top: what most agents took over from Claude Code.
    pub(super) const PLAIN: Self = Self {
        names: &["hook_event_name", "event_name", "event"],
        words: &[],
        inner: |_, _| None,
        infer: |_| None,
        nameless: Meaning::Nothing,
        open: false,
    };

    /// What the word means to this agent, if it knows it.
    pub(super) fn meaning(&self, name: &str) -> Option<Meaning> {
        let name = fold(name);
        self.words.iter().flat_map(|table| table.iter()).find(|(word, _)| *word == name).map(|(_, meaning)| *meaning)
    }
}

/// What the reader of one event may look at.
#[derive(Debug, Default)]
pub(super) struct Call<'a> {
    /// The payload; empty if there was none.
    pub(super) payload: Object<'a>,
    /// Its nested part that holds the event's own fields; empty if the agent has no such.
    pub(super) inner: Object<'a>,
}

impl<'a> Call<'a> {
    /// The first of the keys that holds a filled string, at the top or else in the nested part.
    pub(super) fn text(&self, keys: &[&str]) -> Option<Cow<'a, str>> {
        self.payload.filled(keys).or_else(|| self.inner.filled(keys))
    }

    /// The same, folded for comparison.
    pub(super) fn word(&self, keys: &[&str]) -> String {
        self.text(keys).map(|text| fold(&text)).unwrap_or_default()
    }

    /// The first of the keys that holds a truth value.
    pub(super) fn flag(&self, keys: &[&str]) -> Option<bool> {
        self.payload.flag(keys).or_else(|| self.inner.flag(keys))
    }

    /// The first of the keys that holds a whole number.
    pub(super) fn integer(&self, keys: &[&str]) -> Option<i64> {
        self.payload.integer(keys).or_else(|| self.inner.integer(keys))
    }

    /// The first of the keys that holds an object.
    pub(super) fn object(&self, keys: &[&str]) -> Option<Object<'a>> {
        self.payload.object(keys).or_else(|| self.inner.object(keys))
    }

    /// Whose event it is.
    pub(super) fn session(&self) -> Option<Session> {
        const KEYS: &[&str] = &[
            "session_id",
            "conversation_id",
            "thread_id",
            "task_id",
            "trajectory_id",
            "chat_id",
            "db_cache_path",
            "hook_session_name",
        ];
        self.text(KEYS).map(|id| Session::of(&id))
    }

    /// Where the agent works.
    pub(super) fn cwd(&self) -> Option<PathBuf> {
        const KEYS: &[&str] = &[
            "cwd",
            "working_dir",
            "working_directory",
            "workspace_root",
            "project_path",
            "directory",
            "root_workspace_path",
        ];
        const LISTS: &[&str] = &["workspace_roots", "workspace_paths", "workspaces"];
        let path = self.text(KEYS).or_else(|| self.payload.first_text(LISTS));
        path.or_else(|| self.object(&["info"])?.filled(&["directory"]))
            .filter(|path| !path.contains('\0'))
            .map(|path| path.as_ref().into())
    }

    /// The tool it is about, in the agent's spelling.
    pub(super) fn tool(&self) -> Option<String> {
        const KEYS: &[&str] = &["tool_name", "tool", "mcp_tool_name"];
        let nested = || self.object(&["tool_call", "tool_input"])?.filled(&["name", "tool_name"]);
        let name = self.text(KEYS).or_else(nested)?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_WORD).collect();
        (!name.is_empty()).then_some(name)
    }

    /// The command that the tool runs or ran.
    pub(super) fn command(&self) -> Option<String> {
        const WHERE: &[&str] = &["tool_input", "tool_args", "parameters", "args", "details", "metadata"];
        const KEYS: &[&str] = &["command", "command_line", "cmd"];
        let of = |object: &Object<'_>| {
            // Codex's shell tool takes a list of arguments.
            let words =
                || Some(object.items(KEYS)?.into_iter().filter_map(payload::text).collect::<Vec<_>>().join(" "));
            object.filled(KEYS).map(Cow::into_owned).or_else(words).filter(|command| !command.is_empty())
        };
        // A larger input is a file's content. Reading through it once more would double what the payload costs.
        let within = |object: &Object<'a>| object.object_within(WHERE, LARGEST_INPUT);
        let nested = || {
            let input = within(&self.payload).or_else(|| within(&self.inner));
            of(&input.or_else(|| self.object(&["tool_call"])?.object(&["args", "arguments"]))?)
        };
        // Copilot's and Cursor's arguments may come as JSON in a string.
        let quoted = || of(&Object::parse(&self.text(WHERE)?)?);
        let mut command = nested().or_else(quoted).or_else(|| of(&self.payload)).or_else(|| of(&self.inner))?;
        command.truncate(command.floor_char_boundary(LONGEST_COMMAND));
        Some(command)
    }
}

/// The name in the form names are compared in: `PostToolUse`, `postToolUse` and `post_tool_use` are one word.
///
/// Dots stay, so that Herald's `session.start` is not an agent's `SessionStart`.
pub(super) fn fold(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase());
    kept.take(LONGEST_WORD).collect()
}

/// The name without what an event name may not hold; `None` if nothing is left.
pub(super) fn cleaned(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| is_word_char(*c)).take(LONGEST_WORD).collect();
    (!name.is_empty()).then_some(name)
}

fn is_word(text: &str) -> bool {
    matches!(text.len(), 1..=LONGEST_WORD) && text.chars().all(is_word_char)
}

const fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':')
}
