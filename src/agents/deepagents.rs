//! Deep Agents Code: its names are nearly Herald's own.

use super::call::{Dialect, Meaning};
use Meaning::Is;

/// Deep Agents Code.
pub(super) static DEEPAGENTS: Dialect = Dialect {
    names: &["event", "type", "hook_event_name"],
    words: &[&[("user.prompt", Is("task.start")), ("permission.request", Is("input.permission"))]],
    ..Dialect::PLAIN
};
