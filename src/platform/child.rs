//! A child that is run in this program's stead: its input and output are the caller's, and so are signals.
//!
//! Invariant: the child sees what it would see without Herald in between. Waits for it, tells how it ended, decides
//! nothing.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{end_as_interrupted, run};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{end_as_interrupted, run};

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; 128 and the signal's number where one ended it.
    pub status: u32,
    /// The terminal's Ctrl-C ended it, and was sent to this program, too.
    pub interrupted: bool,
}
