//! What the front asks of the player: which sound, how loud, for how long. Opaque bytes to everything between.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::EventName;
use crate::sound_ref::SoundRef;

/// A wish to hear something, complete: the player needs no configuration to fulfil it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The event, unless a sound was named outright.
    pub event: Option<EventName>,
    /// Detail names from special to general, to be tried before the event itself: `tool.error.bash.git-push`, …
    pub details: Vec<EventName>,
    /// The sound named on the command line. If set, nothing else is tried.
    pub chosen: Option<SoundRef>,
    /// The configured sounds; one is picked at random, not the last one again.
    pub sounds: Vec<SoundRef>,
    /// Active packs in order. The built-in `herald` always stands behind them.
    pub packs: Vec<String>,
    /// Perceptual volume 0 to 100, all factors multiplied in.
    pub volume: u8,
    /// Silence before the sound, for outputs that sleep.
    pub lead_in: Duration,
    /// Longest playback.
    pub timeout: Duration,
    /// Nobody cuts it before it was heard this long.
    pub min_audible: Duration,
}

impl Request {
    /// Its bytes, for the state file.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// The request in those bytes; `None` if they are another version's or damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
