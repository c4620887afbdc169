//! Other processes: which one a number means, and ending it.

#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;

/// A process, held so that its number can't be taken over by a stranger.
#[derive(Debug)]
pub struct Process {
    #[cfg(target_os = "linux")]
    handle: OwnedFd,
}

impl Process {
    /// The process `pid`, if it is still the one that started at `started` (see [`start_time`]).
    pub fn open(pid: u32, started: u64) -> Option<Self> {
        #[cfg(target_os = "linux")]
        {
            let number = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
            let handle = rustix::process::pidfd_open(number, rustix::process::PidfdFlags::empty()).ok()?;
            // The handle first, then the proof: it now holds for the process behind the handle.
            (start_time(pid)? == started).then_some(Self { handle })
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (pid, started);
            None
        }
    }

    /// Ends it at once.
    pub fn kill(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            rustix::process::pidfd_send_signal(&self.handle, rustix::process::Signal::KILL).is_ok()
        }
        #[cfg(not(target_os = "linux"))]
        {
            false
        }
    }
}

/// When a process started, in clock ticks since boot; with its number this names it for ever.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything, also ")".
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}
