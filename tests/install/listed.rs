//! What is said: which agents there are, which were refused and what to do instead, which events.

use serde_json::Value;

use crate::support::TestEnv;
use crate::world::{AGENTS, err, ok, out, refused, world};

fn listed(env: &TestEnv) -> Vec<Value> {
    let output = env.run(["agents", "--json"]);
    ok(&output);
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON").as_array().expect("a list").clone()
}

fn row<'a>(rows: &'a [Value], id: &str) -> &'a Value {
    rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id} is not listed"))
}

#[test]
fn agents_are_listed_with_what_is_installed_and_when_they_were_heard() {
    let env = world(&AGENTS[2..3]);
    let before = listed(&env);
    let claude = row(&before, "claude-code");
    assert_eq!((&claude["present"], &claude["installed"]), (&true.into(), &false.into()));
    assert_eq!(claude["events"], Value::Array(Vec::new()));
    assert!(claude["last_event_at"].is_null() && claude["name"] == "Claude Code");
    assert_eq!(claude["config_path"], env.home().join(".claude/settings.json").to_str().expect("a path"));
    assert_eq!(row(&before, "codex")["present"], false);

    ok(&env.run(["install", "--all"]));
    ok(&env.hook_with(["--agent", "claude-code"], r#"{"hook_event_name":"Stop","session_id":"s"}"#));
    let after = listed(&env);
    let claude = row(&after, "claude-code");
    assert_eq!(claude["installed"], true);
    assert!(claude["events"].as_array().expect("a list").contains(&"Stop".into()), "{claude}");
    assert!(claude["last_event_at"].is_string(), "{claude}");
    let table = out(&env.run(["agents"]));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.lines().any(|line| line.starts_with("claude-code") && line.contains("4 events")), "{table}");
    let doctor = out(&env.run(["doctor"]));
    assert!(doctor.contains("claude-code last heard at"), "{doctor}");
}

#[test]
fn every_agent_with_hooks_is_tried_here_and_told_of_in_the_readme() {
    let env = world(&[]);
    let hookable = listed(&env).into_iter().filter(|row| row["hookable"] == true);
    let hookable: Vec<_> = hookable.map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(hookable, AGENTS.iter().map(|agent| agent.id).collect::<Vec<_>>());
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("text");
    let rows = readme.lines().skip_while(|line| !line.starts_with("| agent | file |")).skip(2);
    let told: Vec<_> = rows
        .map_while(|line| line.strip_prefix("| `"))
        .map(|line| line.split('`').next().expect("an id").to_owned())
        .collect();
    assert_eq!(told, hookable);
}

#[test]
fn the_doctor_tells_of_hooks_that_lead_nowhere() {
    let env = world(&AGENTS[6..7]);
    ok(&env.run(["install", "cursor"]));
    let file = AGENTS[6].path(&env);
    let text = std::fs::read_to_string(&file).expect("text").replace(crate::world::PROGRAM, "/opt/gone/herald");
    std::fs::write(&file, text).expect("a file");
    let output = env.run(["doctor", "--json"]);
    let checks: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let agents = checks.as_array().expect("a list").iter().find(|check| check["check"] == "agents").expect("the check");
    assert_eq!(agents["status"], "fail", "{agents}");
    assert_eq!(agents["hint"], "herald install cursor");
}

#[test]
fn an_agent_that_isn_t_here_is_refused_unless_forced() {
    let env = world(&[]);
    let output = env.run(["install", "codex"]);
    refused(&output);
    assert!(err(&output).contains(".codex") && err(&output).contains("--force"), "{}", err(&output));
    ok(&env.run(["install", "codex", "--force"]));
    let output = env.run(["install", "--all", "--scope", "user"]);
    // Its folder is there now.
    ok(&output);
    assert!(out(&output).contains("Codex"), "{}", out(&output));
    ok(&env.run(["uninstall", "--all"]));
    assert!(!env.home().join(".codex").exists(), "the folder was made for the file");
}

#[test]
fn whoever_has_no_hooks_is_refused_with_what_to_do_instead() {
    let env = world(&[]);
    for (id, part) in [
        ("tmux", "set-hook -g alert-bell"),
        ("git", "post-commit"),
        ("fish", "init fish | source"),
        ("shell", "done $?"),
        ("crush", "PreToolUse"),
        ("zed", "play_sound_when_agent_done"),
        ("eca", "hook --agent eca"),
        ("claud-code", "did you mean claude-code?"),
        ("frob", "herald agents"),
    ] {
        let output = env.run(["install", id]);
        refused(&output);
        assert!(err(&output).contains(part), "{id}: {}", err(&output));
    }
    // One that can't be done keeps nobody else from it.
    std::fs::create_dir_all(env.home().join(".cursor")).expect("a folder");
    let output = env.run(["install", "crush", "cursor"]);
    refused(&output);
    assert!(out(&output).contains("now heard: stop"), "{}", out(&output));
}

#[test]
fn events_are_added_by_either_name_and_taken_out_one_by_one() {
    let env = world(&AGENTS[2..3]);
    ok(&env.run(["install", "claude-code", "--events", "task.start,SubagentStop"]));
    let events = |env: &TestEnv| row(&listed(env), "claude-code")["events"].as_array().expect("a list").len();
    assert_eq!(events(&env), 6);
    // What was asked for once stays.
    ok(&env.run(["install", "claude-code"]));
    assert_eq!(events(&env), 6);
    ok(&env.run(["uninstall", "claude-code", "--events", "SubagentStop"]));
    assert_eq!(events(&env), 5);
    let output = env.run(["install", "claude-code", "cursor", "--force", "--events", "context.compact,info"]);
    ok(&output);
    assert!(out(&output).contains("PreCompact") && out(&output).contains("preCompact"), "{}", out(&output));
    ok(&env.run(["uninstall", "claude-code", "--events", "context.compact"]));
    for gate in ["PreToolUse", "WorktreeCreate", "nonsense"] {
        let output = env.run(["install", "claude-code", "--events", gate]);
        refused(&output);
        assert!(err(&output).contains("it can of") && err(&output).contains("Stop"), "{}", err(&output));
    }
    ok(&env.run(["uninstall", "claude-code"]));
    assert!(!env.home().join(".claude/settings.json").exists());
}

#[test]
fn a_switch_that_keeps_hooks_from_running_is_told() {
    let env = world(&AGENTS[2..3]);
    env.write("home/.claude/settings.json", "{\"disableAllHooks\": true}\n");
    let output = env.run(["install", "claude-code"]);
    ok(&output);
    assert!(out(&output).contains("but no hook runs: disableAllHooks is true"), "{}", out(&output));
}

#[test]
fn droid_s_hooks_stand_at_the_root_where_they_stood_there() {
    let env = world(&AGENTS[8..9]);
    let before = "{\n  \"Stop\": [\n    {\"hooks\": [{\"type\": \"command\", \"command\": \"beep\"}]}\n  ]\n}\n";
    let file = env.write("home/.factory/hooks.json", before);
    ok(&env.run(["install", "factory-droid"]));
    let text = std::fs::read_to_string(&file).expect("text");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert!(value["hooks"].is_null() && value["Notification"].is_array(), "{text}");
    std::fs::write(&file, text.replace("beep", "boop")).expect("a file");
    ok(&env.run(["uninstall", "factory-droid"]));
    assert_eq!(std::fs::read_to_string(&file).expect("text"), before.replace("beep", "boop"));
}

#[test]
fn what_is_said_fits_a_terminal() {
    let env = world(AGENTS);
    env.write("home/.cursor/hooks.json", "{ broken");
    for args in
        [&["install", "--all"][..], &["install", "crush", "openhands", "zcode"], &["agents"], &["uninstall", "--all"]]
    {
        let output = env.run(args);
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).expect("text");
            for line in text.lines().filter(|line| !line.contains('/')) {
                assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
            }
        }
    }
}

#[test]
fn a_project_has_its_own_files_and_home_is_none() {
    let env = world(&AGENTS[2..3]);
    std::fs::create_dir_all(env.work_dir().join(".git")).expect("a folder");
    std::fs::create_dir_all(env.work_dir().join("inner")).expect("a folder");
    let mut command = env.herald();
    command.args(["install", "claude-code", "--scope", "project"]).current_dir(env.work_dir().join("inner"));
    ok(&env.finish(command, b""));
    assert!(env.work_dir().join(".claude/settings.local.json").exists());
    assert!(!env.home().join(".claude/settings.json").exists());
    let mut command = env.herald();
    command.args(["install", "claude-code", "--scope", "project"]).current_dir(env.home());
    refused(&env.finish(command, b""));
    let output = env.run(["install", "vscode", "--force"]);
    refused(&output);
    assert!(err(&output).contains("--scope project"), "{}", err(&output));
}

#[test]
fn codex_keeps_its_hooks_where_they_are() {
    let env = world(&AGENTS[4..5]);
    let config = "model = \"x\"\n\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"beep\"\n";
    let file = env.write("home/.codex/config.toml", config);
    ok(&env.run(["install", "codex"]));
    assert!(!env.home().join(".codex/hooks.json").exists());
    let text = std::fs::read_to_string(&file).expect("text");
    assert!(text.starts_with(config) && text.contains("[[hooks.Interrupt.hooks]]"), "{text}");
    ok(&env.run(["uninstall", "codex"]));
    assert_eq!(std::fs::read_to_string(&file).expect("text"), config);
}

/// What was done to one file must not be forgotten for another's sake.
#[test]
fn installations_at_the_same_time_wait_for_each_other() {
    let env = world(AGENTS);
    let before = crate::world::snapshot(&env.home());
    let ids: Vec<&str> = AGENTS.iter().filter(|it| !it.project && it.id != "kiro-cli").map(|it| it.id).collect();
    for verb in ["install", "uninstall"] {
        std::thread::scope(|scope| {
            for id in &ids {
                let env = &env;
                scope.spawn(move || ok(&env.run([verb, id])));
            }
        });
        if verb == "install" {
            let rows = listed(&env);
            assert!(ids.iter().all(|id| row(&rows, id)["installed"] == true), "{rows:?}");
        }
    }
    assert_eq!(crate::world::snapshot(&env.home()), before);
}

#[test]
fn kimi_s_empty_list_is_filled_and_emptied_again() {
    let kimi = AGENTS.iter().find(|agent| agent.id == "kimi-code").expect("an agent");
    let env = world(&[]);
    let before = "model = \"k\"\nhooks = []\n\n[loop]\nx = 1\n";
    let file = env.write("home/.kimi-code/config.toml", before);
    ok(&kimi.herald(&env, "install", &[]));
    let text = std::fs::read_to_string(&file).expect("text");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    assert_eq!(table["hooks"].as_array().map(Vec::len), Some(4), "{text}");
    std::fs::write(&file, text.replace("x = 1", "x = 2")).expect("a file");
    ok(&kimi.herald(&env, "uninstall", &[]));
    let back = std::fs::read_to_string(&file).expect("text");
    let value = |text: &str| toml::from_str::<toml::Table>(text).expect("TOML");
    assert_eq!(value(&back), value(&before.replace("x = 1", "x = 2")), "{back}");
}
