//! Instructions that are executed, counted one by one under valgrind: a figure that no other load changes.
//!
//! Herald is built once more for it: what rustix reads of the kernel's vDSO isn't there under valgrind, so that it has to
//! go through the C library.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::contender::{Moment, PLAYERS, Stage, Who};
use super::display::Display;
use crate::lab::start;
use crate::programs::{Programs, shipped};
use crate::report::{Report, Unit, column};
use crate::support::find_program;
use crate::support::server::{Kind, server_or_skip};

const MUSL: &str = "x86_64-unknown-linux-musl";

/// A program runs some fifty times as long under it.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn figures(report: &mut Report) {
    let columns = vec![column("until it exits", Unit::Millions), column("with all it starts", Unit::Millions)];
    report.table("instructions", "instructions for 20 ms of sound", columns, TEXT);
    let Ok(valgrind) = find_program("valgrind") else {
        println!("  valgrind is not installed");
        return;
    };
    let Some(server) = server_or_skip(Kind::PulseAudio) else { return };
    let display = Display::start();
    let stage = Stage::new(&server, display.as_ref(), 20.0);
    let mut all = vec![Who::Nothing];
    match counted() {
        Some(programs) => all.extend(Moment::ALL.map(|moment| Who::Herald(programs, moment))),
        None => println!("  herald could not be built for it"),
    }
    all.extend(Moment::ALL.map(Who::Usual));
    all.extend(PLAYERS.iter().filter(|player| player.name != "pw-play").map(Who::Player));
    for who in all {
        let missing = super::lacks(who, &stage);
        // Twice: what the first one reads, the second finds prepared. Players prepare nothing.
        let again = !matches!(who, Who::Player(_));
        let once = || count(&valgrind, &stage, who);
        let counts = missing.is_none().then(|| once().and_then(|first| if again { once() } else { Some(first) }));
        let (first, together) = counts.flatten().unzip();
        let cells = vec![first.map(|count| count as f64 / 1e6), together.map(|count| count as f64 / 1e6)];
        report.line(&who.name(), cells, missing.into_iter().collect());
    }
    report.plot(super::bars(
        "instructions",
        "Instructions until it exits",
        "instructions",
        "until it exits",
        "executed",
        None,
    ));
}

/// Of the first process, and of all of them.
fn count(valgrind: &Path, stage: &Stage, who: Who) -> Option<(u64, u64)> {
    let (command, input) = who.command(stage);
    let folder = tempfile::tempdir().ok()?;
    let mut watched = Command::new(valgrind);
    watched.args(["--tool=callgrind", "--trace-children=yes"]);
    watched.arg(format!("--callgrind-out-file={}/%p", folder.path().display()));
    watched.arg(command.get_program()).args(command.get_args()).env_clear();
    watched.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let (begun, mut child) = start(watched, &input);
    let first = child.id().to_string();
    while child.try_wait().ok()?.is_none() {
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    while !stage.env().pids().is_empty() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    let counts: Vec<(OsString, u64)> = std::fs::read_dir(folder.path())
        .ok()?
        .flatten()
        .filter_map(|it| Some((it.file_name(), total(&it.path())?)))
        .collect();
    let own = counts.iter().filter(|(name, _)| name.to_string_lossy().split('.').next() == Some(&first));
    Some((own.map(|(_, count)| count).sum(), counts.iter().map(|(_, count)| count).sum()))
}

/// The line at the end of what callgrind wrote.
fn total(file: &Path) -> Option<u64> {
    let text = String::from_utf8_lossy(&std::fs::read(file).ok()?).into_owned();
    let line =
        text.lines().rev().find_map(|line| line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:")))?;
    line.trim().parse().ok()
}

/// The front as it is shipped, but for that; the player beside it is the shipped one's equal.
fn counted() -> Option<&'static Programs> {
    let target = Path::new(env!("CARGO_BIN_EXE_herald")).parent()?.parent()?.join("counted");
    let is_static = shipped().form == "static";
    let flags = "--cfg=rustix_use_libc";
    println!("  (herald is built for it: some minutes, once)");
    build(&target, &["--features", "player"], flags, None)?;
    let folder = target.join("release");
    if is_static {
        // Without that target the dynamic one has to do.
        let Some(built) = build(&target, &["--bin", "herald"], flags, Some(MUSL)) else {
            return Some(Programs::leaked(folder));
        };
        let together = target.join("together");
        std::fs::create_dir_all(&together).ok()?;
        std::fs::copy(built.join("herald"), together.join("herald")).ok()?;
        std::fs::copy(folder.join("herald-player"), together.join("herald-player")).ok()?;
        return Some(Programs::leaked(together));
    }
    Some(Programs::leaked(folder))
}

fn build(target: &Path, what: &[&str], flags: &str, platform: Option<&str>) -> Option<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--release", "--locked", "--quiet", "--no-default-features", "--target-dir"]).arg(target);
    cargo.args(what).env("RUSTFLAGS", flags).stdin(Stdio::null());
    let folder = match platform {
        Some(platform) => {
            cargo.args(["--target", platform]);
            target.join(platform)
        }
        None => target.to_owned(),
    };
    cargo.status().ok()?.success().then(|| folder.join("release"))
}

const TEXT: &str = "Counted by `valgrind --tool=callgrind`: instructions in user space, those of the dynamic loader and of \
libraries included, the kernel's not. First those of the process that was started, then with all processes it started. \
Herald goes through the C library here instead of calling the kernel itself, which adds a few. A sound server answers a \
program under valgrind as any other; loops that wait for the time to pass count as they are executed. A shell that becomes \
Python is counted from there on.";
