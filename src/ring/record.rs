//! What is written into the journal about a call, and about requests that end unheard.

use std::time::{Duration, Instant};

use super::Call;
use super::taken::Taken;
use crate::journal::{self, Entry, Outcome, What};
use crate::paths::Paths;
use crate::policy::Reason;
use crate::sound::request::Request;
use crate::speaker::{Deferred, Placed};

/// The journal's lines about one call.
pub(super) fn write_down(paths: &Paths, call: &Call, taken: &Taken, begun: Instant) {
    let occurrence = &call.occurrence;
    let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if call.afar.is_some_and(|afar| afar.hush_skips) && !taken.decision.play {
        return;
    }
    let write = |entry: &Entry<'_>| {
        let _ = journal::append(paths, entry);
    };
    write(&Entry::Occurrence {
        agent: &occurrence.agent,
        agent_event: occurrence.agent_event.as_deref(),
        event: occurrence.event.as_ref().map(|event| event.as_str()),
        session: occurrence.session.map(|session| session.to_string()),
        host: occurrence.host.as_deref(),
        decision: taken.decision.verb(),
        reason: taken.decision.reason,
        request: taken.placed.id,
        took_us: us(begun.elapsed()),
        lock_us: us(taken.lock),
        sent_to: taken.sent_to.as_deref(),
        detail: taken.detail.as_deref(),
    });
    for held in &taken.called_off {
        called_off(paths, held, "the session went on");
    }
    placed(paths, &taken.placed);
}

/// The journal's lines about a place that was given.
pub(super) fn placed(paths: &Paths, placed: &Placed) {
    let write = |entry: &Entry<'_>| {
        let _ = journal::append(paths, entry);
    };
    if let Some(id) = placed.id.filter(|_| placed.barge_in) {
        write(&Entry::Speaker { request: id, what: What::BargeIn, detail: None });
    }
    for (pending, outcome, what) in
        [(&placed.replaced, Outcome::Replaced, What::Replaced), (&placed.expired, Outcome::Expired, What::Expired)]
    {
        if let Some(pending) = pending {
            end_unheard(paths, pending.id, &pending.payload, outcome, what);
        }
    }
    if let Some(lost) = &placed.recovered {
        end_unheard(paths, lost.id, &lost.payload, Outcome::Failed, What::Recovered);
    }
}

/// Journals the end of a request that nobody spoke, or whose speaker is gone.
pub fn end_unheard(paths: &Paths, id: u64, payload: &[u8], outcome: Outcome, what: What) {
    let request = Request::decode(payload);
    let event = request.as_ref().and_then(|request| request.event.as_ref()).map(|event| event.as_str());
    let reason = match what {
        What::Replaced => "replaced",
        What::Expired => "expired",
        What::Muted => "muted",
        _ => "player-gone",
    };
    let _ = journal::append(paths, &Entry::Speaker { request: id, what, detail: None });
    let _ = journal::append(
        paths,
        &Entry::Playback {
            request: id,
            event,
            sound: None,
            outcome,
            reason,
            first_sample_ms: None,
            played_ms: 0.0,
            backend: None,
            detail: None,
        },
    );
}

/// Journals that a request will be played by nobody, found out only after its hook was gone.
pub(super) fn end_unplayed(paths: &Paths, id: Option<u64>, request: &Request, detail: &str) {
    let line = Entry::Playback {
        // An id of none: it was to be played without arbitration.
        request: id.unwrap_or(0),
        event: request.event.as_ref().map(|event| event.as_str()),
        sound: None,
        outcome: Outcome::Failed,
        reason: Reason::NoPlayer.as_str(),
        first_sample_ms: None,
        played_ms: 0.0,
        backend: None,
        detail: Some(detail),
    };
    let _ = journal::append(paths, &line);
}

/// Journals that something held back is not heard.
pub(super) fn called_off(paths: &Paths, held: &Deferred, why: &str) {
    let detail = format!("{}: {why}", event_of(held));
    let _ = journal::append(paths, &Entry::Speaker { request: 0, what: What::CalledOff, detail: Some(&detail) });
}

/// What it is about.
pub(super) fn event_of(held: &Deferred) -> String {
    let event = Request::decode(&held.payload).and_then(|request| request.event);
    event.map_or_else(|| "a sound".to_owned(), |event| event.to_string())
}
