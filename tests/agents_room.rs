//! The agents' room: every collected payload, every documented event, and whatever bytes a broken caller may send.
//!
//! Tables are text: `WORD EVENT`, or `PAYLOAD --event WORD => EVENT` where either may be missing; `-` is nothing to hear.

use herald::agents::{self, AGENTS};
use herald::event::{self, EventName, Occurrence, Quiet, Session};
use proptest::prelude::*;
use serde_json::Value;

/// One payload of the collection, with the event it is known to mean.
struct Row {
    line: usize,
    agent: String,
    event: String,
    payload: Option<Vec<u8>>,
    canonical: Option<String>,
}

fn rows() -> Vec<Row> {
    let row = |(at, line): (usize, &str)| {
        let row: Value = serde_json::from_str(line).expect("a line of the collection is JSON");
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        // What comes by arguments only, or not at all, has those written down in the payload's place.
        let by_arguments = row["payload"].get("argv").is_some() && row["agent"] != "fish";
        let sent = row["transport"] != "none" && !by_arguments;
        Row {
            line: at + 1,
            agent: text("agent").expect("every row has an agent"),
            event: text("event").expect("every row has an event"),
            payload: sent.then(|| row["payload"].to_string().into_bytes()),
            canonical: text("canonical"),
        }
    };
    include_str!("fixtures/payloads.jsonl").lines().enumerate().map(row).collect()
}

fn heard(occurrence: &Occurrence) -> Option<&str> {
    if occurrence.quiet.is_some() { None } else { occurrence.event.as_ref().map(EventName::as_str) }
}

fn read(payload: &str, agent: &str, event: Option<&str>) -> Occurrence {
    agents::read((!payload.is_empty()).then_some(payload.as_bytes()), Some(agent), event)
}

fn expected(event: &str) -> Option<&str> {
    (event != "-").then_some(event)
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Asserts a table of `PAYLOAD --event WORD => EVENT`.
fn assert_heard(agents: &[&str], table: &str) {
    for (agent, line) in agents.iter().flat_map(|agent| lines(table).map(move |line| (agent, line))) {
        let (call, event) = line.rsplit_once("=>").expect("a line has an arrow");
        let (payload, word) = match call.split_once("--event") {
            Some((payload, word)) => (payload, Some(word.trim())),
            None => (call, None),
        };
        let occurrence = read(payload.trim(), agent, word);
        assert_eq!(heard(&occurrence), expected(event.trim()), "{agent}: {line}: {occurrence:?}");
    }
}

/// Asserts a table of `FIELDS => EVENT`, the fields being those of a payload whose event is named in the key.
fn assert_fields(agents: &[&str], key: &str, word: &str, table: &str) {
    for line in lines(table) {
        assert_heard(agents, &format!(r#"{{"{key}":"{word}",{}"#, line.replacen(" =>", "} =>", 1)));
    }
}

/// Asserts a table of `WORD EVENT`, where nothing is known but the name: by `--event`, and in the payload's key.
fn assert_words(agents: &[&str], key: &str, table: &str) {
    for line in lines(table) {
        let (word, event) = line.split_once(' ').expect("a line has a word and an event");
        let event = event.trim();
        assert_heard(agents, &format!("--event {word} => {event}"));
        assert_heard(agents, &format!(r#"{{"{key}":"{word}","session_id":"s"}} --event nonsense => {event}"#));
    }
}

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

#[test]
fn claude_codes_documented_events_are_mapped() {
    assert_words(
        &["claude-code"],
        "hook_event_name",
        "
        SessionStart         session.start
        Setup                -
        UserPromptSubmit     task.start
        UserPromptExpansion  -
        PreToolUse           -
        PermissionRequest    input.permission
        PermissionDenied     -
        PostToolUse          -
        PostToolUseFailure   tool.error
        PostToolBatch        -
        Notification         info
        MessageDisplay       -
        SubagentStart        -
        SubagentStop         subagent.complete
        TaskCreated          -
        TaskCompleted        -
        Stop                 task.complete
        StopFailure          task.error
        TeammateIdle         -
        InstructionsLoaded   -
        ConfigChange         -
        CwdChanged           -
        DirectoryAdded       -
        FileChanged          -
        WorktreeCreate       -
        WorktreeRemove       -
        PreCompact           -
        PostCompact          -
        Elicitation          input.question
        ElicitationResult    -
        SessionEnd           session.end
        ",
    );
}

#[test]
fn the_type_of_a_notification_decides_and_old_builds_are_understood_by_their_text() {
    assert_fields(
        &["claude-code", "copilot-cli", "factory-droid", "gemini-cli", "grok", "kimi-code", "qwen-code"],
        "hook_event_name",
        "Notification",
        r#"
        "notification_type":"permission_prompt" => input.permission
        "notificationType":"permission_prompt" => input.permission
        "notification_type":"ToolPermission" => input.permission
        "notification_type":"idle_prompt" => input.idle
        "notification_type":"elicitation_dialog" => input.question
        "notification_type":"elicitation_url_dialog" => input.question
        "notification_type":"elicitation_complete" => -
        "notification_type":"elicitation_response" => -
        "notification_type":"agent_needs_input" => input.required
        "notification_type":"agent_completed" => subagent.complete
        "notification_type":"agent_idle" => subagent.complete
        "notification_type":"shell_completed" => background.complete
        "notification_type":"shell_detached_completed" => background.complete
        "notification_type":"task.completed" => background.complete
        "notification_type":"task_complete" => -
        "notification_type":"auth_success","message":"waiting for your input" => info
        "notification_type":"brand_new" => -
        "notification_type":"brand_new","message":"Hello" => -
        "notification_type":"brand_new","message":"Claude needs your permission to use Bash" => input.permission
        "message":"Claude needs your permission to use Bash" => input.permission
        "message":"Claude is waiting for your input" => input.idle
        "notification_type":null,"message":"Claude is waiting for your input" => input.idle
        "message":"Claude Code needs your approval for the plan" => input.question
        "message":"Something else" => info
        "message":null => info
        "#,
    );
}

#[test]
fn a_stop_with_work_in_the_background_is_quiet_and_says_why() {
    assert_fields(
        &["claude-code", "codex", "qwen-code", "kimi-code", "grok"],
        "hook_event_name",
        "Stop",
        r#"
        "background_tasks":[{"status":"running"}] => -
        "backgroundTasks":[{"status":"completed"},{"status":"running"}] => -
        "background_tasks":[{"id":"t"}] => -
        "background_tasks":["t"] => -
        "background_tasks":[{"status":"completed"},{"status":"Killed"}] => task.complete
        "background_tasks":[null],"session_crons":[{"id":"c"}] => task.complete
        "background_tasks":[] => task.complete
        "background_tasks":null => task.complete
        "background_tasks":"running" => task.complete
        "background_tasks":{"status":"running"} => task.complete
        "#,
    );
    let occurrence =
        read(r#"{"hook_event_name":"Stop","background_tasks":[{"status":"running"}]}"#, "claude-code", None);
    assert_eq!(occurrence.event.as_ref().map(EventName::as_str), Some("task.complete"));
    assert_eq!(occurrence.quiet, Some(Quiet::BackgroundWork));
}

#[test]
fn a_subagents_stop_is_quiet_but_its_request_for_permission_is_heard() {
    let occurrence = read(r#"{"hook_event_name":"Stop","agent_id":"a1"}"#, "claude-code", None);
    assert_eq!(occurrence.quiet, Some(Quiet::Subagent));
    assert_heard(
        &["claude-code"],
        r#"
        {"hook_event_name":"PermissionRequest","agent_id":"a1","tool_name":"Bash"} => input.permission
        {"hook_event_name":"Stop","agent_id":null,"agent_type":"reviewer"} => task.complete
        "#,
    );
}

#[test]
fn a_failed_turn_is_a_limit_or_an_error_by_its_kind() {
    assert_fields(
        &["claude-code", "qwen-code", "kimi-code", "grok"],
        "hook_event_name",
        "StopFailure",
        r#"
        "error":"rate_limit" => resource.limit
        "error":"overloaded" => resource.limit
        "error":"billing_error" => resource.limit
        "error_type":"rate_limit","error_message":"429" => resource.limit
        "errorType":"rateLimit" => resource.limit
        "error":{"type":"overloaded_error"} => resource.limit
        "error_message":"429 Too Many Requests" => resource.limit
        "error":"unknown","error_details":"usage limit reached" => resource.limit
        "error":"authentication_failed" => task.error
        "error":"oauth_org_not_allowed" => task.error
        "error":"invalid_request" => task.error
        "error":"model_not_found" => task.error
        "error":"server_error","error_details":"quota" => task.error
        "error":"max_output_tokens" => task.error
        "error":"unknown" => task.error
        "error":"could not generate 4290 tokens" => task.error
        "error":null => task.error
        "error":42 => task.error
        "#,
    );
}

#[test]
fn tools_that_ask_the_human_are_questions_whichever_gate_they_come_by() {
    let tools = [
        "AskUserQuestion",
        "ExitPlanMode",
        "request_user_input",
        "AskUser",
        "ask_user",
        "ask_question",
        "exit_plan_mode",
    ];
    for tool in tools {
        let question = format!(r#""tool_name":"{tool}" => input.question"#);
        let nothing = format!(r#""tool_name":"{tool}" => -"#);
        assert_fields(
            &["claude-code", "codex", "kiro-cli", "goose", "vscode"],
            "hook_event_name",
            "PreToolUse",
            &question,
        );
        assert_fields(&["gemini-cli"], "hook_event_name", "BeforeTool", &question);
        assert_fields(&["claude-code", "codex", "qwen-code"], "hook_event_name", "PermissionRequest", &question);
        assert_fields(&["junie", "copilot-cli"], "hook_event_name", "PermissionRequest", &nothing);
    }
    let asks = r#"{"hookName":"PreToolUse","preToolUse":{"toolName":"ask_followup_question"}} => input.question"#;
    assert_heard(&["cline"], asks);
    assert_heard(
        &["antigravity"],
        r#"
        {"conversationId":"c","toolCall":{"name":"ask_question"}} --event PreToolUse => input.question
        {"conversationId":"c","toolCall":{"name":"ask_permission"}} --event PreToolUse => input.permission
        "#,
    );
}

#[test]
fn an_exit_code_makes_a_tool_failed_and_stderr_does_not() {
    let results = r#"
        "tool_response":{"exitCode":1} => tool.error
        "tool_response":{"exitCode":0,"stderr":"warning"} => -
        "tool_response":{"stderr":"warning"} => -
        "tool_response":{"exit_code":"2"} => tool.error
        "toolResponse":{"metadata":{"exit_code":2}} => tool.error
        "tool_response":{"success":false,"result":[]} => tool.error
        "tool_response":{"success":true,"result":["Exit code: 1"]} => -
        "tool_response":null => -
        "exit_code":2,"error":"boom" => tool.error
        "exit_code":0,"error":"boom" => -
        "exit_code":2,"is_interrupt":true => -
        "tool_response":"Exit code: 101\nWall time: 2 s\nOutput:\nFAILED" => tool.error
        "tool_response":"Exit code: 0\nWall time: 2 s\nOutput:\nExit code: 1" => -
        "tool_response":"Wall time: 2 s\nProcess exited with code 1\nOutput:\n" => tool.error
        "tool_response":"the file says\nExit code: 1" => -
        "tool_response":"{\"output\":\"x\",\"metadata\":{\"exit_code\":1}}" => tool.error
        "tool_response":["x"] => -
    "#;
    assert_fields(
        &["codex", "factory-droid", "iflow", "devin-cli", "vscode", "kiro-cli"],
        "hook_event_name",
        "PostToolUse",
        results,
    );
    assert_fields(&["openhands"], "event_type", "PostToolUse", results);
    // These have an event of their own for it.
    let agents = ["claude-code", "qwen-code", "kimi-code", "grok", "goose", "cursor"];
    assert_fields(&agents, "hook_event_name", "PostToolUse", r#""tool_response":{"exitCode":1},"exit_code":1 => -"#);
    assert_fields(
        &["cline"],
        "hookName",
        "PostToolUse",
        r#"
        "postToolUse":{"success":false} => tool.error
        "postToolUse":{"success":true} => -
        "postToolUse":"odd" => -
        "#,
    );
    assert_fields(
        &["gemini-cli"],
        "hook_event_name",
        "AfterTool",
        r#"
        "tool_response":{"error":{"message":"x"}} => tool.error
        "tool_response":{"error":"x"} => tool.error
        "tool_response":{"error":null,"llmContent":"ok"} => -
        "tool_response":{"error":{}} => -
        "tool_response":[] => -
        "#,
    );
}

#[test]
fn a_tool_that_the_human_stopped_or_forbade_has_not_failed() {
    assert_fields(
        &["claude-code", "cursor", "qwen-code", "copilot-cli"],
        "hook_event_name",
        "PostToolUseFailure",
        r#"
        "is_interrupt":true => -
        "isInterrupt":true => -
        "failure_type":"permission_denied" => -
        "failure_type":"timeout","is_interrupt":false => tool.error
        "is_interrupt":null => tool.error
        "#,
    );
}

#[test]
fn only_compaction_that_nobody_asked_for_is_told() {
    let table = r#"
        "trigger":"auto" => context.compact
        "trigger":"manual" => -
        "trigger":null => -
    "#;
    assert_fields(
        &["claude-code", "codex", "cursor", "copilot-cli", "grok", "kimi-code"],
        "hook_event_name",
        "PreCompact",
        table,
    );
    assert_fields(&["gemini-cli"], "hook_event_name", "PreCompress", table);
    assert_fields(
        &["claude-code", "codex", "qwen-code"],
        "hook_event_name",
        "SessionStart",
        r#"
        "source":"compact" => -
        "source":"clear" => session.start
        "source":null => session.start
        "#,
    );
}

#[test]
fn codex_events_are_mapped_by_either_interface() {
    assert_words(
        &["codex"],
        "hook_event_name",
        "
        SessionStart       session.start
        SessionEnd         session.end
        UserPromptSubmit   task.start
        PreToolUse         -
        PermissionRequest  input.permission
        PostToolUse        -
        PreCompact         -
        PostCompact        -
        SubagentStart      -
        SubagentStop       subagent.complete
        Stop               task.complete
        Interrupt          task.interrupted
        ",
    );
    assert_heard(
        &["codex", "codex-notify"],
        r#"
        {"type":"agent-turn-complete","thread-id":"t"} => task.complete
        {"type":"other"} => -
        "#,
    );
}

#[test]
fn gemini_and_antigravity_events_are_mapped() {
    assert_words(
        &["gemini-cli"],
        "hook_event_name",
        "
        SessionStart         session.start
        SessionEnd           session.end
        BeforeAgent          task.start
        AfterAgent           task.complete
        BeforeModel          -
        AfterModel           -
        BeforeToolSelection  -
        BeforeTool           -
        AfterTool            -
        PreCompress          -
        Notification         info
        ",
    );
    assert_fields(
        &["gemini-cli"],
        "hook_event_name",
        "Notification",
        r#"
        "notification_type":"ToolPermission","details":{"type":"mcp"} => input.permission
        "notification_type":"ToolPermission","details":{"type":"ask_user"} => input.question
        "notification_type":"ToolPermission","details":[] => input.permission
        "#,
    );
    assert_heard(
        &["antigravity"],
        r#"
        --event Stop => task.complete
        --event PreInvocation => -
        --event PostInvocation => -
        --event PreToolUse => -
        --event PostToolUse => -
        {"conversationId":"c","fullyIdle":true} --event Stop => task.complete
        {"conversationId":"c","fullyIdle":false} --event Stop => -
        {"conversationId":"c","fullyIdle":true,"error":"boom"} => task.error
        {"conversationId":"c","fullyIdle":true,"terminationReason":"user_cancelled"} => task.interrupted
        "#,
    );
}

#[test]
fn cursors_events_are_mapped() {
    assert_words(
        &["cursor"],
        "hook_event_name",
        "
        sessionStart          session.start
        sessionEnd            session.end
        beforeSubmitPrompt    task.start
        preToolUse            -
        postToolUse           -
        postToolUseFailure    tool.error
        subagentStart         -
        subagentStop          subagent.complete
        beforeShellExecution  -
        afterShellExecution   -
        beforeMCPExecution    -
        afterMCPExecution     -
        beforeReadFile        -
        afterFileEdit         -
        afterAgentResponse    -
        afterAgentThought     -
        preCompact            -
        stop                  task.complete
        beforeTabFileRead     -
        afterTabFileEdit      -
        workspaceOpen         -
        ",
    );
    assert_heard(
        &["cursor"],
        r#"
        {"hook_event_name":"stop","status":"aborted"} => task.interrupted
        {"hook_event_name":"stop","status":"error"} => task.error
        {"hook_event_name":"stop","status":7} => task.complete
        {"hook_event_name":"sessionEnd","reason":"error"} => task.error
        {"hook_event_name":"sessionEnd","reason":"window_close"} => session.end
        {"hook_event_name":"sessionStart","is_background_agent":true} => -
        {"hook_event_name":"stop","is_background_agent":true,"status":"completed"} => -
        "#,
    );
}

#[test]
fn copilots_events_are_mapped_in_both_spellings() {
    assert_words(
        &["copilot-cli"],
        "hook_event_name",
        "
        sessionStart           session.start
        sessionEnd             session.end
        userPromptSubmitted    task.start
        UserPromptSubmit       task.start
        userPromptTransformed  -
        preToolUse             -
        permissionRequest      -
        postToolUse            -
        postToolUseFailure     tool.error
        agentStop              task.complete
        Stop                   task.complete
        subagentStart          -
        subagentStop           subagent.complete
        errorOccurred          task.error
        preCompact             -
        notification           info
        ",
    );
    assert_heard(
        &["copilot-cli"],
        r#"
        {"error":{"message":"quota exceeded"},"recoverable":true} --event errorOccurred => resource.limit
        {"error":"Too many requests","recoverable":false} --event ErrorOccurred => resource.limit
        {"error":{"message":"could not generate"},"recoverable":true} --event errorOccurred => -
        {"error":null,"recoverable":false} --event errorOccurred => task.error
        {"reason":"user_exit"} --event sessionEnd => session.end
        {"reason":"timeout"} --event SessionEnd => task.error
        {"toolName":"bash","toolResult":{"resultType":"failure"}} --event postToolUse => tool.error
        {"toolName":"bash","toolResult":{"resultType":"denied"}} --event postToolUse => -
        "#,
    );
}

#[test]
fn opencodes_events_are_mapped() {
    assert_words(
        &["opencode"],
        "type",
        "
        session.created       session.start
        session.idle          task.complete
        session.status        -
        session.error         task.error
        session.compacted     context.compact
        session.deleted       -
        session.updated       -
        permission.asked      input.permission
        permission.updated    input.permission
        permission.replied    -
        question.asked        input.question
        question.replied      -
        question.rejected     -
        tool.execute.before   -
        tool.execute.after    -
        todo.updated          -
        command.executed      -
        file.edited           -
        message.part.updated  -
        tui.prompt.append     -
        ",
    );
    assert_heard(
        &["opencode"],
        r#"
        {"type":"session.status","properties":{"status":{"type":"retry","attempt":1}}} => resource.limit
        {"type":"session.status","properties":{"status":{"type":"busy"}}} => -
        {"type":"session.error","properties":{"error":{"name":"MessageAbortedError"}}} => task.interrupted
        {"type":"session.error","properties":{}} => task.error
        {"type":"session.idle","properties":{"sessionID":"s","parentID":"p"}} => -
        {"type":"session.idle","properties":null} => task.complete
        "#,
    );
    let child = read(r#"{"type":"session.created","properties":{"info":{"id":"b","parentID":"a"}}}"#, "opencode", None);
    assert_eq!(child.quiet, Some(Quiet::Subagent));
}

#[test]
fn the_clones_of_claude_codes_hooks_share_its_words_but_for_their_own() {
    let clones = [
        "devin-cli",
        "factory-droid",
        "goose",
        "grok",
        "iflow",
        "junie",
        "kimi-code",
        "openhands",
        "qwen-code",
        "vscode",
        "zcode",
    ];
    assert_words(
        &clones,
        "hook_event_name",
        "
        SessionStart  session.start
        SessionEnd    session.end
        PreToolUse    -
        PostToolUse   -
        Stop          task.complete
        SubagentStop  subagent.complete
        ",
    );
    let askers = ["codex", "devin-cli", "kimi-code", "qwen-code", "zcode"];
    assert_words(&askers, "hook_event_name", "PermissionRequest input.permission");
    assert_words(&["junie"], "hook_event_name", "PermissionRequest -");
    assert_words(
        &["kimi-code"],
        "hook_event_name",
        "
        UserPromptSubmit  task.start
        UserPromptQueued  -
        TurnStarted       -
        PermissionResult  -
        SessionHeartbeat  -
        TaskStarted       -
        StopFailure       task.error
        Interrupt         task.interrupted
        PostCompact       -
        ",
    );
    assert_words(
        &["grok"],
        "hookEventName",
        "
        session_start          session.start
        user_prompt_submit     task.start
        post_tool_use_failure  tool.error
        stop_failure           task.error
        stop_cancelled         task.interrupted
        subagent_stop          subagent.complete
        ",
    );
    assert_words(
        &["goose"],
        "event",
        "
        UserPromptSubmit      task.start
        PreToolUseResult      -
        PostToolUseFailure    tool.error
        BeforeReadFile        -
        AfterFileEdit         -
        BeforeShellExecution  -
        AfterShellExecution   -
        ",
    );
    assert_words(&["crush"], "event", "PreToolUse -");
    assert_heard(
        &["qwen-code"],
        r#"
        {"hook_event_name":"UserPromptSubmit","prompt":"x","submitted_prompt":"x"} => task.start
        {"hook_event_name":"UserPromptSubmit","prompt":"x","submitted_prompt":null} => -
        {"hook_event_name":"UserPromptSubmit","prompt":"x"} => -
        "#,
    );
}

#[test]
fn agents_with_words_of_their_own_are_mapped() {
    assert_words(
        &["kiro-cli"],
        "hook_event_name",
        "
        agentSpawn        session.start
        userPromptSubmit  task.start
        preToolUse        -
        postToolUse       -
        stop              task.complete
        ",
    );
    assert_words(
        &["kiro-ide"],
        "hook_event_name",
        "
        agentStop     task.complete
        promptSubmit  task.start
        sessionStart  session.start
        fileEdited    -
        ",
    );
    assert_words(
        &["windsurf"],
        "agent_action_name",
        "
        pre_user_prompt                        task.start
        post_cascade_response                  task.complete
        post_cascade_response_with_transcript  -
        post_run_command                       -
        pre_run_command                        -
        post_setup_worktree                    -
        ",
    );
    assert_words(
        &["cline"],
        "hookName",
        "
        TaskStart         -
        TaskResume        -
        TaskCancel        task.interrupted
        TaskComplete      task.complete
        UserPromptSubmit  task.start
        PreToolUse        -
        PostToolUse       -
        ",
    );
    assert_words(
        &["rovodev"],
        "hook_event_name",
        "
        on_complete         task.complete
        on_error            task.error
        on_tool_permission  input.permission
        on_user_prompt      task.start
        on_tool_start       -
        on_tool_end         -
        on_session_start    session.start
        on_session_end      session.end
        ",
    );
    assert_words(
        &["eca"],
        "type",
        "
        sessionStart         session.start
        sessionEnd           session.end
        chatStart            session.start
        chatEnd              session.end
        preRequest           task.start
        postRequest          task.complete
        subagentPostRequest  subagent.complete
        preToolCall          -
        postToolCall         -
        ",
    );
    assert_heard(&["eca"], r#"{"type":"postToolCall","error":true} => tool.error"#);
    assert_words(
        &["deepagents"],
        "event",
        "
        session.start       session.start
        session.end         session.end
        user.prompt         task.start
        input.required      input.required
        permission.request  input.permission
        tool.call           -
        tool.error          tool.error
        task.complete       task.complete
        task.error          task.error
        ",
    );
}

#[test]
fn programs_that_are_no_agents_are_understood() {
    assert_heard(
        &["aider"],
        "
        => input.idle
        garbage => input.idle
        --event notifications-command => input.idle
        --event task.complete => task.complete
        ",
    );
    assert_words(
        &["git"],
        "event",
        "
        post-commit    task.complete
        post-merge     task.complete
        post-rewrite   task.complete
        post-checkout  -
        pre-push       -
        pre-commit     -
        ",
    );
    assert_words(
        &["tmux"],
        "hook",
        "
        alert-bell      bell
        alert-silence   bell
        alert-activity  -
        pane-died       -
        ",
    );
    assert_heard(
        &["shell", "fish"],
        r#"
        {"status":"0"} => command.success
        {"status":1} --event fish_postexec => command.failure
        {"status":130} => -
        {"status":"ok"} => -
        => -
        --event command.failure => command.failure
        "#,
    );
}

#[test]
fn the_details_are_told_and_sentences_are_not() {
    let read = |payload: &str| read(payload, "claude-code", None);
    let failed = read(
        r#"{"hook_event_name":"PostToolUseFailure","session_id":"abc","cwd":"/a\nb","tool_name":"Bash",
            "tool_input":{"command":"npm test"},"error":"secret text"}"#,
    );
    assert_eq!(failed.session, Some(Session::of("abc")));
    assert_eq!(failed.cwd.as_deref(), Some("/a\nb".as_ref()));
    assert_eq!(failed.tool.as_deref(), Some("Bash"));
    assert_eq!(failed.command.as_deref(), Some("npm test"));
    assert_eq!((failed.detail.as_deref(), failed.agent_event.as_deref()), (None, Some("PostToolUseFailure")));
    let limited = read(r#"{"hook_event_name":"StopFailure","error":"rate_limit","error_details":"secret"}"#);
    assert_eq!(limited.detail.as_deref(), Some("rate_limit"));
    let worded = read(r#"{"hook_event_name":"StopFailure","error":"rate limit for key sk-1"}"#);
    assert_eq!((heard(&worded), worded.detail.as_deref()), (Some("resource.limit"), None));
    let asked = read(r#"{"hook_event_name":"Notification","notification_type":"idle_prompt","message":"secret"}"#);
    assert_eq!(asked.detail.as_deref(), Some("idle_prompt"));
    let odd = read(r#"{"hook_event_name":"Stop \u001b[31m/../x","cwd":"","session_id":7}"#);
    assert_eq!(odd.agent_event.as_deref(), Some("Stop31m..x"));
    assert_eq!((odd.cwd, odd.session), (None, None));
}

#[test]
fn each_agents_own_place_for_tool_and_command_is_known() {
    let table = r#"
        grok Bash c {"hookEventName":"PostToolUseFailure","toolName":"Bash","toolInput":{"command":"c"}}
        copilot-cli bash c {"toolName":"bash","toolArgs":"{\"command\":\"c\"}","toolError":{}}
        copilot-cli bash c {"toolName":"bash","toolArgs":{"command":"c"},"toolError":{}}
        codex shell a,b {"hook_event_name":"PermissionRequest","tool_name":"shell","tool_input":{"command":["a","b"]}}
        cline x c {"hookName":"PostToolUse","postToolUse":{"toolName":"x","parameters":{"command":"c"},"success":false}}
        antigravity ask_permission c {"toolCall":{"name":"ask_permission","args":{"CommandLine":"c"}}}
    "#;
    for line in lines(table) {
        let [agent, tool, command, payload] = line.splitn(4, ' ').collect::<Vec<_>>().try_into().expect("four columns");
        let occurrence = read(payload, agent, None);
        assert_eq!(
            (occurrence.tool.as_deref(), occurrence.command),
            (Some(tool), Some(command.replace(',', " "))),
            "{line}"
        );
    }
}

#[test]
fn each_agents_own_place_for_session_and_directory_is_known() {
    let table = r#"
        codex-notify {"type":"agent-turn-complete","thread-id":"s","cwd":"/w"}
        cursor {"hook_event_name":"stop","conversation_id":"s","workspace_roots":["/w"]}
        antigravity {"conversationId":"s","workspacePaths":["/w"],"fullyIdle":true}
        cline {"hookName":"TaskComplete","taskId":"s","workspaceRoots":["/w"]}
        openhands {"event_type":"Stop","session_id":"s","working_dir":"/w"}
        opencode {"type":"session.created","properties":{"sessionID":"s","info":{"directory":"/w"}}}
        windsurf {"agent_action_name":"post_run_command","trajectory_id":"s","tool_info":{"cwd":"/w"}}
        eca {"type":"postRequest","chat_id":"s","db_cache_path":"d","workspaces":["/w"]}
    "#;
    for line in lines(table) {
        let (agent, payload) = line.split_once(' ').expect("two columns");
        let occurrence = read(payload, agent, None);
        assert_eq!(
            (occurrence.session, occurrence.cwd.as_deref()),
            (Some(Session::of("s")), Some("/w".as_ref())),
            "{line}"
        );
    }
}

#[test]
fn what_is_no_object_is_a_bad_payload_unless_the_argument_tells_the_event() {
    let cut = r#"{"hook_event_name":"Stop""#;
    for payload in ["null", "[]", "\"Stop\"", "42", "{", cut, "<html>", "\0", "hook_event_name=Stop", "{]}"] {
        let occurrence = read(payload, "claude-code", None);
        assert_eq!((occurrence.event, occurrence.quiet), (None, Some(Quiet::BadPayload)), "{payload}");
        assert_eq!(heard(&read(payload, "claude-code", Some("Stop"))), Some("task.complete"), "{payload}");
        assert_eq!(agents::read(Some(payload.as_bytes()), None, None).quiet, Some(Quiet::BadPayload), "{payload}");
    }
    for nothing in ["", " ", "\r\n"] {
        let occurrence = agents::read(Some(nothing.as_bytes()), Some("claude-code"), None);
        assert_eq!((occurrence.event, occurrence.quiet), (None, None));
    }
}

#[test]
fn a_payload_in_odd_clothes_is_read_all_the_same() {
    let stop = r#"{"hook_event_name":"Stop","session_id":"s"}"#;
    let wide = |mark: bool, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.then_some(0xFEFF).into_iter().chain(stop.encode_utf16()).flat_map(unit).collect()
    };
    let with = |rest: &str| format!(r#"{{"hook_event_name":"Stop","session_id":"s",{rest}}}"#).into_bytes();
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let digits = "9".repeat(100_000);
    let keys: String = (0..20_000).map(|n| format!(",\"k{n}\":[{n}]")).collect();
    let twice = br#"{"hook_event_name":7,"hook_event_name":"Stop","session_id":"x","session_id":"s"}"#;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("byte order mark", [b"\xEF\xBB\xBF", stop.as_bytes()].concat()),
        ("CRLF", stop.replace(',', ",\r\n").into_bytes()),
        ("trailing bytes", [stop.as_bytes(), b"\n{\"a\":1}\0\xFF"].concat()),
        ("UTF-16, little end first, with mark", wide(true, u16::to_le_bytes)),
        ("UTF-16, big end first, with mark", wide(true, u16::to_be_bytes)),
        ("UTF-16, little end first", wide(false, u16::to_le_bytes)),
        ("UTF-16, big end first", wide(false, u16::to_be_bytes)),
        ("lone surrogates", with(r#""prompt":"\ud800","\udfff":1"#)),
        ("invalid UTF-8", [&stop.as_bytes()[..stop.len() - 1], b",\"cwd\":\"/\xFF\xC0\"}"].concat()),
        ("bad escapes", with(r#""cwd":"C:\Users\me""#)),
        ("raw newlines", with("\"cwd\":\"a\nb\"")),
        ("deep nesting", with(&format!("\"tool_input\":{deep},\"background_tasks\":{deep}"))),
        ("long numbers", with(&format!("\"timestamp\":{digits},\"exit_code\":-{digits}e{digits}"))),
        ("many keys", with(&keys[1..])),
        ("duplicate keys", twice.to_vec()),
        ("escaped key", stop.replace("hook_", "hook\\u005f").into_bytes()),
    ];
    for (name, payload) in cases {
        let occurrence = agents::read(Some(&payload), Some("claude-code"), None);
        let seen = (heard(&occurrence), occurrence.session);
        assert_eq!(seen, (Some("task.complete"), Some(Session::of("s"))), "{name}");
    }
}

#[test]
fn a_field_of_the_wrong_type_never_makes_the_payload_unreadable() {
    let values = ["null", "true", "0", "-1.5e300", "\"\"", "\"x\"", "[]", "[null]", "[[1]]", "{}", "{\"type\":[]}"];
    for row in rows() {
        let Some(payload) = &row.payload else { continue };
        let payload: Value = serde_json::from_slice(payload).expect("the collection's payloads are JSON");
        for key in payload.as_object().expect("the collection's payloads are objects").keys() {
            for value in values {
                let mut changed = payload.clone();
                changed[key] = serde_json::from_str(value).expect("the values are JSON");
                let bytes = changed.to_string().into_bytes();
                let occurrence = agents::read(Some(&bytes), Some(&row.agent), Some(&row.event));
                assert_ne!(occurrence.quiet, Some(Quiet::BadPayload), "line {} {key}: {value}", row.line);
            }
        }
    }
}

#[test]
fn a_payload_cut_anywhere_is_bad() {
    for row in rows().iter().step_by(7) {
        let Some(payload) = &row.payload else { continue };
        for end in 1..payload.len() {
            let occurrence = agents::read(Some(&payload[..end]), Some("claude-code"), None);
            assert_eq!(occurrence.quiet, Some(Quiet::BadPayload), "line {} cut at {end}", row.line);
        }
    }
}

/// Text that is likely to get past the first look: keys that are read, with values of every kind.
fn payloads() -> impl Strategy<Value = String> {
    let key = "hook_event_name hookEventName hookName event type category event_type agent_action_name notification_type \
               message error status tool_name tool_input tool_response properties background_tasks cwd session_id trigger \
               recoverable toolCall postToolUse exit_code fullyIdle transcript_path";
    let word = "Stop Notification PostToolUse StopFailure session.error session.idle errorOccurred AfterTool stop auto \
                task.complete deploy.done 429 \\ud800 \\x é";
    let key = prop::sample::select(key.split(' ').filter(|key| !key.is_empty()).collect::<Vec<_>>());
    let word = prop::sample::select(word.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>());
    let odd =
        prop::sample::select(vec!["null", "true", "false", "[]", "{}", "1e999", "\"\n\"", "{\"type\":\"retry\"}"]);
    let leaf = prop_oneof![
        word.prop_map(|word| format!("\"{word}\"")),
        any::<i64>().prop_map(|n| n.to_string()),
        odd.prop_map(str::to_owned),
        ".{0,12}",
    ];
    let object = move |value: BoxedStrategy<String>| {
        prop::collection::vec((key.clone(), value), 0..6).prop_map(|fields| {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
    };
    let inner = object(leaf.clone().boxed());
    let list = prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(",")));
    object(prop_oneof![4 => leaf, 1 => inner, 1 => list].boxed())
}

fn assert_sane(bytes: &[u8], agent: Option<&str>, event: Option<&str>) {
    let occurrence = agents::read(Some(bytes), agent, event);
    assert!(occurrence.agent_event.is_none_or(|name| name.len() <= 64 && name.is_ascii()));
    assert!(event::is_event_name(&occurrence.agent));
    assert!(occurrence.command.is_none_or(|command| command.len() <= 4096));
    assert!(occurrence.tool.is_none_or(|tool| !tool.contains('\u{1b}')));
}

proptest! {
    #[test]
    fn no_bytes_can_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in 0..AGENTS.len(),
        event in prop::option::of(".{0,20}"),
    ) {
        assert_sane(&bytes, Some(AGENTS[at].id), event.as_deref());
        assert_sane(&bytes, None, event.as_deref());
    }

    #[test]
    fn no_payload_can_make_it_panic(payload in payloads(), at in 0..AGENTS.len(), event in prop::option::of(".{0,20}")) {
        assert_sane(payload.as_bytes(), Some(AGENTS[at].id), event.as_deref());
        assert_sane(payload.as_bytes(), None, event.as_deref());
    }

    #[test]
    fn what_json_allows_is_never_a_bad_payload(payload in payloads()) {
        if serde_json::from_str::<Value>(&payload).is_ok() {
            prop_assert_ne!(agents::read(Some(payload.as_bytes()), None, None).quiet, Some(Quiet::BadPayload));
        }
    }
}
