//! The three timers of a playback: its deadline, its watchdog, its fade. Pure: what is seen in, what is ordered out.
//!
//! Invariant: they belong to one id, do nothing where another one is spoken, and once the playback is closing none of
//! them fires again.

use std::time::{Duration, Instant};

use crate::control::{FRESHNESS, Phase};

/// An open output that doesn't move for this long is taken for dead.
const NO_PROGRESS: Duration = Duration::from_secs(1);

/// Finding, decoding and opening may take this long for each output; the outputs themselves give up a little earlier
/// and know better why.
const OPENING: Duration = Duration::from_millis(1700);

/// How long closing may take. A fade is 5 ms and waits for the server at most 60 ms, and for its last word 100 ms.
const OBEY: Duration = Duration::from_millis(300);

/// For how long a fade is still confirmed; it may begin until [`FRESHNESS`] after that. A background thread that didn't
/// run until then would be heard fading what nobody remembers.
const GENTLE: Duration = Duration::from_millis(30);

/// Why a playback is closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The fence names another one.
    Superseded,
    /// It was heard as long as it may be.
    Deadline,
    /// Its output stood still for so long.
    NoProgress(Duration),
}

/// What is so at a look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The id that this process speaks.
    pub(crate) id: u64,
    /// The moment right before the fence was looked at.
    pub(crate) now: Instant,
    /// The fence names it.
    pub(crate) may_sound: bool,
    pub(crate) first_sample: Option<Instant>,
    pub(crate) ticks: u64,
    pub(crate) phase: Phase,
}

/// What is to be ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    /// What sounds may sound on for another [`FRESHNESS`].
    pub(crate) confirm: bool,
    pub(crate) fade: bool,
    pub(crate) stop: bool,
    /// Closing takes too long.
    pub(crate) overdue: bool,
}

/// The timers of one playback.
#[derive(Debug)]
pub(crate) struct Timers {
    id: u64,
    longest: Duration,
    min_audible: Duration,
    closing: Option<(Cause, Instant)>,
    /// What the output had done when it last moved, and when that was.
    moved: (u64, Phase, Instant),
    looked: Instant,
}

impl Timers {
    /// For the playback of `id`, which may be heard for `longest`, and is heard for `min_audible` before it is cut.
    pub(crate) fn new(id: u64, longest: Duration, min_audible: Duration, now: Instant) -> Self {
        Self { id, longest, min_audible, closing: None, moved: (0, Phase::Opening, now), looked: now }
    }

    /// Why it is closing, if it is.
    pub(crate) fn closing(&self) -> Option<Cause> {
        self.closing.map(|(cause, _)| cause)
    }

    /// Another output is being tried: its patience begins anew.
    pub(crate) fn trying(&mut self, now: Instant) {
        self.moved.2 = now;
    }

    /// What follows from what is seen.
    pub(crate) fn look(&mut self, seen: Seen) -> Orders {
        if seen.id != self.id {
            return Orders::default();
        }
        let unseen = seen.now.duration_since(self.looked);
        let was_stopped = unseen > FRESHNESS;
        self.looked = seen.now;
        if was_stopped {
            // What the output did meanwhile nobody watched: a process that was stopped is no dead output.
            self.moved.2 += unseen;
        }
        let mut orders = if seen.may_sound {
            Orders { confirm: true, ..Orders::default() }
        } else {
            self.superseded(seen, was_stopped)
        };
        if self.closing.is_none() && seen.may_sound {
            self.deadline(seen);
            self.watchdog(seen);
        }
        match self.closing {
            Some((Cause::NoProgress(_), _)) => orders.stop = true,
            Some((Cause::Deadline, _)) => orders.fade = true,
            Some((Cause::Superseded, _)) | None => {}
        }
        orders.overdue = self.closing.is_some_and(|(_, since)| seen.now.duration_since(since) >= OBEY);
        orders
    }

    /// The fence names another request. Unheard, it never sounds; audible, it is left until it was heard for
    /// `min_audible`, then faded. A process that was stopped in between has lost that right.
    fn superseded(&mut self, seen: Seen, was_stopped: bool) -> Orders {
        let audible = seen.first_sample.map(|first| seen.now.duration_since(first)).filter(|_| !was_stopped);
        if audible.is_some_and(|time| time < self.min_audible) && self.closing.is_none() {
            return Orders { confirm: true, ..Orders::default() };
        }
        let (_, since) = *self.closing.get_or_insert((Cause::Superseded, seen.now));
        match audible {
            Some(_) => Orders { confirm: seen.now.duration_since(since) < GENTLE, fade: true, ..Orders::default() },
            None => Orders { stop: true, ..Orders::default() },
        }
    }

    fn deadline(&mut self, seen: Seen) {
        if seen.first_sample.is_some_and(|first| seen.now.duration_since(first) >= self.longest) {
            self.closing = Some((Cause::Deadline, seen.now));
        }
    }

    fn watchdog(&mut self, seen: Seen) {
        if (seen.ticks, seen.phase) != (self.moved.0, self.moved.1) {
            self.moved = (seen.ticks, seen.phase, seen.now);
        }
        let patience = if seen.phase == Phase::Opening { OPENING } else { NO_PROGRESS };
        if self.closing.is_none() && seen.now.duration_since(self.moved.2) >= patience {
            self.closing = Some((Cause::NoProgress(patience), seen.now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u64 = 7;
    const GO_ON: Orders = Orders { confirm: true, fade: false, stop: false, overdue: false };
    const NOTHING: Orders = Orders { confirm: false, fade: false, stop: false, overdue: false };

    struct Clock(Instant);

    impl Clock {
        fn timers(&self) -> Timers {
            Timers::new(ID, Duration::from_millis(2000), Duration::from_millis(150), self.0)
        }

        /// Seen after so many milliseconds: opened at once, first sample after 10, and moving.
        fn at(&self, ms: u64, may_sound: bool) -> Seen {
            let now = self.0 + Duration::from_millis(ms);
            let first = self.0 + Duration::from_millis(10);
            let first_sample = (now >= first).then_some(first);
            Seen { id: ID, now, may_sound, first_sample, ticks: ms, phase: Phase::Playing }
        }
    }

    /// Looks every 10 ms from `from` until before `to`; the orders of the last look.
    fn looks(timers: &mut Timers, from: u64, to: u64, seen: impl Fn(u64) -> Seen) -> Orders {
        (from..to).step_by(10).map(|ms| timers.look(seen(ms))).last().unwrap()
    }

    #[test]
    fn nothing_fires_for_another_id() {
        let clock = Clock(Instant::now());
        let mut timers = clock.timers();
        for ms in [0, 3000, 90_000] {
            for may_sound in [true, false] {
                assert_eq!(timers.look(Seen { id: ID + 1, ticks: 0, ..clock.at(ms, may_sound) }), NOTHING);
            }
        }
        assert_eq!(timers.closing(), None);
    }

    #[test]
    fn the_deadline_counts_from_the_first_sample_and_fades() {
        let clock = Clock(Instant::now());
        let mut timers = clock.timers();
        assert_eq!(looks(&mut timers, 0, 2010, |ms| clock.at(ms, true)), GO_ON);
        assert_eq!(timers.look(clock.at(2010, true)), Orders { fade: true, ..GO_ON });
        assert_eq!(timers.closing(), Some(Cause::Deadline));
    }

    #[test]
    fn who_is_superseded_is_heard_as_long_as_promised_and_then_fades() {
        let clock = Clock(Instant::now());
        let mut timers = clock.timers();
        assert_eq!(looks(&mut timers, 0, 50, |ms| clock.at(ms, true)), GO_ON);
        assert_eq!(looks(&mut timers, 50, 160, |ms| clock.at(ms, false)), GO_ON);
        assert_eq!(timers.look(clock.at(160, false)), Orders { fade: true, ..GO_ON });
        assert_eq!(looks(&mut timers, 170, 190, |ms| clock.at(ms, false)), Orders { fade: true, ..GO_ON });
        let late = looks(&mut timers, 190, 460, |ms| clock.at(ms, false));
        assert_eq!(late, Orders { fade: true, ..NOTHING }, "a fade that has not begun by then begins no more");
        assert_eq!(timers.look(clock.at(460, false)), Orders { fade: true, overdue: true, ..NOTHING });
    }

    #[test]
    fn who_is_superseded_unheard_or_while_stopped_gets_not_one_sample_more() {
        let clock = Clock(Instant::now());
        let mut unheard = clock.timers();
        assert_eq!(unheard.look(Seen { first_sample: None, ..clock.at(5, false) }), Orders { stop: true, ..NOTHING });
        let mut stopped = clock.timers();
        assert_eq!(looks(&mut stopped, 0, 60, |ms| clock.at(ms, true)), GO_ON);
        assert_eq!(stopped.look(clock.at(130, false)), Orders { stop: true, ..NOTHING });
    }

    #[test]
    fn an_output_that_stands_still_is_stopped_after_a_second_and_one_that_does_not_open_a_little_later() {
        for (phase, patience) in [(Phase::Playing, 1000), (Phase::Draining, 1000), (Phase::Opening, 1700)] {
            let clock = Clock(Instant::now());
            let mut timers = clock.timers();
            let still = |ms| Seen { ticks: 0, phase, first_sample: None, ..clock.at(ms, true) };
            timers.look(still(0));
            assert_eq!(looks(&mut timers, 10, patience, still), GO_ON, "{phase:?}");
            assert_eq!(timers.look(still(patience)), Orders { stop: true, ..GO_ON }, "{phase:?}");
            assert!(timers.look(still(patience + 300)).overdue);
        }
    }

    #[test]
    fn a_process_that_was_stopped_takes_no_output_for_dead() {
        let clock = Clock(Instant::now());
        let mut timers = clock.timers();
        let still = |ms| Seen { ticks: 0, first_sample: None, ..clock.at(ms, true) };
        looks(&mut timers, 0, 500, still);
        assert_eq!(looks(&mut timers, 5000, 5500, still), GO_ON);
        assert!(looks(&mut timers, 5500, 5520, still).stop, "half before, half after");
    }

    #[test]
    fn a_playback_that_is_closing_keeps_its_first_cause() {
        let clock = Clock(Instant::now());
        let mut timers = clock.timers();
        looks(&mut timers, 0, 2020, |ms| clock.at(ms, true));
        looks(&mut timers, 2020, 2200, |ms| clock.at(ms, false));
        looks(&mut timers, 2200, 9000, |ms| Seen { ticks: 0, ..clock.at(ms, true) });
        assert_eq!(timers.closing(), Some(Cause::Deadline));
    }
}
