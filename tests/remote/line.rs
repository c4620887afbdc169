//! A line between a client and a sound server: bytes arrive late, not evenly, no faster than it carries, and not at all
//! once it is cut.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// What a line is like, one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nature {
    pub(crate) delay: Duration,
    /// Up to so much more, otherwise for each piece.
    pub(crate) jitter: Duration,
    /// Bytes a second.
    pub(crate) rate: u64,
}

impl Nature {
    pub(crate) fn of(delay_ms: u64, jitter_ms: u64, rate: u64) -> Self {
        Self { delay: Duration::from_millis(delay_ms), jitter: Duration::from_millis(jitter_ms), rate }
    }
}

/// A socket that leads to another one by such a line.
pub(crate) struct Line {
    socket: PathBuf,
    ends: Arc<Mutex<Vec<UnixStream>>>,
    is_stalled: Arc<AtomicBool>,
}

impl Line {
    pub(crate) fn to(server: &Path, folder: &Path, nature: Nature) -> Self {
        let socket = folder.join("line.sock");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).expect("a socket");
        let (ends, is_stalled) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (known, stalled, server) = (Arc::clone(&ends), Arc::clone(&is_stalled), server.to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (Ok(near), Ok(far)) = (near, UnixStream::connect(&server)) else { return };
                let pair = || Some((near.try_clone().ok()?, far.try_clone().ok()?));
                let (Some((from, to)), Some((to_back, from_back))) = (pair(), pair()) else { return };
                carry(from, to, nature, &stalled);
                carry(from_back, to_back, nature, &stalled);
                known.lock().unwrap_or_else(PoisonError::into_inner).extend([near, far]);
            }
        });
        Self { socket, ends, is_stalled }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Nothing arrives any more, and nobody is told: a cable that was pulled.
    pub(crate) fn stall(&self) {
        self.is_stalled.store(true, Relaxed);
    }

    /// Both ends are told that it is gone.
    pub(crate) fn cut(&self) {
        for end in self.ends.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// One direction. Whoever sends is held back once a window is on its way, as by a real line.
fn carry(mut from: UnixStream, mut to: UnixStream, nature: Nature, stalled: &Arc<AtomicBool>) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(256);
    std::thread::spawn(move || {
        let (mut bytes, mut number, mut free) = ([0; 4096], 0_u64, Instant::now());
        loop {
            let read = from.read(&mut bytes).unwrap_or(0);
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let jitter = nature.jitter.mul_f64((number >> 40) as f64 / f64::from(1 << 24));
            free = free.max(Instant::now()) + Duration::from_secs_f64(read as f64 / nature.rate as f64);
            if sender.send((free + nature.delay + jitter, bytes[..read].to_vec())).is_err() || read == 0 {
                return;
            }
        }
    });
    let stalled = Arc::clone(stalled);
    std::thread::spawn(move || {
        for (due, bytes) in receiver {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            while stalled.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(5));
            }
            if bytes.is_empty() || to.write_all(&bytes).is_err() {
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    });
}
