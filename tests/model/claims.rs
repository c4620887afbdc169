//! What must be so in every state, whoever looks, and what must be so when everybody has ended.

use super::scenario::Scenario;
use super::world::{Actor, NOBODY, Next, World};

/// What must be so in every state, seen by whoever looks.
pub(crate) fn broken(scenario: &Scenario, world: &World) -> Option<String> {
    let speaking = world.actors.iter().filter(|actor| actor.speaks()).count();
    let waiting = |actor: &&Actor| actor.next >= Next::Wait && actor.next <= Next::LeaveHeir;
    if speaking > 1 {
        return Some("two speak at once".into());
    }
    if world.actors.iter().filter(waiting).count() > 1 {
        return Some("two wait for the owner".into());
    }
    if !world.file.lost && world.fence > world.file.last_id {
        return Some(format!("the fence, {}, is ahead of all ids that the state knows", world.fence));
    }
    let count = scenario.ranks.len() + usize::from(scenario.latecomer.is_some());
    if !world.actors[..count].iter().all(Actor::is_over) {
        return None;
    }
    // At rest.
    let looked_at = [world.owner_looked_at, world.heir_looked_at, world.keeper_looked_at];
    if [world.arb, world.owner, world.heir, world.keeper] != [NOBODY; 4] || looked_at != [NOBODY; 3] {
        return Some("a lock is held by nobody alive".into());
    }
    let quiet = scenario.crashes == 0 && scenario.losses == 0 || scenario.latecomer.is_some();
    if quiet && world.file.current.is_some() {
        return Some("nobody owns the speaker, and the state says that somebody speaks".into());
    }
    if world.file.pending.is_some() && (!world.excused || scenario.latecomer.is_some()) {
        return Some("a request waits, and nobody will ever read it".into());
    }
    if world.file.deferred != 0 && (!world.excused || scenario.latecomer.is_some()) {
        return Some("something is held back, and nobody will ever look at it".into());
    }
    None
}

/// Whether everybody has ended.
pub(crate) fn is_rest(scenario: &Scenario, world: &World) -> bool {
    let count = scenario.ranks.len() + usize::from(scenario.latecomer.is_some());
    world.actors[..count].iter().all(Actor::is_over)
}
