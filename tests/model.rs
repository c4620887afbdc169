//! Every interleaving of hooks and players, killed and stopped at every step, over a model of the locks and files.
//!
//! The decisions are the real ones, `baton::place` and `baton::claim`; the order of steps around them is that of
//! `Critical::place` and of the player's turn, and must be changed here when it is changed there (`order.rs` shows that
//! the programs keep it). That the checker can find something is shown by faults that are put in.
//!
//! Not modelled: how a superseded voice that was promised a moment fades (it owns the speaker meanwhile), and files that
//! are half written (the slots have tests of their own).

#[path = "model/claims.rs"]
mod claims;
#[path = "model/hook.rs"]
mod hook;
#[path = "model/keeper.rs"]
mod keeper;
#[path = "model/player.rs"]
mod player;
#[path = "model/scenario.rs"]
mod scenario;
#[path = "model/search.rs"]
mod search;
#[path = "model/step.rs"]
mod step;
#[path = "model/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::time::Instant;

use herald::speaker::Overlap::{Drop, Queue, Replace};
use scenario::{Mutant, Scenario};

#[allow(clippy::print_stderr, reason = "the test's own report")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// At least so many states are explored in all.
const STATES: usize = 300_000;

const SCENARIOS: &[Scenario] = &[
    Scenario { stops: true, buffers: 2, ..Scenario::of("three alike wait in line", Queue, &[1, 1, 1]) },
    Scenario { stops: true, expiry: true, ..Scenario::of("three of three ranks", Queue, &[0, 1, 2]) },
    Scenario { stops: true, expiry: true, ..Scenario::of("three alike, the newest cuts", Replace, &[1, 1, 1]) },
    Scenario { stops: true, expiry: true, ..Scenario::of("three, dropped or cutting", Drop, &[1, 1, 2]) },
    Scenario::of("four alike, the newest cuts", Replace, &[1, 1, 1, 1]),
    Scenario::of("four of three ranks wait in line", Queue, &[0, 1, 1, 2]),
    Scenario { escalation: true, hangs: true, ..Scenario::of("an owner that does not let go", Replace, &[0, 1, 1]) },
    Scenario { no_player: true, expiry: true, ..Scenario::of("players that can't be started", Queue, &[0, 1, 1]) },
    Scenario { crashes: 1, stops: true, latecomer: Some(2), ..Scenario::of("three, one killed", Replace, &[0, 1, 1]) },
    Scenario { crashes: 2, hangs: true, latecomer: Some(2), ..Scenario::of("three, two killed", Queue, &[0, 1, 1]) },
    Scenario { crashes: 1, latecomer: Some(2), expiry: true, ..Scenario::of("dropped or killed", Drop, &[0, 1, 1]) },
    Scenario { crashes: 1, latecomer: Some(0), ..Scenario::of("one killed, then the lowest", Queue, &[0, 1, 2]) },
    Scenario { deferred: 0b11, stops: true, ..Scenario::of("two are held back", Queue, &[1, 0]) },
    Scenario { deferred: 0b01, expiry: true, ..Scenario::of("one is held back, two are not", Replace, &[1, 0, 1]) },
    Scenario { deferred: 0b011, ..Scenario::of("two are held back, one is not", Queue, &[1, 2, 1]) },
    Scenario { deferred: 0b11, crashes: 1, latecomer: Some(1), ..Scenario::of("held back or killed", Queue, &[0, 1]) },
    Scenario { losses: 1, stops: true, latecomer: Some(1), ..Scenario::of("files are lost", Replace, &[1, 1]) },
    Scenario { crashes: 1, losses: 1, latecomer: Some(2), ..Scenario::of("lost and killed", Replace, &[0, 1]) },
];

/// What happens seldom, and must have happened somewhere for the result to mean anything.
const SELDOM: &[&str] = &[
    "becomes the heir after all",
    "becomes the keeper after all",
    "can't start a player",
    "ends an owner that does not let go",
    "finds nothing due",
    "finds nothing that waits",
    "finds something due",
    "finds that what waits is too old",
    "holds a buffer back",
    "is given a place and cuts",
    "is given a place; what waited was too old",
    "is killed",
    "is silent, and something of it hangs",
    "is told that it is superseded",
    "is turned away",
    "sees that the fence moved back, and ends at once",
    "starts a keeper too",
    "starts a player and keeps on",
    "the state is lost",
    "time passes",
];

#[test]
fn in_every_interleaving_one_speaks_nothing_is_stale_and_nobody_is_left_waiting() {
    let begun = Instant::now();
    let mut states = 0;
    let mut happened = BTreeSet::new();
    for scenario in SCENARIOS {
        let from = Instant::now();
        let found = search::explore(scenario);
        report(&format!(
            "{}: {} states, {} steps, {} ends, {:.1?}",
            scenario.name,
            found.states,
            found.steps,
            found.rests,
            from.elapsed()
        ));
        if let Some(wrong) = found.wrong {
            panic!("{wrong}");
        }
        states += found.states;
        happened.extend(found.happened);
    }
    let never: Vec<_> = SELDOM.iter().filter(|what| !happened.contains(**what)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
    report(&format!("{states} states in {:.1?}", begun.elapsed()));
    assert!(states >= STATES, "only {states} states");
}

#[test]
fn a_fault_in_the_protocol_is_found() {
    let two = Scenario { stops: true, latecomer: None, ..Scenario::of("two", Replace, &[1, 1]) };
    let three = Scenario { stops: false, ..Scenario::of("three", Queue, &[0, 1, 0]) };
    let held = Scenario { deferred: 0b11, ..Scenario::of("two are held back", Queue, &[1, 0]) };
    for (mutant, scenario, expected) in [
        (Mutant::ReleasesAfterArb, three, "nobody will ever read it"),
        (Mutant::FenceBeforeState, two, "is ahead of all ids"),
        (Mutant::NoFreshness, two, "long after it was superseded"),
        (Mutant::HeirNotTaken, three, "two wait for the owner"),
        (Mutant::ClaimsWithoutOwner, two, "without owning"),
        (Mutant::IdsRestart, Scenario { losses: 1, ..two }, "is given out after"),
        (Mutant::LowerRankReplaces, three, "gave way to a lower rank"),
        (Mutant::WritesLostState, Scenario { losses: 1, ..two }, "is ahead of all ids"),
        (Mutant::TrustsTheOwner, Scenario { hangs: true, ..two }, "nobody will ever read it"),
        (Mutant::KeepsAfterArb, held, "nobody will ever look at it"),
    ] {
        let found = search::explore(&Scenario { mutant: Some(mutant), ..scenario });
        let wrong = found.wrong.unwrap_or_else(|| panic!("{mutant:?} was not found in {} states", found.states));
        let first = wrong.lines().next().unwrap_or_default();
        report(&format!("{mutant:?}: {first} ({} states)", found.states));
        assert!(wrong.contains(expected), "{mutant:?}: {wrong}");
        assert!(search::explore(&scenario).wrong.is_none(), "without {mutant:?} nothing is wrong");
    }
}

/// Held by two things: the player asks again, and whoever looked and was turned away starts another.
#[test]
fn a_look_that_is_taken_for_an_heir_leaves_nobody_waiting() {
    let three = Scenario { stops: false, ..Scenario::of("three", Queue, &[0, 1, 0]) };
    let found = search::explore(&Scenario { mutant: Some(Mutant::LookTakenForHeir), ..three });
    assert_eq!(found.wrong, None);
}
