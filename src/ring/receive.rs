//! What happened on other machines: the same way to a sound as everything else, and three questions more.
//!
//! Invariant: an occurrence that was heard is remembered in the critical section in which that was decided. However
//! often it is delivered, and whoever dies in between, it is heard once.

use std::time::{Duration, Instant};

use super::{Afar, Call, Rung, decide_and_start};
use crate::config::Config;
use crate::event::{Occurrence, Priority, Session};
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy::{Key, Memory, Reason};

/// How long an occurrence that was heard is remembered: no delivery is later than a lifetime, and some for its way.
const REMEMBERED: Duration = Duration::from_secs(120);

/// How much closer together two occurrences may arrive than they were.
const JITTER: Duration = Duration::from_millis(500);

/// Under what it is remembered. It can't be the name of an event.
const MARK: &str = "#afar";

/// Something that came from another machine.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// What happened.
    pub occurrence: Occurrence,
    /// What tells it from all others, how old it is, and whether a skip is worth a line.
    pub afar: Afar,
}

/// Decides on what came, and starts what must be started. `begun` is when it came.
pub fn receive(paths: &Paths, config: &Config, arrived: Arrived, begun: Instant) -> Rung {
    let call = Call { occurrence: arrived.occurrence, afar: Some(arrived.afar), ..Call::default() };
    let mut considered = super::consider(paths, config, &call);
    // It was throttled where it comes from; the way makes two of them meet closer than they were.
    let throttle = &mut considered.settings.throttle;
    *throttle -= (*throttle / 4).min(JITTER);
    decide_and_start(paths, &call, config, &considered, begun)
}

/// Why something from afar is not heard whatever else holds.
pub(super) fn judge(call: &Call, priority: Priority, memory: &Memory, now: Stamp) -> Option<Reason> {
    let afar = call.afar?;
    if afar.age >= priority.lifetime() {
        return Some(Reason::Expired);
    }
    memory.was_within(Key::of(MARK, Session(afar.key)), REMEMBERED, now).then_some(Reason::Duplicate)
}

/// Remembers that something from afar is heard.
pub(super) fn heard(call: &Call, memory: &mut Memory, now: Stamp) {
    if let Some(afar) = call.afar {
        memory.stamp_now(Key::of(MARK, Session(afar.key)), now);
    }
}
