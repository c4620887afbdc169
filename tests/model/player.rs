//! A player's steps, in the order of `Turn::wait`, `Turn::next`, `Watch::may_sound` and `Speaking::give_up`.

use herald::speaker::{World as Seen, baton};

use super::scenario::Mutant;
use super::step::{Steps, end, has, is_free};
use super::world::{Moment, NOBODY, Next, Record, World, small};

/// What the player of process `who` can do next.
pub(crate) fn steps(steps: &mut Steps<'_>, who: u8) {
    if steps.from.actors[usize::from(who)].next < Next::TakeArbToClaim {
        wait(steps, who);
    } else {
        own(steps, who);
    }
}

fn wait(steps: &mut Steps<'_>, who: u8) {
    let world = steps.from;
    let free = is_free(world.heir, world.heir_looked_at);
    let late = has(steps, Mutant::ReleasesAfterArb);
    match world.actors[usize::from(who)].next {
        Next::TryHeir if free => steps.go(who, "becomes the heir", Next::Wait, |world, _| world.heir = who),
        Next::TryHeir if has(steps, Mutant::LookTakenForHeir) => leave(steps, who),
        Next::TryHeir => steps.go(who, "is refused the heir lock", Next::TakeArbToTryHeir, |_, _| ()),
        Next::TakeArbToTryHeir => steps.take_arb(who, Next::TryHeirAgain),
        Next::TryHeirAgain if free => {
            steps.go(who, "becomes the heir after all", Next::UnlockAfterHeir, |world, _| world.heir = who);
        }
        Next::TryHeirAgain | Next::UnlockAndLeave => leave(steps, who),
        Next::UnlockAfterHeir | Next::UnlockAndWait => steps.unlock(who, Next::Wait),
        Next::Wait => {
            let alone = is_free(world.owner, world.owner_looked_at) || has(steps, Mutant::ClaimsWithoutOwner);
            if alone {
                steps.go(who, "owns the speaker", Next::TakeArbToClaim, |world, _| world.owner = who);
            } else {
                steps.take_arb(who, Next::Look);
            }
        }
        Next::Look => look(steps, who),
        Next::WriteExpiry => steps.write_state(who, Next::LeaveHeir),
        Next::LeaveHeir if late && world.arb == who => steps.unlock(who, Next::LeaveHeir),
        Next::LeaveHeir if late => leave(steps, who),
        Next::LeaveHeir => {
            steps.go(who, "is the heir no more", Next::UnlockAndLeave, |world, _| world.heir = NOBODY);
        }
        _ => {}
    }
}

/// Nothing is left to do: whatever is held still goes with the process.
fn leave(steps: &mut Steps<'_>, who: u8) {
    let what = if steps.from.arb == who { "gives the arbitration lock back and ends" } else { "ends" };
    steps.go(who, what, Next::Gone, |world, _| end(world, who));
}

/// While it waits: is there still something to wait for, and does the owner let go?
fn look(steps: &mut Steps<'_>, who: u8) {
    let world = steps.from;
    let Some(_) = world.draft.pending else {
        steps.go(who, "finds nothing that waits", Next::LeaveHeir, |_, _| ());
        return;
    };
    steps.go(who, "goes on waiting", Next::UnlockAndWait, |_, _| ());
    if steps.scenario.expiry {
        steps.go(who, "finds that what waits is too old", Next::WriteExpiry, |world, _| world.draft.pending = None);
    }
    if steps.scenario.escalation
        && let Some((id, _, pid)) = world.draft.current
        && world.draft.barged
        && world.fence > id
        && world.owner != NOBODY
        && !world.actors[usize::from(pid)].is_over()
    {
        steps.go(who, "ends an owner that does not let go", Next::UnlockAndWait, |world, _| {
            world.actors[usize::from(pid)].next = Next::Killed;
            end(world, pid);
        });
    }
}

fn own(steps: &mut Steps<'_>, who: u8) {
    let world = steps.from;
    let late = has(steps, Mutant::ReleasesAfterArb);
    match world.actors[usize::from(who)].next {
        Next::TakeArbToClaim if world.arb == NOBODY => {
            for moment in steps.moments(&world.file) {
                claim(steps, who, moment);
            }
        }
        Next::WriteClaim => steps.write_state(who, Next::WriteClaimFence),
        Next::WriteClaimFence => steps.write_fence(who, if late { Next::UnlockAndSpeak } else { Next::GiveHeirBack }),
        Next::GiveHeirBack => {
            let next = if late { Next::AskFence } else { Next::UnlockAndSpeak };
            steps.go(who, "is the heir no more", next, |world, _| {
                if world.heir == who {
                    world.heir = NOBODY;
                }
            });
        }
        Next::UnlockAndSpeak => steps.unlock(who, if late { Next::GiveHeirBack } else { Next::AskFence }),
        Next::AskFence => ask(steps, who),
        Next::HandOver => hand_over(steps, who),
        Next::TakeArbToGiveUp => give_up(steps, who),
        Next::WriteEmpty => steps.write_state(who, if late { Next::UnlockAndLeave } else { Next::ReleaseHeir }),
        Next::ReleaseHeir => steps.go(who, "is the heir no more", Next::ReleaseOwner, |world, who| {
            if usize::from(world.heir) == who {
                world.heir = NOBODY;
            }
        }),
        Next::ReleaseOwner => {
            let next = if late { Next::Gone } else { Next::UnlockAndLeave };
            steps.go(who, "owns the speaker no more", next, |world, _| {
                world.owner = NOBODY;
                if late {
                    end(world, who);
                }
            });
        }
        Next::UnlockAndLeave if late && world.owner == who => steps.unlock(who, Next::ReleaseHeir),
        Next::UnlockAndLeave => leave(steps, who),
        _ => {}
    }
}

/// Takes the arbitration lock, reads, and decides what it speaks next.
fn claim(steps: &mut Steps<'_>, who: u8, moment: Moment) {
    let before = steps.from.file;
    let actor = steps.from.actors[usize::from(who)];
    let mut state = before.to_real(moment);
    let seen = Seen {
        owner_alive: true,
        heir_waits: false,
        fence: u64::from(steps.from.fence),
        state_lost: before.lost,
        now: moment.now(),
    };
    let finished = (actor.id > 0).then(|| u64::from(actor.id));
    let claim = baton::claim(&mut state, &seen, u32::from(who), 0, finished);
    let after = Record::of_real(&state);

    let mut world = steps.with(who, Next::WriteEmpty);
    (world.arb, world.draft) = (who, after);
    let actor = &mut world.actors[usize::from(who)];
    (actor.fresh, actor.stale) = (false, false);
    let what = if let Some(taken) = &claim.taken {
        let id = small(taken.id);
        let newer = id > actor.highest && id >= steps.from.fence;
        (actor.id, actor.highest, actor.buffers) = (id, id, steps.scenario.buffers);
        actor.next = Next::WriteClaim;
        world.draft_fence = id;
        if !newer {
            return steps.add(who, "claims", Err(format!("{id} is claimed, and is not newer than all before it")));
        }
        "claims what waits"
    } else {
        if before.lost && !has(steps, Mutant::WritesLostState) {
            world.actors[usize::from(who)].next = Next::ReleaseHeir;
            world.draft = Record::default();
        }
        "finds nothing to speak"
    };
    let gone = before.pending.map(|(id, _)| id);
    let accounted = claim.taken.as_ref().or(claim.expired.as_ref()).map(|pending| small(pending.id));
    let lost = (gone != accounted).then(|| format!("{gone:?} waited, and {accounted:?} was taken"));
    steps.add(who, what, lost.map_or(Ok(world), Err));
}

fn ask(steps: &mut Steps<'_>, who: u8) {
    let world = steps.from;
    let id = world.actors[usize::from(who)].id;
    if world.fence == id {
        steps.go(who, "is told that it may sound", Next::HandOver, |world, who| world.actors[who].fresh = true);
    } else if world.fence > id {
        over(steps, who, "is told that it is superseded");
    } else if steps.scenario.losses == 0 {
        steps.add(who, "asks the fence", Err(format!("the fence moved back from {id} to {}", world.fence)));
    } else {
        steps.go(who, "sees that the fence moved back, and ends at once", Next::Killed, |world, _| end(world, who));
    }
}

fn hand_over(steps: &mut Steps<'_>, who: u8) {
    let world = steps.from;
    let actor = world.actors[usize::from(who)];
    if !actor.fresh && !has(steps, Mutant::NoFreshness) {
        steps.go(who, "holds a buffer back", Next::AskFence, |_, _| ());
    } else if actor.stale {
        steps.add(who, "hands a buffer over", Err(format!("{} sounds long after it was superseded", actor.id)));
    } else if world.owner != who {
        steps.add(who, "hands a buffer over", Err(format!("{} sounds without owning the speaker", actor.id)));
    } else if actor.buffers > 1 {
        steps.go(who, "hands a buffer over", Next::AskFence, |world, who| world.actors[who].buffers -= 1);
    } else {
        over(steps, who, "hands its last buffer over");
    }
}

/// It is silent for good.
fn over(steps: &mut Steps<'_>, who: u8, what: &'static str) {
    let quiet = |world: &mut World, who: usize| {
        let actor = &mut world.actors[who];
        (actor.buffers, actor.fresh, actor.stale) = (0, false, false);
    };
    steps.go(who, what, Next::TakeArbToClaim, quiet);
    if steps.scenario.hangs {
        steps.go(who, "is silent, and something of it hangs", Next::TakeArbToGiveUp, quiet);
    }
}

fn give_up(steps: &mut Steps<'_>, who: u8) {
    if steps.from.arb != NOBODY {
        return;
    }
    let skip = steps.from.file.lost && !has(steps, Mutant::WritesLostState);
    let next = if skip { Next::ReleaseHeir } else { Next::WriteEmpty };
    steps.go(who, "closes its record and takes nothing more", next, |world, actor| {
        world.arb = who;
        world.draft = if skip { Record::default() } else { world.file };
        let id = world.actors[actor].id;
        world.draft.current.take_if(|current| current.0 == id);
    });
}
