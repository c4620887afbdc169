//! From one installed pack to a hundred and sixty with ten thousand sounds: the hook opens none of them, the player one.

use std::time::{Duration, Instant};

use super::curves;
use crate::crowd::{PACKS, SOUNDS, fill};
use crate::lab::{
    PATIENCE, arrived, ear, herald, hook, out_of_step, payload, runs, settle, start, time, time_nothing, world,
};
use crate::report::row::verdict;
use crate::report::{Report, Unit, column, grouped};
use crate::stats::Sample;
use crate::support::env::TestEnv;
use crate::support::server::{Kind, Server, server_or_skip};
use crate::support::tone::Tone;

const COUNTS: [usize; 4] = [1, 10, 40, PACKS];

/// Of the largest, beside the smallest.
const HOOK_BAR: f64 = 1.1;
const LIST_BAR: Duration = Duration::from_millis(300);
const HEARD_BAR: Duration = Duration::from_millis(3);

const CURVES: &[&str] = &["hook p50", "pack list p50", "first sample p50", "/bin/true"];

/// What was measured in one world.
#[derive(Default)]
struct Taken {
    hook: Sample,
    list: Sample,
    heard: Sample,
    yardstick: Sample,
}

pub(crate) fn figures(report: &mut Report) {
    let names = ["hook p50", "hook p99", "pack list p50", "first sample p50", "/bin/true"];
    report.table("packs", "with so many packs installed", names.map(|name| column(name, Unit::Ms)).to_vec(), TEXT);
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let worlds = COUNTS.map(|count| crowded(&server, count));
    let mut all = COUNTS.map(|_| Taken::default());
    quiet(&worlds, &mut all);
    first_sample(&server, &worlds, &mut all);
    for (taken, count) in all.iter().zip(COUNTS) {
        let mut notes = Vec::new();
        if count == PACKS {
            notes = judged(taken, &all[0]);
        }
        let cells = vec![
            taken.hook.ms(0.5),
            taken.hook.ms(0.99),
            taken.list.ms(0.5),
            taken.heard.ms(0.5),
            taken.yardstick.ms(0.5),
        ];
        report.line(&grouped(count as f64), cells, notes);
    }
    report.plot(curves("packs", "With so many packs installed", "packs, of some 60 sounds each", CURVES));
}

fn judged(most: &Taken, least: &Taken) -> Vec<String> {
    let ratio = most.hook.p50().as_secs_f64() / least.hook.p50().as_secs_f64();
    let more = most.heard.p50().saturating_sub(least.heard.p50());
    vec![
        format!("hook {ratio:.2} x, bar {HOOK_BAR} {}", verdict(ratio <= HOOK_BAR)),
        format!("list bar 300 ms {}", verdict(most.list.p99() <= LIST_BAR)),
        format!("heard {:.2} ms later, bar 3 ms {}", more.as_secs_f64() * 1000.0, verdict(more <= HEARD_BAR)),
    ]
}

fn crowded(server: &Server, count: usize) -> TestEnv {
    let env = world("").with_server(server);
    let tone = env.path().join("tone.wav");
    Tone::sine(48_000, 1000.0, 100.0).ramped(5.0).write_wav(&tone);
    fill(&env, &std::fs::read(tone).expect("the tone just written"), count, SOUNDS * count / PACKS);
    env.config(&format!(
        "volume = 100\npack = \"pack-{}\"\n[events.\"task.complete\"]\nthrottle = \"1h\"\n",
        count - 1
    ));
    time(hook(&env), &payload("Stop", 0));
    settle(&env);
    env
}

fn quiet(worlds: &[TestEnv], taken: &mut [Taken]) {
    for run in 0..runs(160) {
        for (env, taken) in worlds.iter().zip(&mut *taken) {
            taken.yardstick.push(time_nothing());
            taken.hook.push(time(hook(env), &payload("Stop", 0)));
            if run % 8 == 0 {
                let mut list = herald(env);
                list.args(["pack", "list"]);
                taken.list.push(time(list, ""));
            }
        }
    }
}

/// From the hook's start to the first sample at the monitor, of a sound out of the last pack.
fn first_sample(server: &Server, worlds: &[TestEnv], taken: &mut [Taken]) {
    let recorder = ear(server);
    let mut heard: Vec<Vec<(Instant, usize)>> = worlds.iter().map(|_| Vec::new()).collect();
    for run in 0..runs(30) {
        for (env, heard) in worlds.iter().zip(&mut heard) {
            out_of_step(run);
            let from = recorder.frames();
            let (begun, mut child) = start(hook(env), &payload("Stop", run + 1));
            heard.extend(recorder.wait_for_sound_after(from, PATIENCE).map(|frame| (begun, frame)));
            recorder.wait_for_silence(120, PATIENCE);
            let _ = child.wait();
            settle(env);
        }
    }
    let recording = recorder.finish();
    for (heard, taken) in heard.iter().zip(taken) {
        let after = |(begun, frame): &(Instant, usize)| {
            arrived(server.kind(), &recording, *frame)?.checked_duration_since(*begun)
        };
        taken.heard = heard.iter().filter_map(after).collect();
    }
}

const TEXT: &str = "Packs as the public collections have them, some sixty sounds each: with 160 of them 10,000. The hook is \
throttled and opens no pack. The first sample, on PulseAudio, is of a sound out of the last of the packs.";
