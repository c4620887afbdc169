//! Torture: system calls that fail, processes that are killed, disks that vanish, and hours that pass; nobody who
//! calls Herald notices.
//!
//! Each run prints its seed, its count and its verdict. `HERALD_TEST_SEED` repeats it, `HERALD_TEST_FULL=1` asks for
//! all of it, as `make torture` does; else a sample is taken. `docs/torture.md` says what is claimed and what isn't.

#![cfg(target_os = "linux")]

mod support;

#[path = "hook/bench.rs"]
mod bench;
#[path = "torture/document.rs"]
mod document;
#[path = "torture/fault.rs"]
mod fault;
#[path = "torture/hook_judge.rs"]
mod hook_judge;
#[path = "torture/hook_world.rs"]
mod hook_world;
#[path = "torture/hooks.rs"]
mod hooks;
#[path = "torture/places.rs"]
mod places;
#[cfg(feature = "player")]
#[path = "torture/player_judge.rs"]
mod player_judge;
#[cfg(feature = "player")]
#[path = "torture/player_world.rs"]
mod player_world;
#[cfg(feature = "player")]
#[path = "torture/players.rs"]
mod players;
#[cfg(feature = "player")]
#[path = "torture/sample.rs"]
mod sample;
#[cfg(feature = "player")]
#[path = "torture/soak.rs"]
mod soak;
#[cfg(feature = "player")]
#[path = "hook/spoilt.rs"]
mod spoilt;
#[path = "torture/tally.rs"]
mod tally;
#[cfg(feature = "player")]
#[path = "torture/trend.rs"]
mod trend;
#[cfg(feature = "player")]
#[path = "torture/vanished.rs"]
mod vanished;
#[cfg(feature = "player")]
#[path = "torture/work.rs"]
mod work;
