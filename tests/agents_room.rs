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
use serde_json::Value;
use tables::{assert_heard, assert_words, heard, lines, read, rows};

#[test]
fn every_collected_payload_means_what_it_is_known_to_mean() {
    let rows = rows();
    assert!(rows.len() >= 281, "{}", rows.len());
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
fn a_name_that_only_the_environment_tells_is_that_of_the_agents_own_variable() {
    let environment = |name: &str| match name {
        "GROK_HOOK_EVENT" => Some("stop_cancelled".to_owned()),
        "CRUSH_EVENT" => Some(String::new()),
        _ => None,
    };
    let told = |agent| agents::event_of_environment(agent, environment);
    assert_eq!(told(Some("grok")).as_deref(), Some("stop_cancelled"));
    assert_eq!(told(Some("crush")), None, "an empty name is none");
    assert_eq!(told(Some("claude-code")), None, "another agent's variable is not its own");
    assert_eq!(told(None).as_deref(), Some("stop_cancelled"));
    assert_eq!(told(Some("nobody's")).as_deref(), Some("stop_cancelled"));
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
fn every_agent_is_in_the_readme_and_has_a_payload_in_the_collection() {
    let rows = rows();
    for agent in AGENTS {
        assert!(include_str!("../README.md").contains(&format!("`{}`", agent.id)), "README.md lacks {}", agent.id);
        // These send none, or whatever their user likes; ZCode's is Claude Code's.
        let silent = ["editor", "generic", "shell", "zcode"].contains(&agent.id);
        assert!(silent || rows.iter().any(|row| row.agent == agent.id), "payloads.jsonl lacks {}", agent.id);
    }
}

#[test]
fn a_mark_tells_the_agent_where_no_name_was_given() {
    let table = r#"
        windsurf {"hook_event_name":"pre_run_command","trajectory_id":"t","tool_info":{"command_line":"ls"}}
        windsurf {"agent_action_name":"post_cascade_response"}
        opencode {"type":"permission.v2.asked","data":{"sessionID":"s"}}
        copilot-cli {"timestamp":1704614400000,"cwd":"/w","source":"new","initialPrompt":""}
        copilot-cli {"sessionId":"s","timestamp":1704614400000,"cwd":"/w","stopReason":"end_turn"}
        antigravity {"conversationId":"c","workspacePaths":["/w"],"invocationNum":3}
        cursor {"conversation_id":"c","generation_id":"g","hook_event_name":"stop"}
        grok {"hookEventName":"PreToolUse","toolName":"Bash","workspaceRoot":"/w"}
        gemini-cli {"hook_event_name":"AfterAgent","session_id":"s","timestamp":"2026-08-26T00:00:00.000Z"}
        kimi-code {"hook_event_name":"Stop","client_type":"kimi_code_cli"}
        eca {"hook_name":"h","hook_type":"postRequest","db_cache_path":"/d"}
        cline {"hookName":"Notification","taskId":"t","clineVersion":"3"}
        codex {"hook_event_name":"Stop","turn_id":"t","session_id":"s"}
        claude-code {"hook_event_name":"Stop","session_id":"s","prompt_id":"p"}
    "#;
    for line in lines(table) {
        let (agent, payload) = line.split_once(' ').expect("two columns");
        assert_eq!(agents::read(Some(payload.as_bytes()), None, None).agent, agent, "{line}");
    }
}

/// The value with every key of its objects written otherwise.
fn respelled(value: &Value, spell: fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (spell(key), respelled(value, spell))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| respelled(item, spell)).collect()),
        value => value.clone(),
    }
}

/// The key's words, lower case, joined.
fn snake(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    let begins = |at: usize| at > 0 && chars[at].is_ascii_uppercase() && chars[at - 1].is_ascii_lowercase();
    chars.iter().enumerate().fold(String::new(), |mut word, (at, c)| {
        word.extend(begins(at).then_some('_'));
        word.push(if *c == '-' { '_' } else { c.to_ascii_lowercase() });
        word
    })
}

fn camel(key: &str) -> String {
    let mut words = snake(key);
    while let Some(at) = words.find('_').filter(|at| at + 1 < words.len()) {
        let letter = words[at + 1..=at + 1].to_ascii_uppercase();
        words.replace_range(at..at + 2, &letter);
    }
    words
}

#[test]
fn every_collected_payload_means_the_same_in_snake_camel_kebab_and_upper_case() {
    let spellings: [fn(&str) -> String; 4] =
        [snake, camel, |key| snake(key).replace('_', "-"), |key| snake(key).to_ascii_uppercase()];
    for (row, spell) in rows().iter().flat_map(|row| spellings.map(|spell| (row, spell))) {
        let Some(payload) = &row.payload else { continue };
        let payload = respelled(&serde_json::from_slice(payload).expect("the payloads are JSON"), spell).to_string();
        let before = agents::read(row.payload.as_deref(), Some(&row.agent), None);
        let after = agents::read(Some(payload.as_bytes()), Some(&row.agent), None);
        assert_eq!(after, before, "line {}: {payload}", row.line);
    }
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
