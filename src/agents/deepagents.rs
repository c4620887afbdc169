//! Deep Agents Code: old set-ups get names that are nearly Herald's own, new ones Claude Code's.

use super::call::{Dialect, Meaning};
use super::claude;
use Meaning::Is;

/// Deep Agents Code.
pub(super) static DEEPAGENTS: Dialect = Dialect {
    names: &["event", "type", "hook_event_name"],
    words: &[&[("user.prompt", Is("task.start")), ("permission.request", Is("input.permission"))], claude::WORDS],
    ..Dialect::PLAIN
};
