//! `herald run` and `herald done`: a command is what it would be without Herald, and then there is a sound.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

#[path = "run/done.rs"]
mod done;
#[path = "run/signals.rs"]
mod signals;
#[path = "run/status.rs"]
mod status;
#[path = "run/streams.rs"]
mod streams;
#[path = "run/trouble.rs"]
mod trouble;

use std::process::{Command, Output};

use bench::{Front, occurrences, text};
use support::TestEnv;

/// A world with a stand-in for the player, where nothing is throttled.
fn world() -> (TestEnv, Front) {
    let env = TestEnv::new();
    env.config("[events.\"command.success\"]\nthrottle = \"0s\"\n[events.\"command.failure\"]\nthrottle = \"0s\"\n");
    let front = Front::with_stand_in(&env);
    (env, front)
}

fn herald(env: &TestEnv, front: &Front, args: &[&str]) -> Command {
    let mut command = env.command(&front.herald);
    command.args(args);
    command
}

fn finish(env: &TestEnv, front: &Front, args: &[&str]) -> Output {
    env.finish(herald(env, front, args), b"")
}

/// Whether whoever started the tests has this signal ignored, as a shell has Ctrl-C's for its background jobs: every
/// child inherits that, so that nothing can be seen of it here.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    let ignored = u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask >> (signal - 1) & 1 == 1);
    if ignored {
        bench::report(&format!("skipped: signal {signal} is ignored here"));
    }
    ignored
}

/// What is told of a command that ended so; nothing of one that somebody stopped.
fn event_of(status: i32) -> Option<&'static str> {
    match status {
        0 => Some("command.success"),
        130 | 141 | 148 => None,
        _ => Some("command.failure"),
    }
}

/// The events that were heard or skipped, oldest first.
fn events(env: &TestEnv) -> Vec<String> {
    occurrences(env).iter().map(|line| text(line, "event")).collect()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
