//! The pipe by which hooks wake whoever carries the outbox, and the lock that only one of those holds.

use std::io;

use herald::paths::Paths;
use herald::platform::lock::LockFile;
use herald::platform::{self, PrivateDir};
use tokio::net::unix::pipe::Receiver;

/// A bell that hangs: as long as it does, hooks ring it, and start nobody.
pub(crate) struct Bell(Receiver);

impl Bell {
    /// Hangs it up.
    pub(crate) fn hang(paths: &Paths) -> io::Result<Self> {
        Receiver::from_owned_fd(platform::open_bell(&paths.link_bell())?).map(Self)
    }

    /// Waits until it is rung; however often it was, that is once.
    pub(crate) async fn rung(&self) -> io::Result<()> {
        let mut chunk = [0; 512];
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut chunk) {
                Ok(count) if count < chunk.len() => return Ok(()),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The lock of whoever carries the outbox.
pub(crate) fn outbox_lock(paths: &Paths) -> io::Result<LockFile> {
    lock(paths, "link.lock")
}

/// The lock of whoever listens: two of them would take each other's place at the broker, for ever.
pub(crate) fn listeners_lock(paths: &Paths) -> io::Result<LockFile> {
    lock(paths, "listen.lock")
}

fn lock(paths: &Paths, name: &str) -> io::Result<LockFile> {
    PrivateDir::open_or_create(&paths.run())?.file(name).map(LockFile::new)
}
