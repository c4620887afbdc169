//! The same thing is heard once, and nothing else is silenced by it.
//!
//! Judged by the journal of real hooks. The player beside them is a stand-in, so that no output that fails can be taken
//! for a throttle.
#![cfg(target_os = "linux")]

#[path = "hook/bench.rs"]
mod bench;
mod support;

use std::time::{Duration, Instant};

use bench::{Front, Volley, decisions, occurrences, pair, paths, rounds, stop, text};
use herald::config::Config;
use herald::event::Session;
use herald::platform::clock::Stamp;
use herald::policy::{Key, Memory, Ticket};
use herald::ring::{self, Call};
use herald::speaker::{HOOK_PATIENCE, Pending, Speaker};
use rstest::rstest;
use serde_json::json;
use support::TestEnv;

fn play() -> (String, String) {
    pair("play", "ok")
}

fn throttled() -> (String, String) {
    pair("skip", "throttled")
}

#[test]
fn the_same_event_of_the_same_session_is_heard_once_and_nothing_else_is_silenced() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    assert_eq!(front.decide(&env, &stop("one")), play());
    let error = json!({ "hook_event_name": "StopFailure", "session_id": "one", "error": "server_error" }).to_string();
    let asks = json!({ "hook_event_name": "PermissionRequest", "session_id": "one", "tool_name": "Bash" }).to_string();
    for (payload, expected, what) in [
        (stop("one"), throttled(), "the same again"),
        (stop("two"), play(), "another session"),
        (error, play(), "another event"),
        (asks, play(), "a third event"),
        (stop("two"), throttled(), "the other session again"),
        (stop("one"), throttled(), "the first again"),
    ] {
        assert_eq!(front.decide(&env, &payload), expected, "{what}");
    }
}

#[test]
fn without_a_session_the_working_directory_counts() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let stop_in = |cwd: &str| json!({ "hook_event_name": "Stop", "cwd": cwd }).to_string();
    assert_eq!(front.decide(&env, &stop_in("/one")), play());
    assert_eq!(front.decide(&env, &stop_in("/one")), throttled());
    assert_eq!(front.decide(&env, &stop_in("/two")), play(), "another directory");
    assert_eq!(front.decide(&env, &stop("a session")), play(), "a session");
}

#[test]
fn the_window_is_the_configured_one_and_ends() {
    let env = TestEnv::new();
    env.config("[events.\"task.complete\"]\nthrottle = \"1500ms\"\n");
    let front = Front::with_stand_in(&env);
    assert_eq!(front.decide(&env, &stop("one")), play());
    let heard = Instant::now();
    let again = front.decide(&env, &stop("one"));
    if heard.elapsed() < Duration::from_millis(1400) {
        assert_eq!(again, throttled());
    }
    std::thread::sleep(Duration::from_millis(1600).saturating_sub(heard.elapsed()));
    assert_eq!(front.decide(&env, &stop("one")), play(), "what was skipped doesn't prolong the window");
}

#[test]
fn a_throttle_of_zero_always_plays() {
    let env = TestEnv::new();
    env.config("[events.\"task.complete\"]\nthrottle = \"0s\"\n");
    let front = Front::with_stand_in(&env);
    for _ in 0..5 {
        assert_eq!(front.decide(&env, &stop("one")), play());
    }
}

#[test]
fn of_fifty_identical_hooks_at_once_exactly_one_plays() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let (mut hooks, mut lines_of_all) = (0, 0);
    for round in 0..rounds(20, 100) {
        let before = occurrences(&env).len();
        Volley::of((0..50).map(|_| front.hook(&env))).fire(|_| stop(&format!("session {round}")));
        let lines = &occurrences(&env)[before..];
        let played: Vec<_> = lines.iter().filter(|line| line["decision"] == "play").collect();
        let reasons = || {
            let mut all: Vec<_> = lines.iter().map(|line| text(line, "reason")).collect();
            all.sort();
            let times = |chunk: &[String]| format!("{} {}", chunk.len(), chunk[0]);
            all.chunk_by(|a, b| a == b).map(times).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(played.len(), 1, "round {round}: {} lines: {}", lines.len(), reasons());
        hooks += 50;
        lines_of_all += lines.len();
    }
    // A hook that met its deadline leaves no line; on a machine that is not overrun there is none.
    bench::report(&format!("{hooks} hooks, {lines_of_all} of them decided before their deadline"));
}

#[test]
fn four_different_events_at_once_are_each_decided() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    for round in 0..rounds(10, 50) {
        let session = format!("session {round}");
        let payloads = [
            stop(&session),
            json!({ "hook_event_name": "StopFailure", "session_id": session, "error": "server_error" }).to_string(),
            json!({ "hook_event_name": "PermissionRequest", "session_id": session, "tool_name": "Bash" }).to_string(),
            json!({ "hook_event_name": "SessionStart", "session_id": session, "source": "startup" }).to_string(),
        ];
        let before = occurrences(&env).len();
        Volley::of(payloads.iter().map(|_| front.hook(&env))).fire(|index| payloads[index].clone());
        let lines = occurrences(&env).split_off(before);
        let mut events: Vec<_> = lines.iter().map(|line| text(line, "event")).collect();
        events.sort();
        assert_eq!(events, ["input.permission", "session.start", "task.complete", "task.error"], "round {round}");
        // The end of a turn is a duplicate where its failure came first.
        let allowed = ["ok", "busy", "event-off", "duplicate"];
        assert!(lines.iter().all(|line| allowed.contains(&&*text(line, "reason"))), "round {round}: {lines:?}");
        let asks = lines.iter().find(|line| line["event"] == "input.permission").expect("it was just seen");
        assert_eq!(asks["decision"], "play", "the most urgent is never turned away");
    }
}

/// Writes, as another time would have left it, that the event was heard at `at`.
fn was_heard_at(env: &TestEnv, session: &str, at: Stamp) {
    let occurrence = herald::agents::read(Some(stop(session).as_bytes()), None, None);
    let ticket = Ticket::of(&occurrence, &Config::default().settings(&occurrence), false).expect("a known event");
    let speaker = Speaker::open(&paths(env).run()).expect("the run directory");
    let mut critical = speaker.enter(HOOK_PATIENCE * 100).expect("the lock");
    let mut memory = Memory::from_bytes(critical.memory.clone());
    ticket.heard(&mut memory, at);
    critical.memory = memory.into_bytes();
    critical.commit().expect("the state");
}

const HOUR_MS: i128 = 3_600_000;

/// Shifts are of the stored stamp, by the wall clock and by the boot clock.
#[rstest]
#[case::a_moment_ago(-50, -50, false)]
#[case::longer_ago_than_the_window(-3100, -3100, true)]
#[case::wall_clock_set_back_an_hour(HOUR_MS, -50, true)]
#[case::wall_clock_set_back_for_years(90_000 * HOUR_MS, -50, true)]
#[case::wall_clock_set_ahead(-HOUR_MS, -50, true)]
#[case::rebooted(-50, HOUR_MS, true)]
#[case::other_time_namespace(-50, -HOUR_MS, true)]
#[case::both_in_the_future(HOUR_MS, HOUR_MS, true)]
#[case::a_second_in_the_future(1000, 1000, true)]
#[case::the_end_of_time(i128::MAX, i128::MAX, true)]
#[case::the_beginning_of_time(i128::MIN, i128::MIN, true)]
fn no_clock_can_mute(#[case] wall_ms: i128, #[case] boot_ms: i128, #[case] plays: bool) {
    let env = TestEnv::new();
    // Long enough that even a slow machine decides within it.
    let front = Front::with_stand_in(&env);
    if wall_ms == -50 && boot_ms == -50 {
        env.config("[events.\"task.complete\"]\nthrottle = \"60s\"\n");
    }
    let now = Stamp::now();
    let moved = |base: u64, by: i128| u64::try_from(i128::from(base).saturating_add(by).max(0)).unwrap_or(u64::MAX);
    let at = Stamp { wall_ms: moved(now.wall_ms, wall_ms), boot_us: moved(now.boot_us, boot_ms.saturating_mul(1000)) };
    was_heard_at(&env, "one", at);
    assert_eq!(front.decide(&env, &stop("one")), if plays { play() } else { throttled() });
    // And whatever was there is over with it.
    assert_eq!(front.decide(&env, &stop("one")), throttled());
}

/// Everything else in the state that carries a time.
#[test]
fn a_state_from_the_future_or_the_past_holds_nobody_up() {
    let now = Stamp::now();
    let hour = Duration::from_secs(3600);
    let stamps = [
        Stamp { wall_ms: u64::MAX, boot_us: u64::MAX },
        Stamp { wall_ms: 0, boot_us: 0 },
        now.after(hour),
        Stamp { boot_us: now.boot_us, ..now.after(hour) },
        Stamp { wall_ms: now.wall_ms, ..now.after(hour) },
    ];
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    for (index, at) in stamps.into_iter().enumerate() {
        let speaker = Speaker::open(&paths(&env).run()).expect("the run directory");
        let mut critical = speaker.enter(HOOK_PATIENCE * 100).expect("the lock");
        critical.state.cooling_since = Some(at);
        critical.state.barged_at = Some(at);
        let id = critical.state.last_id + 1;
        critical.state.last_id = id;
        let lifetime = Duration::from_secs(10);
        // A request's age is told by the boot clock alone: one that was asked for just now by that one is not stale.
        let asked = if at.boot_us == now.boot_us { Stamp { boot_us: 0, ..at } } else { at };
        critical.state.pending =
            Some(Pending { id, rank: u8::MAX, asked, lifetime, notice: Duration::ZERO, payload: Vec::new() });
        critical.commit().expect("the state");
        drop(critical);
        assert_eq!(front.decide(&env, &stop(&format!("session {index}"))), play(), "{at:?}");
    }
}

#[test]
fn ten_thousand_sessions_leave_a_small_state_and_a_working_throttle() {
    let env = TestEnv::new();
    let front = Front::with_stand_in(&env);
    let here = paths(&env);
    // In this process: what a hook does after it was started, without ten thousand starts.
    for session in 0..10_000 {
        let payload = stop(&format!("session {session}"));
        let occurrence = herald::agents::read(Some(payload.as_bytes()), None, None);
        ring::ring(&here, &Call { occurrence, ..Call::default() }, Instant::now());
    }
    let sizes = std::fs::read_dir(here.run()).expect("the run directory").map(|entry| {
        let entry = entry.expect("an entry");
        (entry.file_name(), entry.metadata().expect("its size").len())
    });
    let sizes: Vec<_> = sizes.collect();
    let state = sizes.iter().find(|(name, _)| name == "state").expect("the state file").1;
    assert!(state <= 64 * 1024, "the state file has {state} bytes");
    let whole: u64 = sizes.iter().map(|(_, size)| size).sum();
    assert!(whole <= 100 * 1024, "the run directory has {whole} bytes: {sizes:?}");

    let (_, memory) = Speaker::peek(&here.run()).expect("the run directory").expect("a state");
    let memory = Memory::from_bytes(memory);
    let now = Stamp::now();
    let hour = Duration::from_secs(3600);
    let known = |session: u32| {
        let key = Key::of("task.complete", Session::of(&format!("session {session}")));
        memory.was_within(key, hour, now)
    };
    assert!((9_900..10_000).all(known), "the newest are remembered");
    assert_eq!(front.decide(&env, &stop("a new one")), play());
    assert_eq!(front.decide(&env, &stop("a new one")), throttled());
    assert!(decisions(&env).len() > 1000);
}
