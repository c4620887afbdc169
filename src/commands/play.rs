//! `herald play`: an event, a sound or a file, for scripts and people. Errors are loud.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;

use super::tell::DIM;
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
    let Named { call, event } = name(&args.what, &paths)?;
    if let Some(sound) = &call.chosen {
        must_exist(sound, &call, &paths)?;
    }
    doubt(event.as_ref(), &paths)?;
    let call = Call { force: args.force, volume: args.volume, ..call };
    let mut tail = Tail::from_end(&paths).context("could not read the journal")?;
    let rung = ring::ring(&paths, &call, begun);
    if !rung.decision.play {
        skipped(&args.what, rung.decision.reason)?;
        return Ok(if args.wait { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    if rung.sent && rung.request.is_none() {
        return sent(args);
    }
    if !args.wait {
        return Ok(ExitCode::SUCCESS);
    }
    let end = wait_for_end(&mut tail, &rung)?;
    if end.finished() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!("{} was not heard to its end: {}\n  hint: {}", args.what, end.in_words(), end.hint())
}

/// It is heard elsewhere, and nobody here can tell when.
fn sent(args: &Play) -> anyhow::Result<ExitCode> {
    if args.wait {
        bail!(
            "{} was sent to another machine, and nothing tells when it is heard there\n  hint: without --wait, or with \
             `play_here = true` below [link] of the configuration, it can be waited for",
            args.what
        );
    }
    writeln!(anstream::stdout(), "{} was sent to where it is heard", args.what)?;
    Ok(ExitCode::SUCCESS)
}

/// An event of one's own that looks like a slip of the keys plays all the same, but not without a word.
pub(super) fn doubt(event: Option<&EventName>, paths: &Paths) -> anyhow::Result<()> {
    let Some(event) = event.filter(|event| event::canonical(event.as_str()).is_none()) else { return Ok(()) };
    let config = crate::config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config;
    if config.events.iter().any(|(own, _)| own == event) {
        return Ok(());
    }
    if let Some(near) = crate::config::nearest(event.as_str(), event::EVENTS.iter().map(|row| row.name)) {
        writeln!(anstream::stderr(), "{DIM}{event} is an event of your own; did you mean {near}?{DIM:#}")?;
    }
    Ok(())
}

/// A skip is no error of the caller's, but a script wants to know; trouble is told as trouble.
pub(super) fn skipped(what: &str, reason: Reason) -> anyhow::Result<()> {
    if matches!(reason, Reason::NoPlayer | Reason::StateUnavailable | Reason::NoLink) {
        let hint = match reason {
            Reason::NoLink => "what is wrong with [link]: herald doctor",
            Reason::NoPlayer => "what is missing, and where it belongs: herald doctor",
            _ => "what is wrong with the state directory: herald doctor",
        };
        bail!("{what} was not played: {reason}\n  hint: {hint}");
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "{what} was skipped: {reason}")?;
    writeln!(out, "  {DIM}{}; to hear it all the same:{DIM:#} --force", reason.meaning())?;
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
    let shown = path.display();
    let hint = "a file is looked for from where you are; events and sounds: herald sounds";
    let meta = std::fs::metadata(path).map_err(|e| anyhow!("could not play {shown}: {e}\n  hint: {hint}"))?;
    if !meta.is_file() {
        bail!("could not play {shown}: it is not a regular file\n  hint: {hint}");
    }
    let hint = "it must be readable for you, as by: chmod u+r";
    std::fs::File::open(path).map_err(|e| anyhow!("could not play {shown}: {e}\n  hint: {hint} {shown}"))?;
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

    /// What to type next.
    fn hint(&self) -> &'static str {
        match self.0["outcome"].as_str() {
            _ if crate::journal::skipped_for(&self.0).is_some() => "to hear it all the same: --force",
            _ if self.reason() == "muted" => "to end the silence: herald unmute",
            Some("superseded" | "replaced" | "expired") => "something else was heard instead; what tells: herald log",
            Some("timed_out") => "it is longer than `timeout` allows; how long that is: herald config show",
            _ if self.reason() == "no-sound" => "what was tried: herald which, with the same name",
            _ => "what is wrong and what to do: herald doctor",
        }
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
    bail!("request {id} did not end in time\n  hint: what is wrong and what to do: herald doctor")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("failed", "microphone-in-use", "--force")]
    #[case("expired", "muted", "herald unmute")]
    #[case("superseded", "superseded", "herald log")]
    #[case("failed", "no-audio", "herald doctor")]
    fn what_to_type_next_fits_what_happened(#[case] outcome: &str, #[case] reason: &str, #[case] typed: &str) {
        let hint = End(json!({ "outcome": outcome, "reason": reason })).hint();
        assert!(hint.contains(typed), "{hint}");
    }
}
