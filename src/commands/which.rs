//! `herald which`: the sound an event or a name stands for. Looks at what exists, not into the files.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::json;

use super::play::{Named, name};
use super::tell;
use crate::cli::Which;
use crate::config;
use crate::event::Session;
use crate::paths::Paths;
use crate::ring;
use crate::sound;

pub(super) fn run(args: &Which) -> anyhow::Result<ExitCode> {
    let paths = Paths::from_env()?;
    let Named { mut call, event } = name(&args.what, &paths)?;
    call.occurrence.session = args.session.as_deref().and_then(|text| Session::meant_by(text).first().copied());
    let loaded = config::load(&paths.config, &paths.config_image(), paths.home.as_deref());
    let considered = ring::consider(&paths, &loaded.config, &call);
    let lookup = sound::lookup_any(&considered.request, &sound::Dirs::of(&paths));
    let status = if lookup.found.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if args.json {
        let (sound, tried) = tell::lookup_json(&lookup);
        tell::json_line(&json!({ "event": event, "sound": sound, "tried": tried }))?;
        return Ok(status);
    }
    let mut out = anstream::stdout().lock();
    match &lookup.found {
        Some(found) => writeln!(out, "{}", tell::clean(&found.to_string()))?,
        None => writeln!(anstream::stderr(), "herald: no sound was found for {:?}", args.what)?,
    }
    if crate::platform::stdout_is_terminal() || lookup.found.is_none() {
        tell::rungs(&mut anstream::stderr(), &lookup.tried)?;
    }
    Ok(status)
}
