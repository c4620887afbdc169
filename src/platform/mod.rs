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
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub mod entry;
pub mod file_stamp;
pub mod kept;
pub mod lock;
pub mod look;
pub mod rename;
pub mod spawn;
pub mod whole;

/// Makes panics silent: for programs whose output belongs to somebody else.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
