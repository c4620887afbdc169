//! Whether an occurrence says something that was not heard before: the rules about duplicates and noise.
//!
//! A [`Ticket`] is as much of an occurrence as these rules ask for. It can be stored, so that something that was held
//! back is judged once more by what happened meanwhile. No session ever silences another.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::memory::{Key, Memory};
use super::reason::Reason;
use crate::config::Settings;
use crate::event::{EVENTS, Occurrence, Session};
use crate::platform::clock::Stamp;

/// Two kinds of question for one thing: agents run the hooks of a gate and of the dialog behind it one after the other.
const SAME_QUESTION: Duration = Duration::from_secs(2);

/// A reminder of a question that was heard when it was asked. Claude Code reminds after 6 s.
const REMINDER: Duration = Duration::from_secs(30);

/// A reminder that the agent waits, after its end of turn was heard. Claude Code reminds after 60 s and again later.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// One more end of a turn that a stop hook had sent on.
const SENT_ON: Duration = Duration::from_secs(5);

/// The end of a turn that was interrupted or failed a moment ago: some agents tell both.
const SAME_END: Duration = Duration::from_secs(2);

/// One more try of a turn that met a limit: OpenCode tells each, a few seconds apart.
const SAME_LIMIT: Duration = Duration::from_secs(60);

/// What a resumed session replays.
const REPLAY: Duration = Duration::from_secs(3);

/// What is remembered beside the events that were heard. None of these can be the name of an event.
mod mark {
    /// A question was heard as it was asked.
    pub(super) const ASKED: &str = "#asked";
    /// The human was told that the turn is over.
    pub(super) const WAITS: &str = "#waits";
    /// The turn was interrupted or failed, heard or not.
    pub(super) const BROKEN: &str = "#broken";
    /// A human gave the agent something to do.
    pub(super) const STARTED: &str = "#started";
    /// An old session was taken up again.
    pub(super) const RESUMED: &str = "#resumed";
}

const IDLE_EVENT: &str = "input.idle";
const COMPLETE: &str = "task.complete";
const LIMIT: &str = "resource.limit";

/// What the rules ask of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    event: String,
    session: Session,
    by_hand: bool,
    reminder: bool,
    sent_on: bool,
    throttle: Duration,
    min_duration: Duration,
}

impl Ticket {
    /// Of something that happened; `None` where nothing did. `by_hand`: a human or a script wants it heard.
    pub fn of(occurrence: &Occurrence, settings: &Settings, by_hand: bool) -> Option<Self> {
        Some(Self {
            event: occurrence.event.as_ref()?.as_str().to_owned(),
            session: occurrence.session_key(),
            by_hand,
            reminder: occurrence.reminder,
            sent_on: occurrence.detail.as_deref() == Some("stop_hook_active"),
            throttle: settings.throttle,
            min_duration: settings.min_duration,
        })
    }

    /// The same, from the bytes of [`Ticket::encode`].
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// Its bytes, for whoever holds it back.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// What it is about: of two such only one is held back.
    pub fn subject(&self) -> u64 {
        Key::of(&self.event, self.session).number()
    }

    /// Why it would be heard once too often.
    pub fn objection(&self, memory: &Memory, now: Stamp) -> Option<Reason> {
        let was = |what: &str, window| memory.was_within(Key::of(what, self.session), window, now);
        if was(&self.event, self.throttle) {
            return Some(Reason::Throttled);
        }
        if self.by_hand {
            return None;
        }
        let event = self.event.as_str();
        let another_question = || {
            let inputs = EVENTS.iter().map(|row| row.name).filter(|name| is_input(name) && *name != IDLE_EVENT);
            inputs.filter(|name| *name != event).any(|name| was(name, SAME_QUESTION))
        };
        // Without a throttle, the user wants the same event each time.
        let again = |window| !self.throttle.is_zero() && was(event, window);
        let told = (is_input(event) && event != IDLE_EVENT && another_question())
            || (self.reminder && is_input(event) && was(mark::ASKED, REMINDER))
            || (self.reminder && event == IDLE_EVENT && (was(mark::WAITS, IDLE) || again(IDLE)))
            || (self.sent_on && event == COMPLETE && again(SENT_ON))
            || (event == COMPLETE && was(mark::BROKEN, SAME_END))
            || (self.reminder && event == LIMIT && again(SAME_LIMIT))
            || ((ends_turn(event) || event == IDLE_EVENT) && was(mark::RESUMED, REPLAY));
        if told {
            return Some(Reason::Duplicate);
        }
        was(mark::STARTED, self.min_duration).then_some(Reason::Rule)
    }

    /// Remembers that it is heard.
    pub fn heard(&self, memory: &mut Memory, now: Stamp) {
        let mut stamp = |what: &str| memory.stamp_now(Key::of(what, self.session), now);
        stamp(&self.event);
        if self.by_hand {
            return;
        }
        if is_input(&self.event) && self.event != IDLE_EVENT && !self.reminder {
            stamp(mark::ASKED);
        }
        if ends_turn(&self.event) {
            stamp(mark::WAITS);
        }
    }
}

/// Remembers what happened, whether it is heard or not; `false` where it is nothing to remember.
pub(super) fn note(occurrence: &Occurrence, memory: &mut Memory, now: Stamp) -> bool {
    let session = occurrence.session_key();
    let Some(what) = noteworthy(occurrence) else { return false };
    memory.stamp_now(Key::of(what, session), now);
    if what == mark::STARTED {
        // The human was there.
        for over in [mark::ASKED, mark::WAITS, mark::BROKEN, IDLE_EVENT] {
            memory.forget(Key::of(over, session));
        }
    }
    true
}

/// Under which mark it is remembered.
pub(super) fn noteworthy(occurrence: &Occurrence) -> Option<&'static str> {
    match occurrence.event.as_ref().filter(|_| occurrence.quiet.is_none())?.as_str() {
        "task.start" => Some(mark::STARTED),
        "session.start" if occurrence.detail.as_deref() == Some("resume") => Some(mark::RESUMED),
        event if event != COMPLETE && (ends_turn(event) || event == "task.interrupted") => Some(mark::BROKEN),
        _ => None,
    }
}

fn is_input(event: &str) -> bool {
    event.starts_with("input.")
}

fn ends_turn(event: &str) -> bool {
    matches!(event, COMPLETE | LIMIT | "task.error")
}
