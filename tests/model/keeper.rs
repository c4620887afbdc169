//! What is held back, in the order of `Critical::defer` and `speaker::keep`. When it is due is a choice at each look.

use super::scenario::Mutant;
use super::step::{SLEEPING, Steps, end, has, is_free};
use super::world::{Actor, NOBODY, Next};

/// Whether the wish of the hook `who` is held back.
pub(crate) fn is_held_back(steps: &Steps<'_>, who: u8) -> bool {
    steps.scenario.deferred >> who & 1 == 1
}

/// Of which rank is what `who` places as a keeper, if it does.
pub(crate) fn rank(steps: &Steps<'_>, who: u8) -> Option<u8> {
    let whose = steps.from.actors[usize::from(who)].places.checked_sub(1)?;
    steps.scenario.ranks.get(usize::from(whose)).copied()
}

/// What process `who` can do next about something that is held back.
pub(crate) fn steps(steps: &mut Steps<'_>, who: u8) {
    let world = steps.from;
    let free = is_free(world.keeper, world.keeper_looked_at);
    match world.actors[usize::from(who)].next {
        Next::WriteDeferral => {
            let draft = &mut steps.from.draft;
            if draft.lost {
                draft.last_id = draft.last_id.max(world.fence).max(u16::from(world.wall) << 10);
            }
            draft.deferred |= 1 << who;
            steps.write_state(who, Next::LookAtKeeper);
            steps.from = world;
        }
        Next::LookAtKeeper => steps.go(who, "looks at the keeper lock", Next::LetKeeperGo, |world, who| {
            let free = world.keeper == NOBODY;
            world.actors[who].start_keeper = free;
            if free {
                world.keeper_looked_at = who as u8;
            }
        }),
        Next::LetKeeperGo => steps.go(who, "lets go of the keeper lock", Next::Unlock, |world, who| {
            if usize::from(world.keeper_looked_at) == who {
                world.keeper_looked_at = NOBODY;
            }
        }),
        Next::StartKeeper => steps.go(who, "starts a keeper", Next::TryKeeper, |world, who| {
            world.actors[who] = Actor { next: Next::TryKeeper, ..SLEEPING };
        }),
        Next::TryKeeper if free => {
            steps.go(who, "becomes the keeper", Next::KeeperWaits, |world, _| world.keeper = who);
        }
        Next::TryKeeper => steps.go(who, "is refused the keeper lock", Next::TakeArbToTryKeeper, |_, _| ()),
        Next::TakeArbToTryKeeper => steps.take_arb(who, Next::TryKeeperAgain),
        Next::TryKeeperAgain if free => {
            steps.go(who, "becomes the keeper after all", Next::UnlockAfterKeeper, |world, _| world.keeper = who);
        }
        Next::TryKeeperAgain => {
            steps.go(who, "gives the arbitration lock back and ends", Next::Gone, |world, _| end(world, who));
        }
        Next::UnlockAfterKeeper => steps.unlock(who, Next::KeeperWaits),
        Next::KeeperWaits => steps.take_arb(who, Next::KeeperLooks),
        Next::KeeperLooks => look(steps, who),
        Next::ReleaseKeeper if has(steps, Mutant::KeepsAfterArb) && world.arb == who => {
            steps.unlock(who, Next::ReleaseKeeper);
        }
        Next::ReleaseKeeper => {
            let next = match (world.arb == who, world.actors[usize::from(who)].start_player) {
                (true, _) => Next::Unlock,
                (false, true) => Next::Start,
                (false, false) => Next::UnlockAndEnd,
            };
            steps.go(who, "is the keeper no more", next, |world, _| world.keeper = NOBODY);
        }
        Next::StartOther => start_beside(steps, who, Next::TryHeir, Next::KeeperWaits),
        _ => {}
    }
}

/// Is something due, or is there nothing left to keep?
fn look(steps: &mut Steps<'_>, who: u8) {
    let held = steps.from.draft.deferred;
    if held == 0 {
        steps.go(who, "finds nothing held back", Next::ReleaseKeeper, |_, _| ());
        return;
    }
    steps.go(who, "finds nothing due", Next::Unlock, |world, who| world.actors[who].places = 0);
    for whose in (0..8).filter(|whose| held >> whose & 1 == 1) {
        steps.go(who, "finds something due", Next::LookAtOwner, |world, who| {
            world.draft.deferred &= !(1 << whose);
            world.actors[who].places = whose + 1;
        });
    }
}

/// Starts another process in the place of one that is over, as soon as there is one, and goes on to `then`.
pub(crate) fn start_beside(steps: &mut Steps<'_>, who: u8, first: Next, then: Next) {
    let count = steps.scenario.ranks.len();
    let Some(place) = steps.from.actors[..count].iter().position(Actor::is_over) else { return };
    let what = if first == Next::TryHeir { "starts a player and keeps on" } else { "starts a keeper too" };
    steps.go(who, what, then, |world, who| {
        let actor = &mut world.actors[who];
        if first == Next::TryHeir {
            (actor.start_player, actor.places, actor.id) = (false, 0, 0);
        } else {
            actor.start_keeper = false;
        }
        world.actors[place] = Actor { next: first, ..SLEEPING };
    });
}
