//! What is played: one score per pack, in it one row per event.
//!
//! A further pack is one more file here, and its place in [`SCORES`].

mod herald;
mod pitch;
mod quiet;

use super::synth::Note;

/// The packs.
pub(crate) static SCORES: &[&Score] = &[&herald::HERALD, &quiet::QUIET];

/// A pack: what its manifest says of it, and its sounds.
pub(crate) struct Score {
    /// Its name, and that of its folder.
    pub(crate) name: &'static str,
    pub(super) display_name: &'static str,
    pub(super) description: &'static str,
    pub(super) tags: &'static [&'static str],
    /// In the order of Herald's table of events.
    pub(crate) sounds: &'static [Sound],
}

/// One sound of a pack.
pub(crate) struct Sound {
    /// The event it stands for; also its file's name.
    pub(crate) event: &'static str,
    /// The CESP category it is listed under. One sound each: a player that has only nine words hears the plainest one.
    pub(super) category: Option<&'static str>,
    /// What it is like, in words.
    pub(crate) label: &'static str,
    /// How long it is.
    pub(crate) seconds: f64,
    /// How much of the room is heard.
    pub(super) room: f64,
    /// What is struck.
    pub(super) notes: &'static [Note],
}

impl Sound {
    /// The name of its file.
    pub(super) fn file(&self) -> String {
        format!("{}.wav", self.event)
    }
}
