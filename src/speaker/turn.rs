//! The player's side: waiting to own the speaker, taking requests one after the other, giving everything back.
//!
//! Invariant: whoever holds a [`Turn`] holds the owner lock. The heir lock is given back inside the section that reads
//! the waiting place, the owner lock inside the section that finds it empty: so no request is ever left without a
//! process that will read it.

use std::time::{Duration, Instant};

use crate::platform::clock::Stamp;
use crate::platform::lock::{Held, pause};
use crate::platform::{self, Process};

use super::baton::{self, Claim, Pending};
use super::{Current, Fence, PLAYER_PATIENCE, Speaker, Unavailable};

/// How often a waiting heir looks.
const HEIR_POLL: Duration = Duration::from_millis(3);

/// How long an owner that was told to go is left alone before it is taken for wedged.
const GRACE: Duration = Duration::from_millis(300);

/// The right to speak.
#[derive(Debug)]
pub struct Turn<'a> {
    speaker: &'a Speaker,
    fence: Fence,
    owner: Held<'a>,
    heir: Option<Held<'a>>,
    started: u64,
    /// The id this process spoke last, whose record is still open.
    finished: Option<u64>,
}

/// What waiting and claiming found on the way, to be written into the journal by whoever knows how.
#[derive(Debug, Default)]
pub struct Given {
    /// The request to be spoken now.
    pub request: Option<Pending>,
    /// Waited too long.
    pub expired: Option<Pending>,
    /// Was recorded as speaking, but its process is gone.
    pub recovered: Option<Current>,
}

impl Given {
    fn of(claim: Claim) -> Self {
        Self { request: claim.taken, expired: claim.expired, recovered: claim.recovered }
    }
}

impl<'a> Turn<'a> {
    /// Waits to own the speaker. `Ok(None)`: somebody else already waits, or there is nothing left to wait for.
    ///
    /// `report` is told at every look that it still waits, of requests that expired meanwhile, and of owners that had
    /// to be removed.
    ///
    /// # Errors
    /// Where the run directory fails.
    pub fn wait(speaker: &'a Speaker, mut report: impl FnMut(Found)) -> Result<Option<Self>, Unavailable> {
        let Some(heir) = speaker.heir()?.try_exclusive()? else { return Ok(None) };
        let fence = Fence::open(&speaker.dir)?;
        let mut heir = Some(heir);
        let mut next_look = Instant::now();
        loop {
            if let Some(owner) = speaker.owner()?.try_exclusive()? {
                let started = platform::start_time(std::process::id()).unwrap_or(0);
                return Ok(Some(Self { speaker, fence, owner, heir, started, finished: None }));
            }
            if Instant::now() >= next_look {
                next_look = Instant::now() + GRACE / 6;
                report(Found::StillWaiting);
                let mut critical = speaker.enter(PLAYER_PATIENCE)?;
                let now = Stamp::now();
                if let Some(expired) = critical.state.pending.take_if(|pending| pending.is_stale(now)) {
                    critical.commit()?;
                    report(Found::Expired(expired));
                }
                if critical.state.pending.is_none() {
                    // Inside the section: whoever writes the place next will find the heir lock free.
                    drop(heir.take());
                    return Ok(None);
                }
                if let Some(wedged) = wedged(&critical.state, fence.read()?, now)
                    && speaker.owner()?.try_shared()?.is_none()
                    && let Some(process) = Process::open(wedged.pid, wedged.started)
                    && process.kill()
                {
                    report(Found::Escalated(wedged));
                }
            }
            pause(HEIR_POLL);
        }
    }

    /// Closes the record of what was spoken and takes the next request. [`Given::request`] is `None` where nothing
    /// waits; then the locks are already given back and this turn is over.
    ///
    /// # Errors
    /// Where the arbitration lock can't be had or the state can't be written.
    pub fn next(mut self) -> Result<(Option<Self>, Given), Unavailable> {
        let mut critical = self.speaker.enter(PLAYER_PATIENCE)?;
        let world = baton::World {
            owner_alive: true,
            heir_waits: false,
            fence: self.fence.read()?,
            state_lost: critical.lost,
            now: Stamp::now(),
        };
        let claim = baton::claim(&mut critical.state, &world, std::process::id(), self.started, self.finished.take());
        critical.commit()?;
        if let Some(pending) = &claim.taken {
            self.fence.write(pending.id.max(world.fence))?;
            self.finished = Some(pending.id);
            drop(self.heir.take());
            drop(critical);
            return Ok((Some(self), Given::of(claim)));
        }
        drop(self.heir.take());
        drop(self.owner);
        drop(critical);
        Ok((None, Given::of(claim)))
    }

    /// Closes the record of what was spoken and takes nothing more: what waits is left to the heir that waits with it.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn give_up(self) -> Result<(), Unavailable> {
        let Self { speaker, owner, heir, finished, .. } = self;
        let mut critical = speaker.enter(PLAYER_PATIENCE)?;
        critical.state.current.take_if(|current| finished == Some(current.id));
        let written = critical.commit();
        drop(heir);
        drop(owner);
        drop(critical);
        Ok(written?)
    }

    /// Remembers, for all hooks, that the output is dead, or that it lives again.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn report_output(&self, dead: bool) -> Result<(), Unavailable> {
        let mut critical = self.speaker.enter(PLAYER_PATIENCE)?;
        if dead || critical.state.cooling_since.is_some() {
            critical.state.cooling_since = dead.then(Stamp::now);
            critical.commit()?;
        }
        Ok(())
    }

    /// A watch on whether `id` may still sound.
    pub fn watch(&self, id: u64) -> Watch<'_> {
        Watch { turn: self, id, looks: 0 }
    }
}

/// Something found while waiting.
#[derive(Debug)]
pub enum Found {
    /// Nothing; it goes on.
    StillWaiting,
    /// A request waited too long.
    Expired(Pending),
    /// An owner didn't let go and was ended.
    Escalated(Current),
}

/// The owner, if it was told to go more than [`GRACE`] ago and still holds on.
fn wedged(state: &baton::State, fence: u64, now: Stamp) -> Option<Current> {
    let current = state.current.as_ref()?;
    let told = state.barged_at?;
    (fence > current.id && told.age(now) > GRACE && told.age(now) < Duration::from_secs(60)).then(|| current.clone())
}

/// Asks the fence, again and again, whether one id may still sound.
#[derive(Debug)]
pub struct Watch<'a> {
    turn: &'a Turn<'a>,
    id: u64,
    looks: u32,
}

impl Watch<'_> {
    /// Whether the fence still names the id. Now and then also whether the fence is still the one others see.
    pub fn may_sound(&mut self) -> bool {
        self.looks += 1;
        // Eight bytes could in principle be read half written: only what is read twice counts as superseded.
        let same = || self.turn.fence.read().is_ok_and(|id| id == self.id);
        let in_place = !self.looks.is_multiple_of(16) || self.turn.fence.is_in_place(&self.turn.speaker.dir);
        in_place && (same() || same())
    }
}
