//! The talk with `herald-link probe`: whether each broker lets this machine in, one JSON object a line.
//!
//! Owns the words of that talk, for both sides. The program is a child with a time limit, as the player is when it tries
//! the output; a broker it said nothing of did not answer.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::platform::spawn;

/// The word that makes it try the brokers.
pub const PROBE: &str = "probe";

/// How long it may take in all; its own limits are shorter.
const LIMIT: Duration = Duration::from_secs(15);

/// What came of trying one broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Where it is, as the configuration has it.
    pub address: String,
    /// Why it doesn't let us in; nothing where it does.
    pub why: Option<String>,
    /// Trying again helps nobody: something must be changed first.
    pub refused: bool,
    /// How long it took.
    pub took_ms: u64,
}

/// Tries the brokers, with the environment that a hook's child would have.
pub(super) fn reached(program: &Path) -> io::Result<Vec<Reached>> {
    let mut command = Command::new(program);
    command.arg(PROBE).env_clear().envs(spawn::passed_on());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let (sender, lines) = mpsc::channel::<Reached>();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        for line in stdout.map(BufReader::new).into_iter().flat_map(BufReader::lines).map_while(Result::ok) {
            // A word of another version is passed over.
            if let Ok(reached) = serde_json::from_str(&line)
                && sender.send(reached).is_err()
            {
                break;
            }
        }
    });
    let end = Instant::now() + LIMIT;
    let mut all = Vec::new();
    while let Ok(reached) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
        all.push(reached);
    }
    let _ = child.kill();
    let _ = child.wait();
    Ok(all)
}
