//! What the speaker's files hold, for whoever checks its invariants.
//!
//! Owns no rule: it tells what is there, in the words of the rooms that know the formats. Makes no run directory. All
//! but the newness and the holders is read inside the critical section, where nobody changes it.

use std::cell::OnceCell;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{COOL_DOWN, Critical, Fence, Speaker, State, Unavailable, baton};
use crate::platform::PrivateDir;
use crate::platform::clock::Stamp;
use crate::platform::lock::LockFile;

pub use super::fence::Mark;
pub use super::slots::Slot;

/// The files of the speaker in its run directory.
pub const FILES: [&str; 6] = ["arb.lock", "owner.lock", "heir.lock", "keeper.lock", "fence", "state"];

/// What is so at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Inspection {
    /// The two copies of the state.
    pub slots: [Slot; 2],
    /// Neither copy could be understood: the state in hand is an empty one.
    pub lost: bool,
    /// Somebody holds the owner lock.
    pub owner_alive: bool,
    /// Where the fence stands.
    pub fence: Mark,
    /// The time.
    pub now: Stamp,
}

impl Speaker {
    /// Opens the run directory if it is there; `None` where it isn't.
    ///
    /// # Errors
    /// As [`PrivateDir::open`].
    pub fn open_existing(run_dir: &Path) -> io::Result<Option<Self>> {
        let dir = match PrivateDir::open(run_dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            dir => dir?,
        };
        let arb = LockFile::new(dir.file("arb.lock")?);
        Ok(Some(Self { dir, arb, owner: OnceCell::new(), heir: OnceCell::new(), keeper: OnceCell::new() }))
    }

    /// Whether nothing was ever kept here: looking at it would only make files.
    pub fn is_new(&self) -> bool {
        let is_missing = |name| self.dir.existing_file(name).is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
        is_missing("state") && is_missing("fence")
    }

    /// Takes the arbitration lock and gives it back.
    ///
    /// # Errors
    /// As [`Speaker::enter`].
    pub fn try_arbitration(&self, patience: Duration) -> Result<(), Unavailable> {
        self.arb.exclusive_within(patience)?.map(drop).ok_or(Unavailable::Contended)
    }

    /// The process that holds the arbitration lock, as far as the system tells.
    pub fn arbiter(&self) -> Option<u32> {
        self.arb.holder()
    }

    /// The process that holds the owner lock, as far as the system tells.
    pub fn owner_process(&self) -> Option<u32> {
        self.owner().ok()?.holder()
    }
}

impl Critical<'_> {
    /// What is so now.
    ///
    /// # Errors
    /// Where a file can't be opened or read.
    pub fn inspect(&self) -> io::Result<Inspection> {
        Ok(Inspection {
            slots: self.slots.health()?,
            lost: self.lost,
            owner_alive: self.speaker.owner()?.try_shared()?.is_none(),
            fence: Fence::open(&self.speaker.dir)?.mark()?,
            now: Stamp::now(),
        })
    }

    /// Whether somebody waits for the owner lock.
    ///
    /// # Errors
    /// As [`PrivateDir::file`].
    pub fn heir_waits(&self) -> io::Result<bool> {
        Ok(self.speaker.heir()?.try_shared()?.is_none())
    }

    /// Begins an empty state where the old one is lost, with ids above all that can have been given out.
    ///
    /// # Errors
    /// Where a file can't be read or written.
    pub fn begin_anew(&mut self) -> io::Result<()> {
        let fence = Fence::open(&self.speaker.dir)?.read()?;
        self.state = State { last_id: fence.max(baton::id_after_loss(Stamp::now())), ..State::default() };
        self.memory.clear();
        // Both copies: either may be damaged.
        self.commit()?;
        self.commit()
    }

    /// Moves the fence. The caller has committed the state that goes with it.
    ///
    /// # Errors
    /// Where the file can't be opened or written.
    pub fn move_fence(&self, id: u64) -> io::Result<()> {
        Fence::open(&self.speaker.dir)?.write(id)
    }
}

impl State {
    /// Until when the output is left alone, if it is.
    pub fn cooling_until(&self, now: Stamp) -> Option<Stamp> {
        self.cooling_since.filter(|since| since.is_within(COOL_DOWN, now)).map(|since| since.after(COOL_DOWN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speaker::{HOOK_PATIENCE, ID_LIMIT};

    #[test]
    fn a_directory_that_is_missing_stays_missing_and_a_new_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        assert!(Speaker::open_existing(&run).unwrap().is_none());
        assert!(!run.exists());
        let speaker = Speaker::open(&run).unwrap();
        assert!(speaker.is_new());
        drop(speaker.enter(HOOK_PATIENCE).unwrap());
        assert!(!speaker.is_new());
    }

    #[test]
    fn what_was_begun_anew_has_two_copies_and_higher_ids() {
        let folder = tempfile::tempdir().unwrap();
        let speaker = Speaker::open(&folder.path().join("run")).unwrap();
        std::fs::write(speaker.dir().path().join("state"), [0xa5; 70_000]).unwrap();
        let mut critical = speaker.enter(HOOK_PATIENCE).unwrap();
        let look = critical.inspect().unwrap();
        assert!(look.lost && look.slots == [Slot::Damaged; 2] && !look.owner_alive, "{look:?}");
        critical.move_fence(1 << 52).unwrap();
        critical.begin_anew().unwrap();
        let look = critical.inspect().unwrap();
        assert!(!look.lost && matches!(look.slots, [Slot::Whole, Slot::Whole]), "{look:?}");
        assert_eq!((look.fence, critical.state.last_id), (Mark::At(1 << 52), 1 << 52));
    }

    #[test]
    fn a_state_that_names_an_id_beyond_all_is_lost_and_what_comes_next_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let speaker = Speaker::open(&run).unwrap();
        for last_id in [ID_LIMIT, u64::MAX] {
            let mut critical = speaker.enter(HOOK_PATIENCE).unwrap();
            critical.state.last_id = last_id;
            critical.commit().unwrap();
            drop(critical);
            assert_eq!(Speaker::peek(&run).unwrap(), None);
            let mut critical = speaker.enter(HOOK_PATIENCE).unwrap();
            assert!(critical.inspect().unwrap().lost);
            critical.begin_anew().unwrap();
            drop(critical);
            let (state, _) = Speaker::peek(&run).unwrap().expect("it was begun anew");
            assert!(state.last_id > 1 << 40 && state.last_id < ID_LIMIT, "{}", state.last_id);
        }
    }
}
