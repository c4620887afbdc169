//! The talk with `herald-player probe`: what it says of the output, one JSON object a line, and what follows from it.
//!
//! Owns the words of that talk, for both sides. The player is a child with a time limit: whatever it met, a sound
//! server that hangs or a device that never opens, costs that time and no more, and what was told until then counts.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::platform::spawn;

/// The word that makes the player try the output.
pub const PROBE: &str = "probe";

/// What led to a sound server that the configuration names.
pub const BY_CONFIG: &str = "[output] server";

/// How long the player may take in all. Its own limits are far shorter, but count only the time in which it runs: a
/// machine that does ten other things makes it late, not wrong.
const LIMIT: Duration = Duration::from_secs(8);

/// Why there was no sound server at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Nothing is there.
    Missing,
    /// A socket is there, and nobody listens.
    Deaf,
    /// The system doesn't let us.
    Denied,
    /// It accepts, or not even that, and never answers.
    Silent,
    /// It answers that it doesn't know us.
    Stranger,
    /// It isn't on this machine.
    Remote,
    /// It has nothing to play on.
    Deviceless,
    /// Anything else.
    Broken,
}

/// The default device of a sound server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sink {
    /// Its name there.
    pub name: String,
    /// Its name for people.
    pub description: Option<String>,
    /// It is switched off.
    pub muted: bool,
    /// How loud it is, in percent.
    pub volume: u32,
    /// What the server drives it with.
    pub driver: Option<String>,
    /// It is said to swallow everything.
    pub is_null: bool,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "kebab-case")]
pub enum Told {
    /// A place where a sound server could be was tried; without a fault there is one.
    Tried {
        /// The socket, or what was named instead of one.
        path: String,
        /// What led there: a variable, or the usual place.
        from: String,
        /// What was wrong.
        fault: Option<Fault>,
        /// The same in words, where there is more to say.
        why: Option<String>,
    },
    /// Who answered.
    Server {
        /// What it calls itself.
        name: String,
        /// Its version.
        version: String,
    },
    /// What it would play on.
    Sink(Sink),
    /// What the server keeps for sounds like Herald's.
    Stream {
        /// They are switched off.
        muted: bool,
        /// How loud they are, in percent.
        volume: u32,
    },
    /// A stream is open.
    Opened {
        /// The way: `pulse` or `device`.
        output: String,
    },
    /// Samples were taken.
    Moved {
        /// So long after they were offered.
        after_ms: u64,
    },
    /// They were not, for so long.
    Stalled {
        /// How long that was.
        after_ms: u64,
    },
    /// The way without a server is none either.
    NoDevice {
        /// Why.
        why: String,
    },
    /// That was all.
    End,
}

/// One place that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tried {
    pub(super) path: String,
    pub(super) from: String,
    pub(super) fault: Option<Fault>,
    pub(super) why: Option<String>,
}

/// All that was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) tried: Vec<Tried>,
    pub(super) server: Option<(String, String)>,
    pub(super) sink: Option<Sink>,
    /// Whether such sounds are switched off at the server, and how loud they are.
    pub(super) stream: Option<(bool, u32)>,
    /// The way that opened.
    pub(super) output: Option<String>,
    /// After so many milliseconds the first samples were taken.
    pub(super) moved: Option<u64>,
    pub(super) stalled: Option<u64>,
    pub(super) no_device: Option<String>,
    /// It told of everything.
    pub(super) whole: bool,
}

impl Heard {
    pub(super) fn note(&mut self, told: Told) {
        match told {
            Told::Tried { path, from, fault, why } => self.tried.push(Tried { path, from, fault, why }),
            Told::Server { name, version } => self.server = Some((name, version)),
            Told::Sink(sink) => self.sink = Some(sink),
            Told::Stream { muted, volume } => self.stream = Some((muted, volume)),
            Told::Opened { output } => self.output = Some(output),
            Told::Moved { after_ms } => self.moved = Some(after_ms),
            Told::Stalled { after_ms } => self.stalled = Some(after_ms),
            Told::NoDevice { why } => self.no_device = Some(why),
            Told::End => self.whole = true,
        }
    }

    /// The place where a server answered.
    pub(super) fn place(&self) -> Option<&Tried> {
        self.tried.iter().find(|tried| matches!(tried.fault, None | Some(Fault::Deviceless)))
    }

    /// Whether a sound would find a way at all.
    pub(super) fn has_output(&self) -> bool {
        self.output.is_some()
    }
}

/// A player that is at it.
#[derive(Debug)]
pub(super) struct Probing {
    child: Child,
    lines: Receiver<Told>,
    until: Instant,
}

impl Probing {
    /// Starts it, with the environment a playback would have.
    pub(super) fn start(player: &Path) -> io::Result<Self> {
        let mut command = Command::new(player);
        command.arg(PROBE).env_clear().envs(spawn::passed_on());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take();
        std::thread::spawn(move || {
            for line in stdout.map(BufReader::new).into_iter().flat_map(BufReader::lines).map_while(Result::ok) {
                // A word of another version is passed over.
                if let Ok(told) = serde_json::from_str(&line)
                    && sender.send(told).is_err()
                {
                    break;
                }
            }
        });
        Ok(Self { child, lines, until: Instant::now() + LIMIT })
    }

    /// What it told until it was done, or until its time was up.
    pub(super) fn heard(mut self) -> Heard {
        let mut heard = Heard::default();
        while !heard.whole {
            match self.lines.recv_timeout(self.until.saturating_duration_since(Instant::now())) {
                Ok(told) => heard.note(told),
                Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => break,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_was_written() {
        let place = |fault| Told::Tried { path: "/s".into(), from: "XDG_RUNTIME_DIR".into(), fault, why: None };
        for told in [
            place(None),
            place(Some(Fault::Silent)),
            Told::Server { name: "pulseaudio".into(), version: "16.1".into() },
            Told::Sink(Sink { name: "lab".into(), volume: 100, ..Sink::default() }),
            Told::Stream { muted: true, volume: 0 },
            Told::Opened { output: "pulse".into() },
            Told::Moved { after_ms: 12 },
            Told::Stalled { after_ms: 2000 },
            Told::NoDevice { why: "none".into() },
            Told::End,
        ] {
            let line = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&line).unwrap(), told, "{line}");
        }
    }
}
