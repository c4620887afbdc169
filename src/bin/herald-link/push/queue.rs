//! Which notice is tried when, and which no longer. Pure: the time is given.
//!
//! All notices go to one server. Where it fails, all of them wait, so that a server that is down sees few connections,
//! however many notices there are.

use std::time::Duration;

use herald::link::Pushed;
use herald::platform::clock::Stamp;

/// A notice is tried so often, at most.
pub(super) const MOST_TRIES: u8 = 3;

/// No try begins later than so long after the occurrence.
pub(super) const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The pauses after the first, the second, and each further failure in a row.
const PAUSES: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(30), Duration::from_secs(60)];

/// More wait only where something is wrong.
const MOST: usize = 64;

/// Whether a failed try may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The next one would fail just so.
    Never,
    /// After a while.
    Soon,
    /// Not before so long, as the server says.
    After(Duration),
}

/// A notice that waits for a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) pushed: Pushed,
    /// How often it was tried.
    pub(super) tries: u8,
}

/// A notice that is tried no more, and why in words that follow what failed, if something did.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GivenUp {
    pub(super) waiting: Waiting,
    pub(super) why: String,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Try this one. It has left the queue.
    Try(Waiting),
    /// Ask again after so long.
    Rest(Duration),
    /// There is nothing.
    Nothing,
}

/// The notices that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
    /// Failures of the server in a row.
    failures: usize,
    /// Since when nothing is tried, and for how long.
    rest: Option<(Stamp, Duration)>,
}

impl Queue {
    /// Takes a notice in. Where there is no room, the least urgent and oldest of all is given up.
    pub(super) fn put(&mut self, pushed: Pushed) -> Option<GivenUp> {
        self.waiting.push(Waiting { pushed, tries: 0 });
        if self.waiting.len() <= MOST {
            return None;
        }
        let least = (0..self.waiting.len()).min_by_key(|&at| self.waiting[at].pushed.priority)?;
        let why = format!("more than {MOST} notices wait");
        Some(GivenUp { waiting: self.waiting.remove(least), why })
    }

    /// The notices that are too old.
    pub(super) fn too_old(&mut self, now: Stamp) -> Vec<GivenUp> {
        let is_old = |waiting: &mut Waiting| !waiting.pushed.at.is_within(LIFETIME, now);
        let why = format!("it is more than {} minutes old", LIFETIME.as_secs() / 60);
        self.waiting.extract_if(.., is_old).map(|waiting| GivenUp { waiting, why: why.clone() }).collect()
    }

    /// What is to be done now: the most urgent first, of equals the one that came first.
    pub(super) fn next(&mut self, now: Stamp) -> Next {
        if self.waiting.is_empty() {
            return Next::Nothing;
        }
        if let Some((since, rest)) = self.rest.filter(|(since, rest)| since.is_within(*rest, now)) {
            return Next::Rest(rest.saturating_sub(since.age(now)));
        }
        self.rest = None;
        let first = (0..self.waiting.len()).rev().max_by_key(|&at| self.waiting[at].pushed.priority);
        first.map_or(Next::Nothing, |first| Next::Try(self.waiting.remove(first)))
    }

    /// The server took one.
    pub(super) fn taken(&mut self) {
        self.failures = 0;
        self.rest = None;
    }

    /// A try of `waiting` failed at `now`: it is taken in again, or given up.
    pub(super) fn failed(&mut self, waiting: Waiting, again: Again, now: Stamp) -> Option<GivenUp> {
        let waiting = Waiting { tries: waiting.tries + 1, ..waiting };
        let asked = match again {
            Again::Never => return Some(GivenUp { waiting, why: String::new() }),
            Again::Soon => Duration::ZERO,
            Again::After(asked) => asked,
        };
        self.failures += 1;
        let pause = PAUSES[(self.failures - 1).min(PAUSES.len() - 1)].max(asked);
        // Whoever asks for an hour is asked again when something newer wants out.
        self.rest = Some((now, pause.min(LIFETIME)));
        let why = if waiting.tries >= MOST_TRIES {
            format!("tried {MOST_TRIES} times")
        } else if waiting.pushed.at.is_within(LIFETIME, now.after(pause)) {
            self.waiting.insert(0, waiting);
            return None;
        } else if asked > PAUSES[0] {
            format!("the server asks to wait {} s, longer than it is of use", asked.as_secs())
        } else {
            format!("it would be more than {} minutes old", LIFETIME.as_secs() / 60)
        };
        Some(GivenUp { waiting, why })
    }
}

#[cfg(test)]
mod tests {
    use herald::event::Priority;
    use herald::link::Id;
    use rstest::rstest;

    use super::*;

    fn at(secs: u64) -> Stamp {
        Stamp { wall_ms: 1_700_000_000_000 + secs * 1000, boot_us: 5_000_000 + secs * 1_000_000 }
    }

    fn of(event: &str, priority: Priority, secs: u64) -> Pushed {
        let (id, event) = (Id(secs.into()), event.parse().unwrap());
        Pushed { id, event, agent: "codex".to_owned(), host: None, priority, at: at(secs) }
    }

    fn one(secs: u64) -> Pushed {
        of("input.permission", Priority::Urgent, secs)
    }

    fn tried(queue: &mut Queue, now: Stamp) -> Waiting {
        match queue.next(now) {
            Next::Try(waiting) => waiting,
            other => panic!("{other:?}"),
        }
    }

    /// Tries until it is given up: when each try began, and why it ended. `lasts` is how long each takes.
    fn all_tries(mut again: impl FnMut(u8) -> Again, lasts: u64) -> (Vec<u64>, String) {
        let mut queue = Queue::default();
        assert_eq!(queue.put(one(0)), None);
        let (mut now, mut begun) = (0, Vec::new());
        loop {
            if let Some(old) = queue.too_old(at(now)).pop() {
                return (begun, old.why);
            }
            match queue.next(at(now)) {
                Next::Rest(rest) => now += rest.as_millis().div_ceil(1000) as u64,
                Next::Nothing => panic!("it is lost"),
                Next::Try(waiting) => {
                    begun.push(now);
                    now += lasts;
                    let again = again(waiting.tries);
                    if let Some(given_up) = queue.failed(waiting, again, at(now)) {
                        return (begun, given_up.why);
                    }
                }
            }
        }
    }

    #[rstest]
    #[case(Again::Soon, 0, &[0, 3, 33], "tried 3 times")]
    #[case(Again::Soon, 10, &[0, 13, 53], "tried 3 times")]
    #[case(Again::Never, 0, &[0], "")]
    #[case(Again::After(Duration::from_secs(1)), 0, &[0, 3, 33], "tried 3 times")]
    #[case(Again::After(Duration::from_secs(20)), 0, &[0, 20, 50], "tried 3 times")]
    #[case(Again::After(Duration::from_secs(140)), 0, &[0, 140, 280], "tried 3 times")]
    #[case(Again::After(Duration::from_secs(200)), 0, &[0, 200], "wait 200 s")]
    #[case(Again::After(Duration::from_secs(86_400)), 0, &[0], "wait 86400 s")]
    #[case(Again::After(Duration::MAX), 0, &[0], "longer than it is of use")]
    #[case(Again::Soon, 298, &[0], "more than 5 minutes")]
    fn a_notice_is_tried_three_times_within_five_minutes(
        #[case] again: Again,
        #[case] lasts: u64,
        #[case] begun: &[u64],
        #[case] why: &str,
    ) {
        let (tries, told) = all_tries(|_| again, lasts);
        assert_eq!(tries, begun, "{told}");
        assert!(told.contains(why), "{told}");
        assert!(tries.iter().all(|&secs| secs < LIFETIME.as_secs()));
    }

    #[test]
    fn all_wait_while_the_server_fails_and_go_when_it_is_back() {
        let mut queue = Queue::default();
        for secs in 0..3 {
            queue.put(one(secs));
        }
        let first = tried(&mut queue, at(3));
        assert_eq!(first.pushed, one(0));
        assert_eq!(queue.failed(first, Again::Soon, at(3)), None);
        assert_eq!(queue.next(at(4)), Next::Rest(Duration::from_secs(2)));
        let again = tried(&mut queue, at(6));
        assert_eq!((again.pushed, again.tries), (one(0), 1));
        queue.taken();
        assert_eq!(tried(&mut queue, at(8)).pushed, one(1));
        assert_eq!(tried(&mut queue, at(8)).pushed, one(2));
        assert_eq!(queue.next(at(8)), Next::Nothing);
    }

    #[test]
    fn a_refusal_of_one_holds_up_no_other() {
        let mut queue = Queue::default();
        queue.put(one(0));
        queue.put(one(1));
        let first = tried(&mut queue, at(1));
        assert!(queue.failed(first, Again::Never, at(1)).is_some());
        assert_eq!(tried(&mut queue, at(1)).pushed, one(1));
    }

    #[test]
    fn the_most_urgent_goes_first_and_the_least_urgent_is_given_up() {
        let mut queue = Queue::default();
        for secs in 0..MOST as u64 {
            assert_eq!(queue.put(of("task.complete", Priority::Normal, secs)), None);
        }
        let left = queue.put(one(99)).unwrap();
        assert_eq!(left.waiting.pushed, of("task.complete", Priority::Normal, 0));
        assert_eq!(tried(&mut queue, at(99)).pushed, one(99));
        assert_eq!(tried(&mut queue, at(99)).pushed, of("task.complete", Priority::Normal, 1));
    }

    #[rstest]
    #[case(at(299), 0)]
    #[case(at(300), 1)]
    #[case(Stamp { boot_us: 1, ..at(10) }, 1)]
    #[case(Stamp { wall_ms: 1, ..at(10) }, 1)]
    fn what_is_too_old_by_either_clock_is_given_up(#[case] now: Stamp, #[case] old: usize) {
        let mut queue = Queue::default();
        queue.put(one(0));
        assert_eq!(queue.too_old(now).len(), old);
    }

    #[test]
    fn a_clock_that_jumps_ends_the_rest_and_never_lengthens_it() {
        let mut queue = Queue::default();
        queue.put(one(0));
        let first = tried(&mut queue, at(0));
        queue.failed(first, Again::Soon, at(0));
        assert!(matches!(queue.next(Stamp { wall_ms: 1, ..at(1) }), Next::Try(_)));
    }
}
