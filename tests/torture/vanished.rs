//! The state directory goes away: its file system is unmounted, it is removed, moved, or something is mounted over it;
//! between two hooks, and under a player that speaks.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::bench::{self, Front, report};
use crate::support::recorder::RATE;
use crate::support::{Depth, Evidence, Kind, PATIENCE, Recorder, Server, TestEnv, Tone, find_program, server_or_skip};

/// What a shell needs to do with mounts of its own, and to wait for the test and be waited for.
const HELPERS: &str = r#"
    tmpfs() { mount -t tmpfs -o mode=0700,size=4m none "$1" || exit 77; }
    ask() { printf '{"hook_event_name":"%s","session_id":"%s"}' "$1" "$2" | timeout 20 "$HERALD" hook || exit 3; }
    say() { : > "$WORLD/$1"; }
    hear() { n=0; until [ -e "$WORLD/$1" ]; do n=$((n + 1)); [ $n -lt 3000 ] || exit 4; sleep 0.01; done; }
"#;

#[derive(Clone, Copy, Debug)]
enum Loss {
    Unmounted,
    Removed,
    Moved,
    MountedOver,
}

impl Loss {
    fn commands(self) -> &'static str {
        match self {
            Self::Unmounted => "umount -l \"$STATE\"",
            Self::Removed => "rm -rf \"$STATE\"",
            Self::Moved => "mv \"$STATE\" \"$STATE.old\"",
            Self::MountedOver => "tmpfs \"$STATE\"",
        }
    }

    /// What has to be there first.
    fn before(self) -> &'static str {
        if matches!(self, Self::Unmounted) { "tmpfs \"$STATE\"" } else { ":" }
    }
}

/// A shell with mounts of its own, which end with it and with the players that were started in it.
fn in_a_namespace(env: &TestEnv, herald: PathBuf, script: &str) -> Command {
    let mut command = env.command("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", &format!("{HELPERS}\n{script}")]);
    command.env("HERALD", herald).env("STATE", env.state_dir()).env("WORLD", env.path());
    command
}

fn may_mount() -> bool {
    let may = herald::platform::effective_user() == 0 && find_program("unshare").is_ok();
    if !may {
        report("skipped: only root can mount");
    }
    may
}

/// Whether the script could do what it was to do.
#[track_caller]
fn done(output: &Output) -> bool {
    if output.status.code() == Some(77) || String::from_utf8_lossy(&output.stderr).starts_with("unshare:") {
        report("skipped: no mount is permitted here");
        return false;
    }
    bench::assert_silent(output, "what vanished");
    true
}

/// The journal as it was put aside, for what the namespace sees isn't seen from here.
fn journal(env: &TestEnv, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(env.path().join(name)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of the journal")).collect()
}

#[rstest]
fn a_state_that_vanishes_between_two_hooks_is_begun_anew(
    #[values(Loss::Unmounted, Loss::Removed, Loss::Moved, Loss::MountedOver)] loss: Loss,
) {
    if !may_mount() {
        return;
    }
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let evidence = Evidence::begin(&format!("disk: {loss:?} between hooks"), None);
    let script = format!(
        r#"{}
        ask Stop one
        ask Stop one
        cat "$STATE/journal.jsonl" > "$WORLD/before"
        {}
        ask Stop one
        ask Stop one
        ask PermissionRequest two
        cat "$STATE/journal.jsonl" > "$WORLD/after""#,
        loss.before(),
        loss.commands()
    );
    let output = env.finish(in_a_namespace(&env, front.herald, &script), b"");
    if !done(&output) {
        return evidence.skipped();
    }
    let decided = |name: &str| -> Vec<(String, Option<u64>)> {
        let lines = journal(&env, name).into_iter().filter(|line| line["kind"] == "occurrence");
        lines.map(|line| (bench::text(&line, "reason"), line["request"].as_u64())).collect()
    };
    let (before, after) = (decided("before"), decided("after"));
    let reasons = |lines: &[(String, Option<u64>)]| lines.iter().map(|(reason, _)| reason.clone()).collect::<Vec<_>>();
    assert_eq!(reasons(&before), ["ok", "throttled"]);
    assert_eq!(reasons(&after), ["ok", "throttled", "ok"], "a lost state mutes nobody, and a new one is kept");
    assert!(after[0].1 > before[0].1, "ids only grow: {before:?}, {after:?}");
    evidence.holds("5 hooks");
}

#[rstest]
fn a_player_whose_state_vanishes_falls_silent_and_the_next_one_is_heard(
    #[values(Loss::Unmounted, Loss::Removed, Loss::Moved, Loss::MountedOver)] loss: Loss,
) {
    if !may_mount() {
        return;
    }
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let evidence = Evidence::begin(&format!("disk: {loss:?} under a player"), None);
    match lose(&server, loss) {
        Some(()) => evidence.holds("2 sounds"),
        None => evidence.skipped(),
    }
}

/// Long enough to be cut short.
const LONG_MS: f64 = 8000.0;

fn lose(server: &Server, loss: Loss) -> Option<()> {
    let env = TestEnv::new().with_server(server);
    let long = env.write("long.wav", Tone::sine(RATE, 440.0, LONG_MS).ramped(5.0).wav(Depth::S16));
    let short = env.write("short.wav", Tone::standard().wav(Depth::S16));
    env.config(&format!(
        "volume = 100\n[speaker]\nnormalize = false\n[events.\"task.complete\"]\nsound = \"{}\"\n\
         [events.\"input.permission\"]\nsound = \"{}\"\n",
        long.display(),
        short.display()
    ));
    let script = format!(
        r#"{}
        ask Stop one
        say asked
        hear lose
        {}
        say lost
        hear next
        ask PermissionRequest two
        hear over
        cat "$STATE/journal.jsonl" > "$WORLD/after""#,
        loss.before(),
        loss.commands()
    );
    let recorder = Recorder::start(server);
    let mark = recorder.frames();
    let say = |word: &str| drop(env.write(word, ""));
    let command = in_a_namespace(&env, env!("CARGO_BIN_EXE_herald").into(), &script);
    let output = std::thread::scope(|scope| {
        let shell = scope.spawn(|| env.finish(command, b""));
        let heard = loop {
            if let Some(heard) = recorder.wait_for_sound_after(mark, Duration::from_millis(100)) {
                break heard;
            }
            if shell.is_finished() {
                return shell.join().expect("the shell");
            }
        };
        say("lose");
        env.wait_for_players_to_end(PATIENCE);
        assert!(recorder.wait_for_silence(300, PATIENCE), "{loss:?}: it is silent");
        let long = (recorder.frames() - heard) as f64 * 1000.0 / f64::from(RATE);
        assert!(long < LONG_MS - 1000.0, "{loss:?}: it was heard for {long} ms");
        let mark = recorder.frames();
        say("next");
        recorder.wait_for_sound_after(mark, PATIENCE).expect("the next sound");
        env.wait_for_players_to_end(PATIENCE);
        say("over");
        shell.join().expect("the shell")
    });
    if !done(&output) {
        return None;
    }
    let lines = journal(&env, "after");
    let outcomes: Vec<String> =
        lines.iter().filter(|line| line["kind"] == "playback").map(|line| bench::text(line, "outcome")).collect();
    assert_eq!(outcomes.last().map(String::as_str), Some("finished"), "{loss:?}: {lines:?}");
    assert_eq!(crate::places::processes(&env), Vec::<u32>::new(), "{loss:?}");
    Some(())
}
