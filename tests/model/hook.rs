//! A hook's steps, in the order of `Critical::place` and of what calls it.

use std::time::Duration;

use herald::speaker::{Wish, World as Seen, baton};

use super::keeper;
use super::scenario::Mutant;
use super::step::{Steps, end, has, overlap};
use super::world::{Moment, NOBODY, Next, Record, World, small};

/// What the hook of process `who` can do next.
pub(crate) fn steps(steps: &mut Steps<'_>, who: u8, rank: u8) {
    let world = steps.from;
    let actor = world.actors[usize::from(who)];
    match actor.next {
        Next::TakeArb if keeper::is_held_back(steps, who) => steps.take_arb(who, Next::WriteDeferral),
        Next::TakeArb => steps.take_arb(who, Next::LookAtOwner),
        Next::LookAtOwner => steps.go(who, "looks at the owner lock", Next::LookAtHeir, |world, who| {
            let free = world.owner == NOBODY;
            world.actors[who].owner_alive = !free;
            if free {
                world.owner_looked_at = who as u8;
            }
        }),
        Next::LookAtHeir => steps.go(who, "looks at the heir lock", Next::LetHeirGo, |world, who| {
            let free = world.heir == NOBODY;
            world.actors[who].heir_waits = !free;
            if free {
                world.heir_looked_at = who as u8;
            }
        }),
        Next::LetHeirGo => steps.go(who, "lets go of the heir lock", Next::LetOwnerGoAndPlace, |world, _| {
            world.heir_looked_at = NOBODY;
        }),
        Next::LetOwnerGoAndPlace => {
            let rank = keeper::rank(steps, who).unwrap_or(rank);
            for moment in steps.moments(&world.draft) {
                place(steps, who, rank, moment);
            }
        }
        Next::WriteState => {
            let next = match (has(steps, Mutant::FenceBeforeState), world.draft_fence) {
                (false, 1..) => Next::WriteFence,
                _ => after_place(&world, who),
            };
            // Now it is given out.
            steps.from.highest = world.highest.max(actor.id);
            steps.write_state(who, next);
            steps.from = world;
        }
        Next::WriteFence => {
            let next = if has(steps, Mutant::FenceBeforeState) { Next::WriteState } else { after_place(&world, who) };
            steps.write_fence(who, next);
        }
        Next::Unlock if actor.start_player && world.keeper == who => steps.unlock(who, Next::StartOther),
        Next::Unlock if actor.start_player => steps.unlock(who, Next::Start),
        Next::Unlock if actor.start_keeper => steps.unlock(who, Next::StartKeeper),
        Next::Unlock if world.keeper == who => steps.unlock(who, Next::KeeperWaits),
        Next::Unlock => unlock_and_end(steps, who),
        Next::Start if actor.start_keeper => keeper::start_beside(steps, who, Next::TryKeeper, Next::Start),
        Next::Start => {
            let heir = if has(steps, Mutant::HeirNotTaken) { Next::Wait } else { Next::TryHeir };
            steps.go(who, "starts a player", heir, |world, who| {
                world.actors[who].id = 0;
                world.actors[who].owner_alive = false;
                world.actors[who].heir_waits = false;
                world.actors[who].start_player = false;
            });
            if steps.scenario.no_player {
                steps.go(who, "can't start a player", Next::Withdraw, |_, _| ());
            }
        }
        Next::Withdraw => steps.take_arb(who, Next::WriteWithdrawal),
        Next::WriteWithdrawal if world.draft.pending.is_some_and(|(id, _)| id == actor.id) => {
            steps.from.draft.pending = None;
            steps.write_state(who, Next::UnlockAndEnd);
            steps.from = world;
        }
        Next::WriteWithdrawal | Next::UnlockAndEnd => unlock_and_end(steps, who),
        _ => {}
    }
}

/// A hook looks whether what is held back is kept; a keeper goes once nothing is.
fn after_place(world: &World, who: u8) -> Next {
    match (world.actors[usize::from(who)].places > 0, world.draft.deferred != 0) {
        (false, true) => Next::LookAtKeeper,
        (true, false) => Next::ReleaseKeeper,
        _ => Next::Unlock,
    }
}

fn unlock_and_end(steps: &mut Steps<'_>, who: u8) {
    steps.go(who, "gives the arbitration lock back and ends", Next::Gone, |world, _| end(world, who));
}

fn place(steps: &mut Steps<'_>, who: u8, rank: u8, moment: Moment) {
    let before = steps.from.draft;
    let actor = steps.from.actors[usize::from(who)];
    let mut state = before.to_real(moment);
    let lost = before.lost && !has(steps, Mutant::IdsRestart);
    let seen = Seen {
        owner_alive: actor.owner_alive,
        heir_waits: actor.heir_waits,
        fence: u64::from(steps.from.fence),
        state_lost: lost,
        now: moment.now(),
    };
    if has(steps, Mutant::LowerRankReplaces)
        && let Some(pending) = &mut state.pending
    {
        pending.rank = 0;
    }
    let wish =
        Wish { rank, lifetime: Duration::from_secs(3), notice: Duration::ZERO, asked: moment.now(), payload: vec![] };
    let placed = baton::place(&mut state, &seen, wish, overlap(steps));

    let after = Record::of_real(&state);
    let mut world = steps.with(who, after_place(&steps.from, who));
    world.owner_looked_at = NOBODY;
    let actor = &mut world.actors[usize::from(who)];
    actor.id = placed.id.map_or(0, small);
    actor.start_player = placed.start_player;
    if has(steps, Mutant::TrustsTheOwner) && actor.owner_alive {
        actor.start_player = false;
    }
    (actor.owner_alive, actor.heir_waits) = (false, false);
    let written = placed.id.is_some() || placed.expired.is_some() || placed.recovered.is_some();
    if written || actor.places > 0 {
        world.draft = after;
        world.draft_fence = placed.fence.map_or(0, small);
        let fence_first = has(steps, Mutant::FenceBeforeState) && placed.fence.is_some();
        world.actors[usize::from(who)].next = if fence_first { Next::WriteFence } else { Next::WriteState };
    }
    let broken = wrong(&before, &after, &placed, rank, world.highest);
    let mut cancelled_twice = None;
    if placed.barge_in
        && let Some((current, ..)) = before.current
    {
        let once = steps.scenario.crashes == 0 && steps.scenario.losses == 0;
        cancelled_twice = (once && world.cut == current).then(|| format!("{current} is cut twice"));
        world.cut = current;
    }
    let what = match (placed.id, placed.barge_in, moment.stale) {
        (None, ..) => "is turned away",
        (Some(_), true, _) => "is given a place and cuts",
        (Some(_), false, true) => "is given a place; what waited was too old",
        (Some(_), false, false) => "is given a place",
    };
    steps.add(who, what, broken.or(cancelled_twice).map_or(Ok(world), Err));
}

/// What a decision must not do.
fn wrong(before: &Record, after: &Record, placed: &baton::Placed, rank: u8, highest: u16) -> Option<String> {
    if let Some(id) = placed.id {
        if small(id) <= highest {
            return Some(format!("id {id} is given out after {highest}"));
        }
        if after.pending != Some((small(id), rank)) {
            return Some(format!("{id} was given a place and does not wait"));
        }
    }
    let gone = before.pending.filter(|pending| after.pending != Some(*pending));
    let accounted = placed.replaced.as_ref().or(placed.expired.as_ref()).map(|pending| small(pending.id));
    if gone.map(|(id, _)| id) != accounted {
        return Some(format!("{gone:?} waited and is gone, and {accounted:?} is said to be"));
    }
    match (gone, &placed.replaced) {
        (Some((id, waited)), Some(_)) if waited > rank => Some(format!("{id} gave way to a lower rank")),
        _ => None,
    }
}
