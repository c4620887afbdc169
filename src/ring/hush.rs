//! Silence that the user asked for: mutes and quiet hours, for what is new, for what was held back, and for what is
//! heard at this moment.

use std::time::Duration;

use super::record;
use crate::config::Config;
use crate::event::{EventName, Session};
use crate::journal::{Outcome, What};
use crate::paths::Paths;
use crate::policy::{self, Reason};
use crate::sound::request::Request;
use crate::speaker::{Speaker, Unavailable};
use crate::standing::mute;

/// How long a human waits until what is heard can be silenced.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why nothing is heard of this event of this session now, if so.
pub(super) fn reason(
    paths: &Paths,
    config: &Config,
    event: Option<&EventName>,
    session: Option<Session>,
) -> Option<Reason> {
    if mute::is_muted(paths, session) {
        return Some(Reason::Muted);
    }
    // The zone is read only where there are such hours.
    let is_quiet =
        !config.quiet.is_empty() && policy::is_quiet(&config.quiet, event, &crate::platform::zone::wall_clock());
    is_quiet.then_some(Reason::QuietHours)
}

/// Silences what is heard, waits or is held back at this moment: everything, or that of these sessions. Whether there
/// was anything.
///
/// # Errors
/// Where the state can't be had. What is heard then goes on to its end.
pub fn hush(paths: &Paths, sessions: &[Session]) -> Result<bool, Unavailable> {
    let Some(speaker) = Speaker::open_existing(&paths.run())? else { return Ok(false) };
    let short: Vec<String> = sessions.iter().map(ToString::to_string).collect();
    let is_meant = |payload: &[u8]| {
        let session = || Request::decode(payload)?.session;
        short.is_empty() || session().is_some_and(|session| short.contains(&session.to_string()))
    };
    let hushed = speaker.enter(PATIENCE)?.hush(is_meant)?;
    if let Some(pending) = &hushed.pending {
        record::end_unheard(paths, pending.id, &pending.payload, Outcome::Expired, What::Muted);
    }
    for held in &hushed.deferred {
        record::called_off(paths, held, Reason::Muted.as_str());
    }
    Ok(hushed.fence.is_some() || hushed.pending.is_some() || !hushed.deferred.is_empty())
}
