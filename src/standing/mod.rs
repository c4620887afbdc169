//! What the user said for the time being, beside the configuration: who is mute until when, and which projects may turn
//! Herald down.
//!
//! Owns two small files of the state directory. Hooks read them and write nothing; where nothing was ever said, a hook
//! pays for two files that aren't there.

pub mod mute;
pub mod trust;
pub mod until;
