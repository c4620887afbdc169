//! Unix: Linux first, macOS and the BSDs by what POSIX gives. Who this user is, what machine this is, what its clocks say.

mod deadline;
mod detached;
mod files;
mod home;
mod process;
mod streams;
mod unseen;
mod wake;

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::time::ClockId;

pub use deadline::{exit_after, exit_silently_after, renew_lease};
pub use detached::{
    ROOT_DIR, detach, forget_ended_children, keep_descriptors_from_children, keep_others_from_writing,
    make_private_from_now_on, settle_detached,
};
pub use files::{
    PrivateDir, copy_access, is_same_file, open_for_append, open_for_reading, open_own_for_reading, open_to_lock,
};
pub use home::registered_home;
pub use process::{Process, start_time};
pub use streams::{pause_until_unread, read_stdin, stdin_is_terminal, stdout_is_terminal};
pub(super) use unseen::start_unseen;
pub use wake::{open_bell, ring_bell, send_line};

#[cfg(any(target_os = "linux", target_os = "android"))]
const BOOT_CLOCK: ClockId = ClockId::Boottime;
// On macOS this clock counts suspend; on the BSDs it is the best there is.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const BOOT_CLOCK: ClockId = ClockId::Monotonic;

/// Wall clock in milliseconds since 1970, boot clock in microseconds.
pub fn clocks() -> (u64, u64) {
    let wall = rustix::time::clock_gettime(ClockId::Realtime);
    let boot = rustix::time::clock_gettime(BOOT_CLOCK);
    let since_start = |time: rustix::time::Timespec| Duration::try_from(time).unwrap_or_default();
    let whole = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
    (whole(since_start(wall).as_millis()), whole(since_start(boot).as_micros()))
}

/// The effective user's number. Nothing here changes it, so the kernel is asked once.
pub fn effective_user() -> u32 {
    static USER: OnceLock<u32> = OnceLock::new();
    *USER.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// Whether `path` belongs to the effective user.
pub fn is_own(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| stat.st_uid == effective_user())
}

/// Eight characters that tell this machine from others that share the same home directory.
pub fn machine_id8() -> String {
    let mut buffer = [0_u8; 64];
    for place in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
        // Not by std: musl's `open` sets the flag of the descriptor once more.
        if let Ok(file) = rustix::fs::open(place, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            && rustix::io::pread(&file, &mut buffer, 0).is_ok_and(|n| n >= 8)
            && buffer[..8].iter().all(u8::is_ascii_hexdigit)
        {
            return String::from_utf8_lossy(&buffer[..8]).into_owned();
        }
    }
    let name = rustix::system::uname();
    format!("{:08x}", xxhash_rust::xxh3::xxh3_64(name.nodename().to_bytes()) >> 32)
}

/// What the system calls this machine, up to the first dot.
pub fn machine_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The exit code of a status; only its lowest byte counts.
pub fn exit_code(status: u32) -> ExitCode {
    ExitCode::from((status & 0xff) as u8)
}
