//! The one way from an occurrence to a sound: configuration, decision under the arbitration lock, player, journal.
//!
//! `hook`, `play` and whatever comes later go through here; none of them repeats it. Opens no pack and no device: what
//! is stored is a wish, and the player finds the sound.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::{self, Config, Loaded, Settings};
use crate::event::{Occurrence, Priority};
use crate::journal::{self, Entry, Outcome, What};
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::platform::spawn;
use crate::policy::{self, Decision, Memory, Reason};
use crate::sound::request::Request;
use crate::sound_ref::SoundRef;
use crate::speaker::{self, HOOK_PATIENCE, Overlap, Placed, Speaker, Unavailable, Wish};

/// The name of the program that plays, beside this one.
pub const PLAYER: &str = "herald-player";

/// The word that tells the player to play the request in its next argument without any arbitration.
pub const ALONE: &str = "alone";

/// Something that wants to be heard.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// What happened.
    pub occurrence: Occurrence,
    /// A sound named outright, by a human.
    pub chosen: Option<SoundRef>,
    /// The caller is a human or a script, who may name any event.
    pub by_hand: bool,
    /// Bypass what is there for the user's comfort: off, throttle, mute, quiet hours.
    pub force: bool,
    /// Volume instead of the configured one, 0 to 100.
    pub volume: Option<u8>,
}

/// What became of it.
#[derive(Debug)]
pub struct Rung {
    /// Whether it will be heard, and why.
    pub decision: Decision,
    /// The request it became.
    pub request: Option<u64>,
    /// The longest it can take until it is heard to its end.
    pub patience: Duration,
}

/// Everything said of a call before anything is done about it.
#[derive(Debug)]
pub struct Considered {
    /// The settings that apply.
    pub settings: Settings,
    /// What the player would be asked for.
    pub request: Request,
}

/// The settings that apply to `call`, and what the player would be asked for.
pub fn consider(config: &Config, call: &Call) -> Considered {
    let mut settings = config.settings(&call.occurrence);
    if call.by_hand || call.chosen.is_some() {
        settings.known = true;
    }
    if let Some(volume) = call.volume {
        settings.volume = volume;
    }
    let mut request = Request {
        event: call.occurrence.event.clone(),
        details: Vec::new(),
        chosen: call.chosen.clone(),
        sounds: settings.sounds.clone(),
        packs: settings.packs.clone(),
        volume: settings.volume,
        lead_in: config.speaker.lead_in,
        timeout: config.timeout,
        min_audible: config.speaker.min_audible,
    };
    while request.encode().len() > speaker::PAYLOAD_LIMIT && request.sounds.pop().is_some() {}
    Considered { settings, request }
}

/// Decides on `call`, and starts what must be started. `begun` is when this program did.
pub fn ring(paths: &Paths, call: &Call, begun: Instant) -> Rung {
    let Loaded { config, fresh, .. } = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    let considered = consider(&config, call);
    let rung = decide_and_start(paths, call, &config, &considered, begun);
    if let Some(image) = fresh {
        let _ = config::store(&paths.config_image(), &image);
    }
    rung
}

fn decide_and_start(paths: &Paths, call: &Call, config: &Config, considered: &Considered, begun: Instant) -> Rung {
    let settings = &considered.settings;
    let lifetime = settings.priority.lifetime();
    let mut taken = match policy::at_once(&call.occurrence, settings) {
        Some(reason) if !call.force || matches!(reason, Reason::UnknownEvent | Reason::BadPayload) => {
            Taken { decision: Decision::skip(reason), ..Taken::default() }
        }
        _ => {
            let before = Instant::now();
            let mut taken = arbitrate(paths, call, overlap(config), considered);
            taken.lock = before.elapsed();
            taken
        }
    };
    if taken.start_player {
        start_player(paths, &mut taken, &considered.request);
    }
    write_down(paths, call, &taken, begun);
    Rung {
        decision: taken.decision,
        request: taken.placed.id,
        patience: lifetime + config.timeout + config.speaker.lead_in + Duration::from_secs(5),
    }
}

/// The configuration's word, in the speaker's.
fn overlap(config: &Config) -> Overlap {
    match config.speaker.overlap {
        config::Overlap::Queue => Overlap::Queue,
        config::Overlap::Replace => Overlap::Replace,
        config::Overlap::Drop => Overlap::Drop,
    }
}

/// What the critical section gave.
#[derive(Debug)]
struct Taken {
    decision: Decision,
    placed: Placed,
    start_player: bool,
    /// No run directory can be used at all: play without asking anybody.
    alone: bool,
    lock: Duration,
    detail: Option<String>,
}

impl Default for Taken {
    fn default() -> Self {
        Self {
            decision: Decision::skip(Reason::StateUnavailable),
            placed: Placed::default(),
            start_player: false,
            alone: false,
            lock: Duration::ZERO,
            detail: None,
        }
    }
}

/// Check, stamp and place, in one critical section.
fn arbitrate(paths: &Paths, call: &Call, overlap: Overlap, considered: &Considered) -> Taken {
    match try_arbitrate(&paths.run(), call, overlap, considered) {
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

fn try_arbitrate(run: &Path, call: &Call, overlap: Overlap, considered: &Considered) -> Result<Taken, Unavailable> {
    let asked = Stamp::now();
    let speaker = Speaker::open(run)?;
    let mut critical = speaker.enter(HOOK_PATIENCE)?;
    let now = Stamp::now();
    let mut memory = Memory::from_bytes(critical.memory.clone());
    let decision = policy::decide(&call.occurrence, &considered.settings, &memory, now, call.force);
    if !decision.play {
        return Ok(Taken { decision, ..Taken::default() });
    }
    if critical.is_cooling_down(now) {
        return Ok(Taken { decision: Decision::skip(Reason::OutputCoolingDown), ..Taken::default() });
    }
    if let Some(key) = policy::throttle_key(&call.occurrence) {
        memory.stamp_now(key, now);
    }
    let priority = considered.settings.priority;
    let wish = Wish {
        rank: priority as u8,
        lifetime: priority.lifetime(),
        notice: considered.request.min_audible,
        asked,
        payload: considered.request.encode(),
    };
    let placed = critical.place(wish, overlap, memory.into_bytes())?;
    let decision = if placed.id.is_some() { decision } else { Decision::skip(Reason::Busy) };
    Ok(Taken { decision, start_player: placed.start_player, placed, ..Taken::default() })
}

/// Starts a player that serves whatever waits, and is gone at once where another one already does.
///
/// # Errors
/// Where the program isn't there or no process can be had.
pub fn wake_player() -> io::Result<u32> {
    spawn::detached(&spawn::sibling(PLAYER)?, &[])
}

fn start_player(paths: &Paths, taken: &mut Taken, request: &Request) {
    let started = if taken.alone {
        spawn::sibling(PLAYER)
            .and_then(|program| spawn::detached(&program, &[OsStr::new(ALONE), OsStr::new(&in_hex(request))]))
    } else {
        wake_player()
    };
    if let Err(e) = started {
        taken.decision = Decision::skip(Reason::NoPlayer);
        taken.detail = Some(format!("could not start {PLAYER}: {e}"));
        if let Some(id) = taken.placed.id.take()
            && let Ok(speaker) = Speaker::open(&paths.run())
            && let Ok(mut critical) = speaker.enter(HOOK_PATIENCE)
        {
            let _ = critical.withdraw(id);
        }
    }
}

/// A request as the player's command line carries it.
pub fn in_hex(request: &Request) -> String {
    request.encode().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The request that [`in_hex`] wrote.
pub fn from_hex(text: &str) -> Option<Request> {
    let digits = text.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    Request::decode(&bytes?)
}

fn write_down(paths: &Paths, call: &Call, taken: &Taken, begun: Instant) {
    let occurrence = &call.occurrence;
    let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let write = |entry: &Entry<'_>| {
        let _ = journal::append(paths, entry);
    };
    write(&Entry::Occurrence {
        agent: &occurrence.agent,
        agent_event: occurrence.agent_event.as_deref(),
        event: occurrence.event.as_ref().map(|event| event.as_str()),
        session: occurrence.session.map(|session| session.to_string()),
        decision: taken.decision.verb(),
        reason: taken.decision.reason,
        request: taken.placed.id,
        took_us: us(begun.elapsed()),
        lock_us: us(taken.lock),
        detail: taken.detail.as_deref(),
    });
    let placed = &taken.placed;
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

/// What the hook would decide now, changing nothing.
pub fn foresee(paths: &Paths, call: &Call, considered: &Considered) -> Decision {
    let now = Stamp::now();
    let (state, memory) = Speaker::peek(&paths.run()).ok().flatten().unwrap_or_default();
    let memory = Memory::from_bytes(memory);
    let decision = policy::decide(&call.occurrence, &considered.settings, &memory, now, call.force);
    let cooling = state.cooling_since.is_some_and(|since| since.is_within(speaker::COOL_DOWN, now));
    if decision.play && cooling { Decision::skip(Reason::OutputCoolingDown) } else { decision }
}
