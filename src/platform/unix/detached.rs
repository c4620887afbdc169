//! Processes that outlive their starter: what they are not given, and what they give up first.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use rustix::fs::Mode;

use super::deadline::renew_lease;

/// Where a detached child lives, so that it keeps no directory busy.
pub const ROOT_DIR: &str = "/";

/// Nobody but this user may write to what this process makes from now on.
pub fn keep_others_from_writing() {
    let before = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    rustix::process::umask(before | Mode::WGRP | Mode::WOTH);
}

/// What this process makes from now on is its user's alone.
pub fn make_private_from_now_on() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Marks every descriptor above the standard three so that no child inherits it.
///
/// Agents leak descriptors into hooks; a player that kept one would keep the agent waiting for end-of-file.
pub fn keep_descriptors_from_children() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        const CLOSE_RANGE_CLOEXEC: libc::c_ulong = 4;
        // SAFETY: close_range(2) with the CLOEXEC flag changes descriptor flags only; it closes nothing here.
        let done = unsafe {
            libc::syscall(libc::SYS_close_range, 3 as libc::c_ulong, libc::c_ulong::from(u32::MAX), CLOSE_RANGE_CLOEXEC)
        };
        if done == 0 {
            return;
        }
    }
    for fd in open_descriptors() {
        // SAFETY: F_SETFD changes one descriptor's flag; a number that is not open gives EBADF.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// The numbers of the open descriptors above the standard three, as far as the system tells.
fn open_descriptors() -> Vec<libc::c_int> {
    let listed = |dir: &str| -> Option<Vec<libc::c_int>> {
        let names = std::fs::read_dir(dir).ok()?;
        Some(names.filter_map(|name| name.ok()?.file_name().to_str()?.parse().ok()).filter(|fd| *fd > 2).collect())
    };
    listed("/proc/self/fd").or_else(|| listed("/dev/fd")).unwrap_or_else(|| (3..256).collect())
}

/// Starts the prepared command in a process group of its own.
///
/// # Errors
/// Where the program isn't there or no process can be had.
pub fn detach(command: &mut Command) -> io::Result<u32> {
    // Not setsid in a pre_exec closure: that makes std fork instead of posix_spawn (0.3 ms more), and the group alone
    // survived every kill of the hook's group (20 of 20).
    Ok(command.process_group(0).spawn()?.id())
}

/// First thing in a detached process: give up what was inherited, and take a lease on life.
///
/// `memory` bounds what this process may write to of its own, in bytes: an allocation beyond it ends the process. Memory
/// shared with a sound server doesn't count, up to four times as much in all. Descriptors above the standard three are
/// closed.
pub fn settle_detached(lease: Duration, memory: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: runs before this process has opened anything of its own; nothing in it refers to these descriptors.
        unsafe {
            libc::syscall(libc::SYS_close_range, 3 as libc::c_ulong, libc::c_ulong::from(u32::MAX), 0 as libc::c_ulong)
        };
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    for fd in open_descriptors() {
        // SAFETY: as above; the descriptor of the listing itself is already closed.
        unsafe { libc::close(fd) };
    }
    // SAFETY: SIG_IGN is a valid disposition, and no handler of ours is replaced.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let limit = |resource, max| {
        let _ = setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) });
    };
    limit(Resource::Core, 0);
    limit(Resource::Nofile, 64);
    #[cfg(target_os = "linux")]
    {
        limit(Resource::Data, memory);
        limit(Resource::As, memory.saturating_mul(4));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
    renew_lease(lease);
}

/// Lets go of children that have ended and whose end nobody else asks about.
pub fn forget_ended_children() {
    use rustix::process::{WaitOptions, wait};
    while let Ok(Some(_)) | Err(rustix::io::Errno::INTR) = wait(WaitOptions::NOHANG) {}
}
