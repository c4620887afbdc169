//! Moments at which this process ends, whatever its threads are stuck in.
//!
//! Invariant: a process has one timer, and it is the kernel's. What ends by [`exit_after`] ends with a status, never by a
//! signal.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use std::time::Duration;

/// The kernel ends this process when the lease runs out, whatever its threads are stuck in.
pub fn renew_lease(lease: Duration) {
    let seconds = u32::try_from(lease.as_secs() + u64::from(lease.subsec_nanos() > 0)).unwrap_or(u32::MAX);
    // SAFETY: alarm(2) has no memory effects; SIGALRM's default action is to end the process.
    unsafe { libc::alarm(seconds.max(1)) };
}

static LAST_WORDS: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());
static LAST_STATUS: AtomicU8 = AtomicU8::new(0);

/// After `time` this process exits with status 0, silently, wherever it is. Calling it again moves the moment.
pub fn exit_silently_after(time: Duration) {
    exit_after(time, 0);
}

/// As [`exit_silently_after`], with this status; only its lowest byte counts.
pub fn exit_after(time: Duration, status: u32) {
    extern "C" fn leave(_: libc::c_int) {
        let status = LAST_STATUS.load(Ordering::Relaxed);
        // SAFETY: _exit(2) is async-signal-safe.
        unsafe { libc::_exit(status.into()) }
    }
    LAST_STATUS.store((status & 0xff) as u8, Ordering::Relaxed);
    if LAST_WORDS.swap(leave as *mut (), Ordering::Relaxed).is_null() {
        // SAFETY: the handler only calls an async-signal-safe function.
        let before = unsafe { libc::signal(libc::SIGALRM, leave as *const () as libc::sighandler_t) };
        if before == libc::SIG_ERR {
            // The timer alone would end this process by a signal, which callers take for a failure.
            LAST_WORDS.store(std::ptr::null_mut(), Ordering::Relaxed);
            return;
        }
    }
    // The fields' types differ from system to system.
    let value = libc::timeval { tv_sec: time.as_secs() as _, tv_usec: time.subsec_micros() as _ };
    let once = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: value };
    // SAFETY: `once` is a valid timer value, and the old one is not asked for.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, std::ptr::null_mut()) };
}
