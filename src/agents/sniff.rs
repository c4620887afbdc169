//! Which agent called, told by the payload alone: for hooks run by another agent than they were set up for.
//!
//! Owns the marks and their order. Here alone the spelling of a key counts: some agents differ in nothing else. Never
//! fails: what has no mark is Claude Code's shape, or anybody's.

use super::call::fold;
use super::payload::Object;
use super::{AGENTS, Agent, claude, find, generic};
use crate::event;

/// The agent whose marks the payload bears, else the one that knows the event's name.
pub(super) fn sniff(payload: &Object<'_>, event: Option<&str>) -> &'static Agent {
    let id = if payload.is_empty() { None } else { by_payload(payload) };
    id.or_else(|| by_event(event?)).and_then(find).unwrap_or_else(generic)
}

fn by_payload(payload: &Object<'_>) -> Option<&'static str> {
    let has = |key: &str| payload.spells(key);
    let name = payload.filled(&["hook_event_name"]);
    let kind = payload.filled(&["type"]);

    if kind.as_deref() == Some("agent-turn-complete") {
        return Some("codex-notify");
    }
    if kind.is_some_and(|kind| has("properties") || (kind.contains('.') && has("data"))) {
        return Some("opencode");
    }
    if has("agent_action_name") || has("trajectory_id") {
        return Some("windsurf");
    }
    if has("hookName") && (has("clineVersion") || has("taskId")) {
        return Some("cline");
    }
    if has("event_type") {
        return Some("openhands");
    }
    if has("db_cache_path") {
        return Some("eca");
    }
    if payload.filled(&["hook"]).is_some_and(|hook| hook.starts_with("alert-")) {
        return Some("tmux");
    }
    if has("CMD_DURATION") && has("status") {
        return Some("fish");
    }
    // Claude Code's FileChanged has an `event` too.
    if name.is_none() && has("event") {
        return by_event_key(payload);
    }
    if name.is_none() && has("conversationId") {
        return Some("antigravity");
    }
    if has("cursor_version") || (has("conversation_id") && has("generation_id")) {
        return Some("cursor");
    }
    if has("agent_stop_cause") {
        return Some("auggie");
    }
    if has("hookEventName") {
        let vscode = !has("workspaceRoot") && has("timestamp");
        return Some(if vscode { "vscode" } else { "grok" });
    }
    // Its first builds told no session.
    if payload.is_number(&["timestamp"]) && (has("sessionId") || (name.is_none() && has("cwd"))) {
        return Some("copilot-cli");
    }
    if has("client_type") {
        return Some("kimi-code");
    }
    if has("project_path") {
        return Some("junie");
    }
    by_name(payload, &name?)
}

fn by_event_key(payload: &Object<'_>) -> Option<&'static str> {
    if payload.has(&["thread_id"]) {
        return Some("deepagents");
    }
    let name = payload.filled(&["event"])?;
    if fold(&name) == "pretooluse" && payload.has(&["cwd"]) {
        return Some("crush");
    }
    (payload.has(&["matcher_context"]) || claude::GOOSE.meaning(&name).is_some()).then_some("goose")
}

fn by_name(payload: &Object<'_>, name: &str) -> Option<&'static str> {
    const GEMINI: &[&str] = &[
        "BeforeAgent",
        "AfterAgent",
        "BeforeModel",
        "AfterModel",
        "BeforeToolSelection",
        "BeforeTool",
        "AfterTool",
        "PreCompress",
    ];
    const FOLDERS: &[(&str, &str)] = &[
        (".factory", "factory-droid"),
        (".qwen", "qwen-code"),
        (".gemini", "gemini-cli"),
        (".codex", "codex"),
        (".copilot", "copilot-cli"),
    ];
    if GEMINI.contains(&name) || payload.filled(&["notification_type"]).as_deref() == Some("ToolPermission") {
        return Some("gemini-cli");
    }
    if let Some(path) = payload.filled(&["transcript_path"])
        && let Some((_, id)) = FOLDERS.iter().find(|(folder, _)| path.split(['/', '\\']).any(|part| part == *folder))
    {
        return Some(id);
    }
    if payload.has(&["turn_id"]) && !payload.has(&["message_id"]) {
        return Some("codex");
    }
    if name.starts_with("on_") {
        return Some("rovodev");
    }
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && event::from_herald_or_cesp(name).is_none() {
        let kiro = ["agentSpawn", "userPromptSubmit", "preToolUse", "postToolUse", "stop"].contains(&name);
        return Some(if kiro { "kiro-cli" } else { "cursor" });
    }
    if payload.has(&["timestamp"]) {
        // Copilot's twins of Claude Code's events and VS Code's are one shape; Copilot has more of them.
        return Some(if payload.has(&["stop_hook_active", "tool_use_id"]) { "vscode" } else { "copilot-cli" });
    }
    // Of the clones without a mark, the one that puts it there.
    Some(if payload.has(&["exit_code"]) { "iflow" } else { "claude-code" })
}

fn by_event(name: &str) -> Option<&'static str> {
    if event::from_herald_or_cesp(name).is_some() {
        return None;
    }
    let knows = |agent: &&Agent| agent.dialect.meaning(name).is_some();
    // The commonest shape first: most agents know its words too.
    find("claude-code").filter(knows).or_else(|| AGENTS.iter().find(knows)).map(|agent| agent.id)
}

fn generic() -> &'static Agent {
    const ROW: &Agent = &Agent { id: "generic", name: "any other program", dialect: &generic::GENERIC, variable: None };
    ROW
}
