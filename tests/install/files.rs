//! Files before and after: of every agent, in every style; and those that are left alone.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use crate::support::TestEnv;
use crate::world::{AGENTS, Agent, PROGRAM, err, ok, one, out, refused, snapshot, world};

/// What is written where nothing was, for each agent; the program's path is that of nobody.
#[test]
fn every_agent_gets_what_is_shown_in_its_fixture() {
    let env = world(AGENTS);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/install");
    let mut stale = Vec::new();
    for agent in AGENTS {
        prepare(agent, &env);
        ok(&agent.herald(&env, "install", &[]));
        let written = fs::read_to_string(agent.path(&env)).expect(agent.id).replace(PROGRAM, "/usr/local/bin/herald");
        let name = if agent.extension().is_empty() { "sh" } else { agent.extension() };
        let fixture = folder.join(format!("{}.{name}", agent.id));
        if std::env::var_os("HERALD_TEST_WRITE_FIXTURES").is_some() {
            fs::write(&fixture, &written).expect("a fixture");
        }
        if fs::read_to_string(&fixture).unwrap_or_default() != written {
            stale.push(format!("{}:\n{written}", fixture.display()));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

/// Kiro CLI edits an agent's file; one has to be there.
fn prepare(agent: &Agent, env: &TestEnv) {
    if agent.id == "kiro-cli" {
        fs::write(agent.path(env), "{\"name\": \"mine\"}\n").expect("a file");
    }
}

/// Settings as they are found, by the file's format.
fn found(extension: &str) -> Vec<(&'static str, String)> {
    match extension {
        "json" => {
            let typical = "{\n  // mine\n  \"model\": \"best\", // for now\n  \"list\": [1, 2],\n  /* last */\n  \"on\": true\n}\n";
            vec![
                ("empty", String::new()),
                ("empty object", "{}\n".to_owned()),
                ("typical", typical.to_owned()),
                ("trailing comma", "{\n    \"model\": \"best\",\n    \"list\": [\n        1,\n    ],\n}".to_owned()),
                ("CRLF", typical.replace('\n', "\r\n")),
                ("tabs", typical.replace("  ", "\t")),
                ("one line", "{\"model\": \"best\", \"list\": []}".to_owned()),
                ("BOM", format!("\u{feff}{typical}")),
            ]
        }
        "toml" => {
            let typical = "# mine\nmodel = \"best\" # for now\n\n[features]\n  list = [\n    1, # one\n  ]\n";
            vec![
                ("empty", String::new()),
                ("typical", typical.to_owned()),
                ("CRLF", typical.replace('\n', "\r\n")),
                ("tabs", typical.replace("  ", "\t")),
                ("no last line end", typical.trim_end().to_owned()),
                ("BOM", format!("\u{feff}{typical}")),
            ]
        }
        _ => {
            let typical = "# mine\nmodel: best # for now\n\nagent:\n  list:\n  - 1\n  # end\n";
            vec![
                ("empty", String::new()),
                ("typical", typical.to_owned()),
                ("CRLF", typical.replace('\n', "\r\n")),
                ("no last line end", typical.trim_end().to_owned()),
            ]
        }
    }
}

/// Whether all of `part` is in `whole`, in order.
fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|c| c == wanted))
}

#[test]
fn nothing_is_lost_nothing_is_written_twice_and_every_byte_comes_back() {
    for agent in AGENTS.iter().filter(|agent| agent.is_edited()) {
        for (style, before) in found(agent.extension()) {
            let about = format!("{} {style}", agent.id);
            let env = one(agent);
            let path = agent.path(&env);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, &before).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");

            ok(&agent.herald(&env, "install", &[]));
            let after = fs::read_to_string(&path).expect("text");
            assert!(is_within(&before, &after), "{about}:\n{after}");
            assert!(after.contains(PROGRAM), "{about}:\n{after}");
            let lone = after.replace("\r\n", "").contains('\n');
            assert!(!(before.contains("\r\n") && lone), "{about} has both line ends:\n{after:?}");
            assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o640, "{about}");

            let inode =
                |path: &Path| fs::metadata(path).map(|it| (it.ino(), it.mtime(), it.mtime_nsec())).expect("a file");
            let there = inode(&path);
            let again = agent.herald(&env, "install", &[]);
            ok(&again);
            assert!(out(&again).contains("heard already"), "{about}: {}", out(&again));
            assert_eq!(inode(&path), there, "{about} was touched");

            ok(&agent.herald(&env, "uninstall", &[]));
            assert_eq!(fs::read_to_string(&path).expect("text"), before, "{about}");
            assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o640, "{about}");
        }
    }
}

#[test]
fn where_nothing_was_nothing_is_left() {
    for agent in AGENTS.iter().filter(|agent| agent.id != "kiro-cli") {
        let env = one(agent);
        let home = snapshot(&env.home());
        let work = snapshot(&env.work_dir());
        ok(&agent.herald(&env, "install", &[]));
        assert_ne!((snapshot(&env.home()), snapshot(&env.work_dir())), (home.clone(), work.clone()), "{}", agent.id);
        ok(&agent.herald(&env, "uninstall", &[]));
        assert_eq!(snapshot(&env.home()), home, "{}", agent.id);
        assert_eq!(snapshot(&env.work_dir()), work, "{}", agent.id);
    }
}

/// Another program's hooks of the same events: made from ours, so that they stand exactly where ours would.
#[test]
fn the_hooks_of_others_stay_where_they_are() {
    for agent in AGENTS.iter().filter(|agent| agent.is_edited() && agent.id != "aider") {
        let env = one(agent);
        prepare(agent, &env);
        ok(&agent.herald(&env, "install", &[]));
        let path = agent.path(&env);
        let others = fs::read_to_string(&path).expect("text").replace(PROGRAM, "/opt/herald-like/notify.sh");
        fs::write(&path, &others).expect("a file");
        fs::remove_dir_all(env.state_dir()).expect("no record");

        ok(&agent.herald(&env, "install", &[]));
        let both = fs::read_to_string(&path).expect("text");
        assert!(is_within(&others, &both) && both.contains(PROGRAM), "{}:\n{both}", agent.id);
        // Without the record, as after a new installation of the system.
        fs::remove_dir_all(env.state_dir()).expect("no record");
        ok(&agent.herald(&env, "uninstall", &[]));
        let left = fs::read_to_string(&path).expect("text");
        assert_eq!(left, others, "{}", agent.id);
        let none = agent.herald(&env, "uninstall", &[]);
        assert!(out(&none).contains("no hooks of Herald's were there"), "{}", out(&none));
    }
}

#[test]
fn an_older_path_of_ours_is_brought_up_to_date_where_it_stands() {
    for agent in AGENTS.iter().filter(|agent| agent.is_edited()) {
        let env = one(agent);
        prepare(agent, &env);
        ok(&agent.herald(&env, "install", &[]));
        let path = agent.path(&env);
        let now = fs::read_to_string(&path).expect("text");
        fs::write(&path, now.replace(PROGRAM, "/opt/old/bin/herald")).expect("a file");
        ok(&agent.herald(&env, "install", &[]));
        assert_eq!(fs::read_to_string(&path).expect("text"), now, "{}", agent.id);
    }
}

#[test]
fn a_file_that_can_t_be_parsed_is_left_alone_with_what_to_paste() {
    for agent in AGENTS.iter().filter(|agent| agent.is_edited()) {
        for broken in [&b"{\"hooks\": [ }: ]\n= x"[..], b"\xff\xfe{"] {
            let env = one(agent);
            let path = env_file(agent, &env, broken);
            let output = agent.herald(&env, "install", &[]);
            refused(&output);
            let said = err(&output);
            assert!(said.contains("can't be parsed") && said.contains(agent.id), "{}: {said}", agent.id);
            assert!(said.contains(&*path.to_string_lossy()), "{}: {said}", agent.id);
            assert!(said.contains("hook --agent") || said.contains("\"hook\""), "{}: {said}", agent.id);
            assert_eq!(fs::read(&path).expect("a file"), broken, "{}", agent.id);
        }
    }
}

fn env_file(agent: &Agent, env: &TestEnv, content: &[u8]) -> std::path::PathBuf {
    let path = agent.path(env);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, content).expect("a file");
    path
}

#[test]
fn hooks_that_are_something_else_are_left_alone() {
    let claude = &AGENTS[2];
    for content in ["{\"hooks\": []}", "{\"hooks\": {\"Stop\": 1}}", "{\"hooks\": null}", "[]", "{\"a\": 1, \"a\": 2}"]
    {
        let env = one(claude);
        let path = env_file(claude, &env, content.as_bytes());
        refused(&claude.herald(&env, "install", &[]));
        assert_eq!(fs::read_to_string(&path).expect("text"), content);
    }
    // Its only command is another program's.
    let aider = &AGENTS[0];
    let env = one(aider);
    env_file(aider, &env, b"notifications-command: say done\n");
    let output = aider.herald(&env, "install", &[]);
    refused(&output);
    assert!(err(&output).contains("taken by another program"), "{}", err(&output));
}

#[test]
fn links_are_followed_and_stay_links() {
    let claude = &AGENTS[2];
    for dangling in [false, true] {
        let env = one(claude);
        let real = env.path().join("dotfiles/claude.json");
        fs::create_dir_all(real.parent().expect("a folder")).expect("a folder");
        if !dangling {
            fs::write(&real, "{\n\t\"a\": 1\n}\n").expect("a file");
        }
        symlink("../../dotfiles/claude.json", claude.path(&env)).expect("a link");
        let before = snapshot(env.path().join("dotfiles").as_path());
        ok(&claude.herald(&env, "install", &[]));
        assert!(fs::symlink_metadata(claude.path(&env)).expect("a link").is_symlink());
        assert!(fs::read_to_string(&real).expect("text").contains(PROGRAM));
        ok(&claude.herald(&env, "uninstall", &[]));
        assert!(fs::symlink_metadata(claude.path(&env)).expect("a link").is_symlink());
        assert_eq!(snapshot(env.path().join("dotfiles").as_path()), before);
    }
}

#[test]
fn a_read_only_file_or_one_of_several_names_is_left_alone_unless_forced() {
    let cursor = &AGENTS[6];
    let env = one(cursor);
    let path = env_file(cursor, &env, b"{}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a mode");
    let output = cursor.herald(&env, "install", &[]);
    refused(&output);
    assert!(err(&output).contains("read-only"), "{}", err(&output));
    ok(&cursor.herald(&env, "install", &["--force"]));
    assert_eq!(fs::metadata(&path).expect("a file").mode() & 0o777, 0o444);

    let env = one(cursor);
    let path = env_file(cursor, &env, b"{}");
    fs::hard_link(&path, env.path().join("other")).expect("a link");
    let output = cursor.herald(&env, "install", &[]);
    refused(&output);
    assert!(err(&output).contains("several names"), "{}", err(&output));
}

#[test]
fn a_file_of_somebody_else_is_never_replaced_or_removed() {
    for agent in AGENTS.iter().filter(|agent| !agent.is_edited()) {
        let env = one(agent);
        let path = env_file(agent, &env, b"// mine\n");
        refused(&agent.herald(&env, "install", &[]));
        ok(&agent.herald(&env, "uninstall", &[]));
        assert_eq!(fs::read(&path).expect("a file"), b"// mine\n", "{}", agent.id);
    }
}

#[test]
fn what_was_changed_meanwhile_stays_and_only_ours_goes() {
    for agent in AGENTS.iter().filter(|agent| agent.is_edited() && !["aider", "kiro-cli"].contains(&agent.id)) {
        let env = one(agent);
        let (before, edited): (&str, fn(&str) -> String) = match agent.extension() {
            "json" => ("{\n  \"a\": 1\n}\n", |text| text.replacen("\"a\": 1", "\"a\": [2], // two\n  \"b\": {}", 1)),
            "toml" => ("a = 1\n", |text| text.replacen("a = 1", "a = 2 # two\nb = 3", 1)),
            _ => ("a: 1\n", |text| text.replacen("a: 1", "a: 2 # two\nb: 3", 1)),
        };
        let path = env_file(agent, &env, before.as_bytes());
        ok(&agent.herald(&env, "install", &[]));
        fs::write(&path, edited(&fs::read_to_string(&path).expect("text"))).expect("a file");
        ok(&agent.herald(&env, "uninstall", &[]));
        assert_eq!(fs::read_to_string(&path).expect("text"), edited(before), "{}", agent.id);
    }
}

#[test]
fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let env = world(AGENTS);
    let claude = env_file(&AGENTS[2], &env, b"{\n  \"a\": 1\n}\n");
    fs::remove_dir_all(env.state_dir()).expect("no state");
    let before = snapshot(env.path());
    let output = env.run(["install", "claude-code", "codex", "kimi-code", "opencode", "cline", "--dry-run"]);
    ok(&output);
    assert_eq!(snapshot(env.path()), before);
    let said = out(&output);
    for part in [
        &*format!("--- {}", claude.display()),
        "@@ -1,3 ",
        "-  \"a\": 1\n",
        "+  \"a\": 1,\n",
        "+[[hooks]]",
        "--- /dev/null",
    ] {
        assert!(said.contains(part), "{part:?} is missing:\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "colour is for terminals");
    let mut command = env.herald();
    command.args(["install", "claude-code", "--dry-run"]).env("CLICOLOR_FORCE", "1");
    let coloured = out(&env.finish(command, b""));
    assert!(coloured.contains("\u{1b}[32m+  \"a\": 1,\u{1b}[0m"), "{coloured:?}");
    ok(&env.run(["install", "claude-code"]));
    let there = snapshot(&env.home());
    let output = env.run(["uninstall", "claude-code", "--dry-run"]);
    assert!(out(&output).contains("+  \"a\": 1\n"), "{}", out(&output));
    assert_eq!(snapshot(&env.home()), there);
}

/// Codex reads two files; which of them has our hooks doesn't depend on the other one.
#[test]
fn hooks_are_taken_out_though_another_file_of_the_agents_is_broken() {
    let codex = AGENTS.iter().find(|agent| agent.id == "codex").expect("an agent");
    let env = one(codex);
    let broken = "a = [\n";
    let config = env.write("home/.codex/config.toml", broken);
    ok(&codex.herald(&env, "install", &[]));
    assert!(codex.path(&env).exists());
    ok(&codex.herald(&env, "uninstall", &[]));
    assert!(!codex.path(&env).exists());
    assert_eq!(fs::read_to_string(&config).expect("text"), broken);
    // Where nothing else is found, it is told.
    let output = codex.herald(&env, "uninstall", &[]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("config.toml"), "{output:?}");
}
