//! What is to be sent, as it waits for whoever carries it.

use serde::{Deserialize, Serialize};

use super::message::{Id, Occurred};
use crate::event::{EventName, Priority};
use crate::platform::clock::Stamp;

/// Something to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Letter {
    /// What happened here, for the ears elsewhere.
    Occurred(Occurred),
    /// The user's mute, for all machines.
    Muted(Muted),
    /// A notice for a phone.
    Pushed(Pushed),
}

/// The user wants silence on all machines, or wants it to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Muted {
    /// Which one it is.
    pub id: Id,
    /// When it was said, by this machine's clocks.
    pub at: Stamp,
    /// Whether it begins or ends.
    pub muted: bool,
    /// How long it lasts from then, in seconds; without it until it is ended by hand.
    pub left_s: Option<u64>,
}

/// A notice for a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// Which one it is.
    pub id: Id,
    /// When it happened, by this machine's clocks.
    pub at: Stamp,
    /// What happened.
    pub event: EventName,
    /// Who told.
    pub agent: String,
    /// On which other machine, if on another one.
    pub host: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
}

impl Letter {
    /// Which one it is.
    pub fn id(&self) -> Id {
        match self {
            Self::Occurred(occurred) => occurred.id,
            Self::Muted(muted) => muted.id,
            Self::Pushed(pushed) => pushed.id,
        }
    }

    /// When it was written, by this machine's clocks.
    pub fn at(&self) -> Stamp {
        match self {
            Self::Occurred(occurred) => occurred.at(),
            Self::Muted(muted) => muted.at,
            Self::Pushed(pushed) => pushed.at,
        }
    }
}
