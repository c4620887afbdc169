//! Who may make sound: three kernel locks, one fence, one state file.
//!
//! | file | meaning |
//! |---|---|
//! | `arb.lock` | held for microseconds by whoever reads and changes the state |
//! | `owner.lock` | held for exactly as long as its holder may speak |
//! | `heir.lock` | held by the one process that waits for the owner lock |
//! | `keeper.lock` | held by the one process that waits until what is held back is due |
//! | `fence` | the id that may sound |
//! | `state` | who speaks, who waits, the newest id, and the policy's memory |
//!
//! Moves opaque requests with a rank and a lifetime; knows nothing of events or sounds. The order of steps was checked
//! over every interleaving: state before fence; heir and owner released inside the section that reads the waiting
//! place, so that "the heir lock is held", seen under the arbitration lock, means that its holder will still read what
//! was just written there.

pub mod baton;
pub mod deferred;
mod dump;
mod fence;
mod inspect;
mod keeper;
pub mod lifecycle;
mod overlap;
mod slots;
mod turn;

use std::cell::OnceCell;
use std::io;
use std::path::Path;
use std::time::Duration;

pub use baton::{BARGE_IN_PAUSE, Claim, Current, Hushed, ID_LIMIT, Pending, Placed, State, Wish, World};
pub use deferred::{Deferred, Due};
pub use dump::{Dump, SpeakerEntry, StageEntry};
pub use fence::Fence;
pub use inspect::{FILES, Inspection, Mark, Slot};
pub use keeper::keep;
pub use overlap::Overlap;
pub use slots::Slots;
pub use turn::{FenceEye, Found, Given, Health, Speaking, Task, Turn, Watch};

use crate::platform::PrivateDir;
use crate::platform::clock::Stamp;
use crate::platform::lock::{Held, LockFile};

/// How long a hook waits for the arbitration lock.
pub const HOOK_PATIENCE: Duration = Duration::from_millis(100);

/// How long a player waits for the arbitration lock.
pub const PLAYER_PATIENCE: Duration = Duration::from_secs(1);

/// How long an output that failed is left alone.
pub const COOL_DOWN: Duration = Duration::from_secs(12);

const OWNER_LOCK: &str = "owner.lock";

/// Largest memory the policy may keep, in bytes.
pub const MEMORY_LIMIT: usize = 12 * 1024;

/// Largest request, in bytes.
pub const PAYLOAD_LIMIT: usize = 10 * 1024;

/// The run directory, open.
#[derive(Debug)]
pub struct Speaker {
    dir: PrivateDir,
    arb: LockFile,
    owner: OnceCell<LockFile>,
    heir: OnceCell<LockFile>,
    keeper: OnceCell<LockFile>,
}

/// Why the speaker can't be had.
#[derive(Debug)]
pub enum Unavailable {
    /// The run directory or a file in it is missing, foreign, or its file system has no locks.
    Unusable(io::Error),
    /// Somebody else holds the arbitration lock and doesn't let go.
    Contended,
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unusable(e) => write!(f, "{e}"),
            Self::Contended => f.write_str("another process holds the arbitration lock"),
        }
    }
}

impl std::error::Error for Unavailable {}

impl From<io::Error> for Unavailable {
    fn from(error: io::Error) -> Self {
        Self::Unusable(error)
    }
}

impl Speaker {
    /// Opens the run directory, making what is missing.
    ///
    /// # Errors
    /// As [`PrivateDir::open_or_create`].
    pub fn open(run_dir: &Path) -> io::Result<Self> {
        let dir = PrivateDir::open_or_create(run_dir)?;
        let arb = LockFile::new(dir.file("arb.lock")?);
        Ok(Self { dir, arb, owner: OnceCell::new(), heir: OnceCell::new(), keeper: OnceCell::new() })
    }

    /// What the state file says, read without a lock and changing nothing; `None` where there is nothing yet.
    ///
    /// # Errors
    /// As [`PrivateDir::open`].
    pub fn peek(run_dir: &Path) -> io::Result<Option<(State, Vec<u8>)>> {
        let dir = match PrivateDir::open(run_dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            dir => dir?,
        };
        let file = match dir.existing_file("state") {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        Ok(Slots::for_looking(file).look()?.body.and_then(decode))
    }

    /// Whether somebody holds the owner lock, seen without the arbitration lock.
    ///
    /// # Errors
    /// As [`PrivateDir::file`].
    pub fn owner_is_alive(&self) -> io::Result<bool> {
        Ok(self.owner()?.try_shared()?.is_none())
    }

    /// The run directory.
    pub fn dir(&self) -> &PrivateDir {
        &self.dir
    }

    fn owner(&self) -> io::Result<&LockFile> {
        cached(&self.owner, || self.dir.file(OWNER_LOCK).map(LockFile::new))
    }

    fn heir(&self) -> io::Result<&LockFile> {
        cached(&self.heir, || self.dir.file("heir.lock").map(LockFile::new))
    }

    fn keeper(&self) -> io::Result<&LockFile> {
        cached(&self.keeper, || self.dir.file("keeper.lock").map(LockFile::new))
    }

    /// Enters the critical section.
    ///
    /// # Errors
    /// [`Unavailable::Contended`] when `patience` ran out.
    pub fn enter(&self, patience: Duration) -> Result<Critical<'_>, Unavailable> {
        let held = self.arb.exclusive_within(patience)?.ok_or(Unavailable::Contended)?;
        let (state, length) = self.dir.file_and_length("state")?;
        let slots = Slots::new(state, length)?;
        let mut read = slots.read()?;
        let decoded = read.body.take().and_then(decode);
        let lost = decoded.is_none();
        let (state, memory) = decoded.unwrap_or_default();
        Ok(Critical { speaker: self, slots, read, lost, state, memory, _held: held })
    }
}

fn cached<T>(cell: &OnceCell<T>, make: impl FnOnce() -> io::Result<T>) -> io::Result<&T> {
    if cell.get().is_none() {
        let _ = cell.set(make()?);
    }
    cell.get().ok_or_else(|| io::Error::other("unreachable: the cell was just filled"))
}

/// The critical section: the state may be read and changed until this is dropped.
#[derive(Debug)]
pub struct Critical<'a> {
    speaker: &'a Speaker,
    slots: Slots,
    read: slots::Read,
    lost: bool,
    /// Who speaks and who waits.
    pub state: State,
    /// The policy's memory, whose format is the policy's.
    pub memory: Vec<u8>,
    _held: Held<'a>,
}

impl Critical<'_> {
    /// Finds a place for `wish`, or turns it away; writes everything down, the fence last. `memory` becomes the policy's
    /// memory only where the wish was accepted.
    ///
    /// # Errors
    /// Where a file can't be opened or written. Nothing is placed then.
    pub fn place(&mut self, wish: Wish, overlap: Overlap, memory: Vec<u8>) -> io::Result<Placed> {
        let fence = Fence::open(&self.speaker.dir)?;
        let world = self.world(&fence)?;
        // The fence moves only where somebody speaks.
        let before = world.owner_alive.then(|| (self.state.clone(), self.memory.clone()));
        let placed = baton::place(&mut self.state, &world, wish, overlap);
        if placed.id.is_some() {
            self.memory = memory;
        }
        if placed.id.is_some() || placed.expired.is_some() || placed.recovered.is_some() {
            self.commit()?;
        }
        if let Some(id) = placed.fence
            && let Err(error) = fence.write(id)
        {
            // Else it would wait, and be heard as well as whatever the caller does instead.
            if let Some(before) = before {
                (self.state, self.memory) = before;
                let _ = self.commit();
            }
            return Err(error);
        }
        Ok(placed)
    }

    fn world(&self, fence: &Fence) -> io::Result<World> {
        Ok(World {
            owner_alive: self.speaker.owner()?.try_shared()?.is_none(),
            heir_waits: self.speaker.heir()?.try_shared()?.is_none(),
            fence: fence.read()?,
            state_lost: self.lost,
            now: Stamp::now(),
        })
    }

    /// Silences what `is_meant` by its payload: who speaks, who waits and what is held back. Writes everything down, the
    /// fence last.
    ///
    /// # Errors
    /// Where a file can't be opened or written.
    pub fn hush(&mut self, is_meant: impl Fn(&[u8]) -> bool) -> io::Result<Hushed> {
        let fence = Fence::open(&self.speaker.dir)?;
        let world = self.world(&fence)?;
        let hushed = baton::hush(&mut self.state, &world, is_meant);
        if hushed != Hushed::default() {
            self.commit()?;
        }
        if let Some(id) = hushed.fence {
            fence.write(id)?;
        }
        Ok(hushed)
    }

    /// Holds `wish` back, unless there is no room for it; writes that down. Whether a keeper must be started.
    ///
    /// # Errors
    /// Where a file can't be opened or written. Nothing is held back then.
    pub fn defer(&mut self, wish: Deferred) -> io::Result<Result<bool, Box<Deferred>>> {
        if let Err(wish) = deferred::defer(&mut self.state.deferred, wish) {
            return Ok(Err(wish));
        }
        self.commit_without_id()?;
        self.needs_keeper().map(Ok)
    }

    /// Takes `memory` for the policy's and writes it down. A state that can't be read is left as it is: something may
    /// wait in it for another version, and memories are worth less.
    ///
    /// # Errors
    /// Where the state can't be read or written.
    pub fn remember(&mut self, memory: Vec<u8>) -> io::Result<()> {
        if self.lost && self.slots.health()?.iter().any(|slot| *slot != Slot::Blank) {
            return Ok(());
        }
        self.memory = memory;
        self.commit_without_id()
    }

    /// Writes a state down in which no id was given. What comes after must not take it for one that knows every id where
    /// the one before was lost.
    fn commit_without_id(&mut self) -> io::Result<()> {
        if self.lost {
            let fence = Fence::open(&self.speaker.dir)?.read()?;
            self.state.last_id = self.state.last_id.max(fence).max(baton::id_after_loss(Stamp::now()));
        }
        self.commit()
    }

    /// Takes away what is held back for `group`, or only that of it which is about `mark`; writes that down.
    ///
    /// # Errors
    /// Where the state can't be written.
    pub fn call_off(&mut self, group: u64, mark: Option<u64>) -> io::Result<Vec<Deferred>> {
        let off = deferred::call_off(&mut self.state.deferred, group, mark);
        if !off.is_empty() {
            self.commit()?;
        }
        Ok(off)
    }

    /// Whether something is held back and nobody waits until it is due.
    ///
    /// # Errors
    /// Where the lock can't be opened or tried.
    pub fn needs_keeper(&self) -> io::Result<bool> {
        Ok(!self.state.deferred.is_empty() && self.speaker.keeper()?.try_shared()?.is_some())
    }

    /// Writes the state and the memory down.
    ///
    /// # Errors
    /// Where the state file can't be written.
    pub fn commit(&mut self) -> io::Result<()> {
        let body = encode(&self.state, &self.memory);
        self.slots.write(&mut self.read, &body)?;
        self.lost = false;
        Ok(())
    }

    /// Whether the file itself, read again, names `id` as spoken by the process `pid`.
    fn is_recorded(&self, id: u64, pid: u32) -> bool {
        let written = self.slots.read().ok().and_then(|read| decode(read.body?));
        written.and_then(|(state, _)| state.current).is_some_and(|current| (current.id, current.pid) == (id, pid))
    }

    /// Takes back a request that nobody will speak, if it still waits.
    ///
    /// # Errors
    /// Where the state file can't be written.
    pub fn withdraw(&mut self, id: u64) -> io::Result<()> {
        if self.state.pending.take_if(|pending| pending.id == id).is_some() {
            self.commit()?;
        }
        Ok(())
    }

    /// Whether the output was found dead less than [`COOL_DOWN`] ago.
    pub fn is_cooling_down(&self, now: Stamp) -> bool {
        self.state.cooling_since.is_some_and(|since| since.is_within(COOL_DOWN, now))
    }
}

/// The speaker's part with its length in front, then the memory as it is.
fn encode(state: &State, memory: &[u8]) -> Vec<u8> {
    let core = postcard::to_stdvec(state).unwrap_or_default();
    let mut body = Vec::with_capacity(4 + core.len() + memory.len());
    body.extend_from_slice(&u32::try_from(core.len()).unwrap_or(0).to_le_bytes());
    body.extend_from_slice(&core);
    body.extend_from_slice(memory);
    body
}

/// What was encoded, unless it names what can't be; the memory stays where it was read to.
fn decode(mut body: Vec<u8>) -> Option<(State, Vec<u8>)> {
    let (len, rest) = body.split_first_chunk::<4>()?;
    let core = rest.get(..usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
    let state: State = postcard::from_bytes(core).ok().filter(State::is_possible)?;
    body.drain(..len.len() + core.len());
    Some((state, body))
}
