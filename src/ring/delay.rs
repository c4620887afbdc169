//! What is held back: put aside, called off when its session goes on, placed when it is due.
//!
//! Whether it is heard is judged once more when it is due. Only then it counts as heard: what was called off silences
//! nothing that comes after it.

use super::Call;
use super::away::{self, Departing};
use super::hush;
use super::push;
use super::record;
use super::start;
use crate::config::{self, Config, Settings};
use crate::event::Occurrence;
use crate::journal::{self, Entry, What};
use crate::link::Pushed;
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy::{self, Memory, Reason, Ticket};
use crate::sound::request::Request;
use crate::speaker::{self, Critical, Deferred, Due, HOOK_PATIENCE, Overlap, Placed, Speaker, Unavailable, Wish};

/// Whether `call` is to be held back. A human who asks for a sound gets it.
pub(super) fn applies(call: &Call, settings: &Settings) -> bool {
    !settings.delay.is_zero() && !call.by_hand && call.chosen.is_none() && call.afar.is_none()
}

/// Holds `wish` back: whether a keeper must be started, or `None` where there is no room.
pub(super) fn hold_back(
    critical: &mut Critical<'_>,
    call: &Call,
    settings: &Settings,
    ticket: &Ticket,
    wish: &Wish,
    overlap: Overlap,
) -> Result<Option<bool>, Unavailable> {
    let wish = wish.clone();
    let held = Deferred {
        group: call.occurrence.session_key().0,
        mark: call.occurrence.tool.as_deref().map_or(0, policy::tool_mark),
        subject: ticket.subject(),
        asked: wish.asked,
        delay: settings.delay,
        rank: wish.rank,
        lifetime: wish.lifetime,
        notice: wish.notice,
        overlap,
        payload: wish.payload,
        ticket: ticket.encode(),
    };
    Ok(critical.defer(held)?.ok())
}

/// Takes away what `occurrence` shows to be answered.
pub(super) fn call_off(critical: &mut Critical<'_>, occurrence: &Occurrence) -> Result<Vec<Deferred>, Unavailable> {
    if critical.state.deferred.is_empty() {
        return Ok(Vec::new());
    }
    match policy::answered(occurrence) {
        Some(answered) => Ok(critical.call_off(answered.session.0, answered.tool)?),
        None => Ok(Vec::new()),
    }
}

/// Remembers of something unheard what there is to remember.
pub(super) fn note(critical: &mut Critical<'_>, occurrence: &Occurrence, now: Stamp) -> Result<(), Unavailable> {
    let mut memory = Memory::from_bytes(critical.memory.clone());
    if policy::note(occurrence, &mut memory, now) {
        critical.remember(memory.into_bytes())?;
    }
    Ok(())
}

/// Something that is not heard whatever was before: what it answers is called off, and what it tells is remembered.
/// Nearly always it is neither, and no lock is taken.
pub(super) fn pass_by(paths: &Paths, call: &Call, config: &Config) -> Vec<Deferred> {
    let occurrence = &call.occurrence;
    let answers = || {
        policy::answered(occurrence).filter(|_| config.may_delay(occurrence)).is_some_and(|answered| {
            let held = Speaker::peek(&paths.run()).ok().flatten().map(|(state, _)| state.deferred);
            held.is_some_and(|held| held.iter().any(|held| held.group == answered.session.0))
        })
    };
    if !policy::is_noteworthy(occurrence) && !answers() {
        return Vec::new();
    }
    let act = || {
        let speaker = Speaker::open(&paths.run())?;
        let mut critical = speaker.enter(HOOK_PATIENCE)?;
        note(&mut critical, occurrence, Stamp::now())?;
        call_off(&mut critical, occurrence)
    };
    act().unwrap_or_default()
}

/// Waits until what is held back is due and places it, until nothing is held back any more. `renew` is called at every
/// look.
///
/// # Errors
/// Where the run directory fails.
pub fn keep(paths: &Paths, renew: impl FnMut()) -> Result<(), Unavailable> {
    let speaker = Speaker::open(&paths.run())?;
    speaker::keep(&speaker, renew, |critical, due| {
        let placed = place(paths, critical, due)?;
        Ok(move || tell(paths, placed))
    })
}

/// What became of something that was due: a place, or why it is not heard.
struct Came {
    held: Deferred,
    placed: Result<Place, &'static str>,
    /// What phones are told of it.
    phone: Option<Pushed>,
}

/// Where it went: to the speaker, elsewhere, or both.
struct Place {
    here: Option<Placed>,
    away: Option<Departing>,
}

impl Place {
    /// Whether anybody has it.
    fn is_one(&self) -> bool {
        self.away.is_some() || self.here.as_ref().is_some_and(|placed| placed.id.is_some())
    }
}

fn place(paths: &Paths, critical: &mut Critical<'_>, due: Due) -> Result<Vec<Came>, Unavailable> {
    let now = Stamp::now();
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    let mut came: Vec<Came> =
        due.expired.into_iter().map(|held| Came { held, placed: Err("expired"), phone: None }).collect();
    for held in due.ready {
        let request = Request::decode(&held.payload);
        let (event, session) = request.map(|request| (request.event, request.session)).unwrap_or_default();
        let hushed = hush::reason(paths, &config, event.as_ref(), session);
        let phone = push::due(&config, &held, hushed, now);
        let (placed, phone) = match hushed {
            Some(reason) => (Err(reason.as_str()), phone.filter(|_| is_first(critical, &held, now))),
            None => {
                let placed = place_one(critical, &config, &held, now)?;
                let is_heard = placed.as_ref().is_ok_and(Place::is_one);
                (placed, phone.filter(|_| is_heard))
            }
        };
        came.push(Came { held, placed, phone });
    }
    critical.commit()?;
    Ok(came)
}

/// Whether nothing that was heard speaks against it; it counts as heard from now on.
fn is_first(critical: &mut Critical<'_>, held: &Deferred, now: Stamp) -> bool {
    let Some(ticket) = Ticket::decode(&held.ticket) else { return true };
    let mut memory = Memory::from_bytes(critical.memory.clone());
    let is_first = ticket.objection(&memory, now).is_none();
    if is_first {
        ticket.heard(&mut memory, now);
        critical.memory = memory.into_bytes();
    }
    is_first
}

fn place_one(
    critical: &mut Critical<'_>,
    config: &Config,
    held: &Deferred,
    now: Stamp,
) -> Result<Result<Place, &'static str>, Unavailable> {
    let mut memory = Memory::from_bytes(critical.memory.clone());
    if let Some(ticket) = Ticket::decode(&held.ticket) {
        if let Some(reason) = ticket.objection(&memory, now) {
            return Ok(Err(reason.as_str()));
        }
        ticket.heard(&mut memory, now);
    }
    let away = away::departing(config, held, now);
    if away.as_ref().is_some_and(|departing| !departing.is_here_too) {
        critical.memory = memory.into_bytes();
        return Ok(Ok(Place { here: None, away }));
    }
    if critical.is_cooling_down(now) {
        return Ok(Err(Reason::OutputCoolingDown.as_str()));
    }
    let wish = Wish {
        rank: held.rank,
        lifetime: held.lifetime,
        notice: held.notice,
        asked: now,
        payload: held.payload.clone(),
    };
    let here = Some(critical.place(wish, held.overlap, memory.into_bytes())?);
    Ok(Ok(Place { here, away }))
}

fn tell(paths: &Paths, came: Vec<Came>) {
    let needs_player =
        |came: &Came| matches!(&came.placed, Ok(Place { here: Some(placed), .. }) if placed.start_player);
    let start = came.iter().any(needs_player);
    let started = if start { start::wake_player().map(drop) } else { Ok(()) };
    for Came { held, placed, phone } in came {
        if let Some(pushed) = phone {
            push::leave(paths, pushed);
        }
        let event = record::event_of(&held);
        let placed = placed.map(|place| {
            if let Some(departing) = place.away {
                departing.leave(paths, &held);
            }
            place.here
        });
        match (placed, &started) {
            (Ok(None), _) => {}
            (Ok(Some(placed)), Ok(())) => {
                match placed.id {
                    Some(request) => {
                        let detail = format!("{event} was held back for {} ms", held.delay.as_millis());
                        let line = Entry::Speaker { request, what: What::Due, detail: Some(&detail) };
                        let _ = journal::append(paths, &line);
                    }
                    None => record::called_off(paths, &held, Reason::Busy.as_str()),
                }
                record::placed(paths, &placed);
            }
            (Ok(Some(_)), Err(_)) => record::called_off(paths, &held, Reason::NoPlayer.as_str()),
            (Err(why), _) => record::called_off(paths, &held, why),
        }
    }
}
