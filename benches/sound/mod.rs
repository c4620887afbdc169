//! What a caller and the machine have of a sound that plays: pipes that are closed at once, a player that takes little.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::lab::{hook, payload, runs, time, tone};
use crate::report::row::verdict;
use crate::report::{Report, Row, Unit, column, times};
use crate::stats::Sample;
use crate::support::env::TestEnv;
use crate::support::or_skip;
use crate::support::server::{Kind, Server};
use crate::support::tone::Tone;

/// The section.
pub(crate) fn figures(report: &mut Report) {
    if let Some(server) = or_skip(Server::start_as_shipped(Kind::PulseAudio)) {
        pipes(report, &server);
        player_cost(report, &server);
    }
}

const PIPES: &str = "An agent that reads its hook's output to the end waits until nobody holds the pipe any more. Both outputs \
and a third descriptor, which the caller forgot to close, are looked at.";

/// When the caller sees end-of-file on everything it shared with the hook, while a long sound plays.
fn pipes(report: &mut Report, server: &Server) {
    report.table("pipes", "hook start to end-of-file at the caller, while 10 s of sound play", times(), PIPES);
    let env = TestEnv::new().with_server(server);
    let file = env.path().join("long.wav");
    Tone::sine(48_000, 440.0, 10_000.0).amplitude(0.01).write_wav(&file);
    env.config(&format!(
        "timeout = \"12s\"\nvolume = 10\n[events.\"task.complete\"]\nsound = {:?}\n",
        file.display().to_string()
    ));
    let mut ends = Sample::new();
    for run in 0..runs(100) {
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
        .put(report);
}

/// What a player costs for a 300 ms sound.
fn player_cost(report: &mut Report, server: &Server) {
    report.table("player", "the player alone, 300 ms of sound", times(), "As `/proc` tells it while it runs.");
    let env = TestEnv::new().with_server(server);
    let file = tone(&env, "tone.wav", 300.0);
    env.config(&format!("[events.\"task.complete\"]\nsound = {:?}\n", file.display().to_string()));
    let (mut cpu, mut memory) = (Sample::new(), 0);
    for run in 0..runs(20) {
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
    Row::new("processor time").sample(&cpu).p50_below(Duration::from_millis(20)).put(report);
    report.table("player-memory", "its memory", vec![column("largest", Unit::Megabytes)], "Peak resident size.");
    let note = format!("bar 15 MB {}", verdict(memory < 15 * 1024));
    report.line("resident", vec![Some(memory as f64 * 1024.0 / 1e6)], vec![note]);
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
