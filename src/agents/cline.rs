//! Cline: the event's own fields lie under a key that is the event's name.

use super::call::{Call, Dialect, Meaning, Verdict};
use super::{claude, moments};
use Meaning::{Depends, Is, Nothing};

/// Cline.
pub(super) static CLINE: Dialect = Dialect {
    names: &["hookName", "hook_name", "hook_event_name"],
    words: &[
        &[
            ("taskcomplete", Depends(moments::turn_end)),
            ("taskcancel", Is("task.interrupted")),
            // The prompt that starts or resumes it is told by itself.
            ("taskstart", Nothing),
            ("taskresume", Nothing),
            ("posttooluse", Depends(tool_done)),
        ],
        claude::WORDS,
    ],
    inner: |payload, name| {
        let key = match name {
            "pretooluse" => "preToolUse",
            "posttooluse" => "postToolUse",
            "taskcomplete" => "taskComplete",
            "taskcancel" => "taskCancel",
            "userpromptsubmit" => "userPromptSubmit",
            _ => return None,
        };
        payload.object(&[key])
    },
    ..Dialect::PLAIN
};

fn tool_done(call: &Call<'_>) -> Verdict {
    Verdict::when(call.flag(&["success"]) == Some(false), "tool.error")
}
