//! The test bench: private sound servers, a recorder on their monitor, judgement on samples, test sounds, and a private
//! world for running the real binaries.
//!
//! Nothing here touches the machine's own sound server, home or state, and everything that is started is ended by its own
//! pid, whether the test passes, panics or is killed. Sound is judged by the samples that arrived, never by the wall
//! clock: a busy machine makes a test slow, not red.
//!
//! Linux only (`/proc`, process handles, PulseAudio): a target that uses the bench begins with
//! `#![cfg(target_os = "linux")]`.
//!
//! | room | owns |
//! |---|---|
//! | [`server`] | a private PulseAudio or PipeWire with one null sink |
//! | [`stand_in`] | a sound server in the test's own process, which knows who gave what and fails as it is told |
//! | [`recorder`] | what that sink played, with the time of each piece |
//! | [`analysis`] | pure functions on samples, and the verdict built from them |
//! | [`loudness`] | how loud samples are heard |
//! | [`tone`] | test sounds as samples and as files |
//! | [`formats`] | one sound in every format |
//! | [`document`] | blocks and tables of the documents |
//! | [`evidence`] | the table that `make torture` ends with |
//! | [`env`] | `herald` and `herald-player` with nothing of the machine around them |
//! | [`root`] | the static `herald` alone in a root directory of its own |
//! | [`strace`] | a program that is disturbed at one system call after the other |
//! | [`mosquitto`] | a private broker of MQTT, and an authority that vouches for certificates |
//! | [`mqtt`] | a client of MQTT that says what it is told to |
//! | [`terminal`] | a program at a terminal, typed at and read |
//! | [`process`], [`turn`] | children that cannot outlive the test; one real-time test at a time |

#![allow(dead_code, unused_imports, reason = "each test target compiles the whole bench and uses only a part of it")]

pub(crate) mod analysis;
pub(crate) mod document;
pub(crate) mod env;
pub(crate) mod evidence;
pub(crate) mod formats;
pub(crate) mod loudness;
pub(crate) mod mosquitto;
pub(crate) mod mqtt;
pub(crate) mod process;
pub(crate) mod recorder;
pub(crate) mod root;
pub(crate) mod server;
pub(crate) mod stand_in;
pub(crate) mod strace;
pub(crate) mod terminal;
pub(crate) mod tone;
pub(crate) mod turn;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use analysis::Verdict;
pub(crate) use env::TestEnv;
pub(crate) use evidence::Evidence;
pub(crate) use mosquitto::Mosquitto;
pub(crate) use recorder::{Recorder, Recording};
pub(crate) use server::{Kind, PipeWire, PulseAudio, Server, server_or_skip};
pub(crate) use stand_in::StandIn;
pub(crate) use strace::Strace;
pub(crate) use terminal::Terminal;
pub(crate) use tone::{Depth, Tone};

/// Enough for a machine that does ten other things; only a test that would fail anyway waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What this machine lacks for a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not installed", self.0)
    }
}

/// Prints why the test does nothing here and returns `None`; where `CI` is set, a test that cannot run is a failure.
///
/// # Panics
/// With the reason, when `CI` is set.
#[allow(clippy::print_stderr, reason = "the test's own report")]
pub(crate) fn or_skip<T>(outcome: Result<T, Missing>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(missing) if on_ci() => panic!("{missing}, and CI skips nothing"),
        Err(missing) => {
            eprintln!("skipped: {missing}");
            None
        }
    }
}

fn on_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// The first of `program`'s places on `PATH`.
pub(crate) fn find_program(program: &str) -> Result<PathBuf, Missing> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
        .ok_or_else(|| Missing(program.to_owned()))
}

fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// After `deadline`, saying what was waited for.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, deadline: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited {deadline:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
