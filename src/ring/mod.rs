//! The one way from an occurrence to a sound: configuration, decision under the arbitration lock, player, journal.
//!
//! `hook`, `play` and whatever comes later go through here; none of them repeats it. Opens no pack and no device: what
//! is stored is a wish, and the player finds the sound.

mod arbitrate;
mod away;
mod delay;
mod hush;
mod push;
mod receive;
mod record;
mod start;
mod taken;

use std::time::{Duration, Instant};

pub use away::to as sent_to;
pub use delay::keep;
pub use hush::hush;
pub use receive::{Arrived, receive};
pub use record::end_unheard;
pub use start::{ALONE, KEEP, KEEP_AWAY, PLAYER, from_hex, in_hex, wake_keeper, wake_player};

use push::Told;
use taken::Taken;

use crate::config::{self, Config, Loaded, Settings, SkipWhen};
use crate::event::Occurrence;
use crate::paths::Paths;
use crate::platform::clock::Stamp;
use crate::policy::{self, Decision, Memory, Reason, Ticket};
use crate::sound;
use crate::sound::request::Request;
use crate::sound_ref::SoundRef;
use crate::speaker::{self, Speaker};
use crate::standing::trust::{self, Holds};

/// Something that wants to be heard.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// What happened.
    pub occurrence: Occurrence,
    /// A sound named outright, by a human.
    pub chosen: Option<SoundRef>,
    /// The caller is a human or a script, who may name any event.
    pub by_hand: bool,
    /// Bypass what is there for the user's comfort: off, throttle, mute, quiet hours, what `skip_when` names.
    pub force: bool,
    /// Volume instead of the configured one, 0 to 100.
    pub volume: Option<u8>,
    /// It happened on another machine.
    pub afar: Option<Afar>,
    /// Whoever calls has one thread and is gone in a moment: what is started isn't waited for, and the standard streams
    /// are given up for it.
    pub in_passing: bool,
}

/// What is known of something that happened on another machine.
#[derive(Clone, Copy, Debug)]
pub struct Afar {
    /// What tells it from all others.
    pub key: u64,
    /// How long ago it was.
    pub age: Duration,
    /// It is written down only if it is heard: too much is skipped at the moment.
    pub hush_skips: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct Rung {
    /// Whether it will be heard, and why.
    pub decision: Decision,
    /// The request it became.
    pub request: Option<u64>,
    /// It is heard elsewhere, if it arrives there.
    pub sent: bool,
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
    /// The project whose trusted file had a say in it, or whose file is passed over since it changed.
    pub project: Holds,
}

/// The settings that apply to `call`, and what the player would be asked for.
pub fn consider(paths: &Paths, config: &Config, call: &Call) -> Considered {
    let mut settings = config.settings(&call.occurrence);
    // It can only turn down: of what isn't heard anyway nobody is asked.
    let is_heard = settings.known && settings.enabled || call.by_hand || call.chosen.is_some();
    let project = if is_heard { trust::around(paths, call.occurrence.cwd.as_deref()) } else { Holds::Nothing };
    if let Holds::Project(trusted) = &project {
        trusted.project.confine(&mut settings, call.occurrence.event.as_ref());
    }
    if call.by_hand || call.chosen.is_some() {
        settings.known = true;
    }
    if let Some(volume) = call.volume {
        settings.volume = volume;
    }
    let leaves = away::to(config, call).is_some() || config.push.is_some();
    let mut request = Request {
        event: call.occurrence.event.clone(),
        details: sound::details(&call.occurrence),
        chosen: call.chosen.clone(),
        sounds: settings.sounds.clone(),
        packs: settings.packs.clone(),
        volume: settings.volume,
        normalize: config.speaker.normalize,
        lead_in: config.speaker.lead_in,
        timeout: config.timeout,
        min_audible: config.speaker.min_audible,
        session: call.occurrence.session,
        skip_when: if call.force { SkipWhen::NEVER } else { settings.skip_when },
        agent: if leaves { call.occurrence.agent.clone() } else { String::new() },
        server: config.output.server.clone(),
    };
    while request.encode().len() > speaker::PAYLOAD_LIMIT && request.sounds.pop().is_some() {}
    Considered { settings, request, project }
}

/// Decides on `call`, and starts what must be started. `begun` is when this program did.
pub fn ring(paths: &Paths, call: &Call, begun: Instant) -> Rung {
    let Loaded { config, fresh, .. } = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    let considered = consider(paths, &config, call);
    let rung = decide_and_start(paths, call, &config, &considered, begun);
    if let Some(image) = fresh {
        let _ = config::store(&paths.config_image(), &image);
    }
    rung
}

fn decide_and_start(paths: &Paths, call: &Call, config: &Config, considered: &Considered, begun: Instant) -> Rung {
    let settings = &considered.settings;
    let lifetime = settings.priority.lifetime();
    let said = at_once(paths, config, call, settings);
    let told = push::told(config, call, settings.priority, said);
    let mut taken = match objection(call, said) {
        Some(reason) if told != Told::Silently(reason) => {
            let called_off = delay::pass_by(paths, call, config);
            Taken { decision: Decision::skip(reason), called_off, ..Taken::default() }
        }
        _ => {
            let before = Instant::now();
            let mut taken = arbitrate::arbitrate(paths, call, config, considered, said, told);
            taken.lock = before.elapsed();
            taken
        }
    };
    if let Holds::Changed(file) = &considered.project {
        let why = format!("{} changed since it was trusted, so it is passed over", file.display());
        taken.detail = Some(taken.detail.map_or_else(|| why.clone(), |detail| format!("{detail}; {why}")));
    }
    start::start(paths, call, &mut taken, &considered.request);
    away::send(paths, config, call, settings.priority, &mut taken);
    push::send(paths, call, settings.priority, &mut taken);
    record::write_down(paths, call, &taken, begun);
    Rung {
        decision: taken.decision,
        request: taken.placed.id,
        sent: taken.sent_to.is_some(),
        patience: lifetime + config.timeout + config.speaker.lead_in + Duration::from_secs(5),
    }
}

/// What can be said without asking what was heard before: of the occurrence, or of the silence the user wants.
fn at_once(paths: &Paths, config: &Config, call: &Call, settings: &Settings) -> Option<Reason> {
    let Occurrence { event, session, .. } = &call.occurrence;
    policy::at_once(&call.occurrence, settings).or_else(|| hush::reason(paths, config, event.as_ref(), *session))
}

/// What was said at once, where no insisting changes it.
fn objection(call: &Call, said: Option<Reason>) -> Option<Reason> {
    said.filter(|reason| !call.force || matches!(reason, Reason::UnknownEvent | Reason::BadPayload))
}

/// The decision by what was `said` at once and by what was heard before.
fn decide(
    call: &Call,
    settings: &Settings,
    said: Option<Reason>,
    memory: &Memory,
    now: Stamp,
) -> (Option<Ticket>, Decision) {
    let ticket = Ticket::of(&call.occurrence, settings, call.by_hand);
    let decision = policy::decide(said, ticket.as_ref(), memory, now, call.force);
    (ticket, decision)
}

/// What the hook would decide now, changing nothing.
pub fn foresee(paths: &Paths, config: &Config, call: &Call, considered: &Considered) -> Decision {
    let said = at_once(paths, config, call, &considered.settings);
    let now = Stamp::now();
    let (state, memory) = Speaker::peek(&paths.run()).ok().flatten().unwrap_or_default();
    let memory = Memory::from_bytes(memory);
    let (_, decision) = decide(call, &considered.settings, said, &memory, now);
    let cooling = state.cooling_since.is_some_and(|since| since.is_within(speaker::COOL_DOWN, now));
    if decision.play && cooling { Decision::skip(Reason::OutputCoolingDown) } else { decision }
}
