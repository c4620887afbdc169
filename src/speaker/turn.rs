//! The player's side: waiting to own the speaker, taking requests one after the other, giving everything back.
//!
//! Invariants: whoever holds a [`Turn`] or a [`Speaking`] holds the owner lock, and gives it back inside the arbitration
//! lock or never (then the kernel does, at the end of the process). The heir lock is given back inside the section that
//! reads the waiting place, the owner lock inside the section that finds it empty: so no request is ever left without a
//! process that will read it. A second request can only be claimed with the end of the first.

use std::time::{Duration, Instant};

use crate::platform::clock::Stamp;
use crate::platform::lock::{Held, LockFile, pause};
use crate::platform::{self, Process};

use super::baton::{self, Claim, Pending};
use super::lifecycle::{Breach, Claimed, Ended, Life};
use super::{Critical, Current, Fence, OWNER_LOCK, PLAYER_PATIENCE, Speaker, Unavailable};

/// How often a waiting heir looks.
const HEIR_POLL: Duration = Duration::from_millis(3);

/// How long an owner that was told to go, and was heard as long as it had to be, is left alone before it is taken for
/// wedged.
const GRACE: Duration = Duration::from_millis(300);

/// How often entering the critical section is tried, each time for [`PLAYER_PATIENCE`], when something must be written.
const ENTRIES: usize = 3;

/// The right to speak, used for nothing at the moment.
#[derive(Debug)]
pub struct Turn<'a> {
    speaker: &'a Speaker,
    fence: Fence,
    /// Held until it is given back.
    owner: Option<Held<'a>>,
    heir: Option<Held<'a>>,
    started: u64,
    /// The id this process spoke last, whose record is still open.
    finished: Option<u64>,
    /// The highest id this process claimed.
    highest: u64,
    /// What was found out about the output, to be told with the end of the record.
    output: Option<Health>,
}

/// What a playback says of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Something was heard.
    Alive,
    /// Nothing could be, by any output.
    Dead,
}

/// The right to speak, used for one request.
#[derive(Debug)]
pub struct Speaking<'a> {
    turn: Turn<'a>,
    id: u64,
}

/// A request that was claimed.
#[derive(Debug)]
pub struct Task<'a> {
    /// What is to be spoken.
    pub request: Pending,
    /// The right to.
    pub speaking: Speaking<'a>,
    /// Its life, which begins.
    pub life: Life<Claimed>,
}

/// What claiming gave, and what it found on the way, to be written into the journal by whoever knows how.
#[derive(Debug)]
pub struct Given<'a> {
    /// To be spoken now; `None` where nothing waits: then the locks are already given back and the turn is over.
    pub task: Option<Task<'a>>,
    /// Waited too long.
    pub expired: Option<Pending>,
    /// Was recorded as speaking, but its process is gone.
    pub recovered: Option<Current>,
}

/// Something found while waiting.
#[derive(Debug)]
pub enum Found {
    /// Nothing; it goes on.
    StillWaiting,
    /// A request waited too long.
    Expired(Pending),
    /// An owner didn't let go and was ended.
    Escalated(Current),
}

impl<'a> Turn<'a> {
    /// Waits to own the speaker. `Ok(None)`: somebody else already waits, or there is nothing left to wait for.
    ///
    /// `report` is told at every look that it still waits, of requests that expired meanwhile, and of owners that had
    /// to be removed.
    ///
    /// # Errors
    /// Where the run directory fails.
    pub fn wait(speaker: &'a Speaker, mut report: impl FnMut(Found)) -> Result<Option<Self>, Unavailable> {
        let Some(heir) = become_heir(speaker)? else { return Ok(None) };
        let fence = Fence::open(&speaker.dir)?;
        let mut heir = Some(heir);
        let mut next_look = Instant::now();
        loop {
            if let Some(owner) = speaker.owner()?.try_exclusive()? {
                let started = platform::start_time(std::process::id()).unwrap_or(0);
                return Ok(Some(Self {
                    speaker,
                    fence,
                    owner: Some(owner),
                    heir,
                    started,
                    finished: None,
                    highest: 0,
                    output: None,
                }));
            }
            if Instant::now() >= next_look {
                next_look = Instant::now() + GRACE / 6;
                report(Found::StillWaiting);
                let mut critical = speaker.enter(PLAYER_PATIENCE)?;
                let now = Stamp::now();
                if let Some(expired) = critical.state.pending.take_if(|pending| pending.is_stale(now)) {
                    critical.commit()?;
                    report(Found::Expired(expired));
                }
                if critical.state.pending.is_none() {
                    // Inside the section: whoever writes the place next will find the heir lock free.
                    drop(heir.take());
                    return Ok(None);
                }
                if let Some(wedged) = wedged(&critical.state, fence.read()?, now)
                    && speaker.owner()?.try_shared()?.is_none()
                    && let Some(process) = Process::open(wedged.pid, wedged.started)
                    && process.kill()
                {
                    report(Found::Escalated(wedged));
                }
            }
            pause(HEIR_POLL);
        }
    }

    /// Closes the record of what was spoken and takes the next request.
    ///
    /// # Errors
    /// Where something is so that can't be, or can't be written down. The owner lock is then still held.
    pub fn next(mut self) -> Result<Given<'a>, Breach> {
        let mut critical = enter(self.speaker)?;
        let world = baton::World {
            owner_alive: true,
            heir_waits: false,
            fence: self.fence.read().map_err(not_closed)?,
            state_lost: critical.lost,
            now: Stamp::now(),
        };
        self.tell_health(&mut critical);
        let Claim { taken, expired, recovered } =
            baton::claim(&mut critical.state, &world, std::process::id(), self.started, self.finished.take());
        let seen = self.highest.max(world.fence.saturating_sub(1));
        if let Some(pending) = taken.as_ref().filter(|pending| pending.id <= seen) {
            return Err(Breach::IdNotNewer { id: pending.id, seen });
        }
        close_record(&mut critical)?;
        let Some(request) = taken else {
            self.release(critical);
            return Ok(Given { task: None, expired, recovered });
        };
        let id = request.id;
        if !critical.is_recorded(id, std::process::id()) {
            return Err(Breach::NotRecorded(id));
        }
        self.fence.write(id).map_err(not_closed)?;
        (self.finished, self.highest) = (Some(id), id);
        drop(self.heir.take());
        drop(critical);
        let task = Task { request, speaking: Speaking { turn: self, id }, life: Life::claimed(id) };
        Ok(Given { task: Some(task), expired, recovered })
    }

    /// Remembers, for all hooks, that the output is dead, or that it lives again.
    fn tell_health(&mut self, critical: &mut Critical<'_>) {
        match self.output.take() {
            Some(Health::Dead) => critical.state.cooling_since = Some(Stamp::now()),
            Some(Health::Alive) => critical.state.cooling_since = None,
            None => {}
        }
    }

    /// Gives the locks back, inside the critical section that is entered.
    fn release(&mut self, critical: Critical<'_>) {
        drop(self.heir.take());
        drop(self.owner.take());
        drop(critical);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.owner.is_some()
            && let Ok(critical) = self.speaker.enter(PLAYER_PATIENCE)
        {
            self.release(critical);
        }
        // What could not be given back in order is left to the kernel, which does it when nothing can sound any more.
        std::mem::forget(self.heir.take());
        std::mem::forget(self.owner.take());
    }
}

impl<'a> Speaking<'a> {
    /// A watch on whether the request may still sound.
    pub fn watch(&self) -> Watch<'_> {
        Watch { turn: &self.turn, id: self.id, looks: 0 }
    }

    /// The request has ended, and its stream is known to be gone: this process may go on. `output` is remembered for
    /// all hooks when the record is closed.
    pub fn close(mut self, _: &Life<Ended>, output: Option<Health>) -> Turn<'a> {
        self.turn.output = output;
        self.turn
    }

    /// The request has ended and is silent, but something of it hangs: its record is closed, and this process takes
    /// nothing more. What waits is left to the heir that waits with it.
    ///
    /// # Errors
    /// As [`Turn::next`].
    pub fn give_up(self, ended: &Life<Ended>, output: Option<Health>) -> Result<(), Breach> {
        let mut turn = self.close(ended, output);
        let mut critical = enter(turn.speaker)?;
        turn.tell_health(&mut critical);
        critical.state.current.take_if(|current| turn.finished == Some(current.id));
        close_record(&mut critical)?;
        turn.release(critical);
        Ok(())
    }
}

/// The heir lock; `None` where somebody else waits.
///
/// Whoever places a wish tries that lock for a moment to learn whether somebody waits, which refuses it to us just as a
/// true heir would. That happens inside the arbitration lock only: refused there too, it is an heir's.
fn become_heir(speaker: &Speaker) -> Result<Option<Held<'_>>, Unavailable> {
    if let Some(heir) = speaker.heir()?.try_exclusive()? {
        return Ok(Some(heir));
    }
    let _arb = speaker.arb.exclusive_within(PLAYER_PATIENCE)?.ok_or(Unavailable::Contended)?;
    Ok(speaker.heir()?.try_exclusive()?)
}

fn enter(speaker: &Speaker) -> Result<Critical<'_>, Breach> {
    let mut why = Unavailable::Contended;
    for _ in 0..ENTRIES {
        match speaker.enter(PLAYER_PATIENCE) {
            Ok(critical) => return Ok(critical),
            Err(e) => why = e,
        }
    }
    Err(not_closed(why))
}

/// Writes down what the player changed.
///
/// A state that can't be read is left as it is: there was nothing in it to take or to close. Written over, it would
/// count as one that knows every id that was given out; and it may be another version's, in which a request waits.
fn close_record(critical: &mut Critical<'_>) -> Result<(), Breach> {
    if critical.lost { Ok(()) } else { critical.commit().map_err(not_closed) }
}

fn not_closed(why: impl std::fmt::Display) -> Breach {
    Breach::NotClosed(why.to_string())
}

/// The owner, if it was told to go longer ago than it may take and still holds on.
fn wedged(state: &baton::State, fence: u64, now: Stamp) -> Option<Current> {
    let current = state.current.as_ref()?;
    let told = state.barged_at?;
    // It was promised to be heard for so long; of that, this much was still to come.
    let owed = current.notice.saturating_sub(current.since.age(told));
    let patience = GRACE + owed;
    let since = told.age(now);
    (fence > current.id && since > patience && since < patience + Duration::from_secs(60)).then(|| current.clone())
}

/// Asks, again and again, whether one id may still sound.
#[derive(Debug)]
pub struct Watch<'a> {
    turn: &'a Turn<'a>,
    id: u64,
    looks: u32,
}

/// Every so many looks it is also asked whether the files are still those that others see.
const THOROUGH: u32 = 16;

impl Watch<'_> {
    /// Whether the fence still names the id. Now and then also whether the fence is still the one others see, and the
    /// owner lock still ours.
    ///
    /// # Errors
    /// [`Breach::FenceBack`], [`Breach::NotOwner`].
    pub fn may_sound(&mut self) -> Result<bool, Breach> {
        self.looks += 1;
        if self.looks.is_multiple_of(THOROUGH) {
            if !self.is_in_place() {
                return Ok(false);
            }
            self.is_owner()?;
        }
        // Eight bytes could in principle be read half written: only what is read twice counts.
        let fence = || self.turn.fence.read();
        match (fence(), fence) {
            (Ok(id), _) if id == self.id => Ok(true),
            (_, again) => match again() {
                Ok(id) if id == self.id => Ok(true),
                Ok(id) if id < self.id && self.is_in_place() => Err(Breach::FenceBack { from: self.id, to: id }),
                _ => Ok(false),
            },
        }
    }

    /// The plain look, as something that can be given to whoever plays.
    ///
    /// # Errors
    /// Where the fence can't be opened.
    pub fn fence_eye(&self) -> std::io::Result<FenceEye> {
        Ok(FenceEye { fence: Fence::open(&self.turn.speaker.dir)?, id: self.id })
    }

    /// Whether the run directory is still the one that others find.
    fn is_in_place(&self) -> bool {
        self.turn.fence.is_in_place(&self.turn.speaker.dir)
    }

    /// Makes sure that the owner lock is held, as others see it.
    ///
    /// # Errors
    /// [`Breach::NotOwner`]
    pub fn is_owner(&self) -> Result<(), Breach> {
        // Through another description of the file: through our own the lock would change hands.
        match self.turn.speaker.dir.existing_file(OWNER_LOCK).map(LockFile::new) {
            Ok(lock) if lock.try_shared().is_ok_and(|free| free.is_some()) => Err(Breach::NotOwner),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.is_in_place() => Err(Breach::NotOwner),
            _ => Ok(()),
        }
    }
}

/// Sees whether the fence names one id, and nothing else.
#[derive(Debug)]
pub struct FenceEye {
    fence: Fence,
    id: u64,
}

impl FenceEye {
    /// Whether it still does.
    pub fn may_sound(&self) -> bool {
        self.fence.read().is_ok_and(|id| id == self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speaker::lifecycle::Unheard;
    use crate::speaker::{COOL_DOWN, Overlap, Wish};

    fn wish(rank: u8) -> Wish {
        Wish {
            rank,
            lifetime: Duration::from_secs(3),
            notice: Duration::ZERO,
            asked: Stamp::now(),
            payload: Vec::new(),
        }
    }

    fn place(speaker: &Speaker, rank: u8) -> u64 {
        speaker.enter(COOL_DOWN).unwrap().place(wish(rank), Overlap::Queue, Vec::new()).unwrap().id.unwrap()
    }

    fn claim(turn: Turn<'_>) -> Task<'_> {
        turn.next().unwrap().task.expect("a request waits")
    }

    struct Run(tempfile::TempDir);

    impl Run {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn open(&self) -> Speaker {
            Speaker::open(&self.0.path().join("run")).unwrap()
        }
    }

    #[test]
    fn a_turn_that_is_dropped_gives_its_locks_back_in_order() {
        let run = Run::new();
        let (speaker, other) = (run.open(), run.open());
        place(&speaker, 1);
        let turn = Turn::wait(&speaker, |_| ()).unwrap().unwrap();
        assert!(other.owner_is_alive().unwrap());
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let arbiter = run.open();
                let arb = arbiter.enter(PLAYER_PATIENCE).unwrap();
                sender.send(()).unwrap();
                pause(Duration::from_millis(50));
                assert!(arbiter.owner_is_alive().unwrap(), "not while somebody else arbitrates");
                drop(arb);
            });
            receiver.recv().unwrap();
            drop(turn);
        });
        assert!(!other.owner_is_alive().unwrap());
        assert!(other.heir().unwrap().try_exclusive().unwrap().is_some());
    }

    #[test]
    fn a_look_at_the_heir_lock_is_not_taken_for_an_heir() {
        let run = Run::new();
        let speaker = run.open();
        place(&speaker, 1);
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // What a hook does while it places a wish, only slower.
                let hook = run.open();
                let arb = hook.enter(PLAYER_PATIENCE).unwrap();
                let probe = hook.heir().unwrap().try_shared().unwrap();
                sender.send(()).unwrap();
                pause(Duration::from_millis(50));
                drop(probe);
                drop(arb);
            });
            receiver.recv().unwrap();
            assert!(Turn::wait(&speaker, |_| ()).unwrap().is_some(), "what waits has nobody else");
        });
    }

    #[test]
    fn a_fence_that_moves_back_and_an_owner_lock_that_is_lost_are_breaches() {
        let run = Run::new();
        let speaker = run.open();
        let id = place(&speaker, 1);
        let Task { speaking, .. } = claim(Turn::wait(&speaker, |_| ()).unwrap().unwrap());
        let mut watch = speaking.watch();
        assert_eq!(watch.may_sound(), Ok(true));
        speaking.turn.fence.write(id + 1).unwrap();
        assert_eq!(watch.may_sound(), Ok(false));
        speaking.turn.fence.write(id - 1).unwrap();
        assert_eq!(watch.may_sound(), Err(Breach::FenceBack { from: id, to: id - 1 }));
        speaking.turn.fence.write(id).unwrap();
        assert_eq!(watch.is_owner(), Ok(()));
        std::fs::remove_file(speaker.dir().path().join(OWNER_LOCK)).unwrap();
        assert_eq!(watch.is_owner(), Err(Breach::NotOwner));
        std::fs::remove_dir_all(speaker.dir().path()).unwrap();
        watch.looks = THOROUGH - 1;
        assert_eq!(watch.may_sound(), Ok(false), "a directory that was wiped is no breach");
    }

    #[test]
    fn an_id_that_is_not_above_all_before_it_is_never_spoken() {
        let run = Run::new();
        let speaker = run.open();
        place(&speaker, 1);
        let Task { speaking, life, .. } = claim(Turn::wait(&speaker, |_| ()).unwrap().unwrap());
        let turn = speaking.close(&life.end(Unheard::Failed), None);
        let again = place(&speaker, 1);
        let mut critical = speaker.enter(PLAYER_PATIENCE).unwrap();
        critical.state.pending.as_mut().unwrap().id = again - 1;
        critical.commit().unwrap();
        drop(critical);
        assert_eq!(turn.next().err(), Some(Breach::IdNotNewer { id: again - 1, seen: again - 1 }));
    }

    #[test]
    fn an_owner_is_taken_for_wedged_only_after_it_was_heard_as_long_as_it_was_promised() {
        let at = |ms: u64| Stamp { wall_ms: ms, boot_us: ms * 1000 };
        let notice = Duration::from_millis(500);
        let current = Current { id: 1, rank: 0, pid: 1, started: 1, since: at(1000), notice, payload: Vec::new() };
        let state =
            |told| baton::State { current: Some(current.clone()), barged_at: Some(at(told)), ..Default::default() };
        for (told, now, fence, expected) in [
            (1000, 1799, 2, false),
            (1000, 1801, 2, true),
            (1400, 1799, 2, false),
            (1400, 1801, 2, true),
            (9000, 9299, 2, false),
            (9000, 9301, 2, true),
            (9000, 9301, 1, false),
            (9000, 99_000, 2, false),
        ] {
            assert_eq!(wedged(&state(told), fence, at(now)).is_some(), expected, "{told} {now} {fence}");
        }
    }
}
