//! The system calls of a hook are those that `docs/startup.md` gives a reason for, and no others.
//!
//! Skipped where the static front can't be built, or another processor's calls have other names.
#![cfg(all(target_os = "linux", target_arch = "x86_64", feature = "player"))]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rstest::rstest;

use support::root::{copy_program, static_herald};
use support::{Kind, PATIENCE, Server, TestEnv, find_program, or_skip, server_or_skip, wait_for};

/// Memory depends on the optimiser, and a debug build asks of each descriptor whether it is open before it closes it.
const NOT_COUNTED: [&str; 5] = ["brk", "mmap", "munmap", "mremap", "F_GETFD"];

type Counts = BTreeMap<Vec<String>, usize>;

/// The numbers of one column, by the calls of each row.
fn documented(column: usize) -> Counts {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/startup.md")).expect("the document");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let calls = cells[1].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!cells[5].is_empty(), "no reason: {row}");
        (calls, cells[column].parse().unwrap_or_else(|_| panic!("no number: {row}")))
    })
    .collect()
}

/// A hook for `event` of `session`, with `/dev/null` where a hook has pipes.
fn hook(env: &TestEnv, mut command: Command, event: &str, session: &str) {
    let payload = format!(r#"{{"hook_event_name":"{event}","session_id":"{session}"}}"#);
    let file = env.write("payload", payload);
    command.stdin(File::open(file).expect("the payload")).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("it starts").success());
}

/// The calls of that hook, each with how often it was made.
fn traced(env: &TestEnv, strace: &Path, herald: &Path, event: &str, session: &str) -> BTreeMap<String, usize> {
    let trace = env.path().join("trace");
    let mut command = env.command(strace);
    command.args(["-qq", "-e", "signal=none", "-o"]).arg(&trace).arg(herald).args(["hook", "--agent", "claude-code"]);
    hook(env, command, event, session);
    let mut counts = BTreeMap::new();
    let text = fs::read_to_string(&trace).expect("a trace");
    for line in text.lines().filter(|line| !NOT_COUNTED.iter().any(|call| line.contains(call))) {
        *counts.entry(line.split('(').next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counts
}

/// A world that is in use: a first sound was played to its end, and what it made is there.
fn world(server: &Server) -> Option<(TestEnv, PathBuf, PathBuf)> {
    let (front, strace) = (static_herald()?, or_skip(find_program("strace"))?);
    let mut env = TestEnv::new().with_server(server);
    let herald = env.path().join("bin/herald");
    fs::create_dir_all(env.path().join("bin")).expect("a folder");
    copy_program(front, &herald);
    copy_program(env!("CARGO_BIN_EXE_herald-player").as_ref(), &env.path().join("bin/herald-player"));
    // As users have it: all of it at home.
    for variable in ["HERALD_STATE_DIR", "HERALD_CONFIG", "HERALD_DATA_DIR"] {
        env.unset(variable);
    }
    let mut command = env.command(&herald);
    command.args(["hook", "--agent", "claude-code"]);
    hook(&env, command, "Stop", "first");
    let player = env.path().join("bin/herald-player");
    wait_for("the player to end", PATIENCE, || {
        let mut running = fs::read_dir("/proc").expect("/proc").flatten();
        let found = running.any(|process| fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe == player));
        (!found).then_some(())
    });
    Some((env, strace, herald))
}

/// The last event's reason.
fn reason(env: &TestEnv) -> String {
    let journal = fs::read_to_string(env.home().join(".local/state/herald/journal.jsonl")).expect("a journal");
    let last = journal.lines().rfind(|line| line.contains(r#""kind":"occurrence""#)).expect("an event");
    serde_json::from_str::<serde_json::Value>(last).expect("JSON")["reason"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn quiet_hours_cost_the_reading_of_one_file() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let Some((env, strace, herald)) = world(&server) else { return };
    let quiet = "[quiet]\nhours = [\"00:00-23:59\"]\n";
    let config = env.home().join(".config/herald/config.toml");
    fs::create_dir_all(config.parent().expect("a folder")).expect("a folder");
    fs::write(config, quiet).expect("a configuration");
    let made = traced(&env, &strace, &herald, "Stop", "third");
    assert_eq!(made.get("getdents64"), None, "a folder was looked through: {made:?}");
}

#[rstest]
#[case::off(2, "PreToolUse", "first", "unknown-event")]
#[case::throttled(3, "Stop", "first", "throttled")]
#[case::plays(4, "Stop", "second", "ok")]
fn each_system_call_of_a_hook_has_its_reason(
    #[case] column: usize,
    #[case] event: &str,
    #[case] session: &str,
    #[case] expected: &str,
) {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    // On a busy machine three seconds may pass between the two events of one session.
    for _ in 0..10 {
        let Some((env, strace, herald)) = world(&server) else { return };
        let mut made = traced(&env, &strace, &herald, event, session);
        if reason(&env) != expected {
            continue;
        }
        let mut wrong = Vec::new();
        for (calls, count) in documented(column) {
            let here: usize = calls.iter().map(|call| made.remove(call).unwrap_or(0)).sum();
            if here != count {
                wrong.push(format!("{calls:?}: {here}, documented {count}"));
            }
        }
        assert!(wrong.is_empty() && made.is_empty(), "{wrong:#?}, without a reason: {made:?}");
        return;
    }
    panic!("never {expected}");
}
