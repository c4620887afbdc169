//! What the front asks of the player: which sound, how loud, for how long. Opaque bytes to everything between.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::SkipWhen;
use crate::event::{EventName, Session};
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
    /// Whose it is: a session may have packs of its own, which stand in front of the others.
    pub session: Option<Session>,
    /// It is brought to the loudness that all sounds have.
    pub normalize: bool,
    /// It is not heard while one of these holds, right before it would be.
    pub skip_when: SkipWhen,
    /// Who told, where other machines or phones may be told; empty else.
    pub agent: String,
    /// The sound server's socket, named outright: no other is tried then.
    pub server: Option<PathBuf>,
}

impl Request {
    /// For this sound and nothing else, as it is.
    pub fn of(sound: SoundRef) -> Self {
        Self {
            event: None,
            details: Vec::new(),
            chosen: Some(sound),
            sounds: Vec::new(),
            packs: Vec::new(),
            volume: 100,
            lead_in: Duration::ZERO,
            timeout: Duration::ZERO,
            min_audible: Duration::ZERO,
            session: None,
            normalize: false,
            skip_when: SkipWhen::NEVER,
            agent: String::new(),
            server: None,
        }
    }

    /// Its bytes, for the state file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = postcard::to_stdvec(self).unwrap_or_default();
        if self.server.is_none() {
            // As a player knows it that has not heard of it yet.
            bytes.pop();
            if self.agent.is_empty() {
                bytes.pop();
            }
        }
        bytes
    }

    /// The request in those bytes; `None` if they are another version's or damaged.
    ///
    /// A third version didn't know the last two fields: nothing it asks for is sent anywhere, and no server is named; so
    /// is one where there is nothing to say of them. A second one didn't know the field before, either: its requests are
    /// heard whatever the world does. A first one knew none of the last five: its requests are of no session, and are
    /// brought to one loudness.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        const NO_SESSION: u8 = 0;
        const NORMALIZED: u8 = 1;
        const NEVER_SKIPPED: u8 = 0;
        const NO_AGENT: u8 = 0;
        const NO_SERVER: u8 = 0;
        let whole = |bytes: &[u8]| {
            let (request, rest) = postcard::take_from_bytes(bytes).ok()?;
            rest.is_empty().then_some(request)
        };
        let with = |more: &[u8]| whole(&[bytes, more].concat());
        whole(bytes)
            .or_else(|| with(&[NO_SERVER]))
            .or_else(|| with(&[NO_AGENT, NO_SERVER]))
            .or_else(|| with(&[NEVER_SKIPPED, NO_AGENT, NO_SERVER]))
            .or_else(|| with(&[NO_SESSION, NORMALIZED, NEVER_SKIPPED, NO_AGENT, NO_SERVER]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Circumstance;

    fn request() -> Request {
        Request {
            event: "task.complete".parse().ok(),
            details: Vec::new(),
            chosen: None,
            sounds: vec![SoundRef::Builtin("bell".to_owned())],
            packs: vec!["glass".to_owned()],
            volume: 70,
            lead_in: Duration::ZERO,
            timeout: Duration::from_secs(10),
            min_audible: Duration::from_millis(150),
            session: Some(Session::of("s")),
            normalize: true,
            skip_when: Circumstance::ALL.into_iter().collect(),
            agent: String::new(),
            server: None,
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for session in [None, Some(Session(0)), Some(Session(u64::MAX))] {
            for server in [None, Some("/run/far/native".into())] {
                for agent in ["", "codex"] {
                    let request = Request { session, server: server.clone(), agent: agent.to_owned(), ..request() };
                    assert_eq!(Request::decode(&request.encode()), Some(request));
                }
            }
        }
    }

    #[test]
    fn one_with_nothing_to_say_of_agent_and_server_is_what_players_before_knew() {
        let all = postcard::to_stdvec(&request()).unwrap();
        assert_eq!(request().encode(), all[..all.len() - 2]);
        let told = Request { agent: "codex".to_owned(), ..request() };
        let all = postcard::to_stdvec(&told).unwrap();
        assert_eq!(told.encode(), all[..all.len() - 1]);
    }

    #[test]
    fn one_of_the_version_without_skip_when_is_never_skipped() {
        for session in [None, Some(Session(0)), Some(Session(u64::MAX))] {
            for normalize in [false, true] {
                let without = Request { session, normalize, skip_when: SkipWhen::NEVER, ..request() };
                let bytes = without.encode();
                assert_eq!(Request::decode(&bytes[..bytes.len() - 1]), Some(without));
            }
        }
    }

    #[test]
    fn one_of_the_version_without_sessions_is_of_no_session_and_a_cut_one_is_none() {
        let without = Request { session: None, skip_when: SkipWhen::NEVER, ..request() };
        let bytes = without.encode();
        let older = &bytes[..bytes.len() - 3];
        assert_eq!(Request::decode(older), Some(without));
        for end in 0..older.len() {
            assert_eq!(Request::decode(&older[..end]), None, "{end}");
        }
    }
}
