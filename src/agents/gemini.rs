//! Gemini CLI, and Antigravity CLI that follows it.

use super::call::{Call, Dialect, Meaning, Verdict};
use super::{claude, moments};
use crate::event::Quiet;
use Meaning::{Depends, Is, Nothing};

/// Gemini CLI.
pub(super) static GEMINI: Dialect = Dialect {
    words: &[
        &[
            ("afteragent", Depends(moments::turn_end)),
            ("beforeagent", Is("task.start")),
            ("notification", Depends(notification)),
            ("beforetool", Depends(moments::tool_asked)),
            ("aftertool", Depends(after_tool)),
            ("precompress", Depends(moments::compaction)),
        ],
        claude::WORDS,
    ],
    ..Dialect::PLAIN
};

/// One notification type serves every confirmation; its details tell a question from a permission.
fn notification(call: &Call<'_>) -> Verdict {
    let verdict = moments::notification(call);
    let asked = call.object(&["details"]).and_then(|details| details.filled(&["type"]));
    let question = verdict.event == Some("input.permission") && asked.is_some_and(|kind| moments::is_question(&kind));
    if question { Verdict { event: Some("input.question"), ..verdict } } else { verdict }
}

fn after_tool(call: &Call<'_>) -> Verdict {
    let failed = call.object(&["tool_response"]).is_some_and(|response| {
        response.filled(&["error"]).is_some() || response.object(&["error"]).is_some_and(|error| !error.is_empty())
    });
    Verdict::when(failed, "tool.error")
}

/// Antigravity CLI. It doesn't tell the event's name; `--event` does.
pub(super) static ANTIGRAVITY: Dialect = Dialect {
    words: &[
        &[
            ("stop", Depends(stop)),
            ("pretooluse", Depends(before_tool)),
            ("posttooluse", Depends(step_done)),
            ("preinvocation", Nothing),
            ("postinvocation", Nothing),
        ],
        claude::WORDS,
    ],
    infer: |payload| {
        if payload.has(&["fully_idle", "termination_reason"]) {
            return Some("Stop");
        }
        // After the tool the error is empty rather than absent.
        if payload.has(&["error"]) && payload.has(&["tool_call", "step_idx"]) {
            return Some("PostToolUse");
        }
        payload.has(&["tool_call"]).then_some("PreToolUse")
    },
    ..Dialect::PLAIN
};

fn stop(call: &Call<'_>) -> Verdict {
    let reason = call.word(&["termination_reason"]);
    let event = if call.text(&["error"]).is_some() {
        "task.error"
    } else if ["cancel", "abort", "interrupt"].iter().any(|part| reason.contains(part)) {
        "task.interrupted"
    } else {
        return moments::turn_end(call);
    };
    let busy = call.flag(&["fully_idle"]) == Some(false);
    Verdict::of(event).detail(call.text(&["termination_reason"])).quiet_if(busy, Quiet::BackgroundWork)
}

/// A waiting human shows only here.
fn before_tool(call: &Call<'_>) -> Verdict {
    if call.tool().is_some_and(|tool| super::call::fold(&tool) == "askpermission") {
        return Verdict::of("input.permission");
    }
    moments::tool_asked(call)
}

fn step_done(call: &Call<'_>) -> Verdict {
    Verdict::when(call.text(&["error"]).is_some(), "tool.error")
}
