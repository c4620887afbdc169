//! What was asked of the kernel, by strace.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use super::contender::{Stage, Who};
use crate::lab::start;
use crate::support::find_program;

/// Of one run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) processes: usize,
    pub(crate) calls: usize,
    pub(crate) by_name: BTreeMap<String, usize>,
}

/// The whole of it, with all that is started.
pub(crate) fn trace(stage: &Stage, who: Who) -> Option<Trace> {
    run(stage, who, &["-f"])
}

/// The first process alone.
pub(crate) fn trace_first(stage: &Stage, who: Who) -> Option<Trace> {
    run(stage, who, &[])
}

fn run(stage: &Stage, who: Who, options: &[&str]) -> Option<Trace> {
    let strace = find_program("strace").ok()?;
    let (command, input) = who.command(stage);
    let file = stage.env().path().join("trace");
    let mut traced = Command::new(strace);
    traced.args(options).arg("-o").arg(&file).arg(command.get_program()).args(command.get_args()).env_clear();
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let (begun, mut child) = start(traced, &input);
    while child.try_wait().ok()?.is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    stage.settle();
    Some(count(&std::fs::read_to_string(file).ok()?))
}

/// A line begins a call if it names one; its second half, where another process came between, begins with `<...`.
fn count(trace: &str) -> Trace {
    let mut counted = Trace { processes: 1, ..Trace::default() };
    for line in trace.lines() {
        let call = line.trim_start_matches(|it: char| it.is_ascii_digit() || it == ' ');
        let Some((name, rest)) = call.split_once('(') else { continue };
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
            continue;
        }
        counted.calls += 1;
        *counted.by_name.entry(name.to_owned()).or_default() += 1;
        let is_birth = matches!(name, "fork" | "vfork" | "clone" | "clone3");
        counted.processes += usize::from(is_birth && !rest.contains("CLONE_THREAD"));
    }
    counted
}
