//! Sound servers that accept and never play, stand still, talk nonsense or flood: each costs one sound and nothing else.
//!
//! The server is a stand-in that fails at a chosen point of a playback; both programs are the real ones.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "heard/stage.rs"]
mod stage;
#[path = "support/stand_in.rs"]
mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use herald::speaker::COOL_DOWN;
use pulseaudio::protocol::CommandTag;
use rstest::rstest;
use serde_json::Value;

use bench::Front;
use stage::{Moment, Stage, Way, hear};
use stand_in::{Manner, StandIn, TICK, Then};
use support::{Depth, Kind, PATIENCE, TestEnv, Tone, wait_for};

/// The longest a sound may be here, and how much longer its player may live.
const TIMEOUT: Duration = Duration::from_secs(2);
const MARGIN: Duration = Duration::from_secs(3);

/// So much of a processor a player that waits in vain may use, beside decoding.
const CPU: Duration = Duration::from_millis(350);

/// Of the sound's constant samples.
const LEVEL: f32 = 0.25;

struct World {
    env: TestEnv,
    server: StandIn,
}

impl World {
    fn new(manner: Manner) -> Self {
        let mut env = TestEnv::new();
        let server = StandIn::start(&env.runtime_dir().join("stand-in"), None, manner);
        env.set("PULSE_SERVER", server.address());
        let sound = sound(&env, 400.0);
        let path = sound.display();
        env.config(&format!(
            "volume = 100\ntimeout = \"2s\"\n[events.\"task.complete\"]\nsound = \"{path}\"\nthrottle = \"0s\"\n\
             [events.\"input.permission\"]\nsound = \"{path}\"\nthrottle = \"0s\"\n"
        ));
        Self { env, server }
    }

    /// One hook; the journal's line of it.
    fn tell(&self, payload: &str) -> Value {
        let before = self.lines("occurrence").len();
        let output = self.env.hook(payload);
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
        self.lines("occurrence")[before].clone()
    }

    fn lines(&self, kind: &str) -> Vec<Value> {
        self.env.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }

    /// The end of all players, and the most processor time that one of them used.
    #[track_caller]
    fn players_end_within(&self, deadline: Duration) -> Duration {
        let mut most = Duration::ZERO;
        wait_for("the players to end", deadline, || {
            let pids = self.env.player_pids();
            most = pids.iter().filter_map(|pid| processor_time(*pid)).fold(most, Duration::max);
            pids.is_empty().then_some(())
        });
        most
    }

    #[track_caller]
    fn next_sound_plays(&self) {
        self.server.behave(Manner::GOOD);
        let asked = Instant::now();
        let line = self.tell(STOP);
        assert_eq!(line["decision"], "play", "{line}");
        let end = self.env.wait_for_journal(
            |end| end["kind"] == "playback" && end["request"] == line["request"] && end["outcome"] == "finished",
            PATIENCE,
        );
        assert_eq!(end["backend"], "pulse", "{end}");
        assert!(self.server.heard_after(asked, LEVEL * 0.9).is_some(), "{end}");
    }
}

const STOP: &str = r#"{"hook_event_name":"Stop","session_id":"one","cwd":"/home/user"}"#;
const PERMISSION: &str = r#"{"hook_event_name":"PermissionRequest","session_id":"two","tool_name":"Bash"}"#;

fn sound(env: &TestEnv, ms: f64) -> PathBuf {
    env.write(Path::new("level.wav"), Tone::level(48_000, LEVEL, ms).wav(Depth::S16))
}

fn processor_time(pid: u32) -> Option<Duration> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let nanos = |task: fs::DirEntry| {
        fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok()
    };
    Some(Duration::from_nanos(tasks.filter_map(nanos).sum()))
}

const NEVER_PLAYS: Manner = Manner { plays: Duration::ZERO, ..Manner::GOOD };
const STANDS_STILL: Manner = Manner { plays: Duration::from_millis(150), ..Manner::GOOD };
const FLOODS: Manner = Manner { floods: true, ..Manner::GOOD };

const fn after(answers: usize, then: Then) -> Manner {
    Manner { answers, then, ..Manner::GOOD }
}

const fn deaf_to(command: CommandTag) -> Manner {
    Manner { deaf_to: Some(command), ..Manner::GOOD }
}

/// Authentication, name, stream; the fourth command drains it, the fifth takes it away.
#[rstest]
#[case::accepts_and_says_nothing(after(0, Then::Ignore))]
#[case::falls_silent_after_the_greeting(after(1, Then::Ignore))]
#[case::makes_no_stream(after(2, Then::Ignore))]
#[case::never_plays(NEVER_PLAYS)]
#[case::stands_still_in_mid_sound(STANDS_STILL)]
#[case::never_says_that_all_was_played(deaf_to(CommandTag::DrainPlaybackStream))]
#[case::refuses_the_greeting(after(0, Then::Refuse))]
#[case::refuses_the_name(after(1, Then::Refuse))]
#[case::refuses_the_stream(after(2, Then::Refuse))]
#[case::refuses_to_drain(after(3, Then::Refuse))]
#[case::talks_nonsense_at_once(after(0, Then::Garbage))]
#[case::talks_nonsense_instead_of_a_stream(after(2, Then::Garbage))]
#[case::talks_nonsense_at_the_end(after(3, Then::Garbage))]
#[case::hangs_up_at_once(after(0, Then::Close))]
#[case::hangs_up_after_the_greeting(after(1, Then::Close))]
#[case::hangs_up_before_the_stream(after(2, Then::Close))]
#[case::hangs_up_at_the_end(after(3, Then::Close))]
#[case::floods_errors(FLOODS)]
fn a_server_that_fails_costs_one_sound_and_is_left_alone(#[case] manner: Manner) {
    let world = World::new(manner);
    let first = world.tell(STOP);
    assert_eq!(first["decision"], "play");
    let burnt = world.players_end_within(TIMEOUT + MARGIN);
    let ends = world.lines("playback");
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!((&ends[0]["outcome"], &ends[0]["reason"]), (&"failed".into(), &"no-audio".into()), "{}", ends[0]);
    assert!(burnt < CPU, "{burnt:?} of processor time: {}", ends[0]);
    assert!(!world.env.state_dir().join("player-abort.json").exists(), "a server's fault is no breach");

    let (connections, steps) = (world.server.connections(), world.lines("speaker").len());
    for _ in 0..3 {
        let line = world.tell(PERMISSION);
        assert_eq!((&line["decision"], &line["reason"]), (&"skip".into(), &"output-cooling-down".into()), "{line}");
        assert_eq!(world.env.player_pids(), Vec::<u32>::new(), "no player is started");
    }
    assert_eq!((world.server.connections(), world.lines("speaker").len()), (connections, steps));

    world.env.end_cool_down();
    world.next_sound_plays();
}

/// It was heard to its end; that the server doesn't confirm the end of the stream costs the process, not the sound.
#[rstest]
#[case::says_nothing(deaf_to(CommandTag::DeletePlaybackStream))]
#[case::hangs_up(after(4, Then::Close))]
#[case::refuses(after(4, Then::Refuse))]
#[case::talks_nonsense(after(4, Then::Garbage))]
fn a_stream_whose_end_is_not_confirmed_was_still_heard(#[case] manner: Manner) {
    let world = World::new(manner);
    world.tell(STOP);
    world.players_end_within(TIMEOUT + MARGIN);
    let ends = world.lines("playback");
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!((&ends[0]["outcome"], &ends[0]["reason"]), (&"finished".into(), &"ok".into()), "{}", ends[0]);
    world.next_sound_plays();
}

/// The owner can't make sure that its stream is gone, and leaves; what cut it has an heir, which plays it.
#[rstest]
#[case::while_it_fades(deaf_to(CommandTag::GetPlaybackLatency))]
#[case::while_it_closes(deaf_to(CommandTag::DeletePlaybackStream))]
#[case::in_mid_sound(STANDS_STILL)]
fn what_cuts_in_is_heard_also_where_the_server_hangs_during_the_cut(#[case] manner: Manner) {
    let world = World::new(manner);
    sound(&world.env, 900.0);
    let begun = Instant::now();
    let cut = world.tell(STOP);
    wait_for("the first sound", PATIENCE, || world.server.heard_after(begun, LEVEL * 0.9));
    std::thread::sleep(Duration::from_millis(250));
    let urgent = world.tell(PERMISSION);
    let ended = world.env.wait_for_journal(|l| l["kind"] == "playback" && l["request"] == cut["request"], PATIENCE);
    assert_eq!(ended["outcome"], "superseded", "{ended}");
    world.server.behave(Manner::GOOD);
    let end = world.env.wait_for_journal(|l| l["kind"] == "playback" && l["request"] == urgent["request"], PATIENCE);
    assert_eq!(end["outcome"], "finished", "{end}");
    world.players_end_within(TIMEOUT + MARGIN);
    let overlaps = world.server.take().ticks.into_iter().filter(|tick| tick.heard.len() > 1).count();
    assert_eq!(overlaps, 0);
}

/// The cool-down is over by itself.
#[test]
fn after_the_cool_down_the_next_hook_tries_again() {
    let world = World::new(after(0, Then::Close));
    world.tell(STOP);
    world.players_end_within(TIMEOUT + MARGIN);
    let failed = Instant::now();
    wait_for("the cool-down to end", COOL_DOWN + MARGIN, || {
        let line = world.tell(STOP);
        (line["reason"] != "output-cooling-down").then_some(())
    });
    assert!(failed.elapsed() > COOL_DOWN - Duration::from_millis(500), "{:?}", failed.elapsed());
    world.players_end_within(TIMEOUT + MARGIN);
    assert_eq!(world.lines("playback").len(), 2);
}

/// One retry, on the other output: here it leads to a server that works.
#[test]
fn an_output_that_stands_still_before_anything_was_heard_is_left_for_the_next_one() {
    let Some(mut stage) = Stage::with(Kind::PulseAudio) else { return };
    stage.begin_anew(Way::Device);
    let server = StandIn::start(&stage.env.runtime_dir().join("stand-in"), None, NEVER_PLAYS);
    stage.env.set("PULSE_SERVER", server.address());
    let tone = stage.file("tone.wav", &Tone::standard());
    stage.sounds([("task.complete", tone.as_path())]);
    let recorder = stage.listen();
    let mark = recorder.frames();
    let request = stage.tell(Moment::Stop);
    let end = stage.end_of(request);
    assert_eq!((&end["outcome"], &end["backend"]), (&"finished".into(), &"device".into()), "{end}");
    assert!(end["detail"].as_str().is_some_and(|detail| detail.contains("no progress")), "{end}");
    hear(&recorder, mark);
    assert_eq!(server.connections(), 1, "tried once");
    stage.wait_until_idle();
}

/// Threads can't be had where their stacks don't fit into the address space that a player gives itself.
#[test]
fn where_no_thread_can_be_had_the_main_one_plays_and_still_lets_itself_be_cut() {
    let world = World::new(Manner::GOOD);
    let (Some(mut player), front) = (world.env.player(), Front::with_stand_in(&world.env)) else { return };
    sound(&world.env, 900.0);
    front.run(&world.env, &[], STOP.as_bytes());
    let begun = Instant::now();
    player.env("RUST_MIN_STACK", "4000000000");
    let mut player = player.spawn().expect("could not start the player");
    wait_for("the first sound", PATIENCE, || world.server.heard_after(begun, LEVEL * 0.9));
    let threads = || fs::read_dir(format!("/proc/{}/task", player.id())).map_or(0, Iterator::count);
    assert_eq!(threads(), 1);
    std::thread::sleep(Duration::from_millis(300));
    front.run(&world.env, &[], PERMISSION.as_bytes());
    assert!(player.wait().expect("the player ends").success());
    let ends: Vec<_> = world.lines("playback").iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(ends, ["superseded", "finished"]);
    let heard = world.server.take().ticks;
    assert!(heard.iter().all(|tick| tick.heard.len() == 1));
    let ms = (heard.len() as f64 * TICK.as_secs_f64() * 1000.0).round();
    assert!((1200.0..1550.0).contains(&ms), "about 320 ms of the one and 900 of the other: {ms}");
}
