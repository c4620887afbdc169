//! Who may use the machine's time for real-time sound.
//!
//! The tests of a target run on parallel threads, and some runners give each test its own process; two sound servers
//! that compete for two cores stutter. A [`Turn`] is held by each server for as long as it lives: one thread at a time,
//! over all processes of this target directory. A thread that has the turn may take it again, so that one test can run
//! two servers.

use std::fs::File;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::ThreadId;

struct Holder {
    thread: ThreadId,
    times: usize,
    /// Locked until it is closed, which also holds when the process dies.
    _lock: Option<File>,
}

static HOLDER: Mutex<Option<Holder>> = Mutex::new(None);
static FREED: Condvar = Condvar::new();

/// The right to use the machine for real-time sound, given back on drop.
#[must_use]
pub(crate) struct Turn(());

impl Turn {
    /// Waits, without a deadline: the tests before this one have their own.
    pub(crate) fn take() -> Self {
        let me = std::thread::current().id();
        let mut holder = HOLDER.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match holder.as_mut() {
                None => break,
                Some(held) if held.thread == me => {
                    held.times += 1;
                    return Self(());
                }
                Some(_) => holder = FREED.wait(holder).unwrap_or_else(PoisonError::into_inner),
            }
        }
        // Nobody else of this process can want the file meanwhile: they wait for the mutex.
        *holder = Some(Holder { thread: me, times: 1, _lock: lock_against_other_processes() });
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut holder = HOLDER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = holder.as_mut() {
            held.times -= 1;
            if held.times == 0 {
                *holder = None;
                FREED.notify_one();
            }
        }
    }
}

fn lock_against_other_processes() -> Option<File> {
    let file = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-time.lock")).ok()?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).ok()?;
    Some(file)
}
