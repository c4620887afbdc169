//! What an event depends on: the conditions that agents share.

use crate::tables::{assert_fields, assert_heard, read};
use herald::event::{EventName, Quiet};

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
        "notification_type":"worker_permission_prompt" => input.permission
        "notification_type":"quota_auto_resume_stale" => input.required
        "notification_type":"quota_auto_resume_disabled" => input.idle
        "notification_type":"quota_auto_resume_fired" => -
        "notification_type":"push_notification" => info
        "notification_type":"computer_use_enter" => -
        "notification_type":"brand_new" => -
        "notification_type":"brand_new","message":"Hello" => -
        "notification_type":"brand_new","message":"Claude needs your permission to use Bash" => input.permission
        "message":"Claude needs your permission to use Bash" => input.permission
        "message":"Claude is waiting for your input" => input.idle
        "notification_type":null,"message":"Claude is waiting for your input" => input.idle
        "message":"Claude Code needs your approval for the plan" => input.question
        "message":"explorer needs permission for Bash" => input.permission
        "message":"Droid is waiting for input" => input.idle
        "message":"Claude Code login successful" => info
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
        "background_tasks":[{"status":"paused"},{"status":"timed_out"},{"status":"idle"}] => task.complete
        "background_tasks":[{"status":"pending"}] => -
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
        {"hook_event_name":"Stop","agent_id":"","parent_session_id":"p"} => task.complete
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
        "error":"unknown","error_details":"You've hit your limit, resets 3pm" => resource.limit
        "error":{"message":"slow down","statusCode":429} => resource.limit
        "error":"account_on_hold","error_details":"billing" => task.error
        "error":"verification_required" => task.error
        "error":"cloud_credential_error","error_details":"quota project not set" => task.error
        "error":"loop_detected" => task.error
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
        "ExitSpecMode",
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
fn only_a_notification_that_asks_for_the_human_is_a_reminder() {
    let agents = ["claude-code", "copilot-cli", "factory-droid", "kimi-code", "qwen-code", "gemini-cli", "deepagents"];
    let told = |payload: &str| agents.map(|agent| read(payload, agent, None).reminder);
    for fields in [
        r#""notification_type":"permission_prompt""#,
        r#""notification_type":"idle_prompt""#,
        r#""notification_type":"elicitation_dialog""#,
        r#""notification_type":"agent_needs_input""#,
        r#""message":"Claude needs your permission to use Bash""#,
        r#""message":"Claude is waiting for your input""#,
    ] {
        assert_eq!(told(&format!(r#"{{"hook_event_name":"Notification",{fields}}}"#)), [true; 7], "{fields}");
    }
    for payload in [
        r#"{"hook_event_name":"Notification","notification_type":"agent_completed"}"#,
        r#"{"hook_event_name":"Notification","notification_type":"auth_success"}"#,
        r#"{"hook_event_name":"Notification"}"#,
        r#"{"hook_event_name":"PermissionRequest","tool_name":"Bash"}"#,
        r#"{"hook_event_name":"PreToolUse","tool_name":"AskUserQuestion"}"#,
        r#"{"hook_event_name":"Elicitation"}"#,
        r#"{"hook_event_name":"Stop"}"#,
    ] {
        assert_eq!(told(payload), [false; 7], "{payload}");
    }
}
