//! `herald preview`: hear a pack or an event, with the names as they sound; or render it into a file.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, bail};

use super::Silent;
use super::play::wait_for_end;
use super::tell::{BAD, BOLD, GOOD, clean, padded};
use crate::cli::Preview;
use crate::config::{self, Config};
use crate::event::{self, EVENTS, EventName, Occurrence};
use crate::journal::Tail;
use crate::paths::Paths;
use crate::platform::spawn;
use crate::policy::Reason;
use crate::ring::{self, Call};
use crate::sound::collection::{self, Sound};
use crate::sound::{self, Place};
use crate::sound_ref::SoundRef;

pub(super) fn run(args: &Preview, begun: Instant) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let config = config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    let calls = calls(args.what.as_deref(), &config, &paths)?;
    if let Some(file) = &args.render {
        return render(&paths, file, &calls, &config);
    }
    let mut out = anstream::stdout();
    let mut whole = true;
    let width = calls.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).clamp(18, 60);
    for (label, call) in &calls {
        write!(out, "{BOLD}{}{BOLD:#}  ", padded(&clean(label), width))?;
        out.flush()?;
        let mut tail = Tail::from_end(&paths).context("could not read the journal")?;
        let rung = ring::ring(&paths, call, begun);
        if !rung.decision.play {
            writeln!(out, "{BAD}skipped: {}{BAD:#}", rung.decision.reason)?;
            if rung.decision.reason == Reason::OutputCoolingDown {
                return otherwise(&paths, args.or_render.as_deref(), &calls, &config);
            }
            continue;
        }
        let end = wait_for_end(&mut tail, &rung)?;
        if end.finished() {
            writeln!(out, "{GOOD}heard{GOOD:#}")?;
            continue;
        }
        if end.reason() == "no-audio" {
            writeln!(out, "{BAD}no output device{BAD:#}: {}", end.detail())?;
            return otherwise(&paths, args.or_render.as_deref(), &calls, &config);
        }
        // One sound that is broken keeps nobody from hearing the others.
        writeln!(out, "{BAD}{}{BAD:#}", end.in_words())?;
        whole = false;
    }
    if whole { Ok(ExitCode::SUCCESS) } else { Err(Silent.into()) }
}

/// There is no output: a file instead, if one was named.
fn otherwise(
    paths: &Paths,
    file: Option<&Path>,
    calls: &[(String, Call)],
    config: &Config,
) -> anyhow::Result<ExitCode> {
    match file {
        Some(file) => render(paths, file, calls, config),
        None => Err(Silent.into()),
    }
}

/// What is to be heard, with the names to print.
fn calls(what: Option<&str>, config: &Config, paths: &Paths) -> anyhow::Result<Vec<(String, Call)>> {
    let call = |event: EventName, chosen| Call {
        occurrence: Occurrence {
            event: Some(event),
            agent: "herald".to_owned(),
            agent_event: Some("preview".to_owned()),
            ..Occurrence::default()
        },
        chosen,
        by_hand: true,
        force: true,
        ..Call::default()
    };
    let known =
        |name: &str| event::canonical(name).is_some() || config.events.iter().any(|(event, _)| event.as_str() == name);
    if let Some(name) = what.filter(|name| known(name)) {
        return Ok(vec![(name.to_owned(), call(name.parse()?, None))]);
    }
    let Some(pack) = what else {
        let heard = EVENTS.iter().filter(|row| row.enabled);
        return heard.map(|row| Ok((row.name.to_owned(), call(row.name.parse()?, None)))).collect();
    };
    let dirs = sound::Dirs::of(paths);
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    for Sound { id, events, file, label, place } in collection::sounds(&dirs, pack) {
        // One that serves for several events is heard once, under the first of them.
        let Ok(place) = place else { continue };
        if !seen.insert(place.clone()) {
            continue;
        }
        let event =
            events.first().copied().or(Some(id.as_str()).filter(|id| event::is_event_name(id))).unwrap_or("info");
        let chosen = match place {
            Place::File(path) => SoundRef::Path(path),
            Place::Builtin { pack, id } => SoundRef::Pack { pack: pack.to_owned(), id: id.to_owned() },
        };
        let words = label.or_else(|| Some(file).filter(|file| *file != id));
        let label = words.map_or_else(|| id.clone(), |words| format!("{id}  {words}"));
        calls.push((label, call(event.parse()?, Some(chosen))));
    }
    if calls.is_empty() {
        bail!(
            "{pack:?} is neither an event nor a pack with a sound in it\n  hint: this lists all packs: herald pack list"
        );
    }
    Ok(calls)
}

/// Has the player write the sounds, one after the other, into one file.
fn render(paths: &Paths, file: &Path, calls: &[(String, Call)], config: &Config) -> anyhow::Result<ExitCode> {
    let player = spawn::sibling(ring::PLAYER)?;
    let mut args: Vec<OsString> = vec!["render".into(), file.into()];
    args.extend(calls.iter().map(|(_, call)| ring::in_hex(&ring::consider(paths, config, call).request).into()));
    let status =
        Command::new(&player).args(args).status().with_context(|| format!("could not start {}", player.display()))?;
    if !status.success() {
        return Err(Silent.into());
    }
    writeln!(
        anstream::stdout(),
        "wrote {} sound{} to {}",
        calls.len(),
        if calls.len() == 1 { "" } else { "s" },
        file.display()
    )?;
    Ok(ExitCode::SUCCESS)
}
