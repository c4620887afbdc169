//! One state of the modelled world: the files, the locks, and where each process is. Small, and hashed whole.
//!
//! Time is not in it: whether something is stale, recent or long ago is a choice at each step, and every choice is
//! taken. Ids are real ones, only made by a clock that stands at a few milliseconds.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use herald::platform::clock::Stamp;
use herald::speaker::{Current, Deferred, Overlap, Pending, State};
use xxhash_rust::xxh3::xxh3_128;

/// The most processes of a scenario, hook and player counted as one.
pub(crate) const ACTORS: usize = 4;

/// Nobody holds it.
pub(crate) const NOBODY: u8 = u8::MAX;

const LIFETIME: Duration = Duration::from_secs(3);
const NOW_US: u64 = 1_000_000_000;

/// A hook, and then the player it started: what it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Next {
    // The hook.
    TakeArb,
    LookAtOwner,
    LookAtHeir,
    LetHeirGo,
    LetOwnerGoAndPlace,
    WriteState,
    WriteFence,
    Unlock,
    Start,
    Withdraw,
    WriteWithdrawal,
    UnlockAndEnd,
    // The hook whose wish is held back, and any that finds one held back.
    WriteDeferral,
    LookAtKeeper,
    LetKeeperGo,
    StartKeeper,
    // The keeper.
    TryKeeper,
    TakeArbToTryKeeper,
    TryKeeperAgain,
    UnlockAfterKeeper,
    KeeperWaits,
    KeeperLooks,
    ReleaseKeeper,
    StartOther,
    // The player, until it owns the speaker.
    TryHeir,
    TakeArbToTryHeir,
    TryHeirAgain,
    UnlockAfterHeir,
    Wait,
    Look,
    WriteExpiry,
    LeaveHeir,
    UnlockAndWait,
    // The player, owner of the speaker.
    TakeArbToClaim,
    WriteClaim,
    WriteClaimFence,
    GiveHeirBack,
    UnlockAndSpeak,
    AskFence,
    HandOver,
    TakeArbToGiveUp,
    WriteEmpty,
    ReleaseHeir,
    ReleaseOwner,
    UnlockAndLeave,
    // After it.
    Gone,
    Killed,
}

/// One process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Actor {
    pub(crate) next: Next,
    /// What it saw or was told, as a hook.
    pub(crate) owner_alive: bool,
    pub(crate) heir_waits: bool,
    pub(crate) start_player: bool,
    pub(crate) start_keeper: bool,
    /// Whose wish it places, as a keeper; counted from one.
    pub(crate) places: u8,
    /// Its request's id, or the one it speaks or spoke last.
    pub(crate) id: u16,
    /// The highest it claimed.
    pub(crate) highest: u16,
    /// Buffers left of what it speaks.
    pub(crate) buffers: u8,
    /// The fence was asked not long ago.
    pub(crate) fresh: bool,
    /// The fence left its id long ago.
    pub(crate) stale: bool,
}

/// What the state file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Record {
    pub(crate) lost: bool,
    pub(crate) last_id: u16,
    /// Id, rank and process.
    pub(crate) current: Option<(u16, u8, u8)>,
    /// Id and rank.
    pub(crate) pending: Option<(u16, u8)>,
    pub(crate) barged: bool,
    /// Whose wishes are held back, a bit for each.
    pub(crate) deferred: u8,
}

/// What is taken to be so by the clock, for one decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) wall: u8,
    /// What waits has waited too long.
    pub(crate) stale: bool,
    /// The last barge-in was a moment ago.
    pub(crate) recent: bool,
}

impl Moment {
    pub(crate) fn now(self) -> Stamp {
        Stamp { wall_ms: u64::from(self.wall), boot_us: NOW_US }
    }
}

impl Record {
    /// As the rules know it.
    pub(crate) fn to_real(self, moment: Moment) -> State {
        let long_ago = Stamp { boot_us: 0, ..moment.now() };
        let at = |recent| if recent { moment.now() } else { long_ago };
        State {
            last_id: u64::from(self.last_id),
            current: self.current.map(|(id, rank, pid)| Current {
                id: u64::from(id),
                rank,
                pid: u32::from(pid),
                started: 0,
                since: long_ago,
                notice: Duration::ZERO,
                payload: Vec::new(),
            }),
            pending: self.pending.map(|(id, rank)| Pending {
                id: u64::from(id),
                rank,
                asked: at(!moment.stale),
                lifetime: LIFETIME,
                notice: Duration::ZERO,
                payload: Vec::new(),
            }),
            barged_at: self.barged.then(|| at(moment.recent)),
            cooling_since: None,
            deferred: (0..8).filter(|bit| self.deferred >> bit & 1 == 1).map(|bit| held(bit, moment)).collect(),
        }
    }

    /// As the rules left it.
    pub(crate) fn of_real(state: &State) -> Self {
        let pid = |pid| u8::try_from(pid).expect("the model's own");
        Self {
            lost: false,
            last_id: small(state.last_id),
            current: state.current.as_ref().map(|c| (small(c.id), c.rank, pid(c.pid))),
            pending: state.pending.as_ref().map(|p| (small(p.id), p.rank)),
            barged: state.barged_at.is_some(),
            deferred: state.deferred.iter().fold(0, |bits, held| bits | 1 << held.group),
        }
    }
}

/// The wish of the hook `whose`, held back.
fn held(whose: u64, moment: Moment) -> Deferred {
    Deferred {
        group: whose,
        mark: 0,
        subject: whose,
        asked: moment.now(),
        delay: LIFETIME,
        rank: 0,
        lifetime: LIFETIME,
        notice: Duration::ZERO,
        overlap: Overlap::Queue,
        payload: Vec::new(),
        ticket: Vec::new(),
    }
}

/// An id of the model.
pub(crate) fn small(id: u64) -> u16 {
    u16::try_from(id).expect("the clock of the model stands at a few milliseconds")
}

/// The files, the locks, the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) file: Record,
    pub(crate) fence: u16,
    pub(crate) arb: u8,
    pub(crate) owner: u8,
    pub(crate) heir: u8,
    pub(crate) keeper: u8,
    /// A hook holds it shared, for its look.
    pub(crate) owner_looked_at: u8,
    pub(crate) heir_looked_at: u8,
    pub(crate) keeper_looked_at: u8,
    /// What the holder of the arbitration lock will write.
    pub(crate) draft: Record,
    pub(crate) draft_fence: u16,
    pub(crate) actors: [Actor; ACTORS],
    pub(crate) wall: u8,
    pub(crate) crashes_left: u8,
    pub(crate) state_losses_left: u8,
    pub(crate) fence_losses_left: u8,
    /// The highest id ever given out.
    pub(crate) highest: u16,
    /// The last one that was cut.
    pub(crate) cut: u16,
    /// A hook was killed between its write and its start of a player, or an heir was.
    pub(crate) excused: bool,
    /// The latecomer has begun.
    pub(crate) late: bool,
}

impl World {
    /// Two worlds with the same one are taken for the same.
    pub(crate) fn fingerprint(&self) -> u128 {
        let mut bytes = Bytes { data: [0; 512], len: 0 };
        self.hash(&mut bytes);
        xxh3_128(&bytes.data[..bytes.len])
    }

    /// The locks of a process that is no more are free.
    pub(crate) fn free_locks_of(&mut self, who: u8) {
        if self.arb == who {
            (self.draft, self.draft_fence) = (Record::default(), 0);
        }
        for lock in [
            &mut self.arb,
            &mut self.owner,
            &mut self.heir,
            &mut self.keeper,
            &mut self.owner_looked_at,
            &mut self.heir_looked_at,
            &mut self.keeper_looked_at,
        ] {
            if *lock == who {
                *lock = NOBODY;
            }
        }
    }
}

impl Actor {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.next, Next::Gone | Next::Killed)
    }

    pub(crate) fn speaks(&self) -> bool {
        matches!(self.next, Next::AskFence | Next::HandOver)
    }
}

/// Collects what is hashed, so that it is hashed in one go.
struct Bytes {
    data: [u8; 512],
    len: usize,
}

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.data[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn write_u8(&mut self, byte: u8) {
        self.data[self.len] = byte;
        self.len += 1;
    }

    /// Which variant it is; there are never many.
    fn write_isize(&mut self, number: isize) {
        self.write_u8(number as u8);
    }

    fn finish(&self) -> u64 {
        unreachable!("the fingerprint is taken from the bytes")
    }
}
