//! Copilot CLI. Events set up in camelCase come in camelCase and without a name; `--event` tells it, or the fields do.

use super::call::{Call, Dialect, Meaning, Verdict, fold};
use super::{claude, moments};
use Meaning::{Depends, Is, Nothing};

/// Copilot CLI and cloud agent.
pub(super) static COPILOT: Dialect = Dialect {
    words: &[
        &[
            ("agentstop", Depends(moments::turn_end)),
            ("erroroccurred", Depends(error_occurred)),
            ("userpromptsubmitted", Is("task.start")),
            ("sessionend", Depends(moments::session_end_or_error)),
            ("posttooluse", Depends(tool_done)),
            // Fires before the rules that may allow it by themselves.
            ("permissionrequest", Nothing),
        ],
        claude::WORDS,
    ],
    infer: |payload| {
        if payload.has(&["error"]) {
            return Some(if payload.has(&["tool_name"]) { "postToolUseFailure" } else { "errorOccurred" });
        }
        if payload.has(&["agent_name"]) {
            let ended = payload.has(&["stop_reason", "response", "agent_id"]);
            return Some(if ended { "subagentStop" } else { "subagentStart" });
        }
        FIELDS.iter().find(|(field, _)| payload.has(&[field])).map(|(_, event)| *event)
    },
    ..Dialect::PLAIN
};

/// Fields that only one event has, looked for in this order.
static FIELDS: &[(&str, &str)] = &[
    ("notification_type", "notification"),
    ("tool_error", "postToolUseFailure"),
    ("tool_result", "postToolUse"),
    ("tool_name", "preToolUse"),
    ("initial_prompt", "sessionStart"),
    ("trigger", "preCompact"),
    ("stop_reason", "agentStop"),
    ("stop_hook_active", "agentStop"),
    ("transformed_prompt", "userPromptTransformed"),
    ("prompt", "userPromptSubmitted"),
    ("reason", "sessionEnd"),
    ("source", "sessionStart"),
];

fn error_occurred(call: &Call<'_>) -> Verdict {
    let error = call.object(&["error"]).unwrap_or_default();
    let texts = [error.filled(&["message"]), error.filled(&["name", "code"]), call.text(&["error"])];
    let limit = moments::is_limit_status(&error) || texts.iter().flatten().any(|text| moments::speaks_of_limit(text));
    let verdict = if limit {
        Verdict::of("resource.limit")
    } else {
        // Builds that don't say whether they recover don't say that they do.
        Verdict::when(call.flag(&["recoverable"]) != Some(true), "task.error")
    };
    verdict.detail(call.text(&["error_context"]))
}

fn tool_done(call: &Call<'_>) -> Verdict {
    let result = call.object(&["tool_result"]).unwrap_or_default();
    let kind = result.filled(&["result_type"]);
    let failed = kind.as_deref().is_some_and(|kind| ["failure", "error", "timeout"].contains(&fold(kind).as_str()));
    Verdict::when(failed, "tool.error").detail(kind)
}
