//! What happened and why: one JSON line per occurrence, per playback, and per step of the speaker that surprised it.
//!
//! Owns the file, its rotation and its shapes. Nothing of a prompt, a command or an answer ever gets here: sessions are
//! short hashes, names are cleaned. A line that can't be written is lost, and nothing else is.
//!
//! | room | owns |
//! |---|---|
//! | [`text`] | the files as they lie there: lines |
//! | [`fields`] | what a line says, mostly without parsing it |
//! | [`Tail`] | reading on, across a rotation |
//! | [`filter`] | which lines somebody wants to see |
//! | [`since`] | a point in the past, as people write it |
//! | [`tally`] | pure: something for each word |
//! | [`stats`] | pure: what was heard, what was not and why |

pub mod fields;
pub mod filter;
pub mod since;
pub mod stats;
mod tail;
pub mod tally;
pub mod text;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub use tail::Tail;
pub use text::Text;

use crate::config::Circumstance;
use crate::paths::Paths;
use crate::platform;
use crate::policy::Reason;

/// The size at which a journal file becomes the old one, in bytes.
pub const ROTATE_AT: u64 = 4 * 1024 * 1024;

/// A hook that took longer than this counts as slow, in microseconds.
pub const SLOW_US: u64 = 10_000;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry<'a> {
    /// Something happened, and it was decided whether it is heard.
    Occurrence {
        /// Who told.
        agent: &'a str,
        /// What the agent calls it.
        agent_event: Option<&'a str>,
        /// What Herald calls it.
        event: Option<&'a str>,
        /// Whose it is, as a short hash.
        session: Option<String>,
        /// The other machine it happened on.
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<&'a str>,
        /// `play` or `skip`.
        decision: &'static str,
        /// Why.
        reason: Reason,
        /// The request it became.
        request: Option<u64>,
        /// From the program's start to this line, in microseconds.
        took_us: u64,
        /// Of that, waiting for the arbitration lock and working under it.
        lock_us: u64,
        /// Where it went to be heard there.
        #[serde(skip_serializing_if = "Option::is_none")]
        sent_to: Option<&'a str>,
        /// What was wrong, where something was.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    /// A request ended.
    Playback {
        /// Its id.
        request: u64,
        /// Its event.
        event: Option<&'a str>,
        /// The sound that was played.
        sound: Option<&'a str>,
        /// How it ended.
        outcome: Outcome,
        /// Why: `ok`, or what went wrong.
        reason: &'a str,
        /// From the request to the first sample that left for the hardware or the server's mixer.
        first_sample_ms: Option<f64>,
        /// How much of the sound left.
        played_ms: f64,
        /// Which output.
        backend: Option<&'a str>,
        /// What was wrong, where something was.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    /// Something went to other machines or came from them, or couldn't.
    Link {
        /// What.
        what: LinkWhat,
        /// The event it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<&'a str>,
        /// The other machine, or the server.
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<&'a str>,
        /// What tells the occurrence from all others.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// How old it was.
        #[serde(skip_serializing_if = "Option::is_none")]
        age_ms: Option<u64>,
        /// More about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    /// The speaker did something worth knowing.
    Speaker {
        /// The request it concerns.
        request: u64,
        /// What.
        what: What,
        /// More about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every sample was heard.
    Finished,
    /// Something more urgent cut it.
    Superseded,
    /// It was longer than allowed.
    TimedOut,
    /// It could not be played.
    Failed,
    /// It waited, and a newer one took its place.
    Replaced,
    /// It waited too long.
    Expired,
}

/// Steps of the speaker that are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A request cut the one that was speaking.
    BargeIn,
    /// A request took the place of one that waited.
    Replaced,
    /// A request waited too long.
    Expired,
    /// The record of a speaker that is gone was closed.
    Recovered,
    /// A speaker that didn't let go was ended.
    Escalated,
    /// The output is left alone for a while.
    CoolDown,
    /// What was held back is asked for now.
    Due,
    /// What was held back is not heard.
    CalledOff,
    /// What waited is not heard: the user wants silence.
    Muted,
    /// A player found something that can't be and ended itself.
    Aborted,
}

/// What becomes of things that go to other machines, or come from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkWhat {
    /// The broker has it.
    Sent,
    /// It was too late, here or there.
    Expired,
    /// It is none, or from nobody who may be heard.
    Refused,
    /// It came once before.
    Duplicate,
    /// It could not be sent in time.
    GaveUp,
    /// A broker or a socket is there.
    Connected,
    /// It isn't any more.
    Lost,
    /// So many were not looked at one by one.
    SummedUp,
    /// Another machine of the user's said so.
    Muted,
    /// Another machine of the user's said so.
    Unmuted,
    /// A phone's server has it.
    Pushed,
    /// It doesn't.
    NotPushed,
}

impl<'a> Entry<'a> {
    /// About the link, with nothing else to tell.
    pub fn link(what: LinkWhat, detail: Option<&'a str>) -> Self {
        Self::Link { what, event: None, host: None, id: None, age_ms: None, detail }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    #[serde(flatten)]
    entry: &'a Entry<'a>,
}

/// Appends one line.
///
/// # Errors
/// Where the file can't be opened or written.
pub fn append(paths: &Paths, entry: &Entry<'_>) -> io::Result<()> {
    let time = Timestamp::now().round(jiff::Unit::Millisecond).unwrap_or_default();
    let mut line = serde_json::to_vec(&Line { time, entry })?;
    line.push(b'\n');
    let mut file = open(&paths.journal())?;
    // One write, so that lines of processes that run at the same time never mix.
    file.write_all(&line)?;
    if file.metadata()?.len() > ROTATE_AT {
        rotate(paths, &file);
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    match platform::open_for_append(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            if let Some(dir) = path.parent() {
                platform::whole::make_private_directory(dir)?;
            }
            platform::open_for_append(path)
        }
        file => file,
    }
}

/// Makes the full file the old one; of several processes at once only one does.
fn rotate(paths: &Paths, full: &File) {
    let lock = platform::lock::LockFile::new(match full.try_clone() {
        Ok(file) => file,
        Err(_) => return,
    });
    let Ok(Some(_held)) = lock.try_exclusive() else { return };
    // Whoever came second holds the lock of a file that has already been moved.
    if platform::is_same_file(full, &paths.journal()) {
        let _ = std::fs::rename(paths.journal(), paths.old_journal());
    }
}

/// All lines, oldest first; what is no JSON object is passed over.
///
/// # Errors
/// Where a file that is there can't be read.
pub fn read(paths: &Paths) -> io::Result<Vec<Value>> {
    Ok(Text::read(paths)?.lines().filter_map(|line| line.value()).collect())
}

/// The newest lines, oldest first, out of the last `bytes` of the journal at most.
///
/// # Errors
/// Where a file that is there can't be read.
pub fn newest(paths: &Paths, bytes: u64) -> io::Result<Vec<Value>> {
    Ok(Text::read_end(paths, bytes)?.text.lines().filter_map(|line| line.value()).collect())
}

/// The newest playback that got as far as an output, whether or not it was heard there.
pub fn last_at_output(lines: &[Value]) -> Option<&Value> {
    lines.iter().rev().find(|line| reached_output(line))
}

/// Whether this is a playback that got as far as an output.
pub fn reached_output(line: &Value) -> bool {
    line["kind"] == "playback" && (line["backend"].is_string() || is_without_output(line))
}

/// When an agent was last heard of.
pub fn last_of_agent<'a>(lines: &'a [Value], agent: &str) -> Option<&'a str> {
    let of_agent = |line: &&Value| line["kind"] == "occurrence" && line["agent"] == agent;
    lines.iter().rev().find(of_agent).and_then(|line| line["time"].as_str())
}

/// Whether a playback failed because there was no output that works.
pub fn is_without_output(playback: &Value) -> bool {
    playback["reason"] == "no-audio"
}

/// Whether a playback that failed for this reason was skipped at the last moment.
pub fn is_skip(reason: &str) -> bool {
    Circumstance::ALL.iter().any(|one| one.as_str() == reason)
}

/// What a playback was skipped for at the last moment, where it was: the outcomes of the journal have no word for it.
pub fn skipped_for(playback: &Value) -> Option<Reason> {
    let reason = playback["reason"].as_str().filter(|_| playback["outcome"] == "failed")?;
    Circumstance::ALL.into_iter().find(|one| one.as_str() == reason).map(Reason::from)
}
