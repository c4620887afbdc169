//! The critical section of a hook: check, stamp and place, or hold back.

use std::path::Path;

use super::taken::Taken;
use super::{Call, Considered, delay};
use crate::config::{self, Config};
use crate::event::Priority;
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy::{self, Decision, Memory, Reason};
use crate::speaker::{HOOK_PATIENCE, Overlap, Speaker, Unavailable, Wish};

/// The configuration's word, in the speaker's.
fn overlap(config: &Config) -> Overlap {
    match config.speaker.overlap {
        config::Overlap::Queue => Overlap::Queue,
        config::Overlap::Replace => Overlap::Replace,
        config::Overlap::Drop => Overlap::Drop,
    }
}

/// Check, stamp and place, in one critical section.
pub(super) fn arbitrate(
    paths: &Paths,
    call: &Call,
    config: &Config,
    considered: &Considered,
    said: Option<Reason>,
) -> Taken {
    match try_arbitrate(&paths.run(), call, overlap(config), considered, said) {
        Ok(taken) => taken,
        Err(Unavailable::Unusable(e)) if considered.settings.priority == Priority::Urgent => Taken {
            decision: Decision::PLAY,
            start_player: true,
            alone: true,
            detail: Some(format!("played without arbitration: {e}")),
            ..Taken::default()
        },
        Err(e) => Taken { detail: Some(e.to_string()), ..Taken::default() },
    }
}

fn try_arbitrate(
    run: &Path,
    call: &Call,
    overlap: Overlap,
    considered: &Considered,
    said: Option<Reason>,
) -> Result<Taken, Unavailable> {
    let Considered { settings, request, .. } = considered;
    let asked = Stamp::now();
    let speaker = Speaker::open(run)?;
    let mut critical = speaker.enter(HOOK_PATIENCE)?;
    let now = Stamp::now();
    let called_off = delay::call_off(&mut critical, &call.occurrence)?;
    let mut memory = Memory::from_bytes(critical.memory.clone());
    let (ticket, decision) = super::decide(call, settings, said, &memory, now);
    if !decision.play {
        delay::note(&mut critical, &call.occurrence, now)?;
        return Ok(Taken { decision, called_off, ..Taken::default() });
    }
    if critical.is_cooling_down(now) {
        let decision = Decision::skip(Reason::OutputCoolingDown);
        return Ok(Taken { decision, called_off, ..Taken::default() });
    }
    let wish = Wish {
        rank: settings.priority as u8,
        lifetime: settings.priority.lifetime(),
        notice: request.min_audible,
        asked,
        payload: request.encode(),
    };
    if let Some(ticket) = ticket.as_ref().filter(|_| delay::applies(call, settings))
        && let Some(start_keeper) = delay::hold_back(&mut critical, call, settings, ticket, &wish, overlap)?
    {
        let detail = Some(format!("held back for {} ms", settings.delay.as_millis()));
        let held = Some(ticket.subject());
        return Ok(Taken { decision, held, start_keeper, called_off, detail, ..Taken::default() });
    }
    if let Some(ticket) = &ticket {
        ticket.heard(&mut memory, now);
        policy::note(&call.occurrence, &mut memory, now);
    }
    let placed = critical.place(wish, overlap, memory.into_bytes())?;
    let decision = if placed.id.is_some() { decision } else { Decision::skip(Reason::Busy) };
    let start_keeper = critical.needs_keeper()?;
    Ok(Taken { decision, start_player: placed.start_player, placed, start_keeper, called_off, ..Taken::default() })
}
