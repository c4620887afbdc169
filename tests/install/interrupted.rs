//! An installation that is killed, or meets a full disk, at any of its system calls.
//!
//! strace does it, at one call after the other: whatever happens, a file is the old one or the new one, whole, and
//! going on from there leads to the same end.

use std::fs;

use crate::support::{Strace, TestEnv, or_skip};
use crate::world::{AGENTS, ok, one};

const BEFORE: &str = "{\n  // mine\n  \"model\": \"best\"\n}\n";

const INSTALL: [&str; 2] = ["install", "claude-code"];

fn world() -> TestEnv {
    let claude = &AGENTS[2];
    let env = one(claude);
    fs::write(claude.path(&env), BEFORE).expect("a file");
    env
}

/// The calls an installation makes, and what it leaves.
fn undisturbed(strace: &Strace) -> (Vec<(String, usize)>, String) {
    let env = world();
    ok(&env.finish(strace.command(&env, &[], env!("CARGO_BIN_EXE_herald"), INSTALL), b""));
    (strace.calls(&env), fs::read_to_string(AGENTS[2].path(&env)).expect("text"))
}

fn disturbed(kind: &str) {
    let Some(strace) = or_skip(Strace::find()) else { return };
    let (calls, after) = undisturbed(&strace);
    assert!(calls.len() > 30, "only {} calls were seen", calls.len());
    let after = after.replace(env!("CARGO_BIN_EXE_herald"), "HERALD");
    let mut seen = [false, false];
    for (call, nth) in calls {
        let env = world();
        let file = AGENTS[2].path(&env);
        let spoiled = [format!("{call}:{kind}:when={nth}")];
        let output = env.finish(strace.command(&env, &spoiled, env!("CARGO_BIN_EXE_herald"), INSTALL), b"");
        let about = || format!("{kind} at {call} {nth}: {output:?}");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", about()));
        let text = text.replace(env!("CARGO_BIN_EXE_herald"), "HERALD");
        assert!(text == BEFORE || text == after, "{}\n{text}", about());
        seen[usize::from(text == after)] = true;
        // From here on as if nothing had been: to the new one, and back to the old.
        ok(&env.run(INSTALL));
        let there = fs::read_to_string(&file).expect("text").replace(env!("CARGO_BIN_EXE_herald"), "HERALD");
        assert_eq!(there, after, "{}", about());
        ok(&env.run(["uninstall", "claude-code"]));
        assert_eq!(fs::read_to_string(&file).expect("text"), BEFORE, "{}", about());
        let left: Vec<_> = fs::read_dir(env.home().join(".claude")).expect("a folder").flatten().collect();
        assert_eq!(left.len(), 1, "{}: {left:?}", about());
    }
    assert_eq!(seen, [true, true], "it was never disturbed before, or never behind the change");
}

#[test]
fn killed_at_any_call_it_leaves_the_old_file_or_the_new_one() {
    disturbed("signal=KILL");
}

#[test]
fn a_full_disk_at_any_call_leaves_the_old_file_or_the_new_one() {
    disturbed("error=ENOSPC");
}
