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
            return Some(if payload.has(&["toolName"]) { "postToolUseFailure" } else { "errorOccurred" });
        }
        FIELDS.iter().find(|(field, _)| payload.has(&[field])).map(|(_, event)| *event)
    },
    ..Dialect::PLAIN
};

/// Fields that only one event has, looked for in this order.
static FIELDS: &[(&str, &str)] = &[
    ("notification_type", "notification"),
    ("toolError", "postToolUseFailure"),
    ("toolResult", "postToolUse"),
    ("toolName", "preToolUse"),
    ("initialPrompt", "sessionStart"),
    ("trigger", "preCompact"),
    ("agentName", "subagentStop"),
    ("stopReason", "agentStop"),
    ("transformedPrompt", "userPromptTransformed"),
    ("prompt", "userPromptSubmitted"),
    ("reason", "sessionEnd"),
];

fn error_occurred(call: &Call<'_>) -> Verdict {
    let error = call.object(&["error"]).unwrap_or_default();
    let texts = [error.filled(&["message"]), error.filled(&["name", "code"]), call.text(&["error"])];
    let verdict = if texts.iter().flatten().any(|text| moments::speaks_of_limit(text)) {
        Verdict::of("resource.limit")
    } else {
        // Builds that don't say whether they recover don't say that they do.
        Verdict::when(call.flag(&["recoverable"]) != Some(true), "task.error")
    };
    verdict.detail(call.text(&["errorContext", "error_context"]))
}

fn tool_done(call: &Call<'_>) -> Verdict {
    let result = call.object(&["toolResult", "tool_result"]).unwrap_or_default();
    let kind = result.filled(&["resultType", "result_type"]);
    let failed = kind.as_deref().is_some_and(|kind| ["failure", "error", "timeout"].contains(&fold(kind).as_str()));
    Verdict::when(failed, "tool.error").detail(kind)
}
