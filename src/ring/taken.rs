//! What a hook's critical section gave, for those who act on it afterwards.

use std::time::Duration;

use crate::policy::{Decision, Reason};
use crate::speaker::{Deferred, Placed};

/// Which program waits until what is held back is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeper {
    /// The one that will speak it.
    Player,
    /// This one: what is sent away needs no player here.
    Front,
}

/// What the critical section gave.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) decision: Decision,
    pub(super) placed: Placed,
    pub(super) start_player: bool,
    /// It is held back, under this subject.
    pub(super) held: Option<u64>,
    pub(super) start_keeper: Option<Keeper>,
    /// Was held back, and is not heard any more.
    pub(super) called_off: Vec<Deferred>,
    /// It is to be heard elsewhere.
    pub(super) away: bool,
    /// Who took it to be heard there.
    pub(super) sent_to: Option<String>,
    /// Phones are told of it, whether or not it is heard.
    pub(super) phone: bool,
    /// No run directory can be used at all: play without asking anybody.
    pub(super) alone: bool,
    pub(super) lock: Duration,
    pub(super) detail: Option<String>,
}

impl Default for Taken {
    fn default() -> Self {
        Self {
            decision: Decision::skip(Reason::StateUnavailable),
            placed: Placed::default(),
            start_player: false,
            held: None,
            start_keeper: None,
            called_off: Vec::new(),
            away: false,
            sent_to: None,
            phone: false,
            alone: false,
            lock: Duration::ZERO,
            detail: None,
        }
    }
}
