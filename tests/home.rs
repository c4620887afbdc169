//! The static front where the environment names no home: whoever the user database knows is found, wherever that is kept.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;
use std::time::{Duration, Instant};

use support::root::{copy_program, static_herald};
use support::{PATIENCE, TestEnv, find_program, or_skip, process};

/// Nobody has this number.
const USER: &str = "54321";

/// Runs the hook as that user, with `getent` answering by this script.
fn hook(getent: &str) -> Option<(TestEnv, Output, Duration)> {
    let front = static_herald()?;
    if !rustix::process::geteuid().is_root() {
        return or_skip(Err(support::Missing("the right to run as another user".to_owned())));
    }
    let setpriv = or_skip(find_program("setpriv"))?;
    let env = TestEnv::new();
    let (herald, getent_file) = (env.path().join("bin/herald"), env.path().join("bin/getent"));
    fs::create_dir_all(env.path().join("bin")).expect("a folder");
    copy_program(front, &herald);
    let script = env.write("getent", getent.replace("HOME", &env.home().display().to_string()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("its mode");
    copy_program(&script, &getent_file);
    fs::set_permissions(env.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    std::os::unix::fs::chown(env.home(), Some(54321), Some(54321)).expect("another owner");
    let mut command = env.command(setpriv);
    command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", env.path().join("bin").display()));
    command.args(["--reuid", USER, "--clear-groups"]).arg(herald).args(["hook", "--agent", "claude-code"]);
    let begun = Instant::now();
    let said = process::run(command, br#"{"hook_event_name":"Stop","session_id":"a"}"#, PATIENCE).expect("it ends");
    let took = begun.elapsed();
    assert!(said.status.success() && said.stdout.is_empty() && said.stderr.is_empty(), "{said:?}");
    Some((env, said, took))
}

#[test]
fn a_user_of_a_directory_service_has_a_home_without_the_variable() {
    let script = "#!/bin/sh\n[ \"$*\" = 'passwd 54321' ] && echo 'anna:*:54321:54321:Anna:HOME:/bin/sh'\n";
    let Some((env, _, _)) = hook(script) else { return };
    let journal = env.home().join(".local/state/herald/journal.jsonl");
    let journal = fs::read_to_string(&journal).unwrap_or_else(|error| panic!("{}: {error}", journal.display()));
    assert!(journal.contains("task.complete"), "{journal}");
}

#[test]
fn a_directory_service_that_does_not_answer_holds_nobody_up() {
    let Some((env, _, took)) = hook("#!/bin/sh\nexec sleep 1000\n") else { return };
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(!env.home().join(".local").exists(), "nothing was found out, so nothing is written");
}
