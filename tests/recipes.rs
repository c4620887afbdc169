//! The recipes: each block of `docs/recipes.md` is run by the program it is for.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use bench::{Front, occurrences, report, text};
use rstest::rstest;
use support::document;
use support::terminal::Terminal;
use support::{PATIENCE, TestEnv, find_program, or_skip, wait_for};

/// The blocks in that language, in their order.
fn blocks(language: &str) -> Vec<String> {
    let found = document::blocks(&document::file("docs/recipes.md"), language);
    assert!(!found.is_empty(), "{language}");
    found
}

/// A world whose `PATH` begins with Herald, and with a `cargo` and a `make` that end as they are told by `CODE`.
fn world() -> TestEnv {
    let mut env = TestEnv::new();
    env.config("[events.\"command.success\"]\nthrottle = \"0s\"\n[events.\"command.failure\"]\nthrottle = \"0s\"\n");
    Front::with_stand_in(&env);
    env.write("stubs/cargo", "#!/bin/sh\necho \"cargo $*\"\nexit \"${CODE:-0}\"\n");
    let mut executable = env.command("chmod");
    executable.args(["755", "../stubs/cargo"]);
    assert!(env.finish(executable, b"").status.success());
    let (bin, stubs) = (env.path().join("bin"), env.path().join("stubs"));
    env.set("PATH", format!("{}:{}:{}", bin.display(), stubs.display(), std::env::var("PATH").expect("PATH")));
    env
}

fn events(env: &TestEnv) -> Vec<String> {
    occurrences(env).iter().map(|line| text(line, "event")).collect()
}

fn run(env: &TestEnv, program: &str, args: &[&str]) -> Output {
    let mut command: Command = env.command(program);
    command.args(args);
    env.finish(command, b"")
}

#[rstest]
#[case::success("0", "command.success")]
#[case::failure("3", "command.failure")]
fn commands_functions_and_traps_of_a_shell(#[case] code: &str, #[case] event: &str) {
    let blocks = blocks("bash");
    let ends = code.parse().ok();
    let mut env = world();
    env.set("CODE", code);
    env.write("stubs/make", "#!/bin/sh\nexec cargo");
    run(&env, "chmod", &["755", "../stubs/make"]);

    let output = run(&env, "bash", &["-c", &blocks[0]]);
    assert_eq!(output.status.code(), ends, "{}", String::from_utf8_lossy(&output.stderr));
    // The one with `--min` was quick.
    assert_eq!(events(&env), [event, event]);

    let function = blocks[1].replace("10s", "0s");
    let output = run(&env, "bash", &["-c", &format!("{function}cargo test 'a b'")]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (ends, &b"cargo test a b\n"[..]));
    assert_eq!(events(&env).len(), 3);

    let output = run(&env, "bash", &["-c", &format!("set -e\n{}cargo build\nexit 0", blocks[2])]);
    assert_eq!(output.status.code(), ends);
    assert_eq!(events(&env).last().map(String::as_str), Some(event));

    let waits = format!("sleep 0.1 & pid=$!\n{}", blocks[3]);
    assert!(run(&env, "bash", &["-c", &waits]).status.success());
    assert_eq!(events(&env).last().map(String::as_str), Some("task.complete"));
}

#[test]
fn every_block_for_bash_is_tried_and_shellcheck_takes_them() {
    assert_eq!(blocks("bash").len(), 4);
    if or_skip(find_program("shellcheck")).is_none() {
        return;
    }
    let env = world();
    for block in blocks("bash").into_iter().chain(blocks("git-hook")) {
        let mut check = env.command("shellcheck");
        // A variable of the reader's, and a word of the shell's grammar that is Herald's, too.
        check.args(["--shell", "bash", "--exclude", "SC2154,SC1010", "-"]);
        let output = env.finish(check, block.as_bytes());
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[rstest]
#[case::with_herald(true)]
#[case::without(false)]
fn make_builds_with_and_without_herald(#[case] with: bool) {
    if or_skip(find_program("make")).is_none() {
        return;
    }
    let env = world();
    env.write("work/Makefile", blocks("make")[0].replace("10s", "0s"));
    if !with {
        fs::remove_file(env.path().join("bin/herald")).expect("it was there");
    }
    let output = run(&env, "make", &["--no-print-directory", "-s", "check"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "cargo test\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(events(&env).len(), usize::from(with));
}

#[test]
fn just_builds_with_herald() {
    let Ok(just) = find_program("just") else {
        report("not run: just is not installed, and not every distribution has it");
        return;
    };
    let env = world();
    env.write("work/justfile", blocks("just")[0].replace("10s", "0s"));
    let output = run(&env, &just.display().to_string(), &["--quiet", "check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(events(&env), ["command.success"]);
}

#[test]
fn a_bell_and_silence_in_tmux_are_heard() {
    if or_skip(find_program("tmux")).is_none() {
        return;
    }
    let mut env = world();
    env.set("TERM", "xterm");
    env.set("TMUX_TMPDIR", env.runtime_dir());
    env.write("tmux.conf", blocks("tmux").concat());
    let tmux = |args: &[&str]| run(&env, "tmux", &[&["-f", "../tmux.conf", "-L", "herald-test"], args].concat());
    let mut start = env.command("tmux");
    start.args(["-f", "../tmux.conf", "-L", "herald-test", "new-session", "-s", "one", "sh"]);
    // Alerts are for somebody who is there.
    let Some(terminal) = or_skip(Terminal::start(&start)) else { return };
    wait_for("the server", PATIENCE, || tmux(&["has-session", "-t", "one"]).status.success().then_some(()));
    assert!(tmux(&["new-window", "-d", "-t", "one:5", "sh -c 'printf \"\\007\"; sleep 60'"]).status.success());
    env.wait_for_journal(|line| line["event"] == "bell", PATIENCE);
    // A minute is too long for a test.
    assert!(tmux(&["set", "-w", "-t", "one:5", "monitor-silence", "1"]).status.success());
    env.wait_for_journal(|line| line["event"] == "task.complete", PATIENCE);
    let keys = tmux(&["list-keys", "-T", "prefix", "S"]);
    assert!(String::from_utf8_lossy(&keys.stdout).contains("monitor-silence 60"));
    tmux(&["kill-server"]);
    drop(terminal);
}

#[test]
fn a_merge_in_git_is_heard_and_a_missing_herald_is_no_hindrance() {
    if or_skip(find_program("git")).is_none() {
        return;
    }
    let mut env = world();
    for (name, value) in [("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")] {
        env.set(name, value);
    }
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        env.set(name, "somebody");
    }
    let git = |args: &[&str]| {
        let output = run(&env, "git", args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    git(&["init", "-q", "."]);
    let hook = env.write("work/.git/hooks/post-commit", &blocks("git-hook")[0]);
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).expect("its mode");
    assert_eq!(git(&["commit", "-q", "--allow-empty", "-m", "one"]), "");
    assert_eq!(events(&env), ["task.complete"]);
    fs::remove_file(env.path().join("bin/herald")).expect("it was there");
    assert_eq!(git(&["commit", "-q", "--allow-empty", "-m", "two"]), "");
}

#[rstest]
#[case::success("echo made", "command.success")]
#[case::failure("echo a.c:1:2: error: x", "command.failure")]
fn make_and_tasks_in_neovim_are_heard(#[case] program: &str, #[case] event: &str) {
    if or_skip(find_program("nvim")).is_none() {
        return;
    }
    let env = world();
    env.write("work/init.lua", &blocks("lua")[0]);
    let makeprg = format!("let &makeprg = '{program}'");
    let task = "doautocmd User OverseerTaskComplete";
    let args = ["--headless", "-n", "-u", "init.lua", "-c", &makeprg, "-c", "silent make!", "-c", task, "-c", "qa!"];
    let output = run(&env, "nvim", &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    env.wait_for_journal(|line| line["event"] == event, PATIENCE);
    env.wait_for_journal(|line| line["event"] == "task.complete", PATIENCE);
}
