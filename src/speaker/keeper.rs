//! The process that waits until what is held back is due.
//!
//! Invariant: whoever finds, under the arbitration lock, something held back and the keeper lock free, starts a keeper;
//! the keeper gives its lock back inside the section in which it finds nothing held back any more. So nothing is held
//! back without a process that will look at it, but where that process was killed; then the next hook starts another.

use std::time::Duration;

use super::deferred::{self, Due};
use super::{Critical, PLAYER_PATIENCE, Speaker, Unavailable};
use crate::platform::clock::Stamp;
use crate::platform::lock::{Held, pause};

/// Longest sleep: something with a shorter delay may come in meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// Waits, and hands over to `place` what is due, until nothing is held back any more. `place` is told in the critical
/// section and must write the state down; what it returns is called after it, outside. `renew` is called at every look.
///
/// # Errors
/// Where the run directory fails.
pub fn keep<After: FnOnce()>(
    speaker: &Speaker,
    mut renew: impl FnMut(),
    mut place: impl FnMut(&mut Critical<'_>, Due) -> Result<After, Unavailable>,
) -> Result<(), Unavailable> {
    let Some(keeper) = become_keeper(speaker)? else { return Ok(()) };
    let mut keeper = Some(keeper);
    loop {
        renew();
        let mut critical = speaker.enter(PLAYER_PATIENCE)?;
        let due = deferred::due(&mut critical.state.deferred, Stamp::now());
        let next = due.next;
        let idle = due.ready.is_empty() && due.expired.is_empty();
        let after = if idle { None } else { Some(place(&mut critical, due)?) };
        if next.is_none() {
            drop(keeper.take());
        }
        drop(critical);
        if let Some(after) = after {
            after();
        }
        match next {
            Some(next) => pause(next.min(LOOK)),
            None => return Ok(()),
        }
    }
}

/// The keeper lock; `None` where somebody else keeps. Asked for again under the arbitration lock, where whoever tries it
/// for a moment only cannot be in the way.
fn become_keeper(speaker: &Speaker) -> Result<Option<Held<'_>>, Unavailable> {
    if let Some(keeper) = speaker.keeper()?.try_exclusive()? {
        return Ok(Some(keeper));
    }
    let _arb = speaker.arb.exclusive_within(PLAYER_PATIENCE)?.ok_or(Unavailable::Contended)?;
    Ok(speaker.keeper()?.try_exclusive()?)
}
