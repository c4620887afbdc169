//! `herald pack add`: what is taken, what is refused and why, and that a pack is there whole or not at all.

#![cfg(all(target_os = "linux", feature = "pack"))]

mod support;

#[path = "pack_add/bench.rs"]
mod bench;
#[path = "pack_add/good.rs"]
mod good;
#[path = "pack_add/hostile.rs"]
mod hostile;
#[path = "pack_add/interrupted.rs"]
mod interrupted;
#[path = "pack_add/mutated.rs"]
mod mutated;
#[cfg(feature = "download")]
#[path = "pack_add/net.rs"]
mod net;
#[path = "pack_add/raw.rs"]
mod raw;
#[path = "pack_add/run.rs"]
mod run;
