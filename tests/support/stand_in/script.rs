//! How a stand-in fails: what goes wrong, and from which step of a playback on.

use std::time::Duration;

/// From when on something is wrong with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// From its first moment.
    Accept,
    /// Once the client knows that it is welcome.
    Auth,
    /// Once the stream is there.
    Create,
    /// Once so much of the sound was played.
    Playing(Duration),
    /// When the client begins to end early: it asks where the server is, or throws away what is queued.
    Fade,
    /// When the client asks to be told of the end.
    Drain,
    /// When the client takes the stream away.
    Delete,
    /// When so many messages, of either kind, had come.
    Packet(u32),
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does nothing any more: reads, answers, plays nothing.
    Hangs,
    /// It answers everything and plays nothing.
    Stalls,
    /// It plays on, and never answers the command at which this began.
    Ignores,
    /// An error is the answer to each command, and nothing is played.
    Refuses,
    /// It knows nobody, whatever is shown to it.
    Denies,
    /// It sends errors about nothing, as fast as the client takes them, and nothing else.
    FloodsErrors,
    /// It wants more and more samples, as fast as the client takes the demand, and plays nothing.
    FloodsRequests,
    /// Bytes without a meaning, as fast as the client takes them.
    Babbles,
    /// It closes the connection.
    Closes,
    /// It closes every connection, and its socket is gone.
    Vanishes,
    /// Nothing is wrong with it: its client's process is stopped at that step.
    StopsClient,
}

impl Fault {
    /// What can be wrong with a server.
    pub(crate) const ALL: [Self; 9] = [
        Self::Hangs,
        Self::Stalls,
        Self::Ignores,
        Self::Refuses,
        Self::FloodsErrors,
        Self::FloodsRequests,
        Self::Babbles,
        Self::Closes,
        Self::Vanishes,
    ];

    /// Whether the server still takes samples out of its queues.
    pub(super) fn plays(self) -> bool {
        matches!(self, Self::Ignores | Self::StopsClient)
    }

    /// Whether it writes as fast as it can.
    pub(crate) fn floods(self) -> bool {
        matches!(self, Self::FloodsErrors | Self::FloodsRequests | Self::Babbles)
    }
}

/// What a connection meets; fixed when it is accepted. `None`: it plays properly.
pub(crate) type Script = Option<(Since, Fault)>;
