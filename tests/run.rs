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
