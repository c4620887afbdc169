//! A socket of this machine's at which occurrences arrive: one connection, one line.
//!
//! Invariant: only this user and root are heard, nobody is waited for longer than a second, nothing is read beyond the
//! largest message, and a flood of connections waits in the kernel. A socket that somebody serves is never taken away.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use herald::link::message::LARGEST;
use herald::platform;
use tokio::io::AsyncReadExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::desk::{Desk, UNNAMED};

/// How long a line may take.
const LINE: Duration = Duration::from_secs(1);

/// Connections that are read at once.
const AT_ONCE: usize = 64;

/// A socket in the file system, which is taken away when this is dropped, if it is still this one.
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
}

impl Socket {
    /// Makes it. One that a killed program left behind is replaced.
    pub(crate) async fn open(path: &Path) -> anyhow::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                bail!("{0} is no socket\n  hint: choose another path, or: rm {0}", path.display())
            }
            Ok(_) if timeout(LINE, UnixStream::connect(path)).await.map_or(true, |tried| tried.is_ok()) => {
                bail!("another program listens at {} already", path.display())
            }
            Ok(_) => fs::remove_file(path).with_context(|| format!("could not replace {}", path.display()))?,
            Err(_) => {}
        }
        let could_not = || {
            let folder = path.parent().unwrap_or(path).display();
            format!("could not make {}\n  hint: is there a folder of yours: {folder}", path.display())
        };
        let listener = UnixListener::bind(path).with_context(could_not)?;
        // What this program makes is private already; the file says so to those who look.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).with_context(could_not)?;
        let made = fs::symlink_metadata(path).with_context(could_not)?;
        Ok(Self { listener, path: path.to_owned(), inode: (made.dev(), made.ino()) })
    }

    /// Hands every line to the desk, for ever.
    pub(crate) async fn serve(&self, desk: &Rc<RefCell<Desk>>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let desk = Rc::clone(desk);
                    tokio::task::spawn_local(async move {
                        hear(stream, &desk).await;
                        drop(place);
                    });
                }
                // No descriptors are left, most likely: they come back.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.inode);
        if is_ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

async fn hear(mut stream: UnixStream, desk: &Rc<RefCell<Desk>>) {
    let own = platform::effective_user();
    match stream.peer_cred().map(|peer| peer.uid()) {
        Ok(user) if user == own || user == 0 => {}
        Ok(_) => return desk.borrow_mut().refuse(UNNAMED, "it is of another user of this machine"),
        Err(_) => return,
    }
    match timeout(LINE, line(&mut stream)).await {
        Ok(Ok(line)) if line.is_empty() => {}
        Ok(Ok(line)) => desk.borrow_mut().hear_line(&line),
        Ok(Err(_)) => {}
        Err(_) => desk.borrow_mut().refuse(UNNAMED, "its line never ended"),
    }
}

/// What comes before the end of the line or of the connection; one byte too much where there is more than may be.
async fn line(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut chunk = [0; 1024];
    while read.len() <= LARGEST {
        let count = stream.read(&mut chunk).await?;
        match chunk[..count].iter().position(|&byte| byte == b'\n') {
            Some(end) => {
                read.extend_from_slice(&chunk[..end]);
                break;
            }
            None if count == 0 => break,
            None => read.extend_from_slice(&chunk[..count]),
        }
    }
    Ok(read)
}
