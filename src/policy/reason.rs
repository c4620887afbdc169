//! The words for why something is heard or not.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::Circumstance;

/// Why something is heard or not. The words are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing speaks against it.
    Ok,
    /// It would have been skipped, but the caller insists.
    Forced,
    /// The event is off.
    EventOff,
    /// The user muted Herald.
    Muted,
    /// Quiet hours.
    QuietHours,
    /// The same event of the same session was heard a moment ago.
    Throttled,
    /// Another hook told the same thing.
    Duplicate,
    /// A sub-agent's; the human will hear the main one.
    Subagent,
    /// The turn ended, but work goes on in the background.
    BackgroundWork,
    /// Herald doesn't know the event.
    UnknownEvent,
    /// The speaker is taken by something at least as urgent.
    Busy,
    /// A microphone is in use.
    MicrophoneInUse,
    /// The screen is locked.
    ScreenLocked,
    /// The desktop was told not to disturb.
    DoNotDisturb,
    /// The output failed a moment ago and is left alone.
    OutputCoolingDown,
    /// No sound was found for it.
    NoSound,
    /// The player could not be started.
    NoPlayer,
    /// The state can't be read, locked or written.
    StateUnavailable,
    /// The payload could not be read.
    BadPayload,
    /// A rule of the configuration says so.
    Rule,
    /// It came from another machine, and too late.
    Expired,
    /// It can't be sent to where it would be heard.
    NoLink,
}

impl Reason {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Forced => "forced",
            Self::EventOff => "event-off",
            Self::Muted => "muted",
            Self::QuietHours => "quiet-hours",
            Self::Throttled => "throttled",
            Self::Duplicate => "duplicate",
            Self::Subagent => "subagent",
            Self::BackgroundWork => "background-work",
            Self::UnknownEvent => "unknown-event",
            Self::Busy => "busy",
            Self::MicrophoneInUse => Circumstance::MicrophoneInUse.as_str(),
            Self::ScreenLocked => Circumstance::ScreenLocked.as_str(),
            Self::DoNotDisturb => Circumstance::DoNotDisturb.as_str(),
            Self::OutputCoolingDown => "output-cooling-down",
            Self::NoSound => "no-sound",
            Self::NoPlayer => "no-player",
            Self::StateUnavailable => "state-unavailable",
            Self::BadPayload => "bad-payload",
            Self::Rule => "rule",
            Self::Expired => "expired",
            Self::NoLink => "no-link",
        }
    }
}

impl Reason {
    /// It in a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "nothing speaks against it",
            Self::Forced => "it would be skipped, but you insist",
            Self::EventOff => "this event is off",
            Self::Muted => "Herald is muted",
            Self::QuietHours => "these are quiet hours",
            Self::Throttled => "the same event of this session was heard a moment ago",
            Self::Duplicate => "another hook told it already, or it repeats what was heard",
            Self::Subagent => "it is a sub-agent's; the agent itself will tell when it is done",
            Self::BackgroundWork => "the turn ended, but work goes on in the background",
            Self::UnknownEvent => "it means nothing to Herald, or it concerns nobody",
            Self::Busy => "something at least as urgent is being heard",
            Self::MicrophoneInUse => "a microphone is in use",
            Self::ScreenLocked => "the screen is locked",
            Self::DoNotDisturb => "the desktop was told not to disturb",
            Self::OutputCoolingDown => "the output failed a moment ago and is left alone",
            Self::NoSound => "there is no sound for it",
            Self::NoPlayer => "the player could not be started",
            Self::StateUnavailable => "the state could not be read, locked or written",
            Self::BadPayload => "the payload is not a JSON object, and no event is named beside it",
            Self::Rule => "a rule or `min_duration` of the configuration says so",
            Self::Expired => "it came from another machine, and too late to be of use",
            Self::NoLink => "it could not be sent to where it would be heard",
        }
    }
}

impl From<Circumstance> for Reason {
    fn from(circumstance: Circumstance) -> Self {
        match circumstance {
            Circumstance::MicrophoneInUse => Self::MicrophoneInUse,
            Circumstance::ScreenLocked => Self::ScreenLocked,
            Circumstance::DoNotDisturb => Self::DoNotDisturb,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
