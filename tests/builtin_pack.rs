//! The built-in packs keep what they promise: made by their generator, valid CESP, one sound per event, equally loud,
//! clean at both ends, no two of a pack alike, and the packs themselves of different characters.
//!
//! The measures here are the test's own, not the generator's: a fault there must not hide itself here. Each has a test
//! that shows it failing on a spoilt sound.

#[path = "builtin_pack/files.rs"]
mod files;
#[path = "builtin_pack/fingerprint.rs"]
mod fingerprint;
#[path = "builtin_pack/levels.rs"]
mod levels;
#[path = "builtin_pack/likeness.rs"]
mod likeness;
#[path = "support/loudness.rs"]
mod loudness;
#[path = "../sounds/generator/make/mod.rs"]
mod make;
#[path = "builtin_pack/manifest.rs"]
mod manifest;
#[path = "builtin_pack/measures.rs"]
mod measures;
#[path = "builtin_pack/pictures.rs"]
mod pictures;
#[path = "builtin_pack/sounds.rs"]
mod sounds;
