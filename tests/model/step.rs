//! What can happen next: steps of processes, what kills them, what the world does to the files, and time.
//!
//! A step is what no other process can see the middle of: one call on a lock, one write, one read. What is read and
//! changed under the arbitration lock alone is read with the step that takes it.

use herald::speaker::Overlap;

use super::scenario::{Mutant, Scenario};
use super::world::{ACTORS, Actor, Moment, NOBODY, Next, Record, World};
use super::{hook, keeper, player};

/// One step, and the world after it, or what it broke.
#[derive(Debug)]
pub(crate) struct Step {
    /// [`NOBODY`]: the world itself.
    pub(crate) who: u8,
    pub(crate) what: &'static str,
    pub(crate) then: Result<World, String>,
}

/// Where the steps of one world are collected.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) from: World,
    pub(crate) found: Vec<Step>,
}

impl Steps<'_> {
    /// The world with `who` about to do `next`.
    pub(crate) fn with(&self, who: u8, next: Next) -> World {
        let mut world = self.from;
        world.actors[usize::from(who)].next = next;
        world
    }

    pub(crate) fn add(&mut self, who: u8, what: &'static str, then: Result<World, String>) {
        self.found.push(Step { who, what, then });
    }

    /// Moves `who` on to `next`, after `change`.
    pub(crate) fn go(&mut self, who: u8, what: &'static str, next: Next, change: impl FnOnce(&mut World, usize)) {
        let mut world = self.with(who, next);
        change(&mut world, usize::from(who));
        self.add(who, what, Ok(world));
    }

    /// Takes the arbitration lock and reads the state, if it is free.
    pub(crate) fn take_arb(&mut self, who: u8, next: Next) {
        if self.from.arb == NOBODY {
            self.go(who, "takes the arbitration lock", next, |world, _| {
                (world.arb, world.draft) = (who, world.file);
            });
        }
    }

    /// Gives the arbitration lock back.
    pub(crate) fn unlock(&mut self, who: u8, next: Next) {
        self.go(who, "gives the arbitration lock back", next, |world, _| {
            (world.arb, world.draft, world.draft_fence) = (NOBODY, Record::default(), 0);
        });
    }

    /// Writes the state as drafted.
    pub(crate) fn write_state(&mut self, who: u8, next: Next) {
        let mut world = self.with(who, next);
        let held = world.arb == who;
        world.draft.lost = false;
        world.file = world.draft;
        self.add(who, "writes the state", if held { Ok(world) } else { Err("written without the lock".into()) });
    }

    /// Moves the fence as drafted.
    pub(crate) fn write_fence(&mut self, who: u8, next: Next) {
        let mut world = self.with(who, next);
        let back = world.draft_fence < world.fence;
        world.fence = world.draft_fence;
        self.add(who, "moves the fence", if back { Err("the fence moves back".into()) } else { Ok(world) });
    }

    /// What the clock may say when `record` is judged.
    pub(crate) fn moments(&self, record: &Record) -> Vec<Moment> {
        let wall = self.from.wall;
        let mut moments = Vec::new();
        for stale in [false, true] {
            for recent in [false, true] {
                let possible =
                    (!stale || self.scenario.expiry && record.pending.is_some()) && (!recent || record.barged);
                if possible {
                    moments.push(Moment { wall, stale, recent });
                }
            }
        }
        moments
    }
}

/// Everything that can happen in `world`.
pub(crate) fn from(scenario: &Scenario, world: &World) -> Vec<Step> {
    let mut steps = Steps { scenario, from: *world, found: Vec::with_capacity(8) };
    let count = scenario.ranks.len();
    for who in 0..u8::try_from(count).unwrap_or(0) {
        run(&mut steps, who);
        kill(&mut steps, who);
    }
    if let Some(rank) = scenario.latecomer
        && (world.late || world.actors[..count].iter().all(Actor::is_over))
    {
        let who = u8::try_from(count).unwrap_or(0);
        steps.from.late = true;
        (steps.from.crashes_left, steps.from.state_losses_left, steps.from.fence_losses_left) = (0, 0, 0);
        hook::steps(&mut steps, who, rank);
        keeper::steps(&mut steps, who);
        player::steps(&mut steps, who);
        steps.from = *world;
    }
    lose_files(&mut steps);
    pass_time(&mut steps);
    steps.found
}

fn run(steps: &mut Steps<'_>, who: u8) {
    hook::steps(steps, who, steps.scenario.ranks[usize::from(who)]);
    keeper::steps(steps, who);
    player::steps(steps, who);
}

/// A process may be killed at any step, as often as the scenario has it.
fn kill(steps: &mut Steps<'_>, who: u8) {
    let actor = steps.from.actors[usize::from(who)];
    if steps.from.crashes_left == 0 || actor.is_over() || actor.next == Next::TakeArb {
        return;
    }
    let between_write_and_start = (actor.start_player || actor.start_keeper)
        && (actor.next > Next::WriteState && actor.next <= Next::Start
            || actor.next >= Next::LookAtKeeper && actor.next <= Next::StartOther);
    let a_keeper = actor.next >= Next::LookAtKeeper && actor.next <= Next::StartOther || steps.from.keeper == who;
    let an_heir = actor.next >= Next::TryHeir
        && actor.next <= Next::WriteClaim
        && (actor.next < Next::TakeArbToClaim || steps.from.heir == who);
    steps.go(who, "is killed", Next::Killed, |world, _| {
        world.crashes_left -= 1;
        world.excused |= between_write_and_start || an_heir || a_keeper;
        end(world, who);
    });
}

/// What the kernel does for a process that is no more. What it knew is of no matter any more.
pub(crate) fn end(world: &mut World, who: u8) {
    world.free_locks_of(who);
    let actor = &mut world.actors[usize::from(who)];
    *actor = Actor { next: actor.next, ..SLEEPING };
}

fn lose_files(steps: &mut Steps<'_>) {
    let world = steps.from;
    if world.state_losses_left > 0 && !world.file.lost {
        let mut then = world;
        then.state_losses_left -= 1;
        then.wall += 1;
        then.file = Record { lost: true, ..Record::default() };
        steps.add(NOBODY, "the state is lost", Ok(then));
    }
    if world.fence_losses_left > 0 && world.fence > 0 {
        let mut then = world;
        then.fence_losses_left -= 1;
        then.wall += 1;
        then.fence = 0;
        steps.add(NOBODY, "the fence is lost", Ok(then));
    }
}

/// So much of it that no confirmation is fresh any more: somebody was stopped.
fn pass_time(steps: &mut Steps<'_>) {
    if !steps.scenario.stops {
        return;
    }
    let mut then = steps.from;
    let fence = then.fence;
    for actor in then.actors.iter_mut().filter(|actor| actor.speaks()) {
        actor.fresh = false;
        actor.stale |= actor.id != fence;
    }
    if then != steps.from {
        steps.add(NOBODY, "time passes", Ok(then));
    }
}

/// A hook that has not begun.
pub(crate) const SLEEPING: Actor = Actor {
    next: Next::TakeArb,
    owner_alive: false,
    heir_waits: false,
    start_player: false,
    start_keeper: false,
    places: 0,
    id: 0,
    highest: 0,
    buffers: 0,
    fresh: false,
    stale: false,
};

/// Where everything begins: nothing is there, and the first id comes from the clock.
pub(crate) fn beginning(scenario: &Scenario) -> World {
    let mut actors = [Actor { next: Next::Gone, ..SLEEPING }; ACTORS];
    let count = scenario.ranks.len() + usize::from(scenario.latecomer.is_some());
    actors[..count].fill(SLEEPING);
    World {
        file: Record { lost: true, ..Record::default() },
        fence: 0,
        arb: NOBODY,
        owner: NOBODY,
        heir: NOBODY,
        keeper: NOBODY,
        owner_looked_at: NOBODY,
        heir_looked_at: NOBODY,
        keeper_looked_at: NOBODY,
        draft: Record::default(),
        draft_fence: 0,
        actors,
        wall: 1,
        crashes_left: scenario.crashes,
        state_losses_left: scenario.losses,
        fence_losses_left: scenario.losses,
        highest: 0,
        cut: 0,
        excused: false,
        late: false,
    }
}

/// The rule's own word for it.
pub(crate) fn overlap(steps: &Steps<'_>) -> Overlap {
    steps.scenario.overlap
}

/// Whether the lock can be had exclusively.
pub(crate) fn is_free(holder: u8, looked_at: u8) -> bool {
    holder == NOBODY && looked_at == NOBODY
}

pub(crate) fn has(steps: &Steps<'_>, mutant: Mutant) -> bool {
    steps.scenario.has(mutant)
}
