//! What is heard on another machine: whether, and handing it over.
//!
//! This machine's own rules come first: what is off, mute, throttled or held back here never leaves it. What came from
//! another machine is never sent on.

use super::Call;
use super::taken::Taken;
use crate::config::{Address, Config};
use crate::event::{EventName, Occurrence, Priority, Session};
use crate::journal::{self, Entry, LinkWhat};
use crate::link::{self, Occurred};
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy::{Decision, Reason};
use crate::sound::request::Request;
use crate::speaker::Deferred;

/// Where `call` is sent to, if anywhere. A sound that was named outright is one of this machine's.
pub fn to<'c>(config: &'c Config, call: &Call) -> Option<&'c Address> {
    let to = config.link.as_deref()?.send_to.as_ref()?;
    (call.chosen.is_none() && call.afar.is_none() && call.occurrence.event.is_some()).then_some(to)
}

/// Whether `call` is heard here.
pub(super) fn is_here(config: &Config, call: &Call) -> bool {
    to(config, call).is_none() || config.link.as_deref().is_some_and(|link| link.play_here)
}

/// Hands over what `taken` says is to be heard elsewhere.
pub(super) fn send(paths: &Paths, config: &Config, call: &Call, priority: Priority, taken: &mut Taken) {
    if !taken.away {
        return;
    }
    let (Some(link), Some(to)) = (config.link.as_deref(), to(config, call)) else { return };
    let occurred = Occurred::of(&call.occurrence, &link::own_name(link), priority, Stamp::now());
    match occurred.map(|occurred| link::send(paths, to, &occurred)) {
        None => {}
        Some(Ok(())) => taken.sent_to = Some(to.to_string()),
        Some(Err(why)) => {
            if taken.placed.id.is_none() {
                taken.decision = Decision::skip(Reason::NoLink);
            }
            taken.detail = Some(format!("could not be sent to {to}: {why}"));
        }
    }
}

/// Something that was held back and leaves now.
pub(super) struct Departing {
    to: Address,
    occurred: Occurred,
    /// It is heard here as well.
    pub(super) is_here_too: bool,
}

/// What leaves of `held`, if anything does.
pub(super) fn departing(config: &Config, held: &Deferred, now: Stamp) -> Option<Departing> {
    let link = config.link.as_deref()?;
    let to = link.send_to.clone()?;
    let request = Request::decode(&held.payload).filter(|request| !request.agent.is_empty())?;
    let event: EventName = request.event?;
    let occurrence = Occurrence {
        event: Some(event),
        agent: request.agent,
        session: Some(Session(held.group)),
        ..Occurrence::default()
    };
    let priority = Priority::ALL.into_iter().find(|one| *one as u8 == held.rank).unwrap_or(Priority::Normal);
    let occurred = Occurred::of(&occurrence, &link::own_name(link), priority, now)?;
    Some(Departing { to, occurred, is_here_too: link.play_here })
}

impl Departing {
    /// Hands it over, and writes down what became of it.
    pub(super) fn leave(self, paths: &Paths, held: &Deferred) {
        let waited = held.delay.as_millis();
        let (what, detail) = match link::send(paths, &self.to, &self.occurred) {
            Ok(()) => (LinkWhat::Sent, format!("was held back for {waited} ms; sent to {}", self.to)),
            Err(why) => (LinkWhat::GaveUp, format!("could not be sent to {}: {why}", self.to)),
        };
        let line = Entry::Link {
            what,
            event: Some(self.occurred.event.as_str()),
            host: None,
            id: Some(self.occurred.id.to_string()),
            age_ms: None,
            detail: Some(&detail),
        };
        let _ = journal::append(paths, &line);
    }
}
