//! What is told beside the event: session, directory, tool, kind.

use crate::tables::{heard, lines, read};
use herald::event::Session;

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
