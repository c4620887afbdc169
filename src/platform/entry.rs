//! The way into a program on Linux with glibc that skips what std does for every program before `main`.
//!
//! std installs a handler that words stack overflows, for which glibc reads all of `/proc/self/maps`: a third of a short
//! program's instructions (109,000 of 297,000) and 21 of 62 system calls. What matters of its preparations is done here
//! instead: no file ever gets the number of a standard stream, and a closed pipe is an error, not a signal.
#![allow(unsafe_code)]

use std::panic::UnwindSafe;
use std::process::ExitCode;

/// Defines the C `main` of a program: `run` is all of it.
#[macro_export]
macro_rules! entry {
    ($run:path) => {
        // SAFETY: the program is built with `no_main`, so that nothing else defines this symbol; the signature is C's.
        #[unsafe(no_mangle)]
        extern "C" fn main(_: i32, _: *const *const std::ffi::c_char) -> i32 {
            $crate::platform::entry::enter($run)
        }
    };
}

/// Runs the program and ends it.
pub fn enter(run: impl FnOnce() -> ExitCode + UnwindSafe) -> ! {
    settle();
    let code = std::panic::catch_unwind(run).unwrap_or(ExitCode::from(101));
    // Flushes what std still holds for standard output.
    std::process::exit(number(code))
}

/// A status as the number it is. std keeps it to itself.
fn number(code: ExitCode) -> i32 {
    (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).map_or(1, i32::from)
}

/// Opens `/dev/null` in place of standard streams that are closed, and ignores the signal of closed pipes.
fn settle() {
    let mut streams = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: `poll` writes to the three structures it is given and to nothing else.
    let polled = unsafe { libc::poll(streams.as_mut_ptr(), 3, 0) };
    for stream in &streams {
        // SAFETY: asking for the flags of a descriptor changes nothing, whatever the number.
        let is_closed = if polled >= 0 {
            stream.revents & libc::POLLNVAL != 0
        } else {
            unsafe { libc::fcntl(stream.fd, libc::F_GETFD) == -1 }
        };
        if is_closed {
            // SAFETY: the name is a C string; the lowest free number is taken, which is that of this stream.
            unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
        }
    }
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_its_number() {
        for code in 0..=u8::MAX {
            assert_eq!(number(ExitCode::from(code)), i32::from(code));
        }
        assert_eq!((number(ExitCode::SUCCESS), number(ExitCode::FAILURE)), (0, 1));
    }
}
