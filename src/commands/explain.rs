//! `herald explain`: what a payload would do, and why. Changes nothing.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::tell::{self, BOLD, DIM, GOOD, WARN};
use crate::agents;
use crate::cli::Explain;
use crate::config;
use crate::paths::Paths;
use crate::platform;
use crate::policy::Reason;
use crate::ring::{self, Call};
use crate::sound;
use crate::standing::trust::Holds;

pub(super) fn run(args: &Explain) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let payload = payload(args)?;
    let named = || agents::event_of_environment(args.agent.as_deref(), |name| std::env::var(name).ok());
    let event = args.event.clone().or_else(named);
    let occurrence = agents::read(payload.as_deref(), args.agent.as_deref(), event.as_deref());
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    let call = Call { occurrence, ..Call::default() };
    let considered = ring::consider(&paths, &loaded.config, &call);
    let decision = ring::foresee(&paths, &loaded.config, &call, &considered);
    let lookup = match &call.occurrence.event {
        Some(_) if considered.settings.known => sound::lookup_any(&considered.request, &sound::Dirs::of(&paths)),
        _ => sound::Lookup::default(),
    };
    let occurrence = &call.occurrence;
    let settings = &considered.settings;
    let project = match &considered.project {
        Holds::Nothing => None,
        Holds::Project(trusted) => Some(&trusted.file),
        Holds::Changed(file) => Some(file),
    };
    let sent_to = ring::sent_to(&loaded.config, &call).map(ToString::to_string).filter(|_| decision.play);
    if args.json {
        let (sound, tried) = tell::lookup_json(&lookup);
        tell::json_line(&json!({
            "agent": occurrence.agent,
            "agent_event": occurrence.agent_event,
            "event": occurrence.event,
            "session": occurrence.session.map(|session| session.to_string()),
            "tool": occurrence.tool,
            "detail": occurrence.detail,
            "decision": decision.verb(),
            "reason": decision.reason,
            "priority": settings.priority,
            "volume": settings.volume,
            "throttle_ms": tell::millis(settings.throttle),
            "delay_ms": tell::millis(settings.delay),
            "min_duration_ms": tell::millis(settings.min_duration),
            "project": project,
            "project_is_changed": matches!(considered.project, Holds::Changed(_)),
            "asked_by_player": considered.request.skip_when.words().collect::<Vec<_>>(),
            "sent_to": sent_to,
            "sound": sound,
            "tried": tried,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = anstream::stdout().lock();
    let or_none = |text: Option<&str>| text.map_or_else(|| "none".to_owned(), tell::clean);
    let mut row = |name: &str, value: String| writeln!(out, "{DIM}{name:>9}{DIM:#}  {value}");
    row("agent", format!("{}{}", tell::clean(&occurrence.agent), doubt(args.agent.as_deref())))?;
    row("said", or_none(occurrence.agent_event.as_deref()))?;
    row("event", format!("{BOLD}{}{BOLD:#}", or_none(occurrence.event.as_ref().map(|event| event.as_str()))))?;
    row("session", or_none(occurrence.session.map(|session| session.to_string()).as_deref()))?;
    let colour = if decision.play { GOOD } else { WARN };
    let (verb, reason) = (decision.verb(), decision.reason);
    row("decision", format!("{colour}{verb}{colour:#} ({reason}): {}", reason.meaning()))?;
    if reason == Reason::EventOff
        && let Some(event) = &occurrence.event
    {
        row("to hear", format!("[events.\"{event}\"] enabled = true, in {}", paths.config.display()))?;
    }
    if let Some(file) = project {
        let changed = matches!(considered.project, Holds::Changed(_));
        let why =
            if changed { "changed since it was trusted, so it is passed over; see: herald trust" } else { "trusted" };
        row("project", format!("{} ({why})", tell::clean(&file.display().to_string())))?;
    }
    if !settings.known {
        return Ok(ExitCode::SUCCESS);
    }
    row("priority", settings.priority.to_string())?;
    row("volume", settings.volume.to_string())?;
    row("throttle", format!("{:?}", settings.throttle))?;
    if !settings.delay.is_zero() {
        row("delay", format!("{:?}, and only if the session doesn't go on meanwhile", settings.delay))?;
    }
    if !settings.min_duration.is_zero() {
        row("tasks of", format!("{:?} or longer", settings.min_duration))?;
    }
    if let Some(to) = &sent_to {
        row("sent to", format!("{}, and decided on there once more", tell::clean(to)))?;
    }
    let asked = considered.request.skip_when.words().collect::<Vec<_>>().join(", ");
    if decision.play && !asked.is_empty() {
        row("but first", format!("would be asked by the player: {asked}"))?;
    }
    row("sound", lookup.found.as_ref().map_or_else(|| "none".to_owned(), |found| tell::clean(&found.to_string())))?;
    tell::rungs(&mut out, &lookup.tried)?;
    Ok(ExitCode::SUCCESS)
}

/// An agent that isn't known is none that is wrong, but may be a slip of the keys.
fn doubt(agent: Option<&str>) -> String {
    let Some(agent) = agent.filter(|agent| agents::find(agent).is_none()) else { return String::new() };
    match config::nearest(agent, agents::AGENTS.iter().map(|agent| agent.id)) {
        Some(near) => format!(" {WARN}(not known; did you mean {near}?){WARN:#}"),
        None => format!(" {DIM}(not known; herald agents lists those that are){DIM:#}"),
    }
}

fn payload(args: &Explain) -> anyhow::Result<Option<Vec<u8>>> {
    if let Some(text) = &args.payload {
        return Ok(Some(text.clone().into_bytes()));
    }
    if platform::stdin_is_terminal() {
        if args.event.is_some() {
            return Ok(None);
        }
        anyhow::bail!(
            "there is no payload: pipe one in, as in: herald explain < payload.json, or name an event with --event"
        );
    }
    let mut data = Vec::new();
    std::io::stdin().read_to_end(&mut data).context("could not read the payload from standard input")?;
    Ok((!data.is_empty()).then_some(data))
}
