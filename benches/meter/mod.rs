//! What a program and everything it starts take of processor and memory, as the kernel counts it.
//!
//! It is counted in a process of its own, this program once more: there nothing else is waited for. That process adopts
//! whatever its children leave behind, so that a player that was detached is counted like one that was waited for.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};

use crate::lab::ready;

/// The first word of the command line that asks for it.
pub(crate) const FLAG: &str = "--meter";

/// Of the processes together, and of the largest of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    pub(crate) processor: Duration,
    pub(crate) resident_kib: u64,
}

/// Runs the command, and waits for all that comes of it.
pub(crate) fn measure(command: &Command, input: &str) -> Option<Taken> {
    let mut meter = Command::new(std::env::current_exe().ok()?);
    meter.arg(FLAG).arg(command.get_program()).args(command.get_args()).env_clear();
    meter.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        meter.current_dir(folder);
    }
    let said = meter.stdin(ready(input)).stderr(Stdio::null()).output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (processor, resident) = said.trim().split_once(' ')?;
    Some(Taken { processor: Duration::from_micros(processor.parse().ok()?), resident_kib: resident.parse().ok()? })
}

/// The other end: what the process does that was asked for by [`FLAG`].
pub(crate) fn serve(mut words: impl Iterator<Item = String>) {
    let program = words.next().expect("a program to measure");
    set_child_subreaper(Some(getpid())).expect("Linux lets a process adopt");
    let mut command = Command::new(program);
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    // Makes it a fork, not the quicker way by which the child would share this process's memory until it runs the
    // program: the kernel would count that memory as the child's.
    command.uid(rustix::process::geteuid().as_raw());
    drop(command.spawn().expect("it starts"));
    while wait(WaitOptions::empty()).is_ok() {}
    let taken = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let processor = taken.user_time().num_microseconds() + taken.system_time().num_microseconds();
    println!("{processor} {}", taken.max_rss());
}
