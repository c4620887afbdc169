//! `herald log` and `herald stats` over a journal that is written, moved, cut short and followed.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use herald::paths::Paths;
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::{PATIENCE, TestEnv, wait_for};

fn paths(env: &TestEnv) -> Paths {
    Paths { home: Some(env.home()), config: env.config_file(), data: env.data_dir(), state: env.state_dir() }
}

fn line(n: u64) -> String {
    let (agent, event) = (["codex", "cursor"][n as usize % 2], ["task.complete", "input.idle"][n as usize / 2 % 2]);
    let line = json!({
        "time": format!("2026-11-20T10:{:02}:00Z", n % 60), "kind": "occurrence", "agent": agent, "agent_event": "Stop",
        "event": event, "session": "5f0c2b6e", "decision": "skip", "reason": "throttled", "request": null,
        "took_us": n, "lock_us": 1,
    });
    format!("{line}\n")
}

fn write(env: &TestEnv, numbers: impl Iterator<Item = u64>) {
    let open = fs::OpenOptions::new().create(true).append(true).open(paths(env).journal());
    let text: String = numbers.map(line).collect();
    open.expect("the journal").write_all(text.as_bytes()).expect("room in it");
}

/// The numbers that `herald log` shows.
fn shown(env: &TestEnv, args: &[&str]) -> Vec<u64> {
    let mut command = env.herald();
    command.arg("log").arg("--json").args(args);
    let output = env.finish(command, b"");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").lines().map(number).collect()
}

fn number(line: &str) -> u64 {
    serde_json::from_str::<Value>(line).expect("JSON")["took_us"].as_u64().expect("a number")
}

/// A follower, and the numbers it shows.
struct Follower {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Follower {
    fn of(env: &TestEnv, args: &[&str]) -> Self {
        let mut command = env.herald();
        command.args(["log", "-f", "--json"]).args(args).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a follower");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    fn next(&mut self) -> u64 {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        number(&line)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_follower_tells_each_line_once_across_a_rotation_and_a_cut() {
    let env = TestEnv::new();
    write(&env, 0..3);
    let mut follower = Follower::of(&env, &[]);
    let next = |follower: &mut Follower, count: usize| (0..count).map(|_| follower.next()).collect::<Vec<_>>();
    assert_eq!(next(&mut follower, 3), [0, 1, 2]);
    write(&env, 3..5);
    assert_eq!(next(&mut follower, 2), [3, 4]);
    // What was written before the rotation is told before what is written after it.
    write(&env, 5..6);
    fs::rename(paths(&env).journal(), paths(&env).old_journal()).expect("a rotation");
    write(&env, 6..8);
    assert_eq!(next(&mut follower, 3), [5, 6, 7]);
    // Emptied in place: what is longer than before can't be told apart, what is shorter is new.
    fs::write(paths(&env).journal(), line(8)).expect("a short journal");
    assert_eq!(next(&mut follower, 1), [8]);
    fs::remove_file(paths(&env).journal()).expect("no journal");
    write(&env, 9..10);
    assert_eq!(next(&mut follower, 1), [9]);
}

#[test]
fn a_follower_begins_where_there_is_no_journal_yet_and_filters_what_comes() {
    let env = TestEnv::new();
    let mut follower = Follower::of(&env, &["--agent", "cursor"]);
    write(&env, 0..4);
    assert_eq!([follower.next(), follower.next()], [1, 3]);
}

/// A pipe that nobody reads any more ends it, though nothing happens that could be written.
#[test]
fn a_follower_whose_reader_is_gone_ends_without_a_word() {
    let env = TestEnv::new();
    write(&env, 0..1);
    let mut follower = Follower::of(&env, &[]);
    assert_eq!(follower.next(), 0);
    let Follower { child, lines } = &mut follower;
    let pipe = child.stderr.take();
    // Its end of the pipe is closed with the reader that takes its place.
    let empty = Command::new("true").stdout(Stdio::piped()).spawn().map(|mut it| (it.stdout.take(), it.wait()));
    *lines = BufReader::new(empty.expect("a command").0.expect("a pipe"));
    let status = wait_for("the follower to end", PATIENCE, || child.try_wait().expect("its status"));
    assert!(status.success(), "{status}");
    let mut said = String::new();
    pipe.expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(said, "");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let env = TestEnv::new();
    write(&env, 0..20_000);
    let mut command = env.command("sh");
    command.args(["-c", "\"$1\" log | head -1; \"$1\" log --json | head -1", "sh", env!("CARGO_BIN_EXE_herald")]);
    let output = env.finish(command, b"");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).expect("text").lines().count(), 2);
}

/// Ctrl-C leaves whole lines behind, and the status that shells know.
#[test]
fn an_interrupted_follower_ends_at_once_and_between_two_lines() {
    let env = TestEnv::new();
    write(&env, 0..3);
    let mut follower = Follower::of(&env, &[]);
    assert_eq!([follower.next(), follower.next(), follower.next()], [0, 1, 2]);
    // Not Ctrl-C's signal: whoever runs the tests in the background may have it ignored, and children inherit that.
    kill_process(Pid::from_child(&follower.child), Signal::TERM).expect("a running process");
    let status = follower.child.wait().expect("its status");
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()));
    let mut rest = String::new();
    follower.lines.read_to_string(&mut rest).expect("text");
    follower.child.stderr.take().expect("a pipe").read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
}

#[rstest]
#[case(&[], &[0, 1, 2, 3, 4, 5])]
#[case(&["--last", "2"], &[4, 5])]
#[case(&["-n", "0"], &[])]
#[case(&["--agent", "codex"], &[0, 2, 4])]
#[case(&["--agent", "codex", "--last", "1"], &[4])]
#[case(&["--agent", "codex,cursor", "--event", "input.*"], &[2, 3])]
#[case(&["--event", "Stop"], &[0, 1, 2, 3, 4, 5])]
#[case(&["--reason", "throttled"], &[0, 1, 2, 3, 4, 5])]
#[case(&["--reason", "ok"], &[])]
#[case(&["--skipped", "--since", "2026-11-20T10:04:00Z"], &[4, 5])]
#[case(&["--session", "5f0c2b6e"], &[0, 1, 2, 3, 4, 5])]
#[case(&["--session", "another"], &[])]
fn only_what_is_asked_for_is_shown(#[case] args: &[&str], #[case] expected: &[u64]) {
    let env = TestEnv::new();
    write(&env, 0..6);
    assert_eq!(shown(&env, args), expected);
}

/// What follows from an occurrence is known by its request alone, and the two may lie in different files.
#[test]
fn wherever_the_journal_was_rotated_the_same_lines_are_shown() {
    let env = TestEnv::new();
    let occurrence = |n: u64| {
        let agent = ["codex", "cursor"][n as usize % 2];
        json!({
            "time": "2026-11-20T10:00:00Z", "kind": "occurrence", "agent": agent, "agent_event": "Stop",
            "event": "task.complete", "session": "5f0c2b6e", "decision": "play", "reason": "ok", "request": n,
            "took_us": 10 * n, "lock_us": 1,
        })
    };
    let playback = |n: u64| {
        let (outcome, reason) = [("finished", "ok"), ("failed", "no-output")][n as usize / 2 % 2];
        json!({
            "time": "2026-11-20T10:00:01Z", "kind": "playback", "request": n, "event": "task.complete", "sound": null,
            "outcome": outcome, "reason": reason, "played_ms": 1.0, "took_us": 10 * n + 1,
        })
    };
    // Each is heard when the next three have happened.
    let order = (1..=9).flat_map(|n| [Some(occurrence(n)), (n > 3).then(|| playback(n - 3))]).flatten();
    let lines: Vec<String> = order.map(|line| format!("{line}\n")).collect();
    let questions: Vec<Vec<&str>> = ["1", "3", "100"]
        .iter()
        .flat_map(|last| {
            let narrow: [&[&str]; 4] = [
                &["--agent", "codex"],
                &["--agent", "codex", "--skipped"],
                &["--event", "Stop"],
                &["--reason", "no-output"],
            ];
            narrow.map(|words| [words, &["--last", *last]].concat())
        })
        .collect();
    let told = |split: usize| -> Vec<Vec<u64>> {
        fs::write(paths(&env).old_journal(), lines[..split].concat()).expect("the old journal");
        fs::write(paths(&env).journal(), lines[split..].concat()).expect("the journal");
        questions.iter().map(|words| shown(&env, words)).collect()
    };
    fs::create_dir_all(env.state_dir()).expect("a folder");
    let whole = told(0);
    assert!(whole.iter().all(|lines| !lines.is_empty()), "{whole:?}");
    for split in 1..=lines.len() {
        assert_eq!(told(split), whole, "rotated after {split} lines");
    }
}

#[test]
fn stats_have_their_keys() {
    let env = TestEnv::new();
    write(&env, 0..6);
    for by in ["event", "agent", "reason", "hour", "session"] {
        let output = env.run(["stats", "--by", by, "--json"]);
        let stats: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        for key in ["since", "first", "last", "cut", "reasons", "without_sound", "first_sample_ms", "hook_ms", "hours"]
        {
            assert!(stats.get(key).is_some(), "{key} is missing: {stats}");
        }
        assert_eq!((&stats["happened"], &stats["heard"], &stats["not_heard"]), (&json!(6), &json!(0), &json!(6)));
        assert_eq!(stats["by"], by);
        let rows = stats["rows"].as_array().expect("rows");
        assert_eq!(rows.iter().map(|row| row["not_heard"].as_u64().expect("a count")).sum::<u64>(), 6, "{stats}");
    }
    assert!(String::from_utf8(env.run(["stats"]).stdout).expect("text").contains("throttled"));
}

#[test]
fn nothing_to_count_is_said_kindly() {
    let env = TestEnv::new();
    let output = env.run(["stats"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("Nothing has happened yet") && text.contains("herald install"), "{text}");
}
