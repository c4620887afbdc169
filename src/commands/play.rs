//! `herald play`: an event, a sound or a file, for scripts and people. Errors are loud.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::Silent;
use crate::cli::Play;
use crate::event::{self, EventName, Occurrence};
use crate::journal::Tail;
use crate::paths::Paths;
use crate::platform::lock::pause;
use crate::policy::Reason;
use crate::ring::{self, Call, Rung};
use crate::sound;
use crate::sound_ref::SoundRef;

/// How often the journal is looked at for the end of a playback.
const LOOK: Duration = Duration::from_millis(5);

pub(super) fn run(args: &Play, begun: Instant) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let Named { call, .. } = name(&args.what, &paths)?;
    if let Some(sound) = &call.chosen {
        must_exist(sound, &call, &paths)?;
    }
    let call = Call { force: args.force, volume: args.volume, ..call };
    let mut tail = Tail::from_end(&paths).context("could not read the journal")?;
    let rung = ring::ring(&paths, &call, begun);
    if !rung.decision.play {
        skipped(&args.what, rung.decision.reason)?;
        return Ok(if args.wait { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    if !args.wait {
        return Ok(ExitCode::SUCCESS);
    }
    let end = wait_for_end(&mut tail, &rung)?;
    if end.finished() {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(anstream::stderr(), "herald: {} was not heard to its end: {}", args.what, end.in_words())?;
    Err(Silent.into())
}

/// A skip is no error of the caller's, but a script wants to know; trouble is told as trouble.
fn skipped(what: &str, reason: Reason) -> anyhow::Result<()> {
    if matches!(reason, Reason::NoPlayer | Reason::StateUnavailable) {
        let hint = match reason {
            Reason::NoPlayer => "herald-player must lie beside herald; install both with: cargo install --path .",
            _ => "the state directory can't be used; see: herald log --last 1",
        };
        bail!("{what} was not played: {reason}\n  hint: {hint}");
    }
    writeln!(anstream::stdout(), "{what} was skipped: {reason}")?;
    Ok(())
}

/// What a word on the command line stands for.
pub(super) struct Named {
    pub(super) call: Call,
    pub(super) event: Option<EventName>,
}

/// Reads an event, a sound or a file.
pub(super) fn name(what: &str, paths: &Paths) -> anyhow::Result<Named> {
    let cwd = std::env::current_dir().unwrap_or_default();
    let chosen = SoundRef::parse(what, &cwd, paths.home.as_deref())?;
    let event = match &chosen {
        Some(_) => None,
        None => Some(match event::from_herald_or_cesp(what) {
            Some(row) => row.name.parse()?,
            None => what.parse::<EventName>().with_context(|| format!("{what:?} is no event, sound or file"))?,
        }),
    };
    let occurrence = Occurrence {
        event: event.clone(),
        agent: "herald".to_owned(),
        agent_event: Some("play".to_owned()),
        cwd: Some(cwd),
        ..Occurrence::default()
    };
    Ok(Named { call: Call { occurrence, chosen, by_hand: true, ..Call::default() }, event })
}

/// A sound that was named outright and isn't there is an error here, not a line in a journal.
fn must_exist(sound: &SoundRef, call: &Call, paths: &Paths) -> anyhow::Result<()> {
    if let SoundRef::Path(path) = sound {
        return readable(path);
    }
    let config = crate::config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    let lookup = sound::lookup_any(&ring::consider(paths, &config, call).request, &sound::Dirs::of(paths));
    if lookup.found.is_none() {
        bail!("there is no sound {sound}\n  hint: see what was tried with: herald which {sound}");
    }
    Ok(())
}

fn readable(path: &Path) -> anyhow::Result<()> {
    let about = || format!("could not play {}", path.display());
    let meta = std::fs::metadata(path).with_context(about)?;
    if !meta.is_file() {
        bail!("could not play {}: it is not a regular file", path.display());
    }
    std::fs::File::open(path).with_context(about)?;
    Ok(())
}

/// How a playback ended, as the journal has it.
pub(super) struct End(Value);

impl End {
    pub(super) fn finished(&self) -> bool {
        self.0["outcome"] == "finished"
    }

    pub(super) fn reason(&self) -> &str {
        self.0["reason"].as_str().unwrap_or("unknown")
    }

    pub(super) fn detail(&self) -> String {
        super::tell::clean(self.0["detail"].as_str().unwrap_or("nothing tells why"))
    }

    pub(super) fn in_words(&self) -> String {
        if let Some(reason) = crate::journal::skipped_for(&self.0) {
            return format!("skipped ({reason}): {}", reason.meaning());
        }
        let outcome = self.0["outcome"].as_str().unwrap_or("unknown").replace('_', " ");
        match self.0["detail"].as_str() {
            Some(detail) => format!("{outcome} ({}): {}", self.reason(), super::tell::clean(detail)),
            None => format!("{outcome} ({})", self.reason()),
        }
    }
}

/// Waits for the line that ends the request.
pub(super) fn wait_for_end(tail: &mut Tail, rung: &Rung) -> anyhow::Result<End> {
    let Some(id) = rung.request else {
        bail!("it plays without arbitration, so that nothing tells when it ends");
    };
    let deadline = Instant::now() + rung.patience;
    while Instant::now() < deadline {
        let end = tail.news()?.into_iter().find(|line| line["kind"] == "playback" && line["request"] == id);
        if let Some(end) = end {
            return Ok(End(end));
        }
        pause(LOOK);
    }
    bail!("request {id} did not end in time; see: herald log")
}
