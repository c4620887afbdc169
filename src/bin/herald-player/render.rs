//! Rendering into a file, in the foreground: where there is no output device, and for whoever wants the samples.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use herald::paths::Paths;
use herald::ring;
use herald::sound::Dirs;

use crate::output::wav::WavFile;
use crate::playback;

/// Silence between two sounds.
const GAP: Duration = Duration::from_millis(400);

/// `render FILE REQUEST…`: writes the sounds of all requests, one after the other.
pub(crate) fn main(mut args: impl Iterator<Item = String>) -> ExitCode {
    let Some(file) = args.next().map(PathBuf::from) else { return say("usage: herald preview --render FILE.wav") };
    match render(&file, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => say(&format!("could not render into {}: {why}", file.display())),
    }
}

fn render(file: &Path, requests: impl Iterator<Item = String>) -> Result<(), String> {
    let dirs = Dirs::of(&Paths::from_env().map_err(|e| e.to_string())?);
    let mut wav = WavFile::create(file, 48_000, 2).map_err(|e| e.to_string())?;
    for (n, request) in requests.enumerate() {
        let request = ring::from_hex(&request).ok_or("the request is another version's")?;
        if n > 0 {
            wav.silence(GAP).map_err(|e| e.to_string())?;
        }
        wav.append(&mut playback::find_voice(&request, &dirs)?).map_err(|e| e.to_string())?;
    }
    wav.finish().map_err(|e| e.to_string())
}

/// Says one line to the human who started this by hand.
pub(crate) fn say(line: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{line}");
    ExitCode::FAILURE
}
