//! What many faults came to: counts, and the faults that broke something.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many worlds are lived in at once. Each has its own state, home and, where there is one, stream; they share a
/// machine of two processors, and nothing here is judged by how long it takes.
const CREW: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Faults that truly happened.
    pub(crate) happened: usize,
    /// Faults at calls that weren't made this time.
    pub(crate) missed: usize,
    pub(crate) by_kind: BTreeMap<String, usize>,
    pub(crate) became: BTreeMap<String, usize>,
    pub(crate) broken: Vec<String>,
}

impl Tally {
    pub(crate) fn count(&mut self, kind: &str, became: &str) {
        self.happened += 1;
        *self.by_kind.entry(kind.to_owned()).or_default() += 1;
        *self.became.entry(became.to_owned()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.happened += other.happened;
        self.missed += other.missed;
        for (into, from) in [(&mut self.by_kind, other.by_kind), (&mut self.became, other.became)] {
            for (what, more) in from {
                *into.entry(what).or_default() += more;
            }
        }
        self.broken.extend(other.broken);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |counts: &BTreeMap<String, usize>| {
            counts.iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
        };
        write!(f, "{} happened ({}), {} didn't", self.happened, shown(&self.by_kind), self.missed)?;
        write!(f, "; they became: {}", shown(&self.became))
    }
}

/// How many faults of each program `HERALD_TEST_FAULTS` asks for.
pub(crate) fn asked_for() -> Option<usize> {
    std::env::var("HERALD_TEST_FAULTS").ok()?.parse().ok()
}

/// Does something with each of `all`, a few at a time, in their order.
pub(crate) fn each<T: Sync, R: Send>(all: &[T], live: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..CREW {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = live(one);
                    done.lock().expect("no thread panicked").push(result);
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked")
}
