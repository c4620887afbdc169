//! What was heard or happened when: stamps under hashed names, as the bytes they are stored as.
//!
//! Owns the format. Decides nothing, reads no clock.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::event::Session;
use crate::platform::clock::Stamp;

/// A place in the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// The place for what is told by `what` about `session`.
    pub fn of(what: &str, session: Session) -> Self {
        Self(xxh3_64_with_seed(what.as_bytes(), session.0))
    }

    /// It as a number.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// What was heard when: at most [`Memory::PLACES`] stamps, the oldest forgotten first.
///
/// Kept as the bytes it is stored as, so that ten thousand sessions cost what ten do and nothing is decoded that isn't
/// asked for. A record is key, wall clock, boot clock: eight bytes each, little-endian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    bytes: Vec<u8>,
}

impl Memory {
    /// How many stamps are kept.
    pub const PLACES: usize = 400;

    const VERSION: u8 = 1;
    const RECORD: usize = 24;

    /// Takes over stored bytes; those of another version, or damaged ones, are forgotten.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        let fits = bytes.first() == Some(&Self::VERSION)
            && (bytes.len() - 1).is_multiple_of(Self::RECORD)
            && bytes.len() <= 1 + Self::PLACES * Self::RECORD;
        if !fits {
            bytes.clear();
        }
        Self { bytes }
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether `key` was stamped less than `window` before `now`.
    pub fn was_within(&self, key: Key, window: Duration, now: Stamp) -> bool {
        !window.is_zero() && self.find(key).is_some_and(|at| self.stamp(at).is_within(window, now))
    }

    /// Stamps `key` with `now`.
    pub fn stamp_now(&mut self, key: Key, now: Stamp) {
        if self.bytes.is_empty() {
            self.bytes.push(Self::VERSION);
        }
        let at = self.find(key).unwrap_or_else(|| {
            if self.places().len() < Self::PLACES {
                let end = self.bytes.len();
                self.bytes.resize(end + Self::RECORD, 0);
                end
            } else {
                // A stamp from the future is worth nothing, so it goes first.
                let age = |at: &usize| {
                    let wall = self.stamp(*at).wall_ms;
                    if wall > now.wall_ms { 0 } else { wall }
                };
                self.places().min_by_key(age).unwrap_or(1)
            }
        });
        self.bytes[at..at + 8].copy_from_slice(&key.0.to_le_bytes());
        self.bytes[at + 8..at + 16].copy_from_slice(&now.wall_ms.to_le_bytes());
        self.bytes[at + 16..at + 24].copy_from_slice(&now.boot_us.to_le_bytes());
    }

    /// As if `key` had never been stamped.
    pub fn forget(&mut self, key: Key) {
        if let Some(at) = self.find(key) {
            self.bytes[at..at + Self::RECORD].fill(0);
        }
    }

    fn places(&self) -> impl ExactSizeIterator<Item = usize> + use<> {
        (1..self.bytes.len().max(1)).step_by(Self::RECORD)
    }

    fn find(&self, key: Key) -> Option<usize> {
        self.places().find(|at| self.word(*at) == key.0)
    }

    fn stamp(&self, at: usize) -> Stamp {
        Stamp { wall_ms: self.word(at + 8), boot_us: self.word(at + 16) }
    }

    fn word(&self, at: usize) -> u64 {
        self.bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    }
}
