//! The agents' room: every collected payload, every documented event, and whatever bytes a broken caller may send.

#[path = "agents_room/conditions.rs"]
mod conditions;
#[path = "agents_room/details.rs"]
mod details;
#[path = "agents_room/documented.rs"]
mod documented;
#[path = "agents_room/odd.rs"]
mod odd;
#[path = "agents_room/tables.rs"]
mod tables;

use herald::agents::{self, AGENTS};
use herald::event;
use tables::{assert_heard, assert_words, heard, read, rows};

#[test]
fn every_collected_payload_means_what_it_is_known_to_mean() {
    let rows = rows();
    assert_eq!(rows.len(), 265);
    for row in rows {
        let occurrence = agents::read(row.payload.as_deref(), Some(&row.agent), Some(&row.event));
        assert_eq!(heard(&occurrence), row.canonical.as_deref(), "line {}: {occurrence:?}", row.line);
        assert_eq!(occurrence.agent, row.agent);
    }
}

#[test]
fn no_collected_payload_needs_the_event_by_argument() {
    for row in rows().iter().filter(|row| row.payload.is_some()) {
        let occurrence = agents::read(row.payload.as_deref(), Some(&row.agent), None);
        assert_eq!(heard(&occurrence), row.canonical.as_deref(), "line {}: {occurrence:?}", row.line);
    }
}

#[test]
fn without_an_agent_nearly_every_payload_still_means_the_same() {
    let (mut agents_right, mut wrong) = (0, Vec::new());
    for row in &rows() {
        let occurrence = agents::read(row.payload.as_deref(), None, Some(&row.event));
        agents_right += usize::from(occurrence.agent == row.agent);
        if heard(&occurrence) != row.canonical.as_deref() {
            wrong.push(format!("line {} {} as {}", row.line, row.agent, occurrence.agent));
        }
    }
    // Clones of Claude Code without a mark are taken for it; their words mean the same.
    assert!(agents_right >= 252, "{agents_right}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unknown_agents_are_sniffed_and_keep_the_name_they_were_given() {
    let stop = br#"{"hook_event_name":"AfterAgent","session_id":"s"}"#;
    let occurrence = agents::read(Some(stop), Some("my-fork 2.0\u{1b}"), None);
    assert_eq!((heard(&occurrence), occurrence.agent.as_str()), (Some("task.complete"), "my-fork2.0"));
    assert_eq!(agents::read(Some(stop), Some(""), None).agent, "gemini-cli");
    assert_eq!(agents::read(None, None, None).agent, "generic");
    assert_eq!(agents::read(None, None, Some("Stop")).agent, "claude-code");
    assert_eq!(agents::read(None, Some("nobody"), Some("post_cascade_response")).agent, "nobody");
    assert_heard(&["nobody"], "--event post_cascade_response => task.complete");
}

#[test]
fn every_agent_of_the_collection_and_every_caller_without_payloads_is_in_the_table() {
    let rows = rows();
    for agent in rows.iter().map(|row| row.agent.as_str()).chain(["zcode", "shell", "editor", "generic"]) {
        assert!(agents::find(agent).is_some(), "{agent}");
    }
    assert!(AGENTS.is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn a_word_in_any_spelling_is_one_word() {
    let spellings = "
        PostToolUseFailure     tool.error
        postToolUseFailure     tool.error
        post_tool_use_failure  tool.error
        POST-TOOL-USE-FAILURE  tool.error
    ";
    let agents = ["claude-code", "codex", "cursor", "copilot-cli", "grok", "goose", "kimi-code", "qwen-code", "vscode"];
    assert_words(&agents, "hook_event_name", spellings);
}

#[test]
fn names_of_heralds_and_of_cesp_are_understood_for_every_agent() {
    for agent in AGENTS {
        for row in event::EVENTS {
            assert_eq!(heard(&read("", agent.id, Some(row.name))), Some(row.name), "{} {}", agent.id, row.name);
        }
    }
    let everybody: Vec<&str> = AGENTS.iter().map(|agent| agent.id).collect();
    assert_heard(
        &everybody,
        r#"
        --event task.acknowledge => task.start
        {"category":"task.acknowledge"} => task.start
        {"category":"task.complete","x":1} --event never.heard => task.complete
        "#,
    );
}

#[test]
fn only_generic_callers_may_name_events_of_their_own() {
    assert_heard(
        &["generic", "editor", "never-heard-of"],
        r#"
        --event deploy.done => deploy.done
        {"event":"deploy.done","session_id":"s"} => deploy.done
        {"event":"deploy.done","category":"task.complete"} => task.complete
        {"type":"deploy.done"} => -
        {"event":"deploy done"} => -
        --event ../etc => -
        --event PreToolUse => -
        {"hook_event_name":"Stop"} => task.complete
        {"event":"bell"} => bell
        "#,
    );
    for agent in AGENTS.iter().filter(|agent| !["generic", "editor"].contains(&agent.id)) {
        let occurrence = read("", agent.id, Some("deploy.done"));
        assert_eq!(
            (&occurrence.event, occurrence.agent_event.as_deref()),
            (&None, Some("deploy.done")),
            "{}",
            agent.id
        );
    }
}

#[test]
fn a_name_in_the_payload_wins_over_the_argument() {
    assert_heard(
        &["claude-code"],
        r#"
        {"hook_event_name":"Stop"} --event SessionStart => task.complete
        {"hook_event_name":"SomeOtherEvent"} --event Stop => -
        {"hook_event_name":null} --event Stop => task.complete
        {"hook_event_name":"task.error"} => task.error
        {"hook_event_name":"SomeOtherEvent","type":"info"} => -
        {"session_id":"s"} => -
        "#,
    );
}
