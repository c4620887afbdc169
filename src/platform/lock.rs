//! The one wrapper around advisory file locks.
//!
//! `fs4` is called by its full path: on Rust 1.89 and later `file.try_lock()` silently means the standard library's
//! method, which says "unsupported" on Android. Neither retries when a signal arrives, so this does. Locks are given
//! back by an explicit unlock: a lock that ends only with its descriptor stays held by every child that was being
//! spawned at that moment (10 % spurious refusals measured beside a spawning thread; none with the unlock).

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

/// An open lock file, not yet locked or locked by this process.
#[derive(Debug)]
pub struct LockFile(File);

/// A held lock. Dropping it unlocks explicitly.
#[derive(Debug)]
#[must_use = "the lock is released as soon as this is dropped"]
pub struct Held<'a>(&'a LockFile);

impl LockFile {
    /// Wraps an open file. It must be open for writing: network file systems demand it for an exclusive lock.
    pub fn new(file: File) -> Self {
        Self(file)
    }

    /// Takes the lock exclusively if nobody holds it; `None` if somebody does.
    ///
    /// # Errors
    /// Where the file system has no locks, or the descriptor is bad.
    pub fn try_exclusive(&self) -> io::Result<Option<Held<'_>>> {
        self.attempt(|| fs4::FileExt::try_lock(&self.0))
    }

    /// Takes the lock shared if nobody holds it exclusively; `None` if somebody does.
    ///
    /// # Errors
    /// As [`Self::try_exclusive`].
    pub fn try_shared(&self) -> io::Result<Option<Held<'_>>> {
        self.attempt(|| fs4::FileExt::try_lock_shared(&self.0))
    }

    /// The process that holds the lock, as far as the system tells.
    pub fn holder(&self) -> Option<u32> {
        super::look::lock_holder(&self.0)
    }

    /// Takes the lock exclusively, waiting at most `patience`; `None` when it ran out.
    ///
    /// Waits by trying with jittered, growing pauses (50 µs to 3 ms): short holds are met soon, and two hundred
    /// waiters don't wake at once.
    ///
    /// # Errors
    /// As [`Self::try_exclusive`].
    pub fn exclusive_within(&self, patience: Duration) -> io::Result<Option<Held<'_>>> {
        if let Some(held) = self.try_exclusive()? {
            return Ok(Some(held));
        }
        let start = Instant::now();
        let mut jitter = Jitter::new();
        loop {
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            pause(jitter.next_pause().min(left));
            if let Some(held) = self.try_exclusive()? {
                return Ok(Some(held));
            }
        }
    }

    fn attempt(&self, mut call: impl FnMut() -> Result<(), fs4::TryLockError>) -> io::Result<Option<Held<'_>>> {
        loop {
            match call() {
                Ok(()) => return Ok(Some(Held(self))),
                Err(fs4::TryLockError::WouldBlock) => return Ok(None),
                Err(fs4::TryLockError::Error(e)) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(fs4::TryLockError::Error(e)) => return Err(e),
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        while let Err(e) = fs4::FileExt::unlock(&self.0.0) {
            if e.kind() != io::ErrorKind::Interrupted {
                break;
            }
        }
    }
}

/// Sleeps. The one place that does so while waiting for another process.
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Pauses that double from 50 µs up to 3 ms, each drawn anew between half of that and the whole.
#[derive(Debug)]
pub struct Jitter {
    ceiling_us: u64,
    random: u64,
}

impl Jitter {
    /// Seeded by the clock and the process id: neighbours must differ, nothing more.
    pub fn new() -> Self {
        let (wall, boot) = super::clocks();
        Self { ceiling_us: 50, random: (wall ^ boot.rotate_left(17) ^ (u64::from(std::process::id()) << 32)) | 1 }
    }

    /// The next pause.
    pub fn next_pause(&mut self) -> Duration {
        // xorshift64: quality is of no matter here, cost is.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let half = self.ceiling_us / 2;
        let us = half + self.random % (half + 1);
        self.ceiling_us = (self.ceiling_us * 2).min(3000);
        Duration::from_micros(us)
    }
}

impl Default for Jitter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock_file(dir: &tempfile::TempDir) -> LockFile {
        let path = dir.path().join("lock");
        LockFile::new(File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap())
    }

    #[test]
    fn a_held_lock_is_refused_and_free_again_after_its_drop() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (lock_file(&dir), lock_file(&dir));
        let held = a.try_exclusive().unwrap().unwrap();
        assert!(b.try_exclusive().unwrap().is_none());
        assert!(b.try_shared().unwrap().is_none());
        assert!(b.exclusive_within(Duration::from_millis(5)).unwrap().is_none());
        drop(held);
        assert!(b.exclusive_within(Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        let mut jitter = Jitter::new();
        let pauses: Vec<_> = (0..20).map(|_| jitter.next_pause()).collect();
        assert!(pauses[0] <= Duration::from_micros(50));
        assert!(pauses[7..].iter().all(|p| (Duration::from_micros(1500)..=Duration::from_millis(3)).contains(p)));
    }
}
