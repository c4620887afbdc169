//! What the player says of sounds without playing them: length, level, format.
//!
//! Owns the talk with `herald-player inspect`: places go in, separated by NUL, and one JSON object a line comes out for
//! each, in order. Only the player can decode; where it isn't there, or is too old to be asked, nothing is known.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde::{Deserialize, Serialize};

use super::place::Place;

/// The word that makes the player tell of sounds.
pub const INSPECT: &str = "inspect";

/// What is said of one sound.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Heard {
    /// What it is wrapped in: `wav`, `ogg`, …
    pub format: Option<String>,
    /// How it is encoded: `pcm_s16`, `vorbis`, …
    pub codec: Option<String>,
    /// Samples a second.
    pub rate: Option<u32>,
    /// How many channels.
    pub channels: Option<u16>,
    /// How long it is.
    pub length_ms: Option<f64>,
    /// How loud it is: its loudest 400 ms.
    pub loudness_lufs: Option<f64>,
    /// How high its wave rises.
    pub peak_dbtp: Option<f64>,
    /// Why it can't be played.
    pub fault: Option<String>,
}

/// Asks `player` about `places`, and gives each answer to `each` as it comes.
///
/// # Errors
/// Where the player can't be started, or ends before it has told of all.
pub fn inspect(player: &Path, places: &[&Place], mut each: impl FnMut(usize, Heard)) -> io::Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let mut child =
        Command::new(player).arg(INSPECT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let question: Vec<u8> = places.iter().flat_map(|place| [spelled(place), vec![0]].concat()).collect();
    let mut stdin = child.stdin.take();
    // Whoever only wrote would wait for a player that waits for its answers to be read.
    let writer = thread::spawn(move || stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(&question)));
    let mut told = 0;
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines) {
        let Ok(heard) = serde_json::from_str(&line?) else { break };
        if told < places.len() {
            each(told, heard);
        }
        told += 1;
    }
    let _ = writer.join();
    child.wait()?;
    if told < places.len() {
        return Err(io::Error::other(format!("it told of {told} of {} sounds", places.len())));
    }
    Ok(())
}

fn spelled(place: &Place) -> Vec<u8> {
    match place {
        Place::File(path) => {
            std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string().into_encoded_bytes()
        }
        Place::Builtin { pack, id } => format!("builtin:{pack}/{id}").into_bytes(),
    }
}
