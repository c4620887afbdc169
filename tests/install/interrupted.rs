//! An installation that is killed, or meets a full disk, at any of its system calls.
//!
//! strace does it, at one call after the other: whatever happens, a file is the old one or the new one, whole, and
//! going on from there leads to the same end.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{TestEnv, find_program, or_skip};
use crate::world::{AGENTS, ok, one};

const BEFORE: &str = "{\n  // mine\n  \"model\": \"best\"\n}\n";

/// What an installation asks of the kernel that can change or fail anything.
const CALLS: &str = "openat,open,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,chmod,\
                     fchmod,fchmodat,read,close,statx,newfstatat,flock,readlink,execve,mmap,brk,munmap,lseek,getdents64";

fn strace(program: &Path, env: &TestEnv, trace: &Path, inject: Option<&str>) -> Command {
    let mut command = env.command(program);
    command.args(["-f", "-qq", "-o"]).arg(trace).args(["-e", &format!("trace={CALLS}"), "-e", "signal=none"]);
    command.args(inject.into_iter().flat_map(|inject| ["-e", inject]));
    command.args([env!("CARGO_BIN_EXE_herald"), "install", "claude-code"]);
    command
}

fn world() -> TestEnv {
    let claude = &AGENTS[2];
    let env = one(claude);
    fs::write(claude.path(&env), BEFORE).expect("a file");
    env
}

/// How many calls an installation makes, and what it leaves.
fn undisturbed(program: &Path) -> (usize, String) {
    let env = world();
    let trace = env.path().join("trace");
    ok(&env.finish(strace(program, &env, &trace, None), b""));
    let calls = fs::read_to_string(&trace).expect("a trace").lines().filter(|line| line.contains('(')).count();
    (calls, fs::read_to_string(AGENTS[2].path(&env)).expect("text"))
}

fn disturbed(kind: &str) {
    let Some(program) = or_skip(find_program("strace")) else { return };
    let (calls, after) = undisturbed(&program);
    assert!(calls > 30, "only {calls} calls were seen");
    let after = after.replace(env!("CARGO_BIN_EXE_herald"), "HERALD");
    let mut seen = [false, false];
    for nth in 1..=calls {
        let env = world();
        let file = AGENTS[2].path(&env);
        let inject = format!("inject={CALLS}:{kind}:when={nth}");
        let output = env.finish(strace(&program, &env, &env.path().join("trace"), Some(&inject)), b"");
        let about = || format!("{kind} at call {nth}: {output:?}");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", about()));
        let text = text.replace(env!("CARGO_BIN_EXE_herald"), "HERALD");
        assert!(text == BEFORE || text == after, "{}\n{text}", about());
        seen[usize::from(text == after)] = true;
        // From here on as if nothing had been: to the new one, and back to the old.
        ok(&env.run(["install", "claude-code"]));
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
