//! What was written is taken by the agent's own schema, and does what it should when it is run as the agent runs it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::support::{Depth, Kind, PATIENCE, Recorder, TestEnv, Tone, find_program, or_skip, server_or_skip};
use crate::world::{AGENTS, Agent, ok, one};

fn document(agent: &Agent, env: &TestEnv) -> Value {
    let text = fs::read_to_string(agent.path(env)).expect("text");
    match agent.extension() {
        "toml" => serde_json::to_value(toml::from_str::<toml::Table>(&text).expect("TOML")).expect("JSON"),
        "json" => serde_json::from_str(&text).expect("JSON"),
        _ => Value::Null,
    }
}

#[test]
fn the_published_schemas_take_what_is_written() {
    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/install/schemas");
    for (id, events) in [
        ("claude-code", "task.start,session.start,session.end,subagent.complete,tool.error,context.compact"),
        ("codex", "task.start,session.start,session.end,subagent.complete,context.compact"),
        ("gemini-cli", "task.start,session.start,session.end,tool.error,context.compact"),
        ("qwen-code", "task.start,session.start,session.end"),
        ("vscode", "task.start,session.start"),
    ] {
        let schema: Value =
            serde_json::from_slice(&fs::read(format!("{schemas}/{id}.json")).expect("a schema")).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let agent = AGENTS.iter().find(|agent| agent.id == id).expect("an agent");
        let env = one(agent);
        ok(&agent.herald(&env, "install", &["--events", events]));
        let document = document(agent, &env);
        let faults: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{id}: {faults:?}\n{document:#}");
        // And it would refuse something else.
        let mut wrong = document.clone();
        assert!(spoil(&mut wrong), "{id}");
        assert!(!validator.is_valid(&wrong), "{id}");
    }
    // Codex' other file has the same shape.
    let codex = AGENTS.iter().find(|agent| agent.id == "codex").expect("an agent");
    let env = one(codex);
    let config = env.write("home/.codex/config.toml", "[[hooks.Stop]]\n");
    ok(&codex.herald(&env, "install", &[]));
    let table: toml::Table = toml::from_str(&fs::read_to_string(config).expect("text")).expect("TOML");
    let schema: Value =
        serde_json::from_slice(&fs::read(format!("{schemas}/codex.json")).expect("a schema")).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &serde_json::to_value(table).expect("JSON")));
}

/// Makes the first command that there is a number.
fn spoil(document: &mut Value) -> bool {
    match document {
        Value::Object(object) if object.contains_key("command") => {
            object.insert("command".to_owned(), json!(1));
            true
        }
        Value::Object(object) => object.values_mut().any(spoil),
        Value::Array(items) => items.iter_mut().any(spoil),
        _ => false,
    }
}

/// A hook as the agent would start it: the event, the command, and what it gets on standard input.
struct Call {
    event: String,
    command: Command,
    input: String,
}

/// Every command in the settings, wherever it stands.
fn calls(agent: &Agent, env: &TestEnv) -> Vec<Call> {
    let payload = |event: &str| {
        json!({
            "hook_event_name": event, "session_id": "s-1", "cwd": env.work_dir(), "type": event,
            "notification_type": "permission_prompt", "tool_name": "Bash", "status": "completed", "fullyIdle": true,
            "agent_action_name": event, "hookName": event, "event": event, "event_type": event,
        })
        .to_string()
    };
    // Settings are those of the user's world, but the agent hands on next to nothing of its environment.
    let bare = |mut command: Command| {
        for variable in ["LANG", "TERM", "XDG_RUNTIME_DIR", "PULSE_SERVER"] {
            command.env_remove(variable);
        }
        command
    };
    let shell = |line: &str| {
        let mut command = bare(env.command("/bin/sh"));
        // A leaked descriptor, as agents leave them.
        command.args(["-c", &format!("exec 7>&1; {line}")]);
        command
    };
    let exec = |program: &str, args: &Value| {
        let mut command = bare(env.command(program));
        command.args(args.as_array().expect("a list").iter().filter_map(Value::as_str));
        command
    };
    let path = agent.path(env);
    if agent.id == "cline" {
        let event = "TaskComplete".to_owned();
        return vec![Call { input: payload(&event), event, command: bare(env.command(&path)) }];
    }
    if agent.id == "aider" {
        let text = fs::read_to_string(&path).expect("text");
        let line = text.lines().find_map(|line| line.strip_prefix("notifications-command: ")).expect("a command");
        let line: String = serde_json::from_str(line).expect("a string");
        return vec![Call { event: String::new(), command: shell(&line), input: String::new() }];
    }
    if agent.id == "rovodev" {
        let text = fs::read_to_string(&path).expect("text");
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix("- command: "));
        return lines
            .map(|line| {
                let line: String = serde_json::from_str(line).expect("a string");
                let event = line.rsplit(' ').next().expect("a word").to_owned();
                Call { command: shell(&line), input: "{\"session_id\": \"s-1\"}".to_owned(), event }
            })
            .collect();
    }
    let mut found = Vec::new();
    let mut left = vec![(String::new(), document(agent, env))];
    while let Some((event, value)) = left.pop() {
        let named = ["trigger", "event", "name"].iter().find_map(|key| value[key].as_str());
        let event = if event.is_empty() || value["trigger"].is_string() || value["event"].is_string() {
            named.map_or(event, str::to_owned)
        } else {
            event
        };
        let command = match (&value["exec"], &value["command"], &value["args"]) {
            (Value::String(program), _, args) => Some(exec(program, args)),
            (_, Value::String(program), args @ Value::Array(_)) => Some(exec(program, args)),
            (_, Value::String(line), _) => Some(shell(line)),
            _ => None,
        };
        if let Some(command) = command {
            let nameless = ["antigravity", "copilot-cli", "kiro-ide"].contains(&agent.id);
            let input =
                if nameless { "{\"session_id\": \"s-1\", \"fullyIdle\": true}".to_owned() } else { payload(&event) };
            found.push(Call { event, command, input });
            continue;
        }
        match value {
            Value::Object(object) => left.extend(object.into_iter().map(|(key, value)| {
                let is_event = value.is_array() && key != "hooks";
                (if is_event { key } else { event.clone() }, value)
            })),
            Value::Array(list) => left.extend(list.into_iter().map(|value| (event.clone(), value))),
            _ => {}
        }
    }
    found
}

/// Runs it as the leader of a group, waits for the end of its output, and kills the group.
#[track_caller]
fn run(call: Call, about: &str) {
    let Call { mut command, input, .. } = call;
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{about}: {error}"));
    let group = Pid::from_child(&child);
    if let Some(mut stdin) = child.stdin.take() {
        let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
    }
    let output = child.wait_with_output().expect("its end");
    let _ = kill_process_group(group, Signal::KILL);
    assert!(output.status.success(), "{about}: {output:?}");
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{about}: {output:?}");
}

#[test]
fn every_command_runs_as_its_agent_runs_it_and_the_journal_has_the_event() {
    for agent in AGENTS.iter().filter(|agent| agent.id != "opencode") {
        let env = one(agent);
        if agent.id == "kiro-cli" {
            fs::write(agent.path(&env), "{}").expect("a file");
        }
        ok(&agent.herald(&env, "install", &[]));
        let calls = calls(agent, &env);
        assert!(!calls.is_empty(), "{}", agent.id);
        for call in calls {
            let (event, about) = (call.event.clone(), format!("{} {}: {:?}", agent.id, call.event, call.command));
            let before = env.journal().len();
            run(call, &about);
            let told = |line: &Value| {
                line["kind"] == "occurrence"
                    && line["agent"] == agent.id
                    && (event.is_empty() || line["agent_event"] == *event)
            };
            let journal = env.journal();
            let line = journal[before..].iter().find(|line| told(line));
            let line = line.unwrap_or_else(|| panic!("{about}: {:?}", &journal[before..]));
            // Codex' failed tools are the only one that depends on more than was told here.
            assert!(line["event"].is_string() || event == "PostToolUse", "{about}: {line}");
        }
    }
}

/// OpenCode's plugin, told of these events in turn.
fn plugin(env: &TestEnv, agent: &Agent, node: &Path, events: &[&str]) -> Command {
    let module = agent.path(env).with_extension("mjs");
    fs::copy(agent.path(env), &module).expect("a copy");
    let told: String = events.iter().map(|event| format!("await event({{ event: {event} }});\n")).collect();
    let script =
        format!("import {{ Herald }} from {};\nconst {{ event }} = await Herald({{}});\n{told}", json!(module));
    let mut command = env.command(node);
    command.arg(env.write("work/run.mjs", script));
    command
}

#[test]
fn the_plugin_tells_of_events_without_a_word() {
    let Some(node) = or_skip(find_program("node")) else { return };
    let opencode = AGENTS.iter().find(|agent| agent.id == "opencode").expect("an agent");
    let env = one(opencode);
    ok(&opencode.herald(&env, "install", &[]));
    let events = [
        "{ type: 'session.created', properties: { info: { id: 'child', parentID: 's' } } }",
        "{ type: 'session.idle', properties: { sessionID: 'child' } }",
        "{ type: 'tui.toast', properties: {} }",
        "{ type: 'permission.asked', properties: { sessionID: 's' } }",
    ];
    let output = env.finish(plugin(&env, opencode, &node, &events), b"");
    ok(&output);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    let asked = env.wait_for_journal(|line| line["agent_event"] == "permission.asked", PATIENCE);
    assert_eq!((&asked["agent"], &asked["event"]), (&json!("opencode"), &json!("input.permission")));
    let idle = env.wait_for_journal(|line| line["agent_event"] == "session.idle", PATIENCE);
    assert_eq!(idle["reason"], "subagent");
    assert!(env.journal().iter().all(|line| line["agent_event"] != "tui.toast"));
}

#[test]
fn a_path_with_spaces_and_quotes_is_written_so_that_it_runs() {
    for agent in AGENTS
        .iter()
        .filter(|agent| ["claude-code", "codex", "copilot-cli", "cline", "rovodev", "kimi-code"].contains(&agent.id))
    {
        let env = one(agent);
        let herald = env.path().join("it's a $HOME \"place\"/herald");
        fs::create_dir_all(herald.parent().expect("a folder")).expect("a folder");
        // A link, as package managers make them: it is what stays when the version changes.
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_herald"), &herald).expect("a link");
        let mut command = env.command(&herald);
        command.args(["install", agent.id]);
        ok(&env.finish(command, b""));
        for call in calls(agent, &env) {
            let about = format!("{} {:?}", agent.id, call.command);
            let before = env.journal().len();
            run(call, &about);
            let journal = env.journal();
            assert!(journal[before..].iter().any(|line| line["agent"] == agent.id), "{about}: {journal:?}");
        }
        let mut command = env.command(&herald);
        command.args(["install", agent.id]);
        let again = env.finish(command, b"");
        assert!(crate::world::out(&again).contains("heard already"), "{again:?}");
        ok(&agent.herald(&env, "uninstall", &[]));
        assert!(!agent.path(&env).exists(), "{} is known again", agent.id);
    }
}

#[test]
fn the_installed_hooks_of_every_agent_are_heard() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    if option_env!("CARGO_BIN_EXE_herald-player").is_none() {
        return;
    }
    let recorder = Recorder::start(&server);
    let node = or_skip(find_program("node"));
    for agent in AGENTS.iter().filter(|agent| agent.id != "opencode" || node.is_some()) {
        let env = one(agent).with_server(&server);
        if agent.id == "kiro-cli" {
            fs::write(agent.path(&env), "{}").expect("a file");
        }
        let sound = env.write("done.wav", Tone::standard().wav(Depth::S16)).display().to_string();
        let events = ["task.complete", "input.idle", "input.permission", "task.error"];
        env.config(&events.map(|event| format!("[events.\"{event}\"]\nsound = {sound:?}\n")).concat());
        ok(&agent.herald(&env, "install", &[]));
        let mark = recorder.frames();
        let idle = "{ type: 'session.idle', properties: { sessionID: 's' } }";
        let calls = match &node {
            Some(node) if agent.id == "opencode" => {
                let command = plugin(&env, agent, node, &[idle]);
                vec![Call { event: String::new(), command, input: String::new() }]
            }
            _ => calls(agent, &env),
        };
        for mut call in calls {
            call.command.envs(server.env());
            run(call, agent.id);
            if env.journal().iter().any(|line| line["decision"] == "play") {
                break;
            }
        }
        let heard = recorder.wait_for_sound_after(mark, PATIENCE);
        assert!(heard.is_some(), "{}: {:?}", agent.id, env.journal());
        env.wait_for_journal(|line| line["outcome"] == "finished", PATIENCE);
        env.wait_for_players_to_end(PATIENCE + Duration::from_secs(5));
    }
}
