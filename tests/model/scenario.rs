//! What is explored: who asks, how the house is run, what may go wrong, and which fault is put in.

use herald::speaker::Overlap;

/// A bounded world whose every interleaving is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// One hook each, in no order of time.
    pub(crate) ranks: &'static [u8],
    /// Whose wishes are held back, a bit for each.
    pub(crate) deferred: u8,
    /// Comes after all the others are over, and neither it nor its player is killed: it must find everything in order
    /// or bring it there.
    pub(crate) latecomer: Option<u8>,
    pub(crate) overlap: Overlap,
    /// How many buffers a sound has.
    pub(crate) buffers: u8,
    /// What waits may turn stale at any time.
    pub(crate) expiry: bool,
    /// Processes may be stopped for longer than a confirmation is fresh.
    pub(crate) stops: bool,
    /// An owner that was told to go may be taken for wedged at any time.
    pub(crate) escalation: bool,
    /// Something of a playback may hang at its end.
    pub(crate) hangs: bool,
    /// The player may fail to start.
    pub(crate) no_player: bool,
    /// So many processes may be killed, each at any step.
    pub(crate) crashes: u8,
    /// So many times the state may be lost, and as many times the fence.
    pub(crate) losses: u8,
    pub(crate) mutant: Option<Mutant>,
}

impl Scenario {
    /// Hooks of these ranks, and nothing goes wrong.
    pub(crate) const fn of(name: &'static str, overlap: Overlap, ranks: &'static [u8]) -> Self {
        Self {
            name,
            ranks,
            deferred: 0,
            latecomer: None,
            overlap,
            buffers: 1,
            expiry: false,
            stops: false,
            escalation: false,
            hangs: false,
            no_player: false,
            crashes: 0,
            losses: 0,
            mutant: None,
        }
    }

    pub(crate) fn has(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

/// A fault in the protocol that the checker must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// Heir and owner are given back after the section that found nothing, not in it.
    ReleasesAfterArb,
    /// The fence is moved before the state names who it is moved to.
    FenceBeforeState,
    /// A buffer is handed over however long ago the fence was asked.
    NoFreshness,
    /// A player waits without being the heir.
    HeirNotTaken,
    /// A hook's look at the heir lock is taken for an heir.
    LookTakenForHeir,
    /// A player claims without owning the speaker.
    ClaimsWithoutOwner,
    /// After the state was lost, ids begin again at the fence.
    IdsRestart,
    /// What waits gives way to a lower rank.
    LowerRankReplaces,
    /// A player that finds the state lost writes an empty one over it.
    WritesLostState,
    /// A hook never starts a player where somebody speaks.
    TrustsTheOwner,
    /// The keeper lock is given back after the section that found nothing held back, not in it.
    KeepsAfterArb,
}
