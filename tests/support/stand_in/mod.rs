//! A stand-in for a sound server, in the test's own process.
//!
//! It speaks as much of the PulseAudio protocol as Herald needs, plays in real time in steps of 5 ms, and writes down
//! at each step which stream of which process was audible. It knows who gave what, which no real server tells, and it
//! fails as it is told, at the step it is told. A stream whose connection ends is gone at once, with its queue, as on
//! the real ones.
//!
//! Its clock never catches up: where the machine keeps it from its step, the step is late, and is marked so.

mod peer;
pub(crate) mod record;
pub(crate) mod script;
mod stream;

use std::fs;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::TempDir;

use self::peer::Peer;
pub(crate) use self::record::{Record, Tick, Voice};
pub(crate) use self::script::{Fault, Script, Since};
use super::env::TestEnv;
use super::server::short_temp_dir;

/// Length of a step, in milliseconds.
pub(crate) const TICK_MS: u32 = 5;
const TICK: Duration = Duration::from_millis(TICK_MS as u64);

/// The clock of all times in a [`Record`].
pub(crate) fn boot_us() -> u64 {
    herald::platform::clocks().1
}

/// A running stand-in; it ends with its value.
pub(crate) struct StandIn {
    folder: TempDir,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<Script>,
    record: Mutex<Record>,
    over: AtomicBool,
    /// No socket, or one that nobody accepts from.
    gone: AtomicBool,
    deaf: AtomicBool,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StandIn {
    /// One that plays properly.
    pub(crate) fn start() -> Self {
        Self::start_with(|| 0)
    }

    /// One that asks `probe` for a number at each step and writes it down.
    pub(crate) fn start_with(probe: impl FnMut() -> u64 + Send + 'static) -> Self {
        let folder = short_temp_dir("stand-in-");
        let shared = Arc::new(Shared::default());
        let mut hall = Hall {
            socket: folder.path().join("native"),
            listener: None,
            peers: Vec::new(),
            shared: Arc::clone(&shared),
            probe: Box::new(probe),
        };
        hall.open().expect("could not open the stand-in's socket");
        let thread = std::thread::Builder::new().name("stand-in".into()).spawn(move || hall.run());
        Self { folder, shared, thread: Some(thread.expect("could not start the stand-in")) }
    }

    /// Lets `env` know this server and no other.
    pub(crate) fn serve(&self, env: &mut TestEnv) {
        env.set("PULSE_SERVER", format!("unix:{}", self.socket().display()));
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("native")
    }

    /// What connections meet from now on.
    pub(crate) fn set(&self, script: Script) {
        *locked(&self.shared.script) = script;
    }

    /// Plays properly, for all to come.
    pub(crate) fn heal(&self) {
        self.set(None);
        self.shared.deaf.store(false, Relaxed);
        self.shared.gone.store(false, Relaxed);
        super::wait_for("the stand-in's socket", super::PATIENCE, || self.socket().exists().then_some(()));
    }

    /// Its socket disappears, with all connections.
    pub(crate) fn vanish(&self) {
        self.shared.gone.store(true, Relaxed);
        super::wait_for("the stand-in to go", super::PATIENCE, || (!self.socket().exists()).then_some(()));
    }

    /// Accepts nobody any more. With the places for those who wait taken, as here, even connecting takes for ever.
    pub(crate) fn turn_deaf(&self) -> Vec<UnixStream> {
        self.shared.deaf.store(true, Relaxed);
        std::thread::sleep(TICK * 2);
        let mut crowd = Vec::new();
        while let Ok(socket) = connect_at_once(&self.socket()) {
            crowd.push(socket);
        }
        crowd
    }

    pub(crate) fn record(&self) -> Record {
        locked(&self.shared.record).clone()
    }

    /// Asks something of the record without copying it.
    pub(crate) fn look<T>(&self, ask: impl FnOnce(&Record) -> T) -> T {
        ask(&locked(&self.shared.record))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.over.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect_at_once(path: &std::path::Path) -> io::Result<UnixStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket.into())
}

/// The server's thread.
struct Hall {
    socket: PathBuf,
    listener: Option<UnixListener>,
    peers: Vec<Peer>,
    shared: Arc<Shared>,
    probe: Box<dyn FnMut() -> u64 + Send>,
}

impl Hall {
    fn open(&mut self) -> io::Result<()> {
        let _ = fs::remove_file(&self.socket);
        let listener = UnixListener::bind(&self.socket)?;
        // Few places for those who wait: `turn_deaf` has to take them all.
        rustix::net::listen(&listener, 64)?;
        listener.set_nonblocking(true)?;
        self.listener = Some(listener);
        Ok(())
    }

    fn run(mut self) {
        let mut next = Instant::now() + TICK;
        while !self.shared.over.load(Relaxed) {
            self.appear_or_go();
            self.wait(next.saturating_duration_since(Instant::now()));
            self.serve();
            let now = Instant::now();
            if now >= next {
                // Whoever died or let go until now is not heard in this step.
                self.serve();
                self.tick(next);
                next = (next + TICK).max(now + TICK / 2);
            }
        }
    }

    fn appear_or_go(&mut self) {
        if self.peers.iter().any(Peer::vanishes) {
            self.shared.gone.store(true, Relaxed);
        }
        if self.shared.gone.load(Relaxed) {
            if self.listener.take().is_some() {
                self.drop_peers(|_| true);
                let _ = fs::remove_file(&self.socket);
            }
        } else if self.listener.is_none() {
            let _ = self.open();
        }
    }

    fn wait(&self, patience: Duration) {
        let patience = Timespec { tv_sec: patience.as_secs() as _, tv_nsec: patience.subsec_nanos().into() };
        let deaf = self.shared.deaf.load(Relaxed);
        let door = self.listener.iter().filter(|_| !deaf).map(|listener| PollFd::new(listener, PollFlags::IN));
        let seats = self.peers.iter().map(|peer| PollFd::new(&peer.socket, peer.wanted()));
        let mut all: Vec<_> = door.chain(seats).collect();
        let _ = poll(&mut all, Some(&patience));
    }

    fn serve(&mut self) {
        let mut record = locked(&self.shared.record);
        if !self.shared.deaf.load(Relaxed)
            && let Some(listener) = &self.listener
        {
            while let Ok((socket, _)) = listener.accept() {
                record.connections += 1;
                self.peers.extend(Peer::new(socket, *locked(&self.shared.script)).ok());
            }
        }
        for peer in &mut self.peers {
            peer.serve(&mut record);
        }
        drop(record);
        self.drop_peers(|peer| peer.closed || has_hung_up(peer));
    }

    fn drop_peers(&mut self, which: impl Fn(&Peer) -> bool) {
        let mut record = locked(&self.shared.record);
        self.peers.retain_mut(|peer| {
            let leaves = which(peer);
            if leaves {
                peer.delete(&mut record);
            }
            !leaves
        });
    }

    fn tick(&mut self, due: Instant) {
        let word = (self.probe)();
        let mut record = locked(&self.shared.record);
        let audible = self.peers.iter_mut().filter_map(|peer| peer.tick(&mut record)).collect();
        let late = due.elapsed().as_micros() as u64;
        record.ticks.push(Tick { at: boot_us(), late, word, audible });
    }
}

/// Whether the client closed a connection that nobody reads from.
fn has_hung_up(peer: &Peer) -> bool {
    let mut one = [PollFd::new(&peer.socket, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut one, Some(&at_once)).is_ok_and(|count| count > 0)
}
