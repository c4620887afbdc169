//! Input and output: the command's own, to the byte, and closed when it closes them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::support::{PATIENCE, TestEnv, wait_for};
use crate::{finish, herald, out, world};

#[test]
fn every_byte_goes_in_and_out_as_it_is() {
    let (env, front) = world();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let output = env.finish(herald(&env, &front, &["run", "--", "cat"]), &bytes);
    assert!(output.stdout == bytes && output.stderr.is_empty());
}

#[test]
fn ten_thousand_lines_on_each_output_stay_apart_and_whole() {
    let (env, front) = world();
    let script = "i=0; while [ $i -lt 10000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done; exit 3";
    let output = finish(&env, &front, &["run", "--", "sh", "-c", script]);
    let lines = |word: &str| (0..10_000).map(|i| format!("{word} {i}\n")).collect::<String>();
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout == lines("out").as_bytes() && output.stderr == lines("err").as_bytes());
}

/// `finish` fails where something that was left behind holds an output open; here that could only be the player.
#[test]
fn nothing_is_held_open_by_what_is_started_for_the_sound() {
    let env = TestEnv::new();
    for status in [0, 1] {
        let output = env.run(["run", "--", "sh", "-c", &format!("echo done; exit {status}")]);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(status), "done\n"));
    }
    assert_eq!(crate::events(&env), ["command.success", "command.failure"]);
}

#[test]
fn a_reader_that_goes_away_ends_the_command_as_ever() {
    let (env, front) = world();
    let mut command = env.command("bash");
    command.args(["-c", "\"$1\" run -- yes | head -n 1; echo ${PIPESTATUS[0]}", "bash"]).arg(&front.herald);
    assert_eq!(out(&env.finish(command, b"")), "y\n141\n");
    assert!(crate::events(&env).is_empty());
}

#[test]
fn arguments_variables_and_the_directory_are_the_callers() {
    let (mut env, front) = world();
    env.set("SOMETHING", "of the caller's");
    let mut command = herald(&env, &front, &["run", "--", "sh", "-c"]);
    command.arg("printf '%s|' \"$@\" \"$SOMETHING\" \"$(env | wc -l)\" \"$PWD\"").arg("sh");
    command.args([OsStr::new(""), OsStr::new("a b"), OsStr::new("--min"), OsStr::from_bytes(b"\xff*$x'\"\n")]);
    let output = env.finish(command, b"");
    let mut plain = env.command("sh");
    plain.args(["-c", "env | wc -l"]);
    let count = out(&env.finish(plain, b""));
    let expected = [
        &b"|a b|--min|\xff*$x'\"\n|of the caller's|"[..],
        count.trim().as_bytes(),
        b"|",
        env.work_dir().as_os_str().as_bytes(),
        b"|",
    ]
    .concat();
    assert!(output.stdout == expected, "{}", out(&output));
}

#[test]
fn open_files_of_the_caller_are_handed_on() {
    let (env, front) = world();
    let mut command = env.command("sh");
    command.args(["-c", "exec 5>five; \"$1\" run -- sh -c 'echo through >&5'", "sh"]).arg(&front.herald);
    assert!(env.finish(command, b"").status.success());
    assert_eq!(fs::read_to_string(env.work_dir().join("five")).expect("the file"), "through\n");
}

/// What waits for hours beside a build takes next to no memory of its own.
#[test]
fn while_the_command_runs_herald_is_small() {
    let (env, front) = world();
    let mut child = herald(&env, &front, &["run", "--", "sh", "-c", "echo x > ready; read line"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    wait_for("the command to begin", PATIENCE, || env.work_dir().join("ready").exists().then_some(()));
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("its memory");
    let kilobytes: u32 = own.trim().trim_end_matches(" kB").parse().expect("a number");
    drop(child.stdin.take());
    child.wait().expect("its end");
    assert!(kilobytes < 2048, "{kilobytes} kB");
}
