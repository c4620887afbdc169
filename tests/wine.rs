//! The Windows front under Wine: the hook's contract, the throttle, the locks and the state, as on Linux.
//!
//! Wine before 8.13 lacks a library that Rust's standard library asks for; a stand-in of a few lines lies beside the
//! program (`tests/wine/bcryptprimitives.c`). `make wine` runs them, one at a time.
#![cfg(target_os = "linux")]

#[path = "wine/bench.rs"]
mod bench;
mod support;

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use bench::{PATIENCE, World, bench, windows};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use support::wait_for;

fn stop(session: &str) -> String {
    json!({ "hook_event_name": "Stop", "session_id": session, "cwd": "C:\\project" }).to_string()
}

fn pair(decision: &str, reason: &str) -> (String, String) {
    (decision.to_owned(), reason.to_owned())
}

#[track_caller]
fn assert_silent(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {}", output.status);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{what}: {output:?}");
}

#[test]
#[ignore = "slow: make wine runs it"]
fn whatever_comes_in_the_hook_is_silent_and_says_in_the_journal_what_it_decided() {
    let Some(bench) = bench() else { return };
    let deep = "[".repeat(100_000);
    let long = format!(r#"{{"hook_event_name":"Stop","session_id":"l","message":"{}"}}"#, "x".repeat(300_000));
    for (args, payload, decision, reason) in [
        (&[][..], stop("a").as_str(), "play", "ok"),
        (&["--agent", "claude-code"], &stop("b"), "play", "ok"),
        (&[], r#"{"hook_event_name":"NobodyKnows","session_id":"a"}"#, "skip", "unknown-event"),
        (&[], r#"{"hook_event_name":"SessionStart","session_id":"a"}"#, "skip", "event-off"),
        (&[], "", "skip", "unknown-event"),
        (&[], " \r\n\t ", "skip", "unknown-event"),
        (&[], "Stop", "skip", "bad-payload"),
        (&[], r#"{"hook_event_name":"#, "skip", "bad-payload"),
        (&[], &deep, "skip", "bad-payload"),
        (&[], &long, "play", "ok"),
        (&["--frob", "-x", "--agent"], &stop("c"), "play", "ok"),
        (&["--help"], &stop("d"), "play", "ok"),
        (&["--agent", "codex", r#"{"type":"agent-turn-complete","turn-id":"1"}"#], "", "play", "ok"),
    ] {
        let world = World::new(bench);
        let what = format!("{args:?} {}", &payload[..payload.len().min(80)]);
        assert_silent(&world.run(&[&["hook"], args].concat(), payload), &what);
        assert_eq!(world.decisions(), [pair(decision, reason)], "{what}");
    }
}

#[test]
#[ignore = "slow: make wine runs it"]
fn a_hook_whose_pipe_never_closes_ends_and_what_it_starts_holds_nothing() {
    let Some(bench) = bench() else { return };
    let world = World::new(bench);
    let mut command = world.herald(&["hook"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let open = child.stdin.take();
    // The stand-in for the player lives for 3 s; whoever waits for the end of the pipes must not wait for it.
    let begun = Instant::now();
    let said = child.wait_with_output().expect("it ends");
    assert_silent(&said, "an open pipe");
    assert!(begun.elapsed() < PATIENCE);
    drop(open);

    let called = bench.with_player().join("herald-player.txt");
    fs::remove_file(&called).ok();
    let command = world.surround(bench.wine_path(&bench.with_player().join("herald.exe")), &["hook"]);
    let said = support::process::run(command, stop("held").as_bytes(), PATIENCE);
    assert_silent(&said.expect("it ends, and holds no pipe"), "with a player");
    wait_for("the player to be called", PATIENCE, || {
        fs::read_to_string(&called).ok().filter(|text| text.contains("called"))
    });
}

#[test]
#[ignore = "slow: make wine runs it"]
fn of_fifty_hooks_for_one_thing_one_plays_and_none_is_lost() {
    let Some(bench) = bench() else { return };
    let world = World::new(bench);
    // Fifty starts may take longer than the usual three seconds.
    fs::write(world.path("config.toml"), "[events.\"task.complete\"]\nthrottle = \"10m\"\n").expect("a configuration");
    volley(&world, &vec![stop("one"); 50]);
    let decisions = world.decisions();
    let played = decisions.iter().filter(|(decision, _)| decision == "play").count();
    // Only a hook that meets its deadline leaves no line: under load a few may.
    assert!((25..=50).contains(&decisions.len()), "{decisions:?}");
    assert_eq!(played, 1, "{decisions:?}");
    // Whoever could not look at the state in time is silent, too.
    let others = decisions
        .iter()
        .filter(|(_, reason)| matches!(reason.as_str(), "throttled" | "duplicate" | "state-unavailable"))
        .count();
    assert_eq!(others, decisions.len() - 1, "{decisions:?}");
}

#[test]
#[ignore = "slow: make wine runs it"]
fn fifty_sessions_at_once_have_fifty_numbers() {
    let Some(bench) = bench() else { return };
    let world = World::new(bench);
    volley(&world, &(0..50).map(|n| stop(&format!("session {n}"))).collect::<Vec<_>>());
    let played = world.decisions().iter().filter(|(decision, _)| decision == "play").count();
    let text = fs::read_to_string(world.path("state/journal.jsonl")).expect("a journal");
    let mut numbers: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a whole line"))
        .filter(|line| line["kind"] == "occurrence" && line["decision"] == "play")
        .filter_map(|line| line["request"].as_u64())
        .collect();
    numbers.sort_unstable();
    let count = numbers.len();
    numbers.dedup();
    // No number is given twice, and none is lost between two who were in the state at once.
    assert_eq!(numbers.len(), count, "{numbers:?}");
    assert!(count >= 25 && played >= count, "{count} of {played}: {:?}", world.decisions());
    let next = world.status()["speaker"]["next_request"].as_u64().expect("a number");
    assert!(next > *numbers.last().expect("one"), "{next} after {numbers:?}");
}

#[test]
#[ignore = "slow: make wine runs it"]
fn the_state_survives_hooks_that_are_killed() {
    let Some(bench) = bench() else { return };
    let world = World::new(bench);
    let mut last = 0;
    for round in 0..10_u64 {
        let hooks: Vec<_> = (0..5)
            .map(|n| {
                let mut command = world.herald(&["hook", &stop(&format!("killed {round} {n}"))]);
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
            })
            .collect();
        // Each round at another step of their way.
        std::thread::sleep(Duration::from_millis(15 * round));
        for mut hook in hooks {
            let pid = i32::try_from(hook.id()).ok().and_then(Pid::from_raw).expect("a number");
            let _ = kill_process(pid, Signal::KILL);
            let _ = hook.wait();
        }
        let said = world.run(&["hook"], &stop(&format!("after {round}")));
        assert_silent(&said, "after a kill");
        assert_eq!(world.decisions().pop(), Some(pair("play", "ok")), "round {round}");
        let next = world.status()["speaker"]["next_request"].as_u64().expect("a number");
        assert!(next > last, "{next} after {last}");
        last = next;
    }
}

#[test]
#[ignore = "slow: make wine runs it"]
fn places_are_those_of_windows() {
    let Some(bench) = bench() else { return };
    let mut command = bench.wine("herald.exe");
    let said = support::process::run(
        {
            command.args(["config", "path"]);
            command
        },
        b"",
        PATIENCE,
    );
    let said = String::from_utf8(said.expect("it ends").stdout).expect("text");
    assert!(said.contains("\\AppData\\Roaming\\herald\\config\\config.toml"), "{said}");

    let world = World::new(bench);
    fs::write(world.path("config.toml"), "[events.\"task.complete\"]\nenabled = false\n").expect("a configuration");
    let said = world.run(&["config", "path"], "");
    assert_eq!(String::from_utf8(said.stdout).expect("text").trim_end(), windows(&world.path("config.toml")));
    assert_silent(&world.run(&["hook"], &stop("a")), "hook");
    assert_eq!(world.decisions(), [pair("skip", "event-off")]);
    let said = world.run(&["explain", "--json"], &stop("a"));
    assert!(String::from_utf8_lossy(&said.stdout).contains(r#""reason":"event-off""#), "{said:?}");
}

/// The library's own tests of what touches the system, and some of the state's, compiled for Windows.
#[test]
#[ignore = "slow: make wine runs it"]
fn the_tests_of_locks_and_state_pass() {
    let Some(bench) = bench() else { return };
    let programs = bench::test_programs();
    assert_eq!(programs.len(), 2, "{programs:?}");
    for program in programs {
        let beside = program.parent().expect("a folder").join("bcryptprimitives.dll");
        fs::copy(bench.programs.join("bcryptprimitives.dll"), &beside).expect("the stand-in");
        let mut command = bench.wine_path(&program);
        command.args(chosen(&program)).stdin(Stdio::null());
        let said = command.output().expect("it starts");
        let out = String::from_utf8_lossy(&said.stdout);
        assert!(said.status.success(), "{}:\n{out}\n{}", program.display(), String::from_utf8_lossy(&said.stderr));
        assert!(out.contains("test result: ok.") && !out.contains(" 0 passed"), "{out}");
    }
}

/// What is run of a program of tests. Locks cost a hundred times more under Wine, so those that take a hundred thousand
/// are left out; Wine before 9 keeps the name of a removed file until the last handle is closed, which Windows doesn't.
fn chosen(program: &Path) -> &'static [&'static str] {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.starts_with("herald-") {
        &["platform", "speaker", "paths", "journal", "sessions", "--skip", "an_owner_lock_that_is_lost"]
    } else {
        &["a_holder_that_is_killed", "no_id_is_used_twice"]
    }
}

/// A few at once, until all have run, each silent: Wine's server does one thing at a time, and a hook that has to wait
/// for longer than its deadline is gone without a word. What they print goes into a file: services that Wine starts on
/// the way would keep a pipe open.
fn volley(world: &World<'_>, payloads: &[String]) {
    let said = world.path("said");
    let file = || fs::File::options().create(true).append(true).open(&said).expect("a file");
    for few in payloads.chunks(5) {
        let start = |payload: &String| {
            let mut command = world.herald(&["hook", payload]);
            command.stdin(Stdio::null()).stdout(file()).stderr(file()).spawn().expect("it starts")
        };
        let mut children: Vec<_> = few.iter().map(start).collect();
        for child in &mut children {
            let status = wait_for("a hook of many to end", PATIENCE, || child.try_wait().expect("a child"));
            assert!(status.success(), "{status}");
        }
    }
    assert_eq!(fs::read_to_string(&said).expect("a file"), "");
}
