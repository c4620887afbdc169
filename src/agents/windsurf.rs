//! Windsurf's Cascade, also as Devin Desktop: an action's name, its fields in `tool_info`.

use super::call::{Dialect, Meaning};
use super::claude;
use Meaning::{Is, Nothing};

/// Windsurf.
pub(super) static WINDSURF: Dialect = Dialect {
    names: &["agent_action_name", "hook_event_name"],
    words: &[
        &[
            ("postcascaderesponse", Is("task.complete")),
            // The same response once more, for those who want the file.
            ("postcascaderesponsewithtranscript", Nothing),
            ("preuserprompt", Is("task.start")),
        ],
        claude::WORDS,
    ],
    inner: |payload, _| payload.object(&["tool_info"]),
    ..Dialect::PLAIN
};
