//! Time to wait for something, which runs only while somebody waits.
//!
//! A process that was stopped, or a machine that slept, waited for nobody: what was not done meanwhile is no fault of
//! whoever should have done it.

use std::time::{Duration, Instant};

use crate::control::FRESHNESS;

/// A wait with an end.
#[derive(Debug)]
pub(crate) struct Patience {
    left: Duration,
    looked: Instant,
}

impl Patience {
    /// So long, from now on, for somebody who looks more often than every [`FRESHNESS`].
    pub(crate) fn of(time: Duration) -> Self {
        Self { left: time, looked: Instant::now() }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&mut self) -> bool {
        self.is_over_at(Instant::now())
    }

    fn is_over_at(&mut self, now: Instant) -> bool {
        self.left = self.left.saturating_sub(now.duration_since(self.looked).min(FRESHNESS));
        self.looked = now;
        self.left.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_while_it_is_looked_at_and_stands_still_while_it_is_not() {
        let mut patience = Patience::of(Duration::from_secs(1));
        let start = patience.looked;
        let at = |ms| start + Duration::from_millis(ms);
        assert!((0..950).step_by(50).all(|ms| !patience.is_over_at(at(ms))));
        assert!(!patience.is_over_at(at(90_900)), "of the long time only what may pass between two looks counts");
        assert!((90_910..90_940).step_by(10).all(|ms| !patience.is_over_at(at(ms))));
        assert!(patience.is_over_at(at(90_940)));
    }
}
