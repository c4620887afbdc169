//! What the tests of the front share: a copy of `herald` with a stand-in for the player beside it, and callers with odd
//! pipes.

#![allow(dead_code, unused_imports, reason = "each test target uses only a part of it")]

#[path = "chance.rs"]
mod chance;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use herald::paths::Paths;
use serde_json::{Value, json};

pub(crate) use chance::Chance;

use crate::support::{PATIENCE, TestEnv};

/// The hook's own deadline, and what a machine that does ten other things may add to it.
pub(crate) const PROMPT: Duration = Duration::from_millis(1200 + 1800);

/// `quick`, or `full` where `HERALD_TEST_FULL=1` asks for everything.
pub(crate) fn rounds(quick: usize, full: usize) -> usize {
    if std::env::var("HERALD_TEST_FULL").is_ok_and(|value| value == "1") { full } else { quick }
}

/// Prints a line of the test's own report.
#[allow(clippy::print_stderr, reason = "the test's own report")]
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}

/// A hook's whole contract with its caller.
#[track_caller]
pub(crate) fn assert_silent(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {}", output.status);
    assert!(output.stdout.is_empty(), "{what}: stdout {:?}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stderr.is_empty(), "{what}: stderr {:?}", String::from_utf8_lossy(&output.stderr));
}

/// The payload of an agent whose turn ended.
pub(crate) fn stop(session: &str) -> String {
    json!({ "hook_event_name": "Stop", "session_id": session, "cwd": "/project" }).to_string()
}

/// What the journal says was decided, oldest first, as `(decision, reason)`.
pub(crate) fn decisions(env: &TestEnv) -> Vec<(String, String)> {
    occurrences(env).iter().map(|line| (text(line, "decision"), text(line, "reason"))).collect()
}

pub(crate) fn occurrences(env: &TestEnv) -> Vec<Value> {
    env.journal().into_iter().filter(|line| line["kind"] == "occurrence").collect()
}

pub(crate) fn text(line: &Value, key: &str) -> String {
    line[key].as_str().unwrap_or_default().to_owned()
}

/// What was decided last.
#[track_caller]
pub(crate) fn last_decision(env: &TestEnv) -> (String, String) {
    decisions(env).pop().expect("the journal has an occurrence")
}

pub(crate) fn pair(decision: &str, reason: &str) -> (String, String) {
    (decision.to_owned(), reason.to_owned())
}

/// The places of a world, for the library.
pub(crate) fn paths(env: &TestEnv) -> Paths {
    Paths { home: Some(env.home()), config: env.config_file(), data: env.data_dir(), state: env.state_dir() }
}

/// `herald` as it is, with a program beside it that is called like the player, plays nothing, and writes its arguments
/// down. What is decided can be judged by it without a sound server, and no failing output cools anything down.
pub(crate) struct Front {
    pub(crate) herald: PathBuf,
    called: PathBuf,
}

impl Front {
    /// `herald` and nothing beside it.
    pub(crate) fn without_player(env: &TestEnv) -> Self {
        let folder = env.path().join("bin");
        fs::create_dir_all(&folder).expect("a folder");
        let herald = folder.join("herald");
        let real = Path::new(env!("CARGO_BIN_EXE_herald"));
        fs::hard_link(real, &herald).or_else(|_| fs::copy(real, &herald).map(drop)).expect("a copy of herald");
        Self { herald, called: folder.join("called") }
    }

    pub(crate) fn with_stand_in(env: &TestEnv) -> Self {
        let front = Self::without_player(env);
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"called $*\" >> '{}'\n", front.called.display());
        // Written by another process: one of ours that forks meanwhile would keep it open, and it could not be run.
        let player = env.path().join("bin/herald-player");
        let mut command = env.command("sh");
        command.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(player);
        assert!(env.finish(command, script.as_bytes()).status.success());
        front
    }

    pub(crate) fn hook(&self, env: &TestEnv) -> Command {
        let mut command = env.command(&self.herald);
        command.arg("hook");
        command
    }

    /// Runs the hook to its end.
    #[track_caller]
    pub(crate) fn run(&self, env: &TestEnv, args: &[&str], payload: &[u8]) {
        let mut command = self.hook(env);
        command.args(args);
        assert_silent(&env.finish(command, payload), &format!("{args:?}"));
    }

    /// Runs the hook and says what it decided.
    #[track_caller]
    pub(crate) fn decide(&self, env: &TestEnv, payload: &str) -> (String, String) {
        self.run(env, &[], payload.as_bytes());
        last_decision(env)
    }

    /// Whether this copy of `herald` is being run by anybody.
    pub(crate) fn is_running(&self) -> bool {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes.filter_map(|process| fs::read_link(process.path().join("exe")).ok()).any(|exe| exe == self.herald)
    }

    /// The arguments of each start of the stand-in so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        fs::read_to_string(&self.called).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Waits for the stand-in to have been started that often.
    #[track_caller]
    pub(crate) fn wait_for_calls(&self, count: usize) -> Vec<String> {
        crate::support::wait_for("the stand-in to be started", PATIENCE, || {
            Some(self.calls()).filter(|calls| calls.len() >= count)
        })
    }
}

/// Hooks that are all running and all wait for their payload.
pub(crate) struct Volley(Vec<Child>);

impl Volley {
    pub(crate) fn of(commands: impl IntoIterator<Item = Command>) -> Self {
        let start = |mut command: Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("could not start a hook")
        };
        Self(commands.into_iter().map(start).collect())
    }

    /// Gives each its payload, and waits for them all. Each must keep the contract.
    #[track_caller]
    pub(crate) fn fire(mut self, payload: impl Fn(usize) -> String) {
        for (index, child) in self.0.iter_mut().enumerate() {
            let mut stdin = child.stdin.take().expect("a pipe");
            // A hook that was started too early for its patience is gone by now.
            let _ = stdin.write_all(payload(index).as_bytes());
        }
        for child in self.0 {
            assert_silent(&child.wait_with_output().expect("a hook's end"), "one of many");
        }
    }
}

/// Runs a command that holds its own pipes, and tells how long it took.
#[track_caller]
pub(crate) fn timed(mut command: Command) -> (Output, Duration) {
    let start = Instant::now();
    let output = command.output().expect("could not run the command");
    (output, start.elapsed())
}

/// The same command, started by a shell that first redirects as it is told, as in `0<&- 3>&1`.
pub(crate) fn redirected(env: &TestEnv, how: &str, command: &Command) -> Command {
    let mut shell = env.command("sh");
    shell.args(["-c", &format!("exec \"$@\" {how}"), "sh"]).arg(command.get_program()).args(command.get_args());
    shell
}
