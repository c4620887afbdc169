//! The signals by which somebody wants this process to end, and the one by which it learns that a child has.

use std::io;

use herald::platform;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Caught from now on.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub(crate) async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// From now on players that were started here and have ended are let go of: they would stay in the list of processes for
/// as long as this one runs.
pub(crate) fn forget_ended_players() -> io::Result<()> {
    let mut ended = signal(SignalKind::child())?;
    tokio::task::spawn_local(async move {
        while ended.recv().await.is_some() {
            platform::forget_ended_children();
        }
    });
    Ok(())
}
