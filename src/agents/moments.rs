//! The moments that agents share: what a stop, a notification, a tool's result come to.
//!
//! Owns the conditions of the mapping (is work still going on, who is asked, did the tool fail), in one place for
//! all agents. The words that lead here are the dialects'.

use std::borrow::Cow;

use super::call::{Call, Verdict, fold};
use super::payload::{self, Object};
use crate::event::Quiet;

/// How much of a message is searched for known phrases.
const SEARCHED: usize = 4096;

/// A session began. Compaction restarts it without anything beginning.
pub(super) fn session_start(call: &Call<'_>) -> Verdict {
    let compaction = ["compact", "compress", "compaction"].contains(&call.word(&["source"]).as_str());
    Verdict::when(!compaction, "session.start").detail(call.text(&["source"]))
}

/// A session ended.
pub(super) fn session_end(call: &Call<'_>) -> Verdict {
    Verdict::of("session.end").detail(call.text(&["reason"]))
}

/// A session ended, and its reason may be a failure.
pub(super) fn session_end_or_error(call: &Call<'_>) -> Verdict {
    let failed = |keys: &[&str]| ["error", "timeout"].contains(&call.word(keys).as_str());
    let event = if failed(&["reason"]) || failed(&["final_status"]) { "task.error" } else { "session.end" };
    Verdict::of(event).detail(call.text(&["reason"]))
}

/// The agent ended its turn.
pub(super) fn turn_end(call: &Call<'_>) -> Verdict {
    let event = match call.word(&["status"]).as_str() {
        "error" | "failed" => "task.error",
        "aborted" | "cancelled" | "canceled" | "interrupted" => "task.interrupted",
        _ => "task.complete",
    };
    let again = call.flag(&["stop_hook_active", "follow_up_active"]) == Some(true);
    let detail = call.text(&["status", "stop_reason", "termination_reason"]);
    Verdict::of(event)
        .detail(if again { Some(Cow::Borrowed("stop_hook_active")) } else { detail })
        .quiet_if(event == "task.complete" && work_goes_on(call), Quiet::BackgroundWork)
        // Set in sub-agents only. A parent session is none of them: a fork has one, and its human waits.
        .quiet_if(call.text(&["agent_id", "parent_agent_id", "parent_chat_id"]).is_some(), Quiet::Subagent)
}

/// Whether the turn left something running that will bring another end of turn.
fn work_goes_on(call: &Call<'_>) -> bool {
    let tasks = call.payload.items(&["background_tasks"]).unwrap_or_default();
    call.flag(&["fully_idle"]) == Some(false)
        || tasks.into_iter().any(|task| match Object::parse(task.get()) {
            Some(task) => !matches!(
                task.filled(&["status", "state"]).map(|status| fold(&status)).unwrap_or_default().as_str(),
                // Ended, or stopped where only the human sets it going again.
                "completed"
                    | "complete"
                    | "done"
                    | "finished"
                    | "success"
                    | "succeeded"
                    | "failed"
                    | "error"
                    | "killed"
                    | "stopped"
                    | "cancelled"
                    | "canceled"
                    | "aborted"
                    | "exited"
                    | "terminated"
                    | "timeout"
                    | "timedout"
                    | "interrupted"
                    | "crashed"
                    | "lost"
                    | "expired"
                    | "paused"
                    | "idle"
            ),
            None => payload::text(task).is_some(),
        })
}

/// The turn ended by a failure of the service.
pub(super) fn turn_failed(call: &Call<'_>) -> Verdict {
    let error = call.object(&["error"]).unwrap_or_default();
    let kind = call.text(&["error_type", "error"]).or_else(|| error.filled(&["type", "kind", "code", "name"]));
    let limit = match kind.as_deref().map(fold).as_deref() {
        Some(
            "authenticationfailed"
            | "oauthorgnotallowed"
            | "invalidrequest"
            | "modelnotfound"
            | "servererror"
            | "maxoutputtokens"
            | "accountonhold"
            | "verificationrequired"
            | "cloudcredentialerror"
            | "loopdetected",
        ) => false,
        _ => {
            let message = call.text(&["error_message", "error_details", "message"]);
            let nested = error.filled(&["message"]);
            is_limit_status(&error)
                || [&kind, &message, &nested].into_iter().flatten().any(|text| speaks_of_limit(text))
        }
    };
    Verdict::of(if limit { "resource.limit" } else { "task.error" }).detail(kind)
}

/// Whether an error carries the status by which services say that one asks too much of them.
pub(super) fn is_limit_status(error: &Object<'_>) -> bool {
    matches!(error.integer(&["status_code", "status", "code"]), Some(429 | 529))
}

/// Whether an error's text tells of a limit of the service rather than of a fault.
pub(super) fn speaks_of_limit(text: &str) -> bool {
    const PHRASES: &[&str] = &[
        "rate limit",
        "rate_limit",
        "rate-limit",
        "ratelimit",
        "overloaded",
        "billing",
        "quota",
        "usage limit",
        "usage_limit",
        "session limit",
        "weekly limit",
        "hit your limit",
        "too many requests",
        "toomanyrequests",
        "too_many_requests",
        "resource_exhausted",
        "credit balance",
        "insufficient credit",
        "insufficient balance",
        "out of credits",
        "out_of_credits",
        "credits_required",
    ];
    let text = searched(text);
    PHRASES.iter().any(|phrase| text.contains(phrase))
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "429" | "529" | "rate"))
}

fn searched(text: &str) -> String {
    text[..text.floor_char_boundary(SEARCHED)].to_ascii_lowercase()
}

/// The agent wants to tell the human something; what, its type says, or in old builds its text.
pub(super) fn notification(call: &Call<'_>) -> Verdict {
    let kind = call.text(&["notification_type"]);
    let event = match kind.as_deref().map(fold).as_deref() {
        Some("permissionprompt" | "toolpermission" | "workerpermissionprompt") => Some("input.permission"),
        // A limit is over or will be, and Claude Code doesn't go on by itself.
        Some("idleprompt" | "quotaautoresumedisabled") => Some("input.idle"),
        Some("elicitationdialog" | "elicitationurldialog") => Some("input.question"),
        Some("agentneedsinput" | "quotaautoresumestale") => Some("input.required"),
        Some("agentcompleted" | "agentidle") => Some("subagent.complete"),
        Some("shellcompleted" | "shelldetachedcompleted" | "task.completed") => Some("background.complete"),
        Some("authsuccess" | "pushnotification") => Some("info"),
        Some("elicitationcomplete" | "elicitationresponse" | "taskcomplete") => None,
        Some(_) => told_by_message(call),
        None => told_by_message(call).or(Some("info")),
    };
    // Where there is a hook for the moment itself, this one comes some seconds after it.
    let reminder = event.is_some_and(|event| event.starts_with("input."));
    Verdict { event, reminder, ..Verdict::NOTHING }.detail(kind)
}

/// Builds of Claude Code before `notification_type`, and its clones, tell the kind in English only.
fn told_by_message(call: &Call<'_>) -> Option<&'static str> {
    const PHRASES: &[(&str, &str)] = &[
        ("waiting for your input", "input.idle"),
        ("waiting for input", "input.idle"),
        ("approval for the plan", "input.question"),
        ("needs your permission", "input.permission"),
        ("needs permission", "input.permission"),
        ("needs your approval", "input.permission"),
        ("waiting for your approval", "input.permission"),
        ("permission to use", "input.permission"),
        ("waiting for your answer", "input.question"),
        ("waiting for your response", "input.question"),
        ("needs your input", "input.required"),
        ("needs your attention", "input.required"),
    ];
    let message = searched(&call.text(&["message"])?);
    PHRASES.iter().find(|(phrase, _)| message.contains(phrase)).map(|(_, event)| *event)
}

/// A tool is about to run. Only those that ask the human concern the human.
pub(super) fn tool_asked(call: &Call<'_>) -> Verdict {
    Verdict::when(asks_the_human(call), "input.question")
}

/// The agent may not go on without leave. Some questions come by this way too.
pub(super) fn permission(call: &Call<'_>) -> Verdict {
    Verdict::of(if asks_the_human(call) { "input.question" } else { "input.permission" })
}

fn asks_the_human(call: &Call<'_>) -> bool {
    call.tool().is_some_and(|tool| is_question(&tool))
}

/// Whether the tool is one by which an agent asks its human.
pub(super) fn is_question(tool: &str) -> bool {
    matches!(
        fold(tool).as_str(),
        "askuserquestion"
            | "exitplanmode"
            | "requestuserinput"
            | "askuser"
            | "askquestion"
            | "askquestions"
            | "vscodeaskquestions"
            | "askfollowupquestion"
            | "exitspecmode"
    )
}

/// A tool failed, says the agent.
pub(super) fn tool_failed(call: &Call<'_>) -> Verdict {
    let kind = call.text(&["failure_type"]);
    let denied = kind.as_deref().is_some_and(|kind| fold(kind) == "permissiondenied");
    Verdict::when(!interrupted(call) && !denied, "tool.error").detail(kind)
}

fn interrupted(call: &Call<'_>) -> bool {
    call.flag(&["is_interrupt"]) == Some(true)
}

/// A tool ran, and only its response tells whether it failed. What it wrote to stderr tells nothing.
pub(super) fn tool_done(call: &Call<'_>) -> Verdict {
    let failed = match exit_code(&call.payload).or_else(|| response_failed(call)) {
        Some(failed) => failed,
        None => call.text(&["error"]).is_some(),
    };
    Verdict::when(failed && !interrupted(call), "tool.error")
}

fn exit_code(object: &Object<'_>) -> Option<bool> {
    object.integer(&["exit_code", "exit_status"]).map(|code| code != 0)
}

fn response_failed(call: &Call<'_>) -> Option<bool> {
    const RESPONSE: &[&str] = &["tool_response", "tool_result", "tool_output"];
    match call.object(RESPONSE) {
        Some(response) => outcome(&response),
        None => told_by_text(&call.text(RESPONSE)?),
    }
}

fn outcome(response: &Object<'_>) -> Option<bool> {
    exit_code(response)
        .or_else(|| exit_code(&response.object(&["metadata"])?))
        .or_else(|| response.flag(&["success"]).map(|success| !success))
        .or_else(|| response.flag(&["is_error"]))
}

/// Codex answers in text: a head of `Exit code: 1` or `Process exited with code 1`, then `Output:` and the rest, which
/// may hold anything. Older builds answered with JSON in the string.
fn told_by_text(response: &str) -> Option<bool> {
    if response.starts_with('{') {
        return outcome(&Object::parse(response)?);
    }
    let head = response.lines().take(8).take_while(|line| line.trim_end() != "Output:");
    let code = |line: &str| {
        let code = line.strip_prefix("Exit code:").or_else(|| line.strip_prefix("Process exited with code"))?;
        code.trim().parse::<i64>().ok()
    };
    // Text that has no such head at its very start is some other tool's.
    let headed = ["Exit code:", "Process exited with code", "Chunk ID:", "Wall time:"]
        .iter()
        .any(|start| response.starts_with(start));
    if headed { head.into_iter().find_map(code).map(|code| code != 0) } else { None }
}

/// The context is about to be cut down. A human who asked for it knows.
pub(super) fn compaction(call: &Call<'_>) -> Verdict {
    const KEYS: &[&str] = &["trigger", "triggered"];
    Verdict::when(call.word(KEYS) == "auto", "context.compact").detail(call.text(KEYS))
}

/// A sub-agent ended.
pub(super) fn subagent_end(call: &Call<'_>) -> Verdict {
    Verdict::of("subagent.complete").detail(call.text(&["agent_type", "subagent_type", "agent_name"]))
}

/// Whether an agent's event of that folded name shows that a question was answered. Asking is a gate, and whatever comes
/// after the gate tells that it is open, or shut.
pub(super) fn is_answer(name: &str) -> bool {
    matches!(
        name,
        "posttooluse"
            | "posttoolusefailure"
            | "pretooluseresult"
            | "aftertool"
            | "posttoolcall"
            | "tool.execute.after"
            | "aftershellexecution"
            | "aftermcpexecution"
            | "postruncommand"
            | "postmcptooluse"
            | "ontoolend"
            | "permissiondenied"
            | "permissionresult"
            | "permission.replied"
            | "permission.v2.replied"
            | "question.replied"
            | "question.v2.replied"
            | "question.rejected"
            | "question.v2.rejected"
            | "tool.result"
            | "elicitationresult"
    )
}
