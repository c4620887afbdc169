//! The operating system, behind one face: clocks, users, private directories, detached processes, deadlines.
//!
//! Owns every `unsafe` line of the project. Knows nothing of events, sounds or the speaker.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

pub mod child;
pub mod clock;
#[cfg(target_os = "linux")]
pub mod entry;
pub mod file_stamp;
pub mod kept;
pub mod lock;
pub mod look;
pub mod rename;
pub mod spawn;
pub mod whole;
pub mod zone;

#[cfg(target_os = "linux")]
pub use entry::args;

/// The arguments of the process, the first being its own name.
#[cfg(not(target_os = "linux"))]
pub fn args() -> impl ExactSizeIterator<Item = std::ffi::OsString> {
    std::env::args_os()
}

/// Makes panics silent: for programs whose output belongs to somebody else.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
