//! The rules of the speaker, pure: state, world and wish in; new state and what to do out.
//!
//! Owns who waits, who is cut, and which id comes next. No file, no lock, no clock: the door (`mod.rs`) reads those
//! and carries out what is decided here, in the order the protocol was checked in. Requests are opaque bytes with a
//! rank and a lifetime.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::deferred::Deferred;
use super::overlap::Overlap;
use crate::platform::clock::Stamp;

/// At most one barge-in in this time; a second one waits.
pub const BARGE_IN_PAUSE: Duration = Duration::from_millis(200);

/// Ids are below this: they begin at milliseconds since 1970 times 1024 and grow by one, which leads here in the year
/// 248,000, and are exact in JSON. What names this one or a higher one is damaged, and must not stand above all ids to come.
pub const ID_LIMIT: u64 = 1 << 53;

/// What all processes know of the speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The newest id given out.
    pub last_id: u64,
    /// Who speaks.
    pub current: Option<Current>,
    /// Who waits: one place.
    pub pending: Option<Pending>,
    /// When somebody was last cut.
    pub barged_at: Option<Stamp>,
    /// When the output was last found dead, if it was.
    pub cooling_since: Option<Stamp>,
    /// What is held back for a while; nobody speaks it from here.
    pub deferred: Vec<Deferred>,
}

impl State {
    /// Whether every id in it can be one.
    pub(super) fn is_possible(&self) -> bool {
        let current = self.current.as_ref().map_or(0, |current| current.id);
        let pending = self.pending.as_ref().map_or(0, |pending| pending.id);
        self.last_id.max(current).max(pending) < ID_LIMIT
    }
}

/// A request that speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Its id.
    pub id: u64,
    /// How urgent; higher cuts lower.
    pub rank: u8,
    /// The speaking process.
    pub pid: u32,
    /// When that process started, which with its number names it for ever.
    pub started: u64,
    /// When it was claimed.
    pub since: Stamp,
    /// How long it may go on after it was cut, so that it was heard at all.
    pub notice: Duration,
    /// What it is about, for those who watch.
    pub payload: Vec<u8>,
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Its id.
    pub id: u64,
    /// How urgent.
    pub rank: u8,
    /// When it was asked for.
    pub asked: Stamp,
    /// How long it may wait.
    pub lifetime: Duration,
    /// How long it may go on after it was cut, so that it was heard at all.
    pub notice: Duration,
    /// What it is about.
    pub payload: Vec<u8>,
}

impl Pending {
    /// Whether it has waited too long to still make sense.
    ///
    /// By the boot clock, which counts suspend: a wall clock that is set never costs a request. One from the future is
    /// of another boot.
    pub fn is_stale(&self, now: Stamp) -> bool {
        now.boot_us < self.asked.boot_us || self.asked.age(now) >= self.lifetime
    }
}

/// A request that wants to speak.
#[derive(Clone, Debug)]
pub struct Wish {
    /// How urgent.
    pub rank: u8,
    /// How long it may wait.
    pub lifetime: Duration,
    /// How long it may go on after it was cut, so that it was heard at all.
    pub notice: Duration,
    /// When it was asked for.
    pub asked: Stamp,
    /// What it is about.
    pub payload: Vec<u8>,
}

/// What is so, read under the arbitration lock.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Somebody holds the owner lock.
    pub owner_alive: bool,
    /// Somebody holds the heir lock.
    pub heir_waits: bool,
    /// The fence's value.
    pub fence: u64,
    /// The state file had nothing readable.
    pub state_lost: bool,
    /// The time.
    pub now: Stamp,
}

/// What became of a wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// The id it was given; `None` where it was turned away.
    pub id: Option<u64>,
    /// The owner is to be cut.
    pub barge_in: bool,
    /// The fence's new value, to be written after the state.
    pub fence: Option<u64>,
    /// Nobody waits for the owner lock, and there is something to wait for: a player must be started.
    pub start_player: bool,
    /// Lost its place to this wish.
    pub replaced: Option<Pending>,
    /// Had waited too long.
    pub expired: Option<Pending>,
    /// Was recorded as speaking, but its process is gone.
    pub recovered: Option<Current>,
}

/// The id after all that were ever given out, also where the state was lost: the fence remembers, and the wall clock
/// stands in for it.
fn next_id(state: &State, world: &World) -> u64 {
    let floor = if world.state_lost { id_after_loss(world.now) } else { 0 };
    (state.last_id + 1).max(world.fence + 1).max(floor)
}

/// Above all ids that were given out before `now`, whatever was lost.
pub(super) fn id_after_loss(now: Stamp) -> u64 {
    now.wall_ms << 10
}

/// Finds a place for `wish`, or turns it away.
pub fn place(state: &mut State, world: &World, wish: Wish, overlap: Overlap) -> Placed {
    let mut placed = tidy(state, world);
    let waiting = state.pending.as_ref().map(|pending| pending.rank);
    let speaking = state.current.as_ref().map(|current| (current.id, current.rank));

    let higher_waits = waiting.is_some_and(|rank| rank > wish.rank);
    let dropped = overlap == Overlap::Drop
        && (waiting.is_some_and(|rank| rank >= wish.rank) || speaking.is_some_and(|(_, rank)| rank >= wish.rank));
    if higher_waits || dropped {
        // What waits may have lost its player, or the hook that was about to start one.
        placed.start_player = waiting.is_some() && !world.owner_alive && !world.heir_waits;
        return placed;
    }

    let id = next_id(state, world);
    if let Some((current, rank)) = speaking {
        let cuts = wish.rank > rank || (wish.rank == rank && overlap == Overlap::Replace);
        let being_cut = world.fence > current;
        if being_cut {
            placed.fence = Some(id);
        } else if cuts && !state.barged_at.is_some_and(|at| at.is_within(BARGE_IN_PAUSE, world.now)) {
            placed.fence = Some(id);
            placed.barge_in = true;
            state.barged_at = Some(world.now);
        }
    }
    placed.replaced = state.pending.take();
    state.last_id = id;
    let Wish { rank, lifetime, notice, asked, payload } = wish;
    state.pending = Some(Pending { id, rank, asked, lifetime, notice, payload });
    placed.id = Some(id);
    placed.start_player = !world.heir_waits;
    placed
}

/// What is silenced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hushed {
    /// Who speaks is to be cut: the fence's new value, to be written after the state.
    pub fence: Option<u64>,
    /// Waited, and doesn't any more.
    pub pending: Option<Pending>,
    /// Was held back, and isn't any more.
    pub deferred: Vec<Deferred>,
}

/// Silences what `is_meant`, by its payload: who speaks is cut, who waits is sent away.
pub fn hush(state: &mut State, world: &World, is_meant: impl Fn(&[u8]) -> bool) -> Hushed {
    let pending = state.pending.take_if(|pending| is_meant(&pending.payload));
    let deferred = state.deferred.extract_if(.., |held| is_meant(&held.payload)).collect();
    let speaks = state.current.as_ref().filter(|current| world.owner_alive && is_meant(&current.payload));
    let fence = speaks.filter(|current| world.fence <= current.id).map(|_| {
        // Whoever waits and is not meant speaks next, so the fence must not pass it.
        state.pending.as_ref().map_or_else(|| next_id(state, world), |pending| pending.id)
    });
    state.last_id = state.last_id.max(fence.unwrap_or(0));
    Hushed { fence, pending, deferred }
}

/// What became of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The request that may speak now; `None`: nothing waits, give everything back.
    pub taken: Option<Pending>,
    /// Had waited too long.
    pub expired: Option<Pending>,
    /// Was recorded as speaking, but its process is gone.
    pub recovered: Option<Current>,
}

/// Takes the pending request for the process `pid`, which holds the owner lock and speaks nothing at the moment.
///
/// `finished` is the id this same process spoke before, if any: its record is closed, not recovered.
pub fn claim(state: &mut State, world: &World, pid: u32, started: u64, finished: Option<u64>) -> Claim {
    if state.current.as_ref().is_some_and(|current| finished == Some(current.id)) {
        state.current = None;
    }
    // The caller holds the owner lock itself, so whoever else is recorded as speaking is gone.
    let tidied = tidy(state, &World { owner_alive: false, ..*world });
    let taken = state.pending.take();
    if let Some(pending) = &taken {
        state.last_id = state.last_id.max(pending.id);
        state.current = Some(Current {
            id: pending.id,
            rank: pending.rank,
            pid,
            started,
            since: world.now,
            notice: pending.notice,
            payload: pending.payload.clone(),
        });
    }
    Claim { taken, expired: tidied.expired, recovered: tidied.recovered }
}

/// Two conditions: the speaker is free only if the lock is free *and* the record is closed. Mends the record where
/// they disagree, and empties the waiting place of what is stale.
fn tidy(state: &mut State, world: &World) -> Placed {
    let recovered = if world.owner_alive { None } else { state.current.take() };
    let expired = state.pending.take_if(|pending| pending.is_stale(world.now));
    Placed { recovered, expired, ..Placed::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: u8 = 0;
    const NORMAL: u8 = 1;
    const URGENT: u8 = 3;

    fn now(ms: u64) -> Stamp {
        Stamp { wall_ms: 1_700_000_000_000 + ms, boot_us: 1_000_000 + ms * 1000 }
    }

    fn wish(rank: u8, ms: u64) -> Wish {
        let (lifetime, notice) = (Duration::from_secs(3), Duration::ZERO);
        Wish { rank, lifetime, notice, asked: now(ms), payload: vec![rank] }
    }

    fn idle(ms: u64) -> World {
        World { owner_alive: false, heir_waits: false, fence: 0, state_lost: false, now: now(ms) }
    }

    /// A state in which `rank` speaks with id 1 since the beginning, and the world that goes with it.
    fn speaking(rank: u8) -> (State, World) {
        let mut state = State::default();
        place(&mut state, &idle(0), wish(rank, 0), Overlap::Queue);
        claim(&mut state, &idle(0), 7, 7, None);
        (state, World { owner_alive: true, fence: 1, ..idle(1000) })
    }

    #[test]
    fn who_is_meant_is_silenced_and_nobody_else() {
        let (mut state, world) = speaking(NORMAL);
        let is = |rank: u8| move |payload: &[u8]| payload == [rank];
        assert_eq!(hush(&mut state.clone(), &world, is(URGENT)), Hushed::default());
        let hushed = hush(&mut state.clone(), &world, is(NORMAL));
        assert_eq!((hushed.fence, hushed.pending), (Some(2), None));
        assert_eq!(
            hush(&mut state.clone(), &World { owner_alive: false, ..world }, is(NORMAL)).fence,
            None,
            "it is gone"
        );
        assert_eq!(hush(&mut state.clone(), &World { fence: 2, ..world }, is(NORMAL)).fence, None, "it is being cut");

        let waits = place(&mut state, &World { heir_waits: true, ..world }, wish(LOW, 0), Overlap::Queue).id;
        let mut other_waits = state.clone();
        let hushed = hush(&mut other_waits, &world, is(NORMAL));
        assert_eq!((hushed.fence, hushed.pending), (waits, None), "who waits speaks next");
        let claimed = claim(&mut other_waits, &world, 8, 8, None).taken;
        assert_eq!(claimed.map(|pending| pending.id), waits);

        let hushed = hush(&mut state, &world, |_| true);
        assert_eq!((hushed.fence, hushed.pending.map(|pending| pending.id)), (Some(3), waits));
        assert_eq!((state.last_id, state.pending), (3, None), "no id is given twice");
    }

    #[test]
    fn an_idle_speaker_takes_the_wish_and_starts_a_player() {
        let mut state = State::default();
        let placed = place(&mut state, &idle(0), wish(NORMAL, 0), Overlap::Queue);
        assert_eq!((placed.id, placed.start_player, placed.barge_in), (Some(1), true, false));
        let again = place(&mut state, &World { heir_waits: true, ..idle(1) }, wish(NORMAL, 1), Overlap::Queue);
        assert_eq!((again.id, again.start_player), (Some(2), false), "an heir is already waiting");
        assert_eq!(again.replaced.map(|p| p.id), Some(1), "the newest wins");
    }

    #[test]
    fn overlap_decides_among_equals_and_rank_decides_otherwise() {
        use Overlap::{Drop, Queue, Replace};
        for (owner, newcomer, overlap, accepted, cuts) in [
            (LOW, URGENT, Queue, true, true),
            (LOW, URGENT, Replace, true, true),
            (LOW, URGENT, Drop, true, true),
            (NORMAL, NORMAL, Queue, true, false),
            (NORMAL, NORMAL, Replace, true, true),
            (NORMAL, NORMAL, Drop, false, false),
            (URGENT, LOW, Queue, true, false),
            (URGENT, LOW, Replace, true, false),
            (URGENT, LOW, Drop, false, false),
        ] {
            let (mut state, world) = speaking(owner);
            let placed = place(&mut state, &world, wish(newcomer, 1000), overlap);
            let case = format!("{owner} {newcomer} {overlap:?}");
            assert_eq!((placed.id.is_some(), placed.barge_in), (accepted, cuts), "{case}");
            assert_eq!(placed.fence.is_some(), cuts, "{case}");
        }
    }

    #[test]
    fn a_lower_wish_never_takes_the_place_of_a_higher_one_that_waits() {
        let (mut state, world) = speaking(URGENT);
        place(&mut state, &world, wish(NORMAL, 1000), Overlap::Queue);
        let before = state.clone();
        let placed = place(&mut state, &world, wish(LOW, 1001), Overlap::Queue);
        assert_eq!(placed.id, None);
        assert_eq!(state, before);
    }

    #[test]
    fn whoever_is_turned_away_starts_the_player_that_what_waits_has_lost() {
        for (owner_alive, heir_waits, expected) in
            [(false, false, true), (false, true, false), (true, false, false), (true, true, false)]
        {
            let mut state = State::default();
            place(&mut state, &idle(0), wish(URGENT, 0), Overlap::Queue);
            let world = World { owner_alive, heir_waits, ..idle(5) };
            let placed = place(&mut state, &world, wish(LOW, 5), Overlap::Queue);
            assert_eq!((placed.id, placed.start_player), (None, expected), "{owner_alive} {heir_waits}");
        }
    }

    #[test]
    fn three_barge_ins_within_the_pause_cut_once() {
        let (mut state, mut world) = speaking(LOW);
        let first = place(&mut state, &world, wish(NORMAL, 1000), Overlap::Queue);
        assert!(first.barge_in);
        world.fence = first.fence.unwrap();
        // The owner has not let go yet: the fence follows, but nobody is cancelled twice.
        let second = place(&mut state, &world, wish(URGENT, 1001), Overlap::Queue);
        assert_eq!((second.barge_in, second.fence), (false, second.id));
        world.fence = second.fence.unwrap();
        world.now = now(1002);
        assert!(claim(&mut state, &world, 7, 7, Some(1)).taken.is_some());
        // The new one speaks; within the pause even a higher one waits.
        world.now = now(1100);
        let third = place(&mut state, &world, wish(URGENT + 1, 1100), Overlap::Queue);
        assert_eq!((third.id.is_some(), third.barge_in, third.fence), (true, false, None));
    }

    #[test]
    fn what_waited_too_long_is_never_spoken() {
        let (mut state, world) = speaking(NORMAL);
        place(&mut state, &world, wish(NORMAL, 1000), Overlap::Queue);
        let claimed = claim(&mut state, &World { now: now(4001), ..world }, 7, 7, Some(1));
        assert_eq!(claimed.taken, None);
        assert_eq!(claimed.expired.map(|p| p.id), Some(2));
    }

    #[test]
    fn a_wall_clock_that_is_set_costs_no_request() {
        for wall_ms in [5, u64::MAX] {
            let (mut state, world) = speaking(NORMAL);
            place(&mut state, &world, wish(NORMAL, 1000), Overlap::Queue);
            let set = World { now: Stamp { wall_ms, ..now(1500) }, ..world };
            assert!(claim(&mut state, &set, 7, 7, Some(1)).taken.is_some());
        }
    }

    #[test]
    fn a_dead_owner_is_recovered_and_the_wish_it_kept_waiting_is_heard() {
        let (mut state, world) = speaking(NORMAL);
        let waiting = place(&mut state, &world, wish(NORMAL, 1000), Overlap::Queue).id;
        let claimed = claim(&mut state, &World { owner_alive: false, ..world }, 8, 8, None);
        assert_eq!(claimed.recovered.map(|c| c.id), Some(1));
        assert_eq!(claimed.taken.map(|p| p.id), waiting);
    }

    #[test]
    fn ids_grow_also_over_a_lost_state_and_stay_exact_in_json() {
        let mut state = State::default();
        let world = World { fence: 9_000, state_lost: true, ..idle(0) };
        let first = place(&mut state, &world, wish(NORMAL, 0), Overlap::Queue).id.unwrap();
        assert!(first > 9_000 && first < 1 << 53);
        let mut state = State::default();
        let set_back = World { fence: first, now: Stamp { wall_ms: 5, boot_us: 5 }, ..world };
        assert_eq!(place(&mut state, &set_back, wish(NORMAL, 0), Overlap::Queue).id, Some(first + 1));
    }
}
