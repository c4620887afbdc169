//! How a sound would reach ears here: by doing it, with silence.
//!
//! One JSON object a line, at once, so that what was found counts even where the next step never ends. Takes no lock
//! and tells nobody else: what it plays can't be heard.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use herald::config::{self, Config};
use herald::doctor::probe::Told;
use herald::paths::Paths;
use herald::platform;

use crate::output;
use crate::render::say;

/// The kernel ends this process after so long, whoever started it.
const LEASE: Duration = Duration::from_secs(10);
/// Address space of its own, in bytes.
const MEMORY: u64 = 256 << 20;

/// `probe`: goes the ways a playback would go, in the same order.
pub(crate) fn main(mut args: impl Iterator<Item = String>) -> ExitCode {
    if args.next().is_some() {
        return say("usage: herald-player probe");
    }
    platform::silence_panics();
    platform::settle_detached(LEASE, MEMORY);
    let server = Paths::from_env().ok().and_then(|paths| config_of(&paths).output.server);
    output::probe(server.as_deref(), &mut |told| tell(&told));
    tell(&Told::End);
    ExitCode::SUCCESS
}

fn config_of(paths: &Paths) -> Config {
    config::load(&paths.config, &paths.config_image(), paths.home.as_deref()).config
}

fn tell(told: &Told) {
    let Ok(mut line) = serde_json::to_vec(told) else { return };
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    // Where nobody reads any more there is nothing left to do.
    let _ = out.write_all(&line).and_then(|()| out.flush());
}
