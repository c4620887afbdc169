//! How long it takes until the next one is heard: from idle, by a barge-in, over an owner that is stuck, after one that
//! was killed.
//!
//! The first sound is soft and long, the second loud from its first sample on: that one is looked for in the recording.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{PATIENCE, arrived, ear, hook, out_of_step, payload, runs, start};
use crate::report::{Report, Row, times};
use crate::stats::Sample;
use crate::support::env::TestEnv;
use crate::support::or_skip;
use crate::support::recorder::{RATE, Recorder, Recording};
use crate::support::server::{Kind, Server};
use crate::support::tone::Tone;

const SOFT: f32 = 0.1;
const LOUD: f32 = 0.9;

/// Between the two, as they were made: brought to one loudness they couldn't be told apart.
const EDGE: f32 = 0.5;

/// Long enough to be heard as long as it has to be, and for another barge-in to be allowed.
const SOUNDING: Duration = Duration::from_millis(300);

/// What happens to the soft one before the loud one is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scene {
    /// There is none.
    Idle,
    /// It sounds.
    Sounding,
    /// Its player is stopped.
    Wedged,
    /// Its player is killed when the loud one already waits.
    Killed,
}

/// The section.
pub(crate) fn figures(report: &mut Report) {
    for kind in [Kind::PulseAudio, Kind::PipeWire] {
        if let Some(server) = or_skip(Server::start_as_shipped(kind)) {
            on(report, &server);
        }
    }
}

fn on(report: &mut Report, server: &Server) {
    let id = match server.kind() {
        Kind::PulseAudio => "takeover-pulseaudio",
        Kind::PipeWire => "takeover-pipewire",
    };
    let title = format!("to the first sample of the next sound, {:?}", server.kind());
    report.table(id, &title, times(), TEXT);
    let env = TestEnv::new().with_server(server);
    let recorder = ear(server);
    let scenes = [(Scene::Idle, 30), (Scene::Sounding, 50), (Scene::Wedged, 14), (Scene::Killed, 20)];
    let heard = scenes.map(|(scene, wanted)| {
        configure(&env, scene);
        (0..runs(wanted)).map(|run| perform(scene, run, &env, &recorder)).collect::<Vec<_>>()
    });
    let recording = recorder.finish();
    let [idle, barge_in, wedged, killed] = heard.map(|runs| {
        let after = |(begun, from): &(Instant, usize)| {
            let frame = first_loud(&recording, *from)?;
            Some(arrived(server.kind(), &recording, frame)?.duration_since(*begun))
        };
        runs.iter().map(|run| after(run).unwrap_or(PATIENCE)).collect::<Sample>()
    });
    Row::new("hook, idle").sample(&idle).put(report);
    let row = Row::new("hook, barge-in").sample(&barge_in);
    match server.kind() {
        Kind::PulseAudio => row.p50_below(Duration::from_millis(25)).p99_below(Duration::from_millis(60)),
        Kind::PipeWire => row,
    }
    .put(report);
    Row::new("hook, owner is stopped").sample(&wedged).worst_below(Duration::from_millis(400)).put(report);
    Row::new("owner's SIGKILL, one waits").sample(&killed).worst_below(Duration::from_millis(100)).put(report);
}

const TEXT: &str = "From a hook's start, with nothing to be cut; while a less urgent sound is cut, which has to be silent \
first; while the player that speaks is stopped; and from the moment the player that speaks is killed while another sound \
waits.";

fn configure(env: &TestEnv, scene: Scene) {
    let (soft, loud) = (env.path().join("soft.wav"), env.path().join("loud.wav"));
    Tone::sine(RATE, 440.0, 4000.0).amplitude(SOFT).ramped(5.0).write_wav(&soft);
    Tone::sine(RATE, 880.0, 60.0).amplitude(LOUD).write_wav(&loud);
    let priority = if scene == Scene::Killed { "urgent" } else { "low" };
    env.config(&format!(
        "volume = 100\n[speaker]\nnormalize = false\n[events.\"task.complete\"]\nsound = {soft:?}\npriority = \"{priority}\"\n\
         [events.\"input.permission\"]\nsound = {loud:?}\n",
    ));
}

/// The moment that counts, and the frame from which on the loud one is looked for.
fn perform(scene: Scene, run: usize, env: &TestEnv, recorder: &Recorder) -> (Instant, usize) {
    out_of_step(run);
    let mut player = None;
    if scene != Scene::Idle {
        let from = recorder.frames();
        run_hook(env, "Stop");
        recorder.wait_for_sound_after(from, PATIENCE);
        std::thread::sleep(SOUNDING);
        player = env.player_pids().first().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        out_of_step(run);
    }
    if let Some(player) = player.filter(|_| scene == Scene::Wedged) {
        let _ = kill_process(player, Signal::STOP);
    }
    let from = recorder.frames();
    let mut begun = run_hook(env, "PermissionRequest");
    if let Some(player) = player.filter(|_| scene == Scene::Killed) {
        std::thread::sleep(Duration::from_millis(50));
        begun = Instant::now();
        let _ = kill_process(player, Signal::KILL);
    }
    env.wait_for_players_to_end(PATIENCE);
    recorder.wait_for_silence(100, PATIENCE);
    (begun, from)
}

/// Of another session each time: none is throttled, in whatever scene it was heard last.
fn run_hook(env: &TestEnv, event: &str) -> Instant {
    static SESSION: AtomicUsize = AtomicUsize::new(0);
    let (begun, mut child) = start(hook(env), &payload(event, SESSION.fetch_add(1, Ordering::Relaxed)));
    let _ = child.wait();
    begun
}

fn first_loud(recording: &Recording, from: usize) -> Option<usize> {
    let frames = recording.samples.chunks_exact(2).enumerate().skip(from);
    frames.take(PATIENCE.as_secs() as usize * RATE as usize).find(|(_, frame)| frame[0].abs() > EDGE).map(|(at, _)| at)
}
