//! What 160 installed packs with 10,000 sounds cost: the hook nothing, the first sample a look into one of them.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::crowd::{PACKS, SOUNDS, fill};
use crate::stats::{Row, Sample, print_heading};
use crate::support::env::TestEnv;
use crate::support::server::{Kind, server_or_skip};
use crate::support::tone::Tone;
use crate::{RUNS, arrived, ear, hook, out_of_step, payload, start, time};

/// The section.
pub(crate) fn figures() {
    print_heading(&format!("{PACKS} packs with {SOUNDS} sounds"));
    let (without, with) = (TestEnv::new(), crowded());
    list(&with);
    // Told apart by nothing but what is installed: neither plays, so that no player is in the way.
    for env in [&without, &with] {
        env.config("volume = 1\n");
        time(hook(env), &payload("Stop", 0));
    }
    let (mut yardstick, mut none, mut many) = (Sample::new(), Sample::new(), Sample::new());
    for run in 0..RUNS {
        yardstick.push(time(Command::new("/bin/true"), ""));
        none.push(time(hook(&without), &payload("Stop", run % 10)));
        many.push(time(hook(&with), &payload("Stop", run % 10)));
    }
    Row::new("/bin/true").sample(&yardstick).print();
    Row::new("herald hook, no pack").sample(&none).print();
    Row::new("herald hook, 160 packs").sample(&many).against(&none, 1.1).print();
    first_sample();
}

fn crowded() -> TestEnv {
    let env = TestEnv::new();
    let tone = env.path().join("tone.wav");
    Tone::sine(48_000, 1000.0, 100.0).ramped(5.0).write_wav(&tone);
    fill(&env, &std::fs::read(tone).expect("the tone just written"));
    env
}

fn list(env: &TestEnv) {
    let mut took = Sample::new();
    for _ in 0..20 {
        let mut command = env.herald();
        command.args(["pack", "list"]);
        took.push(time(command, ""));
    }
    Row::new("herald pack list").sample(&took).p99_below(Duration::from_millis(300)).print();
}

/// From the hook's start to the first sample at the monitor: the same tone, named outright and out of the last pack.
fn first_sample() {
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let (without, with) = (TestEnv::new().with_server(&server), crowded().with_server(&server));
    let tone = with.path().join("tone.wav");
    without.config(&format!("volume = 100\n[events.\"task.complete\"]\nsound = {:?}\n", tone.display().to_string()));
    with.config(&format!("volume = 100\npack = \"pack-{}\"\n", PACKS - 1));
    let recorder = ear(&server);
    let mut heard = [Vec::new(), Vec::new()];
    for run in 0..60 {
        for (env, heard) in [&without, &with].into_iter().zip(&mut heard) {
            out_of_step(run);
            let from = recorder.frames();
            let (begun, mut child): (Instant, _) = start(hook(env), &payload("Stop", run));
            heard.extend(recorder.wait_for_sound_after(from, Duration::from_secs(5)).map(|frame| (begun, frame)));
            recorder.wait_for_silence(150, Duration::from_secs(5));
            let _ = child.wait();
            env.wait_for_players_to_end(Duration::from_secs(10));
        }
    }
    let recording = recorder.finish();
    let [none, many] = heard.map(|heard| {
        let after = |(begun, frame): &(Instant, usize)| {
            Some(arrived(server.kind(), &recording, *frame)?.duration_since(*begun))
        };
        heard.iter().filter_map(after).collect::<Sample>()
    });
    Row::new("first sample, no pack").sample(&none).print();
    Row::new("first sample, 160 packs").sample(&many).above(&none, Duration::from_millis(3)).print();
}
