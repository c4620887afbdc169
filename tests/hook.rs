//! The hook's contract with its caller: status 0, not one byte, back at once, nothing of the caller's kept.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
#[path = "hook/detached.rs"]
mod detached;
#[path = "hook/malformed.rs"]
mod malformed;
#[path = "hook/spoilt.rs"]
mod spoilt;
#[path = "hook/standard_input.rs"]
mod standard_input;
mod support;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bench::{Front, PROMPT, assert_silent, last_decision, pair, paths, redirected, stop, timed};
use rstest::rstest;
use support::TestEnv;

/// The deadline of a hook that was told the event's name.
const SOON: Duration = Duration::from_millis(1000 + 1000);

#[rstest]
#[case::valid_payload(&[], r#"{"hook_event_name":"Stop","session_id":"a"}"#, "play", "ok")]
#[case::unknown_event(&[], r#"{"hook_event_name":"NobodyKnows","session_id":"a"}"#, "skip", "unknown-event")]
#[case::event_that_is_off(&[], r#"{"hook_event_name":"SessionStart","session_id":"a"}"#, "skip", "event-off")]
#[case::empty_stdin(&[], "", "skip", "unknown-event")]
#[case::white_space(&[], " \r\n\t ", "skip", "unknown-event")]
#[case::no_json(&[], "Stop", "skip", "bad-payload")]
#[case::half_of_it(&[], r#"{"hook_event_name":"#, "skip", "bad-payload")]
#[case::last_argument(&["--agent", "codex", r#"{"type":"agent-turn-complete","turn-id":"1"}"#], "", "play", "ok")]
#[case::event_alone(&["--event", "task.complete"], "", "play", "ok")]
#[case::event_inline(&["--event=task.complete"], "", "play", "ok")]
#[case::unknown_agent(&["--agent", "nobody", "--event", "task.complete"], "", "play", "ok")]
#[case::unknown_flags(&["--frob", "-x", "--agent"], r#"{"hook_event_name":"Stop"}"#, "play", "ok")]
#[case::flags_without_values(&["--event"], r#"{"hook_event_name":"Stop"}"#, "play", "ok")]
#[case::help(&["--help"], r#"{"hook_event_name":"Stop"}"#, "play", "ok")]
#[case::version(&["-V"], r#"{"hook_event_name":"Stop"}"#, "play", "ok")]
#[case::dashes(&["--", "-", "--"], "", "skip", "unknown-event")]
#[case::empty_arguments(&["", ""], "", "skip", "unknown-event")]
fn the_contract_holds_and_something_is_decided(
    #[case] args: &[&str],
    #[case] payload: &str,
    #[case] decision: &str,
    #[case] reason: &str,
) {
    let env = TestEnv::new();
    assert_silent(&env.hook_with(args, payload), &format!("{args:?} {payload:?}"));
    assert_eq!(last_decision(&env), pair(decision, reason), "{args:?} {payload:?}");
    assert_eq!(bench::occurrences(&env).len(), 1, "one line for one hook");
}

#[test]
fn a_name_that_only_the_environment_tells_is_read_and_any_other_wins() {
    let mut env = TestEnv::new();
    env.set("GROK_HOOK_EVENT", "stop");
    let front = Front::with_stand_in(&env);
    let mut events = Vec::new();
    for (args, payload) in [
        (&["--agent", "grok"][..], r#"{"sessionId":"a"}"#),
        (&["--agent", "grok", "--event", "session_start"], r#"{"sessionId":"b"}"#),
        (&["--agent", "grok"], r#"{"sessionId":"c","hookEventName":"session_end"}"#),
        (&["--agent", "claude-code"], r#"{"session_id":"d"}"#),
    ] {
        front.run(&env, args, payload.as_bytes());
        events.push(bench::occurrences(&env).pop().expect("a line")["event"].clone());
    }
    assert_eq!(
        events,
        [Some("task.complete"), Some("session.start"), Some("session.end"), None].map(serde_json::Value::from)
    );
}

#[test]
fn arguments_that_are_no_text_are_passed_over() {
    let env = TestEnv::new();
    let broken = || OsString::from_vec(b"--\xff\xfe".to_vec());
    let args = [broken(), "--agent".into(), OsString::from_vec(b"\x80codex".to_vec()), "--event".into(), "Stop".into()];
    assert_silent(&env.hook_with(args, ""), "not UTF-8");
    assert_eq!(last_decision(&env), pair("play", "ok"));
    assert_silent(&env.hook_with([OsString::from_vec(vec![b'{', 0xff, b'}'])], ""), "a payload that is not UTF-8");
}

#[rstest]
#[case::stdin_closed("0<&-")]
#[case::stdin_null("0</dev/null")]
#[case::stdin_a_directory("0</")]
#[case::stdin_for_writing_only("0>/dev/null")]
#[case::stdout_closed("0</dev/null >&-")]
#[case::stderr_closed("0</dev/null 2>&-")]
#[case::all_closed("0<&- >&- 2>&-")]
#[case::stdout_full("0</dev/null >/dev/full")]
fn odd_descriptors_do_no_harm(#[case] how: &str) {
    let env = TestEnv::new();
    let mut hook = env.herald();
    hook.args(["hook", "--agent", "claude-code", "--event", "Stop"]);
    let mut shell = redirected(&env, how, &hook);
    shell.stdin(Stdio::null());
    let (output, took) = timed(shell);
    assert_silent(&output, how);
    assert!(took < SOON, "{how}: {took:?}");
    assert_eq!(last_decision(&env), pair("play", "ok"), "{how}");
    env.wait_for_players_to_end(support::PATIENCE);
    // With descriptors 0 to 2 closed, the first files that are opened get their numbers: nothing may be written to them.
    let run = paths(&env).run();
    assert_eq!(fs::metadata(run.join("arb.lock")).expect("the lock").len(), 0, "{how}");
}

#[test]
fn without_home_it_is_silent_and_finds_the_state_all_the_same() {
    let mut env = TestEnv::new();
    env.unset("HOME");
    assert_silent(&env.hook(stop("a")), "HOME is unset");
    assert_eq!(last_decision(&env), pair("play", "ok"));
    env.set("HOME", "");
    assert_silent(&env.hook(stop("b")), "HOME is empty");
    assert_eq!(bench::occurrences(&env).len(), 2);
}

/// As under sudo: the state goes to the home that the user database names, and nothing into the other's.
#[test]
fn the_home_of_another_user_is_left_alone() {
    if herald::platform::effective_user() != 0 {
        bench::report("skipped: only root can make another user's directory");
        return;
    }
    let mut env = TestEnv::new();
    chown(env.home(), Some(65_534), Some(65_534)).expect("root may");
    env.unset("HERALD_STATE_DIR");
    env.unset("HERALD_CONFIG");
    env.unset("HERALD_DATA_DIR");
    // Off, and therefore decided without any state; the journal's line is all that reaches the real home. So the
    // journal must not be writable there either: the test leaves nothing behind.
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", "mount -t tmpfs none \"$0\" || exit 77; \"$@\"; s=$?; ls -A \"$0\"; exit $s"]);
    let registered = herald::platform::registered_home().expect("root has a home");
    command.arg(&registered).arg(env!("CARGO_BIN_EXE_herald")).args(["hook", "--event", "SessionStart"]);
    if std::path::Path::new(env!("CARGO_BIN_EXE_herald")).starts_with(&registered) {
        bench::report("skipped: the build lies in the home that would be covered");
        return;
    }
    let variables: Vec<_> = env.herald().get_envs().map(|(k, v)| (k.to_owned(), v.map(ToOwned::to_owned))).collect();
    command.env_clear().envs(variables.into_iter().filter_map(|(k, v)| Some((k, v?)))).stdin(Stdio::null());
    let (output, _) = timed(command);
    if output.status.code() == Some(77) || output.status.code() == Some(1) {
        bench::report("skipped: no mount is permitted here");
        return;
    }
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), ".local", "the state went to the registered home");
    assert_eq!(fs::read_dir(env.home()).expect("the other's home").count(), 0, "nothing was left in the other's home");
}

#[test]
fn without_the_player_beside_it_that_is_what_is_written_down() {
    let env = TestEnv::new();
    let front = Front::without_player(&env);
    assert_eq!(front.decide(&env, &stop("a")), pair("skip", "no-player"));
    let line = bench::occurrences(&env).pop().expect("it was just read");
    assert!(line["request"].is_null(), "what nobody plays is no request: {line}");
    assert!(bench::text(&line, "detail").contains("herald-player"), "{line}");
    // Nothing waits for ever for a player that never comes.
    let (state, _) = herald::speaker::Speaker::peek(&paths(&env).run()).expect("the run directory").expect("a state");
    assert_eq!(state.pending, None);
}

/// Found only when the hook is gone: whoever was to become the player takes its request back.
#[rstest]
#[case::played("", "playback")]
#[case::held_back("[events.\"task.complete\"]\ndelay = \"1m\"\n", "speaker")]
fn what_a_player_that_cannot_be_run_was_to_play_waits_for_nobody(#[case] config: &str, #[case] kind: &str) {
    let env = TestEnv::new();
    env.config(config);
    let front = Front::without_player(&env);
    let player = env.write("bin/herald-player", b"\x7fELF, and no more of it");
    fs::set_permissions(&player, fs::Permissions::from_mode(0o755)).expect("its mode");
    front.run(&env, &[], stop("a").as_bytes());
    let line = env.wait_for_journal(|line| line["kind"] == kind, support::PATIENCE);
    assert!(line["detail"].as_str().is_some_and(|why| why.contains("could not start herald-player")), "{line}");
    match kind {
        "playback" => {
            assert_eq!((&line["outcome"], &line["reason"]), (&"failed".into(), &"no-player".into()));
            assert_eq!(line["request"], bench::occurrences(&env)[0]["request"]);
        }
        _ => assert_eq!(line["what"], "called-off"),
    }
    let (state, _) = herald::speaker::Speaker::peek(&paths(&env).run()).expect("the run directory").expect("a state");
    assert_eq!((state.pending, state.deferred), (None, Vec::new()));
    support::wait_for("the last of it to end", support::PATIENCE, || (!front.is_running()).then_some(()));
}

/// Whoever waits for the end of a hook's output doesn't wait for the player to begin.
#[test]
fn the_caller_s_streams_are_given_up_before_another_process_could_hold_them() {
    let Some(strace) = support::or_skip(support::Strace::find()) else { return };
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let mut command = strace.with(&env, &["-e", "trace=dup2,dup3,fork,vfork,clone,clone3,execve"], &front.herald);
    command.arg("hook");
    assert_silent(&env.finish(command, stop("a").as_bytes()), "traced");
    let trace = strace.written(&env);
    let hook = trace.split(' ').next().expect("a process");
    let calls: Vec<&str> = trace.lines().filter_map(|line| line.strip_prefix(hook)).collect();
    let at = |what: &dyn Fn(&str) -> bool| calls.iter().position(|call| what(call));
    let born = at(&|call| call.contains("fork(") || call.contains("clone")).expect("a process is made");
    for stream in 0..3 {
        let given_up = at(&|call| call.contains("dup") && call.contains(&format!(", {stream}")));
        assert!(given_up.is_some_and(|given_up| given_up < born), "{stream}: {trace}");
    }
}

#[rstest]
#[case::not_toml("volume = = 3\n\u{0}[[[")]
#[case::wrong_types("volume = \"loud\"\nevents = 7\n")]
#[case::unknown_words("vlume = 3\n[speker]\nx = 1\n")]
fn a_broken_configuration_harms_nobody(#[case] toml: &str) {
    let env = TestEnv::new();
    env.config(toml);
    assert_silent(&env.hook(stop("a")), toml);
    assert_eq!(last_decision(&env), pair("play", "ok"), "the defaults hold");
}

#[test]
fn a_configuration_that_cannot_be_read_harms_nobody() {
    for broken in ["directory", "binary", "link to itself", "pipe"] {
        let env = TestEnv::new();
        let file = env.config_file();
        match broken {
            "directory" => fs::create_dir_all(file.join("config.toml")).expect("a directory"),
            "binary" => fs::write(&file, [0xff, 0xfe, 0x00, 0x80]).expect("a file"),
            "pipe" => make_pipe(&file),
            _ => std::os::unix::fs::symlink(&file, &file).expect("a link"),
        }
        let start = Instant::now();
        assert_silent(&env.hook(stop("a")), broken);
        assert!(start.elapsed() < PROMPT, "{broken}: {:?}", start.elapsed());
        assert_eq!(last_decision(&env).0, "play", "{broken}");
    }
}

fn make_pipe(file: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(file).status().expect("mkfifo is everywhere").success());
}

#[rstest]
#[case::a_file("file")]
#[case::below_a_file("file/below")]
#[case::missing_and_deep("a/b/c/d")]
#[case::read_only("read-only")]
#[case::a_link_to_nowhere("nowhere")]
#[case::no_state_directory_at_all("\0")]
fn a_state_directory_that_cannot_be_used_harms_nobody(#[case] place: &str) {
    let mut env = TestEnv::new();
    env.write("file", "precious");
    fs::create_dir(env.path().join("read-only")).expect("a directory");
    fs::set_permissions(env.path().join("read-only"), fs::Permissions::from_mode(0o500)).expect("its mode");
    std::os::unix::fs::symlink("/nonexistent/place", env.path().join("nowhere")).expect("a link");
    // An empty variable counts as none; a home that can't be written stands for the rest.
    if place == "\0" {
        env.set("HERALD_STATE_DIR", "");
        env.set("HOME", env.path().join("read-only"));
    } else {
        env.set("HERALD_STATE_DIR", env.path().join(place));
    }
    let start = Instant::now();
    assert_silent(&env.hook(stop("a")), place);
    assert!(start.elapsed() < PROMPT, "{place}: {:?}", start.elapsed());
    assert_eq!(fs::read_to_string(env.path().join("file")).expect("it is there"), "precious");
    // The world ends players by its own state directory only.
    std::thread::sleep(Duration::from_millis(100));
}

/// What was decided but for one reason.
fn decisions_but(env: &TestEnv, reason: &str) -> Vec<(String, String)> {
    bench::decisions(env).into_iter().filter(|(_, why)| why != reason).collect()
}

/// So does every other command: what it prints never ends up in a file that happens to have the number of a stream.
#[rstest]
#[case::stdout_closed(">&-")]
#[case::all_closed("0<&- >&- 2>&-")]
#[case::into_a_closed_pipe("| true")]
fn a_command_without_standard_streams_writes_into_no_file(#[case] streams: &str) {
    let env = TestEnv::new();
    env.hook(stop("one"));
    for command in ["log", "status", "play task.complete", "nonsense"] {
        let mut shell = env.command("sh");
        shell.args(["-c", &format!("exec \"$0\" {command} {streams}"), env!("CARGO_BIN_EXE_herald")]);
        env.finish(shell, b"");
    }
    let journal = std::fs::read_to_string(env.state_dir().join("journal.jsonl")).expect("the journal");
    for line in journal.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line["kind"].is_string()), "{line}");
    }
}
