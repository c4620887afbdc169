//! What is done to players: killed or stopped wherever they are, by a handle that can't name anybody else.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use herald::speaker::Speaker;
use rustix::process::{Signal, pidfd_send_signal};

use crate::bench::Chance;
use crate::plan::Plan;
use crate::support::TestEnv;
use crate::support::stand_in::boot_us;

/// How long an owner is stopped, in milliseconds.
const STOP_MS: std::ops::RangeInclusive<usize> = 50..=1500;

/// How long a stop is waited for, in microseconds.
const PATIENCE_US: u64 = 500_000;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A speaking player was killed.
    Kill,
    /// A speaking player was stopped, and let go on.
    Stop,
    /// A hook was killed.
    Hook,
    /// A hook ended itself, without a word, because its own time was up.
    Late,
}

/// To whom and when, in microseconds since boot: a kill from right before to right after, a stop from when all threads
/// stood still until right before they were let go on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blow {
    pub(crate) kind: Kind,
    pub(crate) pid: u32,
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// Fires at the owner until all that is planned is done, or `over` says so.
pub(crate) fn fire(env: &TestEnv, run: &Path, plan: &Plan, over: &AtomicBool) -> Vec<Blow> {
    let mut chance = Chance::seeded(plan.seed ^ 0xF17E);
    let (mut kills, mut stops) = (plan.kills, plan.stops);
    let mut blows = Vec::new();
    while kills + stops > 0 && !over.load(Relaxed) {
        std::thread::sleep(Duration::from_micros(chance.below(30_000) as u64));
        let Some((pid, handle)) = owner(env, run) else { continue };
        let kind = if chance.below(kills + stops) < kills { Kind::Kill } else { Kind::Stop };
        let sent = boot_us();
        let signal = if kind == Kind::Kill { Signal::KILL } else { Signal::STOP };
        if pidfd_send_signal(&handle, signal).is_err() {
            continue;
        }
        let (from, until) = if kind == Kind::Kill {
            kills -= 1;
            (sent, boot_us())
        } else {
            stops -= 1;
            let stopped = stopped_at(pid);
            let ms = STOP_MS.start() + chance.below(STOP_MS.end() - STOP_MS.start() + 1);
            let until = asleep_until(pid, stopped + ms as u64 * 1000);
            // It may have been removed by the next in line.
            let _ = pidfd_send_signal(&handle, Signal::CONT);
            (stopped, until)
        };
        blows.push(Blow { kind, pid, from, until });
    }
    blows
}

/// When all of its threads stood still: each has to be on its turn once more to find that it is stopped.
fn stopped_at(pid: u32) -> u64 {
    let end = boot_us() + PATIENCE_US;
    while boot_us() < end && !all_stopped(pid) {
        std::thread::sleep(Duration::from_micros(200));
    }
    boot_us()
}

/// The last time until `end` at which it was seen to stand still.
///
/// Others may let it go on: the kernel does, when the hook that started it ends and leaves it without a session's
/// parent.
fn asleep_until(pid: u32, end: u64) -> u64 {
    let mut seen = boot_us();
    while seen < end {
        std::thread::sleep(Duration::from_micros((end - seen).min(4000)));
        let now = boot_us();
        if !all_stopped(pid) {
            break;
        }
        seen = now;
    }
    seen
}

fn all_stopped(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut states = threads.filter_map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    });
    states.all(|state| !matches!(state, 'R' | 'S' | 'D'))
}

/// The process that is recorded as speaking, if it is a player of this world.
fn owner(env: &TestEnv, run: &Path) -> Option<(u32, OwnedFd)> {
    let current = Speaker::peek(run).ok()??.0.current?;
    Some((current.pid, env.player_handle(current.pid)?))
}
