//! Whether an occurrence is heard, and why: a pure function of occurrence, settings, memory and time.
//!
//! Owns the words for reasons, the rules about duplicates, and the format of its own memory, which the speaker keeps as
//! opaque bytes. No clock, no file, no environment.

mod memory;
mod quiet;
mod reason;
mod ticket;

pub use memory::{Key, Memory};
pub use quiet::{is_quiet, quiet_until};
pub use reason::Reason;
pub use ticket::Ticket;

use xxhash_rust::xxh3::xxh3_64;

use crate::config::Settings;
use crate::event::{Occurrence, Quiet, Session};
use crate::platform::clock::Stamp;

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

/// The decision about what `ticket` is of, where nothing was said [`at_once`]. With `force` only what would be skipped
/// for the user's own comfort is played all the same.
pub fn decide(at_once: Option<Reason>, ticket: Option<&Ticket>, memory: &Memory, now: Stamp, force: bool) -> Decision {
    match at_once.or_else(|| ticket?.objection(memory, now)) {
        None => Decision::PLAY,
        Some(Reason::EventOff | Reason::Rule | Reason::Throttled | Reason::Muted | Reason::QuietHours) if force => {
            Decision { play: true, reason: Reason::Forced }
        }
        Some(reason) => Decision::skip(reason),
    }
}

/// Whether something is to be remembered of it although it is not heard.
pub fn is_noteworthy(occurrence: &Occurrence) -> bool {
    ticket::noteworthy(occurrence).is_some()
}

/// Remembers what happened, heard or not; `false` where it is nothing to remember.
pub fn note(occurrence: &Occurrence, memory: &mut Memory, now: Stamp) -> bool {
    ticket::note(occurrence, memory, now)
}

/// What has been answered, if this shows that the session went on: what was held back about it is not heard any more.
pub fn answered(occurrence: &Occurrence) -> Option<Answered> {
    let session = occurrence.session_key();
    if occurrence.answered {
        return Some(Answered { session, tool: occurrence.tool.as_deref().map(tool_mark) });
    }
    let event = occurrence.event.as_ref().filter(|_| occurrence.quiet != Some(Quiet::Subagent))?.as_str();
    let goes_on = event.starts_with("task.") || matches!(event, "resource.limit" | "session.end");
    goes_on.then_some(Answered { session, tool: None })
}

/// What a session has answered by going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Whose questions.
    pub session: Session,
    /// Only those about this tool; `None`: all of them.
    pub tool: Option<u64>,
}

/// A tool as a number.
pub fn tool_mark(tool: &str) -> u64 {
    xxh3_64(tool.as_bytes())
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
        let ticket = Ticket::of(&occurrence, &settings, false).unwrap();
        let decision = decide(at_once(&occurrence, &settings), Some(&ticket), memory, at(ms), false);
        if decision.play {
            ticket.heard(memory, at(ms));
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
        let forced = |occurrence: &Occurrence| {
            let settings = config.settings(occurrence);
            let ticket = Ticket::of(occurrence, &settings, false);
            decide(at_once(occurrence, &settings), ticket.as_ref(), &memory, at(0), true)
        };
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
        let bytes = memory.clone().into_bytes().len();
        assert!(bytes <= 1 + Memory::PLACES * 24, "{bytes}");
        assert_eq!(hear(&mut memory, "task.complete", "9999", 10_000), Reason::Throttled);
        // What is remembered of each takes two places.
        assert_eq!(hear(&mut memory, "task.complete", "9810", 10_000), Reason::Throttled);
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
