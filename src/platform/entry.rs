//! The way into a program on Linux that skips what std does for every program before `main`.
//!
//! std installs a handler that words stack overflows: 12 system calls with musl, and with glibc, which reads all of
//! `/proc/self/maps` for it, 21 of 62, and a third of a short program's instructions (109,000 of 297,000). What matters
//! of its preparations is done here instead: no file ever gets the number of a standard stream, a closed pipe is an
//! error, not a signal, and [`args`] knows the arguments, which std doesn't where it wasn't started by itself (musl).
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, OsString, c_char};
use std::os::unix::ffi::OsStrExt as _;
use std::panic::UnwindSafe;
use std::process::ExitCode;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What the kernel handed over: C strings, and a null pointer behind the last.
static ARGUMENTS: AtomicPtr<*const c_char> = AtomicPtr::new(std::ptr::null_mut());

/// Defines the C `main` of a program: `run` is all of it.
#[macro_export]
macro_rules! entry {
    ($run:path) => {
        // SAFETY: the program is built with `no_main`, so that nothing else defines this symbol; the signature is C's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn main(_: i32, arguments: *const *const std::ffi::c_char) -> i32 {
            // SAFETY: these are the arguments of C's `main`, untouched.
            unsafe { $crate::platform::entry::enter(arguments, $run) }
        }
    };
}

/// Runs the program and ends it.
///
/// # Safety
/// `arguments` are those of C's `main`: they stay as they are until the process ends.
#[allow(clippy::disallowed_methods, reason = "this is where every program ends, with nothing left to drop")]
pub unsafe fn enter(arguments: *const *const c_char, run: impl FnOnce() -> ExitCode + UnwindSafe) -> ! {
    ARGUMENTS.store(arguments.cast_mut(), Ordering::Relaxed);
    settle();
    let code = std::panic::catch_unwind(run).unwrap_or(ExitCode::from(101));
    // Flushes what std still holds for standard output.
    std::process::exit(number(code))
}

/// The arguments of the process, the first being its own name.
pub fn args() -> impl ExactSizeIterator<Item = OsString> {
    let first = ARGUMENTS.load(Ordering::Relaxed);
    if first.is_null() {
        // Not one of the programs that begin here.
        return std::env::args_os().collect::<Vec<_>>().into_iter();
    }
    let mut args = Vec::new();
    // SAFETY: `enter` was given C strings with a null pointer behind the last, which nobody changes.
    unsafe {
        let mut at = first.cast_const();
        while !(*at).is_null() {
            args.push(OsStr::from_bytes(CStr::from_ptr(*at).to_bytes()).to_owned());
            at = at.add(1);
        }
    }
    args.into_iter()
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
        let is_closed = match polled {
            // SAFETY: asking for the flags of a descriptor changes nothing, whatever the number.
            -1 => unsafe { libc::fcntl(stream.fd, libc::F_GETFD) == -1 },
            _ => stream.revents & libc::POLLNVAL != 0,
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
