//! The soak: twenty minutes at full speed, after which nothing has grown and nobody noticed.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::bench::{self, Chance, report, rounds};
use crate::places;
use crate::sample::{Sample, judge, table, tsv};
use crate::support::process::Process;
use crate::support::recorder::RATE;
use crate::support::{Depth, Evidence, Kind, PATIENCE, TestEnv, Tone, server_or_skip, wait_for};
use crate::trend::quantile;
use crate::work::{Record, configurations, disturb, tell};

/// So many at once tell and ask, on a machine of two processors.
const CREW: u64 = 4;

/// The samples of a short soak; a long one takes one in ten seconds.
const LOOKS: u32 = 16;

/// How long it lasts: as `HERALD_TEST_MINUTES` says, else 20 minutes in full and 20 seconds otherwise.
fn length() -> Duration {
    let asked = std::env::var("HERALD_TEST_MINUTES").ok().and_then(|text| text.parse::<f64>().ok());
    asked.map_or(Duration::from_secs(rounds(20, 1200) as u64), |minutes| Duration::from_secs_f64(minutes * 60.0))
}

#[test]
fn after_a_long_time_at_full_speed_nothing_has_grown_and_nobody_noticed() {
    let Some(mut server) = server_or_skip(Kind::PulseAudio) else { return };
    let seed = Chance::drawn();
    report(&format!("HERALD_TEST_SEED={seed}"));
    let length = length();
    let evidence = Evidence::begin(&format!("soak of {:.1} minutes", length.as_secs_f64() / 60.0), Some(seed));

    let desk = TestEnv::new().with_server(&server);
    let far = TestEnv::new();
    let socket = desk.runtime_dir().join("desk.sock");
    let sound = desk.write("sound.wav", Tone::sine(RATE, 660.0, 120.0).ramped(5.0).wav(Depth::S16));
    let link = format!("listen_to = [\"unix:{}\"]", socket.display());
    let configurations = configurations(&sound.display().to_string(), &link);
    desk.config(&configurations[0]);
    far.config(&format!("[link]\nhost = \"far\"\nsend_to = \"unix:{}\"\n", socket.display()));
    let mut listener = option_env!("CARGO_BIN_EXE_herald-link").map(|program| {
        let mut command = desk.command(program);
        command.arg("listen").stdin(Stdio::null()).stderr(Stdio::null());
        let listener = Process::start("herald-link", command).expect("herald-link starts");
        wait_for("the listener", PATIENCE, || socket.exists().then_some(()));
        listener
    });

    let record = Record::default();
    let over = AtomicBool::new(false);
    let (desk_paths, far_paths) = (bench::paths(&desk), bench::paths(&far));
    let worlds = [(&desk, &desk_paths), (&far, &far_paths)];
    let mut samples = Vec::new();
    record.server.store(server.pid(), Relaxed);
    std::thread::scope(|scope| {
        for worker in 0..CREW {
            let (desk, far, record, over) = (&desk, &far, &record, &over);
            scope.spawn(move || tell(desk, far, record, Chance::seeded(seed ^ (worker + 1)), over));
        }
        let (server, desk, record, over) = (&mut server, &desk, &record, &over);
        let configurations = &configurations;
        scope.spawn(move || {
            disturb(desk, server, configurations, record, Chance::seeded(seed ^ 0xD157), over, length);
        });
        let begun = Instant::now();
        let every = (length / LOOKS).min(Duration::from_secs(10));
        let mut told = 0;
        while begun.elapsed() < length {
            std::thread::sleep(every.min(length.saturating_sub(begun.elapsed())));
            let mut sample = Sample::take(&worlds, listener.as_ref().map(Process::pid), record.server.load(Relaxed));
            let took = record.took();
            let hooks = record.hooks.load(Relaxed);
            (sample.second, sample.hooks) = (begun.elapsed().as_secs(), hooks - told);
            (sample.p50_us, sample.p99_us) = (quantile(&took, 500), quantile(&took, 990));
            told = hooks;
            samples.push(sample);
        }
        over.store(true, Relaxed);
    });

    let mut faults = record.faults.into_inner().expect("no thread panicked");
    faults.extend(come_to_rest(&desk, &far, listener.as_mut()));
    faults.extend(judge(&samples));
    let series = tsv(&samples);
    let folder = std::env::var_os("HERALD_TEST_KEEP").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
    let file = std::path::Path::new(&folder).join("soak.tsv");
    std::fs::write(&file, &series).expect("the series");
    let count = |what: &str, number: &std::sync::atomic::AtomicU64| format!("{} {what}", number.load(Relaxed));
    let counts = [
        count("hooks", &record.hooks),
        count("of them hostile", &record.hostile),
        count("of them sent to the other machine", &record.letters),
        count("commands", &record.questions),
        count("disturbances", &record.changes),
        count("players killed", &record.kills),
        count("servers restarted", &record.restarts),
        count("times contended", &record.contended),
    ];
    report(&format!("{}\n{}one line a minute: {}", counts.join(", "), table(&samples), file.display()));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(50)].join("\n"));
    // As many as there are quarters, however slow a look is on a busy machine.
    assert!(samples.len() >= 4, "{} samples", samples.len());
    evidence.holds(counts[0].clone());
}

/// Everything ends, and nothing is left.
fn come_to_rest(desk: &TestEnv, far: &TestEnv, listener: Option<&mut Process>) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(listener) = listener {
        if !listener.alive() {
            faults.push("the listener ended by itself".to_owned());
        }
        listener.signal(Signal::TERM);
        match listener.wait(PATIENCE) {
            Some(status) if status.success() => {}
            other => faults.push(format!("the listener ended with {other:?}")),
        }
    }
    for env in [desk, far] {
        let left = places::left_after(env, PATIENCE);
        if !left.is_empty() {
            faults.push(format!("processes are left: {left:?}"));
        }
        let foreign = places::foreign_files(&bench::paths(env));
        if !foreign.is_empty() {
            faults.push(format!("foreign files: {foreign:?}"));
        }
        let lines = env.journal();
        if lines.is_empty() {
            faults.push("an empty journal".to_owned());
        }
    }
    // Whatever was done, the next sound is heard.
    desk.config("");
    let output = desk.run(["unmute"]);
    faults.extend((!output.status.success()).then(|| format!("unmute: {output:?}")));
    let cooling = herald::speaker::Speaker::peek(&bench::paths(desk).run()).ok().flatten();
    if cooling.is_some_and(|(state, _)| state.cooling_since.is_some()) {
        desk.end_cool_down();
    }
    let mut output = desk.run(["play", "task.complete", "--wait", "--force"]);
    for _ in 0..5 {
        // What is urgent and waits for a player that was killed is heard first.
        if !String::from_utf8_lossy(&output.stdout).contains("busy") {
            break;
        }
        places::left_after(desk, PATIENCE);
        output = desk.run(["play", "task.complete", "--wait", "--force"]);
    }
    faults.extend((!output.status.success()).then(|| format!("the last sound: {output:?}")));
    faults
}
