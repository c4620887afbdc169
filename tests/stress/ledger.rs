//! What the journal of a world says, and in which burst of requests it was said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::plan;
use crate::support::stand_in::boot_us;

/// A request that was given an id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) event: usize,
    pub(crate) burst: usize,
    /// When its hook wrote so, in microseconds since boot.
    pub(crate) at: u64,
}

/// An end of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    pub(crate) outcome: String,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) event: Option<usize>,
    pub(crate) at: u64,
    /// Whether a sample of it was heard.
    pub(crate) spoke: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) accepted: BTreeMap<u64, Accepted>,
    pub(crate) ends: BTreeMap<u64, Vec<End>>,
    /// Ids that were given out twice.
    pub(crate) reused: Vec<u64>,
    /// Ids below one that was given out in an earlier burst.
    pub(crate) disordered: Vec<u64>,
    pub(crate) skips: BTreeMap<String, usize>,
    /// What the hooks of this burst said was decided, by event.
    pub(crate) told: BTreeMap<usize, String>,
    pub(crate) steps: BTreeMap<String, usize>,
    /// When owners were removed by the next in line.
    pub(crate) escalated: Vec<u64>,
    highest_before: u64,
    burst: usize,
}

impl Ledger {
    /// Lines that come from now on belong to the next burst; the hooks of those before are all gone.
    pub(crate) fn begin_burst(&mut self) -> usize {
        self.highest_before = self.accepted.last_key_value().map_or(0, |(id, _)| *id);
        self.told.clear();
        self.burst += 1;
        self.burst
    }

    /// The event of a request, if anything told it.
    pub(crate) fn event_of(&self, id: u64) -> Option<usize> {
        let told = self.accepted.get(&id).map(|accepted| accepted.event);
        told.or_else(|| self.ends.get(&id)?.iter().find_map(|end| end.event))
    }

    /// The requests of one burst.
    pub(crate) fn of_burst(&self, burst: usize) -> impl Iterator<Item = (u64, &Accepted)> {
        self.accepted.iter().filter(move |(_, accepted)| accepted.burst == burst).map(|(id, accepted)| (*id, accepted))
    }

    /// Those that have no end.
    pub(crate) fn without_end(&self) -> BTreeSet<u64> {
        self.accepted.keys().filter(|id| !self.ends.contains_key(id)).copied().collect()
    }

    /// Takes one line; `at` is its time in microseconds since boot.
    pub(crate) fn take(&mut self, line: &Value, at: u64) {
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let event = plan::event_named(&text("event"));
        if let ("occurrence", Some(event)) = (text("kind").as_str(), event) {
            self.told.insert(event, text("reason"));
        }
        match (text("kind").as_str(), line["request"].as_u64(), event) {
            ("occurrence", Some(id), Some(event)) if line["decision"] == "play" => {
                if id <= self.highest_before {
                    self.disordered.push(id);
                }
                if self.accepted.insert(id, Accepted { event, burst: self.burst, at }).is_some() {
                    self.reused.push(id);
                }
            }
            ("occurrence", _, _) => *self.skips.entry(text("reason")).or_default() += 1,
            ("playback", Some(id), event) => self.ends.entry(id).or_default().push(End {
                outcome: text("outcome"),
                reason: text("reason"),
                detail: text("detail"),
                event,
                at,
                spoke: line["first_sample_ms"].is_number(),
            }),
            ("speaker", _, _) => {
                if line["what"] == "escalated" {
                    self.escalated.push(at);
                }
                *self.steps.entry(text("what")).or_default() += 1;
            }
            _ => *self.steps.entry(format!("? {line}")).or_default() += 1,
        }
    }
}

/// The journal, read on and on while it is written.
pub(crate) struct Journal {
    path: PathBuf,
    read: u64,
}

impl Journal {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, read: 0 }
    }

    /// Gives the whole lines that are new to `ledger`.
    pub(crate) fn read_into(&mut self, ledger: &mut Ledger) {
        let Ok(file) = File::open(&self.path) else { return };
        let size = file.metadata().map_or(0, |meta| meta.len());
        let mut bytes = vec![0; size.saturating_sub(self.read) as usize];
        if file.read_exact_at(&mut bytes, self.read).is_err() {
            return;
        }
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        let offset = boot_minus_wall_us();
        for line in bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_slice(line)
                .unwrap_or_else(|error| panic!("not a journal line: {}: {error}", String::from_utf8_lossy(line)));
            let wall = line["time"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
            let at = wall.map_or(0, |wall| (wall.as_microsecond() + offset).max(0).cast_unsigned());
            ledger.take(&line, at);
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.read
    }
}

fn boot_minus_wall_us() -> i64 {
    boot_us().cast_signed() - jiff::Timestamp::now().as_microsecond()
}
