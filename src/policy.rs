//! Whether an occurrence is heard, and why: a pure function of occurrence, settings, memory and time.
//!
//! Owns the words for reasons and the format of its own memory (throttle stamps), which the speaker keeps as opaque
//! bytes. No clock, no file, no environment.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::config::Settings;
use crate::event::{Occurrence, Quiet, Session};
use crate::platform::clock::Stamp;

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
            Self::MicrophoneInUse => "microphone-in-use",
            Self::OutputCoolingDown => "output-cooling-down",
            Self::NoSound => "no-sound",
            Self::NoPlayer => "no-player",
            Self::StateUnavailable => "state-unavailable",
            Self::BadPayload => "bad-payload",
            Self::Rule => "rule",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Play or skip, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is heard.
    pub play: bool,
    /// Why.
    pub reason: Reason,
}

impl Decision {
    /// It is heard.
    pub const PLAY: Self = Self { play: true, reason: Reason::Ok };

    /// It is not heard.
    pub const fn skip(reason: Reason) -> Self {
        Self { play: false, reason }
    }

    /// The word used in JSON.
    pub const fn verb(self) -> &'static str {
        if self.play { "play" } else { "skip" }
    }
}

/// What can be said without any memory. `None`: it depends on what was heard before.
///
/// Most hooks of an agent end here, before any lock is taken.
pub fn at_once(occurrence: &Occurrence, settings: &Settings) -> Option<Reason> {
    match occurrence.quiet {
        Some(Quiet::BadPayload) => return Some(Reason::BadPayload),
        Some(Quiet::Subagent) => return Some(Reason::Subagent),
        Some(Quiet::BackgroundWork) => return Some(Reason::BackgroundWork),
        None => {}
    }
    if !settings.known {
        return Some(Reason::UnknownEvent);
    }
    if !settings.enabled {
        return Some(if settings.off_by_rule { Reason::Rule } else { Reason::EventOff });
    }
    None
}

/// The decision. With `force` only what would be skipped for the user's own comfort is played all the same.
pub fn decide(occurrence: &Occurrence, settings: &Settings, memory: &Memory, now: Stamp, force: bool) -> Decision {
    let objection = at_once(occurrence, settings).or_else(|| {
        let key = throttle_key(occurrence)?;
        memory.was_within(key, settings.throttle, now).then_some(Reason::Throttled)
    });
    match objection {
        None => Decision::PLAY,
        Some(Reason::EventOff | Reason::Rule | Reason::Throttled | Reason::Muted | Reason::QuietHours) if force => {
            Decision { play: true, reason: Reason::Forced }
        }
        Some(reason) => Decision::skip(reason),
    }
}

/// What the throttle counts by: event and session, else working directory. No session ever silences another.
pub fn throttle_key(occurrence: &Occurrence) -> Option<Key> {
    Some(Key::of(occurrence.event.as_ref()?.as_str(), occurrence.session_key()))
}

/// A place in the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// The place for what is told by `what` about `session`.
    pub fn of(what: &str, session: Session) -> Self {
        Self(xxh3_64_with_seed(what.as_bytes(), session.0))
    }
}

/// What was heard when: at most [`Memory::PLACES`] stamps, the oldest forgotten first.
///
/// Kept as the bytes it is stored as, so that ten thousand sessions cost what ten do and nothing is decoded that isn't
/// asked for. A record is key, wall clock, boot clock: eight bytes each, little-endian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    bytes: Vec<u8>,
}

impl Memory {
    /// How many stamps are kept.
    pub const PLACES: usize = 400;

    const VERSION: u8 = 1;
    const RECORD: usize = 24;

    /// Takes over stored bytes; those of another version, or damaged ones, are forgotten.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        let fits = bytes.first() == Some(&Self::VERSION)
            && (bytes.len() - 1).is_multiple_of(Self::RECORD)
            && bytes.len() <= 1 + Self::PLACES * Self::RECORD;
        if !fits {
            bytes.clear();
        }
        Self { bytes }
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether `key` was stamped less than `window` before `now`.
    pub fn was_within(&self, key: Key, window: Duration, now: Stamp) -> bool {
        !window.is_zero() && self.find(key).is_some_and(|at| self.stamp(at).is_within(window, now))
    }

    /// Stamps `key` with `now`.
    pub fn stamp_now(&mut self, key: Key, now: Stamp) {
        if self.bytes.is_empty() {
            self.bytes.push(Self::VERSION);
        }
        let at = self.find(key).unwrap_or_else(|| {
            if self.places().len() < Self::PLACES {
                let end = self.bytes.len();
                self.bytes.resize(end + Self::RECORD, 0);
                end
            } else {
                // A stamp from the future is worth nothing, so it goes first.
                let age = |at: &usize| {
                    let wall = self.stamp(*at).wall_ms;
                    if wall > now.wall_ms { 0 } else { wall }
                };
                self.places().min_by_key(age).unwrap_or(1)
            }
        });
        self.bytes[at..at + 8].copy_from_slice(&key.0.to_le_bytes());
        self.bytes[at + 8..at + 16].copy_from_slice(&now.wall_ms.to_le_bytes());
        self.bytes[at + 16..at + 24].copy_from_slice(&now.boot_us.to_le_bytes());
    }

    fn places(&self) -> impl ExactSizeIterator<Item = usize> + use<> {
        (1..self.bytes.len().max(1)).step_by(Self::RECORD)
    }

    fn find(&self, key: Key) -> Option<usize> {
        self.places().find(|at| self.word(*at) == key.0)
    }

    fn stamp(&self, at: usize) -> Stamp {
        Stamp { wall_ms: self.word(at + 8), boot_us: self.word(at + 16) }
    }

    fn word(&self, at: usize) -> u64 {
        self.bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn occurrence(event: &str, session: &str) -> Occurrence {
        Occurrence { event: event.parse().ok(), session: Some(Session::of(session)), ..Occurrence::default() }
    }

    fn at(ms: u64) -> Stamp {
        Stamp { wall_ms: 1_700_000_000_000 + ms, boot_us: 5_000_000 + ms * 1000 }
    }

    fn hear(memory: &mut Memory, event: &str, session: &str, ms: u64) -> Reason {
        let occurrence = occurrence(event, session);
        let settings = Config::default().settings(&occurrence);
        let decision = decide(&occurrence, &settings, memory, at(ms), false);
        if decision.play {
            memory.stamp_now(throttle_key(&occurrence).unwrap(), at(ms));
        }
        decision.reason
    }

    #[test]
    fn the_same_event_of_the_same_session_is_heard_once_in_three_seconds() {
        let mut memory = Memory::default();
        assert_eq!(hear(&mut memory, "task.complete", "a", 0), Reason::Ok);
        assert_eq!(hear(&mut memory, "task.complete", "a", 2999), Reason::Throttled);
        assert_eq!(hear(&mut memory, "task.complete", "b", 1), Reason::Ok, "another session");
        assert_eq!(hear(&mut memory, "task.error", "a", 2), Reason::Ok, "another event");
        assert_eq!(hear(&mut memory, "task.complete", "a", 3000), Reason::Ok, "a skipped one doesn't prolong it");
    }

    #[test]
    fn what_is_off_unknown_or_unreadable_is_told_apart_without_any_memory() {
        let config = Config::default();
        let reason = |occurrence: &Occurrence| at_once(occurrence, &config.settings(occurrence));
        assert_eq!(reason(&occurrence("session.start", "a")), Some(Reason::EventOff));
        assert_eq!(reason(&occurrence("deploy.done", "a")), Some(Reason::UnknownEvent));
        assert_eq!(reason(&Occurrence::default()), Some(Reason::UnknownEvent));
        for (quiet, expected) in [
            (Quiet::Subagent, Reason::Subagent),
            (Quiet::BackgroundWork, Reason::BackgroundWork),
            (Quiet::BadPayload, Reason::BadPayload),
        ] {
            assert_eq!(reason(&Occurrence { quiet: Some(quiet), ..occurrence("task.complete", "a") }), Some(expected));
        }
        assert_eq!(reason(&occurrence("task.complete", "a")), None);
    }

    #[test]
    fn force_overrides_comfort_but_not_ignorance() {
        let memory = Memory::default();
        let config = Config::default();
        let forced = |occurrence: &Occurrence| decide(occurrence, &config.settings(occurrence), &memory, at(0), true);
        assert_eq!(forced(&occurrence("session.start", "a")), Decision { play: true, reason: Reason::Forced });
        assert_eq!(forced(&occurrence("task.complete", "a")), Decision::PLAY);
        assert_eq!(forced(&Occurrence::default()), Decision::skip(Reason::UnknownEvent));
    }

    #[test]
    fn ten_thousand_sessions_take_the_room_of_four_hundred_and_the_newest_are_kept() {
        let mut memory = Memory::default();
        for n in 0..10_000 {
            hear(&mut memory, "task.complete", &n.to_string(), n);
        }
        assert_eq!(memory.bytes.len(), 1 + Memory::PLACES * Memory::RECORD);
        assert!(memory.bytes.len() <= crate::speaker::MEMORY_LIMIT);
        assert_eq!(hear(&mut memory, "task.complete", "9999", 10_000), Reason::Throttled);
        assert_eq!(hear(&mut memory, "task.complete", "9650", 10_000), Reason::Throttled);
    }

    #[test]
    fn foreign_or_damaged_memory_is_forgotten_whole() {
        for bytes in [vec![], vec![9; 25], vec![1; 24], vec![1; 100_000]] {
            assert_eq!(Memory::from_bytes(bytes), Memory::default());
        }
        let mut memory = Memory::default();
        hear(&mut memory, "task.complete", "a", 0);
        assert_eq!(Memory::from_bytes(memory.clone().into_bytes()), memory);
    }
}
