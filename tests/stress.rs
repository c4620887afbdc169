//! The speaker under fire: thousands of requests at once, in several worlds, while owners are killed and stopped and
//! hooks are killed; judged by what a server heard, step by step, and by the journal.
//!
//! Everything comes from one seed, which is printed; `HERALD_TEST_SEED` repeats it, and `HERALD_TEST_FULL=1` asks for
//! 100,000 requests. `HERALD_TEST_KEEP` names a folder that is to get the journals.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "stress/broken.rs"]
mod broken;
#[path = "stress/fire.rs"]
mod fire;
#[path = "stress/judge.rs"]
mod judge;
#[path = "stress/ledger.rs"]
mod ledger;
#[path = "stress/plan.rs"]
mod plan;
#[path = "stress/table.rs"]
mod table;
#[path = "stress/world.rs"]
mod world;

use std::sync::Mutex;

use bench::{Chance, report, rounds};
use plan::Plan;
use support::Evidence;
use support::turn::Turn;
use table::Table;

/// So many worlds at once: most of the time each of them waits.
const CREW: usize = 4;

#[test]
fn no_rule_is_broken_under_fire() {
    let _turn = Turn::take();
    let full = rounds(0, 1) == 1;
    let seed = Chance::drawn();
    report(&format!("HERALD_TEST_SEED={seed}"));
    let evidence = Evidence::begin("stress of the speaker", Some(seed));
    let mut chance = Chance::seeded(seed);
    let plans: Vec<Plan> = (0..rounds(2, 40)).map(|number| Plan::new(number, &mut chance, full)).collect();
    let plans = Mutex::new(plans.into_iter().rev().collect::<Vec<_>>());
    let table = Mutex::new(Table::default());
    let next = || plans.lock().expect("no thread panicked").pop();
    std::thread::scope(|scope| {
        for _ in 0..CREW {
            scope.spawn(|| {
                while let Some(plan) = next() {
                    let story = world::live(&plan);
                    let line = table.lock().expect("no thread panicked").add(&story);
                    report(&line);
                }
            });
        }
    });
    let table = table.into_inner().expect("no thread panicked");
    report(&table.to_string());
    assert!(table.faults.is_empty(), "{} faults:\n{}", table.faults.len(), table.faults.join("\n"));
    evidence.holds(format!("{} requests", table.requests()));
}

/// Two speakers that know nothing of each other, at one server: the rules are broken for sure, and it is found out.
#[test]
fn what_breaks_the_rules_is_found_out() {
    let _turn = Turn::take();
    let found = broken::two_at_one_server();
    assert!(!found.overlaps.is_empty());
    assert!(!found.stale.is_empty());
}
