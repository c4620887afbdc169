//! The figures of the README, measured anew: `make bench`.
//!
//! Every figure stands beside a yardstick measured in the same run, turn by turn, so that a busy machine is busy for
//! both. Medians and 99th percentiles of many runs; nothing here is an assertion, the bar is only printed beside.

#![allow(clippy::print_stdout, reason = "printing figures is what it is for")]

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "../tests/packs/crowd.rs"]
mod crowd;
mod packs;
mod start;
mod stats;
mod takeover;

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stats::{Row, Sample, print_heading};
use support::env::TestEnv;
use support::recorder::{Recorder, Recording};
use support::server::{Kind, Server, server_or_skip};
use support::tone::Tone;

/// How often each single figure is taken.
const RUNS: usize = 200;

fn main() {
    // `cargo test --benches` builds and runs this too, with `--test`; there is nothing to test here.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    if std::env::args().any(|arg| arg == "--help") {
        println!("cargo bench --bench figures [-- SECTION], of front, start, burst, growth, packs, sound, takeover");
        return;
    }
    println!("herald {}, {} runs each unless said otherwise", env!("CARGO_PKG_VERSION"), RUNS);
    // A word on the command line picks the sections whose name holds it.
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let sections: [(&str, fn()); 5] =
        [("front", front), ("start", start::figures), ("burst", burst), ("growth", growth), ("packs", packs::figures)];
    for (_, section) in sections.iter().filter(|(name, _)| name.contains(&wanted)) {
        section();
    }
    let (sound, takeover) = ("sound".contains(&wanted), "takeover".contains(&wanted));
    if !sound && !takeover {
        return;
    }
    for kind in [Kind::PulseAudio, Kind::PipeWire] {
        if let Some(server) = support::or_skip(Server::start_as_shipped(kind)) {
            if sound {
                latency(&server);
            }
            if takeover {
                takeover::figures(&server);
            }
            if sound && server.kind() == Kind::PulseAudio {
                pipes(&server);
                player_cost(&server);
            }
        }
    }
}

/// A world whose player is quick and silent: what the front costs doesn't depend on the sound.
fn world(config: &str) -> TestEnv {
    let env = TestEnv::new();
    env.config(config);
    env
}

fn payload(event: &str, session: usize) -> String {
    format!(
        r#"{{"session_id":"bench-{session}","transcript_path":"/home/u/.claude/x.jsonl","cwd":"/home/u/project","permission_mode":"default","hook_event_name":"{event}","stop_hook_active":false,"last_assistant_message":"Done. The tests pass."}}"#
    )
}

/// Starts a command with its input ready, so that only its own time is measured.
fn start(mut command: Command, input: &str) -> (Instant, Child) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(input.as_bytes()).expect("room for a payload");
    std::io::Seek::rewind(&mut file).expect("a file can be rewound");
    command.stdin(file).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    (begun, command.spawn().expect("could not start the command"))
}

fn time(command: Command, input: &str) -> Duration {
    let (begun, mut child) = start(command, input);
    child.wait().expect("the child ends");
    begun.elapsed()
}

fn hook(env: &TestEnv) -> Command {
    let mut command = env.herald();
    command.arg("hook");
    command
}

/// What the front costs, beside `/bin/true`.
fn front() {
    print_heading("the front, wall time of one process");
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let plays = world("").with_server(&server);
    short_sound(&plays, "volume = 1");
    let skips = world("");
    let (mut yardstick, mut playing, mut throttled, mut off) =
        (Sample::new(), Sample::new(), Sample::new(), Sample::new());
    time(hook(&skips), &payload("Stop", 0));
    for run in 0..RUNS {
        yardstick.push(time(Command::new("/bin/true"), ""));
        playing.push(time(hook(&plays), &payload("Stop", run)));
        plays.wait_for_players_to_end(Duration::from_secs(20));
        // The same session again: within three seconds of the last, kept so by asking anew.
        yardstick.push(time(Command::new("/bin/true"), ""));
        off.push(time(hook(&skips), &payload("PreToolUse", run)));
        time(hook(&plays), &payload("Stop", RUNS + run));
        throttled.push(time(hook(&plays), &payload("Stop", RUNS + run)));
        plays.wait_for_players_to_end(Duration::from_secs(20));
    }
    Row::new("/bin/true").sample(&yardstick).print();
    Row::new("herald hook, plays").sample(&playing).against(&yardstick, 2.5).print();
    Row::new("herald hook, throttled").sample(&throttled).against(&yardstick, 2.3).print();
    Row::new("herald hook, event off").sample(&off).against(&yardstick, 2.3).print();
    let mut many = Sample::new();
    for run in 0..1000 {
        many.push(time(hook(&skips), &payload("Stop", run % 10)));
    }
    Row::new("1,000 single hooks").sample(&many).p99_below(Duration::from_millis(15)).print();
}

/// Two hundred hooks at once.
fn burst() {
    print_heading("200 hooks at once");
    let env = world("");
    let mut all = Sample::new();
    for round in 0..5 {
        let children: Vec<_> = (0..200).map(|n| start(hook(&env), &payload("Stop", round * 200 + n))).collect();
        let waiting: Vec<_> = children
            .into_iter()
            .map(|(begun, mut child)| {
                std::thread::spawn(move || {
                    let status = child.wait().expect("the child ends");
                    assert!(status.success(), "a hook exited with {status}");
                    begun.elapsed()
                })
            })
            .collect();
        for thread in waiting {
            all.push(thread.join().expect("the waiting thread"));
        }
    }
    Row::new("each, of 5 rounds").sample(&all).p99_below(Duration::from_millis(150)).print();
}

/// What many sessions and a large configuration add.
fn growth() {
    print_heading("cost that doesn't grow");
    let (few, many) = (world(""), world(""));
    for session in 0..10 {
        time(hook(&few), &payload("Stop", session));
    }
    for session in 0..10_000 {
        time(hook(&many), &payload("Stop", session));
    }
    let (mut small, mut large) = (Sample::new(), Sample::new());
    for run in 0..RUNS {
        small.push(time(hook(&few), &payload("Stop", run % 10)));
        large.push(time(hook(&many), &payload("Stop", run % 10)));
    }
    Row::new("after 10 sessions").sample(&small).print();
    Row::new("after 10,000 sessions").sample(&large).against(&small, 1.1).print();

    let mut config = String::new();
    for n in 0..500 {
        config += &format!("[events.\"own.event-{n}\"]\nvolume = {}\nthrottle = \"5s\"\n", n % 100);
    }
    for n in 0..500 {
        config +=
            &format!("[[rules]]\nmatch = {{ agent = \"codex\", cwd = \"~/work/project-{n}/**\" }}\nvolume = 50\n");
    }
    let (plain, rich) = (world(""), world(&config));
    for env in [&plain, &rich] {
        // The first hook after a change parses; those after it read the cached copy.
        support::wait_for("the cached configuration", Duration::from_secs(20), || {
            time(hook(env), &payload("Stop", 0));
            let image = std::fs::read_dir(env.state_dir())
                .ok()?
                .flatten()
                .any(|e| e.file_name().to_string_lossy().ends_with(".image"));
            (image || env.path() == plain.path()).then_some(())
        });
    }
    std::thread::sleep(Duration::from_millis(100));
    time(hook(&rich), &payload("Stop", 0));
    let (mut without, mut with) = (Sample::new(), Sample::new());
    for run in 0..RUNS {
        without.push(time(hook(&plain), &payload("Stop", run % 10)));
        with.push(time(hook(&rich), &payload("Stop", run % 10)));
    }
    Row::new("no configuration").sample(&without).print();
    Row::new("500 events, 500 rules").sample(&with).above(&without, Duration::from_millis(1)).print();
}

/// A configuration that plays a short tone for task.complete.
fn short_sound(env: &TestEnv, more: &str) -> PathBuf {
    let file = env.path().join("short.wav");
    Tone::sine(48_000, 1000.0, 20.0).ramped(5.0).write_wav(&file);
    env.config(&format!("{more}\n[events.\"task.complete\"]\nsound = {:?}\n", file.display().to_string()));
    file
}

/// From the start of the process to the first sample at the sink's monitor.
fn latency(server: &Server) {
    let (rival, bar) = match server.kind() {
        Kind::PulseAudio => ("paplay", 1.0),
        Kind::PipeWire => ("pw-play", 0.8),
    };
    print_heading(&format!("process start to first sample at the monitor, {:?}", server.kind()));
    let env = TestEnv::new().with_server(server);
    let file = env.path().join("tone.wav");
    Tone::standard().write_wav(&file);
    env.config(&format!(
        "volume = 100\n[events.\"task.complete\"]\nsound = {:?}\nvolume = 100\n",
        file.display().to_string()
    ));
    let recorder = ear(server);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let runs = 60;
    let first = |begun: Instant, from: usize| {
        let frame = recorder.wait_for_sound_after(from, Duration::from_secs(5));
        recorder.wait_for_silence(150, Duration::from_secs(5));
        frame.map(|frame| (begun, frame))
    };
    for run in 0..runs {
        out_of_step(run);
        let from = recorder.frames();
        let (begun, mut child) = start(hook(&env), &payload("Stop", run));
        ours.extend(first(begun, from));
        let _ = child.wait();
        env.wait_for_players_to_end(Duration::from_secs(10));
        out_of_step(run + 7);
        let from = recorder.frames();
        let mut command = server.client(rival);
        command.arg(&file);
        let (begun, mut child) = start(command, "");
        theirs.extend(first(begun, from));
        let _ = child.wait();
        recorder.wait_for_silence(50, Duration::from_secs(5));
    }
    let recording = recorder.finish();
    let sample = |heard: &[(Instant, usize)]| {
        let after = |(begun, frame): &(Instant, usize)| {
            Some(arrived(server.kind(), &recording, *frame)?.duration_since(*begun))
        };
        heard.iter().filter_map(after).collect::<Sample>()
    };
    let (ours, theirs) = (sample(&ours), sample(&theirs));
    Row::new(rival).sample(&theirs).print();
    Row::new("herald hook").sample(&ours).against(&theirs, bar).p99_below(Duration::from_millis(100)).print();
}

/// A recorder that asks for little would make the whole PipeWire graph run faster than it does for users.
fn ear(server: &Server) -> Recorder {
    let latency = match server.kind() {
        Kind::PulseAudio => Duration::from_millis(5),
        Kind::PipeWire => Duration::from_millis(40),
    };
    Recorder::with_latency(server, latency)
}

/// When that frame of the recording was there to be heard.
fn arrived(kind: Kind, recording: &Recording, frame: usize) -> Option<Instant> {
    let stretch = recording.chunks.iter().find(|chunk| chunk.end > frame)?;
    match kind {
        // The null sink renders a little ahead: when a sample reached the recorder is all that is sure.
        Kind::PulseAudio => Some(stretch.at),
        // The recorder is handed long stretches at once: back from a stretch's end to the frame in it.
        Kind::PipeWire => {
            let behind = (stretch.end - frame) as f64 / f64::from(support::recorder::RATE);
            stretch.at.checked_sub(Duration::from_secs_f64(behind))
        }
    }
}

/// What was waited for before came with a cycle of the server: without this every start would fall on the same point of
/// the next one, and all runs would measure one and the same.
fn out_of_step(run: usize) {
    std::thread::sleep(Duration::from_micros(run as u64 * 7_919 % 43_000));
}

/// When the caller sees end-of-file on everything it shared with the hook, while a long sound plays.
fn pipes(server: &Server) {
    print_heading("hook start to end-of-file at the caller, while 10 s of sound play (100 runs)");
    let env = TestEnv::new().with_server(server);
    let file = env.path().join("long.wav");
    Tone::sine(48_000, 440.0, 10_000.0).amplitude(0.01).write_wav(&file);
    env.config(&format!(
        "timeout = \"12s\"\nvolume = 10\n[events.\"task.complete\"]\nsound = {:?}\n",
        file.display().to_string()
    ));
    let mut ends = Sample::new();
    for run in 0..100 {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let leaked = std::io::pipe().expect("a pipe");
        // Both outputs and a third descriptor that the caller forgot to close.
        rustix::io::fcntl_setfd(leaked.1.as_fd(), rustix::io::FdFlags::empty()).expect("a descriptor flag");
        let mut command = hook(&env);
        let mut input = tempfile::tempfile().expect("a temporary file");
        input.write_all(payload("Stop", run).as_bytes()).expect("room for a payload");
        std::io::Seek::rewind(&mut input).expect("a file can be rewound");
        command.stdin(input).stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
        let begun = Instant::now();
        let mut child = command.spawn().expect("could not start the hook");
        drop(command);
        drop(leaked.1);
        for mut pipe in [reader, leaked.0] {
            std::io::Read::read_to_end(&mut pipe, &mut Vec::new()).expect("a pipe can be read");
        }
        ends.push(begun.elapsed());
        let _ = child.wait();
    }
    Row::new("end-of-file")
        .sample(&ends)
        .p50_below(Duration::from_millis(20))
        .worst_below(Duration::from_millis(60))
        .print();
}

/// What a player costs for a 300 ms sound.
fn player_cost(server: &Server) {
    print_heading("the player, 300 ms of sound (20 runs)");
    let env = TestEnv::new().with_server(server);
    let file = env.path().join("tone.wav");
    Tone::standard().write_wav(&file);
    env.config(&format!("[events.\"task.complete\"]\nsound = {:?}\n", file.display().to_string()));
    let (mut cpu, mut memory) = (Sample::new(), 0);
    for run in 0..20 {
        time(hook(&env), &payload("Stop", run));
        let mut last = None;
        while let Some(pid) = env.player_pids().first().copied() {
            last = cost_of(pid).or(last);
            std::thread::sleep(Duration::from_millis(2));
        }
        if let Some((time, kilobytes)) = last {
            cpu.push(time);
            memory = memory.max(kilobytes);
        }
    }
    Row::new("processor time").sample(&cpu).p50_below(Duration::from_millis(20)).print();
    println!(
        "  {:<38} {:>8.1} MB  bar 15 MB {}",
        "largest resident",
        memory as f64 / 1024.0,
        stats::verdict(memory < 15 * 1024)
    );
}

/// Processor time and largest resident size (KiB) of a process so far.
fn cost_of(pid: u32) -> Option<(Duration, u64)> {
    let of_process = Path::new("/proc").join(pid.to_string());
    let tasks = std::fs::read_dir(of_process.join("task")).ok()?;
    let nanos: u64 = tasks
        .flatten()
        .filter_map(|task| {
            std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok()
        })
        .sum();
    let status = std::fs::read_to_string(of_process.join("status")).ok()?;
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())?;
    Some((Duration::from_nanos(nanos), peak))
}
