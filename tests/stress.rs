//! The speaker under fire: random requests of real hooks, real players that are killed and stopped, hooks that are killed
//! in mid-flight; and not one millisecond of two voices, of a voice that was cut, or of an id that came back.
//!
//! 2,000 requests, or 100,000 with `HERALD_TEST_FULL=1`. `HERALD_TEST_SEED` repeats a run's choices, though not the
//! machine's. The sound server is a stand-in that knows whom it played at every moment.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "stress/judge.rs"]
mod judge;
#[path = "support/stand_in.rs"]
mod stand_in;
#[path = "stress/world.rs"]
mod world;

use std::time::Instant;

use bench::{Chance, report, rounds};
use judge::{Deeds, Found};
use world::World;

/// Worlds at the same time, with different rules for equals.
const WORLDS: [&str; 3] = ["queue", "replace", "drop"];

#[test]
fn whatever_is_killed_or_stopped_one_voice_speaks_and_only_the_one_that_may() {
    let mut chance = Chance::announced();
    let requests = rounds(2_000, 100_000) / WORLDS.len();
    let begun = Instant::now();
    let (mut deeds, mut found) = (Deeds::default(), Found::default());
    std::thread::scope(|scope| {
        let worlds: Vec<_> = WORLDS
            .iter()
            .map(|overlap| {
                let seed = chance.next();
                scope.spawn(move || World::new(seed, overlap).go_through(requests))
            })
            .collect();
        for world in worlds {
            let (done, seen) = world.join().expect("a world's end");
            deeds.requests += done.requests;
            deeds.hooks_killed += done.hooks_killed;
            deeds.players_killed += done.players_killed;
            deeds.players_stopped += done.players_stopped;
            found.add(&seen);
        }
    });
    report(&format!("{deeds:#?}\n{found:#?}\n{:.0} s", begun.elapsed().as_secs_f64()));
    assert!(found.is_clean(), "{found:?}");
    assert!(deeds.players_killed > 0 && deeds.players_stopped > 0 && deeds.hooks_killed > 0, "{deeds:?}");
    assert!(found.heard > 0 && found.recovered > 0, "{found:?}");
}
