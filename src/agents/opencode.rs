//! OpenCode and its forks: the plugin hands over bus events, `{type, properties}`, in newer builds `{type, data}`.

use super::call::{Call, Dialect, Meaning, Verdict};
use super::claude;
use super::payload::Object;
use crate::event::Quiet;
use Meaning::{Depends, Is};

/// OpenCode.
pub(super) static OPENCODE: Dialect = Dialect {
    names: &["type", "event", "hook_event_name"],
    words: &[
        &[
            ("session.idle", Depends(idle)),
            ("session.error", Depends(error)),
            ("session.status", Depends(status)),
            ("session.created", Depends(created)),
            ("session.compacted", Is("context.compact")),
            ("permission.asked", Is("input.permission")),
            ("permission.v2.asked", Is("input.permission")),
            ("permission.updated", Is("input.permission")),
            ("question.asked", Is("input.question")),
            ("question.v2.asked", Is("input.question")),
        ],
        claude::WORDS,
    ],
    inner: |payload, _| payload.object(&["properties", "data"]),
    ..Dialect::PLAIN
};

/// The sessions of sub-agents have a parent.
fn is_child(call: &Call<'_>) -> bool {
    let parent = |object: &Object<'_>| object.filled(&["parent_id"]).is_some();
    parent(&call.inner) || call.inner.object(&["info"]).is_some_and(|info| parent(&info))
}

fn idle(call: &Call<'_>) -> Verdict {
    Verdict::of("task.complete").quiet_if(is_child(call), Quiet::Subagent)
}

fn created(call: &Call<'_>) -> Verdict {
    Verdict::of("session.start").quiet_if(is_child(call), Quiet::Subagent)
}

fn error(call: &Call<'_>) -> Verdict {
    let name = call.object(&["error"]).and_then(|error| error.filled(&["name"]));
    let aborted = name.as_deref() == Some("MessageAbortedError");
    let event = if aborted { "task.interrupted" } else { "task.error" };
    Verdict::of(event).detail(name).quiet_if(is_child(call), Quiet::Subagent)
}

/// It retries when the provider limits it, and tells each attempt. Idle is told by an event of its own.
fn status(call: &Call<'_>) -> Verdict {
    let kind = call.object(&["status"]).and_then(|status| status.filled(&["type"]));
    let retries = kind.as_deref() == Some("retry");
    Verdict { reminder: retries, ..Verdict::when(retries, "resource.limit").detail(kind) }
}
