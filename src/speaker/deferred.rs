//! Wishes that are held back for a while, pure: what is held and the time in, what is due out.
//!
//! Owns how many are held back, what calls one off, and when one is due. A wish that is due gets no place by itself: it
//! is judged and placed like any other, at that moment. Who it is about is a number that means nothing here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::overlap::Overlap;
use crate::platform::clock::Stamp;

/// How many are held back at once.
const PLACES: usize = 8;

/// How many bytes of theirs, in all: what the state file has room for beside two of the largest requests.
const BYTES: usize = 1400;

/// A wish that is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferred {
    /// Whose it is.
    pub group: u64,
    /// What of theirs it is about.
    pub mark: u64,
    /// The wish itself: of two alike only the first is held back.
    pub subject: u64,
    /// When it was asked for.
    pub asked: Stamp,
    /// For how long it is held back.
    pub delay: Duration,
    /// How urgent it will be.
    pub rank: u8,
    /// How long it may wait then.
    pub lifetime: Duration,
    /// How long it may go on after it was cut, so that it was heard at all.
    pub notice: Duration,
    /// What happens where it meets one of its own rank.
    pub overlap: Overlap,
    /// What it is about.
    pub payload: Vec<u8>,
    /// By what it is to be judged once more.
    pub ticket: Vec<u8>,
}

impl Deferred {
    /// How long until it is due; `None` where it makes no sense any more: it should have been heard longer ago than it
    /// may wait, or it is of another boot.
    fn left(&self, now: Stamp) -> Option<Duration> {
        let age = self.asked.age(now);
        let alive = now.boot_us >= self.asked.boot_us && age < self.delay + self.lifetime;
        alive.then(|| self.delay.saturating_sub(age))
    }
}

/// Holds `wish` back; gives it back where there is no room.
///
/// # Errors
/// The wish: it is to be placed at once, rather than lost.
pub fn defer(held: &mut Vec<Deferred>, wish: Deferred) -> Result<(), Box<Deferred>> {
    if held.iter().any(|other| other.subject == wish.subject) {
        return Ok(());
    }
    let size = |held: &Deferred| held.payload.len() + held.ticket.len();
    let bytes: usize = held.iter().map(size).sum();
    if held.len() >= PLACES || bytes + size(&wish) > BYTES {
        return Err(Box::new(wish));
    }
    held.push(wish);
    Ok(())
}

/// Takes away what is held back for `group`, or only that of it which is about `mark`.
pub fn call_off(held: &mut Vec<Deferred>, group: u64, mark: Option<u64>) -> Vec<Deferred> {
    let about = |wish: &mut Deferred| wish.group == group && mark.is_none_or(|mark| wish.mark == mark);
    held.extract_if(.., about).collect()
}

/// What became of those that are held back.
#[derive(Debug, Default)]
pub struct Due {
    /// To be placed now.
    pub ready: Vec<Deferred>,
    /// Make no sense any more.
    pub expired: Vec<Deferred>,
    /// How long until the next one is due; `None`: none is left.
    pub next: Option<Duration>,
}

/// Takes away what is due or too old.
pub fn due(held: &mut Vec<Deferred>, now: Stamp) -> Due {
    let mut due = Due::default();
    for wish in std::mem::take(held) {
        match wish.left(now) {
            None => due.expired.push(wish),
            Some(Duration::ZERO) => due.ready.push(wish),
            Some(left) => {
                due.next = Some(due.next.map_or(left, |next| next.min(left)));
                held.push(wish);
            }
        }
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: u64 = 4;

    fn now(ms: u64) -> Stamp {
        Stamp { wall_ms: 1_700_000_000_000 + ms, boot_us: 1_000_000 + ms * 1000 }
    }

    fn wish(subject: u64, mark: u64, ms: u64) -> Deferred {
        Deferred {
            group: GROUP,
            mark,
            subject,
            asked: now(ms),
            delay: Duration::from_millis(1500),
            rank: 3,
            lifetime: Duration::from_secs(10),
            notice: Duration::ZERO,
            overlap: Overlap::Queue,
            payload: vec![0; 100],
            ticket: Vec::new(),
        }
    }

    fn subjects(held: &[Deferred]) -> Vec<u64> {
        held.iter().map(|held| held.subject).collect()
    }

    #[test]
    fn what_is_held_back_is_due_after_its_delay_and_expires_like_anything_that_waits() {
        let mut held = Vec::new();
        defer(&mut held, wish(1, 0, 0)).unwrap();
        defer(&mut held, wish(2, 0, 500)).unwrap();
        let early = due(&mut held, now(1499));
        assert_eq!((early.ready.len(), early.next), (0, Some(Duration::from_millis(1))));
        let first = due(&mut held, now(1500));
        assert_eq!((subjects(&first.ready), first.next), (vec![1], Some(Duration::from_millis(500))));
        let late = due(&mut held, now(12_000));
        assert_eq!((subjects(&late.expired), late.next), (vec![2], None));
        defer(&mut held, wish(3, 0, 500)).unwrap();
        assert_eq!(subjects(&due(&mut held, Stamp { boot_us: 5, ..now(600) }).expired), [3], "of another boot");
    }

    #[test]
    fn the_first_of_two_alike_is_kept() {
        let mut held = Vec::new();
        defer(&mut held, wish(1, 0, 0)).unwrap();
        defer(&mut held, wish(1, 0, 1000)).unwrap();
        assert_eq!(held, [wish(1, 0, 0)]);
    }

    #[test]
    fn a_group_calls_off_its_own_and_may_say_which() {
        let mut held = Vec::new();
        defer(&mut held, wish(1, 7, 0)).unwrap();
        defer(&mut held, wish(2, 8, 0)).unwrap();
        defer(&mut held, Deferred { group: GROUP + 1, ..wish(3, 7, 0) }).unwrap();
        assert_eq!(subjects(&call_off(&mut held, GROUP, Some(7))), [1]);
        assert_eq!(subjects(&call_off(&mut held, GROUP, None)), [2]);
        assert_eq!(subjects(&held), [3]);
    }

    #[test]
    fn what_finds_no_room_is_given_back() {
        let mut held = Vec::new();
        for subject in 0..8 {
            assert!(defer(&mut held, wish(subject, 0, 0)).is_ok());
        }
        assert!(defer(&mut held, wish(8, 0, 0)).is_err());
        let large = Deferred { payload: vec![0; BYTES + 1], ..wish(1, 0, 0) };
        assert!(defer(&mut Vec::new(), large).is_err());
    }
}
