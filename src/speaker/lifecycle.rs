//! The life of a request in the process that speaks it, as types: what is not an edge here can't be written.
//!
//! ```text
//! Claimed ──► Opening ◄─► Playing ──► Finished | Superseded | TimedOut | Failed
//!    └───────────┴─────────────────►             Superseded            | Failed
//! ```
//!
//! The way back to Opening is the watchdog's: an output that stood still before anything was heard is left for the next.
//! What comes before (throttled, dropped, pending, replaced, expired) is decided within one critical section by the rules
//! in [`super::baton`] and has no life of its own: a request that was accepted *is* the record that waits. A claim is
//! only made by a [`super::Turn`], and the turn goes on only with its [`Ended`].
//!
//! Where not the code but what was seen outside decides, an impossible sight is a [`Breach`]: its finder ends the process
//! at once and leaves a [`super::Dump`]. The kernel then frees the locks, and the next request repairs the record. Nothing here
//! reads a clock of others, a file or a lock.

use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Where a request is, for those who look at a [`super::Dump`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Taken out of the waiting place; the record names it and this process.
    Claimed,
    /// Its sound is looked up and decoded, an output is being opened.
    Opening,
    /// An output is open and fed.
    Playing,
    /// Every sample was consumed.
    Finished,
    /// Another one is to be heard instead.
    Superseded,
    /// It was longer than allowed.
    TimedOut,
    /// It could not be played, or not to its end.
    Failed,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claimed => "claimed",
            Self::Opening => "opening",
            Self::Playing => "playing",
            Self::Finished => "finished",
            Self::Superseded => "superseded",
            Self::TimedOut => "timed out",
            Self::Failed => "failed",
        })
    }
}

/// Something that can't be, and was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// A step that the life cycle does not have.
    Edge(Stage, Stage),
    /// The owner lock is not held by the one who speaks.
    NotOwner,
    /// The fence moved back.
    FenceBack {
        /// What it was.
        from: u64,
        /// What it is.
        to: u64,
    },
    /// An id was given out that is not above all before it.
    IdNotNewer {
        /// The id.
        id: u64,
        /// The highest one seen.
        seen: u64,
    },
    /// The record on disk does not name what was just claimed.
    NotRecorded(u64),
    /// Samples were still handed over after the order to stop.
    NotSilent,
    /// The record could not be closed: the arbitration lock could not be had, or the state not be written.
    NotClosed(String),
    /// The deciding thread panicked.
    Panicked(String),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edge(from, to) => write!(f, "a request that was {from} became {to}"),
            Self::NotOwner => f.write_str("it was playing while nobody held the owner lock"),
            Self::FenceBack { from, to } => write!(f, "the fence moved back from {from} to {to}"),
            Self::IdNotNewer { id, seen } => write!(f, "request {id} was given out after {seen}"),
            Self::NotRecorded(id) => write!(f, "request {id} was claimed, and the state names another one"),
            Self::NotSilent => f.write_str("samples were still handed over after the order to stop"),
            Self::NotClosed(why) => write!(f, "the record of the playback could not be closed: {why}"),
            Self::Panicked(why) => write!(f, "the program failed: {why}"),
        }
    }
}

impl std::error::Error for Breach {}

/// The stage [`Stage::Claimed`].
#[derive(Debug)]
pub struct Claimed(());

/// The stage [`Stage::Opening`].
#[derive(Debug)]
pub struct Opening(());

/// The stage [`Stage::Playing`].
#[derive(Debug)]
pub struct Playing(());

/// One of the last four stages.
#[derive(Debug)]
pub struct Ended(Stage);

/// How a request can end that no output was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// [`Stage::Superseded`]
    Superseded,
    /// [`Stage::Failed`]
    Failed,
}

/// How a request can end that was playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// [`Stage::Finished`]
    Finished,
    /// [`Stage::Superseded`]
    Superseded,
    /// [`Stage::TimedOut`]
    TimedOut,
    /// [`Stage::Failed`]
    Failed,
}

impl From<End> for Stage {
    fn from(end: End) -> Self {
        match end {
            End::Finished => Self::Finished,
            End::Superseded => Self::Superseded,
            End::TimedOut => Self::TimedOut,
            End::Failed => Self::Failed,
        }
    }
}

/// One request in the stage `S`. Can't be copied: there is one life, and its stages follow each other.
#[derive(Debug)]
pub struct Life<S> {
    id: u64,
    past: Past,
    stage: S,
}

/// When which stage began, counted from the claim.
#[derive(Clone, Debug)]
pub struct Past {
    born: Instant,
    stages: Vec<(Stage, Duration)>,
}

impl Past {
    fn and(mut self, stage: Stage) -> Self {
        self.stages.push((stage, self.born.elapsed()));
        self
    }

    /// The stages in their order, each with the time from the claim to its beginning.
    pub fn stages(&self) -> &[(Stage, Duration)] {
        &self.stages
    }
}

impl<S> Life<S> {
    /// Whose life it is.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What was before.
    pub fn past(&self) -> &Past {
        &self.past
    }

    fn become_<T>(self, stage: Stage, next: T) -> Life<T> {
        Life { id: self.id, past: self.past.and(stage), stage: next }
    }
}

impl Life<Claimed> {
    /// Begins: for whoever has the right to, which for requests of others is a [`super::Turn`] alone.
    pub(super) fn claimed(id: u64) -> Self {
        let past = Past { born: Instant::now(), stages: Vec::new() };
        Self { id, past: past.and(Stage::Claimed), stage: Claimed(()) }
    }

    /// A request that was never arbitrated, where there is no run directory to arbitrate in.
    pub fn alone() -> Self {
        Self::claimed(0)
    }

    /// An output is looked for.
    pub fn open(self) -> Life<Opening> {
        self.become_(Stage::Opening, Opening(()))
    }

    /// It never got that far.
    pub fn end(self, end: Unheard) -> Life<Ended> {
        self.unheard(end)
    }
}

impl Life<Opening> {
    /// This output did not open in time; the next one is tried.
    pub fn reopen(self) -> Self {
        self.become_(Stage::Opening, Opening(()))
    }

    /// An output is open, and whoever opened it still has the right to speak.
    pub fn play(self) -> Life<Playing> {
        self.become_(Stage::Playing, Playing(()))
    }

    /// It ended unheard.
    pub fn end(self, end: Unheard) -> Life<Ended> {
        self.unheard(end)
    }
}

impl<S> Life<S> {
    fn unheard(self, end: Unheard) -> Life<Ended> {
        let stage = match end {
            Unheard::Superseded => Stage::Superseded,
            Unheard::Failed => Stage::Failed,
        };
        self.become_(stage, Ended(stage))
    }
}

impl Life<Playing> {
    /// Its output stood still before anything was heard; the next one is tried.
    pub fn reopen(self) -> Life<Opening> {
        self.become_(Stage::Opening, Opening(()))
    }

    /// It ended.
    pub fn end(self, end: End) -> Life<Ended> {
        self.become_(end.into(), Ended(end.into()))
    }
}

impl Life<Ended> {
    /// How.
    pub fn stage(&self) -> Stage {
        self.stage.0
    }
}

/// A life between its claim and its end, where what is seen decides which stage it is in.
#[derive(Debug)]
pub enum Live {
    /// Not open yet.
    Opening(Life<Opening>),
    /// Open.
    Playing(Life<Playing>),
}

impl Live {
    /// What was before.
    pub fn past(&self) -> &Past {
        match self {
            Self::Opening(life) => life.past(),
            Self::Playing(life) => life.past(),
        }
    }

    /// Whose life it is.
    pub fn id(&self) -> u64 {
        match self {
            Self::Opening(life) => life.id(),
            Self::Playing(life) => life.id(),
        }
    }

    /// The output was seen open.
    #[must_use]
    pub fn played(self) -> Self {
        match self {
            Self::Opening(life) => Self::Playing(life.play()),
            playing @ Self::Playing(_) => playing,
        }
    }

    /// The output stood still, and the next one is tried.
    #[must_use]
    pub fn reopened(self) -> Self {
        Self::Opening(match self {
            Self::Opening(life) => life.reopen(),
            Self::Playing(life) => life.reopen(),
        })
    }

    /// The end, as it was seen.
    ///
    /// # Errors
    /// [`Breach::Edge`] for one that this stage doesn't have.
    pub fn end(self, end: End) -> Result<Life<Ended>, Breach> {
        match (self, end) {
            (Self::Playing(life), end) => Ok(life.end(end)),
            (Self::Opening(life), End::Superseded) => Ok(life.end(Unheard::Superseded)),
            (Self::Opening(life), End::Failed) => Ok(life.end(Unheard::Failed)),
            (Self::Opening(_), end) => Err(Breach::Edge(Stage::Opening, end.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [(Stage, Stage); 12] = [
        (Stage::Claimed, Stage::Opening),
        (Stage::Claimed, Stage::Superseded),
        (Stage::Claimed, Stage::Failed),
        (Stage::Opening, Stage::Opening),
        (Stage::Opening, Stage::Playing),
        (Stage::Opening, Stage::Superseded),
        (Stage::Opening, Stage::Failed),
        (Stage::Playing, Stage::Opening),
        (Stage::Playing, Stage::Finished),
        (Stage::Playing, Stage::Superseded),
        (Stage::Playing, Stage::TimedOut),
        (Stage::Playing, Stage::Failed),
    ];

    /// Every life that can be written, with ends as they may be seen.
    fn lives() -> Vec<Life<Ended>> {
        let mut lives: Vec<_> = [Unheard::Superseded, Unheard::Failed].map(|end| Life::claimed(1).end(end)).into();
        for end in [End::Finished, End::Superseded, End::TimedOut, End::Failed] {
            lives.extend(Live::Opening(Life::claimed(1).open()).reopened().end(end));
            lives.extend(Live::Opening(Life::claimed(1).open()).played().reopened().played().played().end(end));
        }
        lives
    }

    #[test]
    fn what_can_be_written_walks_along_the_edges_and_reaches_all_of_them() {
        let mut walked = Vec::new();
        for life in lives() {
            let stages: Vec<Stage> = life.past.stages.iter().map(|(stage, _)| *stage).collect();
            assert_eq!((stages[0], stages.last()), (Stage::Claimed, Some(&life.stage())));
            walked.extend(stages.windows(2).map(|pair| (pair[0], pair[1])));
        }
        assert!(walked.iter().all(|edge| EDGES.contains(edge)), "{walked:?}");
        assert!(EDGES.iter().all(|edge| walked.contains(edge)), "{walked:?}");
    }

    #[test]
    fn what_was_never_open_neither_finishes_nor_times_out() {
        for end in [End::Finished, End::TimedOut] {
            let refused = Live::Opening(Life::claimed(1).open()).end(end);
            assert_eq!(refused.err(), Some(Breach::Edge(Stage::Opening, end.into())));
        }
    }
}
