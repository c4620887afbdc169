//! The critical section of a hook: check, stamp and place, or hold back.

use std::time::Duration;

use super::push::Told;
use super::taken::{Keeper, Taken};
use super::{Call, Considered, away, delay, receive};
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
    told: Told,
) -> Taken {
    match try_arbitrate(paths, call, config, considered, said, told) {
        Ok(taken) => taken,
        Err(Unavailable::Unusable(e)) if considered.settings.priority == Priority::Urgent => match told {
            Told::Silently(reason) => {
                Taken { decision: Decision::skip(reason), phone: true, detail: Some(e.to_string()), ..Taken::default() }
            }
            told => Taken {
                decision: Decision::PLAY,
                start_player: away::is_here(config, call),
                away: away::to(config, call).is_some(),
                phone: told == Told::AsHeard,
                alone: true,
                detail: Some(format!("played without arbitration: {e}")),
                ..Taken::default()
            },
        },
        Err(e) => Taken { detail: Some(e.to_string()), ..Taken::default() },
    }
}

fn try_arbitrate(
    paths: &Paths,
    call: &Call,
    config: &Config,
    considered: &Considered,
    said: Option<Reason>,
    told: Told,
) -> Result<Taken, Unavailable> {
    let Considered { settings, request, .. } = considered;
    let asked = Stamp::now();
    let (is_away, is_here) = (away::to(config, call).is_some(), away::is_here(config, call));
    let overlap = overlap(config);
    let speaker = Speaker::open(&paths.run())?;
    let mut critical = speaker.enter(HOOK_PATIENCE)?;
    let now = Stamp::now();
    let called_off = delay::call_off(&mut critical, &call.occurrence)?;
    let mut memory = Memory::from_bytes(critical.memory.clone());
    let silenced = if let Told::Silently(reason) = told { Some(Decision::skip(reason)) } else { None };
    let said = said.filter(|_| silenced.is_none());
    let (ticket, decision) = super::decide(call, settings, said, &memory, now);
    let decision = receive::judge(call, settings.priority, &memory, now).map_or(decision, Decision::skip);
    if !decision.play {
        delay::note(&mut critical, &call.occurrence, now)?;
        return Ok(Taken { decision: silenced.unwrap_or(decision), called_off, ..Taken::default() });
    }
    let cooling = is_here && silenced.is_none() && critical.is_cooling_down(now);
    let unheard = silenced.or_else(|| cooling.then_some(Decision::skip(Reason::OutputCoolingDown)));
    let is_told = told != Told::Never && !(cooling && delay::applies(call, settings));
    if let Some(decision) = unheard.filter(|_| !is_told) {
        return Ok(Taken { decision, called_off, ..Taken::default() });
    }
    let lifetime = settings.priority.lifetime();
    let wish = Wish {
        rank: settings.priority as u8,
        lifetime: lifetime - call.afar.map_or(Duration::ZERO, |afar| afar.age.min(lifetime)),
        notice: request.min_audible,
        asked,
        payload: request.encode(),
    };
    if let Some(ticket) = ticket.as_ref().filter(|_| delay::applies(call, settings))
        && let Some(start_keeper) = delay::hold_back(&mut critical, call, settings, ticket, &wish, overlap)?
    {
        let detail = Some(format!("held back for {} ms", settings.delay.as_millis()));
        let held = Some(ticket.subject());
        let start_keeper = start_keeper.then_some(if is_away { Keeper::Front } else { Keeper::Player });
        let decision = unheard.unwrap_or(decision);
        return Ok(Taken { decision, held, start_keeper, called_off, detail, ..Taken::default() });
    }
    if let Some(ticket) = &ticket {
        ticket.heard(&mut memory, now);
        policy::note(&call.occurrence, &mut memory, now);
    }
    receive::heard(call, &mut memory, now);
    if let Some(decision) = unheard {
        critical.remember(memory.into_bytes())?;
        return Ok(Taken { decision, phone: true, called_off, ..Taken::default() });
    }
    if !is_here {
        critical.remember(memory.into_bytes())?;
        return Ok(Taken { decision, away: is_away, phone: is_told, called_off, ..Taken::default() });
    }
    let placed = critical.place(wish, overlap, memory.into_bytes())?;
    let decision = if placed.id.is_some() { decision } else { Decision::skip(Reason::Busy) };
    let start_keeper = critical.needs_keeper()?.then_some(if is_away { Keeper::Front } else { Keeper::Player });
    let (start_player, phone) = (placed.start_player, is_told && decision.play);
    Ok(Taken { decision, start_player, placed, away: is_away, phone, start_keeper, called_off, ..Taken::default() })
}
