//! Whether a server that takes nothing still plays: its clock tells.
//!
//! A device that was idle may have been filled far ahead with silence (PulseAudio 16's null sink: two seconds), and takes
//! nothing of a new stream before that is through. What it plays at this moment moves all the same.
//!
//! Invariant: an answer that doesn't come, or a clock that stands, is no sign of life, and for longer than [`LONGEST`]
//! no clock counts without samples being taken. Knows the times it is told, and no server.

use std::time::{Duration, Instant};

/// The server is asked when it has taken nothing for so long: several times within the watchdog's patience.
const QUIET: Duration = Duration::from_millis(200);
/// What silence may lie ahead of a stream: a null sink's, and half as much again.
const LONGEST: Duration = Duration::from_secs(3);

/// What is known of a server's life.
#[derive(Debug)]
pub(super) struct Alive {
    /// When it last took something.
    moved: Instant,
    /// When it was last asked, or took something.
    quiet_since: Instant,
    /// The question it has not answered yet.
    asked: Option<u32>,
    /// What it played when it last answered, in µs of the stream; below zero, what lay ahead of it.
    plays: Option<i64>,
}

impl Alive {
    pub(super) fn new(now: Instant) -> Self {
        Self { moved: now, quiet_since: now, asked: None, plays: None }
    }

    /// It took something.
    pub(super) fn moved(&mut self, now: Instant) {
        (self.moved, self.quiet_since) = (now, now);
    }

    /// Whether it is to be asked. A question that it leaves unanswered, or refuses, is its last.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.asked.is_none() && now.duration_since(self.quiet_since) >= QUIET
    }

    /// It was asked with that number.
    pub(super) fn ask(&mut self, number: u32, now: Instant) {
        (self.asked, self.quiet_since) = (Some(number), now);
    }

    /// Whether this number is that of the question.
    pub(super) fn asked_with(&self, number: u32) -> bool {
        self.asked == Some(number)
    }

    /// It answered that it plays `plays`; whether that is a sign of life.
    pub(super) fn answered(&mut self, plays: i64, now: Instant) -> bool {
        self.asked = None;
        let before = self.plays.replace(plays);
        before.is_some_and(|before| plays > before) && now.duration_since(self.moved) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked whenever it is due, each 20 ms, and answered at once with what `plays` says of that millisecond: how often
    /// that was a sign of life before `end`.
    fn signs(end: u64, plays: impl Fn(i64) -> i64) -> usize {
        let start = Instant::now();
        let mut alive = Alive::new(start);
        let mut asked = 0;
        (0..end)
            .step_by(20)
            .filter(|ms| {
                let now = start + Duration::from_millis(*ms);
                if !alive.is_due(now) {
                    return false;
                }
                asked += 1;
                alive.ask(asked, now);
                assert!(alive.asked_with(asked) && !alive.asked_with(asked + 1));
                alive.answered(plays(*ms as i64 * 1000), now)
            })
            .count()
    }

    #[test]
    fn a_clock_that_runs_is_a_sign_of_life_and_one_that_stands_or_runs_back_is_none() {
        assert_eq!(signs(1000, |now| now - 2_000_000), 3, "the first answer has nothing to be compared with");
        assert_eq!(signs(1000, |_| -2_000_000), 0);
        assert_eq!(signs(1000, |now| -now), 0);
    }

    #[test]
    fn a_clock_alone_counts_for_three_seconds() {
        assert_eq!(signs(60_000, |now| now), signs(3000, |now| now));
    }

    #[test]
    fn a_server_that_takes_samples_or_left_a_question_unanswered_is_not_asked() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut alive = Alive::new(start);
        for ms in (0..5000).step_by(100) {
            assert!(!alive.is_due(at(ms)));
            alive.moved(at(ms));
        }
        assert!(alive.is_due(at(5200)));
        alive.ask(7, at(5200));
        assert!(!alive.is_due(at(9000)));
    }
}
