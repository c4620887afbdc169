//! Who may do what with the files that are written: every command and program that writes, under several umasks.
//!
//! What was seen is compared with the table of `docs/security.md`: a file that isn't in it fails, and so does a row that
//! nothing was seen of.
#![cfg(all(target_os = "linux", feature = "player", feature = "pack", feature = "link"))]

mod support;

#[allow(dead_code, reason = "the list of agents is all that is wanted here")]
#[path = "install/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rstest::rstest;
use support::process::Process;
use support::{PATIENCE, StandIn, TestEnv, Tone, document, or_skip, wait_for};
use world::AGENTS;

/// A row of the table.
struct Row {
    /// What it is about, as the table has it.
    said: String,
    /// The path, its place in capitals, `*` for any part of a name.
    path: String,
    mode: u32,
    /// Less the umask.
    follows_umask: bool,
    /// Only a player that had to end itself writes it.
    is_rare: bool,
}

fn table() -> Vec<Row> {
    let text = document::file("docs/security.md");
    let rows = document::rows(document::section(&text, "## Files and their permissions"));
    let rows = rows.into_iter().flat_map(|row| {
        let mode = document::quoted(&row[1]).first().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let mode = mode.unwrap_or_else(|| panic!("no mode: {row:?}"));
        let (follows_umask, is_rare) = (row[1].contains("less the umask"), row[2].contains("end itself"));
        let paths = document::quoted(&row[0]);
        paths.into_iter().map(move |path| Row { said: row.join(" | "), path, mode, follows_umask, is_rare })
    });
    rows.collect()
}

/// A world in which nothing of Herald's is there yet, not even the folders.
fn fresh(server: &StandIn) -> TestEnv {
    let mut env = TestEnv::new();
    server.serve(&mut env);
    for folder in [env.state_dir(), env.data_dir()] {
        fs::remove_dir(folder).expect("an empty folder");
    }
    env.set("HERALD_CONFIG", config(&env));
    env.set("PATH", format!("{}:/usr/bin:/bin", programs().display()));
    for agent in AGENTS {
        fs::create_dir_all(env.home().join(agent.folder)).expect("a folder");
    }
    env.write("home/.kiro/settings/cli.json", "{\"chat.defaultAgent\": \"mine\"}\n");
    for n in 0..2 {
        env.write(format!("sounds/{n}.wav"), Tone::sine(48_000, 440.0, 30.0).wav(support::Depth::S16));
    }
    env.write("work/.herald.toml", "volume = 50\n");
    for (file, mode) in [(".claude/settings.json", 0o600), (".qwen/settings.json", 0o664), (".aider.conf.yml", 0o640)] {
        let file = env.write(env.home().join(file), if mode == 0o640 { "a: 1\n" } else { "{\"a\": 1}\n" });
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    env
}

fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_herald")).parent().expect("a folder")
}

fn config(env: &TestEnv) -> PathBuf {
    env.path().join("etc/herald/config.toml")
}

/// A program that is started with that umask.
fn under(env: &TestEnv, umask: u32, words: &[&str]) -> Command {
    let mut command = env.command("sh");
    command.args(["-c", &format!("umask {umask:03o}; exec \"$@\""), "sh"]).args(words);
    command
}

#[track_caller]
fn run(env: &TestEnv, umask: u32, words: &[&str], input: &str) -> Output {
    let output = env.finish(under(env, umask, words), input.as_bytes());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?} under {umask:03o}: {said}");
    output
}

fn stop(session: &str) -> String {
    format!("{{\"hook_event_name\": \"Stop\", \"session_id\": \"{session}\"}}")
}

/// Everything below the world's folder but what the test itself put there.
fn listing(env: &TestEnv) -> BTreeMap<PathBuf, fs::Metadata> {
    let mut found = BTreeMap::new();
    let mut left = vec![env.path().to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
            if meta.is_dir() {
                left.push(entry.path());
            }
            found.insert(entry.path(), meta);
        }
    }
    found
}

/// The name that the table has for the path.
fn in_table(env: &TestEnv, path: &Path, meta: &fs::Metadata) -> String {
    let places = [
        ("STATE", env.state_dir()),
        ("STATE", env.path().join("far")),
        ("DATA", env.data_dir()),
        ("CONFIG", env.path().join("etc")),
        ("HOME", env.home()),
        ("PROJECT", env.work_dir()),
    ];
    let named = places.iter().find_map(|(name, place)| Some((name, path.strip_prefix(place).ok()?)));
    let named = named.unwrap_or_else(|| panic!("it lies nowhere: {}", path.display()));
    let below = named.1.display().to_string();
    let slash = if meta.is_dir() { "/" } else { "" };
    if below.is_empty() { format!("{}/", named.0) } else { format!("{}/{below}{slash}", named.0) }
}

/// Whether a path is what a row is about; `*` stands for a part of a name, `**` for parts of several. A folder's ends
/// with a slash.
fn is_about(row: &str, path: &str) -> bool {
    row.ends_with('/') == path.ends_with('/') && fits(row, path)
}

fn fits(row: &str, path: &str) -> bool {
    let Some((before, after)) = row.split_once('*') else { return row == path };
    let Some(rest) = path.strip_prefix(before) else { return false };
    let (after, anywhere) = after.strip_prefix('*').map_or((after, false), |after| (after, true));
    let ends = rest.char_indices().map(|(at, _)| at).skip(1).chain([rest.len()]);
    ends.take_while(|at| anywhere || !rest[..*at].contains('/')).any(|at| fits(after, &rest[at..]))
}

/// Runs all that writes, and gives what was there while it waited and at the end.
fn walk(env: &TestEnv, umask: u32) -> BTreeMap<PathBuf, fs::Metadata> {
    let herald = |words: &[&str]| run(env, umask, &[&["herald"], words].concat(), "");
    let mut seen = BTreeMap::new();
    herald(&["config", "set", "volume", "50"]);
    let sounds = format!("sound = [\"{0}/0.wav\", \"{0}/1.wav\"]", env.path().join("sounds").display());
    let settings = |link: &str| {
        let text = format!("volume = 50\n[events.\"task.complete\"]\nthrottle = \"0s\"\n{sounds}\n{link}");
        fs::write(config(env), text).expect("the configuration");
    };
    settings("");
    run(env, umask, &["herald", "hook"], &stop("one"));
    env.wait_for_journal(|line| line["kind"] == "playback", PATIENCE);
    env.wait_for_players_to_end(PATIENCE);
    herald(&["play", "bell", "--wait"]);
    // Held back until it is clear that nobody answers: the one who waits for that has a lock of its own.
    run(
        env,
        umask,
        &["herald", "hook", "--agent", "codex"],
        "{\"hook_event_name\": \"PermissionRequest\", \"session_id\": \"c\"}",
    );

    herald(&["mute", "1h", "--session", "0123456789abcdef"]);
    herald(&["volume", "60"]);
    herald(&["trust"]);
    for agent in AGENTS {
        herald(&[&["install", agent.id], agent.scope()].concat());
    }
    herald(&["uninstall", "cursor"]);
    herald(&["preview", "bell", "--render", "out.wav"]);
    herald(&["man", "--dir", "pages"]);
    fs::create_dir_all(env.path().join("packs/mine/sounds")).expect("a folder");
    for name in ["bell.wav", "sounds/one.wav"] {
        fs::copy(env.path().join("sounds/0.wav"), env.path().join("packs/mine").join(name)).expect("a sound");
    }
    run(env, umask, &["tar", "-C", "../packs", "-czf", "../packs/given.tar.gz", "mine"], "");
    herald(&["pack", "add", "../packs/mine"]);
    herald(&["pack", "add", "../packs/given.tar.gz", "--name", "given"]);
    herald(&["pack", "remove", "given"]);
    herald(&["pack", "use", "mine", "--session", "5f0c2b6e"]);

    let journal = env.state_dir().join("journal.jsonl");
    let line =
        fs::read(&journal).expect("a journal").split_inclusive(|byte| *byte == b'\n').next().expect("a line").to_vec();
    fs::write(&journal, line.repeat((4 << 20) / line.len() + 1)).expect("a long journal");
    run(env, umask, &["herald", "hook"], &stop("two"));

    // A broker that isn't there: what is to be sent waits, and somebody waits with it.
    settings("[link]\nsend_to = \"mqtt://127.0.0.1:9\"\n");
    run(env, umask, &["herald", "hook"], &stop("three"));
    wait_for("the postman and its letter", PATIENCE, || {
        let now = listing(env);
        let is_there = |part: &str| now.keys().any(|path| path.to_string_lossy().contains(part));
        (is_there("/outbox/0") && is_there("/link.bell") && is_there("/link.lock")).then(|| seen.extend(now))
    });
    env.kill_links();

    let socket = env.path().join("work/desk.sock");
    settings(&format!("[link]\nlisten_to = [\"unix:{}\"]\n", socket.display()));
    let mut listener =
        Process::start("herald-link", under(env, umask, &["herald-link", "listen"])).expect("a listener");
    wait_for("the socket", PATIENCE, || socket.exists().then_some(()));
    let far = env.write("far.toml", format!("[link]\nsend_to = \"unix:{}\"\nhost = \"far\"\n", socket.display()));
    let mut hook = under(env, umask, &["herald", "hook"]);
    hook.env("HERALD_STATE_DIR", env.path().join("far")).env("HERALD_CONFIG", far);
    assert!(env.finish(hook, stop("four").as_bytes()).status.success());
    wait_for("the other machine to be known", PATIENCE, || env.state_dir().join("hosts").exists().then_some(()));
    seen.extend(listing(env));
    listener.end(Duration::from_secs(5));
    env.wait_for_players_to_end(PATIENCE);
    seen.extend(listing(env));
    seen
}

#[rstest]
#[case(0o000)]
#[case(0o022)]
#[case(0o027)]
#[case(0o077)]
fn whatever_is_written_is_in_the_table_with_its_mode(#[case] umask: u32) {
    let server = StandIn::start();
    let env = fresh(&server);
    let (rows, before) = (table(), listing(&env));
    let is_same = |old: &fs::Metadata, new: &fs::Metadata| {
        (old.ino(), old.mtime(), old.mtime_nsec()) == (new.ino(), new.mtime(), new.mtime_nsec())
    };
    let own = herald::platform::effective_user();
    let (mut used, mut unknown) = (BTreeSet::new(), Vec::new());
    let seen = walk(&env, umask);
    for (path, meta) in &seen {
        // What the test itself made.
        let is_ours = ["far.toml", "packs", "sounds", "work/.herald.toml"];
        if is_ours.iter().any(|part| path.starts_with(env.path().join(part)))
            || path == &env.path().join("etc")
            || before.get(path).is_some_and(|old| old.is_dir() || is_same(old, meta))
        {
            continue;
        }
        let shown = format!("{} {:04o}, under {umask:03o}", path.display(), meta.mode() & 0o7777);
        assert_eq!(meta.uid(), own, "{shown}");
        if let Some(old) = before.get(path) {
            assert_eq!((meta.mode(), meta.gid()), (old.mode(), old.gid()), "{shown}: it was the user's");
            continue;
        }
        let name = in_table(&env, path, meta);
        let row = rows.iter().position(|row| is_about(&row.path, &name));
        let Some(row) = row else {
            unknown.push(format!("{name} ({shown})"));
            continue;
        };
        used.insert(row);
        let (wanted, said) = (&rows[row], &rows[row].said);
        let mode = if wanted.follows_umask { wanted.mode & !umask } else { wanted.mode };
        assert_eq!(meta.mode() & 0o7777, mode, "{shown}: {said}");
        let kind = meta.file_type();
        assert_eq!((kind.is_socket(), kind.is_fifo()), (said.contains("socket"), said.contains("a pipe")), "{shown}");
    }
    assert!(unknown.is_empty(), "these aren't in docs/security.md: {unknown:#?}");
    let rest: Vec<_> = rows.iter().enumerate().filter(|(at, row)| !used.contains(at) && !row.is_rare).collect();
    assert!(rest.is_empty(), "nothing was seen of: {:?}", rest.iter().map(|(_, row)| &row.path).collect::<Vec<_>>());
    for row in &rows {
        assert_eq!(row.mode & 0o022, 0, "nothing is for others to write: {}", row.said);
    }
}

/// An access list as Linux keeps it: the owner reads and writes, another user and the group read.
fn access_list() -> Vec<u8> {
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, u32::MAX), (2, 4, 65_534), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, may, who) in entries {
        bytes.extend([tag.to_le_bytes(), may.to_le_bytes()].concat());
        bytes.extend(who.to_le_bytes());
    }
    bytes
}

const LIST: &str = "system.posix_acl_access";

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 1024];
    let length = rustix::fs::getxattr(path, name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}

#[test]
fn a_file_of_the_user_keeps_its_group_its_access_list_and_its_attributes() {
    let env = TestEnv::new();
    let config = env.write("config.toml", "volume = 10\n");
    let claude = env.write("home/.claude/settings.json", "{\"a\": 1}\n");
    for file in [&config, &claude] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o640)).expect("a mode");
        let flags = rustix::fs::XattrFlags::empty();
        let kept = rustix::fs::setxattr(file, "user.note", b"mine", flags)
            .and_then(|()| rustix::fs::setxattr(file, LIST, &access_list(), flags));
        if kept.is_err() {
            or_skip::<()>(Err(support::Missing("a file system with attributes".to_owned())));
            return;
        }
        // Another group is root's to give.
        let _ = chown(file, None, Some(12_345));
    }
    let look = |file: &Path| {
        let meta = fs::metadata(file).expect("a file");
        (meta.uid(), meta.gid(), meta.mode(), attribute(file, "user.note"), attribute(file, LIST))
    };
    let before = [look(&config), look(&claude)];
    assert!(env.run(["volume", "20"]).status.success());
    assert!(env.run(["install", "claude-code"]).status.success());
    assert!(fs::read_to_string(&claude).expect("text").contains("hook"));
    assert_eq!([look(&config), look(&claude)], before);
    assert!(env.run(["uninstall", "claude-code"]).status.success());
    assert_eq!([look(&config), look(&claude)], before);
}
