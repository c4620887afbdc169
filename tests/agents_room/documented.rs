//! Every event that the agents' own documentation names, and the fields it depends on.

use crate::tables::{assert_fields, assert_heard, assert_words, lines, read};
use herald::event::Quiet;

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
        PreModelSwitch       -
        PostModelSwitch      -
        PreCompact           -
        PostCompact          -
        Elicitation          input.question
        ElicitationResult    -
        SessionEnd           session.end
        ",
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
        {"conversationId":"c","toolCall":{"name":"run_command"},"stepIdx":5,"error":""} => -
        {"conversationId":"c","toolCall":{"name":"run_command"},"stepIdx":5,"error":"exit 1"} => tool.error
        {"conversationId":"c","toolCall":{"name":"run_command"},"stepIdx":5} => -
        {"conversationId":"c","invocationNum":3,"initialNumSteps":10} => -
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
        ErrorOccurred          task.error
        SubagentStop           subagent.complete
        PermissionRequest      -
        PreCompact             -
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
        {"tool_name":"Bash","tool_result":{"result_type":"failure"}} --event PostToolUse => tool.error
        {"toolName":"ask_user","toolArgs":{}} --event preToolUse => input.question
        {"error":{"message":"x","statusCode":429},"recoverable":true} --event errorOccurred => resource.limit
        {"error":"no such file","recoverable":null} --event errorOccurred => task.error
        "#,
    );
}

#[test]
fn what_copilot_sends_without_a_name_is_told_by_its_fields() {
    let base = r#""sessionId":"s","timestamp":1704614400000,"cwd":"/w""#;
    for line in lines(
        r#"
        "source":"startup","initialPrompt":"x" => session.start
        "source":"resume" => session.start
        "reason":"user_exit" => session.end
        "reason":"error" => task.error
        "prompt":"x" => task.start
        "prompt":"x","transformedPrompt":"y" => -
        "toolName":"bash","toolArgs":{"command":"ls"} => -
        "toolName":"bash","toolArgs":"{}","toolResult":{"resultType":"success"} => -
        "toolName":"bash","toolArgs":{},"error":"boom" => tool.error
        "transcriptPath":"t","stopReason":"end_turn","stop_hook_active":false => task.complete
        "transcriptPath":"t","agentName":"explore","agentDescription":"d" => -
        "transcriptPath":"t","agentName":"explore","agentId":"a","stopReason":"end_turn" => subagent.complete
        "error":{"message":"x","name":"E"},"errorContext":"system","recoverable":false => task.error
        "trigger":"auto","customInstructions":"" => context.compact
        "hook_event_name":"Notification","notification_type":"permission_prompt" => input.permission
        "notification_type":"elicitation_dialog","message":"x" => input.question
        "#,
    ) {
        assert_heard(&["copilot-cli", "never-heard-of"], &format!("{{{base},{}", line.replacen(" =>", "} =>", 1)));
    }
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
        permission.v2.asked   input.permission
        permission.v2.replied  -
        question.asked        input.question
        question.v2.asked     input.question
        question.v2.rejected  -
        session.diff          -
        message.updated       -
        message.removed       -
        message.part.removed  -
        lsp.client.diagnostics  -
        server.connected      -
        installation.updated  -
        tui.toast.show        -
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
        {"type":"session.error","properties":{"error":{"name":"ProviderAuthError","data":{}}}} => task.error
        {"type":"session.error","properties":{"sessionID":"s","parentID":"p","error":{"name":"APIError"}}} => -
        {"type":"permission.v2.asked","data":{"sessionID":"s","action":"bash"}} => input.permission
        {"type":"session.status","data":{"sessionID":"s","status":{"type":"retry"}}} => resource.limit
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
        PostToolUseFailure  tool.error
        SubagentStart     -
        PreCompact        -
        Notification      info
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
        pre_tool_use           -
        post_tool_use          -
        pre_compact            -
        post_compact           -
        subagent_start         -
        notification           info
        session_end            session.end
        stop                   task.complete
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
    assert_words(
        &["qwen-code"],
        "hook_event_name",
        "
        PostToolUseFailure   tool.error
        PostToolBatch        -
        UserPromptSubmit     -
        UserPromptExpansion  -
        SessionDelete        -
        MessageDisplay       -
        StopFailure          task.error
        SubagentStart        -
        PreCompact           -
        PostCompact          -
        Notification         info
        PermissionRequest    input.permission
        PermissionDenied     -
        TodoCreated          -
        TodoCompleted        -
        InstructionsLoaded   -
        QueryEnd             -
        ",
    );
    assert_words(
        &["factory-droid"],
        "hook_event_name",
        "
        UserPromptSubmit  task.start
        Notification      info
        PreCompact        -
        ",
    );
    assert_words(&["openhands"], "event_type", "UserPromptSubmit task.start");
    assert_words(&["devin-cli", "vscode", "junie", "iflow"], "hook_event_name", "UserPromptSubmit task.start");
    assert_words(&["vscode"], "hookEventName", "SubagentStart -");
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
        &["auggie"],
        "hook_event_name",
        "
        SessionStart  session.start
        SessionEnd    session.end
        PromptSubmit  task.start
        PreToolUse    -
        PostToolUse   -
        Stop          task.complete
        Notification  info
        ",
    );
    assert_fields(
        &["auggie"],
        "hook_event_name",
        "Stop",
        r#"
        "agent_stop_cause":"end_turn" => task.complete
        "agent_stop_cause":"interrupted" => task.interrupted
        "agent_stop_cause":"something_new" => task.complete
        "#,
    );
    assert_fields(
        &["auggie"],
        "hook_event_name",
        "PostToolUse",
        r#"
        "tool_name":"launch-process","tool_error":"exit status 1" => tool.error
        "tool_name":"launch-process","tool_output":"error: none","tool_error":null => -
        "#,
    );
    assert_words(
        &["kiro-cli"],
        "hook_event_name",
        "
        agentSpawn        session.start
        userPromptSubmit  task.start
        preToolUse        -
        postToolUse       -
        stop              task.complete
        SessionStart      session.start
        UserPromptSubmit  task.start
        Stop              task.complete
        PreCompact        -
        PostCompact       -
        PostFileSave      -
        PreTaskExec       -
        Manual            -
        ",
    );
    assert_words(
        &["kiro-ide"],
        "hook_event_name",
        "
        agentStop     task.complete
        promptSubmit  task.start
        sessionStart  session.start
        preToolUse    -
        postToolUse   -
        fileEdited    -
        fileCreated   -
        fileDeleted   -
        userTriggered  -
        preTaskExecution  -
        postTaskExecution  -
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
        pre_read_code                          -
        post_read_code                         -
        pre_write_code                         -
        post_write_code                        -
        pre_mcp_tool_use                       -
        post_mcp_tool_use                      -
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
        PreCompact        -
        Notification      -
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
        subagentStart        -
        preCompact           -
        postCompact          -
        chatStatusChanged    -
        preToolCall          -
        postToolCall         -
        ",
    );
    assert_heard(
        &["eca"],
        r#"
        {"type":"postToolCall","error":true} => tool.error
        {"hook_type":"postToolCall","error":false,"tool_response":"x"} => -
        {"hook_type":"preToolCall","tool_name":"shell_command","approval":"ask"} => input.permission
        {"hook_type":"preToolCall","tool_name":"shell_command","approval":"allow"} => -
        {"hook_type":"preToolCall","tool_name":"ask_user","approval":"ask"} => input.question
        {"hook_type":"postRequest","chat_id":"c","follow_up_active":true} => task.complete
        {"hook_type":"postRequest","chat_id":"c","parent_chat_id":"p"} => -
        {"hook_type":"preCompact","triggered":"auto"} => context.compact
        {"hook_type":"preCompact","triggered":"manual"} => -
        {"hook_type":"chatStart","resumed":true} => session.start
        "#,
    );
    assert_fields(
        &["cline"],
        "hookName",
        "Notification",
        r#"
        "notification":{"event":"user_attention","source":"followup","requiresUserAction":true} => input.question
        "notification":{"event":"user_attention","source":"command","requiresUserAction":true} => input.permission
        "notification":{"event":"user_attention","source":"tool","waitingForUserInput":true} => input.permission
        "notification":{"event":"user_attention","source":"api_req_failed","requiresUserAction":true} => task.error
        "notification":{"event":"user_attention","source":"brand_new","requiresUserAction":true} => input.required
        "notification":{"event":"user_attention","source":"resume_task","requiresUserAction":true} => -
        "notification":{"event":"user_attention","source":"completion_result","requiresUserAction":true} => -
        "notification":{"event":"task_complete","source":"attempt_completion","requiresUserAction":false} => -
        "notification":{"event":"user_attention","source":null,"requiresUserAction":null} => -
        "#,
    );
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
        context.compact     context.compact
        context.offload     -
        tool.use            -
        tool.result         -
        user.name.set       -
        ",
    );
    assert_words(
        &["deepagents"],
        "hook_event_name",
        "
        SessionStart       session.start
        UserPromptSubmit   task.start
        SessionEnd         session.end
        PermissionRequest  input.permission
        Notification       info
        PreToolUse         -
        PostToolUse        -
        PreCompact         -
        Stop               task.complete
        SubagentStart      -
        SubagentStop       subagent.complete
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
