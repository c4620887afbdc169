//! What a stand-in heard: tick by tick, who gave something audible.

/// Anything below is silence.
pub(crate) const AUDIBLE: f32 = 0.01;

/// One step of the server's clock, at which each stream gave it 5 ms of samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tick {
    /// When, in microseconds since boot.
    pub(crate) at: u64,
    /// How much later than it should have been, in microseconds: so busy was the machine.
    pub(crate) late: u64,
    /// What the probe said right before.
    pub(crate) word: u64,
    /// The streams that were audible, by their place in [`Record::voices`].
    pub(crate) audible: Vec<usize>,
}

/// A stream, from its creation on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Voice {
    /// The process that made it.
    pub(crate) pid: u32,
    /// The highest sample it ever handed over: a sound of one value is known by it.
    pub(crate) level: f32,
    /// When it was created, in microseconds since boot.
    pub(crate) created: u64,
    /// When it was taken away, by a command or by the end of its connection.
    pub(crate) deleted: Option<u64>,
    /// Frames that were played.
    pub(crate) frames: u64,
    /// Frames of those that were audible.
    pub(crate) audible_frames: u64,
}

/// All of it since the server's start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) ticks: Vec<Tick>,
    pub(crate) voices: Vec<Voice>,
    /// How many connections were accepted.
    pub(crate) connections: usize,
}

impl Record {
    /// When `voice` was first audible.
    pub(crate) fn first_heard(&self, voice: usize) -> Option<u64> {
        self.ticks.iter().find(|tick| tick.audible.contains(&voice)).map(|tick| tick.at)
    }
}
