//! Cline: the event's own fields lie under a key that is the event's name.

use super::call::{Call, Dialect, Meaning, Verdict, fold};
use super::{claude, moments};
use Meaning::{Depends, Is, Nothing};

/// Cline.
pub(super) static CLINE: Dialect = Dialect {
    names: &["hook_name", "hook_event_name"],
    words: &[
        &[
            ("taskcomplete", Depends(moments::turn_end)),
            ("taskcancel", Is("task.interrupted")),
            // The prompt that starts or resumes it is told by itself.
            ("taskstart", Nothing),
            ("taskresume", Nothing),
            ("posttooluse", Depends(tool_done)),
            ("notification", Depends(notification)),
        ],
        claude::WORDS,
    ],
    inner: |payload, name| payload.object(&[name]),
    ..Dialect::PLAIN
};

/// It stopped to ask; what, its source tells. The end of a task is told by a hook of its own, and a task that is opened
/// again waits for the human who opened it.
fn notification(call: &Call<'_>) -> Verdict {
    let waits = ["requires_user_action", "waiting_for_user_input"].iter().any(|key| call.flag(&[key]) == Some(true));
    let source = call.text(&["source"]);
    let event = match source.as_deref().map(fold).as_deref() {
        _ if !waits => None,
        Some("completionresult" | "resumetask" | "resumecompletedtask") => None,
        Some("apireqfailed" | "mistakelimitreached") => Some("task.error"),
        Some("followup" | "planmoderespond" | "actmoderespond" | "newtask" | "condense") => Some("input.question"),
        Some("command" | "tool" | "browseractionlaunch" | "usemcpserver" | "usesubagents" | "approvalrequest") => {
            Some("input.permission")
        }
        _ => Some("input.required"),
    };
    Verdict { event, ..Verdict::NOTHING }.detail(source)
}

fn tool_done(call: &Call<'_>) -> Verdict {
    Verdict::when(call.flag(&["success"]) == Some(false), "tool.error")
}
